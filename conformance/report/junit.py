"""The cells as JUnit XML: one suite a service, one test case a requirement.

JUnit has no word for warning or waived: both are not failures there, and the property `verdict` says what they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from conformance.core.model import Cell, Requirement, Status
from conformance.core.rollup import Tally
from conformance.report.display import display
from conformance.report.matrix import Matrix

LONGEST = 1000
SKIPPED = (Status.NOT_APPLICABLE, Status.NOT_TESTED, Status.WAIVED)


def render_junit(matrix: Matrix) -> str:
    """The document. `display` leaves no character that XML 1.0 forbids."""
    suites: dict[tuple[str, str, str], list[tuple[Requirement, Cell]]] = {}
    for row in matrix.rows:
        for entry in row.entries:
            for cell in entry.cells:
                suites.setdefault((cell.country, cell.target, cell.service), []).append((row.requirement, cell))
    tally = Tally.of(cell.status for cases in suites.values() for _, cell in cases)
    lines = ['<?xml version="1.0" encoding="utf-8"?>', f'<testsuites name="conformance" {_counts(tally)}>']
    for (country, target, service), cases in sorted(suites.items()):
        name = f"{country}/{target}/{service}"
        suite_tally = Tally.of(cell.status for _, cell in cases)
        lines.append(f"<testsuite {_attribute('name', name)} {_counts(suite_tally)}>")
        lines += _suite_properties(matrix)
        for requirement, cell in cases:
            lines += _case(requirement, cell)
        lines.append("</testsuite>")
    return "\n".join([*lines, "</testsuites>", ""])


def _counts(tally: Tally) -> str:
    skipped = sum(tally[status] for status in SKIPPED)
    return f'tests="{tally.total}" failures="{tally[Status.FAIL]}" errors="{tally[Status.ERROR]}" skipped="{skipped}"'


def _suite_properties(matrix: Matrix) -> Iterator[str]:
    profile = matrix.profile
    yield "<properties>"
    yield _property("profile", f"{profile.id} {profile.version}")
    yield _property("profile_sha256", profile.sha256)
    yield _property("as_of", matrix.as_of.isoformat())
    yield "</properties>"


def _case(requirement: Requirement, cell: Cell) -> Iterator[str]:
    where = f"{cell.country.lower()}.{cell.target}.{cell.service}.{requirement.area}"
    name = f"{requirement.id} {requirement.title}"
    yield f"<testcase {_attribute('classname', where)} {_attribute('name', name)}>"
    yield "<properties>"
    yield _property("verdict", cell.status.value)
    yield _property("level", cell.level)
    yield _property("basis", cell.basis)
    yield from (_property("evidence", digest) for digest in cell.evidence)
    yield "</properties>"
    yield from _outcome(requirement, cell)
    yield "</testcase>"


def _outcome(requirement: Requirement, cell: Cell) -> Iterator[str]:
    because = ": ".join(part for part in (cell.reason, cell.detail) if part)
    first = cell.violations[0].message if cell.violations else because
    match cell.status:
        case Status.FAIL:
            kind, message = _attribute("type", cell.level.lower()), _attribute("message", first)
            yield f"<failure {kind} {message}>{_text(requirement, cell)}</failure>"
        case Status.ERROR:
            yield f"<error {_attribute('type', cell.reason)} {_attribute('message', because)}/>"
        case Status.NOT_APPLICABLE | Status.NOT_TESTED:
            told = f"{cell.status.value}: {because}" if because else cell.status.value
            yield f"<skipped {_attribute('message', told)}/>"
        case Status.WAIVED:
            told = f"waived: {cell.waiver} covers {cell.underlying}: {first}"
            yield f"<skipped {_attribute('message', told)}/>"
        case Status.WARNING:
            yield f"<system-out>{_text(requirement, cell)}</system-out>"


def _text(requirement: Requirement, cell: Cell) -> str:
    """The violations and the clause, a line each."""
    lines = [requirement.statement, *(str(clause) for clause in requirement.cite)]
    for found in cell.violations:
        lines += [found.message, f"  expected: {found.expected}", f"  observed: {found.observed}"]
    lines += [cell.detail] if cell.detail else []
    return "\n".join(escape(display(line, LONGEST)) for line in lines)


def _property(name: str, value: str) -> str:
    return f"<property {_attribute('name', name)} {_attribute('value', value)}/>"


def _attribute(name: str, value: str) -> str:
    return f'{name}="{escape(display(value, LONGEST))}"'
