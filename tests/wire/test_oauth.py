"""What our OAuth client says, and the keys and proofs that it says it with."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from conformance.wire import dpop, jose, jws, oauth
from conformance.wire.exchange import HttpExchange

KINDS: dict[str, Any] = {"EC": ECKey, "RSA": RSAKey, "OKP": OKPKey}


def answer(body: bytes, kind: str = "application/json") -> HttpExchange:
    now = datetime.now(UTC)
    return HttpExchange("POST", "https://a", 400, (("content-type", kind),), body, now, now, (2, ("127.0.0.1", 1)))


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("alg", ["ES256", "ES384", "ES512", "PS256", "RS256", "EdDSA"])
def test_what_we_sign_another_library_verifies(alg: str) -> None:
    key = jws.new_key(alg, "k")
    token = jws.compact(key, oauth.assertion_claims("suite", "https://op", 100))
    public = KINDS[key.public_jwk["kty"]].import_key(key.public_jwk)
    found = jwt.decode(token, public, algorithms=[alg])
    assert found.header == {"alg": alg, "kid": "k"}
    assert (found.claims["iss"], found.claims["sub"], found.claims["aud"]) == ("suite", "suite", "https://op")
    assert (found.claims["iat"], found.claims["nbf"], found.claims["exp"]) == (100, 100, 160)
    with pytest.raises(Exception, match=r"(?i)signature"):
        jwt.decode(jws.tampered(token), public, algorithms=[alg])


@pytest.mark.parametrize(
    ("alg", "kind"),
    [("ES256", PrivateFormat.PKCS8), ("PS256", PrivateFormat.TraditionalOpenSSL), ("EdDSA", PrivateFormat.PKCS8)],
)
def test_keys_load_from_pem_and_from_jwk(alg: str, kind: PrivateFormat) -> None:
    key = jws.new_key(alg)
    pem = key.private.private_bytes(Encoding.PEM, kind, NoEncryption())
    loaded = jws.load_key(pem)
    assert (loaded.alg, loaded.kid) == (alg, jose.thumbprint(key.public_jwk))
    written = json.dumps({**jose.jwk(key.private, private=True), "kid": "own", "alg": alg}).encode()
    assert jws.load_key(written).kid == "own"
    assert jws.load_key(written, kid="other").public_jwk == loaded.public_jwk


PKCS8 = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
UNUSABLE = {
    "empty": b"",
    "text": b"secret-in-clear",
    "public": b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    "jwk-without-d": json.dumps(jws.new_key().public_jwk).encode(),
    "json": b"{}",
    "nested": b'{"a":' + b"[" * 100_000,
    "x25519": x25519.X25519PrivateKey.generate().private_bytes(*PKCS8),
    "secp256k1": ec.generate_private_key(ec.SECP256K1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    ),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_is_no_key_says_so_without_showing_it(name: str) -> None:
    with pytest.raises(jws.KeyFormatError) as caught:
        jws.load_key(UNUSABLE[name])
    assert "secret" not in str(caught.value)


def test_an_unsigned_token_has_an_empty_signature() -> None:
    assert jws.compact(jws.new_key(), {"a": 1}, {"alg": "none"}).endswith(".")


def test_a_good_proof_is_what_rfc_9449_asks_for() -> None:
    key = jws.new_key()
    claims = dpop.proof_claims("POST", "https://op/token?x=1#y", 100, "token", "nonce")
    found = jwt.decode(dpop.proof(key, claims), ECKey.import_key(key.public_jwk), algorithms=["ES256"])
    assert found.header == {"alg": "ES256", "typ": "dpop+jwt", "jwk": key.public_jwk}
    assert (found.claims["htm"], found.claims["htu"], found.claims["nonce"]) == ("POST", "https://op/token", "nonce")
    # RFC 9449 section 7.1: of its example token.
    example = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
    assert dpop.token_hash(example) == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"


WRONG = {
    "no-proof": 0,
    "two-headers": 2,
    **dict.fromkeys(
        (
            *("wrong-htm", "wrong-htu", "wrong-typ", "none", "private-jwk", "no-jti", "bad-signature", "iat-past"),
            *("iat-future", "iat-10s-past", "iat-10s-future", "htu-query", "htu-fragment", "no-ath", "wrong-ath"),
            "other-key",
        ),
        1,
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_proof_is_wrong_in_one_thing(name: str) -> None:
    key = jws.new_key()
    made = dpop.wrong_proofs(name, key, "POST", "https://op/token", now=100, token="t", nonce="n")
    assert len(made) == WRONG[name]
    for proof in made[:1]:
        header, claims = (json.loads(jose.unb64(part)) for part in proof.split(".")[:2])
        good = dpop.proof_claims("POST", "https://op/token", 100, "t", "n")
        differs = {each for each in {*good, *claims} - {"jti"} if good.get(each) != claims.get(each)}
        differs |= {"jti"} if "jti" not in claims else set()
        usual = {"alg": "ES256", "typ": "dpop+jwt", "jwk": key.public_jwk}
        differs |= {each for each in {*usual, *header} if usual.get(each) != header.get(each)}
        assert len(differs) == (0 if name in ("bad-signature", "two-headers") else 1), differs


def test_a_form_keeps_order_and_repeats() -> None:
    assert oauth.form([("a", "1 2"), ("b", "&"), ("a", "3")]) == "a=1+2&b=%26&a=3"


def test_basic_encodes_before_it_joins() -> None:
    # RFC 6749 section 2.3.1: both are form-encoded first.
    scheme, _, text = oauth.basic("a:b", "c d%").partition(" ")
    assert (scheme, base64.b64decode(text)) == ("Basic", b"a%3Ab:c+d%25")


def test_the_challenge_is_that_of_rfc_7636() -> None:
    assert (
        oauth.challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"error":"invalid_grant"}', "invalid_grant"),
        (b'{"error":5}', ""),
        (b'{"error":"a\\u0007"}', ""),
        (b"[]", ""),
        (b"<", ""),
    ],
)
def test_error_codes_are_read_from_json_alone(body: bytes, code: str) -> None:
    assert oauth.error_code(oauth.json_object(answer(body))) == code


def test_media_types_are_without_parameters() -> None:
    assert oauth.media_type(answer(b"", "Application/JSON; charset=utf-8")) == "application/json"
