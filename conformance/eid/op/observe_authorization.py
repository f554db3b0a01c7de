"""The authorization endpoint: what comes back, what never does, and how the login pages behave."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from conformance.core.model import NotTested, Reason, Undecided
from conformance.eid.op.agent import PAGE_FIELDS, Landing, place
from conformance.eid.op.evidence import Answered, Authorization, Trial, Troubles
from conformance.eid.op.observe_metadata import FOREIGN
from conformance.eid.op.preflight import Run, legible, login
from conformance.eid.op.provider import Flight
from conformance.eid.op.session import ask_for, redeem, visit, with_query
from conformance.eid.op.trials import answer_trial, code_trial, needed_code, pushed_trial, untested
from conformance.wire.cookies import Jar
from conformance.wire.jws import random_id
from conformance.wire.oauth import error_code, json_object

LONG_STATE = "a b+c%26&d=e#f?g/" + "x" * 480
LONG_NONCE = "n-" + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[:62]
REAUTHENTICATION_SECONDS = {"prompt": 1.1, "max_age": 2.1}
"""How long to wait after a login, so that a later auth_time differs, and max_age=1 has passed."""

Attempt = Callable[[Run], Trial]


def _hosted(uri: str, **parts: str) -> str:
    return urlunsplit(urlsplit(uri)._replace(**parts))


ATTACKS: Mapping[str, Callable[[str], str]] = {
    "other-host": lambda uri: _hosted(uri, netloc="foreign.example"),
    "added-path": lambda uri: _hosted(uri, path=f"{urlsplit(uri).path.rstrip('/')}/evil"),
    "query": lambda uri: _hosted(uri, query="evil=1"),
    "trailing-slash": lambda uri: _hosted(
        uri, path=f"{urlsplit(uri).path.rstrip('/')}{'' if uri.endswith('/') else '/'}"
    ),
    "case": lambda uri: _hosted(uri, path=urlsplit(uri).path.swapcase()),
    "userinfo": lambda uri: _hosted(uri, netloc=f"{urlsplit(uri).netloc}@foreign.example"),
    "fragment": lambda uri: _hosted(uri, fragment="evil"),
}
"""The registered redirect URI changed in one thing each (RFC 9700 section 4.1)."""


def attacked(name: str) -> Attempt:
    """A request whose redirect_uri is almost the registered one; granted where anything is sent to it."""

    def attempt(run: Run) -> Trial:
        client = run.provider.client
        uri = ATTACKS[name](client.redirect_uri)
        if uri == client.redirect_uri:
            return Trial("absent", detail="the path of the registered redirect URI has no letters")
        ask = ask_for(run.provider, {"redirect_uri": uri})
        if not ask.url:
            return pushed_trial(ask)
        return sent_to(visit(run.provider, ask, redirect_uri=uri), uri)

    return attempt


def sent_to(flight: Flight, uri: str) -> Trial:
    """Whether the browser was sent to a URI."""
    landing = flight.landing
    assert landing is not None
    if landing.kind in ("callback", "left") and landing.url.startswith(uri):
        return Trial("granted", "callback", landing.status, detail=f"sent to {place(landing.url)}", steps=landing.steps)
    trial = code_trial(flight)
    return (
        Trial("refused", trial.stage, trial.status, trial.error, steps=trial.steps)
        if trial.outcome == "granted"
        else trial
    )


def response_type(value: str) -> Attempt:
    """A request for a response type that returns tokens in the front channel."""

    def attempt(run: Run) -> Trial:
        return code_trial(visit(run.provider, ask_for(run.provider, {"response_type": value})))

    return attempt


def foreign_logout(run: Run) -> Trial:
    """The logout endpoint asked to send the browser to a foreign origin."""
    url = run.provider.endpoint("end_session_endpoint")
    if not url:
        return Trial("absent", detail="the metadata has no end_session_endpoint")
    goal = f"{FOREIGN}/after"
    return _redirected(
        run, with_query(url, [("post_logout_redirect_uri", goal), ("client_id", run.provider.client.id)])
    )


def foreign_error(run: Run) -> Trial:
    """An unknown client with a foreign redirect URI: the error must not be sent there."""
    url = run.provider.endpoint("authorization_endpoint")
    pairs = [("client_id", f"unknown-{random_id(6)}"), ("redirect_uri", f"{FOREIGN}/cb"), ("response_type", "code")]
    return _redirected(run, with_query(url, [*pairs, ("scope", "openid")]))


def _redirected(run: Run, url: str) -> Trial:
    exchange = run.provider.send(url)
    locations = exchange.all("location")
    if exchange.status in (301, 302, 303, 307, 308) and locations and locations[0].startswith(FOREIGN):
        return Trial("granted", "redirect", exchange.status, detail=f"sent to {place(locations[0])}")
    return (
        answer_trial(exchange, "redirect", granted=False)
        if exchange.status >= 500
        else Trial("refused", "redirect", exchange.status, error_code(json_object(exchange)))
    )


def more_parameters(run: Run) -> Trial:
    """A parameter that nobody knows: to be ignored."""
    return code_trial(visit(run.provider, ask_for(run.provider, {"x_unknown_parameter": "1"})))


def unknown_scope(run: Run) -> Trial:
    """A scope that nobody knows: a code or an error, no 5xx."""
    scope = f"{run.provider.client.scope} x_unknown_scope"
    trial = code_trial(visit(run.provider, ask_for(run.provider, {"scope": scope})))
    return Trial("granted", trial.stage, trial.status, trial.error) if trial.outcome != "undecided" else trial


def cancelled(run: Run) -> Trial:
    """The user refuses: wanted is an error at the redirect URI."""
    flight = refusal(run)
    if flight is None:
        return untested(NotTested.NO_CREDENTIAL, "the manifest declares no way to refuse (refuse)")
    landing = flight.landing
    if landing is None:
        return pushed_trial(flight.ask)
    if landing.kind == "callback" and landing.params.get("error"):
        return Trial("granted", "callback", landing.status, landing.params["error"][:60], steps=landing.steps)
    return Trial("refused", landing.kind, landing.status, steps=landing.steps)


def refusal(run: Run) -> Flight | None:
    """A login in a fresh browser that the user refuses; None where the manifest does not say how."""
    settings = run.provider.settings
    if not settings.refuse:
        return None
    return visit(run.provider, ask_for(run.provider), jar=Jar(), login=(*settings.refuse, *settings.login))


TRIALS: Mapping[str, Attempt] = {
    **{name: attacked(name) for name in ATTACKS},
    "token": response_type("token"),
    "id-token": response_type("id_token"),
    "code-id-token": response_type("code id_token"),
    "foreign-logout": foreign_logout,
    "foreign-error": foreign_error,
    "more-parameters": more_parameters,
    "unknown-scope": unknown_scope,
    "cancelled": cancelled,
}
"""What is tried, by name."""


def attempt(run: Run, name: str) -> Trial:
    """One trial."""
    return TRIALS[name](run)


def answered(flight: Flight) -> Answered:
    """An authorization response as it reached the redirect URI.

    Raises:
        Undecided: none reached it.
    """
    landing = flight.landing
    if landing is None or landing.kind != "callback":
        needed_code(flight)
    assert landing is not None
    params, sent = landing.params, flight.ask.params.get("state")
    state = params.get("state")
    return Answered(
        error=params.get("error", "")[:60],
        has_code="code" in params,
        iss=params["iss"][:500] if "iss" in params else None,
        state="absent" if state is None else "same" if state == sent else "other",
        sent_state=sent is not None,
    )


def answer(name: str) -> Callable[[Run], Answered | None]:
    """An authorization response, by what was changed in the request; None where the manifest does not say how."""
    changes: Mapping[str, Mapping[str, str | None]] = {"long-state": {"state": LONG_STATE}, "no-state": {"state": None}}

    def look(run: Run) -> Answered | None:
        provider = run.provider
        if name == "plain":
            return answered(run.control.flight)
        if name == "refused":
            flight = refusal(run)
            return answered(flight) if flight else None
        if name == "no-prompt":
            return answered_or_page(visit(provider, ask_for(provider, {"prompt": "none"}), jar=Jar()))
        return answered(visit(provider, ask_for(provider, changes[name])))

    return look


def answered_or_page(flight: Flight) -> Answered:
    """As `answered`; a page in its place is an answer without error and code."""
    if flight.landing is not None and flight.landing.kind in ("page", "loop") and flight.landing.status < 500:
        return Answered(error="", has_code=False, sent_state=True)
    return answered(flight)


def again(name: str) -> Callable[[Run], tuple[bool, bool | None]]:
    """(whether credentials were asked for again, whether auth_time is later) with prompt=login or max_age=1."""
    return lambda run: _again(run, name)


def _again(run: Run, name: str) -> tuple[bool, bool | None]:
    """In a browser of its own, since some providers end the session when its user logs in again."""
    provider, jar = run.provider, Jar()
    first = login(provider, jar=jar)
    wait = REAUTHENTICATION_SECONDS[name]
    time.sleep(max(0.0, first.login_at + wait - provider.door.now().timestamp()))
    changes = {"prompt": {"prompt": "login"}, "max_age": {"max_age": "1"}}[name]
    flight = needed_code(visit(provider, ask_for(provider, changes), jar=jar))
    assert flight.landing is not None
    facts, _ = legible(provider, redeem(provider, flight), flight, run.keys)
    before = first.token_facts.auth_time or int(first.login_at)
    later = None if facts.auth_time is None else facts.auth_time > before
    return flight.landing.typed > 0, later


def parameter_names(url: str) -> frozenset[str]:
    """The names of the parameters of a URL as steps keep it."""
    return frozenset(part.partition("=")[0] for part in url.partition("?")[2].split("&"))


def leaks(landing: Landing, run: Run) -> tuple[str, ...]:
    """What stands in a URL or answer of the front channel that must not, as `where: what`."""
    secrets = {"client secret": run.provider.client.secret, "access token": run.control.tokens.text("access_token")}
    found = [
        f"{step.url.partition('?')[0]}: {name}"
        for step in landing.steps
        for name in ("client_assertion", "client_secret", "access_token", "id_token", "code_verifier")
        if name in parameter_names(step.url) | parameter_names(step.location)
    ]
    last = landing.exchange
    text = f"{landing.url} {last.body.decode('utf-8', 'replace') if last else ''}"
    found += [f"redirect: {what}" for what, value in secrets.items() if value and value in text]
    return tuple(dict.fromkeys(found))


def long_nonce(run: Run) -> bool:
    """Whether a nonce of 64 characters comes back in the ID token as it was sent."""
    flight = needed_code(visit(run.provider, ask_for(run.provider, {"nonce": LONG_NONCE})))
    facts, _ = legible(run.provider, redeem(run.provider, flight), flight, run.keys)
    return facts.nonce == "same"


def cors(run: Run) -> tuple[str, ...]:
    """The CORS fields of an answer to a foreign origin."""
    ask = ask_for(run.provider)
    if not ask.url:
        raise Undecided(Reason.CONTROL_FAILED, "no authorization request could be made")
    exchange = run.provider.send(ask.url, headers={"Origin": FOREIGN})
    return tuple(value[:200] for value in exchange.all("access-control-allow-origin"))


ANSWERS = ("plain", "long-state", "no-state", "refused", "no-prompt")
FACTS: Mapping[str, Callable[[Run], Any]] = {
    **{f"answer-{name}": answer(name) for name in ANSWERS},
    "again-prompt": again("prompt"),
    "again-max_age": again("max_age"),
    "long-nonce": long_nonce,
    "cors": cors,
}


def record(run: Run, facts: Mapping[str, Any], trials: Mapping[str, Trial], troubles: Troubles) -> Authorization:
    """All that was seen of the endpoint."""
    landing = run.control.first.landing
    assert landing is not None
    pages = [dict(step.page) for step in landing.steps if step.is_page]
    looked = {name: facts[f"again-{name}"] for name in ("prompt", "max_age") if f"again-{name}" in facts}
    return Authorization(
        answers={name: facts[f"answer-{name}"] for name in ANSWERS if facts.get(f"answer-{name}")},
        steps=landing.steps,
        leaks=leaks(landing, run),
        credential_redirects=landing.redirects,
        pages=len(pages),
        page_fields={name: tuple(page.get(name, "") for page in pages) for name in PAGE_FIELDS},
        allow_origin=facts.get("cors"),
        reauthenticated={name: found[0] for name, found in looked.items()},
        auth_time_moved={name: found[1] for name, found in looked.items()},
        nonce_echoed=facts.get("long-nonce"),
        trials=trials,
        troubles=troubles,
    )
