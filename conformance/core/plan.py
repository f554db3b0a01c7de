"""The plan: which requirement on which service, what must be observed for it, and what that costs. Opens no socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from conformance.core import scope
from conformance.core.area import Area, Job
from conformance.core.judging import JudgeEntry, order
from conformance.core.model import NotTested, Profile, Requirement, Service, Target, Undecided
from conformance.core.results import plan_digest


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """The cells of one service.

    requirements: every one that binds the service's role, in profile order: each becomes exactly one cell.
    judged: those that will be judged, needs before dependants; they include needs of selected ones.
    excluded: id -> (reason, detail) for those that cannot or shall not run.
    jobs: what to observe, one job an area.
    """

    target: Target
    service: Service
    requirements: tuple[Requirement, ...]
    judged: tuple[str, ...]
    excluded: Mapping[str, tuple[NotTested, str]]
    jobs: tuple[tuple[Area, Job], ...]

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
            services.append(_plan_service(target, service, bound, ordered, judges, today=today, select=select))
    return Plan(profile, targets, tuple(services), judges)


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
        if requirement.id not in wanted:
            continue
        area = judges[requirement.id].area
        needed = area.asks(requirement)
        trouble = _not_authorised(target, service, area, needed, today)
        if trouble:
            excluded.setdefault(requirement.id, (NotTested.NOT_AUTHORISED, trouble))
            continue
        areas[area.name] = area
        asks.setdefault(area.name, set()).update(needed)
    judged = tuple(i for i in ordered if i in wanted and excluded.get(i, ("",))[0] is not NotTested.NOT_AUTHORISED)
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
