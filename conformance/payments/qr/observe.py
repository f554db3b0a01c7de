"""Payloads that a country hands in: read from the manifest and from the file that it names. Nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.core.area import Job, Observed
from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.payments.qr.evidence import Payload, Payloads
from conformance.payments.qr.parse import read
from conformance.payments.qr.schemes import shipped_schemes

if TYPE_CHECKING:
    from conformance.core.network import Door

MAX_FILE_OCTETS = 2_000_000
MAX_PAYLOADS = 1_000
MAX_TOTAL_CHARACTERS = 200_000
"""Of all payloads together: their trees must fit into one evidence file."""


def observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    """The payloads of each job's service."""
    for job in jobs:
        try:
            records = {"qr_payloads": payloads_of(job)}
        except (Undecided, Untested) as trouble:
            yield Observed(job, door.now(), {}, {"qr_payloads": (trouble.reason, trouble.detail)})
        else:
            yield Observed(job, door.now(), records)


def payloads_of(job: Job) -> Payloads:
    """What the service hands in, as read.

    Raises:
        Undecided: the file cannot be read, is too large, or is not as it should be.
        Untested: the manifest names no payload.
    """
    settings = job.service.settings
    everywhere = bool(settings.get("cross_border", False))
    entries = [_inline(entry, everywhere, number) for number, entry in enumerate(settings.get("payloads", ()), 1)]
    if name := settings.get("payload_file", ""):
        entries += _file(Path(job.target.path).parent / name, everywhere)
    if not entries:
        raise Untested(NotTested.NOT_PUBLISHED, "the manifest hands in no payload (payload_file or payloads)")
    if len(entries) > MAX_PAYLOADS:
        raise Undecided(Reason.TOO_LARGE, f"{len(entries):,} payloads, more than {MAX_PAYLOADS:,}")
    items = tuple(Payload(name, abroad, read(payload)) for name, abroad, payload in entries)
    total = sum(len(item.reading.text) for item in items)
    if total > MAX_TOTAL_CHARACTERS:
        raise Undecided(Reason.TOO_LARGE, f"{total:,} characters in all, more than {MAX_TOTAL_CHARACTERS:,}")
    country = job.target.country
    return Payloads(country, tuple(each for each in shipped_schemes() if _concerns(each.country, country)), items)


def _concerns(scheme_country: str, country: str) -> bool:
    """Whether a scheme can be met in a country: any real one, and the sandbox's in the sandbox alone."""
    return country.startswith("X") or not scheme_country.startswith("X")


Entry = tuple[str, bool, "str | bytes"]


def _inline(entry: Any, everywhere: bool, number: int) -> Entry:  # noqa: FBT001 - of the manifest
    if isinstance(entry, Mapping):
        return entry.get("name", f"payload {number}"), entry.get("cross_border", everywhere), entry["payload"]
    return f"payload {number}", everywhere, entry


def _file(path: Path, everywhere: bool) -> list[Entry]:  # noqa: FBT001 - of the manifest
    """The payloads of a file: JSON as in the manifest, or one a line; empty lines and those with `#` do not count."""
    try:
        with path.open("rb") as file:
            octets = file.read(MAX_FILE_OCTETS + 1)
    except (OSError, ValueError) as error:
        trouble = error.strerror if isinstance(error, OSError) else str(error)
        raise Undecided(Reason.NOT_OBSERVABLE, f"the file of payloads cannot be read: {trouble}") from None
    if len(octets) > MAX_FILE_OCTETS:
        raise Undecided(Reason.TOO_LARGE, f"the file of payloads has more than {MAX_FILE_OCTETS:,} octets")
    if path.suffix == ".json":
        return _json(octets, everywhere)
    lines = enumerate(octets.split(b"\n"), 1)
    kept = ((number, line.removesuffix(b"\r")) for number, line in lines)
    return [(f"line {number}", everywhere, line) for number, line in kept if line.strip() and line[:1] != b"#"]


def _json(octets: bytes, everywhere: bool) -> list[Entry]:  # noqa: FBT001 - of the manifest
    """Entries of a JSON file: a list of payloads, or of objects with `payload`, and maybe `name` and `cross_border`."""
    try:
        data = json.loads(octets)
    except (ValueError, RecursionError) as error:
        raise Undecided(Reason.JSON, f"the file of payloads is no JSON: {str(error)[:200]}") from None
    if not isinstance(data, list):
        raise Undecided(Reason.JSON, "the file of payloads holds no list")
    for number, entry in enumerate(data, 1):
        fields = entry if isinstance(entry, dict) else {"payload": entry}
        right = isinstance(fields.get("payload"), str) and isinstance(fields.get("name", ""), str)
        if not right or not isinstance(fields.get("cross_border", False), bool):
            raise Undecided(Reason.JSON, f"entry {number} of the file of payloads is neither a payload nor has one")
    return [_inline(entry, everywhere, number) for number, entry in enumerate(data, 1)]
