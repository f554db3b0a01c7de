"""The token endpoint: codes, PKCE, bad requests, and facts of what was issued."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from conformance.core.model import NotTested, Reason, Undecided
from conformance.eid.op.authentication import call, usual_auth, usual_proofs
from conformance.eid.op.evidence import AccessTokens, Token, TokenAnswer, Trial, Troubles
from conformance.eid.op.jwe import Unreadable, part
from conformance.eid.op.preflight import Run
from conformance.eid.op.provider import Credentials, Tokens
from conformance.eid.op.session import ask_for, fresh_code, own_code, read_userinfo, redeem, token_request, visit
from conformance.eid.op.trials import answer_trial, needed_code, pushed_trial, token_trial, untested
from conformance.wire.cookies import Jar
from conformance.wire.jws import random_id
from conformance.wire.oauth import error_code, json_object, media_type

SAMPLES = 20
MAX_CODE_SECONDS = 62

Attempt = Callable[[Run], Trial]


def redeemed_twice(run: Run) -> Trial:
    """A code redeemed a second time."""
    flight = own_code(run.provider)
    redeem(run.provider, flight)
    return token_trial(redeem(run.provider, flight))


def revoked_by_reuse(run: Run) -> Trial:
    """UserInfo with a token whose code was then used again."""
    flight = own_code(run.provider)
    token = redeem(run.provider, flight).text("access_token")
    if read_userinfo(run.provider, token).status != 200:
        raise Undecided(Reason.CONTROL_FAILED, "UserInfo refuses a fresh token")
    redeem(run.provider, flight)
    exchange = read_userinfo(run.provider, token)
    return answer_trial(exchange, "userinfo", granted=exchange.status == 200)


def by_other_client(run: Run) -> Trial:
    """A code redeemed by our second client, authenticated as itself."""
    if run.second is None:
        return untested(NotTested.NO_CREDENTIAL, run.second_trouble)
    return token_trial(redeem(run.provider, own_code(run.provider), client=run.second))


def redeemed(**changes: str | None) -> Attempt:
    """A code redeemed with a parameter changed, or left out."""
    return lambda run: token_trial(redeem(run.provider, own_code(run.provider), changes))


def verifier_without_challenge(run: Run) -> Trial:
    """A verifier for a code that was asked for without challenge; refusing the request itself is as good."""
    ask = ask_for(run.provider, {"code_challenge": None, "code_challenge_method": None})
    if not ask.url:
        return pushed_trial(ask)
    flight = visit(run.provider, ask)
    if not flight.code:
        return Trial("refused", "authorization", flight.landing.status if flight.landing else 0)
    return token_trial(redeem(run.provider, flight))


def expired(run: Run) -> Trial:
    """A code redeemed after a minute. Slow."""
    flight = fresh_code(run.provider)
    time.sleep(MAX_CODE_SECONDS)
    return token_trial(redeem(run.provider, flight))


def good_pairs(run: Run) -> list[tuple[str, str]]:
    """The parameters of a good request with a fresh code."""
    flight = fresh_code(run.provider)
    return [
        ("grant_type", "authorization_code"),
        ("code", flight.code),
        ("redirect_uri", flight.ask.params["redirect_uri"]),
        ("code_verifier", flight.ask.verifier),
    ]


def repeated(run: Run) -> Trial:
    """A good request whose grant_type stands there twice."""
    pairs = good_pairs(run)
    client = run.provider.client
    return token_trial(token_request(run.provider, [pairs[0], *pairs], client=client))


def as_json(run: Run) -> Trial:
    """A good request as a JSON body."""
    provider, client = run.provider, run.provider.client
    url = provider.endpoint("token_endpoint")
    given = usual_auth(provider, client)(url)
    proofs = (
        usual_proofs(provider)("POST", url, "", provider.nonces.get(urlsplit(url).netloc, "")) if client.dpop else ()
    )
    exchange = provider.send(
        url,
        method="POST",
        headers={"Content-Type": "application/json", **given.fields},
        data=json.dumps(dict([*good_pairs(run), *given.pairs])),
        lines=tuple(("DPoP", each) for each in proofs),
        certificate=given.certificate,
    )
    return token_trial(Tokens(exchange, json_object(exchange), client))


def by_get(run: Run) -> Trial:
    """A good request by GET."""
    provider, client = run.provider, run.provider.client
    proofs = usual_proofs(provider) if client.dpop else None
    exchange, _ = call(
        provider,
        provider.endpoint("token_endpoint"),
        good_pairs(run),
        auth=usual_auth(provider, client),
        proofs=proofs,
        method="GET",
    )
    return token_trial(Tokens(exchange, json_object(exchange), client))


def password(run: Run) -> Trial:
    """The resource owner password grant, with the test user's own name and password where there are any."""
    secrets = {name: value for step in run.provider.settings.login for name, value in step.secrets.items()}
    names = {name: value for step in run.provider.settings.login for name, value in step.fields.items()}
    pairs = [
        ("grant_type", "password"),
        ("username", next(iter(names.values()), "user")),
        ("password", next(iter(secrets.values()), "password")),
        ("scope", run.provider.client.scope),
    ]
    return token_trial(token_request(run.provider, pairs, client=run.provider.client))


def unclaimed(grant: str) -> Attempt:
    """A grant type that the metadata does not have."""

    def attempt(run: Run) -> Trial:
        if run.provider.offers("grant_types_supported", grant):
            return Trial("absent", detail=f"{grant} is advertised")
        pairs = [("grant_type", grant), ("scope", run.provider.client.scope)]
        return token_trial(token_request(run.provider, pairs, client=run.provider.client))

    return attempt


TRIALS: Mapping[str, Attempt] = {
    "redeemed-twice": redeemed_twice,
    "revoked-by-reuse": revoked_by_reuse,
    "other-client": by_other_client,
    "wrong-verifier": redeemed(code_verifier=random_id(32)),
    "no-verifier": redeemed(code_verifier=None),
    "verifier-without-challenge": verifier_without_challenge,
    "other-redirect-uri": redeemed(redirect_uri="https://foreign.example/cb"),
    "no-redirect-uri": redeemed(redirect_uri=None),
    "expired": expired,
    "repeated": repeated,
    "as-json": as_json,
    "by-get": by_get,
    "password": password,
    "grant-client-credentials": unclaimed("client_credentials"),
    "grant-implicit": unclaimed("implicit"),
}
"""What is tried, by name."""


def attempt(run: Run, name: str) -> Trial:
    """One trial."""
    return TRIALS[name](run)


def token_answer(tokens: Tokens) -> TokenAnswer:
    """A token response without anything secret."""
    exchange, members = tokens.exchange, tokens.members
    lifetime = members.get("expires_in")
    return TokenAnswer(
        status=exchange.status,
        media_type=media_type(exchange),
        cache_control=", ".join(exchange.all("cache-control"))[:300],
        fields=tuple(sorted(str(name)[:40] for name in members)[:40]),
        token_type=tokens.text("token_type")[:40],
        expires_in=float(lifetime) if isinstance(lifetime, int | float) and not isinstance(lifetime, bool) else -1,
        error=error_code(members),
        www_authenticate=bool(exchange.all("www-authenticate")),
        is_json=bool(members),
        sent_authorization=tokens.sent_authorization,
    )


def errors(run: Run) -> dict[str, TokenAnswer]:
    """Answers to requests that are wrong in one thing."""
    client = run.provider.client
    wrong = {
        "junk-code": [
            ("grant_type", "authorization_code"),
            ("code", random_id()),
            ("redirect_uri", client.redirect_uri),
            ("code_verifier", random_id(32)),
        ],
        "unknown-grant": [("grant_type", "urn:example:unknown")],
        "no-grant": [("code", random_id())],
    }
    found = {name: token_answer(token_request(run.provider, pairs, client=client)) for name, pairs in wrong.items()}
    pairs = (("client_id", f"unknown-{random_id(6)}"), ("client_secret", "x"))

    def auth(_: str) -> Credentials:
        return Credentials(pairs, {}, client.certificate)

    found["unknown-client"] = token_answer(token_request(run.provider, wrong["junk-code"], client=client, auth=auth))
    return found


def parallel(run: Run) -> tuple[int, str]:
    """How many of two whole logins in the same second got a token, and what happened to the first that did not."""

    def one(_: int) -> str:
        try:
            flight = needed_code(visit(run.provider, ask_for(run.provider), jar=Jar()))
            trial = token_trial(redeem(run.provider, flight))
        except Undecided as trouble:
            return trouble.detail or trouble.reason.value
        return "" if trial.outcome == "granted" else trial.summary

    with ThreadPoolExecutor(2) as pool:
        details = list(pool.map(one, range(2)))
    return details.count(""), next((each for each in details if each), "")


def samples(run: Run) -> bool:
    """Flows until there are enough codes to look at."""
    while len(run.provider.issued.get("code", ())) < SAMPLES:
        redeem(run.provider, fresh_code(run.provider))
    return True


FACTS: Mapping[str, Callable[[Run], Any]] = {
    "answer": lambda run: token_answer(run.control.tokens),
    "errors": errors,
    "parallel": parallel,
    "samples": samples,
}


def entropy(values: Sequence[str]) -> tuple[int, int, int, int]:
    """(how many, the shortest, its bits if random in the alphabet seen, how many were issued before)."""
    random_parts = [each.rpartition(":")[2] for each in values]
    alphabet = len({character for each in random_parts for character in each})
    shortest = min(map(len, random_parts))
    return len(values), shortest, int(shortest * math.log2(max(alphabet, 2))), len(values) - len(set(values))


def issued(run: Run) -> AccessTokens:
    """Facts of all that was issued in the run."""
    provider = run.provider
    kinds = {kind: entropy(values) for kind, values in provider.issued.items() if values}
    token = run.control.tokens.text("access_token")
    try:
        header, claims = (part(each) for each in token.split(".")[:2])
    except (Unreadable, ValueError):
        return AccessTokens(kinds)
    audience = claims.get("aud")
    listed = audience if isinstance(audience, list) else [audience] if audience else []
    return AccessTokens(
        kinds,
        jwt=True,
        jwt_typ=str(header.get("typ", ""))[:40],
        jwt_claims=tuple(sorted(str(name)[:40] for name in claims)[:40]),
        jwt_audience=tuple(str(each)[:300] for each in listed[:10]),
    )


def record(run: Run, facts: Mapping[str, Any], trials: Mapping[str, Trial], troubles: Troubles) -> Token:
    """All that was seen of the endpoint; called when every flow is done."""
    granted, detail = facts.get("parallel", (0, ""))
    landing = run.control.first.landing
    urls = [url for step in (landing.steps if landing else ()) for url in (step.url, step.location)]
    return Token(
        answer=facts.get("answer"),
        errors=facts.get("errors", {}),
        parallel=(2, granted) if "parallel" in facts else (0, 0),
        parallel_detail=detail,
        values=issued(run) if "samples" in facts else AccessTokens(),
        in_url=any(
            f"{name}" in url.partition("?")[2].split("&") for url in urls for name in ("access_token", "id_token")
        ),
        trials=trials,
        troubles=troubles,
    )
