"""The matrix: whose columns, which cells, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from conformance.core.errors import ConfigError
from conformance.core.model import Level, Status
from conformance.core.results import TargetSummary
from conformance.core.rollup import Statement
from conformance.report.matrix import make_matrix
from tests.report.samples import AS_OF, COUNTRIES, PROFILE, header_of, matrix_of, run_of, sandbox_matrix, with_cell

CODES = ("BN", "KH", "ID", "LA", "MY", "MM", "PH", "SG", "TH", "TL", "VN")


def test_the_eleven_members_are_always_there_in_the_registers_order() -> None:
    matrix = matrix_of()
    assert tuple(column.code for column in matrix.columns) == CODES
    assert {entry.status for row in matrix.rows for entry in row.entries} == {None}
    assert matrix.standings == {}


def test_sandbox_countries_follow_where_they_are_present() -> None:
    matrix = matrix_of(run_of(("XC", "good", 1), ("XA", "good", 1), ("SG", "good", 1)))
    assert tuple(column.code for column in matrix.columns) == (*CODES, "XA", "XC")
    assert [column.code for column in matrix.columns if column.submitted] == ["SG", "XA", "XC"]
    assert [column.code for column in matrix.columns if column.fictitious] == ["XA", "XC"]


def test_rows_are_the_profiles_grouped_by_area_and_role() -> None:
    matrix = sandbox_matrix()
    assert [row.requirement.id for row in matrix.rows] == list(PROFILE.requirements)
    assert [(group.area, group.roles) for group in matrix.groups] == [
        ("tls", ("tls-endpoint",)),
        ("general", ("tls-endpoint",)),
    ]


def test_an_entry_is_the_worst_of_its_services_and_keeps_each() -> None:
    matrix = sandbox_matrix()
    row = next(row for row in matrix.rows if row.requirement.id == "TLS-VER-03")
    entry = row.entries[[column.code for column in matrix.columns].index("XB")]
    assert entry.status is Status.FAIL
    assert entry.tally.found == ((Status.FAIL, 1), (Status.PASS, 1))
    assert [cell.service for cell in entry.cells] == ["s0", "s1"]


def test_the_order_of_runs_does_not_matter() -> None:
    runs = [run_of(("SG", "good", 1)), run_of(("XB", "mixed", 2)), run_of(("TH", "legacy", 1))]
    first = matrix_of(*runs)
    for order in permutations(runs):
        again = matrix_of(*order)
        assert (again.columns, again.groups, again.standings) == (first.columns, first.groups, first.standings)


def test_a_target_without_a_bound_service_is_not_tested_and_never_green() -> None:
    run = replace(run_of(), header=header_of([TargetSummary("xa-empty", "XA", "Nothing", ())]))
    matrix = matrix_of(run)
    assert {row.entries[-1].status for row in matrix.rows} == {Status.NOT_TESTED}
    assert {standing.statement for standing in matrix.standings.values()} == {Statement.UNDETERMINED}


def test_results_grow_old() -> None:
    run = run_of(("XA", "good", 1))
    day = timedelta(days=1)
    fresh = matrix_of(run, as_of=AS_OF + 29 * day)
    old = matrix_of(run, as_of=AS_OF + 30 * day)
    assert (fresh.columns[-1].stale, old.columns[-1].stale) == (False, True)
    assert fresh.standings["XA", "tls"].statement is Statement.CONFORMANT
    assert old.standings["XA", "tls"].statement is Statement.UNDETERMINED
    assert old.columns[-1].age_days == 30


def test_one_old_run_makes_its_own_country_stale_alone() -> None:
    old = run_of(("XB", "good", 1), observed_at="2026-10-01T00:00:00+00:00")
    matrix = matrix_of(run_of(("XA", "good", 1)), old)
    assert [(column.code, column.stale) for column in matrix.columns[-2:]] == [("XA", False), ("XB", True)]


@pytest.mark.parametrize("when", ["2027-11-24T12:00:00+00:00", "yesterday", "9999-12-31T23:59:59-14:00", ""])
def test_a_run_from_the_future_or_from_no_time_is_refused(when: str) -> None:
    """It would never grow old."""
    with pytest.raises(ConfigError, match="observed_at"):
        matrix_of(run_of(("XA", "good", 1), observed_at=when))


def test_another_profile_is_refused_by_its_digest() -> None:
    other = replace(PROFILE, sha256="f" * 64)
    with pytest.raises(ConfigError, match=r"ffffffffffff.*expected the resolved profile asean"):
        matrix_of(run_of(("XA", "good", 1), profile=other))


def test_another_profile_is_refused_with_what_differs_named() -> None:
    requirements = dict(PROFILE.requirements)
    del requirements["TLS-VER-02"]
    requirements["TLS-VER-03"] = replace(requirements["TLS-VER-03"], rev=2, params={"version": "TLSv1.1"})
    requirements["TLS-GRP-04"] = replace(requirements["TLS-GRP-04"], level=Level.MUST)
    other = replace(PROFILE, sha256="f" * 64, requirements=requirements, version="2026.2")
    run = run_of(("XA", "good", 1), profile=other)
    with pytest.raises(ConfigError) as caught:
        make_matrix([run], PROFILE, COUNTRIES, AS_OF, profiles=[other])
    message = str(caught.value)
    for fact in (
        "TLS-VER-02 only in asean 2026.1",
        "TLS-VER-03 rev 1 -> 2, params version",
        "TLS-GRP-04 level SHOULD -> MUST",
        "version 2026.1 -> 2026.2",
    ):
        assert fact in message


def test_one_service_in_two_runs_is_refused_unless_the_cells_are_equal() -> None:
    run = run_of(("XA", "good", 1))
    assert matrix_of(run, run).columns == matrix_of(run).columns
    changed = with_cell(run, 3, status=Status.FAIL)
    with pytest.raises(ConfigError) as caught:
        matrix_of(run, changed)
    for fact in ("xa-good s0 TLS-VER-04", "fail here and pass in", run.header.observed_at):
        assert fact in str(caught.value)


def test_of_equal_cells_the_older_time_counts() -> None:
    new, old = run_of(("XA", "good", 1)), run_of(("XA", "good", 1), observed_at="2026-10-01T00:00:00+00:00")
    for runs in ((new, old), (old, new)):
        assert matrix_of(*runs).columns[-1].stale


def test_cells_of_unknown_requirements_and_countries_are_refused() -> None:
    run = run_of(("XA", "good", 1))
    with pytest.raises(ConfigError, match=r"TLS-XXX-01.*expected a requirement of asean"):
        matrix_of(with_cell(run, 0, requirement="TLS-XXX-01"))
    with pytest.raises(ConfigError, match='"ZZ", expected a country of the register, or XA to XZ'):
        matrix_of(run_of(("ZZ", "good", 1)))
