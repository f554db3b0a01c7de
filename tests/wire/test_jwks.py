"""A JWK Set as raw JSON: what libraries hide is seen, and hostile sets are bounded."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.core.model import Reason, Undecided
from conformance.wire import jose, jwks

PATIENT = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

EC = ec.generate_private_key(ec.SECP256R1())


def facts(**members: Any) -> jwks.KeyFacts:
    return jwks.scan(json.dumps({"keys": [members]}).encode()).keys[0]


def test_facts_of_a_good_key() -> None:
    key = facts(**jose.jwk(EC, kid="a", use="sig", alg="ES256", x5c=["AA"]))
    assert (key.kty, key.kid, key.use, key.alg, key.crv) == ("EC", "a", "sig", "ES256", "P-256")
    assert (key.private, key.bits, key.on_curve, key.certificates, key.trouble) == ((), 256, True, 1, "")


def test_private_members_are_named() -> None:
    assert facts(**jose.jwk(EC, private=True)).private == ("d",)
    assert facts(**jose.jwk(b"secret")).private == ("k",)


def test_weak_rsa_keys_are_measured_not_loaded() -> None:
    key = facts(kty="RSA", n=jose.b64(b"\x80" + bytes(62) + b"\x01"), e="Aw")
    assert (key.bits, key.exponent, key.trouble) == (512, 3, "")


def test_point_off_the_curve() -> None:
    good = jose.jwk(EC)
    assert not facts(**{**good, "x": good["y"], "y": good["x"]}).on_curve
    assert facts(**{**good, "y": "!"}).trouble
    assert facts(**{**jose.jwk(ed25519.Ed25519PrivateKey.generate()), "x": "AAAA"}).trouble == "3 octets"
    assert "not known" in facts(kty="EC", crv="secp256k1", x="AA", y="AA").trouble


def test_duplicates() -> None:
    found = jwks.scan(
        b'{"keys":[{"kty":"oct","kid":"A","kid":"b"},{"kid":"B"},3,{"kid":7}],"keys":[{"kid":"x"},{"kid":"X"}]}'
    )
    assert found.duplicate_members == ("kid", "keys")
    assert found.duplicate_kids == ("x",)
    assert [each.kid for each in found.keys] == ["x", "X"]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"<html>", "JSONDecodeError"),
        (b"[]", "list of keys"),
        (b'{"keys":{}}', "list of keys"),
        (b'{"keys":[NaN]}', "not a number"),
        (b"[" * 100_000, "depth"),
        (b"\xff", "UnicodeDecodeError"),
        (b'{"keys":[' + b"9" * 5000 + b"]}", "ValueError"),
        (b" " * 1_100_000, "size"),
    ],
)
def test_what_is_no_set_has_a_reason(data: bytes, word: str) -> None:
    with pytest.raises(Undecided, match=word) as error:
        jwks.scan(data)
    assert error.value.reason is Reason.JSON


def test_ten_thousand_keys_are_counted() -> None:
    found = jwks.scan(json.dumps({"keys": [{"kty": "oct"}] * 10_000}).encode())
    assert (found.count, len(found.keys)) == (10_000, jwks.MAX_KEYS)


@PATIENT
@given(st.binary(max_size=80) | st.text('[]{}",:1nulkeysd', max_size=40).map(str.encode))
def test_any_octets_are_a_set_or_have_a_reason(data: bytes) -> None:
    for text in (data, b'{"keys":[' + data + b"]}"):
        with contextlib.suppress(Undecided):
            jwks.scan(text)
