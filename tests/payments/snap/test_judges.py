"""Each SNAP judge: green on good evidence, red on one change of it, undecided where what it needs is not there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from conformance.core.model import Status
from conformance.payments.snap.asks import ORDER
from conformance.payments.snap.evidence import Answer, Snap, TokenFacts
from conformance.payments.snap.mutations import COMPONENTS
from tests.payments.judging import ids, judged

IDS = tuple(each for each in ids("snap-api") if each.startswith("PAY-SNP"))

OK = {"status": 200, "code": "2001100", "message": "Successful"}
UNAUTHORISED = {"status": 401, "code": "4011100", "message": "Unauthorized. Signature"}


def answer(probe: str, **change: Any) -> Callable[[Snap], Snap]:
    """The record with one answer otherwise."""

    def made(snap: Snap) -> Snap:
        return replace(snap, answers={**snap.answers, probe: replace(snap.answers[probe], **change)})

    return made


def dialect(**change: str) -> Callable[[Snap], Snap]:
    """The record of a manifest that states something else, or with an empty text nothing."""

    def made(snap: Snap) -> Snap:
        return replace(snap, dialect={name: text for name, text in {**snap.dialect, **change}.items() if text})

    return made


def token(**change: Any) -> Callable[[Snap], Snap]:
    return lambda snap: replace(snap, token=replace(snap.token, **change))


def counted(probe: str, count: int) -> Callable[[Snap], Snap]:
    return lambda snap: replace(snap, counts={**snap.counts, probe: count})


def losing(snap: Snap) -> str:
    """One of the requests at once that was refused; which one wins is chance."""
    probes = (f"external/parallel-{number}" for number in range(10))
    return next(probe for probe in probes if snap.answers[probe].status == 409)


def forever_pending(snap: Snap) -> Snap:
    changed = {
        probe: replace(each, state="03") if probe.startswith("status/query") else each
        for probe, each in snap.answers.items()
    }
    return replace(snap, answers=changed)


RED: Mapping[str, tuple[Callable[[Snap], Snap], ...]] = {
    "PAY-SNP-01": (
        answer("token/right", code="2000000"),
        token(length=0),
        token(length=2049),
        token(token_type="mac"),
        token(expires_in=""),
        token(expires_in="0"),
        token(expires_in="15 minutes"),
    ),
    "PAY-SNP-02": (
        answer("token/wrong-key", status=200, code="2007300"),
        answer("token/words", status=401, code="4017300"),
        answer("token/no-client-key", status=400, code="4007301"),
    ),
    "PAY-SNP-03": (answer("expiry/after", **OK), answer("expiry/after", code="4011100")),
    "PAY-SNP-04": (
        answer("family/S1", **UNAUTHORISED),
        answer("family/S8", **UNAUTHORISED),
        answer("family/S5-wrong", **OK),
    ),
    "PAY-SNP-05": (
        *(answer(f"parts/{part}", **OK) for part in (*COMPONENTS, "truncated")),
        answer("parts/body", status=401, code="4011101"),
        answer("parts/body", status=500, code="5001100"),
    ),
    "PAY-SNP-06": (
        answer("encoding/other-secret", **OK),
        answer("encoding/other-body", **OK),
        answer("encoding/other-truncated", **OK),
        dialect(encoding=""),
    ),
    "PAY-SNP-06-S": (dialect(encoding="hex"),),
    "PAY-SNP-07": (
        answer("family/S3", **UNAUTHORISED),
        answer("minify/stripped", **OK),
        answer("minify/reordered", **OK),
    ),
    "PAY-SNP-08": (answer("family/S4", **UNAUTHORISED), answer("minify/escaped", **OK)),
    "PAY-SNP-09": (
        answer("family/S7", **UNAUTHORISED),
        answer("family/S8", **UNAUTHORISED),
        dialect(empty_body="empty-field"),
        dialect(query=""),
    ),
    "PAY-SNP-10": (
        answer("headers/no-CHANNEL-ID", **OK),
        answer("headers/no-X-SIGNATURE", status=401, code="4011100"),
        answer("headers/bad-X-EXTERNAL-ID", message="Invalid Field Format"),
    ),
    "PAY-SNP-11": (
        answer("times/early-10-min", **OK),
        answer("times/no-zone", **OK),
        answer("times/hour-24", status=500, code="5001100"),
        answer("times/late-4-min", **UNAUTHORISED),
        dialect(window_seconds=""),
        dialect(window_seconds="900"),
    ),
    "PAY-SNP-12": (
        answer("external/second", status=202, code="2024700"),
        answer("external/second", status=409, code="4094701"),
        lambda snap: answer(losing(snap), status=202, code="2024700", equals="")(snap),
        counted("external/parallel", 2),
        dialect(duplicate=""),
    ),
    "PAY-SNP-13": (
        answer("digits/36", status=400, code="4004701"),
        answer("digits/37", status=202, code="2024700"),
        answer("digits/query", status=404, code="4045101"),
        dialect(day_zone="UTC"),
    ),
    "PAY-SNP-14": (
        answer("reference/other", status=202, code="2024700", equals=""),
        answer("reference/same", status=202, code="2024700", equals=""),
        counted("reference/other", 2),
    ),
    "PAY-SNP-15": (
        answer("parts/right", code="200US00"),
        answer("parts/right", code="2004700"),
        answer("parts/right", code="4011100"),
        answer("parts/right", code=""),
        answer("parts/right", message_length=151),
    ),
    "PAY-SNP-16": (answer("amounts/number", status=202, code="2024700"), answer("amounts/comma", code="4004700")),
    "PAY-SNP-17": (
        forever_pending,
        answer("status/unknown", status=200, code="2005100"),
        answer("status/unknown", code="4045100"),
    ),
    "PAY-SNP-18": (
        answer("decode/foreign", status=500, code="5004800"),
        answer("decode/wrong-crc", status=200, code="2004800"),
        answer("decode/no-qr", status=401, code="4014800"),
    ),
}


def unanswered(snap: Snap) -> Snap:
    """The record in which no request was answered."""
    answers = {
        probe: replace(each, status=0, code="", trouble="timeout: nothing arrived for 5 s")
        for probe, each in snap.answers.items()
    }
    return replace(snap, answers=answers)


GROUPS: tuple[str, ...] = ORDER


def test_every_requirement_has_a_red_case() -> None:
    assert set(RED) == set(IDS)
    assert len(IDS) == 19


@pytest.mark.parametrize("requirement_id", IDS)
def test_good_evidence_passes(requirement_id: str, good: Snap) -> None:
    outcome = judged(requirement_id, {"snap": good})
    assert outcome.status is Status.PASS, outcome


@pytest.mark.parametrize(
    ("requirement_id", "number"), [(each, number) for each in RED for number in range(len(RED[each]))]
)
def test_one_change_is_told(requirement_id: str, number: int, good: Snap) -> None:
    outcome = judged(requirement_id, {"snap": RED[requirement_id][number](good)})
    assert outcome.status in (Status.FAIL, Status.WARNING), outcome
    assert not outcome.incomplete
    assert all(each.message and each.expected for each in outcome.violations)


@pytest.mark.parametrize("requirement_id", IDS)
@pytest.mark.parametrize(
    "change",
    [
        lambda snap: Snap(snap.dialect),
        lambda _: Snap({}),
        unanswered,
        lambda snap: replace(snap, broken=dict.fromkeys(GROUPS, ("control-failed", "no token"))),
    ],
    ids=["no-answers", "nothing", "unanswered", "broken"],
)
def test_what_was_not_seen_is_no_pass(requirement_id: str, change: Callable[[Snap], Snap], good: Snap) -> None:
    outcome = judged(requirement_id, {"snap": change(good)})
    assert outcome.status not in (Status.PASS, Status.NOT_APPLICABLE), outcome
    assert outcome.reason != "internal", outcome


CONTROLS = {
    "PAY-SNP-02": "token/right",
    "PAY-SNP-03": "expiry/control",
    "PAY-SNP-05": "parts/right-after",
    "PAY-SNP-06": "encoding/right",
    "PAY-SNP-06-S": "encoding/right",
    "PAY-SNP-10": "headers/right",
    "PAY-SNP-11": "times/now-after",
    "PAY-SNP-12": "external/first",
    "PAY-SNP-14": "reference/first",
    "PAY-SNP-16": "amounts/right",
    "PAY-SNP-17": "status/transaction",
    "PAY-SNP-18": "decode/known",
}


@pytest.mark.parametrize("requirement_id", CONTROLS)
def test_a_refused_control_decides_nothing(requirement_id: str, good: Snap) -> None:
    probe = CONTROLS[requirement_id]
    refused = answer(probe, status=403, code="4031101", equals="")(good)
    outcome = judged(requirement_id, {"snap": refused})
    assert (outcome.status, outcome.reason) == (Status.ERROR, "control-failed"), outcome


def test_a_group_that_was_not_authorised_is_not_tested(good: Snap) -> None:
    skipped = replace(good, skipped={"external": ("not-authorised", "the authorisation has no state_changing")})
    assert judged("PAY-SNP-12", {"snap": skipped}).status is Status.NOT_TESTED


def test_an_asymmetric_dialect_has_no_token_to_end(good: Snap) -> None:
    assert judged("PAY-SNP-03", {"snap": dialect(mode="asymmetric")(good)}).status is Status.NOT_APPLICABLE


def test_what_the_dialect_leaves_out_of_the_string_is_not_asked_for(good: Snap) -> None:
    changed = answer("parts/query", **OK)(good)
    assert judged("PAY-SNP-05", {"snap": changed}).status is Status.FAIL
    assert judged("PAY-SNP-05", {"snap": dialect(query="excluded")(changed)}).status is Status.PASS


def test_a_narrower_documented_window_is_met(good: Snap) -> None:
    refused = answer("times/late-4-min", **UNAUTHORISED)(good)
    assert judged("PAY-SNP-11", {"snap": dialect(window_seconds="120")(refused)}).status is Status.PASS


def test_requests_that_did_not_meet_show_nothing(good: Snap) -> None:
    assert good.at_once["external/parallel"] >= 2
    assert judged("PAY-SNP-12", {"snap": replace(good, at_once={"external/parallel": 1})}).reason == "not-observable"


def test_different_transactions_that_are_answered_alike_show_nothing(good: Snap) -> None:
    alike = answer("external/first", equals="external/other")(
        answer("external/second", status=202, code="2024700", equals="external/other")(good)
    )
    assert judged("PAY-SNP-12", {"snap": alike}).reason == "control-failed"


def test_a_replayed_original_answer_is_met(good: Snap) -> None:
    original = answer("external/second", status=202, code="2024700", equals="external/first")(good)
    assert judged("PAY-SNP-12", {"snap": original}).status is Status.PASS


def test_the_encoding_that_is_not_stated_is_told(good: Snap) -> None:
    other = answer("encoding/other", **OK)(answer("encoding/right", **UNAUTHORISED)(good))
    outcome = judged("PAY-SNP-06", {"snap": other})
    assert outcome.status is Status.FAIL
    assert outcome.violations[0].message == "takes the encoding that is not stated"


def test_the_token_is_no_part_of_the_evidence(good: Snap) -> None:
    assert good.token == TokenFacts(good.token.length, "Bearer", "900")
    assert all("<access token>" in each.signed for each in good.answers.values() if each.service == "11")
    assert isinstance(good.answers["parts/right"], Answer)
