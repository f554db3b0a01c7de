"""Pushed authorization requests (RFC 9126): a good one, and each way in which one should not be taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from conformance.core.model import NotTested
from conformance.eid.op.authentication import call, no_auth, usual_auth
from conformance.eid.op.certificates import tried
from conformance.eid.op.evidence import Par, Trial, Troubles
from conformance.eid.op.preflight import Run
from conformance.eid.op.session import ask_for, fresh_code, visit, with_query
from conformance.eid.op.trials import answer_trial, code_trial, pushed_trial, untested
from conformance.wire.cookies import Jar
from conformance.wire.exchange import HttpExchange
from conformance.wire.oauth import error_code, json_object, media_type

ENDPOINT = "pushed_authorization_request_endpoint"
ABSENT = Trial("absent", detail=f"the metadata has no {ENDPOINT}")

Attempt = Callable[[Run], Trial]


def pushed(changes: Mapping[str, str | None], *, follow_it: bool = True) -> Attempt:
    """A push with parameters changed, followed to the authorization endpoint where it is taken."""

    def attempt(run: Run) -> Trial:
        ask = ask_for(run.provider, changes, push=True)
        return code_trial(visit(run.provider, ask)) if follow_it and ask.url else pushed_trial(ask)

    return attempt


def without_authentication(run: Run) -> Trial:
    """A push with the client's name and nothing else."""
    provider = run.provider
    return tried(
        run,
        lambda: pushed_trial(ask_for(provider, push=True, auth=no_auth(provider.client))),
        lambda: bool(ask_for(provider, push=True).url),
    )


def unpushed(run: Run) -> Trial:
    """The same request straight to the authorization endpoint."""
    return code_trial(visit(run.provider, ask_for(run.provider, push=False)))


def with_request_uri(run: Run) -> Trial:
    """A push whose body holds the request_uri of another push."""
    first = ask_for(run.provider, push=True)
    assert first.pushed is not None
    uri = str(json_object(first.pushed).get("request_uri", ""))
    return pushed_trial(ask_for(run.provider, {"request_uri": uri}, push=True))


def other_client(run: Run) -> Trial:
    """The request_uri of one client opened in the name of another."""
    if run.second is None:
        return untested(NotTested.NO_CREDENTIAL, run.second_trouble)
    ask = ask_for(run.provider, push=True)
    assert ask.pushed is not None
    uri = str(json_object(ask.pushed).get("request_uri", ""))
    authorize = run.provider.endpoint("authorization_endpoint")
    url = with_query(authorize, [("client_id", run.second.id), ("request_uri", uri)])
    return code_trial(visit(run.provider, replace(ask, url=url)))


def used_twice(run: Run) -> Trial:
    """A request_uri opened again after it brought a code."""
    flight = fresh_code(run.provider, push=True)
    return code_trial(visit(run.provider, flight.ask))


def reloaded(run: Run) -> Trial:
    """A request_uri opened twice by one browser before the login is completed: wanted."""
    ask = ask_for(run.provider, push=True)
    jar = Jar()
    visit(run.provider, ask, jar=jar, login=())
    return code_trial(visit(run.provider, ask, jar=jar))


def by_get(run: Run) -> Trial:
    """A push by GET."""
    provider = run.provider
    ask = ask_for(provider, push=False)
    auth = usual_auth(provider, provider.client)
    exchange, _ = call(provider, provider.endpoint(ENDPOINT), list(ask.params.items()), auth=auth, method="GET")
    return answer_trial(exchange, "par", granted="request_uri" in json_object(exchange))


def expired(run: Run) -> Trial:
    """A request_uri opened after it expired. Slow."""
    import time  # noqa: PLC0415 - only where it was asked for

    ask = ask_for(run.provider, push=True)
    assert ask.pushed is not None
    seconds = json_object(ask.pushed).get("expires_in", 60)
    time.sleep(min(float(seconds), 600.0) + 2)
    return code_trial(visit(run.provider, ask))


TRIALS: Mapping[str, Attempt] = {
    "no-authentication": without_authentication,
    "unpushed": unpushed,
    "request-uri-inside": with_request_uri,
    "other-client": other_client,
    "used-twice": used_twice,
    "reloaded": reloaded,
    "expired": expired,
    "no-challenge": pushed({"code_challenge": None, "code_challenge_method": None}),
    "plain": pushed({"code_challenge_method": "plain"}),
    "no-method": pushed({"code_challenge_method": None}),
    "no-redirect-uri": pushed({"redirect_uri": None}),
    "by-get": by_get,
}
"""What is tried, by name. All but `unpushed` need the endpoint."""


def attempt(run: Run, name: str) -> Trial:
    """One trial."""
    if name != "unpushed" and not run.provider.endpoint(ENDPOINT):
        return ABSENT
    return TRIALS[name](run)


def good_push(run: Run) -> HttpExchange | None:
    """The answer to a good push; None where there is no endpoint."""
    return ask_for(run.provider, push=True).pushed if run.provider.endpoint(ENDPOINT) else None


FACTS: Mapping[str, Callable[[Run], Any]] = {"answer": good_push}


def record(_: Run, facts: Mapping[str, Any], trials: Mapping[str, Trial], troubles: Troubles) -> Par:
    """What a good push is answered, and the trials."""
    exchange = facts.get("answer")
    if exchange is None:
        return Par(offered=False, trials=trials, troubles=troubles)
    members = json_object(exchange)
    lifetime = members.get("expires_in")
    return Par(
        status=exchange.status,
        error=error_code(members),
        expires_in=float(lifetime) if isinstance(lifetime, int | float) else 0,
        integer=isinstance(lifetime, int) and not isinstance(lifetime, bool),
        has_uri=isinstance(members.get("request_uri"), str),
        cache_control=", ".join(exchange.all("cache-control"))[:300],
        media_type=media_type(exchange),
        trials=trials,
        troubles=troubles,
    )
