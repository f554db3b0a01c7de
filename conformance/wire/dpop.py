"""DPoP proofs (RFC 9449 section 4.2), and every way in which one can be wrong in one thing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.wire.exchange import HttpExchange
from conformance.wire.jose import b64, jwk, public_key, thumbprint, unb64, verify
from conformance.wire.jws import SigningKey, compact, new_key, random_id, tampered
from conformance.wire.oauth import error_code, json_object


def proof_claims(method: str, url: str, now: int, token: str = "", nonce: str = "") -> dict[str, Any]:
    """The claims of a proof: jti, htm, htu without query and fragment, iat, and ath and nonce where there are such."""
    claims: dict[str, Any] = {
        "jti": random_id(),
        "htm": method,
        "htu": url.partition("?")[0].partition("#")[0],
        "iat": now,
    }
    if token:
        claims["ath"] = token_hash(token)
    if nonce:
        claims["nonce"] = nonce
    return claims


def token_hash(token: str) -> str:
    """The claim `ath`: base64url of the SHA-256 of the access token."""
    return b64(hashlib.sha256(token.encode()).digest())


def proof(key: SigningKey, claims: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> str:
    """The proof. header: changes of the usual one (`typ`, `alg`, `jwk`)."""
    return compact(key, claims, {"typ": "dpop+jwt", "jwk": key.public_jwk, "kid": None, **(header or {})})


def wrong_proofs(name: str, key: SigningKey, method: str, url: str, *, now: int, token: str, nonce: str) -> list[str]:
    """The DPoP header values of one way to be wrong, one for each header field to send; none for no proof.

    Raises:
        KeyError: no such way.
    """
    claims = proof_claims(method, url, now, token, nonce)
    made: dict[str, list[str]] = {"no-proof": []}
    changed: dict[str, dict[str, Any]] = {
        "wrong-htm": {"htm": "PUT"},
        "wrong-htu": {"htu": "https://other.example/token"},
        "iat-past": {"iat": now - 3600},
        "iat-future": {"iat": now + 3600},
        "iat-10s-past": {"iat": now - 10},
        "iat-10s-future": {"iat": now + 10},
        "htu-query": {"htu": f"{claims['htu']}?x=1"},
        "htu-fragment": {"htu": f"{claims['htu']}#x"},
        "wrong-ath": {"ath": token_hash("another token")},
    }
    without = {"no-jti": "jti", "no-ath": "ath"}
    if name in changed:
        made[name] = [proof(key, {**claims, **changed[name]})]
    elif name in without:
        made[name] = [proof(key, {each: value for each, value in claims.items() if each != without[name]})]
    elif name == "wrong-typ":
        made[name] = [proof(key, claims, {"typ": "JWT"})]
    elif name == "none":
        made[name] = [proof(key, claims, {"alg": "none"})]
    elif name == "private-jwk":
        made[name] = [proof(key, claims, {"jwk": jwk(key.private, private=True)})]
    elif name == "bad-signature":
        made[name] = [tampered(proof(key, claims))]
    elif name == "two-headers":
        made[name] = [proof(key, claims), proof(key, {**claims, "jti": random_id()})]
    elif name == "other-key":
        made[name] = [proof(new_key(), claims)]
    return made[name]


def prover(proofs: Sequence[str], method: str, url: str, *, now: float, token: str) -> str:
    """The thumbprint of the key that one right proof is by, as a resource reads it (RFC 9449 section 4.3); else empty.

    Whether a jti was seen before is left to who remembers.
    """
    try:
        (proof,) = proofs
        header, claims = (json.loads(unb64(each)) for each in proof.split(".")[:2])
        signed, _, signature = proof.rpartition(".")
        genuine = verify(header["alg"], public_key(header["jwk"]), signed.encode(), unb64(signature))
        right = genuine and header["typ"] == "dpop+jwt" and "d" not in header["jwk"] and abs(claims["iat"] - now) <= 300
        wanted = (method, url.partition("?")[0], token_hash(token))
        fits = right and (claims["htm"], claims["htu"], claims["ath"]) == wanted
        return thumbprint(header["jwk"]) if fits and header["alg"] != "none" and claims["jti"] else ""
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


def wants_nonce(exchange: HttpExchange) -> bool:
    """Whether an answer asks for a DPoP nonce (RFC 9449 sections 8 and 9)."""
    if exchange.status not in (400, 401):
        return False
    said = error_code(json_object(exchange)) == "use_dpop_nonce"
    return said or any("use_dpop_nonce" in each for each in exchange.all("www-authenticate"))
