"""Each judge of hubs: green on good evidence, red on one change, undecided where what it needs is absent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from conformance.core.model import NotTested, Reason, Status
from conformance.payments.fspiop.asks import COSTS, GROUPS
from conformance.payments.fspiop.evidence import Callback, Fspiop, Outcome, Vector
from tests.payments.judging import ids, judged, profile

IDS = ids("fspiop")
Make = Callable[[Fspiop], Fspiop]
PAID = Callback("PUT", error=False, at=0.1, after=-29.0, state="COMMITTED", fulfilled=True)
ERROR = Callback("PUT", error=True, at=0.1, after=-29.0, code="3100")


def reply(probe: str, **change: Any) -> Make:
    """One reply otherwise."""
    return lambda old: replace(old, answers={**old.answers, probe: replace(old.answers[probe], **change)})


def came(probe: str, **change: Any) -> Make:
    """What came of one probe otherwise."""
    return lambda old: replace(old, outcomes={**old.outcomes, probe: replace(old.outcomes[probe], **change)})


def both(*makes: Make) -> Make:
    def made(old: Fspiop) -> Fspiop:
        for each in makes:
            old = each(old)
        return old

    return made


def taken(probe: str) -> Make:
    """A request that was to be refused is accepted and passed on."""
    return both(reply(probe, status=202, code=""), came(probe, forwarded=1, intact="good"))


def told(probe: str, *callbacks: Callback) -> Make:
    return came(probe, callbacks=callbacks)


def params(requirement: str, name: str) -> Any:
    return profile().requirements[requirement].params[name]


def test_good_evidence_is_green(good: Fspiop) -> None:
    bad = {each: judged(each, {"fspiop": good}) for each in IDS}
    assert {each: found for each, found in bad.items() if found.status is not Status.PASS} == {}
    assert len(IDS) == 8


RED: list[tuple[str, Make]] = [
    *(("PAY-FSP-01", reply(f"headers/no-{name}", status=202, code="")) for name in params("PAY-FSP-01", "absent")),
    *(("PAY-FSP-01", reply(f"headers/bad-{name}", code="2001")) for name in params("PAY-FSP-01", "bad")),
    ("PAY-FSP-01", reply("headers/no-Date", status=500)),
    ("PAY-FSP-01", reply("headers/no-Date", code="3105")),
    ("PAY-FSP-01", reply("headers/version", status=400)),
    ("PAY-FSP-01", reply("headers/version", code="3102")),
    ("PAY-FSP-01", reply("headers/version", versions=())),
    ("PAY-FSP-01", reply("headers/version", versions=("one.two",))),
    ("PAY-FSP-02", reply("results/committed", status=200)),
    ("PAY-FSP-02", reply("results/rejected", status=201)),
    ("PAY-FSP-02", told("results/committed")),
    ("PAY-FSP-02", told("results/committed", replace(PAID, method="POST"))),
    ("PAY-FSP-02", told("results/committed", replace(PAID, state="RESERVED"))),
    ("PAY-FSP-02", told("results/committed", replace(PAID, after=0.5))),
    ("PAY-FSP-02", told("results/rejected")),
    ("PAY-FSP-02", told("results/rejected", replace(ERROR, code=""))),
    ("PAY-FSP-02", told("expiry/transfer")),
    ("PAY-FSP-02", told("expiry/transfer", replace(ERROR, after=90.0))),
    ("PAY-FSP-02", both(told("results/rejected"), came("results/rejected", forwarded=0))),
    *(
        ("PAY-FSP-03", both(reply(f"signatures/{name}", status=400), came(f"signatures/{name}", forwarded=0)))
        for name in (*params("PAY-FSP-03", "algorithms"), *params("PAY-FSP-03", "shapes"))
    ),
    ("PAY-FSP-03", both(told("signatures/pretty", ERROR), came("signatures/pretty", forwarded=0))),
    *(("PAY-FSP-03", taken(f"signatures/forged-{name}")) for name in params("PAY-FSP-03", "forged")),
    ("PAY-FSP-03", came("signatures/pretty", intact="bad")),
    ("PAY-FSP-03", came("signatures/right", intact="absent")),
    ("PAY-FSP-03", reply("signatures/forged-none", status=500)),
    *(("PAY-FSP-04", taken(f"altered/{name}")) for name in params("PAY-FSP-04", "altered")),
    ("PAY-FSP-04", both(reply("altered/uri", status=202), told("altered/uri", PAID))),
    ("PAY-FSP-04", reply("altered/body", status=503)),
    *(("PAY-FSP-05", taken(f"amounts/{name}")) for name in params("PAY-FSP-05", "amounts")),
    ("PAY-FSP-05", reply("amounts/number", status=500)),
    ("PAY-FSP-06", came("repeats/same", forwarded=1)),
    ("PAY-FSP-06", told("repeats/same")),
    ("PAY-FSP-06", told("repeats/same", ERROR)),
    ("PAY-FSP-06", reply("repeats/same", status=400)),
    ("PAY-FSP-06", told("repeats/other", PAID)),
    ("PAY-FSP-06", told("repeats/other")),
    ("PAY-FSP-06", came("repeats/other", forwarded=1)),
    ("PAY-FSP-06", reply("repeats/other", status=500)),
    ("PAY-FSP-07", told("fulfilment/wrong", ERROR, PAID)),
    ("PAY-FSP-07", told("expiry/late", PAID)),
    ("PAY-FSP-07", told("results/committed", replace(PAID, fulfilled=False))),
    ("PAY-FSP-08", reply("errors/malformed", status=202)),
    ("PAY-FSP-08", reply("errors/unknown-uri", code="")),
    ("PAY-FSP-08", reply("errors/method", code="0405")),
    ("PAY-FSP-08", reply("errors/method", code="30O0")),
    ("PAY-FSP-08", reply("errors/no-amount", described=False)),
    ("PAY-FSP-08", reply("errors/no-amount", kind="text/html")),
    ("PAY-FSP-08", reply("headers/no-Date", code="")),
    ("PAY-FSP-08", told("repeats/other", replace(ERROR, code="error"))),
]


@pytest.mark.parametrize(("requirement", "make"), RED, ids=lambda each: each if isinstance(each, str) else "")
def test_one_change_is_red(good: Fspiop, requirement: str, make: Make) -> None:
    found = judged(requirement, {"fspiop": make(good)})
    assert found.status is Status.FAIL, found
    assert all(each.message and each.expected for each in found.violations)


GREEN: list[tuple[str, Make]] = [
    ("PAY-FSP-01", reply("headers/no-FSPIOP-Source", code="3105")),
    ("PAY-FSP-02", told("results/committed", ERROR, PAID)),
    ("PAY-FSP-04", both(reply("altered/date", status=202, code=""), told("altered/date", ERROR))),
    ("PAY-FSP-05", both(reply("amounts/number", status=202, code=""), told("amounts/number", ERROR))),
    ("PAY-FSP-06", both(reply("repeats/other", status=409, code="3106"), told("repeats/other"))),
    ("PAY-FSP-07", both(reply("fulfilment/wrong-put", status=400), told("fulfilment/wrong"))),
    ("PAY-FSP-07", told("fulfilment/wrong", replace(PAID, state="RESERVED", fulfilled=False))),
]


@pytest.mark.parametrize(("requirement", "make"), GREEN, ids=lambda each: each if isinstance(each, str) else "")
def test_what_the_standard_allows_is_green(good: Fspiop, requirement: str, make: Make) -> None:
    assert judged(requirement, {"fspiop": make(good)}).status is Status.PASS


UNDECIDED: list[tuple[str, Make, Reason]] = [
    *(
        (requirement, reply(f"{group}/{name}", status=401), Reason.CONTROL_FAILED)
        for requirement, group in (("PAY-FSP-01", "headers"), ("PAY-FSP-03", "signatures"), ("PAY-FSP-04", "altered"))
        for name in ("right", "right-after")
    ),
    ("PAY-FSP-05", reply("amounts/right-after", status=400), Reason.CONTROL_FAILED),
    ("PAY-FSP-05", both(told("amounts/right", ERROR), came("amounts/right", forwarded=0)), Reason.CONTROL_FAILED),
    ("PAY-FSP-08", reply("errors/right", status=400), Reason.CONTROL_FAILED),
    ("PAY-FSP-02", reply("results/committed", status=400), Reason.CONTROL_FAILED),
    ("PAY-FSP-02", reply("results/committed-put", status=400), Reason.CONTROL_FAILED),
    ("PAY-FSP-02", came("results/committed", played=False, callbacks=()), Reason.NOT_OBSERVABLE),
    ("PAY-FSP-02", came("results/rejected", forwarded=0), Reason.CONTROL_FAILED),
    ("PAY-FSP-02", came("expiry/transfer", forwarded=0), Reason.CONTROL_FAILED),
    ("PAY-FSP-06", told("results/committed"), Reason.CONTROL_FAILED),
    ("PAY-FSP-07", told("results/committed"), Reason.CONTROL_FAILED),
    ("PAY-FSP-07", came("fulfilment/wrong", forwarded=0), Reason.CONTROL_FAILED),
    ("PAY-FSP-07", told("fulfilment/wrong"), Reason.NOT_OBSERVABLE),
    ("PAY-FSP-04", reply("altered/uri", status=202), Reason.NOT_OBSERVABLE),
    ("PAY-FSP-05", reply("amounts/number", trouble="timeout: late"), Reason.TIMEOUT),
]


@pytest.mark.parametrize(
    ("requirement", "make", "reason"), UNDECIDED, ids=lambda each: each if isinstance(each, str) else ""
)
def test_what_shows_nothing_decides_nothing(good: Fspiop, requirement: str, make: Make, reason: Reason) -> None:
    found = judged(requirement, {"fspiop": make(good)})
    assert (found.status, found.reason) == (Status.ERROR, reason.value)


@pytest.mark.parametrize("requirement", IDS)
def test_nothing_seen_is_never_a_pass(requirement: str) -> None:
    assert judged(requirement, {"fspiop": Fspiop()}).status is Status.ERROR


@pytest.mark.parametrize("requirement", IDS)
def test_a_group_that_was_left_out_says_why(good: Fspiop, requirement: str) -> None:
    for group in GROUPS[requirement]:
        left = replace(good, skipped={group: (NotTested.NO_CALLBACK.value, "none")})
        assert judged(requirement, {"fspiop": left}).status is Status.NOT_TESTED
        gone = replace(good, broken={group: (Reason.HARNESS.value, "none")})
        assert judged(requirement, {"fspiop": gone}).status is Status.ERROR


def test_every_group_is_read_by_a_requirement_and_has_a_cost() -> None:
    assert {group for groups in GROUPS.values() for group in groups} == set(COSTS)
    assert set(GROUPS) == set(IDS)


def unheard(old: Fspiop) -> Fspiop:
    return replace(old, outcomes={name: Outcome() for name in old.outcomes})


def unplayed(old: Fspiop) -> Fspiop:
    return replace(old, outcomes={n: replace(each, played=False, forwarded=0) for n, each in old.outcomes.items()})


def passed_on(old: Fspiop) -> Fspiop:
    return replace(old, stated={"signatures": "passed-on"})


def test_without_a_callback_a_refusal_must_be_an_answer(good: Fspiop) -> None:
    for requirement in ("PAY-FSP-01", "PAY-FSP-03", "PAY-FSP-04", "PAY-FSP-05"):
        assert judged(requirement, {"fspiop": unheard(good)}).status is Status.PASS
    found = judged("PAY-FSP-04", {"fspiop": reply("altered/uri", status=202)(unheard(good))})
    assert (found.status, found.reason) == (Status.ERROR, "not-observable")


def test_a_hub_that_leaves_verifying_to_the_payee_is_judged_by_what_it_passes_on(good: Fspiop) -> None:
    assert judged("PAY-FSP-04", {"fspiop": passed_on(good)}).status is Status.NOT_APPLICABLE
    assert (
        judged("PAY-FSP-03", {"fspiop": both(passed_on, taken("signatures/forged-none"))(good)}).status is Status.PASS
    )
    changed = both(passed_on, came("signatures/unsorted", intact="bad"))(good)
    assert judged("PAY-FSP-03", {"fspiop": changed}).status is Status.FAIL
    found = judged("PAY-FSP-03", {"fspiop": passed_on(unheard(good))})
    assert (found.status, found.reason) == (Status.NOT_TESTED, "no-credential")


def vectors(**words: str) -> Fspiop:
    """Answers of an implementation: what is due, but for these."""
    rows = [("right", "output", ""), ("header-no-uri", "rejected", "right"), ("body-digit", "rejected", "right")]
    found = [Vector(name, due, control, "", words.get(name.replace("-", "_"), due)) for name, due, control in rows]
    return Fspiop(vectors=tuple(found))


@pytest.mark.parametrize(
    ("words", "verify", "altered"),
    [
        ({}, Status.PASS, Status.PASS),
        ({"right": "rejected"}, Status.FAIL, Status.ERROR),
        ({"header_no_uri": "output"}, Status.FAIL, Status.PASS),
        ({"body_digit": "output"}, Status.PASS, Status.FAIL),
        ({"body_digit": "error"}, Status.PASS, Status.ERROR),
        ({"body_digit": "unsupported"}, Status.PASS, Status.NOT_TESTED),
        (dict.fromkeys(("right", "header_no_uri", "body_digit"), "unsupported"), Status.NOT_TESTED, Status.NOT_TESTED),
    ],
)
def test_a_command_answers_for_the_signatures(words: dict[str, str], verify: Status, altered: Status) -> None:
    record = {"fspiop": vectors(**words)}
    assert judged("PAY-FSP-03", record).status is verify
    assert judged("PAY-FSP-04", record).status is altered
