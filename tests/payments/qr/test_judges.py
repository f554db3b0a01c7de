"""The judges: green on sound evidence, red on broken, and never green on nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from conformance.areas import AREAS
from conformance.core.judge import Bundle, Outcome, judge_one
from conformance.core.judging import load_judges
from conformance.core.model import Service, Status, Target
from conformance.core.profile import load_profile
from conformance.payments.qr.cases import shipped_cases
from conformance.payments.qr.evidence import Answer, Answers, Changes, Payload, Payloads
from conformance.payments.qr.parse import read
from conformance.payments.qr.reader import Habits, answer
from conformance.payments.qr.sandbox_issuer import SETS
from conformance.payments.qr.schemes import shipped_schemes
from tests.payments.qr.known import KNOWN, SOUND, STATIC, dynamic

PROFILE = load_profile("asean")
JUDGES = load_judges(AREAS)
ISSUER = [each for each in PROFILE.requirements.values() if "qr-issuer" in each.roles]
READER = [each for each in PROFILE.requirements.values() if "qr-reader" in each.roles]
AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def outcome(requirement_id: str, record: Payloads | Answers, country: str = "XA") -> Outcome:
    name = "qr_payloads" if isinstance(record, Payloads) else "qr_answers"
    from conformance.core.judge import Case  # noqa: PLC0415

    requirement = PROFILE.requirements[requirement_id]
    service = Service("codes", requirement.roles[0])
    target = Target("t", country, "T", (service,))
    case = Case(target, service, (requirement,), (requirement_id,), {}, {})
    return judge_one(requirement, JUDGES[requirement_id], case, Bundle({name: record}, {}, AT, {}))


def payloads(*texts: str, country: str = "XA", cross_border: bool = False) -> Payloads:
    items = tuple(Payload(f"payload {number}", cross_border, read(text)) for number, text in enumerate(texts, 1))
    return Payloads(country, shipped_schemes(), items)


def whole(country: str = "XA") -> Payloads:
    items = tuple(Payload(each.name, each.cross_border, read(each.payload)) for each in SETS[country]())
    return Payloads(country, shipped_schemes(), items)


def asked(habits: Habits | None = None, *groups: str) -> Answers:
    items = []
    for case in shipped_cases():
        if groups and case.group not in groups:
            continue
        reply = answer(case.operation, case.question, KNOWN, habits or Habits())
        output = reply.get("output", {})
        fields = {path: output["fields"][path] for path in case.fields if path in output["fields"]} if output else None
        ask = tuple(output["ask"]) if "ask" in output else None
        items.append(
            Answer(
                case,
                reply["type"],
                reply.get("code", ""),
                0.001,
                fields=fields,
                routed=output.get("scheme"),
                editable=output.get("amount_editable"),
                ask=ask,
            )
        )
    return Answers("ours 1", (), tuple(items))


@pytest.mark.parametrize("requirement", ISSUER, ids=lambda each: each.id)
def test_a_sound_issuer_is_green(requirement: object) -> None:
    assert outcome(requirement.id, whole()).status is Status.PASS  # type: ignore[attr-defined]


@pytest.mark.parametrize("requirement", ISSUER, ids=lambda each: each.id)
def test_no_payload_decides_nothing(requirement: object) -> None:
    seen = outcome(requirement.id, payloads())  # type: ignore[attr-defined]
    assert (seen.status, seen.reason) == (Status.ERROR, "not-observable")


SOUND_READER = asked()


@pytest.mark.parametrize("requirement", READER, ids=lambda each: each.id)
def test_a_sound_reader_is_green(requirement: object) -> None:
    seen = outcome(requirement.id, SOUND_READER)  # type: ignore[attr-defined]
    assert seen.status is Status.PASS, seen.violations[:3]


@pytest.mark.parametrize("requirement", READER, ids=lambda each: each.id)
def test_no_answer_decides_nothing(requirement: object) -> None:
    seen = outcome(requirement.id, Answers("none", (), ()))  # type: ignore[attr-defined]
    assert (seen.status, seen.reason) == (Status.NOT_TESTED, "unsupported")


@pytest.mark.parametrize("requirement", READER, ids=lambda each: each.id)
def test_a_reader_that_refuses_everything_passes_nothing_but_what_is_free(requirement: object) -> None:
    items = tuple(
        replace(each, word="rejected", text="invalid", fields=None, routed=None, editable=None, ask=None)
        for each in SOUND_READER.items
    )
    seen = outcome(requirement.id, Answers("refuses", (), items))  # type: ignore[attr-defined]
    free = {"PAY-QR-24", "PAY-QR-11-R"}  # any answer will do; a refusal is one of two that will do
    assert (seen.status is Status.PASS) == (requirement.id in free)  # type: ignore[attr-defined]


@pytest.mark.parametrize("requirement", READER, ids=lambda each: each.id)
def test_a_reader_that_fails_passes_nothing(requirement: object) -> None:
    items = tuple(replace(each, word="error", text="boom", broken=True, fields=None) for each in SOUND_READER.items)
    assert outcome(requirement.id, Answers("fails", (), items)).status is not Status.PASS  # type: ignore[attr-defined]


def test_a_failure_is_no_refusal() -> None:
    """A crash on bad codes alone, the sound ones accepted: undecided, never pass."""
    items = tuple(
        replace(each, word="error", text="boom", broken=True) if each.case.result == "rejected" else each
        for each in SOUND_READER.items
    )
    seen = outcome("PAY-QR-02", Answers("crashes", (), items))
    assert (seen.status, seen.reason) == (Status.ERROR, "harness")


def test_another_reason_is_a_violation() -> None:
    items = tuple(
        replace(each, text="unsupported-scheme") if each.case.id == "emvco-crc-0" else each
        for each in SOUND_READER.items
    )
    seen = outcome("PAY-QR-02", Answers("confused", (), items))
    assert [each.observed for each in seen.violations] == ["unsupported-scheme"]


def test_a_refusal_without_its_control_does_not_count() -> None:
    items = tuple(
        replace(each, word="rejected", text="invalid") if each.case.result == "output" else each
        for each in SOUND_READER.items
    )
    seen = outcome("PAY-QR-08-R", Answers("shy", (), items))
    assert (seen.status, seen.reason) == (Status.ERROR, "control-failed")


def test_an_operation_that_is_not_there_is_not_tested() -> None:
    items = tuple(
        replace(each, word="unsupported", text="no validation") if each.case.operation == "qr.validate" else each
        for each in SOUND_READER.items
    )
    seen = outcome("PAY-QR-12-R", Answers("parser", (), items))
    assert (seen.status, seen.reason) == (Status.NOT_TESTED, "unsupported")
    assert outcome("PAY-QR-02", Answers("parser", (), items)).status is Status.PASS


def test_a_slow_answer_and_a_broken_change_are_violations() -> None:
    slow = tuple(replace(each, seconds=1.5) if each.case.group == "hostile" else each for each in SOUND_READER.items)
    assert outcome("PAY-QR-24", Answers("slow", (), slow)).status is Status.FAIL
    changes = (Changes("hostile-changes-emvco", 9, {"error": 1}, 0.1, ("0002",)),)
    assert outcome("PAY-QR-24", replace(SOUND_READER, changes=changes)).status is Status.FAIL


def test_outputs_without_fields_say_nothing_of_fields() -> None:
    items = tuple(replace(each, fields=None) for each in SOUND_READER.items)
    seen = outcome("PAY-QR-30", Answers("silent", (), items))
    assert (seen.status, seen.reason) == (Status.ERROR, "not-observable")


@pytest.mark.parametrize("country", ["BN", "TL"])
@pytest.mark.parametrize("requirement_id", ["PAY-QR-13", "PAY-QR-14-G", "PAY-QR-25"])
def test_what_no_document_says_is_not_tested(country: str, requirement_id: str) -> None:
    currency = "096" if country == "BN" else "840"
    code = dynamic(("26", (("00", "TEST.HIDDEN"), ("01", "1"))), ("53", currency), ("58", country))
    seen = outcome(requirement_id, payloads(code, country=country), country)
    assert (seen.status, seen.reason) == (Status.NOT_TESTED, "not-published")


def test_what_a_document_might_allow_is_not_held_against_it() -> None:
    short = dynamic(("53", "096"), ("58", "BN"), without=("60",))
    seen = outcome("PAY-QR-26", payloads(short, country="BN"), "BN")
    assert (seen.status, seen.reason) == (Status.NOT_TESTED, "not-published")


def test_a_code_for_nobody_in_particular_is_not_cross_border() -> None:
    seen = outcome("PAY-QR-15", payloads(SOUND))
    assert seen.status is Status.NOT_APPLICABLE
    assert outcome("PAY-QR-15", payloads(SOUND, cross_border=True)).status is Status.PASS


def test_a_code_of_no_scheme_says_nothing_of_the_dialect() -> None:
    code = dynamic(("26", (("00", "TEST.NOBODY"), ("01", "1"))))
    seen = outcome("PAY-QR-25", payloads(code))
    assert (seen.status, seen.reason) == (Status.ERROR, "not-observable")


def test_what_is_not_there_is_not_applicable() -> None:
    for requirement_id in ("PAY-QR-04-G", "PAY-QR-12-G", "PAY-QR-19-G", "PAY-QR-20-G", "PAY-QR-21", "PAY-QR-15-S"):
        assert outcome(requirement_id, payloads(STATIC)).status is Status.NOT_APPLICABLE, requirement_id


def test_sandbox_codes_are_none_in_a_real_country() -> None:
    assert outcome("PAY-QR-16-G", payloads(STATIC, country="SG"), "SG").status is Status.FAIL
    assert outcome("PAY-QR-16-G", payloads(STATIC)).status is Status.PASS


def test_templates_of_manifests_are_shipped(tmp_path: Path) -> None:
    from conformance.commands.init import init_manifest  # noqa: PLC0415
    from conformance.core.target import load_target  # noqa: PLC0415

    for role in ("qr-issuer", "qr-reader"):
        init_manifest(role, "XA", tmp_path / f"{role}.toml", "text")
        assert load_target(tmp_path / f"{role}.toml").services[0].role == role
