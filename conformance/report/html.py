"""The matrix as one HTML file: no script, no outside asset, readable without its style sheet.

Every string passes `display` and then the autoescaping of the templates; the style sheet is allowed by its digest.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance import __version__
from conformance.core.model import Basis, Clause, Status
from conformance.core.rollup import STATUSES, WORST_FIRST, Standing, Statement, Tally
from conformance.report import signs
from conformance.report.display import display
from conformance.report.matrix import Entry, Group, Matrix
from conformance.report.pairs import PairMatrix

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
LONGEST = 600
"""Characters of any one string that a page shows: what is longer lies in the evidence."""


def render_html(matrix: Matrix, pairs: PairMatrix | None = None) -> str:
    """The whole page. pairs: those of the same runs, None where there are none."""
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    environment = _environment()
    from markupsafe import Markup  # noqa: PLC0415 - with jinja2

    return environment.get_template("matrix.html.j2").render(
        matrix=matrix,
        pairs=pairs,
        profile=matrix.profile,
        suite_version=__version__,
        style=Markup(style),  # noqa: S704 - our own file
        policy="; ".join(
            (
                "default-src 'none'",
                f"style-src 'sha256-{digest}'",
                "img-src data:",
                "base-uri 'none'",
                "form-action 'none'",
            )
        ),
        submitted=[column for column in matrix.columns if column.submitted],
        silent=[column for column in matrix.columns if not column.submitted],
        bases=_bases(matrix),
    )


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - not needed to start

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.globals.update(
        STATUSES=STATUSES,
        WORST_FIRST=WORST_FIRST,
        SIGNS=signs.SIGNS,
        WORDS=signs.WORDS,
        MEANINGS=signs.MEANINGS,
        BASES=signs.BASES,
        STATEMENTS=tuple(Statement),
        STATEMENT_SIGNS=signs.STATEMENT_SIGNS,
        STATEMENT_STATUS=signs.STATEMENT_STATUS,
        STATEMENT_MEANINGS=signs.STATEMENT_MEANINGS,
    )
    environment.filters.update(
        address=address,
        anchor=anchor,
        bars=bars,
        clause_group=clause_group,
        passed=passed,
        services=services,
        stamp=_stamp,
        tallies=tallies,
        value=value,
    )
    return environment


def _shown(found: Any) -> Any:
    """What a template prints: the text of anything made visible and bounded; markup of our own as it is."""
    return found if hasattr(found, "__html__") else display(str(found), LONGEST)


def anchor(requirement: str, country: str = "") -> str:
    """The id of a requirement's section, or of a country's results in it. Anything but letters, digits and -_. goes."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", f"{requirement}.{country}" if country else requirement)


def clause_group(requirement: str) -> str:
    """The part of an id before its number: `TLS-CIP` of `TLS-CIP-09-S`."""
    return re.split(r"-[0-9]", requirement, maxsplit=1)[0]


def address(clause: Clause) -> str:
    """Where an RFC's section can be read; empty for any other document."""
    found = re.fullmatch(r"RFC ([0-9]{1,5})", clause.doc)
    if not found:
        return ""
    section = re.match(r"[0-9A-Z]{1,3}(\.[0-9]{1,3}){0,4}", clause.section)
    return f"https://www.rfc-editor.org/rfc/rfc{found[1]}" + (f"#section-{section[0]}" if section else "")


def bars(tally: Tally) -> Iterator[tuple[Status, float, float]]:
    """Status, start and width, in hundredths of the whole, best on the left."""
    start = 0.0
    for status in (
        Status.PASS,
        Status.NOT_APPLICABLE,
        Status.WARNING,
        Status.WAIVED,
        Status.NOT_TESTED,
        Status.ERROR,
        Status.FAIL,
    ):
        width = 100 * tally[status] / tally.total if tally.total else 0.0
        if width:
            yield status, round(start, 2), round(width, 2)
        start += width


def passed(group: Group, column: int) -> int:
    """How many requirements of the group pass in the country of this column."""
    return sum(row.entries[column].status is Status.PASS for row in group.rows)


def services(entry: Entry) -> str:
    """How many of the services have the status of the roll-up, of how many; empty for fewer than two."""
    if entry.status is None or entry.tally.total < 2:
        return ""
    return f"{entry.tally[entry.status]}/{entry.tally.total}"


def tallies(standing: Standing) -> list[tuple[Basis, Tally]]:
    """The counts by basis, in the order of `Basis`."""
    return [(basis, standing.tallies[basis.value]) for basis in Basis if basis.value in standing.tallies]


def value(found: Any) -> str:
    """A parameter as JSON."""
    return dumps(found, default=_plain, ensure_ascii=False)


def _plain(found: Any) -> Any:
    if hasattr(found, "isoformat"):
        return found.isoformat()
    return dict(found) if isinstance(found, Mapping) else list(found)


def _stamp(when: Any) -> str:
    return str(when.strftime("%Y-%m-%d %H:%M UTC")) if when else "unknown"


def _bases(matrix: Matrix) -> list[Basis]:
    found = {requirement.basis for requirement in matrix.profile.requirements.values()}
    return [basis for basis in Basis if basis in found]
