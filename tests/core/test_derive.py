"""Rows that repeat another area's: the worst of what they come from, at the same place, and never on nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from conformance.core.derive import derived
from conformance.core.judge import Outcome
from conformance.core.model import Basis, Cell, Level, NotTested, Reason, Service, Status, Target, Violation
from conformance.core.plan import make_plan, neighbour, places
from conformance.core.profile import load_profile
from tests.core.demo import demand

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
ROW = demand(1, derives=("TLS-VER-*",))


def cell(status: Status, number: int = 1, **changes: object) -> Cell:
    made = Cell("XA", "t", "s", f"TLS-VER-{number:02}", 1, Level.MUST, status, Basis.LIVE)
    return made.but(**changes)


FAILED = cell(Status.FAIL, 3, violations=(Violation("accepts TLSv1.0", "a fatal alert", "TLSv1.0"),))


def test_a_violation_is_taken_over_with_its_source() -> None:
    outcome = derived(ROW, [cell(Status.PASS), FAILED], NOW)
    assert outcome.status is Status.FAIL
    assert outcome.violations == (Violation("TLS-VER-03: accepts TLSv1.0", "a fatal alert", "TLSv1.0"),)


def test_a_waived_violation_still_counts_here() -> None:
    """The waiver is for the other row; this one may have a waiver of its own."""
    waived = FAILED.but(status=Status.WAIVED, underlying="fail", waiver="w-1")
    assert derived(ROW, [waived], NOW).status is Status.FAIL


def test_a_warning_is_no_violation_of_a_must() -> None:
    warned = FAILED.but(status=Status.WARNING, reason="not-in-force")
    assert derived(ROW, [warned], NOW).status is Status.PASS


@pytest.mark.parametrize(
    ("cells", "status", "reason"),
    [
        ([cell(Status.PASS), cell(Status.ERROR, reason=Reason.TIMEOUT.value)], Status.ERROR, "timeout"),
        ([cell(Status.PASS), cell(Status.NOT_TESTED, reason="opt-in")], Status.NOT_TESTED, "dependency"),
        ([cell(Status.NOT_APPLICABLE)], Status.NOT_APPLICABLE, ""),
        ([cell(Status.NOT_APPLICABLE), cell(Status.PASS)], Status.PASS, ""),
        ([], Status.NOT_APPLICABLE, ""),
    ],
)
def test_the_worst_decides(cells: list[Cell], status: Status, reason: str) -> None:
    outcome: Outcome = derived(ROW, cells, NOW)
    assert (outcome.status, outcome.reason) == (status, reason)


def test_level_and_date_are_the_rows_own() -> None:
    assert derived(replace(ROW, level=Level.SHOULD), [FAILED], NOW).status is Status.WARNING
    assert derived(replace(ROW, in_force=date(2027, 1, 1)), [FAILED], NOW).reason == "not-in-force"


PROVIDER = Service("op", "openid-provider", settings={"issuer": "https://login.example/"})


@pytest.mark.parametrize(
    ("endpoint", "found"),
    [
        (Service("a", "tls-endpoint", "login.example:443", "login.example"), True),
        (Service("a", "tls-endpoint", "192.0.2.1:443", "login.example"), True),
        (Service("a", "tls-endpoint", "login.example:8443", "login.example"), False),
        (Service("a", "tls-endpoint", "other.example:443", "other.example"), False),
        (Service("a", "qr-reader", "login.example:443", "login.example"), False),
    ],
)
def test_the_neighbour_is_at_the_same_host_and_port(endpoint: Service, found: bool) -> None:
    target = Target("t", "XA", "T", (PROVIDER, endpoint))
    assert (neighbour(target, PROVIDER, frozenset({"tls-endpoint"})) is endpoint) == found


def test_a_service_without_a_place_has_none() -> None:
    assert places(Service("qr", "qr-issuer")) == frozenset()


def test_without_a_neighbour_the_row_is_not_tested_and_says_what_lacks() -> None:
    profile = load_profile("asean")
    rows = {i: r for i, r in profile.requirements.items() if r.derives}
    assert rows
    target = Target("t", "XA", "T", (PROVIDER,))
    only = replace(profile, requirements={i: r for i, r in rows.items() if "openid-provider" in r.roles})
    (service,) = make_plan(only, (target,), {}, today=NOW.date()).services
    reason, detail = service.excluded["EID-TLS-01"]
    assert reason is NotTested.ROLE_MISSING
    assert "login.example:443" in detail
