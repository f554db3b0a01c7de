"""How our clients authenticate and prove possession, as they should or with one thing changed (RFC 7523, RFC 9449)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from conformance.eid.op.provider import Auth, Pairs, Proofs, Provider
from conformance.eid.op.settings import Client
from conformance.wire import dpop
from conformance.wire.exchange import HttpExchange
from conformance.wire.jws import SigningKey, compact
from conformance.wire.oauth import (
    ASSERTION_TYPE,
    FORM,
    assertion_claims,
    basic,
    error_code,
    form,
    json_object,
)


def usual_auth(provider: Provider, client: Client) -> Auth:
    """How the client authenticates where nothing is changed."""
    if client.auth == "private_key_jwt":
        return assertion_auth(provider, client)
    return secret_auth(client)


def secret_auth(client: Client, secret: str | None = None) -> Auth:
    """Authentication with the client's secret, or another one."""
    word = client.secret if secret is None else secret

    def auth(_: str) -> tuple[Pairs, Mapping[str, str]]:
        if client.auth == "client_secret_basic":
            return (), {"Authorization": basic(client.id, word)}
        if client.auth == "client_secret_post":
            return (("client_id", client.id), ("client_secret", word)), {}
        return (("client_id", client.id),), {}

    return auth


def no_auth(client: Client) -> Auth:
    """No authentication, only the client's name."""
    return lambda _: ((("client_id", client.id),), {})


Mutate = Callable[[dict[str, Any]], dict[str, Any]]


def assertion_auth(
    provider: Provider,
    client: Client,
    *,
    change: Mutate | None = None,
    header: Mapping[str, Any] | None = None,
    key: SigningKey | None = None,
    spoil: Callable[[str], str] | None = None,
) -> Auth:
    """Authentication with an assertion of the client, with its claims, header, key or signature changed."""

    def auth(_: str) -> tuple[Pairs, Mapping[str, str]]:
        signer = key or client.key
        assert signer is not None
        audience = (
            provider.endpoint("token_endpoint") if client.audience == "token_endpoint" else provider.settings.issuer
        )
        claims = assertion_claims(client.id, audience, provider.now())
        text = compact(signer, change(claims) if change else claims, header)
        text = spoil(text) if spoil else text
        return (("client_id", client.id), ("client_assertion_type", ASSERTION_TYPE), ("client_assertion", text)), {}

    return auth


def usual_proofs(provider: Provider, key: SigningKey | None = None) -> Proofs:
    """A good proof with our key, or another one."""
    signer = key or provider.key

    def proofs(method: str, url: str, token: str, nonce: str) -> Sequence[str]:
        return (dpop.proof(signer, dpop.proof_claims(method, url, provider.now(), token, nonce)),)

    return proofs


def no_proofs(*_: str) -> Sequence[str]:
    """No proof."""
    return ()


def call(
    provider: Provider,
    url: str,
    pairs: Pairs,
    *,
    auth: Auth | None = None,
    proofs: Proofs | None = None,
    headers: Mapping[str, str] | None = None,
    method: str = "POST",
    token: str = "",
    scheme: str = "",
) -> tuple[HttpExchange, bool]:
    """A request to an endpoint, repeated once where the provider asks for a DPoP nonce; and whether it asked."""
    origin = urlsplit(url).netloc
    challenged = False
    while True:
        more, fields = auth(url) if auth else ((), {})
        names = {name for name, _ in pairs}
        data = form([*pairs, *((name, value) for name, value in more if name not in names)])
        sent = {"Accept": "application/json", **fields, **(headers or {})}
        if scheme:
            sent["Authorization"] = f"{scheme} {token}"
        made = proofs(method, url, token, provider.nonces.get(origin, "")) if proofs else ()
        lines = tuple(("DPoP", each) for each in made)
        if method == "GET":
            exchange = provider.send(f"{url}?{data}" if data else url, headers=sent, lines=lines)
        else:
            exchange = provider.send(url, method=method, headers={"Content-Type": FORM, **sent}, data=data, lines=lines)
        nonces = exchange.all("dpop-nonce")
        if nonces:
            provider.nonces[origin] = nonces[0][:200]
        if not (made and nonces and not challenged and wants_nonce(exchange)):
            return exchange, challenged
        challenged = True


def wants_nonce(exchange: HttpExchange) -> bool:
    """Whether an answer asks for a DPoP nonce (RFC 9449 sections 8 and 9)."""
    if exchange.status not in (400, 401):
        return False
    said = error_code(json_object(exchange)) == "use_dpop_nonce"
    return said or any("use_dpop_nonce" in each for each in exchange.all("www-authenticate"))
