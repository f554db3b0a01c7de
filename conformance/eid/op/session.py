"""One function for each leg of a flow: ask, visit, redeem, read. Each takes what a trial changes and does the rest as a
conforming client would.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.eid.op.agent import Errand, browse
from conformance.eid.op.authentication import call, presenting, usual_auth, usual_proofs
from conformance.eid.op.provider import Ask, Auth, Flight, Pairs, Proofs, Provider, Tokens
from conformance.eid.op.settings import Client, LoginStep
from conformance.eid.op.trials import needed_code
from conformance.wire.cookies import Jar
from conformance.wire.exchange import HttpExchange
from conformance.wire.jws import random_id
from conformance.wire.oauth import (
    challenge,
    form,
    json_object,
)


def pushes(provider: Provider, client: Client) -> bool:
    """Whether this client pushes its requests: as the manifest says, else where the provider offers it."""
    if client.par is not None:
        return client.par
    return bool(provider.endpoint("pushed_authorization_request_endpoint"))


def ask_for(
    provider: Provider,
    changes: Mapping[str, str | None] | None = None,
    *,
    client: Client | None = None,
    push: bool | None = None,
    auth: Auth | None = None,
    proofs: Proofs | None = None,
    verifier: str = "",
) -> Ask:
    """Make an authorization request and push it where the client does.

    Args:
        provider: see Provider.
        changes: parameters to set, or to leave out (None).
        client: one of ours.
        push: against the client's habit.
        auth: how the client authenticates at the push.
        proofs: DPoP fields of the push.
        verifier: of PKCE; a fresh one where empty.
    """
    client = client or provider.client
    verifier = verifier or random_id(32)
    params: dict[str, str] = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": client.redirect_uri,
        "scope": client.scope,
        "state": random_id(12),
        "nonce": random_id(12),
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
    }
    for name, value in (changes or {}).items():
        if value is None:
            params.pop(name, None)
        else:
            params[name] = value
    with provider.lock:
        provider.flows += 1
    authorize = provider.endpoint("authorization_endpoint")
    if not (pushes(provider, client) if push is None else push):
        return Ask(params, verifier, None, with_query(authorize, list(params.items())), client)
    url = provider.endpoint("pushed_authorization_request_endpoint", client)
    exchange, _ = call(provider, url, list(params.items()), auth=auth or usual_auth(provider, client), proofs=proofs)
    members = json_object(exchange)
    uri = members.get("request_uri")
    provider.keep("request_uri", uri if isinstance(uri, str) else "")
    went = exchange.status in (200, 201) and isinstance(uri, str)
    link = with_query(authorize, [("client_id", client.id), ("request_uri", str(uri))]) if went else ""
    return Ask(params, verifier, exchange, link, client)


def with_query(url: str, pairs: Pairs) -> str:
    """A URL with parameters added to its query."""
    return f"{url}{'&' if '?' in url else '?'}{form(pairs)}"


def errand(
    provider: Provider, client: Client, jar: Jar, login: tuple[LoginStep, ...] | None = None, redirect_uri: str = ""
) -> Errand:
    """A walk of the user agent with the provider's settings."""
    settings = provider.settings
    return Errand(
        send=provider.send,
        redirect_uri=redirect_uri or client.redirect_uri,
        login=settings.login if login is None else login,
        origins=settings.origins,
        jar=jar,
        pause=provider.pause,
    )


def visit(
    provider: Provider,
    ask: Ask,
    *,
    jar: Jar | None = None,
    login: tuple[LoginStep, ...] | None = None,
    redirect_uri: str = "",
) -> Flight:
    """Open the authorization request in a browser: the one that is logged in, or the given one."""
    if not ask.url:
        return Flight(ask, None)
    walk = errand(provider, ask.client, jar if jar is not None else provider.warm.copy(), login, redirect_uri)
    landing = browse(walk, ask.url)
    flight = Flight(ask, landing)
    provider.keep("code", flight.code)
    return flight


def redeem(
    provider: Provider,
    flight: Flight,
    changes: Mapping[str, str | None] | None = None,
    *,
    client: Client | None = None,
    auth: Auth | None = None,
    proofs: Proofs | None = None,
    code: str = "",
    url: str = "",
) -> Tokens:
    """Redeem a code, with parameters set or left out, as another client, with other authentication or proofs, at
    another place.
    """
    client = client or flight.ask.client
    params: dict[str, str] = {
        "grant_type": "authorization_code",
        "code": code or flight.code,
        "redirect_uri": flight.ask.params.get("redirect_uri", ""),
        "code_verifier": flight.ask.verifier,
    }
    for name, value in (changes or {}).items():
        if value is None:
            params.pop(name, None)
        else:
            params[name] = value
    return token_request(provider, list(params.items()), client=client, auth=auth, proofs=proofs, url=url)


def token_request(
    provider: Provider,
    pairs: Pairs,
    *,
    client: Client,
    auth: Auth | None = None,
    proofs: Proofs | None = None,
    url: str = "",
) -> Tokens:
    """Any request to the token endpoint. url: where it is not asked at its usual place."""
    chosen = auth or usual_auth(provider, client)
    url = url or provider.endpoint("token_endpoint", client)
    proofs = proofs or (usual_proofs(provider) if client.dpop else None)
    exchange, challenged = call(provider, url, pairs, auth=chosen, proofs=proofs)
    members = json_object(exchange)
    tokens = Tokens(exchange, members, client, challenged, bool(chosen(url).fields))
    provider.keep("access_token", tokens.text("access_token"))
    provider.keep("refresh_token", tokens.text("refresh_token"))
    return tokens


def read_userinfo(
    provider: Provider,
    token: str,
    *,
    scheme: str = "",
    proofs: Proofs | None = None,
    auth: Auth | None = None,
) -> HttpExchange:
    """Ask the UserInfo endpoint as the client does, or with another scheme, proof or certificate."""
    bound = provider.client.dpop
    proofs = proofs or (usual_proofs(provider) if bound else None)
    chosen = scheme or ("DPoP" if bound else "Bearer")
    url = provider.endpoint("userinfo_endpoint")
    auth = auth or presenting(provider.client.certificate)
    exchange, _ = call(provider, url, (), auth=auth, proofs=proofs, method="GET", token=token, scheme=chosen)
    return exchange


def fresh_code(provider: Provider, changes: Mapping[str, str | None] | None = None, **options: Any) -> Flight:
    """A flight of the logged-in user that brought a code. Raises Undecided."""
    return needed_code(visit(provider, ask_for(provider, changes, **options)))


def own_code(provider: Provider, changes: Mapping[str, str | None] | None = None) -> Flight:
    """A code of a login of its own, for what may make a provider revoke all that was granted. Raises Undecided.

    Some revoke the user's consent with the tokens when a code is used twice, and with it what other trials stand on.
    """
    return needed_code(visit(provider, ask_for(provider, changes), jar=Jar()))
