"""FSPIOP requests, given keys, time and ids: header fields, bodies, signatures, and how a negative differs. Pure.

Source: Open API for FSP Interoperability, API Definition v1.1, sections 3.2.1 (header fields), 3.3.4 (versions), 6.7
(transfers) and 7.2 (formats); Signature v1.1, section 3.2.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Final

from conformance.payments.detached_jws import b64url, signing_input
from conformance.payments.fspiop.signature import FIELD, Message, sign

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

TRANSFERS: Final = "/transfers"
PACKET: Final = b64url(b"a packet of the conformance suite, which pays nobody").ljust(72, "A")
"""Stands for an ILP packet where the manifest names none: base64url that no ledger has to read."""


@dataclass(frozen=True, slots=True)
class Party:
    """An FSP that we are. fsp: its name at the hub."""

    fsp: str
    key: RSAPrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class Terms:
    """What every transfer of a run has in common. version: `major.minor` of the resource."""

    payee: str
    currency: str
    amount: str = "1"
    packet: str = PACKET
    version: str = "1.0"


@dataclass(frozen=True, slots=True)
class Transfer:
    """One transfer before it is sent. fulfilment: the secret of its condition, 32 octets in base64url."""

    id: str
    fulfilment: str
    condition: str
    expiration: datetime

    @property
    def path(self) -> str:
        """Where its callbacks go."""
        return f"{TRANSFERS}/{self.id}"


@dataclass(frozen=True, slots=True)
class Change:
    """How a request differs from a right one.

    fields: header fields that are sent otherwise, and signed so; None for not at all. protected: members of the
    protected header that say otherwise. body: sent in place of the one that is signed. algorithm: one of HASHES, or
    `none`, `HS256` or `PS256` in the forms of forged().
    """

    fields: Mapping[str, str | None] = field(default_factory=dict)
    protected: Mapping[str, Any] = field(default_factory=dict)
    body: bytes | None = None
    algorithm: str = "RS256"


NONE = Change()
FORGED: Final = ("none", "HS256", "PS256")


def new_transfer(seed: str, expiration: datetime) -> Transfer:
    """A transfer with an id and a secret of its own for each seed."""
    fulfilment = hashlib.sha256(f"fulfilment/{seed}".encode()).digest()
    made = uuid.UUID(bytes=hashlib.sha256(f"id/{seed}".encode()).digest()[:16], version=4)
    return Transfer(str(made), b64url(fulfilment), b64url(hashlib.sha256(fulfilment).digest()), expiration)


def date_time(moment: datetime) -> str:
    """The API's DateTime: milliseconds and a zone (7.2.14)."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def media_type(version: str, resource: str = "transfers") -> str:
    """Of a request or an answer (3.3.4)."""
    return f"application/vnd.interoperability.{resource}+json;version={version}"


def members_of(transfer: Transfer, payer: str, terms: Terms, **more: Any) -> dict[str, Any]:
    """The members of POST /transfers (table 29); `more` replaces them, None leaves one out."""
    members = {
        "amount": {"amount": terms.amount, "currency": terms.currency},
        "condition": transfer.condition,
        "expiration": date_time(transfer.expiration),
        "ilpPacket": terms.packet,
        "payeeFsp": terms.payee,
        "payerFsp": payer,
        "transferId": transfer.id,
    } | more
    return {name: value for name, value in members.items() if value is not None}


def written(members: Any) -> bytes:
    """Compact JSON with sorted members: what every serialiser that is in use would make of it, too."""
    return json.dumps(members, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


def committed(fulfilment: str, now: datetime) -> bytes:
    """The payee's PUT /transfers/{ID} (table 31)."""
    moment = date_time(now)
    return written({"completedTimestamp": moment, "fulfilment": fulfilment, "transferState": "COMMITTED"})


def refused(code: str, text: str) -> bytes:
    """The payee's PUT /transfers/{ID}/error (table 32)."""
    return written({"errorInformation": {"errorCode": code, "errorDescription": text}})


def fields_of(
    method: str, uri: str, parties: tuple[str, str], now: datetime, version: str, *, accept: bool
) -> dict[str, str | None]:
    """The header fields of a right request (table 1), from one party to another. Accept is no callback's."""
    return {
        "Accept": media_type(version.partition(".")[0]) if accept else None,
        "Content-Type": media_type(version),
        "Date": format_datetime(now.astimezone(UTC), usegmt=True),
        "FSPIOP-Source": parties[0],
        "FSPIOP-Destination": parties[1],
        "FSPIOP-URI": uri,
        "FSPIOP-HTTP-Method": method,
    }


def signed(key: RSAPrivateKey, message: Message, change: Change = NONE) -> str:
    """The value of FSPIOP-Signature for a message, differing from a right one by `change`."""
    if change.algorithm in FORGED:
        return forged(key, message, change.algorithm)
    return sign(key, message, change.algorithm, **change.protected)


def forged(key: RSAPrivateKey, message: Message, algorithm: str) -> str:
    """A signature by what is none of RS256, RS384 and RS512: nothing, the public key taken for a secret, or RSA-PSS."""
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - here alone
    from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415

    right = json.loads(sign(key, message, "RS256", alg=algorithm))
    text = str(right["protectedHeader"])
    octets = signing_input(text, message.body, encoded=True)
    if algorithm == "none":
        made = b""
    elif algorithm == "HS256":
        pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        made = hmac.new(pem, octets, hashlib.sha256).digest()
    else:
        made = key.sign(octets, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    return json.dumps({"signature": b64url(made), "protectedHeader": text}, separators=(",", ":"))


def lower(fields: Mapping[str, str | None]) -> dict[str, str]:
    """The fields that are there, names in lower case."""
    return {name.lower(): value for name, value in fields.items() if value is not None}


__all__ = ["FIELD", "NONE", "Change", "Message", "Party", "Terms", "Transfer"]
