"""From evidence and rules to cells. Pure: no I/O, no clock, no environment.

One service at a time: each judge is called with the records it names, what it yields or raises becomes an outcome, and
level, in-force date, dependencies and waivers turn the outcome into a status (see docs/architecture.md, "Verdicts").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec import Struct

from conformance.core.judging import CONTEXT, JudgeEntry
from conformance.core.model import (
    Cell,
    Level,
    NotApplicable,
    NotTested,
    Reason,
    Requirement,
    Rule,
    Service,
    Status,
    Target,
    Undecided,
    Untested,
    Violation,
)
from conformance.core.waivers import Waiver

MAX_VIOLATIONS = 50
"""A judge may yield without end on hostile evidence; what is beyond this says nothing new."""


class Bundle(Struct, frozen=True):
    """All that was observed of one service, read back from disk. sha256: of each evidence file, by observation."""

    records: Mapping[str, Any]
    failures: Mapping[str, tuple[Reason | NotTested, str]]
    observed_at: datetime
    sha256: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What judging one requirement came to, before waivers."""

    status: Status
    reason: str = ""
    detail: str = ""
    violations: tuple[Violation, ...] = ()
    incomplete: bool = False


PASSED = Outcome(Status.PASS)


@dataclass(frozen=True, slots=True)
class Case:
    """One service of one target with the rules that bind it.

    judged: ids to judge, needs before dependants. excluded: cells that did not run, with reason and detail.
    waivers: by requirement id, those whose target is this one.
    """

    target: Target
    service: Service
    requirements: tuple[Requirement, ...]
    judged: tuple[str, ...]
    excluded: Mapping[str, tuple[NotTested, str]]
    waivers: Mapping[str, tuple[Waiver, ...]]


def judge_service(case: Case, judges: Mapping[str, JudgeEntry], bundles: Mapping[str, Bundle]) -> tuple[Cell, ...]:
    """One cell for each requirement of the case, in the case's order. `bundles` is keyed by the name of the area."""
    by_id = {requirement.id: requirement for requirement in case.requirements}
    outcomes: dict[str, Outcome] = {}
    cells: dict[str, Cell] = {}
    read: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}
    for requirement_id in case.judged:
        requirement, entry = by_id[requirement_id], judges[requirement_id]
        area = entry.area.name
        bundle = bundles[area]
        blocked = _blocked(requirement, case, outcomes) if requirement.serves or requirement.needs else None
        outcome = outcomes[requirement_id] = blocked or judge_one(requirement, entry, case, bundle)
        if (digests := read.get((area, entry.observations))) is None:
            known = [bundle.sha256[name] for name in entry.observations if name in bundle.sha256]
            digests = read[area, entry.observations] = tuple(dict.fromkeys(known))
        cell = make_cell(case, requirement, outcome, digests)
        waivers = case.waivers.get(requirement_id)
        cells[requirement_id] = waive(cell, waivers, bundle.observed_at) if waivers else cell
    return tuple([excluded_cell(case, each) if each.id in case.excluded else cells[each.id] for each in by_id.values()])


def excluded_cell(case: Case, requirement: Requirement) -> Cell:
    """The cell of a requirement that did not run."""
    reason, detail = case.excluded[requirement.id]
    return make_cell(case, requirement, Outcome(Status.NOT_TESTED, reason.value, detail))


def judge_one(requirement: Requirement, entry: JudgeEntry, case: Case, bundle: Bundle) -> Outcome:
    """The outcome of one requirement on one bundle, dependencies and waivers aside."""
    arguments: list[Any] = []
    records = bundle.records
    for name in entry.arguments:
        if name == "rule":
            arguments.append(Rule(requirement.id, requirement.params))
        elif name in CONTEXT:
            arguments.append(_context(name, case, bundle))
        elif name in records:
            arguments.append(records[name])
        elif name in bundle.failures:
            reason, detail = bundle.failures[name]
            status = Status.NOT_TESTED if isinstance(reason, NotTested) else Status.ERROR
            return Outcome(status, reason.value, detail)
        else:
            return Outcome(Status.ERROR, Reason.INTERNAL.value, f"{name} was not observed")
    return _run(requirement, entry, arguments, bundle.observed_at)


def _context(name: str, case: Case, bundle: Bundle) -> Any:
    """The value of an argument that is neither an observation nor the rule."""
    match name:
        case "service":
            return case.service
        case "claims":
            return case.target.claims
    return bundle.observed_at


def _run(requirement: Requirement, entry: JudgeEntry, arguments: list[Any], observed_at: datetime) -> Outcome:
    violations, end = _collect(entry, arguments)
    if violations:
        return violated(requirement, violations, observed_at, incomplete="" if end is None else str(end))
    match end:
        case None:
            return PASSED
        case NotApplicable(facts=facts):
            return Outcome(Status.NOT_APPLICABLE, detail=facts)
        case Untested(reason=untested, detail=detail):
            return Outcome(Status.NOT_TESTED, untested.value, detail)
        case Undecided(reason=reason, detail=detail):
            return Outcome(Status.ERROR, reason.value, detail)
        case _:
            return Outcome(Status.ERROR, Reason.INTERNAL.value, f"{entry.node} raised {type(end).__name__}: {end}")


def _collect(entry: JudgeEntry, arguments: list[Any]) -> tuple[list[Violation], Exception | None]:
    """The violations a judge yields, and what it raised in the end."""
    violations: list[Violation] = []
    try:
        for found in entry.function(*arguments):
            if not isinstance(found, Violation):
                return violations, TypeError(f"it yielded {type(found).__name__}, not a Violation")
            violations.append(found)
            if len(violations) == MAX_VIOLATIONS:
                break
    except Exception as error:  # noqa: BLE001 - our own defect must not become a verdict on the service
        return violations, error
    return violations, None


def violated(
    requirement: Requirement, violations: list[Violation], observed_at: datetime, *, incomplete: str = ""
) -> Outcome:
    """Violations as fail, warning, or, for MAY, as the option not being offered."""
    reason, detail = "violated", f"not judged to the end: {incomplete}" if incomplete else ""
    if requirement.level is Level.MAY:
        return Outcome(Status.NOT_APPLICABLE, detail="; ".join(violation.message for violation in violations))
    status = Status.FAIL if requirement.level.binding else Status.WARNING
    if status is Status.FAIL and requirement.in_force and observed_at.date() < requirement.in_force:
        status, reason = Status.WARNING, "not-in-force"
        detail = f"{requirement.level} from {requirement.in_force.isoformat()}" + (f"; {detail}" if detail else "")
    return Outcome(status, reason, detail, tuple(violations), incomplete=bool(incomplete))


def _blocked(requirement: Requirement, case: Case, outcomes: Mapping[str, Outcome]) -> Outcome | None:
    """The outcome of a requirement that is not judged: other services only, or a need that does not hold."""
    if requirement.serves and not set(requirement.serves) & {case.service.role, *case.service.serves}:
        serves = ", ".join(case.service.serves) or "nothing the manifest names"
        return Outcome(
            Status.NOT_APPLICABLE, detail=f"binds {', '.join(requirement.serves)}; this endpoint serves {serves}"
        )
    for need in requirement.needs:
        if need not in outcomes:
            if need in case.excluded:
                return Outcome(Status.NOT_TESTED, NotTested.DEPENDENCY.value, f"{need} was not tested")
            continue
        status = outcomes[need].status
        if status is Status.NOT_APPLICABLE:
            return Outcome(Status.NOT_APPLICABLE, detail=f"{need} is not applicable: {outcomes[need].detail}")
        if status in (Status.FAIL, Status.ERROR, Status.NOT_TESTED):
            return Outcome(Status.NOT_TESTED, NotTested.DEPENDENCY.value, f"needs {need}, which is {status}")
    return None


def make_cell(case: Case, requirement: Requirement, outcome: Outcome, evidence: tuple[str, ...] = ()) -> Cell:
    """The cell of one outcome."""
    notices = (f"derogation: {requirement.derogation}",) if requirement.derogation else ()
    return Cell(
        country=case.target.country,
        target=case.target.id,
        service=case.service.id,
        requirement=requirement.id,
        rev=requirement.rev,
        level=requirement.level,
        status=outcome.status,
        basis=requirement.basis,
        reason=outcome.reason,
        detail=outcome.detail,
        violations=outcome.violations,
        evidence=evidence,
        notices=notices,
        incomplete=outcome.incomplete,
    )


def waive(cell: Cell, waivers: tuple[Waiver, ...], observed_at: datetime) -> Cell:
    """The cell with the waivers for its target and requirement applied: they touch fail and warning, nothing else.

    A waiver holds from its issue date to its expiry date, both inclusive, in UTC, at observation time.
    """
    today = observed_at.date()
    for waiver in waivers:
        if cell.rev not in waiver.revs:
            cell = cell.but(notices=(*cell.notices, f"waiver {waiver.id} is for another rev of the requirement"))
        elif not waiver.issued <= today:
            cell = cell.but(notices=(*cell.notices, f"waiver {waiver.id} begins {waiver.issued.isoformat()}"))
        elif today > waiver.expires:
            cell = cell.but(notices=(*cell.notices, f"waiver {waiver.id} expired {waiver.expires.isoformat()}"))
        elif cell.status is Status.PASS:
            cell = cell.but(notices=(*cell.notices, f"waiver {waiver.id} is not needed"))
        elif cell.status in (Status.FAIL, Status.WARNING):
            cell = cell.but(
                status=Status.WAIVED,
                underlying=cell.status.value,
                waiver=waiver.id,
                notices=(*cell.notices, f"waived until {waiver.expires.isoformat()}: {waiver.reason}"),
            )
    return cell
