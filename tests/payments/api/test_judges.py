"""Each judge of payment APIs: green on good evidence, red on one change, undecided where what it needs is absent."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from conformance.core.model import NotTested, Status
from conformance.payments.api.asks import COSTS
from conformance.payments.api.evidence import Api, Reply, Walk
from conformance.payments.callbacks import Callbacks
from tests.payments.api.seen import Seen
from tests.payments.judging import ids, judged

IDS = ids("payment-api")
Make = Callable[[Seen], Seen]

CREATED = {"status": 201, "kind": "application/json", "form": "json", "code": ""}


def api(change: Callable[[Api], Api]) -> Make:
    """The records with the one of the API otherwise."""
    return lambda seen: dataclasses.replace(seen, api=change(seen.api))


def calls(change: Callable[[Callbacks], Callbacks]) -> Make:
    """The records with the one of callbacks otherwise."""
    return lambda seen: dataclasses.replace(seen, callbacks=change(seen.callbacks))


def reply(probe: str, **change: Any) -> Make:
    """One reply otherwise."""
    return api(lambda old: replace(old, answers={**old.answers, probe: replace(old.answers[probe], **change)}))


def stated(**change: str) -> Make:
    """A manifest that states something else, or with an empty text nothing."""
    return api(lambda old: replace(old, stated={name: text for name, text in {**old.stated, **change}.items() if text}))


def counted(probe: str, number: int) -> Make:
    return api(lambda old: replace(old, counts={**old.counts, probe: number}))


def walked(name: str, change: Callable[[Walk], Walk]) -> Make:
    return api(lambda old: replace(old, walks={**old.walks, name: change(old.walks[name])}))


def delivered(plan: str, **change: Any) -> Make:
    """The last callback of a plan otherwise."""

    def made(old: Callbacks) -> Callbacks:
        number = max(number for number, each in enumerate(old.deliveries) if each.plan == plan)
        changed = [replace(each, **change) if n == number else each for n, each in enumerate(old.deliveries)]
        return replace(old, deliveries=tuple(changed))

    return calls(made)


def without(plan: str) -> Make:
    """A plan's first callback was the only one."""

    def made(old: Callbacks) -> Callbacks:
        first = next(each for each in old.deliveries if each.plan == plan)
        return replace(old, deliveries=tuple(each for each in old.deliveries if each.plan != plan or each is first))

    return calls(made)


def no_retry_after(seen: Seen) -> Seen:
    fields = {name: text for name, text in seen.api.answers["throttle/last"].fields.items() if name != "retry-after"}
    return reply("throttle/last", fields=fields)(seen)


def no_ratelimit(seen: Seen) -> Seen:
    return reply("throttle/first", fields={})(reply("throttle/last", fields={"retry-after": "60"})(seen))


def losing(seen: Seen) -> str:
    """One of ten requests at once that got the answer of another; which one is first is chance."""
    return next(f"at-once/10-{n}" for n in range(10) if seen.api.answers[f"at-once/10-{n}"].equals)


RED: Mapping[str, tuple[Make, ...]] = {
    "PAY-API-01": (reply("repeats/replay", **CREATED, equals=""), counted("repeats/replay", 2)),
    "PAY-API-02": tuple(reply("repeats/other", status=status) for status in (201, 400, 500)),
    "PAY-API-03": (
        lambda seen: reply("at-once/2-0", **CREATED, equals="")(reply("at-once/2-1", **CREATED, equals="")(seen)),
        lambda seen: reply(losing(seen), status=500, equals="")(seen),
        counted("at-once/10", 3),
    ),
    "PAY-API-04": (
        reply("errors/type", kind="text/html", form="none"),
        reply("errors/invalid", form="json"),
        reply("errors/not-found", code="400"),
    ),
    "PAY-API-05": (
        reply("hostile/malformed", status=500),
        reply("hostile/nested", status=502),
        reply("hostile/not-utf-8", status=201),
    ),
    "PAY-API-06": (
        reply("errors/type", status=400),
        reply("errors/accept", status=200),
        reply("errors/method", status=404),
    ),
    "PAY-API-07": (no_retry_after, reply("throttle/forwarded", status=200)),
    "PAY-API-07-S": (no_ratelimit,),
    "PAY-API-08": (
        reply("amounts/create-0.30", amount_kind="number", amount="0.3"),
        reply("amounts/get-12345678901234.56", amount="12345678901234.55"),
        reply("amounts/float", **CREATED),
        reply("amounts/float", status=500),
        stated(amount=""),
    ),
    "PAY-API-09": (
        walked("first", lambda walk: replace(walk, ended=False)),
        walked("first", lambda walk: replace(walk, pages=(*walk.pages, walk.pages[0]))),
        walked("second", lambda walk: replace(walk, pages=tuple(reversed(walk.pages)))),
        walked("oversize", lambda _: Walk((tuple(map(str, range(7))),), ended=True)),
        stated(max_page=""),
    ),
    "PAY-API-10": (reply("errors/not-found", leaks=("stack-trace",)), reply("hostile/large", leaks=("token",))),
    "PAY-CB-01": (
        delivered("taken", signature="absent"),
        delivered("taken", signature="bad"),
        delivered("taken", age=None),
        delivered("taken", age=301.0),
        delivered("taken", age=-301.0),
        delivered("taken", keys=1),
    ),
    "PAY-CB-02": tuple(
        reply(f"receiver/{name}", status=status)
        for name in ("wrong-secret", "no-signature", "altered", "stale")
        for status in (200, 500)
    ),
    "PAY-CB-03": (
        without("refused-first"),
        without("unanswered-first"),
        delivered("refused-first", event="another"),
        delivered("unanswered-first", digest="another"),
        delivered("refused-first", at=120.0),
        reply("receiver/repeated", status=500),
    ),
    "PAY-CB-04": (delivered("taken", state="failed"), calls(lambda old: replace(old, state="pending"))),
    "PAY-CB-05": (
        calls(lambda old: replace(old, canary=1)),
        reply("register/private", status=201),
        reply("register/mapped", status=201),
        reply("register/plain-http", status=500),
    ),
    "PAY-CB-06": (reply("order/status", state="pending"),),
    "PAY-TLS-04": tuple(reply(f"constraint/{name}", status=200) for name in ("bearer", "no-proof", "other-key")),
    "PAY-TLS-04-S": (reply("constraint/bearer", status=200), api(lambda old: replace(old, binding=""))),
}


def unanswered(old: Api) -> Api:
    trouble = "timeout: nothing arrived"
    answers = {probe: replace(each, status=0, trouble=trouble) for probe, each in old.answers.items()}
    return replace(old, answers=answers)


def test_every_requirement_has_a_red_case() -> None:
    assert set(RED) == set(IDS)
    assert len(IDS) == 19


@pytest.mark.parametrize("requirement_id", IDS)
def test_good_evidence_passes(requirement_id: str, good: Seen) -> None:
    outcome = judged(requirement_id, good.records)
    assert outcome.status is Status.PASS, outcome


@pytest.mark.parametrize(
    ("requirement_id", "number"), [(each, number) for each in RED for number in range(len(RED[each]))]
)
def test_one_change_is_told(requirement_id: str, number: int, good: Seen) -> None:
    outcome = judged(requirement_id, RED[requirement_id][number](good).records)
    assert outcome.status in (Status.FAIL, Status.WARNING), outcome
    assert not outcome.incomplete
    assert all(each.message and each.expected for each in outcome.violations)


@pytest.mark.parametrize("requirement_id", IDS)
@pytest.mark.parametrize(
    "change",
    [
        lambda old: Api(old.stated),
        lambda _: Api({}),
        unanswered,
        lambda old: replace(old, broken=dict.fromkeys(COSTS, ("control-failed", "refused"))),
        lambda old: replace(old, skipped=dict.fromkeys(COSTS, ("not-authorised", "no state_changing"))),
    ],
    ids=["no-answers", "nothing", "unanswered", "broken", "skipped"],
)
def test_what_was_not_seen_is_no_pass(requirement_id: str, change: Callable[[Api], Api], good: Seen) -> None:
    outcome = judged(requirement_id, {"api": change(good.api), "callbacks": Callbacks()})
    # The manifest alone shows that how amounts are written is not stated.
    expected = (Status.ERROR, Status.NOT_TESTED, *([Status.FAIL] if requirement_id == "PAY-API-08" else []))
    assert outcome.status in expected, outcome
    assert outcome.reason != "internal", outcome


CONTROLS = {
    "PAY-API-01": "repeats/first",
    "PAY-API-02": "repeats/first",
    "PAY-API-04": "errors/right-after",
    "PAY-API-05": "hostile/right-after",
    "PAY-API-06": "errors/right",
    "PAY-API-07": "throttle/first",
    "PAY-API-08": "amounts/create-0.30",
    "PAY-API-09": "pages/oversize",
    "PAY-API-10": "errors/right",
    "PAY-CB-02": "receiver/right",
    "PAY-CB-03": "receiver/right",
    "PAY-CB-05": "register/right",
    "PAY-CB-06": "order/success",
    "PAY-TLS-04": "constraint/right",
    "PAY-TLS-04-S": "constraint/right-after",
}


@pytest.mark.parametrize("requirement_id", CONTROLS)
def test_a_refused_control_decides_nothing(requirement_id: str, good: Seen) -> None:
    outcome = judged(requirement_id, reply(CONTROLS[requirement_id], status=403)(good).records)
    assert (outcome.status, outcome.reason) == (Status.ERROR, "control-failed"), outcome


ARRIVALS = ("PAY-CB-01", "PAY-CB-03", "PAY-CB-04", "PAY-CB-05")


@pytest.mark.parametrize("requirement_id", ARRIVALS)
def test_callbacks_that_cannot_come_or_do_not_come_decide_nothing(requirement_id: str, good: Seen) -> None:
    failures = {"callbacks": (NotTested.NO_CALLBACK, "the manifest names no callback")}
    assert judged(requirement_id, {"api": good.api}, failures).reason == "no-callback"
    refused = calls(lambda old: replace(old, refused="HTTP 403"))(good)
    assert judged(requirement_id, refused.records).reason == "control-failed"
    silent = calls(lambda old: replace(old, deliveries=()))(good)
    assert judged(requirement_id, silent.records).status is Status.ERROR


def test_a_limit_that_is_not_met_is_not_applicable(good: Seen) -> None:
    assert judged("PAY-API-07", reply("throttle/last", status=200)(good).records).status is Status.NOT_APPLICABLE


def test_a_service_that_answers_everything_alike_shows_nothing(good: Seen) -> None:
    alike = reply("repeats/first", equals="repeats/another")(reply("repeats/replay", equals="repeats/another")(good))
    assert judged("PAY-API-01", alike.records).reason == "control-failed"
    at_once = reply("at-once/2-0", equals="repeats/first")(good)
    assert judged("PAY-API-03", at_once.records).reason == "control-failed"
    finished = reply("order/create", state="completed")(good)
    assert judged("PAY-CB-06", finished.records).reason == "control-failed"


def test_requests_that_did_not_meet_show_nothing(good: Seen) -> None:
    assert min(good.api.at_once.values()) >= 2
    apart = api(lambda old: replace(old, at_once=dict.fromkeys(old.at_once, 1)))(good)
    assert judged("PAY-API-03", apart.records).reason == "not-observable"


def test_409_is_what_a_losing_request_may_get(good: Seen) -> None:
    assert judged("PAY-API-03", reply(losing(good), status=409, equals="")(good).records).status is Status.PASS


def test_a_national_code_is_a_form_of_errors(good: Seen) -> None:
    national = stated(errors="code")(good)
    assert judged("PAY-API-04", national.records).status is Status.FAIL
    answers = {
        probe: replace(each, form="code", kind="application/json", code="4041101") if each.status >= 400 else each
        for probe, each in national.api.answers.items()
    }
    made = api(lambda old: replace(old, answers=answers))(national)
    assert judged("PAY-API-04", made.records).status is Status.PASS


def test_without_registration_the_redirect_alone_is_judged(good: Seen) -> None:
    alone = api(lambda old: replace(old, skipped={"register": ("unsupported", "no operation")}))(good)
    assert judged("PAY-CB-05", alone.records).status is Status.PASS
    assert judged("PAY-CB-05", calls(lambda old: replace(old, canary=2))(alone).records).status is Status.FAIL


def certified(**answers: Reply) -> Make:
    """A service whose tokens are bound to a certificate, with these answers over another, or over none."""
    given = {f"constraint/{name.replace('_', '-')}": each for name, each in answers.items()}
    return api(lambda old: replace(old, binding="certificate", answers={**old.answers, **given}))


REFUSED, DONE = Reply(401, "application/problem+json"), Reply(200, "application/json")
IN_TLS = Reply(refused="TLS refuses it: tlsv1_alert_unknown_ca")


@pytest.mark.parametrize(
    ("answers", "status", "reason"),
    [
        ({"no_certificate": REFUSED, "other_certificate": REFUSED}, Status.PASS, ""),
        ({"no_certificate": IN_TLS, "other_certificate": REFUSED}, Status.PASS, ""),
        ({"no_certificate": REFUSED, "made_certificate": REFUSED}, Status.PASS, ""),
        ({"no_certificate": REFUSED, "made_certificate": DONE}, Status.FAIL, "violated"),
        ({"no_certificate": REFUSED, "made_certificate": IN_TLS}, Status.NOT_TESTED, "no-credential"),
        ({"no_certificate": REFUSED, "made_certificate": Reply(400, "text/html")}, Status.NOT_TESTED, "no-credential"),
        ({"no_certificate": REFUSED, "other_certificate": DONE}, Status.FAIL, "violated"),
        ({"no_certificate": DONE, "made_certificate": IN_TLS}, Status.FAIL, "violated"),
        ({"no_certificate": REFUSED, "other_certificate": Reply(503)}, Status.ERROR, "not-observable"),
        ({"no_certificate": REFUSED}, Status.ERROR, "not-observable"),
        ({"no_certificate": Reply(trouble="reset: so"), "other_certificate": REFUSED}, Status.ERROR, "reset"),
    ],
)
def test_tokens_bound_to_certificates(answers: Mapping[str, Reply], status: Status, reason: str, good: Seen) -> None:
    outcome = judged("PAY-TLS-04", certified(**answers)(good).records)
    assert (outcome.status, outcome.reason) == (status, reason), outcome


def test_what_the_manifest_does_not_declare_is_not_held_against_the_service(good: Seen) -> None:
    undeclared = api(lambda old: replace(old, binding=""))(good)
    assert judged("PAY-TLS-04", undeclared.records).status is Status.NOT_APPLICABLE
    refusing = reply("constraint/no-certificate", status=401)(
        api(lambda old: replace(old, answers={**old.answers, "constraint/no-certificate": DONE}))(undeclared)
    )
    assert judged("PAY-TLS-04-S", refusing.records).reason == "not-observable"
    tokenless = api(lambda old: replace(old, token=False))(good)
    assert {judged(each, tokenless.records).status for each in ("PAY-TLS-04", "PAY-TLS-04-S")} == {
        Status.NOT_APPLICABLE
    }
