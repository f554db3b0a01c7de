"""The back channel of the sandbox's provider: pushing, tokens, UserInfo, revocation, introspection, metadata, keys."""

from __future__ import annotations

import json
import secrets
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from conformance.eid.op import sandbox_login
from conformance.eid.op.sandbox import Reply, Request, State, error, metadata, now, reply_json
from conformance.eid.op.sandbox_certificates import bound_to, certificate_fits
from conformance.eid.op.sandbox_checks import Refused, authenticate, proof_key
from conformance.eid.op.sandbox_login import check
from conformance.eid.op.sandbox_tokens import access_token, id_token, person, signed_userinfo
from conformance.wire.client_certificates import CONFIRMATION
from conformance.wire.oauth import challenge
from conformance.wire.serving import SECURITY_TXT, security_txt

LIFETIME_SECONDS = 300


def answer(state: State, request: Request) -> Reply:
    """The answer to any request."""
    for prefix, serve in ROUTES.items():
        if request.path == prefix or (prefix.endswith("/") and request.path.startswith(prefix)):
            try:
                given = serve(state, request)
            except Refused as refused:
                given = refused.reply
            except Exception:  # noqa: BLE001 - a fault of ours must show in the tests
                given = Reply(500, traceback.format_exc().encode(), (("Content-Type", "text/plain"),))
            return with_cors(state, request, given)
    plain = (("Content-Type", "text/plain"),)
    return Reply(200, security_txt(), plain) if request.path == SECURITY_TXT else Reply(404, b"not found", plain)


def with_cors(state: State, request: Request, given: Reply) -> Reply:
    """The answer with CORS fields, where a fault has them."""
    origin = request.header("origin")
    if not (origin and state.has("cors-reflects")) or request.path == "/authorize":
        return given
    fields = (("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true"))
    return Reply(given.status, given.body, (*given.fields, *fields))


def discovery(state: State, _: Request) -> Reply:
    """OpenID Connect Discovery."""
    kind = "text/plain" if state.has("metadata-as-text") else "application/json"
    return Reply(200, json.dumps(metadata(state)).encode(), (("Content-Type", kind),))


def oauth_discovery(state: State, _: Request) -> Reply:
    """RFC 8414."""
    if state.has("no-oauth-metadata"):
        return Reply(404)
    return Reply(200, json.dumps(metadata(state)).encode(), (("Content-Type", "application/json"),))


def jwks(state: State, _: Request) -> Reply:
    """The public keys, and those that faults add."""
    keys = [{**key.public_jwk, "kid": key.kid, "alg": key.alg, "use": "sig"} for key in state.keys]
    keys += [dict(each) for each in state.extra_keys]
    cache = "no-store" if state.has("keys-uncached") else "public, max-age=3600"
    kind = "text/html" if state.has("jwks-as-html") else "application/jwk-set+json"
    return Reply(200, json.dumps({"keys": keys}).encode(), (("Content-Type", kind), ("Cache-Control", cache)))


def par(state: State, request: Request) -> Reply:
    """Pushed authorization requests (RFC 9126)."""
    if not state.policy.high:
        return Reply(404)
    if request.method != "POST" and not state.has("push-by-get"):
        return error(405, "invalid_request", ("Allow", "POST"))
    client = authenticate(state, request, "par")
    params = {name: value for name, value in (*request.query, *request.form) if not name.startswith("client_a")}
    if "request_uri" in params:
        if not state.has("request-uri-inside"):
            return error(400, "invalid_request")
        del params["request_uri"]
    params["client_id"] = client.id
    if "redirect_uri" not in params:
        if not state.has("push-without-redirect-uri"):
            return error(400, "invalid_request")
        params["redirect_uri"] = client.redirect_uri
    if trouble := check(state, params):
        return error(400, "invalid_request" if trouble == "redirect_uri" else trouble)
    if thumb := proof_key(state, request, endpoint="par"):
        params.setdefault("dpop_jkt", thumb)
    uri = f"urn:ietf:params:oauth:request_uri:{secrets.token_urlsafe(24)}"
    with state.lock:
        state.pushed[uri] = {"params": params, "until": now() + state.push_seconds}
    status = 200 if state.has("push-answers-200") else 201
    return reply_json(status, {"request_uri": uri, "expires_in": state.push_seconds})


def token(state: State, request: Request) -> Reply:
    """The token endpoint."""
    if request.method != "POST":
        return error(405, "invalid_request", ("Allow", "POST"))
    names = [name for name, _ in request.form]
    if len(names) != len(set(names)) or (request.is_json and not state.has("json-bodies")):
        return error(400, "invalid_request")
    client = authenticate(state, request, "token")
    grant = request.get("grant_type")
    if grant == "authorization_code":
        given = redeem(state, request, client.id)
    elif grant == "refresh_token":
        given = refresh(state, request, client.id)
    elif (grant == "password" and state.has("password-grant")) or (
        grant == "client_credentials" and state.has("grants-client-credentials")
    ):
        given = reply_json(200, {"access_token": secrets.token_urlsafe(24), "token_type": "Bearer", "expires_in": 60})
    else:
        given = error(400, "unsupported_grant_type" if grant else "invalid_request")
    if state.has("token-stored") and given.status == 200:
        given = Reply(200, given.body, (("Content-Type", "application/json"),))
    return given


def refuse_code(state: State) -> Reply:
    """What a bad code is answered."""
    return error(400, "bad_code" if state.has("strange-errors") else "invalid_grant")


def redeem(state: State, request: Request, client_id: str) -> Reply:
    """A code for tokens."""
    code = request.get("code")
    cnf = holder(state, request, code)
    if cnf is None:
        return error(400, "invalid_dpop_proof" if state.policy.dpop else "invalid_request")
    with state.lock:
        found = state.codes.get(code)
        if found is None:
            return refuse_code(state)
        if "used" in found and not state.has("code-reusable"):
            if not state.has("reuse-not-revoked"):
                state.tokens.pop(found["used"], None)
            return refuse_code(state)
        if not _code_fits(state, request, found, client_id, cnf.get("jkt", "")):
            return refuse_code(state)
        found["used"] = ""
    return issue(state, client_id, found, cnf, found)


def holder(state: State, request: Request, code: str = "") -> Mapping[str, str] | None:
    """`cnf` of the tokens for a request, empty where they are bound to nothing; None where they should be."""
    if state.policy.certificates:
        return bound_to(state, request)
    thumb = proof_key(state, request, endpoint="token", code=code)
    if thumb:
        return {"jkt": thumb}
    return None if state.policy.dpop and code and not state.has("bearer-issued") else {}


def _code_fits(state: State, request: Request, found: Mapping[str, Any], client_id: str, thumb: str) -> bool:
    params = found["params"]
    if found["until"] < now() and not state.has("long-lived-code"):
        return False
    if params["client_id"] != client_id and not state.has("code-not-bound"):
        return False
    return _request_fits(state, request, params, thumb)


def _request_fits(state: State, request: Request, params: Mapping[str, str], thumb: str) -> bool:
    if params["redirect_uri"] != request.get("redirect_uri") and not state.has("redirect-uri-unchecked"):
        return False
    if (jkt := params.get("dpop_jkt")) and jkt != thumb and not state.has("dpop-jkt-ignored"):
        return False
    verifier, expected = request.get("code_verifier"), params.get("code_challenge")
    if not expected:
        return state.has("verifier-without-challenge")
    if state.has("verifier-unchecked"):
        return True
    return expected in (challenge(verifier), verifier if params.get("code_challenge_method") == "plain" else "")


def issue(
    state: State,
    client_id: str,
    found: Mapping[str, Any],
    cnf: Mapping[str, str],
    code: dict[str, Any] | None = None,
) -> Reply:
    """Tokens for a login. code: where to note the access token, so that reuse revokes it."""
    params = found["params"]
    scope = params.get("scope", "openid")
    value = access_token(state, client_id, scope, cnf)
    renewal = secrets.token_urlsafe(32)
    entry = {"client": client_id, "scope": scope, "cnf": cnf, "params": params, "login_at": found["login_at"]}
    with state.lock:
        state.tokens[value] = {**entry, "until": now() + LIFETIME_SECONDS}
        state.refresh[renewal] = entry
        if code is not None:
            code["used"] = value
    made = {
        "access_token": value,
        "token_type": "DPoP" if "jkt" in cnf else "Bearer",
        "expires_in": LIFETIME_SECONDS,
        "refresh_token": renewal,
        "scope": scope,
        "id_token": id_token(state, client_id, params, found["login_at"], value),
    }
    return reply_json(200, made)


def refresh(state: State, request: Request, client_id: str) -> Reply:
    """A refresh token for tokens."""
    cnf = holder(state, request)
    found = state.refresh.get(request.get("refresh_token"))
    if cnf is None or found is None or (found["client"] != client_id and not state.has("refresh-not-bound")):
        return error(400, "invalid_grant")
    if set(request.get("scope").split()) - set(found["scope"].split()):
        return error(400, "invalid_scope")
    given = json.loads(issue(state, client_id, found, cnf).body)
    state.refresh.pop(given["refresh_token"], None)
    return reply_json(200, {name: value for name, value in given.items() if name != "refresh_token"})


def userinfo(state: State, request: Request) -> Reply:
    """UserInfo."""
    wanted = "DPoP" if state.policy.dpop else "Bearer"
    marks = () if state.has("no-challenge") else (("WWW-Authenticate", f'{wanted} error="invalid_token"'),)
    refused = error(401, "invalid_token", *marks)
    scheme, _, value = request.header("authorization").partition(" ")
    queried = not value and state.has("token-in-query")
    if queried:
        scheme, value = wanted, request.get("access_token")
    found = state.tokens.get(value)
    if found is None or found["until"] < now() or not _scheme_fits(state, scheme):
        return refused
    if not queried and not _key_fits(state, request, found, scheme.lower(), value):
        return refused
    claims = person(state, found)
    if state.policy.encrypted or state.has("userinfo-without-aud"):
        return signed_userinfo(state, found["client"], claims)
    return reply_json(200, claims)


def _scheme_fits(state: State, scheme: str) -> bool:
    if state.has("scheme-case-sensitive"):
        return scheme in ("DPoP", "Bearer")
    return scheme.lower() in ("dpop", "bearer")


def _key_fits(state: State, request: Request, found: Mapping[str, Any], scheme: str, value: str) -> bool:
    """Whether a bound token comes with a proof of its key, or over its certificate."""
    if named := found["cnf"].get(CONFIRMATION):
        return certificate_fits(state, request, named)
    jkt = found["cnf"].get("jkt")
    if not jkt or (scheme == "bearer" and state.has("bearer-downgrade")):
        return True
    if scheme != "dpop":
        return False
    thumb = proof_key(state, request, endpoint="userinfo", token=value)
    return bool(thumb) and (thumb == jkt or state.has("proof-key-unchecked"))


def revoke(state: State, request: Request) -> Reply:
    """Revocation (RFC 7009)."""
    client = authenticate(state, request, "revoke")
    value = request.get("token")
    if not value:
        return error(400, "invalid_request")
    found = state.tokens.get(value)
    if found and found["client"] == client.id and not state.has("revocation-ignored"):
        state.tokens.pop(value, None)
    return Reply(200)


def introspect(state: State, request: Request) -> Reply:
    """Introspection (RFC 7662)."""
    client = authenticate(state, request, "introspect")
    if not request.get("token"):
        return error(400, "invalid_request")
    found = state.tokens.get(request.get("token"))
    if found is None:
        return reply_json(200, {"active": state.has("junk-active")})
    if found["client"] != client.id and not state.has("introspection-tells-all"):
        return reply_json(200, {"active": False})
    shown = {"active": True, "sub": person(state, found)["sub"], "client_id": found["client"]}
    named = found["cnf"] and not state.has("binding-hidden")
    return reply_json(200, {**shown, **({"cnf": found["cnf"]} if named else {})})


def authorize(state: State, request: Request) -> Reply:
    """The authorization endpoint, with the stack trace of a fault."""
    if state.has("stack-traces") and request.get("claims"):
        json.loads(request.get("claims"))
    return sandbox_login.authorize(state, request)


ROUTES: Mapping[str, Callable[[State, Request], Reply]] = {
    "/.well-known/openid-configuration": discovery,
    "/.well-known/oauth-authorization-server": oauth_discovery,
    "/jwks": jwks,
    "/par": par,
    "/authorize": authorize,
    "/login/": sandbox_login.login,
    "/resume": sandbox_login.resume,
    "/logout": sandbox_login.logout,
    "/token": token,
    "/userinfo": userinfo,
    "/revoke": revoke,
    "/introspect": introspect,
}
