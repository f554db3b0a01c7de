"""Talking to a credential issuer: the session, metadata and nonces."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.core.area import Job
from conformance.core.model import NotTested, Untested
from conformance.core.network import Door
from conformance.core.secret import Secret
from conformance.eid.issuer.evidence import IssuerMetadata, Nonces, SignedMetadata
from conformance.eid.issuer.reading import metadata, text
from conformance.eid.issuer.reading_metadata import signed_metadata
from conformance.wire.dpop import proof as dpop_proof
from conformance.wire.dpop import proof_claims
from conformance.wire.exchange import HttpExchange
from conformance.wire.http import fetch
from conformance.wire.jws import SigningKey, new_key
from conformance.wire.oauth import error_code, json_object, media_type


@dataclass(slots=True)
class Session:
    """One issuer while it is looked at.

    token: the access token, once there is one. redeemed: the offer that gave it. members: of the metadata. server: of
    the authorization server's, once it was asked for. first_nonce: the nonce that was asked for first, and when; it is
    not used until it is old. connections: how many so far. server_nonce, challenge: what the server last gave for
    proofs and attestations.
    """

    job: Job
    door: Door
    key: SigningKey = field(default_factory=lambda: new_key("ES256"))
    token: str = field(default="", repr=False)
    members: Mapping[str, Any] = field(default_factory=dict)
    server: Mapping[str, Any] | None = None
    redeemed: str = field(default="", repr=False)
    first_nonce: tuple[str, float] = ("", 0.0)
    connections: int = 0
    server_nonce: str = ""
    challenge: str = ""

    @property
    def bound(self) -> bool:
        """Whether tokens are bound to the wallet's key (RFC 9449)."""
        return bool(self.setting("dpop"))

    @property
    def issuer(self) -> str:
        """The identifier, as the manifest has it."""
        return str(self.setting("credential_issuer"))

    def setting(self, name: str) -> Any:
        """What the manifest says; None where it does not."""
        return self.job.service.settings.get(name)

    def now(self) -> int:
        """Seconds since 1970."""
        return int(self.door.now().timestamp())

    def send(self, url: str, **options: Any) -> HttpExchange:
        """One request. Raises Undecided as `fetch`."""
        trust = self.setting("trust")
        verify: Any = "public"
        if trust and trust != "public":
            verify = (Path(self.job.target.path).parent / trust).read_bytes()
        self.connections += 1
        return fetch(self.door, self.job.target, url, kind="oidc", verify=verify, **options)

    def send_bound(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        token: str = "",
        data: str = "",
        bound: bool | None = None,
        throttled: bool = False,
    ) -> HttpExchange:
        """A POST with a DPoP proof where tokens are bound; once more with the server's nonce, where it asks for one.

        bound: whether to prove the key; None for what the manifest says. throttled: a 429 is an answer like others.
        """
        bound = self.bound if bound is None else bound
        for _ in range(2):
            extra: dict[str, str] = {}
            if bound:
                claims = proof_claims("POST", url, self.now(), token, self.server_nonce)
                extra["DPoP"] = dpop_proof(self.key, claims)
            exchange = self.send(url, method="POST", headers={**headers, **extra}, data=data, throttled=throttled)
            given = exchange.all("dpop-nonce")
            if not (bound and given and error_code(json_object(exchange)) == "use_dpop_nonce"):
                break
            self.server_nonce = given[0][:200]
        return exchange

    def secret(self, name: str) -> str:
        """A secret that the manifest refers to.

        Raises:
            Untested: NO_CREDENTIAL, where it refers to none.
        """
        value = self.setting(name)
        if not isinstance(value, Secret):
            raise Untested(NotTested.NO_CREDENTIAL, f"the manifest has no {name}")
        return value.reveal().decode("utf-8", "replace").strip()


def well_known(identifier: str, name: str) -> str:
    """Where metadata of an identifier lies: the name between host and path (RFC 8615; OpenID4VCI section 12.2.2)."""
    parts = urlsplit(identifier)
    return f"{parts.scheme}://{parts.netloc}/.well-known/{name}{parts.path.rstrip('/')}"


def read_metadata(session: Session) -> IssuerMetadata:
    """The issuer's metadata; its members are kept for the rest."""
    url = well_known(session.issuer, "openid-credential-issuer")
    exchange = session.send(url, headers={"Accept": "application/json"})
    session.members = json_object(exchange)
    return metadata(exchange, session.issuer)


def endpoint(session: Session, name: str) -> str:
    """An endpoint of the metadata.

    Raises:
        Untested: NOT_PUBLISHED.
    """
    found = text(session.members, name)
    if not found:
        raise Untested(NotTested.NOT_PUBLISHED, f"the metadata has no {name}")
    return found


def read_nonces(session: Session) -> Nonces:
    """What the nonce endpoint answers."""
    exchange = session.send(endpoint(session, "nonce_endpoint"), method="POST")
    nonce = text(json_object(exchange), "c_nonce")
    control = ", ".join(exchange.all("cache-control"))[:200]
    return Nonces(exchange.status, media_type(exchange), control, bool(nonce), len(nonce))


def fresh_nonce(session: Session) -> str:
    """A nonce for one proof; empty where the issuer has no nonce endpoint."""
    if not text(session.members, "nonce_endpoint"):
        return ""
    return text(json_object(session.send(endpoint(session, "nonce_endpoint"), method="POST")), "c_nonce")


def keep_nonce(session: Session) -> None:
    """Ask for a nonce that is kept until it is too old, where that is asked for and the manifest says when it is."""
    if "issuance:time/old-nonce" in session.job.asks and session.setting("nonce_seconds") is not None:
        session.first_nonce = (fresh_nonce(session), time.monotonic())


def read_signed(session: Session) -> SignedMetadata:
    """What who accepts signed metadata alone is answered (OpenID4VCI section 12.2.2)."""
    url = well_known(session.issuer, "openid-credential-issuer")
    exchange = session.send(url, headers={"Accept": "application/jwt"})
    return signed_metadata(exchange, session.members, session.issuer, session.now())
