"""The vectors: made anew they are the same, their schema holds, and a sound reader answers each as it should."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from jsonschema import Draft202012Validator

from conformance.core.paths import vectors_dir
from conformance.core.profile import load_profile
from conformance.payments.qr.cases import REASONS, shipped_cases, vectors_file
from conformance.payments.qr.reader import Habits, answer
from conformance.payments.qr.vectors import all_cases, text
from tests.payments.qr.known import ANNEX_B7, KNOWN


def test_the_file_is_what_the_generator_makes() -> None:
    assert vectors_file().read_text(encoding="utf-8") == text()
    assert all_cases() == shipped_cases()


def test_the_file_keeps_its_schema() -> None:
    schema = json.loads((vectors_dir() / "schema" / "payments-qr.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(vectors_file().read_bytes()))


def test_there_are_enough_of_each_kind() -> None:
    cases = shipped_cases()
    assert len(cases) >= 400
    schemes = {case.scheme for case in cases}
    assert schemes >= {"paynow", "duitnow", "promptpay", "qris", "qrph", "vietqr", "khqr", "laoqr", "mmqr"}
    for scheme in schemes:
        results = {case.result for case in cases if case.scheme == scheme}
        assert results >= {"output"} | ({"rejected"} if scheme != "sandbox-xb" else set())


def test_every_group_is_asked_for_and_every_requirement_has_cases() -> None:
    requirements = load_profile("asean").requirements.values()
    asked = {group for each in requirements if "qr-reader" in each.roles for group in each.params["groups"]}
    assert asked == {case.group for case in shipped_cases()}


def test_every_refusal_has_a_control_that_is_accepted() -> None:
    by_id = {case.id: case for case in shipped_cases()}
    for case in shipped_cases():
        if case.result == "rejected":
            assert by_id[case.control].result == "output"
            assert by_id[case.control].operation == case.operation
            assert by_id[case.control].scheme == case.scheme
            assert "invalid" in case.reasons
        assert set(case.reasons) <= set(REASONS)


@pytest.mark.parametrize("case", shipped_cases(), ids=lambda case: case.id)
def test_a_sound_reader_answers_as_it_should(case: object) -> None:
    from conformance.payments.qr.cases import Case  # noqa: PLC0415

    assert isinstance(case, Case)
    reply = answer(case.operation, case.question, KNOWN, Habits())
    if case.result == "output":
        assert reply["type"] == "output", reply
        assert {path: reply["output"]["fields"].get(path) for path in case.fields} == dict(case.fields)
    elif case.result == "rejected":
        assert reply == {"type": "rejected", "code": reply.get("code")}
        assert reply["code"] in case.reasons
    else:
        assert reply["type"] in ("output", "rejected")
    if reply["type"] == "output" and case.operation == "qr.validate":
        output = reply["output"]
        assert case.routed is None or output["scheme"].upper() == case.routed.upper()
        assert case.editable is None or output["amount_editable"] == case.editable
        assert set(case.ask) <= set(output["ask"])


def test_payloads_are_distinct_where_they_are_not_controls() -> None:
    asked = Counter((case.operation, case.payload, case.repeated, case.group) for case in shipped_cases())
    assert [key for key, count in asked.items() if count > 1] == []


def test_the_standards_example_is_the_only_code_from_elsewhere() -> None:
    (example,) = [case for case in shipped_cases() if case.id == "emvco-annex-b7"]
    assert example.payload == ANNEX_B7
