"""The strings-to-sign of SNAP BI, as pure functions, with what the standard leaves open as a Dialect.

Sources: Bank Indonesia's SNAP developer site, security chapter, as mirrored in a public repository (2025); decree
23/10/KEP.GBI/2021. The site names no encoding of X-SIGNATURE (its samples are hex, a bank's page asks for Base64),
says of EndpointUrl only that it holds "all URL parameters", and of a missing body that it is an empty string.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import unquote

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

Encoding = Literal["base64", "hex"]
Query = Literal["as-sent", "sorted", "decoded", "excluded"]
EmptyBody = Literal["sha256-of-empty", "empty-field"]
Stamp = Literal["offset", "utc"]
Mode = Literal["symmetric", "asymmetric"]

QUERIES: tuple[Query, ...] = ("as-sent", "sorted", "decoded", "excluded")
JAKARTA = timezone(timedelta(hours=7))
"""Western Indonesian time; it has no daylight saving."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What an implementation chose where the standard leaves a choice.

    encoding: of X-SIGNATURE. query: how the query enters EndpointUrl. empty_body: what stands for the digest where
    there is no body. timestamp: local time with an offset, or UTC with `Z`. mode: HMAC with a token (the standard's
    default), or RSA without one.
    """

    encoding: Encoding = "base64"
    query: Query = "as-sent"
    empty_body: EmptyBody = "sha256-of-empty"
    timestamp: Stamp = "offset"
    mode: Mode = "symmetric"


def dialect_of(settings: Mapping[str, object]) -> Dialect:
    """The dialect that a manifest states; the schema has checked the values."""
    given = {name: settings[name] for name in Dialect.__slots__ if name in settings}
    return Dialect(**cast("dict[str, Any]", given))


_INSIGNIFICANT = re.compile(rb'("(?:[^"\\]|\\.)*(?:"|\Z|\\\Z))|[ \t\r\n]+', re.DOTALL)


def minify(body: bytes) -> bytes:
    """The body without white space outside strings (RFC 8259 section 2), every other octet as it is. Total, linear."""
    return _INSIGNIFICANT.sub(lambda match: match.group(1) or b"", body)


def body_digest(body: bytes, dialect: Dialect) -> str:
    """Lower-case hex SHA-256 of the minified body; for no body what the dialect says."""
    if not body and dialect.empty_body == "empty-field":
        return ""
    return hashlib.sha256(minify(body)).hexdigest()


def endpoint_url(path: str, query: str, dialect: Dialect) -> str:
    """EndpointUrl: the path, with the query as the dialect puts it. `query` comes as sent, without question mark."""
    if not query or dialect.query == "excluded":
        return path
    if dialect.query == "sorted":
        query = "&".join(sorted(query.split("&")))
    elif dialect.query == "decoded":
        query = unquote(query)
    return f"{path}?{query}"


def token_string(client_id: str, timestamp: str) -> str:
    """What is signed to get a token: `client_ID|X-TIMESTAMP`."""
    return f"{client_id}|{timestamp}"


def symmetric_string(method: str, url: str, token: str, digest: str, timestamp: str) -> str:
    """What is signed for a transaction with a token: `METHOD:EndpointUrl:AccessToken:digest:TimeStamp`."""
    return f"{method}:{url}:{token}:{digest}:{timestamp}"


def asymmetric_string(method: str, url: str, digest: str, timestamp: str) -> str:
    """What is signed for a transaction without a token, and for notifications."""
    return f"{method}:{url}:{digest}:{timestamp}"


def encode(octets: bytes, encoding: Encoding) -> str:
    """A signature as the header has it."""
    return octets.hex() if encoding == "hex" else base64.b64encode(octets).decode()


def decode(text: str, encoding: Encoding) -> bytes:
    """The octets of a signature.

    Raises:
        ValueError: it is not in this encoding.
    """
    try:
        return bytes.fromhex(text) if encoding == "hex" else base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"not {encoding}") from None


def hmac_sha512(secret: bytes, text: str) -> bytes:
    """HMAC-SHA512 of a string-to-sign in UTF-8."""
    return hmac.new(secret, text.encode("utf-8", "surrogateescape"), hashlib.sha512).digest()


def same(one: bytes, other: bytes) -> bool:
    """Whether two signatures are equal, in time that does not depend on where they differ."""
    return hmac.compare_digest(one, other)


def rsa_sha256(key: RSAPrivateKey, text: str) -> bytes:
    """SHA256withRSA: RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2) of a string-to-sign in UTF-8."""
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - strings-to-sign need no cryptography
    from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415

    return key.sign(text.encode("utf-8", "surrogateescape"), padding.PKCS1v15(), hashes.SHA256())


def rsa_verifies(key: RSAPublicKey, signature: bytes, text: str) -> bool:
    """Whether an RSA signature is that of the text."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415

    try:
        key.verify(signature, text.encode("utf-8", "surrogateescape"), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def stamp(moment: datetime, form: Stamp) -> str:
    """X-TIMESTAMP of an aware time: `yyyy-MM-ddTHH:mm:ss` with `+07:00` or `Z`."""
    if form == "utc":
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return moment.astimezone(JAKARTA).isoformat(timespec="seconds")


_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)", re.ASCII)


def read_stamp(text: str) -> datetime:
    """The aware time of an X-TIMESTAMP in seconds, with an offset or `Z`.

    Raises:
        ValueError: it is of another form, or no time of day.
    """
    if not _STAMP.fullmatch(text):
        raise ValueError("not yyyy-MM-ddTHH:mm:ss with Z or an offset")
    return datetime.fromisoformat(text)
