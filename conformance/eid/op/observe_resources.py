"""What tokens are for beside UserInfo: refreshing, revoking, introspecting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.eid.op.authentication import call, confirmation, no_auth, usual_auth
from conformance.eid.op.evidence import Introspection, Refresh, Revocation, Trial, Troubles
from conformance.eid.op.preflight import Run
from conformance.eid.op.provider import Tokens
from conformance.eid.op.session import own_code, read_userinfo, redeem, token_request
from conformance.eid.op.settings import Client
from conformance.eid.op.trials import answer_trial, token_trial, untested
from conformance.wire.client_certificates import let_in
from conformance.wire.exchange import HttpExchange
from conformance.wire.jws import random_id
from conformance.wire.oauth import json_object

Attempt = Callable[[Run], Trial]

NONE_CAME = "no refresh token came with the login; where a scope brings one, client.scope is to name it"


def refresh_token(run: Run) -> str:
    """The refresh token of the control. Raises Untested where none came."""
    if not (token := run.control.tokens.text("refresh_token")):
        raise Untested(NotTested.UNSUPPORTED, "no refresh token came")
    return token


def refreshed(
    run: Run, token: str, client: Client | None = None, more: tuple[tuple[str, str], ...] = (), **options: Any
) -> Tokens:
    """A refresh request."""
    pairs = [("grant_type", "refresh_token"), ("refresh_token", token), *more]
    return token_request(run.provider, pairs, client=client or run.provider.client, **options)


def new_refresh_token(run: Run) -> str:
    """A refresh token of a flow of its own. Raises Undecided where none came."""
    flight = own_code(run.provider)
    if not (token := redeem(run.provider, flight).text("refresh_token")):
        raise Undecided(Reason.CONTROL_FAILED, "a second login brought no refresh token")
    return token


def by_other_client(run: Run) -> Trial:
    """A refresh token used by our second client."""
    if run.second is None:
        return untested(NotTested.NO_CREDENTIAL, run.second_trouble)
    return token_trial(refreshed(run, new_refresh_token(run), run.second))


def more_scope(run: Run) -> Trial:
    """A refresh that asks for a scope that was not granted; granted only where the answer says so."""
    tokens = refreshed(run, new_refresh_token(run), more=(("scope", "openid email address phone x_more"),))
    trial = token_trial(tokens)
    if trial.outcome == "granted" and "x_more" not in tokens.text("scope").split():
        return Trial("refused", "token", tokens.exchange.status, detail="the scope did not grow")
    return trial


REFRESH_TRIALS: Mapping[str, Attempt] = {"other-client": by_other_client, "more-scope": more_scope}


def refresh_attempt(run: Run, name: str) -> Trial:
    """One trial, where refresh tokens are issued."""
    if not run.control.tokens.text("refresh_token"):
        return Trial("absent", detail=NONE_CAME)
    return REFRESH_TRIALS[name](run)


def rotation(run: Run) -> bool:
    """Whether a refresh brings another refresh token. Raises Undecided where refreshing does not work."""
    if not run.control.tokens.text("refresh_token"):
        return False
    token = new_refresh_token(run)
    tokens = refreshed(run, token)
    if token_trial(tokens).outcome != "granted":
        raise Undecided(Reason.CONTROL_FAILED, f"a good refresh is answered {token_trial(tokens).summary}")
    return tokens.text("refresh_token") not in ("", token)


REFRESH_FACTS: Mapping[str, Callable[[Run], Any]] = {"rotation": rotation}


def refresh_record(run: Run, facts: Mapping[str, Any], trials: Mapping[str, Trial], troubles: Troubles) -> Refresh:
    """All that was seen of refreshing."""
    came = bool(run.control.tokens.text("refresh_token"))
    absent = "" if came else NONE_CAME
    return Refresh(absent, rotated=bool(facts.get("rotation")), trials=trials, troubles=troubles)


REVOKE, INTROSPECT = "revocation_endpoint", "introspection_endpoint"


def own_revocation(run: Run) -> tuple[int, Trial]:
    """(status of revoking a fresh token, UserInfo with it afterwards)."""
    provider = run.provider
    token = redeem(provider, own_code(provider)).text("access_token")
    if read_userinfo(provider, token).status != 200:
        raise Undecided(Reason.CONTROL_FAILED, "UserInfo refuses a fresh token")
    exchange, _ = call(
        provider, provider.endpoint(REVOKE), (("token", token),), auth=usual_auth(provider, provider.client)
    )
    after = read_userinfo(provider, token)
    return exchange.status, answer_trial(after, "userinfo", granted=after.status == 200)


def unknown_revocation(run: Run) -> int:
    """The status of revoking a token that never was."""
    provider = run.provider
    auth = usual_auth(provider, provider.client)
    return call(provider, provider.endpoint(REVOKE), (("token", random_id()),), auth=auth)[0].status


def foreign_revocation(run: Run) -> Trial:
    """Our second client revokes a token of the first: granted where UserInfo then refuses the token."""
    if run.second is None:
        return untested(NotTested.NO_CREDENTIAL, run.second_trouble)
    provider = run.provider
    token = redeem(provider, own_code(provider)).text("access_token")
    url = provider.endpoint(REVOKE, run.second)
    call(provider, url, (("token", token),), auth=usual_auth(provider, run.second))
    after = read_userinfo(provider, token)
    if after.status == 200:
        return Trial("refused", "revocation", after.status)
    return Trial("granted", "revocation", after.status, detail="the token no longer works")


REVOCATION_FACTS: Mapping[str, Callable[[Run], Any]] = {"own": own_revocation, "unknown": unknown_revocation}


REVOCATION_TRIALS: Mapping[str, Attempt] = {"foreign": foreign_revocation}


def revocation_attempt(run: Run, name: str) -> Trial:
    """One trial, where there is an endpoint."""
    if not run.provider.endpoint(REVOKE):
        return Trial("absent", detail=f"the metadata has no {REVOKE}")
    return REVOCATION_TRIALS[name](run)


def revocation_record(
    run: Run, facts: Mapping[str, Any], trials: Mapping[str, Trial], troubles: Troubles
) -> Revocation:
    """All that was seen of revoking."""
    if not run.provider.endpoint(REVOKE):
        return Revocation(f"the metadata has no {REVOKE}")
    status, after = facts.get("own", (0, None))
    found = {**trials, **({"own": after} if after else {})}
    return Revocation("", status, facts.get("unknown", 0), found, troubles)


def introspected(run: Run, token: str, client: Client | None = None, *, authenticated: bool = True) -> HttpExchange:
    """The answer of the introspection endpoint."""
    provider = run.provider
    client = client or provider.client
    auth = usual_auth(provider, client) if authenticated else no_auth(client)
    return call(provider, provider.endpoint(INTROSPECT, client), (("token", token),), auth=auth)[0]


def own_introspection(run: Run) -> tuple[bool | None, bool | None]:
    """(active, whether the bound key is shown) of our token."""
    members = json_object(introspected(run, run.control.tokens.text("access_token")))
    active = members.get("active")
    cnf = members.get("cnf")
    name, own = confirmation(run.provider, run.provider.client)
    return active if isinstance(active, bool) else None, isinstance(cnf, dict) and bool(name) and cnf.get(name) == own


def unauthenticated(run: Run) -> int | str:
    """The status of an answer to a request without authentication, or how TLS refused it."""
    token = run.control.tokens.text("access_token")

    def ask() -> int:
        return introspected(run, token, authenticated=False).status

    if run.provider.client.certificate is None:
        return ask()
    return let_in(ask, lambda: introspected(run, token).status == 200)


def junk_introspection(run: Run) -> bool | None:
    """`active` of a token that never was."""
    active = json_object(introspected(run, random_id())).get("active")
    return active if isinstance(active, bool) else None


def disclosure(run: Run) -> tuple[str, ...]:
    """Members that tell an unrelated client of the subject. Raises Untested without a second client."""
    if run.second is None:
        raise Untested(NotTested.NO_CREDENTIAL, run.second_trouble)
    members = json_object(introspected(run, run.control.tokens.text("access_token"), run.second))
    telling = ("sub", "username", "email", "name", "client_id", "cnf")
    return tuple(name for name in telling if name in members)


INTROSPECTION_FACTS: Mapping[str, Callable[[Run], Any]] = {
    "own": own_introspection,
    "junk": junk_introspection,
    "unauthenticated": unauthenticated,
    "disclosure": disclosure,
}


def introspection_record(
    run: Run, facts: Mapping[str, Any], _: Mapping[str, Trial], troubles: Troubles
) -> Introspection:
    """All that was seen of introspecting."""
    if not run.provider.endpoint(INTROSPECT):
        return Introspection(f"the metadata has no {INTROSPECT}")
    active, cnf = facts.get("own", (None, None))
    refusal = facts.get("unauthenticated", 0)
    name, _own = confirmation(run.provider, run.provider.client)
    return Introspection(
        "",
        active_own=active,
        active_junk=facts.get("junk"),
        status_unauthenticated=refusal if isinstance(refusal, int) else 0,
        refused_unauthenticated=refusal if isinstance(refusal, str) else "",
        cnf=cnf,
        expects_cnf=bool(name),
        expected=name or "jkt",
        disclosed=facts.get("disclosure"),
        troubles=troubles,
    )
