"""How our clients authenticate and prove possession, as they should or with one thing changed (RFC 7523, RFC 8705,
RFC 9449).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from conformance.eid.op.provider import Auth, Credentials, Pairs, Proofs, Provider
from conformance.eid.op.settings import BY_CERTIFICATE, Client
from conformance.wire import dpop
from conformance.wire.client_certificates import CONFIRMATION, ClientKey
from conformance.wire.exchange import HttpExchange
from conformance.wire.jose import thumbprint
from conformance.wire.jws import SigningKey, compact
from conformance.wire.oauth import (
    ASSERTION_TYPE,
    FORM,
    assertion_claims,
    basic,
    form,
)


def usual_auth(provider: Provider, client: Client) -> Auth:
    """How the client authenticates where nothing is changed."""
    if client.auth == "private_key_jwt":
        return assertion_auth(provider, client)
    if client.auth in BY_CERTIFICATE:
        return over(no_auth(client), client.certificate)
    return secret_auth(client)


def over(auth: Auth, certificate: ClientKey | None) -> Auth:
    """The same authentication over another certificate, or over none."""
    return lambda url: replace(auth(url), certificate=certificate)


def presenting(certificate: ClientKey | None) -> Auth:
    """A certificate and nothing else: what goes with a token at a resource."""
    return lambda _: Credentials(certificate=certificate)


def secret_auth(client: Client, secret: str | None = None) -> Auth:
    """Authentication with the client's secret, or another one."""
    word = client.secret if secret is None else secret

    def auth(_: str) -> Credentials:
        if client.auth == "client_secret_basic":
            return Credentials((), {"Authorization": basic(client.id, word)}, client.certificate)
        secret = (("client_secret", word),) if client.auth == "client_secret_post" else ()
        return Credentials((("client_id", client.id), *secret), {}, client.certificate)

    return auth


def no_auth(client: Client) -> Auth:
    """No authentication, only the client's name; a certificate that tokens are bound to does not authenticate."""
    certificate = None if client.auth in BY_CERTIFICATE else client.certificate
    return lambda _: Credentials((("client_id", client.id),), {}, certificate)


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

    def auth(_: str) -> Credentials:
        signer = key or client.key
        assert signer is not None
        audience = (
            provider.published("token_endpoint") if client.audience == "token_endpoint" else provider.settings.issuer
        )
        claims = assertion_claims(client.id, audience, provider.now())
        text = compact(signer, change(claims) if change else claims, header)
        text = spoil(text) if spoil else text
        pairs = (("client_id", client.id), ("client_assertion_type", ASSERTION_TYPE), ("client_assertion", text))
        return Credentials(pairs, {}, client.certificate)

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
    method: str = "POST",
    token: str = "",
    scheme: str = "",
) -> tuple[HttpExchange, bool]:
    """A request to an endpoint, repeated once where the provider asks for a DPoP nonce; and whether it asked."""
    origin = urlsplit(url).netloc
    challenged = False
    while True:
        given = auth(url) if auth else Credentials()
        names = {name for name, _ in pairs}
        data = form([*pairs, *((name, value) for name, value in given.pairs if name not in names)])
        sent = {"Accept": "application/json", **given.fields}
        if scheme:
            sent["Authorization"] = f"{scheme} {token}"
        made = proofs(method, url, token, provider.nonces.get(origin, "")) if proofs else ()
        lines = tuple(("DPoP", each) for each in made)
        if method == "GET":
            whole = f"{url}?{data}" if data else url
            exchange = provider.send(whole, headers=sent, lines=lines, certificate=given.certificate)
        else:
            sent = {"Content-Type": FORM, **sent}
            exchange = provider.send(
                url, method=method, headers=sent, data=data, lines=lines, certificate=given.certificate
            )
        nonces = exchange.all("dpop-nonce")
        if nonces:
            provider.nonces[origin] = nonces[0][:200]
        if not (made and nonces and not challenged and dpop.wants_nonce(exchange)):
            return exchange, challenged
        challenged = True


def binding(provider: Provider, client: Client) -> str:
    """What the client's tokens are bound by: `dpop` (RFC 9449), `certificate` (RFC 8705 section 3), or nothing."""
    if client.dpop:
        return "dpop"
    promised = provider.metadata.get("tls_client_certificate_bound_access_tokens") is True
    bound = promised if client.certificate_bound is None else client.certificate_bound
    return "certificate" if client.certificate and bound else ""


def confirmation(provider: Provider, client: Client) -> tuple[str, str]:
    """The member of `cnf` that must name what the client's tokens are bound to, and its value; empty where unbound."""
    means = binding(provider, client)
    if means == "dpop":
        return "jkt", thumbprint(provider.key.public_jwk)
    return (CONFIRMATION, client.certificate.confirmation) if means and client.certificate else ("", "")
