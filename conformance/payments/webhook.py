"""Signed callbacks as pure functions: Standard Webhooks (HMAC-SHA256) and detached JWS with a time in its header.

Standard Webhooks signs `id.timestamp.body` and writes `v1,base64` as often as there are keys, which is how a key is
rotated without downtime; a JWS says its time as `iat` in the protected header.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Scheme = Literal["standard-webhooks", "jws-detached"]
ID, TIMESTAMP, SIGNATURE, JWS = "webhook-id", "webhook-timestamp", "webhook-signature", "x-jws-signature"
MAX_SIGNATURES = 16


@dataclass(frozen=True, slots=True)
class Verified:
    """What a signature shows. state: `good`, `bad` or `absent`. keys: how many of the known keys it verifies by.
    timestamp: seconds since 1970 that it covers, 0 for none. reason: why it is not good.
    """

    state: Literal["good", "bad", "absent"]
    keys: int = 0
    timestamp: int = 0
    reason: str = ""


def mac(secret: bytes, event: str, timestamp: str, body: bytes) -> str:
    """One signature of Standard Webhooks."""
    octets = hmac.new(secret, f"{event}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(octets).decode()}"


def sign_hmac(secrets: Sequence[bytes], event: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The header fields of a callback, with one signature a secret."""
    written = " ".join(mac(secret, event, str(timestamp), body) for secret in secrets)
    return {ID: event, TIMESTAMP: str(timestamp), SIGNATURE: written}


def sign_jws(key: Any, event: str, timestamp: int, body: bytes, algorithm: str = "PS256") -> dict[str, str]:
    """The header fields of a callback signed with `b64: false`."""
    from conformance.payments.detached_jws import sign  # noqa: PLC0415 - HMAC needs no cryptography

    header = {"alg": algorithm, "iat": timestamp, "jti": event, "b64": False, "crit": ["b64"]}
    return {ID: event, TIMESTAMP: str(timestamp), JWS: sign(key, body, header)}


def verify(scheme: Scheme, keys: Sequence[Any], fields: Mapping[str, str], body: bytes) -> Verified:
    """What the header fields (names in lower case) say of a body.

    Args:
        scheme: How it is signed.
        keys: Shared secrets as octets, or public keys.
        fields: Of the callback.
        body: As received.
    """
    return _hmac(keys, fields, body) if scheme == "standard-webhooks" else _jws(keys, fields, body)


def _hmac(keys: Sequence[bytes], fields: Mapping[str, str], body: bytes) -> Verified:
    given = fields.get(SIGNATURE, "").split()[:MAX_SIGNATURES]
    if not given:
        return Verified("absent", reason="no webhook-signature")
    event, stamp = fields.get(ID, ""), fields.get(TIMESTAMP, "")
    if not event or not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        return Verified("bad", reason="no webhook-id, or no webhook-timestamp in seconds")
    right = [mac(key, event, stamp, body).encode() for key in keys]
    found = sum(any(hmac.compare_digest(each, one.encode("utf-8", "replace")) for one in given) for each in right)
    return Verified("good", found, int(stamp)) if found else Verified("bad", reason="no signature by a known key")


def _jws(keys: Sequence[Any], fields: Mapping[str, str], body: bytes) -> Verified:
    from conformance.payments.detached_jws import JwsError, verify  # noqa: PLC0415 - as above

    if not (text := fields.get(JWS, "")):
        return Verified("absent", reason=f"no {JWS}")
    reason, found, stamp = "no key", 0, 0
    for key in keys:
        try:
            header = verify(key, body, text)
        except JwsError as error:
            reason = str(error)
            continue
        found += 1
        issued = header.get("iat")
        stamp = issued if isinstance(issued, int) and 0 < issued < 10**12 else 0
    return Verified("good", found, stamp) if found else Verified("bad", reason=reason)
