"""What the sandbox's provider signs: ID tokens, access tokens (RFC 9068), UserInfo. Nobody in it is real."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from conformance.eid.op.id_tokens import half_hash
from conformance.eid.op.sandbox import Reply, State, now, reply_json
from conformance.eid.op.sandbox_login import acr_of
from conformance.wire.jws import compact, new_key, tampered

SUBJECT = "pairwise-5b1c9f0e-xa-4711"
NATIONAL_NUMBER = "1234567890121"
"""Thirteen digits whose check digit is that of a Thai number, of nobody: no number begins with 1234567890."""


def subject(state: State) -> str:
    """The user's subject."""
    return NATIONAL_NUMBER if state.has("national-number-subject") else SUBJECT


def requested(params: Mapping[str, str], where: str) -> Mapping[str, Any]:
    """Claims that the request names for the ID token or UserInfo."""
    try:
        found = json.loads(params.get("claims", "{}")).get(where) or {}
    except (ValueError, AttributeError):
        return {}
    return found if isinstance(found, dict) else {}


def person(state: State, found: Mapping[str, Any]) -> dict[str, Any]:
    """UserInfo of the one user."""
    sub = f"{subject(state)}-x" if state.has("userinfo-other-subject") else subject(state)
    claims: dict[str, Any] = {"sub": sub}
    if "profile" in found["scope"].split() or state.has("excess-claims"):
        birthdate = "1990/02/03" if state.has("birthdate-shape") else "1990-02-03"
        claims |= {"name": "Test Person", "given_name": "Test", "family_name": "Person", "birthdate": birthdate}
    if "verified_claims" in requested(found["params"], "userinfo"):
        verification = {"trust_framework": "sandbox", "assurance_level": "substantial"}
        claims["verified_claims"] = {"verification": verification, "claims": {"family_name": "Person"}}
    return claims


def id_token(state: State, client_id: str, params: Mapping[str, str], login_at: float, value: str) -> str:
    """An ID token, encrypted where the policy says so."""
    key = state.keys[0]
    begin: float = int(now())
    claims: dict[str, Any] = {
        "iss": state.issuer,
        "sub": subject(state),
        "aud": [client_id, "another-client"] if state.has("audiences-without-azp") else client_id,
        "exp": int(begin) + (7200 if state.has("id-token-long-lived") else 300),
        "iat": begin + 0.5 if state.has("dates-with-fractions") else begin,
        "at_hash": half_hash(key.alg, "another" if state.has("wrong-at-hash") else value),
        "acr": acr_of(state, params),
    }
    nonce = params.get("nonce", "invented" if state.has("invented-nonce") else "")
    if nonce:
        claims["nonce"] = nonce[:32] if state.has("nonce-cut") else nonce
    asked = requested(params, "id_token")
    if "max_age" in params or "auth_time" in asked:
        claims["auth_time"] = int(login_at)
    if "amr" in asked and not state.has("no-amr"):
        claims["amr"] = ["pwd"]
    signer = new_key(key.alg, key.kid) if state.has("id-token-wrong-key") else key
    token = compact(signer, claims)
    encryption = state.clients[client_id].encryption
    if encryption is None or not state.policy.encrypted or state.has("not-encrypted"):
        return token
    made = encrypted(token, encryption)
    return tampered(made) if state.has("encryption-spoiled") else made


def encrypted(token: str, jwk: Mapping[str, Any]) -> str:
    """A JWT inside a JWE for the client's key."""
    from joserfc import jwe  # noqa: PLC0415 - only where something is encrypted
    from joserfc.jwk import ECKey  # noqa: PLC0415

    header = {"alg": "ECDH-ES+A256KW", "enc": "A256CBC-HS512", "cty": "JWT", "kid": jwk["kid"]}
    key = ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y")})
    return jwe.encrypt_compact(header, token.encode(), key, algorithms=["ECDH-ES+A256KW", "A256CBC-HS512"])


def access_token(state: State, client_id: str, scope: str, cnf: Mapping[str, str]) -> str:
    """A JWT access token (RFC 9068)."""
    claims: dict[str, Any] = {
        "iss": state.issuer,
        "sub": subject(state),
        "aud": f"{state.issuer}/userinfo",
        "client_id": client_id,
        "scope": scope,
        "exp": int(now()) + 300,
        "iat": int(now()),
        "jti": secrets.token_urlsafe(18),
    }
    if cnf and not (state.has("token-not-bound") or state.has("certificate-not-named")):
        claims["cnf"] = dict(cnf)
    return compact(state.keys[0], claims, {"typ": "JWT" if state.has("plain-jwt-token") else "at+jwt"})


def signed_userinfo(state: State, client_id: str, claims: Mapping[str, Any]) -> Reply:
    """UserInfo as a JWT."""
    audience = {} if state.has("userinfo-without-aud") else {"aud": client_id}
    given = reply_json(200, {})
    token = compact(state.keys[0], {**claims, "iss": state.issuer, **audience})
    return Reply(200, token.encode(), (("Content-Type", "application/jwt"), *given.fields[1:]))
