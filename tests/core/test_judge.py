"""Every rule of the verdicts (docs/architecture.md), each seen on its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from conformance.core.area import requirement
from conformance.core.judge import MAX_VIOLATIONS, Bundle, Case, judge_service, waive
from conformance.core.judging import JudgeError, check_judge, load_judges, match, order
from conformance.core.model import Cell, Level, NotTested, Reason, Requirement, Status, Violation, Violations
from conformance.core.waivers import Waiver
from tests.core import demo
from tests.core.demo import NOW, Thing, demand


def cells(
    *requirements: Requirement,
    acts: dict[str, str] | None = None,
    bundle: Bundle | None = None,
    serves: tuple[str, ...] = (),
) -> dict[str, Cell]:
    target = demo.target()
    service = replace(target.services[0], serves=serves)
    made = bundle or Bundle({"thing": Thing(acts or {})}, {}, NOW, {"thing": "e" * 64})
    judged = order({r.id: r for r in requirements})
    case = Case(target, service, requirements, judged, {}, {})
    return {cell.requirement: cell for cell in judge_service(case, demo.judges(), {"demo": made})}


def one(act: str, level: Level = Level.MUST, **changes: object) -> Cell:
    return cells(demand(1, level, **changes), acts={"DEMO-01": act})["DEMO-01"]


@pytest.mark.parametrize(
    ("act", "status", "reason"),
    [
        ("hold", Status.PASS, ""),
        ("violate", Status.FAIL, "violated"),
        ("absent", Status.NOT_APPLICABLE, ""),
        ("unclear", Status.ERROR, "timeout"),
        ("untested", Status.NOT_TESTED, "no-credential"),
        ("crash", Status.ERROR, "internal"),
        ("strange", Status.ERROR, "internal"),
    ],
)
def test_what_a_judge_does_becomes_a_status(act: str, status: Status, reason: str) -> None:
    assert (one(act).status, one(act).reason) == (status, reason)


@pytest.mark.parametrize("level", [Level.SHOULD, Level.SHOULD_NOT])
def test_violated_should_is_a_warning(level: Level) -> None:
    assert one("violate", level).status is Status.WARNING


@pytest.mark.parametrize("act", ["violate", "hold"])
def test_may_never_fails_nor_warns(act: str) -> None:
    assert one(act, Level.MAY).status in (Status.PASS, Status.NOT_APPLICABLE)


@pytest.mark.parametrize(
    ("in_force", "status"),
    [
        (date(2026, 11, 25), Status.WARNING),  # tomorrow
        (date(2026, 11, 24), Status.FAIL),  # the day itself counts
        (date(2026, 11, 23), Status.FAIL),
    ],
)
def test_must_binds_from_its_date_on(in_force: date, status: Status) -> None:
    assert one("violate", in_force=in_force).status is status


@pytest.mark.parametrize("end", ["unclear", "absent", "untested", "crash", "strange"])
def test_violation_stands_though_the_judge_did_not_finish(end: str) -> None:
    cell = one(f"violate {end}")
    assert (cell.status, cell.incomplete, len(cell.violations)) == (Status.FAIL, True, 1)


def test_endless_judge_is_cut() -> None:
    assert len(one("endless").violations) == MAX_VIOLATIONS


def test_failed_observation_is_an_error_with_its_reason() -> None:
    bundle = Bundle({}, {"thing": (Reason.RESET, "by peer")}, NOW, {"thing": "e" * 64})
    cell = cells(demand(1), bundle=bundle)["DEMO-01"]
    assert (cell.status, cell.reason, cell.detail, cell.evidence) == (Status.ERROR, "reset", "by peer", ("e" * 64,))


def test_observation_that_could_not_run_is_not_tested() -> None:
    bundle = Bundle({}, {"thing": (NotTested.NO_CREDENTIAL, "no key")}, NOW, {})
    cell = cells(demand(1), bundle=bundle)["DEMO-01"]
    assert (cell.status, cell.reason) == (Status.NOT_TESTED, "no-credential")


def test_absent_observation_is_an_error_never_a_pass() -> None:
    cell = cells(demand(1), bundle=Bundle({}, {}, NOW, {}))["DEMO-01"]
    assert (cell.status, cell.reason) == (Status.ERROR, "internal")


@pytest.mark.parametrize(
    ("act", "status"),
    [
        ("violate", Status.NOT_TESTED),
        ("unclear", Status.NOT_TESTED),
        ("untested", Status.NOT_TESTED),
        ("absent", Status.NOT_APPLICABLE),
        ("hold", Status.PASS),
    ],
)
def test_need_decides_whether_the_dependant_is_judged(act: str, status: Status) -> None:
    found = cells(demand(2, needs=("DEMO-01",)), demand(1), acts={"DEMO-01": act})
    assert found["DEMO-02"].status is status
    if status is Status.NOT_TESTED:
        assert found["DEMO-02"].reason == "dependency"
        assert "DEMO-01" in found["DEMO-02"].detail


def test_warning_of_a_need_blocks_nothing() -> None:
    found = cells(demand(1, Level.SHOULD), demand(2, needs=("DEMO-01",)), acts={"DEMO-01": "violate"})
    assert found["DEMO-02"].status is Status.PASS


def test_requirement_for_other_services_is_not_applicable() -> None:
    found = cells(demand(1, serves=("payment-api",)), acts={"DEMO-01": "violate"})
    assert found["DEMO-01"].status is Status.NOT_APPLICABLE
    found = cells(demand(1, serves=("payment-api",)), acts={"DEMO-01": "violate"}, serves=("payment-api",))
    assert found["DEMO-01"].status is Status.FAIL


def waiver(**changes: object) -> Waiver:
    made = Waiver(
        id="W-1",
        requirement="DEMO-01",
        revs=(1,),
        target="xa-demo",
        reason="kiosks",
        approved_by="CISO",
        issued=date(2026, 11, 1),
        expires=date(2026, 11, 24),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("act", "level", "status"),
    [
        ("violate", Level.MUST, Status.WAIVED),
        ("violate", Level.SHOULD, Status.WAIVED),
        ("unclear", Level.MUST, Status.ERROR),
        ("untested", Level.MUST, Status.NOT_TESTED),
        ("absent", Level.MUST, Status.NOT_APPLICABLE),
        ("hold", Level.MUST, Status.PASS),
    ],
)
def test_waiver_covers_fail_and_warning_alone(act: str, level: Level, status: Status) -> None:
    cell = waive(one(act, level), (waiver(),), NOW)
    assert cell.status is status
    assert cell.waiver == ("W-1" if status is Status.WAIVED else "")


@pytest.mark.parametrize(
    ("at", "status"),
    [
        (NOW.replace(hour=23, minute=59, second=59), Status.WAIVED),  # the last second of the last day
        (NOW.replace(day=25, hour=0), Status.FAIL),
        (NOW.replace(day=1, hour=0), Status.WAIVED),
        (NOW.replace(month=10, day=31, hour=23), Status.FAIL),
    ],
)
def test_waiver_holds_on_its_days_in_utc(at: object, status: Status) -> None:
    assert waive(one("violate"), (waiver(),), at).status is status  # type: ignore[arg-type]


def test_waiver_for_another_rev_covers_nothing_and_says_so() -> None:
    cell = waive(one("violate"), (waiver(revs=(2,)),), NOW)
    assert cell.status is Status.FAIL
    assert "another rev" in cell.notices[0]


def test_unneeded_waiver_is_noticed() -> None:
    assert "not needed" in waive(one("hold"), (waiver(),), NOW).notices[0]


def test_waived_cell_keeps_what_it_covers() -> None:
    cell = waive(one("violate"), (waiver(),), NOW)
    assert (cell.underlying, len(cell.violations)) == ("fail", 1)


def test_cycle_of_needs_is_a_load_error() -> None:
    with pytest.raises(JudgeError, match="DEMO-01 -> DEMO-02 -> DEMO-01"):
        order({r.id: r for r in (demand(1, needs=("DEMO-02",)), demand(2, needs=("DEMO-01",)))})


def test_requirement_without_a_judge_is_a_load_error() -> None:
    with pytest.raises(JudgeError, match="DEMO-09 of profile demo has no judge"):
        match(demo.profile(demand(9)), demo.judges())


def test_requirements_that_are_named_alone_need_a_judge() -> None:
    profile = demo.profile(demand(1), demand(9))
    match(profile, demo.judges(), [profile.requirements["DEMO-01"]])
    with pytest.raises(JudgeError, match="DEMO-09 of profile demo has no judge"):
        match(profile, demo.judges(), [profile.requirements["DEMO-09"]])


def not_a_generator(thing: Thing) -> Violations:
    return iter(())


def foreign(things: Thing) -> Iterator[Violation]:
    yield Violation(str(things))


def blind(rule: object) -> Iterator[Violation]:
    yield Violation(str(rule))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (not_a_generator, "not a generator function"),
        (foreign, "asks for things; the area demo observes thing"),
        (blind, "reads no observation"),
    ],
)
def test_judge_of_the_wrong_shape_is_a_load_error(function: object, message: str) -> None:
    with pytest.raises(JudgeError, match=message):
        check_judge(demo.DEMO, function)  # type: ignore[arg-type]


def test_two_judges_for_one_requirement_are_a_load_error(monkeypatch: pytest.MonkeyPatch) -> None:
    @requirement("DEMO-01")
    def first(thing: Thing) -> Violations:
        yield Violation(str(thing))

    @requirement("DEMO-01")
    def second(thing: Thing) -> Violations:
        yield Violation(str(thing))

    monkeypatch.setitem(sys.modules, "demo_module", demo.module_with(first=first, second=second))
    with pytest.raises(JudgeError, match="DEMO-01 has two judges"):
        load_judges([replace(demo.DEMO, judges=("demo_module",))])
