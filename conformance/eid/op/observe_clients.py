"""Client authentication: a good assertion everywhere, and each way in which one is wrong (RFC 7523 section 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from conformance.core.model import NotTested
from conformance.eid.op.authentication import Mutate, assertion_auth, call, no_auth, secret_auth
from conformance.eid.op.certificates import ANYBODY, authentication_attempt, redeemed_by
from conformance.eid.op.evidence import ClientAuthentication, Trial, Troubles
from conformance.eid.op.preflight import Run
from conformance.eid.op.provider import Auth
from conformance.eid.op.session import ask_for, fresh_code, pushes, redeem
from conformance.eid.op.trials import answer_trial, pushed_trial, token_trial, untested
from conformance.wire.jws import new_key, random_id, tampered
from conformance.wire.oauth import json_object

Attempt = Callable[[Run], Trial]
PUSH, TOKEN = "pushed_authorization_request_endpoint", "token_endpoint"


def claimed(**changes: Any) -> Mutate:
    """An assertion's claims with some changed, or left out (None); callables get the claims."""

    def mutate(claims: dict[str, Any]) -> dict[str, Any]:
        made = {**claims, **{name: each(claims) if callable(each) else each for name, each in changes.items()}}
        return {name: value for name, value in made.items() if value is not None}

    return mutate


def shifted(*names: str, seconds: int) -> Mutate:
    """An assertion's dates moved."""
    return lambda claims: {**claims, **{name: claims[name] + seconds for name in names}}


CLAIMS: Mapping[str, Mutate] = {
    "aud-other-server": claimed(aud="https://other.example"),
    "expired": lambda claims: {**claims, **{name: claims[name] - 360 for name in ("iat", "nbf", "exp")}},
    "no-exp": claimed(exp=None),
    "no-sub": claimed(sub=None),
    "no-iss": claimed(iss=None),
    "foreign-sub": claimed(sub="somebody-else"),
    "foreign-iss": claimed(iss="somebody-else"),
    "no-jti": claimed(jti=None),
    "ahead-8s": shifted("iat", "nbf", "exp", seconds=8),
    "ahead-120s": shifted("iat", "nbf", "exp", seconds=120),
    "long-lived": shifted("exp", seconds=86_400),
}
"""One change of the claims each. Dates that move together are one change: the assertion is from another time."""


def authenticate(run: Run, auth: Auth) -> Trial:
    """One attempt to be authenticated: at the push where the client pushes, else at the token endpoint with a code."""
    provider = run.provider
    if pushes(provider, provider.client):
        return pushed_trial(ask_for(provider, push=True, auth=auth))
    return token_trial(redeem(provider, fresh_code(provider), auth=auth))


def with_claims(name: str) -> Attempt:
    """An assertion with one change of its claims."""
    return lambda run: authenticate(run, assertion_auth(run.provider, run.provider.client, change=CLAIMS[name]))


def with_audience(name: str) -> Attempt:
    """An assertion whose `aud` is something else than the issuer as a string."""

    def attempt(run: Run) -> Trial:
        provider = run.provider
        values: Mapping[str, Any] = {
            "aud-token-url": provider.published(TOKEN),
            "aud-push-url": provider.published(PUSH),
            "aud-array": [provider.settings.issuer],
        }
        if not values[name]:
            return Trial("absent", detail=f"the metadata has no {PUSH}")
        return authenticate(run, assertion_auth(provider, provider.client, change=claimed(aud=values[name])))

    return attempt


def unsigned(run: Run) -> Trial:
    """An assertion with alg none."""
    return authenticate(run, assertion_auth(run.provider, run.provider.client, header={"alg": "none"}))


def foreign_key(run: Run) -> Trial:
    """An assertion signed by a key that is not registered, under the kid of the one that is."""
    client = run.provider.client
    assert client.key is not None
    key = new_key(client.key.alg, client.key.kid)
    return authenticate(run, assertion_auth(run.provider, client, key=key))


def spoiled(run: Run) -> Trial:
    """An assertion with one bit of its signature turned round."""
    return authenticate(run, assertion_auth(run.provider, run.provider.client, spoil=tampered))


def rs256(run: Run) -> Trial:
    """An assertion signed with RS256 by a registered RSA key."""
    key = run.provider.client.rsa_key
    if key is None:
        return untested(NotTested.NO_CREDENTIAL, "the manifest declares no client.rsa_key to sign RS256 with")
    return authenticate(run, assertion_auth(run.provider, run.provider.client, key=key))


def usual_alg(run: Run) -> Trial:
    """An assertion signed as the client does: the control, and the positive half of EID-CLI-04."""
    return authenticate(run, assertion_auth(run.provider, run.provider.client))


def replayed(run: Run) -> Trial:
    """A jti used twice."""
    jti = random_id()
    auth = assertion_auth(run.provider, run.provider.client, change=claimed(jti=jti))
    first = authenticate(run, auth)
    return first if first.outcome != "granted" else authenticate(run, auth)


def accepted_at(name: str) -> Attempt:
    """An assertion for the issuer at one endpoint: wanted."""

    def attempt(run: Run) -> Trial:
        provider = run.provider
        endpoint = provider.endpoint(name)
        if not endpoint:
            return Trial("absent", detail=f"the metadata has no {name}")
        auth = assertion_auth(provider, provider.client, change=claimed(aud=provider.settings.issuer))
        if name == PUSH:
            return pushed_trial(ask_for(provider, push=True, auth=auth))
        if name == TOKEN:
            return token_trial(redeem(provider, fresh_code(provider), auth=auth))
        exchange, _ = call(provider, endpoint, (("token", random_id()),), auth=auth)
        known = exchange.status == 200 or json_object(exchange).get("error") in (
            "unsupported_token_type",
            "invalid_token",
        )
        return answer_trial(exchange, name.removesuffix("_endpoint"), granted=known)

    return attempt


def unauthenticated(run: Run) -> Trial:
    """A code redeemed with the client's name and nothing else."""
    return redeemed_by(run, no_auth(run.provider.client))


def wrong_secret(run: Run) -> Trial:
    """A code redeemed with a wrong secret."""
    provider = run.provider
    if not provider.client.secret:
        return Trial("absent", detail="the client has no secret")
    return token_trial(redeem(provider, fresh_code(provider), auth=secret_auth(provider.client, random_id())))


ANYWHERE: Mapping[str, Attempt] = {"unauthenticated": unauthenticated, "wrong-secret": wrong_secret}
TRIALS: Mapping[str, Attempt] = {
    **{name: with_claims(name) for name in CLAIMS},
    **{name: with_audience(name) for name in ("aud-token-url", "aud-push-url", "aud-array")},
    "unsigned": unsigned,
    "foreign-key": foreign_key,
    "spoiled": spoiled,
    "rs256": rs256,
    "usual-alg": usual_alg,
    "replayed": replayed,
    **{
        f"issuer-at-{each.removesuffix('_endpoint')}": accepted_at(each)
        for each in (PUSH, TOKEN, "introspection_endpoint", "revocation_endpoint")
    },
    **ANYWHERE,
}
"""What is tried, by name."""


def attempt(run: Run, name: str) -> Trial:
    """One trial; those of assertions and of certificates only where the client uses any."""
    if name == "unauthenticated" and run.provider.client.auth == "none":
        return Trial("absent", detail="the client is a public one")
    if name in ANYBODY:
        return authentication_attempt(run, name)
    if name not in ANYWHERE and run.provider.client.auth != "private_key_jwt":
        return Trial("absent", detail=f"the client authenticates with {run.provider.client.auth}")
    return TRIALS[name](run)


FACTS: Mapping[str, Callable[[Run], Any]] = {}


def record(run: Run, _: Mapping[str, Any], trials: Mapping[str, Trial], troubles: Troubles) -> ClientAuthentication:
    """The trials."""
    return ClientAuthentication(run.provider.client.auth, trials=trials, troubles=troubles)
