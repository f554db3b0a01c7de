"""What the sandbox's provider checks of clients, assertions and proofs; each check can be switched off by a fault."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from conformance.eid.op.jwe import Unreadable, part
from conformance.eid.op.sandbox import Registered, Reply, Request, State, error, now
from conformance.eid.op.sandbox_certificates import authenticated
from conformance.wire import jose
from conformance.wire.jose import PublicKey
from conformance.wire.oauth import ASSERTION_TYPE

LEEWAY_SECONDS, LONGEST_SECONDS, PROOF_SECONDS = 30, 3600, 300
ALGORITHMS = frozenset({"ES256", "PS256", "EdDSA"})


class Refused(Exception):  # noqa: N818 - an answer
    """What the provider answers instead."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def authenticate(state: State, request: Request, endpoint: str) -> Registered:
    """The client that a request comes from. Raises Refused."""
    if request.get("client_assertion"):
        return by_assertion(state, request, endpoint)
    authorization = request.header("authorization")
    if authorization.lower().startswith("basic "):
        return by_secret(state, authorization)
    if found := authenticated(state, request):
        return found
    lenient = {"par": "push-without-authentication", "token": "token-without-authentication"}.get(endpoint, "")
    client = state.clients.get(request.get("client_id"))
    if client and state.has(lenient):
        return client
    raise Refused(error(401, "invalid_client"))


def by_secret(state: State, authorization: str) -> Registered:
    """client_secret_basic."""
    import base64  # noqa: PLC0415

    try:
        text = base64.b64decode(authorization[6:], validate=True).decode()
    except ValueError:
        raise Refused(error(401, "invalid_client", ("WWW-Authenticate", "Basic"))) from None
    name, _, secret = text.partition(":")
    client = state.clients.get(unquote_plus(name))
    if client is None or not client.secret or unquote_plus(secret) != client.secret:
        raise Refused(error(401, "invalid_client", ("WWW-Authenticate", "Basic")))
    return client


def by_assertion(state: State, request: Request, endpoint: str) -> Registered:
    """private_key_jwt (RFC 7523)."""
    token = request.get("client_assertion")
    bad = Refused(error(401, "invalid_client"))
    try:
        header, claims = (part(each) for each in token.split(".")[:2])
    except (Unreadable, ValueError):
        raise bad from None
    client = state.clients.get(str(claims.get("sub", "")))
    if state.has("subject-unchecked") and request.get("client_id") in state.clients:
        client = state.clients[request.get("client_id")]
    if client is None or request.get("client_assertion_type") != ASSERTION_TYPE:
        raise bad
    if request.get("client_id") not in ("", client.id):
        raise bad
    if claims.get("iss") != client.id and not state.has("subject-unchecked"):
        raise bad
    if not signed_by(state, client, token, header) or not _audience_fits(state, claims.get("aud"), endpoint):
        raise bad
    if not _times_fit(state, claims) or not _first_time(state, claims):
        raise bad
    return client


def signed_by(state: State, client: Registered, token: str, header: Mapping[str, Any]) -> bool:
    """Whether an assertion is signed by a key of the client."""
    alg = header.get("alg")
    if alg == "none":
        return state.has("unsigned-assertions")
    allowed = ALGORITHMS | ({"RS256"} if state.has("rs256-accepted") else set())
    jwk = client.keys.get(str(header.get("kid", "")))
    return alg in allowed and jwk is not None and verifies(token, str(alg), jose.public_key(jwk))


def verifies(token: str, alg: str, key: PublicKey) -> bool:
    """Whether a compact JWS verifies."""
    signed, _, signature = token.rpartition(".")
    try:
        return jose.verify(alg, key, signed.encode(), jose.unb64(signature))
    except ValueError:
        return False


def _audience_fits(state: State, audience: Any, endpoint: str) -> bool:
    if state.has("audience-unchecked"):
        return True
    if state.has("issuer-audience-refused") and endpoint == "introspect":
        return False
    if state.has("audience-urls-accepted"):
        urls = {state.issuer, f"{state.issuer}/token", f"{state.issuer}/par"}
        return bool(urls & set([audience] if isinstance(audience, str) else audience or ()))
    return bool(audience == state.issuer)


def _times_fit(state: State, claims: Mapping[str, Any]) -> bool:
    exp, iat, nbf = (claims.get(name) for name in ("exp", "iat", "nbf"))
    if not state.has("expiry-unchecked") and (not isinstance(exp, int) or exp < now() - LEEWAY_SECONDS):
        return False
    if not state.has("long-lived-assertions") and isinstance(exp, int) and exp > now() + LONGEST_SECONDS:
        return False
    ahead = max(each for each in (iat, nbf, 0) if isinstance(each, int))
    return ahead <= now() + LEEWAY_SECONDS or state.has("future-assertions")


def _first_time(state: State, claims: Mapping[str, Any]) -> bool:
    if state.has("jti-unchecked"):
        return True
    jti = claims.get("jti")
    with state.lock:
        if not isinstance(jti, str) or f"assertion {jti}" in state.seen:
            return False
        state.seen.add(f"assertion {jti}")
    return True


def proof_key(state: State, request: Request, *, endpoint: str, token: str = "", code: str = "") -> str:
    """The thumbprint of the key that a request proves, empty where it has no proof. Raises Refused."""
    proofs = request.headers.get("dpop", ())
    if not proofs:
        return ""
    bad = Refused(error(400 if endpoint != "userinfo" else 401, "invalid_dpop_proof", ("WWW-Authenticate", "DPoP")))
    if len(proofs) > 1 and not state.has("two-proofs"):
        raise bad
    try:
        header, claims = (part(each) for each in proofs[0].split(".")[:2])
        jwk = header["jwk"]
        key = jose.public_key(jwk)
        thumb = jose.thumbprint(jwk)
    except (Unreadable, ValueError, KeyError, TypeError, AttributeError):
        raise bad from None
    alg = header.get("alg")
    genuine = alg in ALGORITHMS and verifies(proofs[0], str(alg), key)
    if header.get("typ") != "dpop+jwt" or "d" in jwk or not (genuine or state.has("proof-unsigned")):
        raise bad
    if not _proof_claims_fit(state, request, claims, endpoint, token):
        raise bad
    needed = endpoint == "token" and state.policy.nonces and not state.has("proof-age-unchecked")
    if needed and claims.get("nonce") != state.nonce:
        if state.has("nonce-burns-code"):
            state.codes.pop(code, None)
        raise Refused(error(400, "use_dpop_nonce", ("DPoP-Nonce", state.nonce)))
    return thumb


def _proof_claims_fit(state: State, request: Request, claims: Mapping[str, Any], endpoint: str, token: str) -> bool:
    url = f"{state.issuer}/{endpoint}"
    htu = str(claims.get("htu", ""))
    if not state.has("htu-compared-whole"):
        htu = htu.partition("#")[0].partition("?")[0]
    if htu != url or (claims.get("htm") != request.method and not state.has("htm-unchecked")):
        return False
    iat, jti = claims.get("iat"), claims.get("jti")
    if not isinstance(iat, int) or (abs(iat - now()) > PROOF_SECONDS and not state.has("proof-age-unchecked")):
        return False
    if token and claims.get("ath") != jose.b64(hashlib.sha256(token.encode()).digest()):
        return False
    with state.lock:
        if not isinstance(jti, str) or (f"proof {jti}" in state.seen and not state.has("proof-replay")):
            return False
        state.seen.add(f"proof {jti}")
    return True
