"""Judges on evidence made by hand: none passes on nothing, and each says what it saw."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from conformance.areas import AREAS
from conformance.core.judge import Bundle, Case, judge_service
from conformance.core.judging import load_judges
from conformance.core.model import Cell, Service, Status, Target
from conformance.core.profile import load_profile
from conformance.core.redact import Redactor
from conformance.payments.iso20022.evidence import (
    Answer,
    Burst,
    Canary,
    Exchange,
    Exchanges,
    Leaf,
    Lookup,
    Lookups,
    Messages,
)
from conformance.payments.iso20022.mutations import BY_NAME
from conformance.payments.iso20022.samples import ACMT_024, FIXED, PACS_002, PACS_008, REASON, Agreement, fill
from conformance.payments.iso20022.xml import read_message

PROFILE = load_profile("asean")
JUDGES = load_judges(AREAS)
SENDER, GATEWAY = "iso20022-sender", "ips-gateway"
SILENT = Exchange("x", "M", "U")


def judged(role: str, records: Mapping[str, Any]) -> Mapping[str, Cell]:
    """The verdicts of all requirements of a role on these records."""
    service = Service("s", role)
    target = Target("t", "XA", "Test", (service,))
    bound = tuple(each for each in PROFILE.requirements.values() if role in each.roles and each.id in JUDGES)
    case = Case(target, service, bound, tuple(each.id for each in bound), {}, {})
    bundle = Bundle(records, {}, datetime(2026, 11, 28, tzinfo=UTC), {})
    return {cell.requirement: cell for cell in judge_service(case, JUDGES, {"payments": bundle})}


EMPTY: Mapping[str, Mapping[str, Any]] = {
    SENDER: {"messages": Messages("XA", ())},
    GATEWAY: {
        "exchanges": Exchanges({}),
        "lookups": Lookups(()),
        "burst": Burst(5, ()),
        "canary": Canary(local=True, connections=0, exchange=SILENT, control=SILENT),
    },
}


@pytest.mark.parametrize("role", EMPTY)
def test_no_judge_passes_on_empty_evidence(role: str) -> None:
    for cell in judged(role, EMPTY[role]).values():
        assert cell.status in (Status.ERROR, Status.NOT_TESTED), (cell.requirement, cell.status)
        assert cell.reason != "internal", (cell.requirement, cell.detail)


def message(octets: bytes, name: str = "m.xml") -> Messages:
    return Messages("XA", (read_message(name, octets),))


def test_a_sender_of_one_payment_is_judged_where_that_can_be() -> None:
    cells = judged(SENDER, {"messages": message(fill(PACS_008, Agreement(), FIXED))})
    open_ids = {cell.requirement for cell in cells.values() if cell.status is Status.NOT_APPLICABLE}
    assert open_ids == {"PAY-ISO-04-G", "PAY-ISO-05-G", "PAY-ISO-16-G", "PAY-PRX-01-G"}
    assert {cell.status for cell in cells.values()} == {Status.PASS, Status.NOT_APPLICABLE}


def test_a_message_beyond_our_limits_leaves_everything_open() -> None:
    cells = judged(SENDER, {"messages": message(b"<a>" + b" " * 1_048_576 + b"</a>")})
    assert {(cell.status, cell.reason) for cell in cells.values()} == {(Status.ERROR, "too-large")}


def hidden_leaf(leaf: Leaf, redactor: Redactor) -> Leaf:
    return replace(leaf, text=redactor.text(leaf.text))


def test_values_that_look_like_secrets_decide_nothing() -> None:
    """A reference that the redactor took for a number is not held against the rules: nobody knows what it was."""
    octets = fill(PACS_008, Agreement(), {**FIXED, "message_id": "4111111111111111"})
    redactor = Redactor()
    messages = message(octets)
    hidden = replace(
        messages,
        files=tuple(
            replace(each, leaves=tuple(hidden_leaf(leaf, redactor) for leaf in each.leaves)) for each in messages.files
        ),
    )
    assert any("[redacted:" in leaf.text for leaf in hidden.files[0].leaves)
    cells = judged(SENDER, {"messages": hidden})
    assert {cell.status for cell in cells.values()} <= {Status.PASS, Status.NOT_APPLICABLE, Status.ERROR}


def test_currencies_of_the_sender_s_own_table_go_before_the_profile_s() -> None:
    octets = fill(PACS_008, Agreement(currency="XDR"), FIXED)
    messages = message(octets)
    assert judged(SENDER, {"messages": messages})["PAY-ISO-07-G"].status is Status.FAIL
    own = replace(messages, currencies={"XDR": 2})
    assert judged(SENDER, {"messages": own})["PAY-ISO-07-G"].status is Status.PASS


def answer(status: str, reasons: str = "", *, after: float = 0.1, signature: str = "unknown", **own: str) -> Answer:
    octets = fill(PACS_002, Agreement(), {**FIXED, "status": status, "reasons": reasons, **own})
    return Answer(after, read_message("answer", octets), signature)


def exchange(case: str, *answers: Answer, status: int = 202, priority: str = "HIGH") -> Exchange:
    return Exchange(case, "M", "U", status, "", priority, "100.00", "XTS", answers)


GOOD = answer("ACCC")
CONTROLS = {name: exchange(name, GOOD) for name in ("control-before", "control-after", "control-normal")}


def payments(*more: Exchange, **changed: Exchange) -> Exchanges:
    cases = {**CONTROLS, **{each.case: each for each in more}, **changed}
    return Exchanges(cases, seconds={"HIGH": 20.0, "NORM": 60.0})


def verdict(requirement: str, exchanges: Exchanges) -> Cell:
    return judged(GATEWAY, {**EMPTY[GATEWAY], "exchanges": exchanges})[requirement]


def rejected(*codes: str) -> Answer:
    return answer("RJCT", "".join(REASON.format(code=code) for code in codes))


VERSIONS = ("version-08", "version-12", "version-99")


def test_every_case_refused_is_a_pass_and_one_accepted_is_a_fail() -> None:
    refused = [exchange(case, rejected("FF01")) for case in VERSIONS[:2]]
    by_http = exchange(VERSIONS[2], status=400)
    assert verdict("PAY-ISO-02-R", payments(*refused, by_http)).status is Status.PASS
    accepted = verdict("PAY-ISO-02-R", payments(*refused, exchange(VERSIONS[2], GOOD)))
    assert accepted.status is Status.FAIL
    assert accepted.violations[0].message == "accepts version-99"


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (exchange("version-99"), "timeout"),
        (exchange("version-99", status=0), "timeout"),
        (exchange("version-99", status=401), "not-observable"),
        (exchange("version-99", status=403), "not-observable"),
        (exchange("version-99", answer("BLCK")), "not-observable"),
    ],
    ids=["silent", "unreachable", "unauthorised", "forbidden", "blocked"],
)
def test_silence_and_refusals_of_another_kind_are_no_refusal(last: Exchange, reason: str) -> None:
    refused = [exchange(case, rejected("FF01")) for case in VERSIONS[:2]]
    cell = verdict("PAY-ISO-02-R", payments(*refused, last))
    assert (cell.status, cell.reason) == (Status.ERROR, reason)


def test_a_service_that_breaks_has_not_refused() -> None:
    refused = [exchange(case, rejected("FF01")) for case in VERSIONS[:2]]
    cell = verdict("PAY-ISO-02-R", payments(*refused, exchange("version-99", status=500)))
    assert cell.violations[0].message == "fails on version-99"


def test_the_reason_counts_where_the_standard_names_one() -> None:
    cell = verdict("PAY-ISO-05-R", payments(exchange("uetr-reused", rejected("AM01"))))
    assert cell.violations[0].message == "rejects uetr-reused for another reason"
    assert verdict("PAY-ISO-05-R", payments(exchange("uetr-reused", rejected("DU03")))).status is Status.PASS


@pytest.mark.parametrize("name", ["control-before", "control-after"])
def test_without_both_controls_no_refusal_counts(name: str) -> None:
    cases = [exchange(case, rejected("FF01")) for case in VERSIONS]
    cell = verdict("PAY-ISO-02-R", payments(*cases, **{name: exchange(name, rejected("AC04"))}))
    assert (cell.status, cell.reason) == (Status.ERROR, "control-failed")
    assert "RJCT AC04" in cell.detail


RESENDS: Mapping[str, tuple[Exchange, Status]] = {
    "same status": (exchange("resend", GOOD), Status.PASS),
    "TM01": (exchange("resend", rejected("TM01")), Status.PASS),
    "DUPL": (exchange("resend", rejected("DUPL")), Status.FAIL),
    "refused": (exchange("resend", status=409), Status.FAIL),
    "paid again": (exchange("resend", answer("ACCC", reference="CLR-2")), Status.FAIL),
    "silent": (exchange("resend"), Status.ERROR),
}


@pytest.mark.parametrize("name", RESENDS)
def test_a_resend_is_a_question_about_the_first_message(name: str) -> None:
    sent, status = RESENDS[name]
    assert verdict("PAY-ISO-04-R", payments(sent)).status is status


def times() -> Iterator[tuple[str, Exchanges, Status]]:
    yield "in time", payments(), Status.PASS
    late = exchange("control-normal", answer("ACCC", after=61.0), priority="NORM")
    yield "late for NORM", payments(**{"control-normal": late}), Status.FAIL
    yield "late for HIGH", payments(**{"control-after": exchange("x", answer("ACCC", after=21.0))}), Status.FAIL
    yield "only ACWP", payments(**{"control-normal": exchange("x", answer("ACWP"), priority="NORM")}), Status.FAIL
    yield "no answer", payments(**{"control-after": exchange("x")}), Status.FAIL
    yield "not taken", payments(**{"control-before": exchange("x", status=503)}), Status.ERROR
    yield "two reasons", payments(exchange("x", rejected("AM01", "AM02"))), Status.FAIL
    yield "no reason", payments(exchange("x", rejected())), Status.FAIL


@pytest.mark.parametrize(("exchanges", "status"), [each[1:] for each in times()], ids=[each[0] for each in times()])
def test_statuses_come_in_time_with_one_reason(exchanges: Exchanges, status: Status) -> None:
    assert verdict("PAY-ISO-16-R", exchanges).status is status


def test_an_answer_twice_elsewhere_or_unsigned_is_seen() -> None:
    twice = verdict("PAY-ISO-21", payments(exchange("x", GOOD, GOOD)))
    assert twice.violations[0].message == "answers x more than once"
    interim = verdict("PAY-ISO-21", payments(exchange("x", answer("ACWP"), GOOD)))
    assert interim.status is Status.PASS
    elsewhere = verdict("PAY-ISO-21", payments(replace(exchange("x"), elsewhere=1)))
    assert elsewhere.violations[0].message == "answers x under the address of another message"
    unsigned = replace(payments(exchange("x", answer("ACCC", signature="absent"))), signed=True)
    assert "answers x without a signature" in {each.message for each in verdict("PAY-ISO-21", unsigned).violations}


def test_an_answer_that_anybody_could_have_sent_decides_nothing_else() -> None:
    bad = {name: exchange(name, answer("ACCC", signature="bad")) for name in CONTROLS}
    cells = judged(GATEWAY, {**EMPTY[GATEWAY], "exchanges": replace(payments(**bad), signed=True)})
    assert cells["PAY-ISO-16-R"].reason == "control-failed"
    assert cells["PAY-ISO-02-R"].reason == "control-failed"
    assert "signature bad" in cells["PAY-ISO-02-R"].detail


def test_amounts_are_compared_by_value() -> None:
    for text, status in (("100", Status.PASS), ("0100.000", Status.PASS), ("100.01", Status.FAIL)):
        other = exchange("control-after", answer("ACCC", amount=text))
        assert verdict("PAY-ISO-22", payments(**{"control-after": other})).status is status, text
    currency = exchange("control-after", answer("ACCC", currency="XDR"))
    assert verdict("PAY-ISO-22", payments(**{"control-after": currency})).status is Status.FAIL


CANARIES: Mapping[str, tuple[Canary, Status]] = {
    "silent, here": (Canary(True, 0, exchange("canary"), CONTROLS["control-before"]), Status.PASS),
    "silent, far": (Canary(False, 0, exchange("canary"), CONTROLS["control-before"]), Status.ERROR),
    "refused, far": (Canary(False, 0, exchange("canary", status=400), CONTROLS["control-before"]), Status.PASS),
    "called": (Canary(False, 1, exchange("canary", status=400), exchange("x")), Status.FAIL),
    "no control": (Canary(True, 0, exchange("canary", status=400), exchange("x")), Status.ERROR),
}


@pytest.mark.parametrize("name", CANARIES)
def test_silence_at_the_canary_counts_on_this_machine_alone(name: str) -> None:
    canary, status = CANARIES[name]
    assert judged(GATEWAY, {**EMPTY[GATEWAY], "canary": canary})["PAY-ISO-20"].status is status


def lookup(kind: str, result: str, after: float = 0.1, verified: str = "false") -> Lookup:
    octets = fill(ACMT_024, Agreement(), {**FIXED, "original": "M", "verified": verified, "result": result})
    return Lookup(kind, exchange(f"{kind}-0", Answer(after, read_message("answer", octets))))


def code(text: str) -> str:
    return f"<Rsn><Cd>{text}</Cd></Rsn>"


def test_kinds_of_not_found_are_told_apart_by_code_alone() -> None:
    kinds = {"unknown": "BE23", "deregistered": "AC04", "blocked": "AC06"}
    good = [lookup(kind, code(text)) for kind, text in kinds.items()]
    slow = [*good[:2], lookup("blocked", code("AC06"), after=0.9)]
    same = [lookup(kind, code("BE23")) for kind in kinds]
    found = {
        name: judged(GATEWAY, {**EMPTY[GATEWAY], "lookups": Lookups(tuple(many))})["PAY-PRX-02"]
        for name, many in (("good", good), ("slow", slow), ("same", same), ("some", good[:1]))
    }
    assert [found[name].status for name in found] == [Status.PASS, Status.FAIL, Status.FAIL, Status.NOT_TESTED]


def test_the_messages_of_a_mutation_say_where_it_is() -> None:
    octets = fill(BY_NAME["lei-check-digit"].template, Agreement(), FIXED)
    violation = judged(SENDER, {"messages": message(octets)})["PAY-ISO-11-G"].violations[0]
    assert violation.message == "m.xml: an LEI is not valid: its check digits do not verify"
    assert violation.observed.startswith("FIToFICstmrCdtTrf/CdtTrfTxInf/DbtrAgt/FinInstnId/LEI: XTST")


SEALED = """
import os, sys, time
from tests.payments.iso20022.test_judges import EMPTY, GATEWAY, SENDER, judged, message, payments
from conformance.payments.iso20022.samples import FIXED, PACS_008, Agreement, fill

sent = {"messages": message(fill(PACS_008, Agreement(), FIXED))}

def forbidden(event, _):
    if event.startswith(("socket.", "subprocess.", "os.putenv", "open")):
        raise RuntimeError(f"judging did {event}")

def no(*_, **__):
    raise RuntimeError("judging looked at the clock or the environment")

time.time = time.monotonic = no
os.getenv = no
os.environ = None
sys.addaudithook(forbidden)
cells = {**judged(SENDER, sent), **judged(GATEWAY, {**EMPTY[GATEWAY], "exchanges": payments()})}
internal = [f"{cell.requirement} {cell.detail}" for cell in cells.values() if cell.reason == "internal"]
assert not internal, internal
sys.stdout.write(f"judged {len(cells)}")
"""


def test_judging_needs_neither_network_nor_clock_nor_files() -> None:
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", SEALED]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("judged ")
