"""Results on disk: NDJSON, one header, one line a cell, one footer.

The header says which cells there must be (the digest of their keys), the footer how many there are and the digest of
their lines. A file that was cut off, edited, merged by hand or padded is refused with the line named.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from sys import intern
from typing import IO, TypeAlias, TypeVar

from msgspec.structs import force_setattr

from conformance.core.codec import CodecError, decode, decode_each, encode, encode_lines
from conformance.core.model import Cell, Profile, Status, Target

T = TypeVar("T")

SCHEMA = "results_v1"
RESULTS_NAME = "results.ndjson"
BLOCK_BYTES = 65_536
Place: TypeAlias = tuple[str, str, str]
"""Target, service and country of a cell."""


class ResultsError(ValueError):
    """A results file that cannot be trusted. The message names the file and the line."""


@dataclass(frozen=True, slots=True)
class ServiceSummary:
    """What a report says of a service without opening its manifest. address: as `Service.whereabouts`."""

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
            services=tuple(ServiceSummary(s.id, s.role, s.whereabouts, s.server_name) for s in target.services),
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


def plan_digest(places: Iterable[tuple[str, str, Iterable[str]]]) -> str:
    """SHA-256 over the sorted cell keys (target, service, requirement), a line each.

    Args:
        places: target, service and its requirements; each service once.
    """
    digest = hashlib.sha256()
    for target, service, requirements in sorted(places, key=itemgetter(0, 1)):
        if ordered := sorted(requirements):
            lead = f"{target}\t{service}\t"
            digest.update((lead + f"\n{lead}".join(ordered) + "\n").encode())
    return digest.hexdigest()


def cell_lines(cells: Iterable[Cell]) -> bytes:
    """The lines of these cells, each with its line feed."""
    return encode_lines(cells)


def write_results(stream: IO[bytes], header: Header, lines: Iterable[bytes], counts: Mapping[str, int]) -> Footer:
    """Write header, `lines` (in plan order, one or more at a time, as `cell_lines` gives them) and footer.

    Returns:
        The footer.
    """
    first = encode(header) + b"\n"
    stream.write(first)
    digest = hashlib.sha256(first)
    number = 0
    for some in lines:
        stream.write(some)
        digest.update(some)
        number += some.count(b"\n")
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
        with file.open("rb") as stream:
            return _read(file, stream)
    except OSError as error:
        raise ResultsError(f"{file}: {error.strerror or error}") from None


def _read(file: Path, stream: IO[bytes]) -> Run:
    """Some lines at a time, since the text of a fleet's results takes more memory than its cells."""
    first = stream.readline()
    if not first:
        raise ResultsError(f"{file}: empty; expected a header, cells and a footer")
    header = _decode(file, 1, first, Header)
    if header.kind != "header" or header.schema != SCHEMA:
        raise ResultsError(
            f"{file}: line 1: found kind {header.kind!r} and schema {header.schema!r}; expected a header of {SCHEMA}"
        )
    digest = hashlib.sha256(first)
    reader = _CellReader(file, header)
    cells: list[Cell] = []
    number, last = 1, b""
    while some := stream.readlines(BLOCK_BYTES):
        *lines, last = (last, *some) if last else some
        cells += reader.cells(number + 1, lines)
        digest.update(b"".join(lines))
        number += len(lines)
    number += bool(last)
    if b'"kind":"footer"' not in last:
        raise ResultsError(f"{file}: line {number}: no footer, so the run was cut off")
    _check_footer(file, number, _decode(file, number, last, Footer), cells, digest.hexdigest())
    found = plan_digest((target, service, lines) for (target, service, _), lines in reader.services.values())
    if found != header.plan_sha256:
        raise ResultsError(
            f"{file}: line 1: the cells are not those that were planned "
            f"(plan digest {header.plan_sha256[:12]}, digest of the cells {found[:12]})"
        )
    return Run(header, tuple(cells), file.parent)


class _CellReader:
    """Decodes cells, and lets what is equal in many of them be one object.

    lines: of the service that the header names so, in which line each requirement has its cell.
    """

    def __init__(self, file: Path, header: Header) -> None:
        self.file = file
        places = [(target.id, each.id, target.country) for target in header.targets for each in target.services]
        self.services: dict[Place, tuple[Place, dict[str, int]]] = {place: (place, {}) for place in places}
        self.place: Place | None = None
        self.lines: dict[str, int] = {}
        self.evidence: tuple[str, ...] = ()

    def cells(self, first: int, lines: list[bytes]) -> list[Cell]:
        """The cells of these lines, each one that the header knows and that was not there before.

        Args:
            first: the number of the first line in the file.
            lines: as they stand there.
        """
        try:
            cells = decode_each(lines, Cell)
        except CodecError:
            cells = [_decode(self.file, number, line, Cell) for number, line in enumerate(lines, first)]
        for number, cell in enumerate(cells, first):
            place = (cell.target, cell.service, cell.country)
            if place != self.place:
                if place not in self.services:
                    raise ResultsError(
                        f"{self.file}: line {number}: unknown cell: the header names no service "
                        f"{cell.service!r} of target {cell.target!r} in {cell.country!r}"
                    )
                self.place, self.lines = self.services[place]
            self._share(cell, self.place)
            if (before := self.lines.setdefault(cell.requirement, number)) != number:
                raise ResultsError(
                    f"{self.file}: line {number}: duplicate of the cell in line {before}: {' '.join(cell.key)}"
                )
        return cells

    def _share(self, cell: Cell, place: Place) -> None:
        """Before the cell is handed out, put in place of its texts the equal ones that are there already."""
        target, service, country = place
        force_setattr(cell, "target", target)
        force_setattr(cell, "service", service)
        force_setattr(cell, "country", country)
        force_setattr(cell, "requirement", intern(cell.requirement))
        if cell.reason:
            force_setattr(cell, "reason", intern(cell.reason))
        if cell.evidence == self.evidence:  # as it mostly is of the cells of a service, which follow each other
            force_setattr(cell, "evidence", self.evidence)
        else:
            self.evidence = cell.evidence


def _check_footer(file: Path, number: int, footer: Footer, cells: list[Cell], found: str) -> None:
    if footer.cells != len(cells):
        raise ResultsError(f"{file}: line {number}: the footer counts {footer.cells} cells, the file has {len(cells)}")
    if found != footer.sha256:
        raise ResultsError(
            f"{file}: line {number}: the footer's digest {footer.sha256[:12]} is not that of the lines "
            f"before, {found[:12]}: the header was changed, or a cell was changed, moved or lost"
        )
    counts = Counter([cell.status for cell in cells])
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
