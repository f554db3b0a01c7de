"""The plan: which requirement on which service, what must be observed for it, and what that costs. Opens no socket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from conformance.core import scope
from conformance.core.area import Area, Job
from conformance.core.judge import Case
from conformance.core.judging import JudgeEntry, order
from conformance.core.model import NotTested, Profile, Requirement, Service, Target, Undecided
from conformance.core.results import plan_digest
from conformance.core.waivers import Waiver


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """The cells of one service.

    requirements: every one that binds the service's role, in profile order: each becomes exactly one cell.
    judged: those that will be judged, needs before dependants; they include needs of selected ones.
    excluded: id -> (reason, detail) for those that cannot or shall not run.
    jobs: what to observe, one job an area.
    source: the (target, service) whose cells its derived requirements take over, None where there are none.
    is_source: another service derives from it.
    """

    target: Target
    service: Service
    requirements: tuple[Requirement, ...]
    judged: tuple[str, ...]
    excluded: Mapping[str, tuple[NotTested, str]]
    jobs: tuple[tuple[Area, Job], ...]
    source: tuple[str, str] | None = None
    is_source: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The ids of its target and of itself."""
        return (self.target.id, self.service.id)

    @property
    def keys(self) -> Iterator[tuple[str, str, str]]:
        """The keys of its cells."""
        return ((self.target.id, self.service.id, requirement.id) for requirement in self.requirements)


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole run before anything is sent."""

    profile: Profile
    targets: tuple[Target, ...]
    services: tuple[ServicePlan, ...]
    judges: Mapping[str, JudgeEntry] = field(repr=False)

    @property
    def digest(self) -> str:
        """Over the keys of all cells; a result must have exactly these."""
        return plan_digest(
            (*each.place, [requirement.id for requirement in each.requirements]) for each in self.services
        )

    @property
    def complete(self) -> bool:
        """Whether nothing was deselected."""
        return not any(
            reason is NotTested.DESELECTED for service in self.services for reason, _ in service.excluded.values()
        )

    @property
    def cell_count(self) -> int:
        """How many cells the run will have."""
        return sum(len(service.requirements) for service in self.services)

    @property
    def connections(self) -> int:
        """At most so many connections will be opened, the naming of offenders apart."""
        alike = Counter((area.name, job.asks) for service in self.services for area, job in service.jobs)
        areas = {area.name: area for service in self.services for area, _ in service.jobs}
        return sum(number * areas[name].budget(asks) for (name, asks), number in alike.items())


DEFAULT_PORTS = {"https": 443, "http": 80}
Place = tuple[str, int]
"""Host and port."""

Select = Callable[[tuple[str, str, str]], bool]
"""Whether the cell with this key (target, service, requirement) is to be judged."""


def make_plan(
    profile: Profile,
    targets: tuple[Target, ...],
    judges: Mapping[str, JudgeEntry],
    *,
    today: date,
    select: Select | None = None,
) -> Plan:
    """Cells, observations and budget for `profile` on `targets`.

    Args:
        profile: the resolved profile; every requirement of it has a judge.
        targets: manifests with distinct ids.
        judges: from `load_judges`.
        today: the UTC date that authorisations are held against.
        select: which cells to judge, None for all; the others become not-tested(deselected).
    """
    planner = _Planner(profile, judges, today, select)
    services = [planner.plan(target, service) for target in targets for service in target.services]
    sources = {service.source for service in services if service.source}
    marked = (replace(each, is_source=True) if each.place in sources else each for each in services)
    return Plan(profile, targets, tuple(marked), judges)


def sources_of(requirement: Requirement, profile: Profile) -> tuple[Requirement, ...]:
    """The binding requirements of the profile that a requirement derives from."""
    return tuple(
        each
        for each in profile.requirements.values()
        if each.level.binding
        and not each.derives
        and any(fnmatchcase(each.id, pattern) for pattern in requirement.derives)
    )


def _with_source(made: ServicePlan, open_ones: tuple[str, ...], roles: frozenset[str]) -> ServicePlan:
    """The plan of a service with where its derived requirements come from; without such a place they do not run."""
    found = neighbour(made.target, made.service, roles)
    where = ", ".join(f"{host}:{port}" for host, port in sorted(places(made.service)))
    lacking = f"the manifest has no {' or '.join(sorted(roles))} at {where or 'its place'}"
    outcome = (NotTested.DEPENDENCY, f"derived from {found.id}") if found else (NotTested.ROLE_MISSING, lacking)
    excluded = {**made.excluded, **dict.fromkeys(open_ones, outcome)}
    return replace(made, excluded=excluded, source=(made.target.id, found.id) if found else None)


def places(service: Service) -> frozenset[Place]:
    """Where a service is, as (host, port): its address, its name at the address's port, and its https URLs."""
    found: set[Place] = set()
    if service.address:
        try:
            host, port = scope.split_address(service.address)
        except Undecided:
            return frozenset()
        found |= {(host, port), (service.server_name.lower(), port)}
    for value in service.settings.values():
        if isinstance(value, str) and value.startswith("https://"):
            parts = urlsplit(value)
            found.add(((parts.hostname or "").lower(), parts.port or DEFAULT_PORTS[parts.scheme]))
    return frozenset(found)


def neighbour(target: Target, service: Service, roles: frozenset[str]) -> Service | None:
    """The service of one of these roles at the same place, None where the manifest declares none."""
    here = places(service)
    return next((each for each in target.services if each.role in roles and here & places(each)), None)


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What the plans of services alike have in common. asks: what to observe, by area. open: what is to be derived, and
    source_roles: from cells of services of which roles.
    """

    judged: tuple[str, ...]
    excluded: Mapping[str, tuple[NotTested, str]]
    asks: tuple[tuple[Area, frozenset[str]], ...]
    open: tuple[str, ...]
    source_roles: frozenset[str]


class _Role:
    """The requirements that bind one role, in profile order."""

    def __init__(self, profile: Profile, role: str) -> None:
        self.by_id = {i: r for i, r in profile.requirements.items() if role in r.roles}
        self.requirements = tuple(self.by_id.values())
        self.ids = frozenset(self.by_id)


class _Planner:
    """Plans services one by one. A fleet has thousands of them alike, and what they share is worked out once."""

    def __init__(self, profile: Profile, judges: Mapping[str, JudgeEntry], today: date, select: Select | None) -> None:
        self.profile, self.judges, self.today, self.select = profile, judges, today, select
        self.ordered = order(profile.requirements)
        self.roles: dict[str, _Role] = {}
        self.areas: dict[tuple[str, frozenset[str]], tuple[Area, ...]] = {}
        self.patterns: dict[tuple[Any, ...], _Pattern] = {}

    def plan(self, target: Target, service: Service) -> ServicePlan:
        """The plan of one service."""
        role = self.roles.get(service.role)
        if role is None:
            role = self.roles[service.role] = _Role(self.profile, service.role)
        chosen = role.ids
        if self.select is not None:
            chosen = frozenset(i for i in role.by_id if self.select((target.id, service.id, i)))
        areas = self._areas(service.role, role, chosen)
        away = tuple([_away(target, service, area, self.today) for area in areas])
        active = bool(target.authorisation and target.authorisation.active)
        kind = (service.role, chosen, away, active)
        if (found := self.patterns.get(kind)) is None:
            by_area = {area.name: each for area, each in zip(areas, away, strict=True)}
            found = self.patterns[kind] = self._pattern(role, chosen, by_area, active=active)
        jobs = tuple([(area, Job(target, service, asks)) for area, asks in found.asks])
        made = ServicePlan(target, service, role.requirements, found.judged, found.excluded, jobs)
        return _with_source(made, found.open, found.source_roles) if found.open else made

    def _areas(self, name: str, role: _Role, chosen: frozenset[str]) -> tuple[Area, ...]:
        """The areas that look at a service of this role for the chosen requirements."""
        if (name, chosen) not in self.areas:
            wanted = _with_needs(role.by_id, chosen)
            found = [self.judges[i].area for i, r in role.by_id.items() if i in wanted and not r.derives]
            self.areas[name, chosen] = tuple({area.name: area for area in found}.values())
        return self.areas[name, chosen]

    def _pattern(self, role: _Role, chosen: frozenset[str], away: Mapping[str, _Away], *, active: bool) -> _Pattern:
        """What follows from what was chosen, and from what each area would dial beyond this machine."""
        wanted = _with_needs(role.by_id, chosen)
        deselected = (NotTested.DESELECTED, "not among the requirements selected for this run")
        excluded = {i: deselected for i in role.by_id if i not in chosen}
        asks: dict[str, set[str]] = {}
        areas: dict[str, Area] = {}
        for i, requirement in role.by_id.items():
            if i not in wanted or requirement.derives:
                continue
            area = self.judges[i].area
            needed = area.asks(requirement)
            if trouble := _not_authorised(area, needed, away[area.name], active=active):
                excluded.setdefault(i, (NotTested.NOT_AUTHORISED, trouble))
                continue
            areas[area.name] = area
            asks.setdefault(area.name, set()).update(needed)
        judged = tuple(
            i
            for i in self.ordered
            if i in wanted and not role.by_id[i].derives and excluded.get(i, ("",))[0] is not NotTested.NOT_AUTHORISED
        )
        whole = tuple((areas[name], frozenset(found)) for name, found in asks.items())
        derived = {i: r for i, r in role.by_id.items() if r.derives and i in chosen}
        sources = (each for r in derived.values() for each in sources_of(r, self.profile))
        roles = frozenset(role for each in sources for role in each.roles)
        return _Pattern(judged, excluded, whole, tuple(derived), roles)


def _with_needs(requirements: Mapping[str, Requirement], selected: frozenset[str]) -> frozenset[str]:
    """The selected ids and, through and through, those that they need."""
    wanted: set[str] = set()
    queue = [i for i in requirements if i in selected]
    while queue:
        requirement_id = queue.pop()
        if requirement_id not in wanted:
            wanted.add(requirement_id)
            queue.extend(need for need in requirements[requirement_id].needs if need in requirements)
    return frozenset(wanted)


@dataclass(frozen=True, slots=True)
class _Away:
    """What looking at a service dials beyond this machine: anything, and why the authorisation does not cover it."""

    any: bool
    refused: str = ""


def _away(target: Target, service: Service, area: Area, today: date) -> _Away:
    try:
        away = [(kind, host) for kind, host in area.reach(service) if not on_this_machine(target, host)]
    except Undecided as trouble:
        return _Away(any=True, refused=trouble.detail)
    refused = (scope.refusal(target.authorisation, host, kind, today) for kind, host in away)
    return _Away(any=bool(away), refused=next(filter(None, refused), ""))


def _not_authorised(area: Area, asks: frozenset[str], away: _Away, *, active: bool) -> str:
    """Why the target's authorisation does not cover looking at the service, empty where it does."""
    if away.refused or not away.any or active:
        return away.refused
    tests = sorted(area.active & {ask.partition(":")[0] for ask in asks})
    return f"{', '.join(tests)} is an active test; the authorisation says active = false" if tests else ""


def on_this_machine(target: Target, host: str) -> bool:
    """Whether the host needs no authorisation; the door looks again at what it resolves to."""
    address = scope.literal(host)
    if address is not None:
        return scope.within(address, scope.LOOPBACK)
    return scope.is_localhost(host) or (
        host.endswith(".test") and scope.declares(target, host) and bool(target.resolver)
    )


def case_of(plan: ServicePlan, waivers: tuple[Waiver, ...]) -> Case:
    """The judge's view of a planned service."""
    mine: dict[str, tuple[Waiver, ...]] = {}
    for waiver in waivers:
        if waiver.target == plan.target.id:
            mine[waiver.requirement] = (*mine.get(waiver.requirement, ()), waiver)
    return Case(plan.target, plan.service, plan.requirements, plan.judged, plan.excluded, mine)
