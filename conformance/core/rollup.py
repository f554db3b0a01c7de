"""Many verdicts as one: the worst, the counts, and the statement for a country and an area.

The worst is a maximum over a total order and the counts are sums, so no order or grouping of merging can change them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum

from msgspec import Struct

from conformance.core.model import Cell, NotTested, Requirement, Status

STATUSES = tuple(Status)
WORST_FIRST = tuple(reversed(STATUSES))
_RANK = {status: rank for rank, status in enumerate(STATUSES)}


def worst(statuses: Iterable[Status]) -> Status:
    """The worst of them; of none it is not-tested, never pass."""
    return max(set(statuses), key=_RANK.__getitem__, default=Status.NOT_TESTED)


class Tally(Struct, frozen=True):
    """How many of each status, in the order of `Status`."""

    numbers: tuple[int, ...] = (0,) * len(STATUSES)

    @classmethod
    def of(cls, statuses: Iterable[Status]) -> Tally:
        """The tally of these statuses."""
        counts = Counter(statuses)
        return cls(tuple(counts[status] for status in STATUSES))

    def __add__(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(tuple(one + two for one, two in zip(self.numbers, other.numbers, strict=True)))

    def __getitem__(self, status: Status) -> int:
        """How many have this status."""
        return self.numbers[_RANK[status]]

    @property
    def total(self) -> int:
        """The denominator: all of them, whatever their status."""
        return sum(self.numbers)

    @property
    def worst(self) -> Status:
        """The worst status with a count above 0; of none it is not-tested."""
        return worst(status for status in STATUSES if self[status])

    @property
    def found(self) -> tuple[tuple[Status, int], ...]:
        """The statuses that occur with their counts, worst first."""
        return tuple((status, self[status]) for status in WORST_FIRST if self[status])


NONE = Tally()
"""The tally of no status at all."""


class Statement(StrEnum):
    """What is said of a country and an area."""

    CONFORMANT = "conformant"
    WITH_WAIVERS = "conformant with waivers"
    NON_CONFORMANT = "non-conformant"
    UNDETERMINED = "undetermined"


class Standing(Struct, frozen=True):
    """The statement for a country and an area, the sentence that says why, and how many requirements have which status.

    tallies: by the letter of the basis, since what rests on different bases is not counted together. Each requirement
    counts once, with the worst status of its services.
    """

    statement: Statement
    because: str
    tallies: Mapping[str, Tally]


def standing(
    requirements: Iterable[Requirement],
    cells: Mapping[str, tuple[Cell, ...]],
    stale: frozenset[tuple[str, str, str]] = frozenset(),
    *,
    survey: bool = False,
) -> Standing:
    """The standing of one country in one area.

    Args:
        requirements: all that the profile has in the area.
        cells: the country's, by requirement id; one without cells is not tested.
        stale: keys of the cells that are older than the profile allows: they decide nothing.
        survey: the profile is a subset for sweeps.
    """
    known = tuple(requirements)
    by_basis: dict[str, list[Status]] = {}
    for requirement in known:
        status = worst(cell.status for cell in cells.get(requirement.id, ()))
        by_basis.setdefault(requirement.basis.value, []).append(status)
    statement, because = _statement(known, cells, stale, survey=survey)
    return Standing(statement, because, {basis: Tally.of(found) for basis, found in by_basis.items()})


def _statement(
    known: tuple[Requirement, ...],
    cells: Mapping[str, tuple[Cell, ...]],
    stale: frozenset[tuple[str, str, str]],
    *,
    survey: bool,
) -> tuple[Statement, str]:
    """Non-conformant takes one fresh fail; conformant takes every MUST of every service, and one pass."""
    if survey:
        return Statement.UNDETERMINED, "the profile is a survey: a part of the requirements"
    fresh = {r.id: [cell for cell in cells.get(r.id, ()) if cell.key not in stale] for r in known}
    binding = [r for r in known if r.level.binding]
    failed = _having(Status.FAIL, binding, fresh)
    if failed:
        return Statement.NON_CONFORMANT, f"{failed} of {len(binding)} MUST requirements fail"
    if any(len(fresh[r.id]) < len(cells.get(r.id, ())) for r in known):
        return Statement.UNDETERMINED, "observed longer ago than the profile allows"
    if unknown := _unknown(binding, fresh):
        return Statement.UNDETERMINED, unknown
    if waived := _having(Status.WAIVED, known, fresh):
        return Statement.WITH_WAIVERS, f"{waived} of {len(known)} requirements are waived"
    warned = _having(Status.WARNING, known, fresh)
    return Statement.CONFORMANT, f"no MUST of {len(binding)} is violated or open" + (
        f"; {warned} of {len(known)} requirements warn" if warned else ""
    )


def _having(status: Status, requirements: Iterable[Requirement], cells: Mapping[str, list[Cell]]) -> int:
    """How many requirements have a cell of this status."""
    return sum(any(cell.status is status for cell in cells[requirement.id]) for requirement in requirements)


def _unknown(binding: list[Requirement], cells: Mapping[str, list[Cell]]) -> str:
    """What keeps a country without a fail from a statement; empty where nothing does."""
    if not any(cells.values()):
        return NO_SERVICE
    undecided = sum(worst(cell.status for cell in cells[r.id]) in UNKNOWN for r in binding)
    if undecided:
        return f"{undecided} of {len(binding)} MUST requirements are not decided"
    everything = [cell for found in cells.values() for cell in found]
    if any(cell.reason == NotTested.DESELECTED for cell in everything):
        return "a part of the requirements was deselected"
    if any(cell.status is Status.PASS for cell in everything):
        return ""
    if everything and all(cell.status is Status.NOT_APPLICABLE for cell in everything):
        return NOTHING_APPLIES
    return "nothing passed"


NOTHING_APPLIES = "nothing of it applies, so nothing was seen to hold"
NO_SERVICE = "no manifest has a service to check"


UNKNOWN = frozenset({Status.ERROR, Status.NOT_TESTED})
"""Statuses that say nothing of the service."""
