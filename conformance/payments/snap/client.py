"""Signed SNAP requests, given the secrets, the time and a token. One change makes a negative of a right one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from string import Template
from typing import TYPE_CHECKING, Any

from conformance.core.paths import vectors_dir
from conformance.payments.snap import signature
from conformance.payments.snap.signature import Dialect

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

MASK = "<access token>"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the service. body: a template, `$reference`, `$amount`, `$original` and others standing free."""

    path: str
    service: str
    method: str = "POST"
    body: str = ""
    query: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """Who we are to the service. key, secret: for RSA and for HMAC; neither ever shows."""

    client_key: str
    partner_id: str
    channel_id: str
    dialect: Dialect
    key: RSAPrivateKey = field(repr=False)
    secret: bytes = field(repr=False)
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A request before it is signed: what is sent."""

    method: str
    path: str
    query: str
    body: bytes
    timestamp: str
    external_id: str
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Change:
    """How a request differs from a right one; a probe changes one thing.

    signed: components of the string-to-sign taken from elsewhere than from what is sent. fields: header fields sent
    otherwise, None for not at all. dialect: signed by another dialect. digest: what becomes of the body's digest.
    signature: what becomes of the signature's text. secret: another one.
    """

    signed: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, str | None] = field(default_factory=dict)
    dialect: Mapping[str, Any] = field(default_factory=dict)
    wrong_secret: bool = False
    upper_digest: bool = False
    truncated: bool = False


NONE = Change()


@dataclass(frozen=True, slots=True)
class Ready:
    """A signed request. signed: the string-to-sign with the token masked."""

    method: str
    target: str
    fields: Mapping[str, str] = field(repr=False)
    body: bytes
    signed: str


def draft(operation: Operation, values: Mapping[str, str], now: datetime, dialect: Dialect, external_id: str) -> Draft:
    """An operation's request with its template filled in, not yet signed and without token."""
    body = Template(operation.body).safe_substitute(values).encode()
    stamp = signature.stamp(now, dialect.timestamp)
    return Draft(operation.method, operation.path, operation.query, body, stamp, external_id)


def string_to_sign(what: Draft, dialect: Dialect, *, upper_digest: bool = False, token: str | None = None) -> str:
    """The string that a draft is signed by; `token` stands for the draft's own where given."""
    url = signature.endpoint_url(what.path, what.query, dialect)
    digest = signature.body_digest(what.body, dialect)
    digest = digest.upper() if upper_digest else digest
    if dialect.mode == "asymmetric":
        return signature.asymmetric_string(what.method, url, digest, what.timestamp)
    bearer = what.token if token is None else token
    return signature.symmetric_string(what.method, url, bearer, digest, what.timestamp)


def sign(client: Client, what: Draft, change: Change = NONE) -> Ready:
    """The request of a draft, signed and with all its header fields, differing from a right one by `change`."""
    dialect = replace(client.dialect, **change.dialect)
    signed = replace(what, **change.signed)
    text = string_to_sign(signed, dialect, upper_digest=change.upper_digest)
    octets = _signature(client, text, dialect, wrong=change.wrong_secret)
    written = signature.encode(octets[:-1] if change.truncated else octets, dialect.encoding)
    fields: dict[str, str | None] = {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {what.token}" if dialect.mode == "symmetric" else None,
        "X-TIMESTAMP": what.timestamp,
        "X-SIGNATURE": written,
        "ORIGIN": client.origin or None,
        "X-PARTNER-ID": client.partner_id,
        "X-EXTERNAL-ID": what.external_id,
        "CHANNEL-ID": client.channel_id,
    }
    sent = {name: value for name, value in (fields | dict(change.fields)).items() if value is not None}
    target = f"{what.path}?{what.query}" if what.query else what.path
    shown = string_to_sign(signed, dialect, upper_digest=change.upper_digest, token=MASK)
    return Ready(what.method, target, sent, what.body, shown)


def _signature(client: Client, text: str, dialect: Dialect, *, wrong: bool) -> bytes:
    if dialect.mode == "asymmetric":
        return signature.rsa_sha256(throw_away_key() if wrong else client.key, text)
    return signature.hmac_sha512(client.secret[::-1] if wrong else client.secret, text)


def token_request(client: Client, path: str, timestamp: str, **change: Any) -> Ready:
    """A request for a token, right but for one change.

    Args:
        client: Who asks.
        path: Of the token operation.
        timestamp: X-TIMESTAMP as sent and signed.
        **change: `fields` as in Change; `client_key` another X-CLIENT-KEY, signed as well; `wrong_key` signs with
            another key; `truncated` drops the signature's last octet.
    """
    client_key = change.get("client_key", client.client_key)
    text = signature.token_string(client_key, timestamp)
    octets = signature.rsa_sha256(throw_away_key() if change.get("wrong_key") else client.key, text)
    octets = octets[:-1] if change.get("truncated") else octets
    fields: dict[str, str | None] = {
        "Content-Type": "application/json",
        "X-TIMESTAMP": timestamp,
        "X-CLIENT-KEY": client_key,
        "X-SIGNATURE": signature.encode(octets, client.dialect.encoding),
    }
    sent = {name: value for name, value in (fields | dict(change.get("fields", {}))).items() if value is not None}
    return Ready("POST", path, sent, b'{"grantType":"client_credentials"}', text)


@lru_cache(maxsize=1)
def throw_away_key() -> RSAPrivateKey:
    """A key that no service trusts: the published one of the vectors, since making one takes a good part of a run."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - where one is needed

    pem = json.loads((vectors_dir() / "payments" / "keys.json").read_bytes())["rsa_private"]
    return load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)  # type: ignore[return-value]


def number(seed: str, digits: int) -> str:
    """A string of so many digits, another for each seed; the first is no zero."""
    value = int.from_bytes(hashlib.sha512(seed.encode()).digest(), "big") % (9 * 10 ** (digits - 1))
    return str(10 ** (digits - 1) + value)
