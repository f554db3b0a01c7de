"""The preflight: one whole login as the manifest describes it, before anything is tried that should not work.

What goes wrong here is trouble of the configuration, ours or the manifest's, and says what to mend; nothing turns red
for it. What goes well is the control of every trial of the run.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import Any

from conformance.core.model import NotTested, Reason, Service, Undecided, Untested
from conformance.eid.op.evidence import IdTokenFacts
from conformance.eid.op.id_tokens import facts
from conformance.eid.op.provider import ALIASES, Flight, Provider, Tokens
from conformance.eid.op.session import ask_for, read_userinfo, redeem, visit
from conformance.eid.op.settings import BY_CERTIFICATE, Client, client_of
from conformance.eid.op.trials import code_trial, token_trial
from conformance.wire.client_certificates import HUNG_UP
from conformance.wire.cookies import Jar
from conformance.wire.exchange import HttpExchange

MAX_SKEW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Control:
    """The login that went well. claims: of its ID token. login_at: seconds since 1970. first: the flight with
    the login pages, where a second one brought the tokens. challenged: its first token
    request was asked for a DPoP nonce; retried: the same code then worked.
    """

    flight: Flight
    tokens: Tokens
    token_facts: IdTokenFacts
    claims: Mapping[str, Any]
    login_at: float
    first: Flight
    challenged: bool = False
    retried: bool = False


@dataclass(slots=True)
class Run:
    """All that the observers of one job share."""

    service: Service
    provider: Provider
    keys: Sequence[Mapping[str, Any]]
    control: Control
    second: Client | None = None
    second_trouble: str = ""
    notes: dict[str, Any] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


def login(provider: Provider, changes: Mapping[str, str | None] | None = None, jar: Jar | None = None) -> Control:
    """A whole login in a fresh browser.

    Raises:
        Undecided: CONTROL_FAILED, with what to mend.
    """
    jar = jar if jar is not None else Jar()
    ask = ask_for(provider, changes)
    if not ask.url:
        assert ask.pushed is not None
        raise Undecided(Reason.CONTROL_FAILED, _push_advice(ask.pushed, provider))
    flight = visit(provider, ask, jar=jar)
    if not flight.code:
        raise Undecided(Reason.CONTROL_FAILED, _login_advice(flight, provider))
    login_at = provider.door.now().timestamp()
    tokens = redeem(provider, flight)
    first = flight
    challenged, retried = tokens.challenged, token_trial(tokens).outcome == "granted"
    if challenged and not retried:  # the nonce is known now: another code shows whether all else is well
        flight = visit(provider, ask_for(provider, changes), jar=jar)
        tokens = redeem(provider, flight)
    if token_trial(tokens).outcome != "granted":
        raise Undecided(Reason.CONTROL_FAILED, _token_advice(tokens, provider))
    facts_and_claims = read_token(provider, tokens, flight, ())
    return Control(flight, tokens, *facts_and_claims, login_at, first, challenged, retried)


def read_token(
    provider: Provider, tokens: Tokens, flight: Flight, keys: Sequence[Mapping[str, Any]]
) -> tuple[IdTokenFacts, Mapping[str, Any]]:
    """The facts and claims of the ID token of an answer.

    Raises:
        Untested, Undecided: it is encrypted, and not for our key.
    """
    return facts(
        tokens.text("id_token"),
        tokens.client,
        keys,
        now=provider.door.now().timestamp(),
        nonce=flight.ask.params.get("nonce"),
        access_token=tokens.text("access_token"),
    )


def legible(
    provider: Provider, tokens: Tokens, flight: Flight, keys: Sequence[Mapping[str, Any]]
) -> tuple[IdTokenFacts, Mapping[str, Any]]:
    """As `read_token`, for who looks at what the token says.

    Raises:
        Untested, Undecided: nothing can be read in it.
    """
    found = read_token(provider, tokens, flight, keys)
    if tokens.text("id_token") and not found[0].alg:
        raise Undecided(Reason.NOT_OBSERVABLE, f"the ID token cannot be read: {found[0].trouble}")
    return found


def preflight(provider: Provider, service: Service, keys: Sequence[Mapping[str, Any]]) -> Run:
    """One login with everything checked that a manifest can get wrong.

    Raises:
        Undecided, Untested: with what to mend in the manifest.
    """
    if not provider.settings.login:
        raise Untested(NotTested.NO_CREDENTIAL, "preflight: the manifest declares no login steps (login)")
    for name in ("authorization_endpoint", "token_endpoint"):
        if not provider.endpoint(name):
            raise Undecided(Reason.NOT_OBSERVABLE, f"preflight: the metadata has no {name}")
    jar = Jar()
    control = _first_login(provider, jar)
    token_facts, claims = read_token(provider, control.tokens, control.flight, keys)
    if "openid" in provider.client.scope.split() and not control.tokens.text("id_token"):
        raise Undecided(
            Reason.CONTROL_FAILED, "preflight: no ID token came; does client.scope hold openid, and is it granted?"
        )
    _check_clock(control.tokens.exchange)
    provider.warm = jar
    run = Run(service, provider, keys, replace(control, token_facts=token_facts, claims=claims))
    try:
        run.second = client_of(service, "second_client")
    except Untested as trouble:
        run.second_trouble = trouble.detail
    return run


def _first_login(provider: Provider, jar: Jar) -> Control:
    """As `login`; where TLS refuses our certificate, or our key does not open the ID token, that is said.

    Raises:
        Undecided, Untested.
    """
    try:
        return login(provider, jar=jar)
    except Untested as trouble:
        raise Untested(trouble.reason, f"preflight: ID token: {trouble.detail}") from None
    except Undecided as trouble:
        if trouble.detail.startswith("client.encryption"):
            raise Undecided(trouble.reason, f"preflight: ID token: {trouble.detail}") from None
        if not provider.client.certificate or trouble.reason not in (Reason.TLS_ALERT, *HUNG_UP):
            raise
        advice = "is client.client_certificate registered, in date, and from an authority that the provider trusts?"
        detail = f"preflight: the back channel fails in TLS ({trouble.reason}: {trouble.detail}); {advice}"
        raise Undecided(Reason.CONTROL_FAILED, detail) from None


def check_userinfo(run: Run) -> None:
    """Make sure, once a run, that UserInfo answers a good request: the control of every bad one.

    Raises:
        Undecided: CONTROL_FAILED.
    """
    with run.lock:
        if "userinfo" not in run.notes:
            run.notes["userinfo"] = read_userinfo(run.provider, run.control.tokens.text("access_token")).status
    if run.notes["userinfo"] != 200:
        raise Undecided(Reason.CONTROL_FAILED, f"UserInfo answers a good request with {run.notes['userinfo']}")


def _check_clock(exchange: HttpExchange) -> None:
    """Compare our clock with the provider's Date field."""
    dates = exchange.all("date")
    try:
        theirs = parsedate_to_datetime(dates[0]) if dates else None
    except ValueError:
        theirs = None
    if theirs is None or theirs.tzinfo is None:
        return
    skew = abs((theirs - exchange.answered_at).total_seconds())
    if skew > MAX_SKEW_SECONDS:
        raise Undecided(
            Reason.CONTROL_FAILED, f"preflight: our clock and the provider's differ by {skew:.0f} s; set this machine's"
        )


def _push_advice(exchange: HttpExchange, provider: Provider) -> str:
    from conformance.wire.oauth import error_code, json_object  # noqa: PLC0415

    error = error_code(json_object(exchange))
    advice = {
        "invalid_client": f"check client.id, and that {_registered(provider)}",
        "invalid_scope": "check client.scope",
        "invalid_request": "check client.redirect_uri and client.scope",
        "invalid_redirect_uri": "client.redirect_uri is not registered",
        "unauthorized_client": "the client is not registered for the authorization code flow",
    }.get(error, "check client.id, client.key and client.redirect_uri")
    return f"preflight: the pushed request of client {provider.client.id} gets {exchange.status} {error}: {advice}"


def _registered(provider: Provider) -> str:
    """What the provider must have of the client, for it to authenticate."""
    auth = provider.client.auth
    if auth in BY_CERTIFICATE:
        what = "key" if auth.startswith("self") else "subject"
        where = f"at its {ALIASES}" if provider.metadata.get(ALIASES) else "at its endpoints"
        return f"the {what} of client.client_certificate is registered, and the provider asks for certificates {where}"
    if auth.startswith("client_secret"):
        return "client.secret is the registered one"
    return "the public key of client.key is registered (alg, kid, audience)"


def _login_advice(flight: Flight, provider: Provider) -> str:
    landing = flight.landing
    assert landing is not None
    ended = code_trial(flight).summary
    last = landing.steps[-1].url if landing.steps else "nowhere"
    if landing.kind == "left":
        from conformance.eid.op.agent import place  # noqa: PLC0415

        return f"preflight: the login leads to {place(landing.url)}; is its origin to be in login_origins?"
    if landing.kind == "loop":
        advice = "check the test user's secrets and the steps of login"
        return f"preflight: the login pages repeat themselves at {last}; {advice}"
    if landing.kind == "callback":
        return f"preflight: the login ends with {ended}; check client.scope and what the test user may do"
    if landing.status >= 400:
        advice = f"check client.id and that {provider.client.redirect_uri} is registered"
        return f"preflight: the login ends at {last} with {landing.status}; {advice}"
    return f"preflight: no step of login answers the page at {last}; name its fields and its button"


def _token_advice(tokens: Tokens, provider: Provider) -> str:
    trial = token_trial(tokens)
    proof = "refuses a good DPoP proof" if provider.client.dpop else "wants a DPoP proof; is client.dpop to be true?"
    advice = {
        "invalid_client": f"check client.auth, and that {_registered(provider)}",
        "invalid_dpop_proof": f"the provider {proof}",
        "invalid_request": "check client.dpop",
    }.get(trial.error, "check the client's registration")
    return f"preflight: the token endpoint gives client {provider.client.id} {trial.status} {trial.error}: {advice}"
