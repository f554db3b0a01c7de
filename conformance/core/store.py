"""The memory of a run: one zip with the evidence, the resolved profile, the targets, the plan and the waivers.

Evidence files are named by the SHA-256 of their bytes. A live run judges what it reads back from those bytes, so that
the run and its replay are one path.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from conformance.core.area import Area, Observed
from conformance.core.codec import CodecError, decode, encode, sha256
from conformance.core.judge import Bundle
from conformance.core.model import NotTested, Reason
from conformance.core.redact import Redactor

EVIDENCE_NAME = "evidence.zip"
UNIX, READABLE = 3, 0o100644 << 16
MAX_EVIDENCE_BYTES = 4 * 1024 * 1024
WRITE_BYTES = 64 * 1024
SMALL_BYTES = 8 * 1024
"""Members below that are stored as they are: starting a compressor costs a sweep more than their few kilobytes."""


class StoreError(ValueError):
    """An evidence archive that cannot be read or is not what its names promise."""


class EvidenceFile(Struct, frozen=True):
    """One service's evidence as stored. records: observation -> record; failures: observation -> (reason, detail)."""

    target: str
    service: str
    area: str
    observed_at: datetime
    records: Mapping[str, Any]
    failures: Mapping[str, tuple[str, str]]
    connections: int = 0


class _RawFile(Struct, frozen=True):
    """As EvidenceFile, with the records still unread: their types are the area's to say."""

    target: str
    service: str
    area: str
    observed_at: datetime
    records: dict[str, msgspec.Raw]
    failures: dict[str, tuple[str, str]]
    connections: int = 0


class Stored(Struct, frozen=True):
    """What `EvidenceStore.add` returns: the digest, and the bundle as read back."""

    sha256: str
    bundle: Bundle


class _Forward:
    """A file that is only written on: `zipfile` goes back to each header otherwise, at four system calls a time."""

    def __init__(self, file: IO[bytes]) -> None:
        self.write, self.flush = file.write, file.flush


class EvidenceStore:
    """Writes the archive of one run. Use as a context manager."""

    def __init__(self, path: Path, redactor: Redactor) -> None:
        self._file = path.open("wb", buffering=WRITE_BYTES)
        self._zip = zipfile.ZipFile(cast("IO[bytes]", _Forward(self._file)), "w")
        self._redactor = redactor
        self._index: list[tuple[str, str, str, str]] = []
        self._written: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._file:
            try:
                self.write("index.json", encode(sorted(self._index)))
            finally:
                self._zip.close()

    def write(self, name: str, data: bytes) -> None:
        """One member as it is: the profile, the targets, the plan, or evidence that is redacted."""
        add_member(self._zip, name, data)

    def add(self, area: Area, observed: Observed) -> Stored:
        """Redact, write and read back what was observed."""
        job = observed.job
        data = encode(
            EvidenceFile(
                target=job.target.id,
                service=job.service.id,
                area=area.name,
                observed_at=observed.observed_at,
                records=encoded_records(observed),
                failures={name: (reason.value, detail) for name, (reason, detail) in observed.failures.items()},
                connections=observed.connections,
            )
        )
        data = self._redactor.redact_json(data)
        if len(data) > MAX_EVIDENCE_BYTES:
            return self.add(area, _without_records(observed, len(data)))
        digest = sha256(data)
        if digest not in self._written:
            self._written.add(digest)
            self.write(f"evidence/{digest}.json", data)
        self._index.append((job.target.id, job.service.id, area.name, digest))
        return Stored(digest, read_bundle(area, data, digest))


def add_member(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Write one member, deflated quickly; its time is 1980-01-01, so that equal contents make equal archives."""
    member = zipfile.ZipInfo(name)
    member.create_system, member.external_attr = UNIX, READABLE
    archive.writestr(member, data, zipfile.ZIP_STORED if len(data) < SMALL_BYTES else zipfile.ZIP_DEFLATED, 1)


def encoded_records(observed: Observed) -> dict[str, msgspec.Raw]:
    """The records as they are written; what the area has encoded already, to see its size, is not encoded again."""
    known = observed.encoded
    return {name: msgspec.Raw(known.get(name) or encode(record)) for name, record in observed.records.items()}


def _without_records(observed: Observed, size: int) -> Observed:
    """What stands for evidence that no replay would read, so that one service does not make the run unreadable."""
    trouble = (Reason.TOO_LARGE, f"evidence of {size} octets, of which at most {MAX_EVIDENCE_BYTES} are kept")
    failures = dict.fromkeys((*observed.records, *observed.failures), trouble)
    return replace(observed, records={}, failures=failures, encoded={})


def read_bundle(area: Area, data: bytes, digest: str) -> Bundle:
    """The bundle that the evidence bytes hold.

    Raises:
        StoreError: not this area's evidence: says which record is of another shape.
    """
    try:
        raw = decode(data, _RawFile)
        records: dict[str, Any] = {
            name: decode(bytes(value), area.observations[name])
            for name, value in raw.records.items()
            if name in area.observations
        }
        failures = {name: (reason_of(reason), detail) for name, (reason, detail) in raw.failures.items()}
    except (CodecError, ValueError) as error:
        raise StoreError(f"evidence {digest[:12]}: {error}") from None
    return Bundle(records, failures, raw.observed_at, dict.fromkeys((*records, *failures), digest))


def reason_of(text: str) -> Reason | NotTested:
    """The member of either closed list that `text` names. Raises ValueError for any other text."""
    try:
        return NotTested(text)
    except ValueError:
        return Reason(text)


class EvidenceArchive:
    """Reads the archive of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            trouble = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise StoreError(f"{path}: {trouble}; expected the evidence archive of a run") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()

    def read(self, name: str) -> bytes:
        """One member, at most 4 MiB uncompressed for evidence and 64 MiB for any other.

        Raises:
            StoreError: absent, too large, or damaged.
        """
        limit = MAX_EVIDENCE_BYTES if name.startswith("evidence/") else 16 * MAX_EVIDENCE_BYTES
        try:
            with self._zip.open(name) as stream:
                data = stream.read(limit + 1)
        except KeyError:
            raise StoreError(f"{self.path}: no {name}") from None
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise StoreError(f"{self.path}: {name}: damaged ({error})") from None
        if len(data) > limit:
            raise StoreError(f"{self.path}: {name} is larger than {limit} bytes")
        return data

    def index(self) -> Iterator[tuple[str, str, str, str]]:
        """(target, service, area, digest) of each evidence file, sorted."""
        try:
            yield from decode(self.read("index.json"), list[tuple[str, str, str, str]])
        except CodecError as error:
            raise StoreError(f"{self.path}: index.json: {error}") from None

    def copy(self, path: Path, changed: Mapping[str, bytes]) -> None:
        """Write the archive anew at `path`, with other bytes for the members named in `changed`."""
        with zipfile.ZipFile(path, "w") as new:
            for name in self._zip.namelist():
                add_member(new, name, changed.get(name) or self.read(name))

    def bundle(self, area: Area, digest: str) -> Bundle:
        """The evidence with this digest, its bytes checked against it."""
        data = self.read(f"evidence/{digest}.json")
        if sha256(data) != digest:
            raise StoreError(f"{self.path}: evidence/{digest}.json was changed: its digest is {sha256(data)[:12]}")
        return read_bundle(area, data, digest)
