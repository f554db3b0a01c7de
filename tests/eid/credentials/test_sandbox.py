"""The sandbox's verifier meets anything without breaking, and the pieces that it and the makers share are right."""

from __future__ import annotations

import json
import time
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.eid.credentials import base45, sandbox_vds
from conformance.eid.credentials.checks import Checks, Refused, inflate, read_json
from conformance.eid.credentials.recipe import zeros
from conformance.eid.credentials.sandbox import OPERATIONS, answer
from conformance.eid.credentials.sandbox_cose import read_cbor
from conformance.eid.credentials.vectors import questions, source_of, sources
from tests.eid.credentials.make import vds

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
    "vds.verify": "seal",
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


def test_a_disclosure_without_its_tilde_is_refused() -> None:
    """It would be taken for a key binding that nobody asked for, and the claim would be gone."""
    question = CONTROLS["sd_jwt_vc.verify"]
    assert question.given["key_binding"] is None
    for count in (1, 2, 3):
        changed = {**question.given, "presentation": question.given["presentation"][:-count]}
        assert answer(Checks(), "sd_jwt_vc.verify", changed) == {"type": "rejected", "code": "malformed"}


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


RESIDENCE = """
dc036abc6d32c8a727390f71341145f4fb0602305cba135875976ec066d417b59e8c6abc133c133c133c133c3fef3a2938ee43f1593d1ae52dbb
26751fe64b7c133c136b0306d79519a65306ff40158cf5b0bb7fbda099e8e7c94abefc9677b2e71e9885f5cd9057a8bfcf930a6046bcf897650a
f8f9b0343c034d2f64ce081f95fbf3d01292d1f8165ece27d327"""
INSURANCE = """
dc026abc6d32c8a519fc0f7134116d04fc0401083fee456d2de019a8020b506572736368776569c39f03054f7363617204134ac3a2636f62c3a9
6e69646963747572697573ff40582ed05cb05049b4fe49744d5e70a1982f8b7afb1e90259ce47ba9907efcf59483f0a0b421ec760d6fd2284bba
c37e136f1e3be6e14a6f6bc012110cff919d0f"""


@pytest.mark.parametrize(
    ("text", "reference", "head", "tag", "value"),
    [
        (RESIDENCE, "27", 18, "03", "d79519a65306"),
        (INSURANCE, "00027", 18, "03", "4f73636172"),
    ],
)
def test_seals_that_were_worked_out_by_others_are_read(
    text: str, reference: str, head: int, tag: str, value: str
) -> None:
    octets = bytes.fromhex(text.replace("\n", ""))
    seal = sandbox_vds.parsed(Checks(), octets)
    assert (seal.country, seal.signer, seal.reference) == ("D  ", "DETS", reference)
    assert (seal.head, len(seal.signature)) == (head, 64)
    assert seal.features[tag].hex() == value
    assert seal.signed == octets[:-66]
    assert sandbox_vds.c40(bytes.fromhex("d79519a65306")) == "UFO001979"
    assert [vds.c40(each) for each in ("D<<", "DETS0227", "UFO001979")] == ["6abc", "6d32c8a72739", "d79519a65306"]
    assert vds.date(1, 1, 2020) == "0f7134"


@PATIENT
@given(st.text("ABCXYZ019 ", max_size=20))
def test_c40_round_trip(text: str) -> None:
    assert sandbox_vds.c40(bytes.fromhex(vds.c40(text))) == text


def test_operation_that_nobody_has() -> None:
    assert answer(Checks(), "x", {})["type"] == "unsupported"
    assert source_of("idqr-legacy").data["operation"] == "claim169_qr.verify"
