"""The authorization server of the sandbox's issuer: codes, pushed requests, wallet attestations."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from conformance.core.model import Undecided
from conformance.eid.issuer.sandbox_state import (
    CALLBACK,
    CLIENT,
    MAX_WRONG,
    NO_STORE,
    TX_CODE,
    Issuer,
    Reply,
)
from conformance.eid.issuer.tokens import GRANT
from conformance.wire import jose
from conformance.wire.jws import random_id
from conformance.wire.oauth import challenge
from conformance.wire.strict_json import strict_json


def server(issuer: Issuer) -> Reply:
    """RFC 8414, as far as wallets need it."""
    members = {
        "issuer": issuer.identifier,
        "authorization_endpoint": f"{issuer.identifier}/authorize",
        "token_endpoint": f"{issuer.identifier}/token",
        "grant_types_supported": [GRANT] if issuer.has("no-code-flow") else ["authorization_code", GRANT],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["plain"] if issuer.has("no-s256") else ["S256"],
        "token_endpoint_auth_methods_supported": ["none", "attest_jwt_client_auth"],
    }
    if not issuer.has("no-par"):
        members["pushed_authorization_request_endpoint"] = f"{issuer.identifier}/par"
    if not issuer.has("no-dpop"):
        members["dpop_signing_alg_values_supported"] = ["ES256"]
    return 200, members, {}


def push(issuer: Issuer, fields: Mapping[str, str], given: Mapping[str, list[str]]) -> Reply:
    """A pushed request (RFC 9126 section 2)."""
    if not wallet_is_right(issuer, fields):
        return 401, {"error": "invalid_client"}, NO_STORE
    method = given.get("code_challenge_method", ["plain"])[0]
    asked = given.get("code_challenge", [""])[0]
    if (not asked and not issuer.has("no-pkce")) or (asked and method != "S256" and not issuer.has("plain-pkce")):
        return 400, {"error": "invalid_request"}, NO_STORE
    if given.get("client_id") != [CLIENT] or given.get("redirect_uri") != [CALLBACK]:
        return 400, {"error": "invalid_request"}, NO_STORE
    made = f"urn:ietf:params:oauth:request_uri:{random_id()}"
    issuer.pushed[made] = asked
    return 201, {"request_uri": made, "expires_in": 60}, NO_STORE


def authorize(issuer: Issuer, target: str) -> Reply:
    """The authorization endpoint: whoever comes has consented."""
    asked = parse_qs(urlsplit(target).query).get("request_uri", [""])[0]
    if asked not in issuer.pushed or issuer.has("authorize-fails"):
        return 400, {"error": "invalid_request_uri"}, {}
    code = random_id()
    issuer.pushed[code] = issuer.pushed.pop(asked)
    return 303, b"", {"Location": f"{CALLBACK}?{urlencode({'code': code, 'iss': issuer.identifier})}"}


def token(issuer: Issuer, fields: Mapping[str, str], given: Mapping[str, list[str]]) -> Reply:
    """An access token for a code."""
    if not wallet_is_right(issuer, fields):
        return 401, {"error": "invalid_client"}, NO_STORE
    if given.get("grant_type") == ["authorization_code"]:
        code, verifier = (given.get(name, [""])[0] for name in ("code", "code_verifier"))
        asked = issuer.pushed.pop(code, None)
        return granted(issuer, fields) if asked == challenge(verifier) else refused(issuer)
    code = given.get("pre-authorized_code", [""])[0]
    if given.get("grant_type") != [GRANT] or code not in (issuer.code, issuer.spare):
        return refused(issuer)
    if given.get("tx_code") != [TX_CODE] and not issuer.has("tx-ignored"):
        issuer.wrong[code] = issuer.wrong.get(code, 0) + 1
        if issuer.wrong[code] == MAX_WRONG and not issuer.has("tx-tries"):
            issuer.renew(code)
        return refused(issuer)
    if not issuer.has("code-again"):
        issuer.renew(code)
    return granted(issuer, fields)


def refused(issuer: Issuer) -> Reply:
    """RFC 6749 section 5.2."""
    return 400, {"error": "access_denied" if issuer.has("code-error") else "invalid_grant"}, NO_STORE


def granted(issuer: Issuer, fields: Mapping[str, str]) -> Reply:
    """A token, bound to the key of the proof where there is one."""
    issuer.tokens.add(made := random_id())
    bound = (issuer.dpop or "dpop" in fields) and not issuer.has("bearer-token")
    return 200, {"access_token": made, "token_type": "DPoP" if bound else "Bearer", "expires_in": 300}, NO_STORE


def wallet_is_right(issuer: Issuer, fields: Mapping[str, str]) -> bool:
    """Whether a wallet attestation, where there is one, is by the wallets' provider and of now (appendix E)."""
    if "oauth-client-attestation" not in fields:
        return True
    try:
        _, claims, signed = opened(fields["oauth-client-attestation"], issuer.attester)
        _, proof, proven = opened(fields["oauth-client-attestation-pop"], claims["cnf"]["jwk"])
        checks = (
            signed or issuer.has("wallet-forged"),
            claims["exp"] > time.time() or issuer.has("wallet-expired"),
            claims["sub"] == CLIENT,
            proven or issuer.has("wallet-other-key"),
            proof["aud"] == issuer.identifier or issuer.has("wallet-audience"),
        )
    except (ValueError, KeyError, TypeError, Undecided):
        return False
    return all(checks)


def opened(jwt: str, key: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any], bool]:
    """Header and claims of a JWT, and whether its signature is one by the key, ES256."""
    head, body, tail = jwt.split(".")
    right = jose.verify("ES256", jose.public_key(key), f"{head}.{body}".encode(), jose.unb64(tail))
    return strict_json(jose.unb64(head)), strict_json(jose.unb64(body)), right
