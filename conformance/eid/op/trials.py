"""What came of an attempt: a push, an authorization request, a token request, as evidence without anything secret."""

from __future__ import annotations

from collections.abc import Callable

from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.eid.op.evidence import Trial
from conformance.eid.op.provider import Ask, Flight, Tokens
from conformance.wire.exchange import HttpExchange
from conformance.wire.oauth import (
    error_code,
    json_object,
)


def pushed_trial(ask: Ask) -> Trial:
    """A push as an attempt to get a request_uri."""
    assert ask.pushed is not None
    return answer_trial(ask.pushed, "par", granted=bool(ask.url))


def answer_trial(exchange: HttpExchange, stage: str, *, granted: bool) -> Trial:
    """An answer as an attempt: what is neither granted nor refused with 4xx decides nothing."""
    error = error_code(json_object(exchange))
    if granted:
        return Trial("granted", stage, exchange.status)
    if exchange.status >= 500:
        return undecided(stage, Reason.NOT_OBSERVABLE, f"{stage} answers {exchange.status}", exchange.status)
    return Trial("refused", stage, exchange.status, error)


def undecided(stage: str, reason: Reason, detail: str, status: int = 0) -> Trial:
    """An attempt that decides nothing."""
    return Trial("undecided", stage, status, reason=reason.value, detail=detail)


def code_trial(flight: Flight) -> Trial:
    """A flight as an attempt to get a code (or a token) to the redirect URI."""
    landing = flight.landing
    if landing is None:
        return pushed_trial(flight.ask)
    got = {"code", "access_token", "id_token"} & set(landing.params)
    error = landing.params.get("error", "")[:60] if landing.kind == "callback" else ""
    stage = "callback" if landing.kind == "callback" else "authorization"
    if landing.kind == "callback" and got:
        return Trial("granted", stage, landing.status, detail=f"received {', '.join(sorted(got))}", steps=landing.steps)
    if landing.kind == "loop":
        return Trial("refused", stage, landing.status, detail="the login pages repeat themselves", steps=landing.steps)
    if landing.status >= 500:
        return undecided(stage, Reason.NOT_OBSERVABLE, f"the provider answers {landing.status}", landing.status)
    return Trial("refused", stage, landing.status, error, steps=landing.steps)


def token_trial(tokens: Tokens, stage: str = "token") -> Trial:
    """A token response as an attempt to get a token."""
    got = tokens.exchange.status == 200 and bool({"access_token", "id_token"} & set(tokens.members))
    return answer_trial(tokens.exchange, stage, granted=got)


def needed_code(flight: Flight) -> Flight:
    """The flight, where it brought a code.

    Raises:
        Undecided: CONTROL_FAILED with where it ended.
    """
    if flight.code:
        return flight
    raise Undecided(Reason.CONTROL_FAILED, f"no code to go on with: {code_trial(flight).summary}")


def guarded(attempt: Callable[[], Trial]) -> Trial:
    """The attempt; what keeps it from being one becomes `undecided` or `untested`."""
    try:
        return attempt()
    except Undecided as trouble:
        return undecided("", trouble.reason, trouble.detail)
    except Untested as trouble:
        return untested(trouble.reason, trouble.detail)


def untested(reason: NotTested, detail: str) -> Trial:
    """An attempt that was not made."""
    return Trial("untested", reason=reason.value, detail=detail)
