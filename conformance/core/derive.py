"""Rows that repeat another area's: their verdict is that of the cells judged on the same endpoint, no second probe.

A requirement with `derives` names requirements of another role (`TLS-VER-*`). On a service of its own role it is what
those came to on the service of that role at the same place (host and port) of the same target. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from conformance.core.judge import Outcome, make_cell, violated, waive
from conformance.core.model import Cell, NotTested, Requirement, Status, Violation
from conformance.core.plan import Plan, ServicePlan, case_of, sources_of
from conformance.core.waivers import Waiver


@dataclass(slots=True)
class Derivation:
    """Holds cells back until those that they derive from are there.

    plan: whose cells. waivers: all that were loaded. observed_at: the start of the run, whose day waivers and in-force
    dates are held against.
    """

    plan: Plan
    waivers: tuple[Waiver, ...]
    observed_at: datetime
    _sources: dict[tuple[str, str], tuple[Cell, ...]] = field(default_factory=dict)
    _held: dict[int, tuple[Cell, ...]] = field(default_factory=dict)

    def add(self, index: int, cells: tuple[Cell, ...]) -> Iterator[tuple[int, tuple[Cell, ...]]]:
        """Take the cells of a service; yield those of every service that are whole now."""
        service = self.plan.services[index]
        if service.is_source:
            self._sources[service.place] = cells
        if service.source:
            self._held[index] = cells
        else:
            yield index, cells
        for ready in [each for each in self._held if self.plan.services[each].source in self._sources]:
            yield ready, self._whole(self.plan.services[ready], self._held.pop(ready))

    def rest(self) -> Iterator[tuple[int, tuple[Cell, ...]]]:
        """What is still held back, since the run ended before its sources were judged."""
        for index in list(self._held):
            yield index, self._held.pop(index)

    def _whole(self, service: ServicePlan, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
        by_id = {requirement.id: requirement for requirement in service.requirements}
        return tuple(
            self._derived(service, by_id[cell.requirement]) if self._is_open(cell, by_id[cell.requirement]) else cell
            for cell in cells
        )

    def _is_open(self, cell: Cell, requirement: Requirement) -> bool:
        return bool(requirement.derives) and cell.reason == NotTested.DEPENDENCY

    def _derived(self, service: ServicePlan, requirement: Requirement) -> Cell:
        ids = {each.id for each in sources_of(requirement, self.plan.profile)}
        found = self._sources[service.source] if service.source else ()
        cells = [cell for cell in found if cell.requirement in ids]
        outcome = derived(requirement, cells, self.observed_at)
        evidence = tuple(dict.fromkeys(digest for cell in cells for digest in cell.evidence))
        case = case_of(service, self.waivers)
        cell = make_cell(case, requirement, outcome, evidence)
        waivers = case.waivers.get(requirement.id, ())
        return waive(cell, waivers, self.observed_at) if waivers else cell


def derived(requirement: Requirement, cells: Sequence[Cell], observed_at: datetime) -> Outcome:
    """What cells of MUST requirements come to together: the worst of them, with what was found in each."""
    found = [
        Violation(f"{cell.requirement}: {violation.message}", violation.expected, violation.observed)
        for cell in cells
        if Status.FAIL in (cell.status, cell.underlying)
        for violation in cell.violations
    ]
    if found:
        return violated(requirement, found, observed_at)
    for status in (Status.ERROR, Status.NOT_TESTED):
        if bad := [cell for cell in cells if cell.status is status]:
            detail = f"{bad[0].requirement}: {bad[0].detail}" + (f", and {len(bad) - 1} more" if bad[1:] else "")
            reason = bad[0].reason if status is Status.ERROR else NotTested.DEPENDENCY.value
            return Outcome(status, reason, detail)
    if any(cell.status is not Status.NOT_APPLICABLE for cell in cells):
        return Outcome(Status.PASS)
    return Outcome(Status.NOT_APPLICABLE, detail="nothing that it derives from is applicable")
