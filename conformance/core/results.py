"""Results on disk: NDJSON, one header, one line a cell, one footer.

The header says which cells there must be (the digest of their keys), the footer how many there are and the digest of
their lines. A file that was cut off, edited, merged by hand or padded is refused with the line named.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeVar

from conformance.core.codec import CodecError, decode, encode, sha256
from conformance.core.model import Cell, Profile, Status, Target

T = TypeVar("T")

SCHEMA = "results_v1"
RESULTS_NAME = "results.ndjson"


class ResultsError(ValueError):
    """A results file that cannot be trusted. The message names the file and the line."""


@dataclass(frozen=True, slots=True)
class ServiceSummary:
    """What a report says of a service without opening its manifest."""

    id: str
    role: str
    address: str
    server_name: str = ""


@dataclass(frozen=True, slots=True)
class TargetSummary:
    """A target as the header lists it. sha256: of the manifest file, empty where there is none."""

    id: str
    country: str
    name: str
    services: tuple[ServiceSummary, ...]
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a results file.

    observed_at: when the run began, ISO 8601 UTC: the matrix's as-of date. selected: False when part of the profile
    was deselected. plan_sha256: over the keys of the planned cells. waivers_sha256: empty where there are none.
    """

    suite_version: str
    profile_id: str
    profile_version: str
    profile_sha256: str
    observed_at: str
    targets: tuple[TargetSummary, ...]
    plan_sha256: str
    complete: bool = True
    survey: bool = False
    max_age_days: int = 0
    waivers_sha256: str = ""
    evidence: str = "evidence.zip"
    schema: str = SCHEMA
    kind: str = "header"


@dataclass(frozen=True, slots=True)
class Footer:
    """The last line: counts by status, the number of cells, the SHA-256 of all lines before with line feeds."""

    counts: Mapping[str, int]
    cells: int
    sha256: str
    kind: str = "footer"


@dataclass(frozen=True, slots=True)
class Run:
    """One run as read back. directory: where it lies, None when it was never on disk."""

    header: Header
    cells: tuple[Cell, ...]
    directory: Path | None = field(default=None, compare=False)


def summarise(targets: Iterable[Target]) -> tuple[TargetSummary, ...]:
    """The header's list of targets, ordered by id."""
    return tuple(
        TargetSummary(
            id=target.id,
            country=target.country,
            name=target.name,
            services=tuple(ServiceSummary(s.id, s.role, s.address, s.server_name) for s in target.services),
            sha256=target.sha256,
        )
        for target in sorted(targets, key=lambda target: target.id)
    )


def make_header(
    profile: Profile,
    targets: Iterable[Target],
    *,
    observed_at: str,
    plan_sha256: str,
    complete: bool,
    suite_version: str,
    waivers_sha256: str = "",
) -> Header:
    """The header of a run of `profile` on `targets`."""
    return Header(
        suite_version=suite_version,
        profile_id=profile.id,
        profile_version=profile.version,
        profile_sha256=profile.sha256,
        observed_at=observed_at,
        targets=summarise(targets),
        plan_sha256=plan_sha256,
        complete=complete,
        survey=profile.survey,
        max_age_days=profile.max_age_days,
        waivers_sha256=waivers_sha256,
    )


def plan_digest(keys: Iterable[tuple[str, str, str]]) -> str:
    """SHA-256 over the sorted cell keys (target, service, requirement)."""
    places: dict[tuple[str, str], list[str]] = {}
    for target, service, requirement in keys:
        places.setdefault((target, service), []).append(requirement)
    digest = hashlib.sha256()
    for place in sorted(places):  # place by place, the same order as that of the keys, in a fraction of their memory
        lead = "\t".join(place)
        digest.update("".join([f"{lead}\t{each}\n" for each in sorted(places[place])]).encode())
    return digest.hexdigest()


def cell_line(cell: Cell) -> bytes:
    """One cell as its line, without the line feed."""
    return encode(cell)


def write_results(stream: IO[bytes], header: Header, lines: Iterable[bytes], counts: Mapping[str, int]) -> Footer:
    """Write header, `lines` (in plan order, without line feeds) and footer; returns the footer."""
    first = encode(header) + b"\n"
    stream.write(first)
    digest = hashlib.sha256(first)
    number = 0
    for line in lines:
        stream.write(line + b"\n")
        digest.update(line + b"\n")
        number += 1
    footer = Footer(
        counts={status.value: counts.get(status.value, 0) for status in Status}, cells=number, sha256=digest.hexdigest()
    )
    stream.write(encode(footer) + b"\n")
    return footer


def read_results(path: Path) -> Run:
    """Read a results file, or the one in the folder `path`, and check all that its header and footer promise.

    Raises:
        ResultsError: missing or cut off, not NDJSON, a duplicate or unknown cell, a digest or count that differs.
    """
    file = path / RESULTS_NAME if path.is_dir() else path
    try:
        lines = file.read_bytes().split(b"\n")
    except OSError as error:
        raise ResultsError(f"{file}: {error.strerror or error}") from None
    if lines and lines[-1] == b"":
        lines.pop()
    if not lines:
        raise ResultsError(f"{file}: empty; expected a header, cells and a footer")
    header = _decode(file, 1, lines[0], Header)
    if header.kind != "header" or header.schema != SCHEMA:
        raise ResultsError(
            f"{file}: line 1: found kind {header.kind!r} and schema {header.schema!r}; expected a header of {SCHEMA}"
        )
    if len(lines) < 2 or b'"kind":"footer"' not in lines[-1]:
        raise ResultsError(f"{file}: line {len(lines)}: no footer, so the run was cut off")
    footer = _decode(file, len(lines), lines[-1], Footer)
    cells = tuple(_read_cells(file, header, lines[1:-1]))
    _check_footer(file, len(lines), footer, cells, lines[:-1])
    found = plan_digest(cell.key for cell in cells)
    if found != header.plan_sha256:
        raise ResultsError(
            f"{file}: line 1: the cells are not those that were planned "
            f"(plan digest {header.plan_sha256[:12]}, digest of the cells {found[:12]})"
        )
    return Run(header, cells, file.parent)


def _read_cells(file: Path, header: Header, lines: list[bytes]) -> Iterator[Cell]:
    services = {(target.id, service.id): target.country for target in header.targets for service in target.services}
    seen: dict[tuple[str, str, str], int] = {}
    for number, line in enumerate(lines, start=2):
        cell = _decode(file, number, line, Cell)
        if services.get((cell.target, cell.service)) != cell.country:
            raise ResultsError(
                f"{file}: line {number}: unknown cell: the header names no service "
                f"{cell.service!r} of target {cell.target!r} in {cell.country!r}"
            )
        if cell.key in seen:
            raise ResultsError(
                f"{file}: line {number}: duplicate of the cell in line {seen[cell.key]}: {' '.join(cell.key)}"
            )
        seen[cell.key] = number
        yield cell


def _check_footer(file: Path, number: int, footer: Footer, cells: tuple[Cell, ...], lines: list[bytes]) -> None:
    if footer.cells != len(cells):
        raise ResultsError(f"{file}: line {number}: the footer counts {footer.cells} cells, the file has {len(cells)}")
    found = sha256(b"".join(line + b"\n" for line in lines))
    if found != footer.sha256:
        raise ResultsError(
            f"{file}: line {number}: the footer's digest {footer.sha256[:12]} is not that of the lines "
            f"before, {found[:12]}: the header was changed, or a cell was changed, moved or lost"
        )
    counts = Counter(cell.status.value for cell in cells)
    for status in sorted({*Status, *footer.counts}):
        if counts.get(status, 0) != footer.counts.get(status, -1):
            raise ResultsError(
                f"{file}: line {number}: the footer counts {footer.counts.get(status)} {status}, "
                f"the cells are {counts.get(status, 0)}"
            )


def _decode(file: Path, number: int, line: bytes, kind: type[T]) -> T:
    try:
        return decode(line, kind)
    except CodecError as error:
        raise ResultsError(f"{file}: line {number}: {error}; expected a {kind.__name__.lower()}") from None
