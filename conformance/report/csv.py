"""The matrix for spreadsheets: one line a requirement and country, no cell a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from functools import lru_cache

from conformance import __version__
from conformance.core.rollup import STATUSES
from conformance.report.display import display
from conformance.report.json import NO_SUBMISSION
from conformance.report.matrix import Column, Entry, Matrix, Row
from conformance.report.pairs import PairMatrix

FORMULA = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""What a spreadsheet takes a formula by, ASCII and full-width."""
LONGEST = 2000
HEADER = (
    "country",
    "country_name",
    "area",
    "roles",
    "requirement",
    "rev",
    "level",
    "title",
    "status",
    "stale",
    "basis",
    "services",
    *(status.value for status in STATUSES),
    "facts",
    "evidence",
    "observed_at",
    "as_of",
    "profile",
    "profile_version",
    "profile_sha256",
    "suite_version",
)


def render_csv(matrix: Matrix, *, bom: bool = False) -> str:
    """RFC 4180: CRLF, every field quoted; UTF-8 is the caller's to write.

    Args:
        matrix: what to write.
        bom: begin with U+FEFF, which some spreadsheets need to see UTF-8.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(HEADER)
    for row in matrix.rows:
        for column, entry in zip(matrix.columns, row.entries, strict=True):
            writer.writerow([guarded(field) for field in _fields(matrix, row, column, entry)])
    return ("\ufeff" if bom else "") + stream.getvalue()


PAIRS = ("kind", "issuer", "acceptor", "status", "reason", "detail", "facts", "state", "since", "source", "confidence")


def render_pairs_csv(pairs: PairMatrix) -> str:
    """One line a pair, as `render_csv`."""
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(PAIRS)
    for pair in pairs.pairs.values():
        link = pair.link
        known = (link.state, link.since, link.source, link.confidence) if link else ("", "", "", "")
        facts = "; ".join(violation.message for violation in pair.violations)
        fields = (pair.kind, pair.issuer, pair.acceptor, pair.status.value, pair.reason, pair.detail, facts, *known)
        writer.writerow([guarded(each) for each in fields])
    return stream.getvalue()


@lru_cache(maxsize=4096)  # most fields of a row stand in the rows around it as well
def guarded(text: str) -> str:
    """The text as one visible line that no spreadsheet evaluates: an apostrophe goes before what could begin a formula.

    White space in front does not help: some importers take it away.
    """
    blank = len(text) - len(text.lstrip())
    return ("'" if FORMULA & set(text[: blank + 1]) else "") + display(text, LONGEST)


def _fields(matrix: Matrix, row: Row, column: Column, entry: Entry) -> Iterator[str]:
    requirement, profile = row.requirement, matrix.profile
    yield from (column.code, column.name, requirement.area, " ".join(requirement.roles), requirement.id)
    yield from (str(requirement.rev), requirement.level.value, requirement.title)
    yield from (entry.status.value if entry.status else NO_SUBMISSION, "stale" if entry.stale else "")
    yield from (requirement.basis.value, str(entry.tally.total))
    yield from (str(entry.tally[status]) for status in STATUSES)
    yield _facts(entry)
    yield " ".join(dict.fromkeys(digest for cell in entry.cells for digest in cell.evidence))
    yield column.observed_at.isoformat() if column.observed_at else ""
    yield from (matrix.as_of.isoformat(), profile.id, profile.version, profile.sha256, __version__)


def _facts(entry: Entry) -> str:
    """What the services with the worst status say of it."""
    parts = []
    for cell in entry.cells:
        if cell.status is entry.status:
            said = "; ".join(violation.message for violation in cell.violations)
            said = said or ": ".join(part for part in (cell.reason, cell.detail) if part)
            parts += [f"{cell.target}/{cell.service}: {said}"] if said else []
    return " | ".join(parts)
