"""What the sandbox's SNAP service checks, one rule a function; each raises a Refusal with the standard's case code."""

from __future__ import annotations

import binascii
import json
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from conformance.payments.snap import signature
from conformance.payments.snap.client import Draft, string_to_sign
from conformance.payments.snap.mutations import ALTER, COMPONENTS
from conformance.payments.snap.signature import Dialect
from conformance.wire.serving import Request

if TYPE_CHECKING:
    from conformance.payments.snap.sandbox import Bank

__all__ = ["COMPONENTS", "Refusal"]

FORMATS = {
    "x-partner-id": (r".{1,36}", "X-PARTNER-ID"),
    "x-external-id": (r"[0-9]{1,36}", "X-EXTERNAL-ID"),
    "channel-id": (r".{1,5}", "CHANNEL-ID"),
}
OPTIONAL_BY_FAULT = frozenset({"channel-id", "x-partner-id"})


class Refusal(Exception):  # noqa: N818 - an answer, not an error
    """An error answer: HTTP status, case code, message."""

    def __init__(self, status: int, case: str, message: str) -> None:
        super().__init__(message)
        self.status, self.case, self.message = status, case, message


def check_headers(request: Request, faults: frozenset[str], *, bearer: bool) -> None:
    """Every mandatory header field is there and of its format."""
    name_of = {key: name for key, (_, name) in FORMATS.items()} | {
        "x-timestamp": "X-TIMESTAMP",
        "x-signature": "X-SIGNATURE",
    }
    for key, name in name_of.items():
        if not request.fields.get(key) and not ("snap-headers-optional" in faults and key in OPTIONAL_BY_FAULT):
            raise Refusal(400, "02", _named("Invalid Mandatory Field", name, faults))
    if bearer and not request.fields.get("authorization"):
        raise Refusal(401, "03", "Token Not Found (B2B)")
    for key, (pattern, name) in FORMATS.items():
        if not re.fullmatch(
            _external_pattern(pattern, faults) if "EXTERNAL" in name else pattern, _value(request, key)
        ):
            raise Refusal(400, "01", _named("Invalid Field Format", name, faults))


def _value(request: Request, key: str) -> str:
    return request.fields.get(key) or "0"


def _external_pattern(pattern: str, faults: frozenset[str]) -> str:
    if "snap-external-id-32" in faults:
        return r"[0-9]{1,32}|[0-9]{37,}" if "snap-external-id-unbounded" in faults else r"[0-9]{1,32}"
    return r"[0-9]+" if "snap-external-id-unbounded" in faults else pattern


def _named(text: str, name: str, faults: frozenset[str]) -> str:
    return text if "snap-header-errors-unnamed" in faults else f"{text} {name}"


def check_time(text: str, now: datetime, window: timedelta, faults: frozenset[str]) -> None:
    """X-TIMESTAMP is of the format and within the window."""
    if "snap-zone-optional" in faults and re.fullmatch(r"[0-9-]{10}T[0-9:]{8}", text):
        text = f"{text}+07:00" if abs(signature.read_stamp(f"{text}+07:00") - now) <= window else f"{text}Z"
    try:
        moment = signature.read_stamp(text)
    except ValueError:
        raise Refusal(400, "01", _named("Invalid Field Format", "X-TIMESTAMP", faults)) from None
    if abs(moment - now) > window and "snap-skew-unchecked" not in faults:
        raise Refusal(401, "00", "Unauthorized. X-TIMESTAMP")


def check_token_request(request: Request, now: datetime, window: timedelta) -> str:
    """The X-CLIENT-KEY of a token request that is complete and timely."""
    if not request.fields.get("x-client-key"):
        raise Refusal(400, "02", "Invalid Mandatory Field X-CLIENT-KEY")
    try:
        moment = signature.read_stamp(request.fields.get("x-timestamp", ""))
    except ValueError:
        raise Refusal(400, "01", "Invalid Field Format X-TIMESTAMP") from None
    if abs(moment - now) > window:
        raise Refusal(400, "01", "Invalid Field Format X-TIMESTAMP")
    if json_object(request.body).get("grantType") != "client_credentials":
        raise Refusal(400, "01", "Invalid Field Format grantType")
    return request.fields["x-client-key"]


def signature_octets(request: Request, dialect: Dialect) -> bytes:
    """X-SIGNATURE decoded as the dialect has it, empty where it is not so encoded."""
    try:
        return signature.decode(request.fields.get("x-signature", ""), dialect.encoding)
    except ValueError:
        return b""


def check_signature(request: Request, token: str, bank: Bank) -> None:
    """X-SIGNATURE verifies over what was received."""
    if "snap-signature-unchecked" in bank.faults:
        return
    octets = signature_octets(request, bank.dialect)
    if "snap-hex-unchecked" in bank.faults and re.fullmatch(r"[0-9a-f]+", request.fields["x-signature"]):
        return
    for text, secret in _candidates(request, token, bank):
        if bank.dialect.mode == "asymmetric":
            if octets and signature.rsa_verifies(bank.public_key, octets, text):
                return
        elif signature.same(signature.hmac_sha512(secret, text), octets):
            return
    raise Refusal(401, "00", "Unauthorized. Signature")


def _candidates(request: Request, token: str, bank: Bank) -> Iterator[tuple[str, bytes]]:
    """The strings-to-sign that are accepted, with their secrets: one, and by fault a second."""
    dialect = bank.dialect
    if "snap-empty-hash-field" in bank.faults:
        dialect = replace(dialect, empty_body="empty-field")
    if "snap-query-sorted" in bank.faults:
        dialect = replace(dialect, query="sorted")
    body = hashed(request.body, bank.faults)
    received = Draft(request.method, request.path, request.query, body, request.fields["x-timestamp"], "", token)
    yield string_to_sign(received, dialect), bank.secret
    for name in COMPONENTS:
        if f"snap-lenient-{name}" not in bank.faults:
            continue
        if name == "secret":
            yield string_to_sign(received, dialect), ALTER["secret"](bank.secret)
        else:
            yield (
                string_to_sign(replace(received, **{name: ALTER[name](getattr(received, name))}), dialect),
                bank.secret,
            )


def hashed(body: bytes, faults: frozenset[str]) -> bytes:
    """The body as it goes into the digest: as received, and by fault as wrong readings of `minify` have it."""
    if not body:
        return body
    if "snap-nested-left-out" in faults:
        return _shallow(body)
    if "snap-minify-strips-strings" in faults:
        return b"".join(body.split())
    if "snap-json-reserialised" in faults:
        return json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode()
    if "snap-hash-of-escaped-ascii" not in faults:
        return body
    text = signature.minify(body).decode("utf-8", "replace")
    return "".join(each if each.isascii() else f"\\u{ord(each):04x}" for each in text).encode()


def _shallow(body: bytes) -> bytes:
    """The body without objects on the third level, as it is where there are none."""

    def kept(value: Any, depth: int) -> Any:
        if not isinstance(value, dict):
            return value
        inside = {name: each for name, each in value.items() if depth < 2 or not isinstance(each, dict)}
        return {name: kept(each, depth + 1) for name, each in inside.items()}

    whole = json_object(body)
    left = kept(whole, 1)
    return body if left == whole else json.dumps(left, separators=(",", ":"), ensure_ascii=False).encode()


def check_method(method: str, path: str) -> None:
    """Each operation has one method."""
    if method != ("GET" if path == "/v1.0/transaction-history" else "POST"):
        raise Refusal(405, "00", "Requested Function Is Not Supported")


def json_object(body: bytes) -> Mapping[str, Any]:
    """The members of the body."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(400, "00", "Bad Request") from None
    if not isinstance(value, dict):
        raise Refusal(400, "00", "Bad Request")
    return value


def text_of(body: Mapping[str, Any], name: str, length: int) -> str:
    """A mandatory member that is a string."""
    value = body.get(name)
    if value in (None, ""):
        raise Refusal(400, "02", f"Invalid Mandatory Field {name}")
    if not isinstance(value, str) or len(value) > length:
        raise Refusal(400, "01", f"Invalid Field Format {name}")
    return value


def check_amount(body: Mapping[str, Any], faults: frozenset[str]) -> None:
    """amount.value is a string of at most 16 digits, a dot and two more."""
    amount = body.get("amount")
    value = amount.get("value") if isinstance(amount, dict) else None
    if "snap-amount-number" in faults and isinstance(value, int | float):
        return
    pattern = r"[0-9]{1,16}(\.[0-9]*)?" if "snap-amount-decimals-free" in faults else r"[0-9]{1,16}\.[0-9]{2}"
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise Refusal(400, "01", "Invalid Field Format amount.value")


def crc_holds(payload: str) -> bool:
    """Whether the last four characters are the CRC-16 of EMVCo 4.7.3 over all before them."""
    return payload[-4:] == f"{binascii.crc_hqx(payload[:-4].encode(), 0xFFFF):04X}"


def new_token() -> str:
    """An access token."""
    return secrets.token_urlsafe(32)
