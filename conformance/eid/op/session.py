"""Our side of the protocol: one provider, our clients at it, and one function for each leg of a flow.

Every leg takes what a trial changes and does the rest as a conforming client would. What is secret stays here; trials
and facts leave.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from conformance.core.model import NotTested, Reason, Target, Undecided, Untested
from conformance.core.network import Door
from conformance.eid.op.agent import Errand, Landing, browse
from conformance.eid.op.evidence import Trial
from conformance.eid.op.settings import Client, LoginStep, Settings
from conformance.wire import dpop
from conformance.wire.cookies import Jar
from conformance.wire.exchange import HttpExchange
from conformance.wire.http import fetch
from conformance.wire.jws import SigningKey, compact, new_key, random_id
from conformance.wire.oauth import (
    ASSERTION_TYPE,
    FORM,
    assertion_claims,
    basic,
    challenge,
    error_code,
    form,
    json_object,
)

Pairs = Sequence[tuple[str, str]]
Auth = Callable[[str], tuple[Pairs, Mapping[str, str]]]
"""Endpoint URL -> form parameters and header fields that authenticate the client there."""

Proofs = Callable[[str, str, str, str], Sequence[str]]
"""(method, URL, access token, nonce) -> values of the DPoP fields to send."""


@dataclass(frozen=True, slots=True)
class Ask:
    """An authorization request on its way. params: as sent; pushed: the answer to the push, None where it was not."""

    params: Mapping[str, str]
    verifier: str
    pushed: HttpExchange | None
    url: str
    client: Client


@dataclass(frozen=True, slots=True)
class Flight:
    """An authorization request and where it ended."""

    ask: Ask
    landing: Landing | None

    @property
    def code(self) -> str:
        """The code that reached the redirect URI, empty where none did."""
        return self.landing.params.get("code", "") if self.landing and self.landing.kind == "callback" else ""


@dataclass(frozen=True, slots=True)
class Tokens:
    """An answer of the token endpoint, with what is secret in it."""

    exchange: HttpExchange
    members: Mapping[str, Any]
    client: Client
    challenged: bool = False
    sent_authorization: bool = False

    def text(self, name: str) -> str:
        """A member that is a string, else empty."""
        value = self.members.get(name)
        return value if isinstance(value, str) else ""


@dataclass(slots=True)
class Provider:
    """The provider of one job. Thread-safe where trials run side by side.

    metadata: as discovered. warm: the browser after the first login, copied for each later flow. nonces: the last DPoP
    nonce, by origin. issued: values that were issued, by kind.
    """

    door: Door
    target: Target
    settings: Settings
    metadata: Mapping[str, Any]
    client: Client
    key: SigningKey = field(default_factory=new_key)
    warm: Jar = field(default_factory=Jar)
    nonces: dict[str, str] = field(default_factory=dict)
    issued: dict[str, list[str]] = field(default_factory=dict)
    connections: int = 0
    flows: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    next_login: float = 0.0

    def send(self, url: str, **options: Any) -> HttpExchange:
        """One exchange with the provider."""
        with self.lock:
            self.connections += 1
        return fetch(self.door, self.target, url, kind="oidc", verify=self.settings.verify, **options)

    def endpoint(self, name: str) -> str:
        """The URL of an endpoint of the metadata, empty where it is not advertised."""
        value = self.metadata.get(name)
        return value if isinstance(value, str) else ""

    def offers(self, name: str, value: str) -> bool:
        """Whether a list of the metadata has a value."""
        listed = self.metadata.get(name)
        return isinstance(listed, list) and value in listed

    def now(self) -> int:
        """Seconds since 1970."""
        return int(self.door.now().timestamp())

    def keep(self, kind: str, value: str) -> None:
        """Remember an issued value, for facts on its entropy."""
        if value:
            with self.lock:
                self.issued.setdefault(kind, []).append(value)

    def pause(self) -> None:
        """Wait until the manifest's interval since the last login has passed."""
        if not self.settings.min_interval_seconds:
            return
        with self.lock:
            now = self.door.monotonic()
            begin = max(now, self.next_login)
            self.next_login = begin + self.settings.min_interval_seconds
        time.sleep(begin - now)


def pushes(provider: Provider, client: Client) -> bool:
    """Whether this client pushes its requests: as the manifest says, else where the provider offers it."""
    if client.par is not None:
        return client.par
    return bool(provider.endpoint("pushed_authorization_request_endpoint"))


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
    url = provider.endpoint("pushed_authorization_request_endpoint")
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
) -> Tokens:
    """Redeem a code, with parameters set or left out, as another client, with other authentication or proofs."""
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
    return token_request(provider, list(params.items()), client=client, auth=auth, proofs=proofs)


def token_request(
    provider: Provider,
    pairs: Pairs,
    *,
    client: Client,
    auth: Auth | None = None,
    proofs: Proofs | None = None,
) -> Tokens:
    """Any request to the token endpoint."""
    chosen = auth or usual_auth(provider, client)
    url = provider.endpoint("token_endpoint")
    proofs = proofs or (usual_proofs(provider) if client.dpop else None)
    exchange, challenged = call(provider, url, pairs, auth=chosen, proofs=proofs)
    members = json_object(exchange)
    tokens = Tokens(exchange, members, client, challenged, bool(chosen(url)[1]))
    provider.keep("access_token", tokens.text("access_token"))
    provider.keep("refresh_token", tokens.text("refresh_token"))
    return tokens


def read_userinfo(
    provider: Provider,
    token: str,
    *,
    scheme: str = "",
    proofs: Proofs | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpExchange:
    """Ask the UserInfo endpoint as the client does, or with another scheme or proof."""
    bound = provider.client.dpop
    proofs = proofs or (usual_proofs(provider) if bound else None)
    chosen = scheme or ("DPoP" if bound else "Bearer")
    url = provider.endpoint("userinfo_endpoint")
    exchange, _ = call(provider, url, (), proofs=proofs, method="GET", token=token, scheme=chosen, headers=headers)
    return exchange


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


def fresh_code(provider: Provider, changes: Mapping[str, str | None] | None = None, **options: Any) -> Flight:
    """A flight of the logged-in user that brought a code. Raises Undecided."""
    return needed_code(visit(provider, ask_for(provider, changes, **options)))


def own_code(provider: Provider, changes: Mapping[str, str | None] | None = None) -> Flight:
    """A code of a login of its own, for what may make a provider revoke all that was granted. Raises Undecided.

    Some revoke the user's consent with the tokens when a code is used twice, and with it what other trials stand on.
    """
    return needed_code(visit(provider, ask_for(provider, changes), jar=Jar()))


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
