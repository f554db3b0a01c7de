"""One provider, our clients at it, and what passes between us. What is secret stays here; trials and facts leave."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.core.model import Target
from conformance.core.network import Door
from conformance.eid.op.agent import Landing
from conformance.eid.op.settings import Client, Settings
from conformance.wire.client_certificates import ClientKey
from conformance.wire.cookies import Jar
from conformance.wire.exchange import HttpExchange
from conformance.wire.http import fetch
from conformance.wire.jws import SigningKey, new_key

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What authenticates a client: form parameters, header fields, a certificate in the TLS handshake."""

    pairs: Pairs = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    certificate: ClientKey | None = None


Auth = Callable[[str], Credentials]
"""Endpoint URL -> what authenticates the client there."""


Proofs = Callable[[str, str, str, str], Sequence[str]]
"""(method, URL, access token, nonce) -> values of the DPoP fields to send."""


ALIASES = "mtls_endpoint_aliases"
ALIASED = frozenset(
    {
        "token_endpoint",
        "pushed_authorization_request_endpoint",
        "introspection_endpoint",
        "revocation_endpoint",
        "userinfo_endpoint",
    }
)
"""Endpoints that a client with a certificate asks at their alias, where there is one (RFC 8705 section 5)."""


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

    def send(self, url: str, *, certificate: ClientKey | None = None, **options: Any) -> HttpExchange:
        """One exchange with the provider. certificate: presented where the server asks for one."""
        with self.lock:
            self.connections += 1
        pair = (certificate.certificate, certificate.key) if certificate else None
        verify = self.settings.verify
        return fetch(self.door, self.target, url, kind="oidc", verify=verify, client_certificate=pair, **options)

    def published(self, name: str) -> str:
        """The URL of an endpoint of the metadata, empty where it is not advertised."""
        value = self.metadata.get(name)
        return value if isinstance(value, str) else ""

    def endpoint(self, name: str, client: Client | None = None) -> str:
        """Where a client (`self.client` where none is given) asks: as published, or the alias for its certificate."""
        aliases = self.metadata.get(ALIASES)
        if (client or self.client).certificate and name in ALIASED and isinstance(aliases, Mapping):
            alias = aliases.get(name)
            if isinstance(alias, str):
                return alias
        return self.published(name)

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
