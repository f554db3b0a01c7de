"""A run for people at a terminal: what is violated and how to fix it, what is open and how to close it, the summary.

Lines are made as (text, style) parts. Plain text joins them; rich, imported only then, colours them. Nothing a service
said reaches the terminal but through `display`, and rich reads no markup in it.
"""

from __future__ import annotations

import io
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from shlex import quote

from conformance.core.model import Cell, Requirement, Status
from conformance.core.rollup import NOTHING_APPLIES, UNKNOWN, WORST_FIRST, Standing, Statement
from conformance.report.display import count, display
from conformance.report.matrix import Column, Matrix, Row
from conformance.report.signs import ACTIONS, BASES, SIGNS, STATEMENT_SIGNS, STATEMENT_STATUS, WORDS

MOST_SERVICES = 20
"""Services that are listed for one violated requirement; the others are counted."""
LONGEST = 300
LONGEST_LINE = 4000
STYLES = {
    "fail": "bold red",
    "error": "magenta",
    "not-tested": "bright_black",
    "waived": "blue",
    "warning": "yellow",
    "pass": "green",
    "not-applicable": "bright_black",
    "head": "bold",
    "quiet": "bright_black",
    "": "",
}

Line = tuple[tuple[str, str], ...]
"""One line: parts of text, each with the name of its style."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How to write.

    width: columns. folder: of the run, for commands and evidence. details: each violated requirement, not only sums.
    notes: lines between the sums and what is open, such as where the run lies.
    """

    width: int = 100
    folder: str = "DIR"
    details: bool = True
    notes: tuple[str, ...] = ()


def render_terminal(matrix: Matrix, shape: Shape, *, colour: bool = False) -> str:
    """The report as text: with `colour` for a terminal, else plain; each line ends in a line feed."""
    lines = report_lines(matrix, shape)
    shown = (tuple((display(text, LONGEST_LINE), style) for text, style in line) for line in lines)
    if colour:
        return _coloured(shown, shape.width)
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in shown)


def _coloured(lines: Iterable[Line], width: int) -> str:
    from rich.console import Console  # noqa: PLC0415 - plain output needs none of it
    from rich.text import Text  # noqa: PLC0415

    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=max(width, 20), highlight=False)
    for line in lines:
        console.print(Text.assemble(*((text, STYLES[style]) for text, style in line)), soft_wrap=True)
    return stream.getvalue()


def report_lines(matrix: Matrix, shape: Shape) -> Iterator[Line]:
    """The whole report."""
    if shape.details:
        for row in matrix.rows:
            yield from violated(row, shape)
    yield from summary(matrix, shape)
    for note in shape.notes:
        yield ((note, ""),)
    yield from [()] * bool(shape.notes)
    yield from undetermined(matrix, shape)


def violated(row: Row, shape: Shape) -> Iterator[Line]:
    """One requirement with the services that violate it; nothing where none does."""
    cells = [cell for entry in row.entries for cell in entry.cells if cell.violations]
    if not cells:
        return
    requirement = row.requirement
    worst = max((cell.status for cell in cells), key=tuple(Status).index)
    name = f"{SIGNS[worst]} {requirement.id}"
    yield ((name, worst.value), (f"  {requirement.level}  ", "quiet"), (requirement.title, "head"))
    yield from _entry("clause", "; ".join(str(clause) for clause in requirement.cite), shape)
    yield from _entry("why", requirement.why, shape)
    for cell in cells[:MOST_SERVICES]:
        yield from _service(cell, shape)
    if len(cells) > MOST_SERVICES:
        counted = Counter(cell.status for cell in cells[MOST_SERVICES:])
        rest = ", ".join(f"{counted[status]} {WORDS[status]}" for status in WORST_FIRST if counted[status])
        yield ((f"  and {count(len(cells) - MOST_SERVICES, 'more service')}: {rest}", "quiet"),)
    yield from _fix(requirement, shape)
    yield from _entry("replay", f"conformance replay {quote(shape.folder)} --only {requirement.id}", shape, wrap=False)
    yield ()


def _service(cell: Cell, shape: Shape) -> Iterator[Line]:
    """One service: expected and seen of each violation, and where the evidence lies."""
    extra = f" by {cell.waiver}, underlying {cell.underlying}" if cell.waiver else ""
    extra += f", {cell.detail}" if cell.detail else ""
    yield (
        (f"  {cell.country} {display(cell.target, LONGEST)}/{display(cell.service, LONGEST)}: ", "head"),
        (WORDS[cell.status], cell.status.value),
        (display(extra, LONGEST), "quiet"),
    )
    for found in cell.violations[:3]:
        yield from _wrapped("    ", found.message, shape, style="")
        if found.expected:
            yield from _entry("expected", found.expected, shape, indent=4)
        if found.observed:
            yield from _entry("seen", found.observed, shape, indent=4)
    if len(cell.violations) > 3:
        yield ((f"    and {count(len(cell.violations) - 3, 'more violation')}", "quiet"),)
    for digest in cell.evidence:
        where = f"{shape.folder}/evidence.zip, evidence/{digest[:12]}...json"
        yield from _entry("evidence", where, shape, indent=4, wrap=False)


def _fix(requirement: Requirement, shape: Shape) -> Iterator[Line]:
    for software, text in requirement.fix.items():
        for number, line in enumerate(text.strip().split("\n")):
            label = ("fix" if software == "general" else f"fix {software}") if number == 0 else ""
            yield from _entry(label, line, shape, wrap=software == "general")


def summary(matrix: Matrix, shape: Shape) -> Iterator[Line]:
    """A line a country and area: the statement, the counts with their denominator, the basis."""
    profile = matrix.profile
    yield (
        (f"{profile.id} {profile.version}", "head"),
        (f"  sha256 {profile.sha256[:16]}  as of {matrix.as_of:%Y-%m-%d %H:%M} UTC", "quiet"),
    )
    shown = [column for column in matrix.columns if column.submitted]
    width = max((len(area) for area in matrix.areas), default=0)
    for column in shown:
        for number, area in enumerate(matrix.areas):
            lead = f"{column.code}  " if number == 0 else "    "
            yield from _standing(lead, area.ljust(width), matrix.standings[column.code, area], column)
    silent = [column.code for column in matrix.columns if not column.submitted]
    if silent:
        yield from _wrapped("", f"no submission: {' '.join(silent)}", shape, style="quiet")
    met = {basis for standing in matrix.standings.values() for basis in standing.tallies}
    legend = " \u00b7 ".join(f"{basis.value} {words}" for basis, words in BASES.items() if basis.value in met)
    yield from _wrapped("", legend, shape, style="quiet")
    yield ()


def _standing(lead: str, area: str, standing: Standing, column: Column) -> Iterator[Line]:
    status = STATEMENT_STATUS[standing.statement]
    parts: list[tuple[str, str]] = [(lead, "head"), (f"{area}  ", "quiet")]
    parts.append((f"{STATEMENT_SIGNS[standing.statement]} {standing.statement.value:<23}", status.value))
    for basis, tally in standing.tallies.items():
        parts.append((" |" if len(parts) > 3 else "", "quiet"))
        for found, number in tally.found:
            parts += [(f" {number} {WORDS[found]}", found.value), (" \u00b7", "quiet")]
        parts[-1] = (f" of {tally.total} {basis}", "quiet")
    if column.stale:
        parts.append((f" stale: {column.age_days} days old", "not-tested"))
    yield tuple(parts)


def undetermined(matrix: Matrix, shape: Shape) -> Iterator[Line]:
    """What keeps MUST requirements open, by reason, with one thing to do about each."""
    binding = {row.requirement.id for row in matrix.rows if row.requirement.level.binding}
    cells = [
        cell
        for row in matrix.rows
        for entry in row.entries
        for cell in entry.cells
        if cell.status in UNKNOWN and row.requirement.id in binding
    ]
    absent = sum(
        entry.status is Status.NOT_TESTED and not entry.cells
        for row in matrix.rows
        for entry in row.entries
        if row.requirement.id in binding
    )
    reasons: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in cells:
        reasons[cell.status.value, cell.reason].append(cell)
    old = [column for column in matrix.columns if column.stale]
    told: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (code, area), standing in matrix.standings.items():
        if standing.statement is Statement.UNDETERMINED:
            told[code, standing.because].append(area)
    if not (reasons or absent or told):
        yield (("nothing is left undetermined: every MUST of every service was decided", "head"),)
        yield ()
        return
    yield (("what keeps results undetermined, and what to do about it", "head"),)
    for (code, because), areas in told.items():
        yield from _wrapped("  ", f"{code} {', '.join(areas)}: {because}", shape, style="")
    yield from _inapplicable(matrix, shape)
    if matrix.profile.survey:
        yield from _open("survey", "the profile is a part of the requirements", "run the whole profile", shape)
    if old:
        since = f"{' '.join(column.code for column in old)} observed more than {matrix.profile.max_age_days} days ago"
        yield from _open("stale", since, "run again", shape)
    if absent:
        lacking = f"{count(absent, 'requirement')} without a service"
        yield from _open("not tested, role-missing", lacking, ACTIONS["role-missing"], shape)
    for (status, reason), found in sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0])):
        ids = sorted({cell.requirement for cell in found})
        more = f" and {len(ids) - 4} more" if len(ids) > 4 else ""
        services = count(len({cell.key[:2] for cell in found}), "service")
        where = f"{count(len(found), 'cell')} on {services} ({', '.join(ids[:4])}{more})"
        yield from _open(f"{WORDS[Status(status)]}, {reason}", where, ACTIONS.get(reason, "see the evidence"), shape)
        yield from _wrapped("      ", _example(found), shape, style="quiet")
    yield ()


def _inapplicable(matrix: Matrix, shape: Shape) -> Iterator[Line]:
    """For each area of which nothing applies, the commonest fact that shows it, and what can be done."""
    empty = {place for place, found in matrix.standings.items() if found.because == NOTHING_APPLIES}
    for area in dict.fromkeys(area for _, area in empty):
        cells = [
            cell
            for row in matrix.rows
            for entry in row.entries
            for cell in entry.cells
            if row.requirement.area == area and (entry.country, area) in empty
        ]
        ids = ", ".join(sorted({cell.requirement for cell in cells})[:4])
        told = f"{count(len(cells), 'cell')} ({ids})"
        yield from _open(f"{area}, not applicable", told, "declare in the manifest what the service offers", shape)
        yield from _wrapped("      ", _example(cells), shape, style="quiet")


def _example(cells: list[Cell]) -> str:
    """The commonest detail, so that one line says what was the matter."""
    detail, number = Counter(cell.detail for cell in cells).most_common(1)[0]
    return f"{number} x {detail}" if detail else ""


def _open(what: str, told: str, action: str, shape: Shape) -> Iterator[Line]:
    yield from _wrapped("  ", f"{what}: {told}", shape, style="")
    yield from _wrapped("    -> ", action, shape, style="head")


def _entry(label: str, text: str, shape: Shape, *, indent: int = 2, wrap: bool = True) -> Iterator[Line]:
    """A label in a column of its own and a text beside it."""
    lead = " " * indent + label.ljust(12) + " "
    text = display(text, LONGEST)
    pieces = _pieces(text, shape.width - len(lead)) if wrap else [text]
    for number, piece in enumerate(pieces):
        yield ((lead if number == 0 else " " * len(lead), "quiet"), (piece, ""))


def _wrapped(lead: str, text: str, shape: Shape, *, style: str) -> Iterator[Line]:
    for number, piece in enumerate(_pieces(display(text, LONGEST), shape.width - len(lead))):
        yield ((lead if number == 0 else " " * len(lead), ""), (piece, style))


def _pieces(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width, 20), break_on_hyphens=False)
