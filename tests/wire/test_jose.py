"""The signer against a library that nobody here wrote, and against the examples of the RFCs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.wire import jose

joserfc_jws = pytest.importorskip("joserfc.jws", reason="joserfc is a test dependency")
from joserfc.jwk import import_key  # noqa: E402

PATIENT = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

RSA = rsa.generate_private_key(65537, 2048)
KEYS: dict[str, Any] = {
    "RS256": RSA,
    "RS512": RSA,
    "PS256": RSA,
    "PS384": RSA,
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
    "ES512": ec.generate_private_key(ec.SECP521R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
    "HS256": b"x" * 32,
}


@pytest.mark.parametrize("alg", sorted(KEYS))
def test_joserfc_verifies_what_we_sign_and_we_what_it_signs(alg: str) -> None:
    ours = KEYS[alg]
    theirs = import_key(jose.jwk(ours, private=True))
    token = jose.compact({"alg": alg, "kid": "a"}, {"sub": "é"}, ours)
    assert json.loads(joserfc_jws.deserialize_compact(token, theirs, algorithms=[alg]).payload) == {"sub": "é"}
    other = joserfc_jws.serialize_compact({"alg": alg}, b"payload", theirs, algorithms=[alg])
    text, _, signature = other.rpartition(".")
    public = ours if isinstance(ours, bytes) else ours.public_key()
    assert jose.verify(alg, public, text.encode(), jose.unb64(signature))
    assert not jose.verify(alg, public, text.encode() + b"x", jose.unb64(signature))
    assert not jose.verify("none", public, text.encode(), b"")


def test_signer_does_not_look_at_what_it_signs() -> None:
    token = jose.compact(b'{"alg":"none","alg":"HS256"}', b"NaN", b"secret", alg="HS256")
    head, body, signature = (jose.unb64(part) for part in token.split("."))
    assert (head, body) == (b'{"alg":"none","alg":"HS256"}', b"NaN")
    assert jose.verify("HS256", b"secret", token.rpartition(".")[0].encode(), signature)
    assert jose.compact({"alg": "none"}, {}).endswith(".")
    assert jose.compact({"alg": "ES256"}, {}, KEYS["RS256"], alg="RS256").count(".") == 2
    assert jose.with_signature("a.b.c", b"\0") == "a.b.AA"


def test_algorithm_and_key_of_different_families_are_refused() -> None:
    for alg, key in (("ES256", RSA), ("RS256", KEYS["ES256"]), ("HS256", RSA), ("XX256", RSA), ("RS999", RSA)):
        with pytest.raises(ValueError, match="no signature"):
            jose.sign(alg, key, b"")
    assert not jose.verify("ES256", KEYS["ES384"].public_key(), b"", b"\0" * 96)
    assert not jose.verify("HS256", RSA.public_key(), b"", b"")


@pytest.mark.parametrize("alg", [each for each in sorted(KEYS) if each != "HS256"])
def test_jwk_round_trip(alg: str) -> None:
    key = KEYS[alg]
    private = jose.jwk(key, private=True, kid="k")
    assert jose.jwk(jose.private_key(private), private=True, kid="k") == private
    assert jose.jwk(jose.public_key(private), kid="k") == jose.jwk(key, kid="k")
    assert jose.thumbprint(private) == import_key(jose.jwk(key)).thumbprint()


def test_thumbprint_of_rfc_7638() -> None:
    key = {
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiF"
        "V4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA"
        "ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
        "kEgU8awapJzKnqDKgw",
        "e": "AQAB",
        "alg": "RS256",
        "kid": "2011-04-29",
    }
    assert jose.thumbprint(key) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.mark.parametrize("text", ["A", "AB==", "A+", "AB", "A B", "AA\n"])
def test_base64url_has_one_spelling(text: str) -> None:
    with pytest.raises(ValueError, match=r"base64url|trailing"):
        jose.unb64(text)


@PATIENT
@given(st.binary(max_size=64))
def test_base64url_round_trip(data: bytes) -> None:
    assert jose.unb64(jose.b64(data)) == data


@PATIENT
@given(st.dictionaries(st.sampled_from(["kty", "crv", "n", "e", "x", "y"]), st.text("AB_-=é", max_size=50) | st.none()))
def test_any_jwk_is_a_key_or_a_value_error(value: dict[str, Any]) -> None:
    for kty in ("RSA", "EC", "OKP", "oct"):
        try:
            jose.public_key({**value, "kty": kty, "crv": {"EC": "P-256", "OKP": "Ed25519"}.get(kty)})
        except ValueError:
            continue
