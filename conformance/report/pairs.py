"""Pairs of countries: the issuer's codes and messages before the acceptor's readers and gateways. Pure.

A pair is what its two sides came to, and what came of holding the evidence of the one against that of the other
(`Crossing`, made by the area). Its status is the worst of these, one of the same seven; a side that is absent is
`not-tested(role-missing)`. Whether a pair is live in reality is data with a source and changes no status.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from conformance.core.model import Cell, NotTested, Reason, Status, Violation
from conformance.core.paths import profiles_dir
from conformance.core.rollup import Tally, worst
from conformance.core.schema import load_document

NAMED = 6
"""So many requirements or findings are named in a pair's detail; more add nothing."""


@dataclass(frozen=True, slots=True)
class PairKind:
    """One kind of pair. issuer, acceptor: the requirements that each side must meet."""

    id: str
    title: str
    issuer_role: str
    acceptor_role: str
    issuer: tuple[str, ...]
    acceptor: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """What is known of one ordered pair in reality. state: `live`, `preparation`, `prospective`."""

    kind: str
    issuer: str
    acceptor: str
    state: str
    since: str
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class PairData:
    """`profiles/pairs.toml`. links: by (kind, issuer, acceptor), each direction on its own."""

    kinds: tuple[PairKind, ...]
    links: Mapping[tuple[str, str, str], Link]


@dataclass(frozen=True, slots=True)
class Crossing:
    """What came of holding one issuer's evidence against one acceptor's. issuer, acceptor: target/service.

    status: pass, fail, not-applicable, error or not-tested. detail: why, where it is neither pass nor fail.
    """

    kind: str
    issuer_country: str
    acceptor_country: str
    issuer: str
    acceptor: str
    status: Status
    reason: str = ""
    detail: str = ""
    violations: tuple[Violation, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """One ordered pair of one kind. reason: of the closed lists, `violated`, or empty. link: None where none is known.

    violations: of holding the evidence of one side against that of the other.
    """

    kind: str
    issuer: str
    acceptor: str
    status: Status
    reason: str = ""
    detail: str = ""
    violations: tuple[Violation, ...] = ()
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class PairMatrix:
    """All pairs. countries: in the order of the report. pairs: by (kind, issuer, acceptor)."""

    kinds: tuple[PairKind, ...]
    countries: tuple[str, ...]
    pairs: Mapping[tuple[str, str, str], Pair] = field(default_factory=dict)

    def tally(self, kind: str) -> Tally:
        """The counts of one kind."""
        return Tally.of(pair.status for key, pair in self.pairs.items() if key[0] == kind)


@cache
def load_pairs() -> PairData:
    """The shipped kinds and links.

    Raises:
        ConfigError: the shipped file was changed and breaks its schema.
    """
    data = load_document(profiles_dir() / "pairs.toml", "pairs").data
    kinds = tuple(
        PairKind(
            id=each["id"],
            title=each["title"],
            issuer_role=each["issuer_role"],
            acceptor_role=each["acceptor_role"],
            issuer=tuple(each["issuer"]),
            acceptor=tuple(each["acceptor"]),
        )
        for each in data["kind"]
    )
    links: dict[tuple[str, str, str], Link] = {}
    for each in data["link"]:
        ends = (each["issuer"], each["acceptor"])
        for one, two in (ends, ends[::-1]) if each["both"] else (ends,):
            said = {name: each[name] for name in ("state", "since", "source", "confidence")}
            links[each["kind"], one, two] = Link(each["kind"], one, two, **said)
    return PairData(kinds, links)


def make_pairs(
    cells: Iterable[Cell], crossings: Iterable[Crossing], countries: Sequence[str], data: PairData
) -> PairMatrix:
    """Every ordered pair of different countries, of every kind.

    Args:
        cells: the verdicts of all runs.
        crossings: what the areas made of the evidence; none where it is not at hand.
        countries: codes, in the order of the report.
        data: kinds and links.
    """
    by_place: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        by_place.setdefault((cell.country, cell.requirement), []).append(cell)
    crossed: dict[tuple[str, str, str], list[Crossing]] = {}
    for each in crossings:
        crossed.setdefault((each.kind, each.issuer_country, each.acceptor_country), []).append(each)
    pairs = {
        (kind.id, one, two): _pair(
            kind, one, two, by_place=by_place, crossings=crossed.get((kind.id, one, two), []), data=data
        )
        for kind in data.kinds
        for one in countries
        for two in countries
        if one != two
    }
    return PairMatrix(data.kinds, tuple(countries), pairs)


def _pair(
    kind: PairKind,
    issuer: str,
    acceptor: str,
    *,
    by_place: Mapping[tuple[str, str], list[Cell]],
    crossings: Sequence[Crossing],
    data: PairData,
) -> Pair:
    link = data.links.get((kind.id, issuer, acceptor))
    sides = {
        f"{issuer} {kind.issuer_role}": [cell for i in kind.issuer for cell in by_place.get((issuer, i), ())],
        f"{acceptor} {kind.acceptor_role}": [cell for i in kind.acceptor for cell in by_place.get((acceptor, i), ())],
    }
    present = {side: [cell for cell in found if cell.service] for side, found in sides.items()}
    absent = [side for side, found in present.items() if not found]
    if absent:
        detail = " and ".join(f"no {side.partition(' ')[2]} of {side.partition(' ')[0]}" for side in absent)
        return Pair(kind.id, issuer, acceptor, Status.NOT_TESTED, NotTested.ROLE_MISSING.value, detail, link=link)
    found = [cell for cells in present.values() for cell in cells]
    if not crossings:
        what = "the evidence of both sides is not at hand"
        crossings = [
            Crossing(kind.id, issuer, acceptor, "", "", Status.ERROR, Reason.NOT_OBSERVABLE.value, what),
        ]
    status = worst([*(cell.status for cell in found), *(each.status for each in crossings)])
    return Pair(
        kind.id,
        issuer,
        acceptor,
        status,
        _reason(status, found, crossings),
        _detail(status, found, crossings),
        tuple(violation for each in crossings for violation in each.violations)[:NAMED],
        link,
    )


def _reason(status: Status, cells: Sequence[Cell], crossings: Sequence[Crossing]) -> str:
    """The reason of the first part that has the pair's status."""
    reasons = [each.reason for each in crossings if each.status is status]
    reasons += [cell.reason for cell in cells if cell.status is status]
    return next((reason for reason in reasons if reason), "")


def _detail(status: Status, cells: Sequence[Cell], crossings: Sequence[Crossing]) -> str:
    """Which parts have the pair's status; empty for a pass."""
    if status is Status.PASS:
        return ""
    parts = [each.detail or f"{each.issuer} before {each.acceptor}" for each in crossings if each.status is status]
    parts += dict.fromkeys(f"{cell.country} {cell.requirement}" for cell in cells if cell.status is status)
    more = f" and {len(parts) - NAMED} more" if len(parts) > NAMED else ""
    return ", ".join(parts[:NAMED]) + more
