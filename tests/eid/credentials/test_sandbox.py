"""The sandbox's verifier meets anything without breaking, and the pieces that it and the makers share are right."""

from __future__ import annotations

import json
import time
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.eid.credentials import base45
from conformance.eid.credentials.checks import Checks, Refused, inflate, read_json
from conformance.eid.credentials.recipe import zeros
from conformance.eid.credentials.sandbox import OPERATIONS, answer
from conformance.eid.credentials.sandbox_cose import read_cbor
from conformance.eid.credentials.vectors import questions, source_of, sources

PATIENT = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

NOW = int(time.time())
CONTROLS = {
    source.data["operation"]: next(q for name in source.groups for q in questions(name, NOW) if q.due == "output")
    for source in sources()
}
TEXT = {
    "jws.verify": "token",
    "id_token.validate": "id_token",
    "dpop.verify": "proof",
    "sd_jwt_vc.verify": "presentation",
    "status_list.check": "token",
    "mdoc.verify": "device_response",
    "claim169_qr.verify": "qr",
}


def test_every_operation_has_a_control() -> None:
    assert set(CONTROLS) == set(OPERATIONS) == set(TEXT)
    for operation, question in CONTROLS.items():
        assert answer(Checks(), operation, question.given)["type"] == "output"


@PATIENT
@given(st.sampled_from(sorted(TEXT)), st.data())
def test_a_changed_text_is_refused_or_harmless_and_never_an_error(operation: str, data: Any) -> None:
    question = CONTROLS[operation]
    text = question.given[TEXT[operation]]
    start = data.draw(st.integers(0, len(text) - 1))
    length = data.draw(st.integers(0, 3))
    middle = data.draw(st.text("ABab01._~-%$ \0é", max_size=3))
    changed = text[:start] + middle + text[start + length :]
    reply = answer(Checks(), operation, {**question.given, TEXT[operation]: changed})
    assert reply["type"] in (("rejected", "output") if changed == text else ("rejected",)), changed


@PATIENT
@given(st.sampled_from(sorted(TEXT)), st.text(max_size=40) | st.binary(max_size=40).map(base45.encode))
def test_any_text_is_refused(operation: str, text: str) -> None:
    reply = answer(Checks(), operation, {**CONTROLS[operation].given, TEXT[operation]: text})
    assert reply["type"] == "rejected", reply


@PATIENT
@given(st.binary(max_size=60))
def test_base45_round_trip(octets: bytes) -> None:
    assert base45.decode(base45.encode(octets)) == octets


@pytest.mark.parametrize(("text", "octets"), [("QED8WEX0", b"ietf!"), ("%69 VD92EX0", b"Hello!!"), ("BB8", b"AB")])
def test_base45_of_rfc_9285(text: str, octets: bytes) -> None:
    assert base45.encode(octets) == text
    assert base45.decode(text) == octets


@PATIENT
@given(st.text(max_size=12))
def test_any_base45_text_is_octets_or_a_value_error(text: str) -> None:
    try:
        octets = base45.decode(text)
    except ValueError:
        return
    assert base45.encode(octets) == text


@PATIENT
@given(st.binary(max_size=40))
def test_any_cbor_is_read_or_refused(octets: bytes) -> None:
    try:
        read_cbor(octets)
    except Refused as refusal:
        code = refusal.code
    else:
        code = "malformed"
    assert code == "malformed"


def test_streams_of_zeros_are_what_they_say() -> None:
    size = 3 * 1_048_576
    assert zlib.decompress(zeros(size, raw=False)) == bytes(size)
    assert zlib.decompress(zeros(size, raw=True), -15) == bytes(size)
    with pytest.raises(Refused, match="size"):
        inflate(zeros(size, raw=False), 15, "malformed")


@pytest.mark.parametrize("octets", [b"[" * 100_000, b'{"a":1,"a":2}', b"NaN", b"\xff", b"", b"1" * 5000])
def test_json_is_strict(octets: bytes) -> None:
    with pytest.raises(Refused):
        read_json(octets)


def test_question_of_a_megabyte_is_answered_at_once() -> None:
    begin = time.process_time()
    for operation, question in CONTROLS.items():
        given = {**question.given, TEXT[operation]: "A" * 1_000_000}
        assert answer(Checks(), operation, json.loads(json.dumps(given)))["type"] == "rejected"
    assert time.process_time() - begin < 3


def test_operation_that_nobody_has() -> None:
    assert answer(Checks(), "x", {})["type"] == "unsupported"
    assert source_of("idqr-legacy").data["operation"] == "claim169_qr.verify"
