"""Does every fault turn red what it must, and nothing else? The sandbox is asked, one stand a fault.

A requirement whose fault is not caught is a check that cannot fail; a fault that turns more red than it should makes
findings that nobody can act upon. What a fault cannot but break as well stands in the profile, as `collateral`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.areas import AREAS
from conformance.commands.prepare import Request
from conformance.commands.run import execute
from conformance.core.area import Stand
from conformance.core.model import Cell, Level, Profile, Requirement, Status
from conformance.core.profile import load_profile, shipped_profiles
from conformance.sandbox import Sandbox, Spec, stand_for

RED = (Status.FAIL, Status.WARNING)


@dataclass(frozen=True, slots=True)
class Proof:
    """What one fault came to. due: the requirements that name it; collateral: what the profile says it breaks as well;
    red: what was violated; undecided: requirements that came out `error`, with the reason.
    """

    fault: str
    profile: str
    due: frozenset[str]
    collateral: frozenset[str]
    red: frozenset[str]
    undecided: Mapping[str, str]

    @property
    def caught(self) -> bool:
        """Whether exactly what must turn red did."""
        return self.due <= self.red <= self.due | self.collateral

    @property
    def trouble(self) -> str:
        """What is not as it must be, in words."""
        missed = ", ".join(f"{each} ({self.undecided.get(each, 'not red')})" for each in sorted(self.due - self.red))
        extra = ", ".join(sorted(self.red - self.due - self.collateral))
        return "; ".join(part for part in (missed and f"not caught: {missed}", extra and f"also red: {extra}") if part)


def is_red(cell: Cell, due: frozenset[str]) -> bool:
    """Whether a cell shows a violation; one of a MAY that is due shows it by being not applicable."""
    optional = cell.requirement in due and cell.level == Level.MAY and cell.status is Status.NOT_APPLICABLE
    return cell.status in RED or optional


def faults_of(profile: Profile) -> dict[str, frozenset[str]]:
    """Fault -> the requirements of the profile that name it."""
    found: dict[str, set[str]] = {}
    for requirement in profile.requirements.values():
        for fault in () if requirement.derives else requirement.faults:
            found.setdefault(fault, set()).add(requirement.id)
    return {fault: frozenset(ids) for fault, ids in found.items()}


def collateral_of(profile: Profile, fault: str) -> frozenset[str]:
    """What the profile lists as broken by a fault beside the requirements that name it."""
    return frozenset(
        each for requirement in profile.requirements.values() for each in requirement.collateral.get(fault, ())
    )


def unnamed() -> frozenset[str]:
    """Faults of the sandbox that no requirement of any shipped profile names."""
    named = {fault for name in shipped_profiles() for fault in faults_of(load_profile(name))}
    return frozenset(fault for area in AREAS for fault in area.faults()) - named


def prove(wanted: Iterable[str] = ()) -> Iterator[Proof]:
    """Serve each fault (or the wanted ones) and judge it by the first shipped profile that has a requirement for it."""
    chosen, done = frozenset(wanted), set[str]()
    for name in ("asean", *(each for each in shipped_profiles() if each != "asean")):
        profile = load_profile(name)
        due = {f: ids for f, ids in faults_of(profile).items() if f not in done and (not chosen or f in chosen)}
        if due and not profile.survey:
            done |= set(due)
            yield from _proven(profile, due)
    yield from _derived(load_profile("asean"), chosen)


def _proven(profile: Profile, due: Mapping[str, frozenset[str]]) -> Iterator[Proof]:
    specs = [Spec(f"xz-{fault}", "XZ", fault, (stand_for(f"xz-{fault}", "XZ", (fault,)),)) for fault in due]
    cells = _cells(profile, specs)
    for fault, ids in due.items():
        yield _proof(fault, profile, ids, collateral_of(profile, fault), cells[f"xz-{fault}"])


def _derived(profile: Profile, chosen: frozenset[str]) -> Iterator[Proof]:
    """Each derived requirement with each of its faults at the endpoint in front of a service of its role."""
    named = faults_of(profile)
    rows = [each for each in profile.requirements.values() if each.derives]
    pairs = {
        f"{row.id.lower()}-{fault}": (row, fault)
        for row in rows
        for fault in row.faults
        if not chosen or fault in chosen or row.id in chosen
    }
    cells = _cells(profile, [_fronted(f"xz-{key}", row, fault) for key, (row, fault) in pairs.items()]) if pairs else {}
    for key, (row, fault) in pairs.items():
        beside = {each.id for each in rows if fault in each.faults} | named.get(fault, frozenset())
        collateral = collateral_of(profile, fault) | beside
        yield _proof(f"{fault} ({row.id})", profile, frozenset({row.id}), collateral, cells[f"xz-{key}"])


def _fronted(target: str, row: Requirement, fault: str) -> Spec:
    service = Stand(target, "XZ", "service", row.roles[0], "good")
    front = Stand(target, "XZ", "front", "tls-endpoint", "good", (fault,), row.roles[:1], fronts="service")
    return Spec(target, "XZ", fault, (service, front))


def _cells(profile: Profile, specs: Sequence[Spec]) -> dict[str, list[Cell]]:
    """The cells of each target of the sandbox."""
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder, Sandbox(specs) as sandbox:
        request = Request(profile=profile.id, out=Path(folder) / "run")
        ran = execute(request, sandbox.door(), sandbox.targets, front="loop", quiet=True)
    return {spec.target: [cell for cell in ran.run.cells if cell.target == spec.target] for spec in specs}


def _proof(
    name: str, profile: Profile, due: frozenset[str], collateral: frozenset[str], found: Sequence[Cell]
) -> Proof:
    return Proof(
        name,
        profile.id,
        due,
        collateral,
        frozenset(cell.requirement for cell in found if is_red(cell, due)),
        {c.requirement: f"{c.status} {c.reason} {c.detail}".strip() for c in found if not is_red(c, due)},
    )
