"""The report at a terminal: each violation with what to do, what is open and why, linear and inert."""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata
from dataclasses import replace

import pytest

from conformance.core.model import Level, NotTested, Reason, Status
from conformance.core.results import ServiceSummary, TargetSummary
from conformance.report.matrix import Matrix
from conformance.report.signs import ACTIONS, BASES, MEANINGS, SIGNS, STATEMENT_MEANINGS, STATEMENT_STATUS
from conformance.report.terminal import MOST_SERVICES, Shape, render_terminal
from tests.report.pages import PAYLOADS, hostile_profile, hostile_run
from tests.report.samples import PROFILE, cell_of, header_of, matrix_of, run_of, sandbox_matrix

MATRIX = sandbox_matrix()
TEXT = render_terminal(MATRIX, Shape(100, "reports/runs/one"))


def fleet(services: int, status: Status = Status.FAIL, requirement: str = "TLS-VER-03") -> Matrix:
    """One requirement, violated by many services."""
    profile = replace(PROFILE, requirements={requirement: PROFILE.requirements[requirement]})
    found = tuple(ServiceSummary(f"s{n:05}", "tls-endpoint", f"127.0.0.1:{n}") for n in range(services))
    cells = tuple(cell_of(profile.requirements[requirement], status, "XA", "xa", service.id) for service in found)
    run = replace(run_of(), header=header_of([TargetSummary("xa", "XA", "XA", found)], profile), cells=cells)
    return matrix_of(run, profile=profile)


def block(text: str, requirement: str) -> str:
    """The lines of one violated requirement."""
    return next(part for part in text.split("\n\n") if part.partition("\n")[0].split()[1:2] == [requirement])


def test_a_violation_says_what_where_why_and_what_to_do() -> None:
    assert block(TEXT, "TLS-VER-03").splitlines() == [
        "\u2715 TLS-VER-03  MUST NOT  TLS 1.0 is refused",
        "  clause       RFC 8996 section 4; RFC 9325 section 3.1.1; RFC 9846 section 1.2",
        f"  why          {PROFILE.requirements['TLS-VER-03'].why}",
        "  XB xb-mixed/s0: fail",
        "    accepts TLSv1.0",
        "    expected     a fatal alert",
        "    seen         TLS_RSA_WITH_AES_128_CBC_SHA",
        "    evidence     reports/runs/one/evidence.zip, evidence/3f2b8d7c0a91...json",
        *(f"  fix {name:<8} {text}" for name, text in PROFILE.requirements["TLS-VER-03"].fix.items()),
        "  replay       conformance replay reports/runs/one --only TLS-VER-03",
    ]


def test_every_violated_requirement_is_there_once_and_no_other() -> None:
    violated = [
        row.requirement.id
        for row in MATRIX.rows
        if any(cell.violations for entry in row.entries for cell in entry.cells)
    ]
    assert re.findall(r"^\S (\S+)  (?:MUST|SHOULD)", TEXT, re.MULTILINE) == violated


def test_a_folder_with_spaces_is_quoted_in_commands() -> None:
    text = render_terminal(MATRIX, Shape(100, "my runs/$(id)"))
    assert "conformance replay 'my runs/$(id)' --only TLS-VER-03" in text


def test_a_waived_violation_names_its_waiver() -> None:
    assert "XB xb-mixed/s0: waived by W-2026-007, underlying fail" in block(TEXT, "TLS-EXT-03")


def test_the_summary_has_a_line_for_each_country_and_area() -> None:
    assert "XA  tls      \u2713 conformant              90 pass \u00b7 5 not applicable of 95 L\n" in TEXT
    assert "XB  tls      \u2715 non-conformant          3 fail \u00b7 1 error \u00b7 2 not tested" in TEXT
    assert "no submission: BN KH ID LA MY MM PH SG TH TL VN" in TEXT
    assert "\nL live protocol test\n" in TEXT


def test_what_is_open_is_grouped_by_reason_with_something_to_do() -> None:
    part = TEXT[TEXT.index("what keeps") :]
    assert "XC general: nothing of it applies, so nothing was seen to hold" in part
    binding = [row for row in MATRIX.rows if row.requirement.level.binding]
    errors = sum(entry.tally[Status.ERROR] for row in binding for entry in row.entries)
    assert f"error, timeout: {errors} cells on" in part
    assert f"-> {ACTIONS['timeout']}" in part
    assert "not tested, no-credential: 2 cells on 1 service (TLS-EXT-10, TLS-MTL-03)" in part
    assert f"-> {ACTIONS['no-credential']}" in part


def test_an_area_of_which_nothing_applies_says_by_which_fact() -> None:
    part = TEXT[TEXT.index("what keeps") :]
    assert "general, not applicable: 1 cell (GEN-CLM-01)\n    -> declare in the manifest" in part


def test_a_run_ends_by_saying_that_nothing_is_open_where_everything_is_decided() -> None:
    text = render_terminal(matrix_of(run_of(("XA", "good", 1))), Shape(notes=("run written to X",)))
    assert "what keeps" not in text
    assert text.rstrip().splitlines()[-1].startswith("nothing is left undetermined")
    assert text.index("run written to X") < text.index("nothing is left")


def test_open_advice_is_not_listed() -> None:
    """A SHOULD that could not be decided keeps nothing undetermined."""
    advice = next(i for i, r in PROFILE.requirements.items() if r.level is Level.SHOULD)
    text = render_terminal(fleet(1, Status.ERROR, advice), Shape())
    assert "error, timeout" not in text


def test_old_results_and_surveys_are_named() -> None:
    old = run_of(("XA", "good", 1), observed_at="2026-09-01T00:00:00+00:00")
    assert "stale: XA observed more than 30 days ago" in render_terminal(matrix_of(old), Shape())
    survey = replace(PROFILE, survey=True)
    assert "run the whole profile" in render_terminal(matrix_of(run_of(("XA", "good", 1)), profile=survey), Shape())


def test_many_services_are_counted_and_twenty_listed() -> None:
    text = render_terminal(fleet(5000), Shape())
    assert text.count("/s0") == MOST_SERVICES
    assert "and 4980 more services: 4980 fail" in text
    assert len(text.splitlines()) < 150


def test_output_grows_with_the_violated_requirements_and_not_with_the_services() -> None:
    one, ten = (len(render_terminal(fleet(count), Shape())) for count in (1000, 10_000))
    assert abs(ten - one) < 100


def test_details_can_be_left_out() -> None:
    text = render_terminal(MATRIX, Shape(details=False))
    assert "replay" not in text
    assert "non-conformant" in text


@pytest.mark.parametrize("width", [40, 72, 100, 200])
def test_prose_keeps_to_the_width(width: int) -> None:
    """Commands, paths and configuration are not broken, so that they can be copied."""
    for line in render_terminal(MATRIX, Shape(width)).splitlines():
        if re.match(r" {2}(clause| {11}) ", line):
            assert len(line) <= width


def test_colour_adds_escapes_of_ours_and_changes_no_text() -> None:
    coloured = render_terminal(MATRIX, Shape(100, "reports/runs/one"), colour=True)
    assert "\x1b[" in coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in plain.splitlines()] == TEXT.splitlines()


@pytest.mark.parametrize("colour", [False, True], ids=["plain", "colour"])
@pytest.mark.parametrize("name", PAYLOADS)
def test_hostile_text_reaches_no_terminal_raw(name: str, colour: bool) -> None:
    matrix = matrix_of(hostile_run(PAYLOADS[name]), profile=hostile_profile(PAYLOADS[name]))
    text = render_terminal(matrix, Shape(100, PAYLOADS[name]), colour=colour)
    if colour:
        text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    found = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")}
    assert found == {"\n"}


def test_markup_of_rich_is_text() -> None:
    text = render_terminal(matrix_of(hostile_run(PAYLOADS["markup"])), Shape(), colour=True)
    assert PAYLOADS["markup"] in re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_the_tables_of_words_are_complete() -> None:
    assert set(ACTIONS) == {*NotTested, *Reason}
    assert set(SIGNS) == set(MEANINGS) == set(Status)
    assert len(set(SIGNS.values())) == len(SIGNS)
    assert set(STATEMENT_STATUS) == set(STATEMENT_MEANINGS)
    assert len(BASES) == 5


def test_nothing_heavy_is_imported_to_write_plain_text() -> None:
    code = (
        "import sys; import conformance.report.terminal, conformance.report.html, conformance.report.matrix;"
        "print([m for m in ('rich', 'jinja2', 'requests', 'pytest') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
