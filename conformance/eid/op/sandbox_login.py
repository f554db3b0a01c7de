"""The front channel of the sandbox's provider: the authorization endpoint, login and consent pages, logout."""

from __future__ import annotations

import html
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from conformance.eid.op.policy import HIGH, HIGH_PLUS, LOW, SUBSTANTIAL
from conformance.eid.op.sandbox import Reply, Request, State, now

KNOWN = frozenset(
    {
        *("response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "request_uri"),
        *(
            "code_challenge_method",
            "prompt",
            "max_age",
            "acr_values",
            "claims",
            "dpop_jkt",
            "response_mode",
            "ui_locales",
        ),
        *("client_assertion", "client_assertion_type", "client_secret", "login_hint", "request"),
    }
)
CODE_SECONDS = 60


def page(state: State, status: int, text: str) -> Reply:
    """An HTML page that may be neither framed nor stored."""
    fields = [("Content-Type", "text/html; charset=utf-8")]
    if not state.has("pages-unprotected"):
        fields += [
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
            ("Referrer-Policy", "no-referrer"),
        ]
    return Reply(status, f"<!doctype html><title>Sandbox</title>{text}".encode(), tuple(fields))


def redirect(location: str, status: int = 303, *fields: tuple[str, str]) -> Reply:
    """A redirect."""
    return Reply(status, b"", (("Location", location), ("Cache-Control", "no-store"), *fields))


def authorize(state: State, request: Request) -> Reply:
    """The authorization endpoint."""
    cors = (("Access-Control-Allow-Origin", "*"),) if state.has("authorization-cors") else ()
    given = _authorize(state, request)
    return Reply(given.status, given.body, (*given.fields, *cors))


def _authorize(state: State, request: Request) -> Reply:
    params = dict(reversed((*request.query, *request.form)))
    client = state.clients.get(params.get("client_id", ""))
    if client is None:
        return page(state, 400, "unknown client")
    if uri := params.get("request_uri"):
        found = _pushed(state, uri, client.id)
        if found is None:
            return page(state, 400, "unknown request_uri")
        params = {**found, "request_uri": uri}
        client = state.clients[params["client_id"]]
    elif state.policy.high and not state.has("accepts-unpushed"):
        return page(state, 400, "requests are pushed here")
    trouble = check(state, params)
    if trouble == "redirect_uri":
        return page(state, 400, "unknown redirect_uri")
    if trouble:
        return answer(state, params, {"error": trouble})
    return _login_or_answer(state, request, params)


def _pushed(state: State, uri: str, client_id: str) -> dict[str, Any] | None:
    with state.lock:
        found = state.pushed.get(uri)
        if found is None:
            return None
        if found["until"] < now() and not state.has("request-uri-never-expires"):
            return None
        if found["params"]["client_id"] != client_id and not state.has("request-uri-not-bound"):
            return None
        if state.has("request-uri-consumed-early"):
            del state.pushed[uri]
        return dict(found["params"])


def registered(state: State, params: Mapping[str, str]) -> bool:
    """Whether the redirect URI is the registered one."""
    own = state.clients[params["client_id"]].redirect_uri
    given = params.get("redirect_uri", "")
    return given == own or (state.has("redirect-uri-prefix") and given.startswith(own))


def check(state: State, params: Mapping[str, str]) -> str:
    """What is wrong with an authorization request: `redirect_uri`, an error code, or nothing."""
    if not registered(state, params):
        return "redirect_uri"
    if state.has("refuses-more-parameters") and set(params) - KNOWN:
        return "invalid_request"
    kinds = params.get("response_type", "").split()
    if kinds != ["code"] and not (state.has("implicit-tokens") and kinds):
        return "unsupported_response_type"
    if "request" in params:
        return "request_not_supported"
    return "" if _challenge_fits(state, params) and _readable(params) else "invalid_request"


def _readable(params: Mapping[str, str]) -> bool:
    try:
        json.loads(params.get("claims", "{}"))
        int(params.get("max_age", "0"))
    except ValueError:
        return False
    return True


def _challenge_fits(state: State, params: Mapping[str, str]) -> bool:
    if not state.policy.high and not params.get("code_challenge") and state.has("verifier-without-challenge"):
        return True
    method = params.get("code_challenge_method", "")
    if state.has("verifier-without-challenge") and not params.get("code_challenge"):
        return True
    if method == "plain" and state.has("accepts-plain"):
        return True
    return bool(params.get("code_challenge")) and method == "S256"


def _login_or_answer(state: State, request: Request, params: dict[str, Any]) -> Reply:
    prompts = params.get("prompt", "").split()
    login_at = _session(state, request, params)
    if unmet(params) and not state.has("essential-ignored"):
        return answer(state, params, {"error": "unmet_authentication_requirements"})
    if login_at is not None:
        return finish(state, params, login_at)
    if "none" in prompts and not state.has("prompt-none-shows-page"):
        return answer(state, params, {"error": "login_required"})
    number = secrets.token_urlsafe(18)
    plain = not {"prompt", "max_age", "acr_values", "claims"} & set(params)
    with state.lock:
        state.interactions[number] = {"params": params, "plain": plain}
    return page(
        state,
        200,
        f'<form method="post" action="/login/{number}"><input name="login"><input name="password" type="password">'
        f'<button type="submit">Log in</button></form><a href="/login/{number}/abort">Cancel</a>',
    )


def _session(state: State, request: Request, params: Mapping[str, str]) -> float | None:
    """When the browser's user logged in; None where nobody did, or a new login is asked for."""
    login_at = state.sessions.get(cookie(request, "session"))
    age = params.get("max_age")
    again = "login" in params.get("prompt", "").split()
    again = again or (age is not None and login_at is not None and now() - login_at > int(age))
    return None if again and not state.has("no-reauthentication") else login_at


def cookie(request: Request, name: str) -> str:
    """A cookie of the request."""
    for pair in request.header("cookie").split("; "):
        key, _, value = pair.partition("=")
        if key == name:
            return value
    return ""


def wanted_acr(params: Mapping[str, str]) -> tuple[list[str], bool]:
    """The acr values asked for, and whether one of them is essential."""
    try:
        claims = json.loads(params.get("claims", "{}"))
        acr = claims.get("id_token", {}).get("acr") or {}
        if acr.get("essential"):
            return list(acr.get("values") or [acr.get("value")]), True
    except (ValueError, AttributeError):
        pass
    return params.get("acr_values", "").split(), False


def unmet(params: Mapping[str, str]) -> bool:
    """Whether an essential acr cannot be met."""
    values, essential = wanted_acr(params)
    return essential and not set(values) & {LOW, SUBSTANTIAL, HIGH}


def acr_of(state: State, params: Mapping[str, str]) -> str:
    """The acr of a login: what was asked for where it is known, else substantial."""
    values, _ = wanted_acr(params)
    acr = next((value for value in values if value in (LOW, SUBSTANTIAL, HIGH)), SUBSTANTIAL)
    if values and state.has("lower-level"):
        return LOW
    return HIGH_PLUS if values and state.has("acr-not-advertised") else acr


def login(state: State, request: Request) -> Reply:
    """The login page's form, its consent, and its way out."""
    number, _, step = request.path.removeprefix("/login/").partition("/")
    with state.lock:
        interaction = state.interactions.get(number)
    if interaction is None:
        return page(state, 400, "no such login")
    params = interaction["params"]
    if step == "abort":
        return _aborted(state, number, params)
    if step == "consent":
        return _consented(state, number, interaction, request)
    if state.has("one-login-at-a-time") and _busy(state, interaction):
        return page(state, 500, "busy")
    return _checked(state, number, interaction, request)


def _aborted(state: State, number: str, params: Mapping[str, str]) -> Reply:
    del state.interactions[number]
    if state.has("refusal-without-answer"):
        return page(state, 200, "You refused.")
    return answer(state, params, {"error": "access_denied"})


def _checked(state: State, number: str, interaction: dict[str, Any], request: Request) -> Reply:
    if (request.get("login"), request.get("password")) != state.user:
        fields = '<input name="login"><input name="password">'
        return page(state, 200, f'<form method="post" action="/login/{number}">{fields}</form>')
    interaction["login_at"] = now()
    status = 307 if state.has("redirects-307") else 302 if state.has("redirects-302") else 303
    return redirect(f"/login/{number}/consent", status)


def _busy(state: State, interaction: Mapping[str, Any]) -> bool:
    """Whether another plain login is under way; this one then takes half a second."""
    if not interaction["plain"]:
        return False
    if not state.one_login.acquire(blocking=False):
        return True
    time.sleep(0.5)
    state.one_login.release()
    return False


def _consented(state: State, number: str, interaction: dict[str, Any], request: Request) -> Reply:
    if "login_at" not in interaction:
        return page(state, 400, "log in first")
    if request.method != "POST":
        client = html.escape(interaction["params"]["client_id"])
        return page(
            state,
            200,
            f'<form method="post" action="/login/{number}/consent"><p>{client}</p>'
            '<button name="decision" value="allow">Allow</button>'
            '<button name="decision" value="deny">Deny</button></form>',
        )
    with state.lock:
        state.interactions.pop(number, None)
    if request.get("decision") != "allow":
        return answer(state, interaction["params"], {"error": "access_denied"})
    session = secrets.token_urlsafe(18)
    with state.lock:
        state.sessions[session] = interaction["login_at"]
    given = finish(state, interaction["params"], interaction["login_at"])
    return Reply(
        given.status, given.body, (*given.fields, ("Set-Cookie", f"session={session}; Path=/; Secure; HttpOnly"))
    )


def finish(state: State, params: dict[str, Any], login_at: float) -> Reply:
    """The answer to a request whose user is logged in and agrees."""
    if (uri := params.get("request_uri")) and not state.has("request-uri-reusable"):
        with state.lock:
            state.pushed.pop(uri, None)
    code = secrets.token_urlsafe(6 if state.has("short-codes") else 24)
    with state.lock:
        state.codes[code] = {"params": params, "until": now() + CODE_SECONDS, "login_at": login_at}
    if state.has("assertion-in-redirect"):
        with state.lock:
            state.interactions[code] = {"params": params, "code": code}
        return redirect(f"/resume?client_assertion=eyJh&at={code}")
    values = {"code": code}
    if params.get("response_type") != "code":
        values = {"access_token": secrets.token_urlsafe(24), "token_type": "Bearer"}
    return answer(state, params, values)


def resume(state: State, request: Request) -> Reply:
    """The detour of a fault."""
    found = state.interactions.pop(request.get("at"), None)
    return answer(state, found["params"], {"code": found["code"]}) if found else page(state, 400, "nothing")


def answer(state: State, params: Mapping[str, str], values: Mapping[str, str]) -> Reply:
    """An authorization response at the redirect URI."""
    made = dict(values)
    if "state" in params:
        made["state"] = params["state"][:256] if state.has("state-cut") else params["state"]
    if not state.has("no-iss"):
        made["iss"] = state.issuer
    uri = params.get("redirect_uri") or state.clients[params["client_id"]].redirect_uri
    mark = "#" if "access_token" in values else "&" if "?" in uri else "?"
    return redirect(f"{uri}{mark}{urlencode(made)}")


def logout(state: State, request: Request) -> Reply:
    """The end of a session."""
    goal = request.get("post_logout_redirect_uri")
    if goal and state.has("open-redirect"):
        return redirect(goal)
    return page(state, 400 if goal else 200, "You are logged out.")
