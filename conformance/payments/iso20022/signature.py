"""A detached JWS over a body: RFC 7515 appendix F, HS256 (RFC 7518 section 3.2)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json

HEADER = b'{"alg":"HS256"}'
MAX_HEADER = 1024


def sign(body: bytes, secret: bytes) -> str:
    """`header..signature` for a body."""
    header = _encode(HEADER)
    return f"{header}..{_encode(_mac(header, body, secret))}"


def state(value: str, body: bytes, secret: bytes) -> str:
    """`absent`, `good` or `bad`, for the value of the field that carries the signature."""
    if not value:
        return "absent"
    header, _, rest = value.partition(".")
    detached, _, given = rest.partition(".")
    if detached or len(header) > MAX_HEADER or not _is_hs256(header):
        return "bad"
    return "good" if hmac.compare_digest(_encode(_mac(header, body, secret)), given) else "bad"


def _is_hs256(header: str) -> bool:
    try:
        found = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return False
    return isinstance(found, dict) and found.get("alg") == "HS256" and "crit" not in found


def _mac(header: str, body: bytes, secret: bytes) -> bytes:
    return hmac.new(secret, f"{header}.{_encode(body)}".encode(), hashlib.sha256).digest()


def _encode(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
