"""The credential endpoint of the sandbox's issuer: access, requests, proofs and attestations."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from conformance.core.model import Undecided
from conformance.eid.issuer.requesting import PROOF_TYPE
from conformance.eid.issuer.sandbox_issue import issued, licence
from conformance.eid.issuer.sandbox_server import opened
from conformance.eid.issuer.sandbox_state import CONFIGURATION, LICENCE, NO_STORE, Issuer, Reply
from conformance.wire import jose
from conformance.wire.jws import new_key
from conformance.wire.strict_json import strict_json

BATCH = 5
WINDOW_SECONDS = 300


def refusal(issuer: Issuer, code: str) -> Reply:
    """OpenID4VCI section 8.3.1.2."""
    if code in ("invalid_proof", "invalid_nonce") and issuer.has("proof-500"):
        return 500, {"error": "server_error"}, {}
    wrong = code.endswith("_request") or code.startswith("unknown")
    wrong = wrong and issuer.has("wrong-code")
    return 400, {"error": "bad_thing" if wrong else code}, NO_STORE


def credential(issuer: Issuer, target: str, fields: Mapping[str, str], body: bytes) -> Reply:
    """OpenID4VCI section 8."""
    if not allowed(issuer, target, fields):
        return 401, {"error": "invalid_token"}, {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    try:
        asked = strict_json(body)
    except Undecided:
        return refusal(issuer, "invalid_credential_request")
    if code := wrong_request(issuer, asked):
        return refusal(issuer, code)
    if "proofs" not in asked:
        return issued(issuer, [new_key().public_jwk])
    keys = []
    for text in asked["proofs"]["jwt"][:BATCH]:
        code, key = check_proof(issuer, text)
        if code:
            return refusal(issuer, code)
        keys.append(key)
    return (licence if asked.get("credential_configuration_id") == LICENCE else issued)(issuer, keys)


def allowed(issuer: Issuer, target: str, fields: Mapping[str, str]) -> bool:
    """Whether the request carries an access token in its Authorization field."""
    scheme, _, given = fields.get("authorization", "").partition(" ")
    in_url = parse_qs(urlsplit(target).query).get("access_token", [""])[0]
    proven = scheme.lower() == "dpop" and proof_is_right(issuer, fields.get("dpop", ""), given)
    bearer = scheme.lower() == "bearer" and (not issuer.dpop or issuer.has("bearer-downgrade"))
    if (proven or bearer) and (given in issuer.tokens or (given and issuer.has("any-token"))):
        return True
    if issuer.has("query-token") and in_url in issuer.tokens:
        return True
    return issuer.has("no-token") and not given and not in_url


def proof_is_right(issuer: Issuer, text: str, token: str) -> bool:
    """Whether a DPoP proof is of this request and token, as far as the suite's own can be wrong (RFC 9449)."""
    try:
        head, body, tail = text.split(".")
        header, claims = strict_json(jose.unb64(head)), strict_json(jose.unb64(body))
        key = jose.public_key(header["jwk"])
        signed = jose.verify("ES256", key, f"{head}.{body}".encode(), jose.unb64(tail))
    except (ValueError, KeyError, Undecided):
        return False
    digest = jose.b64(hashlib.sha256(token.encode()).digest())
    return signed and claims.get("htu") == f"{issuer.identifier}/credential" and claims.get("ath") == digest


def wrong_request(issuer: Issuer, asked: Mapping[str, Any]) -> str:
    """An error code, empty for a right request (OpenID4VCI section 8.2)."""
    named = [name for name in ("credential_configuration_id", "credential_identifier") if name in asked]
    if len(named) != 1:
        return "invalid_credential_request"
    if asked[named[0]] not in (CONFIGURATION, LICENCE) and not issuer.has("any-configuration"):
        return "unknown_credential_configuration"
    if "credential_response_encryption" in asked and not issuer.has("encryption-ignored"):
        return "invalid_encryption_parameters"
    if "proofs" not in asked and issuer.has("no-proof"):
        return ""
    return "" if list(asked.get("proofs", {})) == ["jwt"] else "invalid_proof"


def check_proof(issuer: Issuer, text: str) -> tuple[str, Mapping[str, Any]]:
    """An error code, empty for a right proof, and the key that it is by (OpenID4VCI appendix F.4)."""
    try:
        head, body, tail = text.split(".")
        header, claims, signature = strict_json(jose.unb64(head)), strict_json(jose.unb64(body)), jose.unb64(tail)
        key = jose.public_key(header["jwk"])
        attested = key_is_attested(issuer, header)
    except (ValueError, KeyError, TypeError, Undecided):
        return "invalid_proof", {}
    none = header.get("alg") == "none" and issuer.has("none")
    right = header.get("alg") == "ES256" and jose.verify("ES256", key, f"{head}.{body}".encode(), signature)
    late = time.time() - claims.get("iat", 0)
    checks = (
        header.get("typ") == PROOF_TYPE or issuer.has("typ-ignored"),
        right or none or (issuer.has("signature-ignored") and header.get("alg") == "ES256"),
        "d" not in header["jwk"] or issuer.has("private-jwk"),
        claims.get("aud") == issuer.identifier or issuer.has("aud-ignored"),
        late < WINDOW_SECONDS or issuer.has("past-proof"),
        -late < WINDOW_SECONDS or issuer.has("future-proof"),
        attested,
    )
    if not all(checks):
        return "invalid_proof", {}
    if not issuer.knows(claims.get("nonce")) and not issuer.has("nonce-ignored"):
        return "invalid_nonce", {}
    return "", {name: value for name, value in header["jwk"].items() if name != "d"}


def key_is_attested(issuer: Issuer, header: Mapping[str, Any]) -> bool:
    """Whether a key attestation, where there is one, is by the wallets' provider and of this key (appendix D.1)."""
    if "key_attestation" not in header:
        return True
    head, claims, signed = opened(header["key_attestation"], issuer.attester)
    members = ("kty", "crv", "x", "y")
    keys = [[each.get(name) for name in members] for each in claims["attested_keys"]]
    checks = (
        head["typ"] == "key-attestation+jwt",
        signed or issuer.has("attestation-forged"),
        claims["exp"] > time.time() or issuer.has("attestation-expired"),
        [header["jwk"].get(name) for name in members] in keys or issuer.has("attestation-other-key"),
    )
    return all(checks)
