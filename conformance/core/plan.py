"""The plan: which requirement on which service, what must be observed for it, and what that costs. Opens no socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase
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
        return plan_digest(key for service in self.services for key in service.keys)

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
        return sum(area.budget(job.asks) for service in self.services for area, job in service.jobs)


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
    ordered = order(profile.requirements)
    by_role: dict[str, tuple[Requirement, ...]] = {}
    services = []
    for target in targets:
        for service in target.services:
            if service.role not in by_role:
                by_role[service.role] = tuple(r for r in profile.requirements.values() if service.role in r.roles)
            bound = by_role[service.role]
            made = _plan_service(target, service, bound, ordered, judges, today=today, select=select)
            services.append(_with_source(made, profile))
    sources = {service.source for service in services if service.source}
    return Plan(profile, targets, tuple(replace(s, is_source=s.place in sources) for s in services), judges)


def sources_of(requirement: Requirement, profile: Profile) -> tuple[Requirement, ...]:
    """The binding requirements of the profile that a requirement derives from."""
    return tuple(
        each
        for each in profile.requirements.values()
        if each.level.binding
        and not each.derives
        and any(fnmatchcase(each.id, pattern) for pattern in requirement.derives)
    )


def _with_source(made: ServicePlan, profile: Profile) -> ServicePlan:
    """The plan of a service with where its derived requirements come from; without such a place they do not run."""
    open_ones = [r for r in made.requirements if r.derives and r.id not in made.excluded]
    if not open_ones:
        return made
    roles = frozenset(role for r in open_ones for each in sources_of(r, profile) for role in each.roles)
    found = neighbour(made.target, made.service, roles)
    where = ", ".join(f"{host}:{port}" for host, port in sorted(places(made.service)))
    lacking = f"the manifest has no {' or '.join(sorted(roles))} at {where or 'its place'}"
    outcome = (NotTested.DEPENDENCY, f"derived from {found.id}") if found else (NotTested.ROLE_MISSING, lacking)
    excluded = {**made.excluded, **{requirement.id: outcome for requirement in open_ones}}
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


def _plan_service(
    target: Target,
    service: Service,
    bound: tuple[Requirement, ...],
    ordered: tuple[str, ...],
    judges: Mapping[str, JudgeEntry],
    *,
    today: date,
    select: Select | None,
) -> ServicePlan:
    requirements = {requirement.id: requirement for requirement in bound}
    chosen = frozenset(i for i in requirements if select is None or select((target.id, service.id, i)))
    wanted = _with_needs(requirements, chosen)
    excluded: dict[str, tuple[NotTested, str]] = {}
    asks: dict[str, set[str]] = {}
    areas: dict[str, Area] = {}
    for requirement in bound:
        if requirement.id not in chosen:
            excluded[requirement.id] = (NotTested.DESELECTED, "not among the requirements selected for this run")
        if requirement.id not in wanted or requirement.derives:
            continue
        area = judges[requirement.id].area
        needed = area.asks(requirement)
        trouble = _not_authorised(target, service, area, needed, today)
        if trouble:
            excluded.setdefault(requirement.id, (NotTested.NOT_AUTHORISED, trouble))
            continue
        areas[area.name] = area
        asks.setdefault(area.name, set()).update(needed)
    judged = tuple(
        i
        for i in ordered
        if i in wanted and not requirements[i].derives and excluded.get(i, ("",))[0] is not NotTested.NOT_AUTHORISED
    )
    jobs = tuple((areas[name], Job(target, service, frozenset(found))) for name, found in asks.items())
    return ServicePlan(target, service, bound, judged, excluded, jobs)


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


def _not_authorised(target: Target, service: Service, area: Area, asks: frozenset[str], today: date) -> str:
    """Why the target's authorisation does not cover looking at the service, empty where it does."""
    try:
        away = [(kind, host) for kind, host in area.reach(service) if not on_this_machine(target, host)]
    except Undecided as trouble:
        return trouble.detail
    for kind, host in away:
        if refused := scope.refusal(target.authorisation, host, kind, today):
            return refused
    if not away or (target.authorisation and target.authorisation.active):
        return ""
    active = sorted(area.active & {ask.partition(":")[0] for ask in asks})
    return f"{', '.join(active)} is an active test; the authorisation says active = false" if active else ""


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
