"""Notifications of SNAP BI (service 52): signed without a token by the service's own key. Pure.

The string-to-sign is that of asymmetric transactions: `METHOD:EndpointUrl:digest:TimeStamp`, EndpointUrl being the path
at the partner, which is us.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.payments.snap import signature
from conformance.payments.snap.signature import Dialect
from conformance.payments.webhook import Verified

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

TAKEN = b'{"responseCode":"2005200","responseMessage":"Successful"}'
"""What a partner answers to a notification that it took."""
EVENT, TIMESTAMP, SIGNATURE = "x-external-id", "x-timestamp", "x-signature"


def text_of(path: str, timestamp: str, body: bytes, dialect: Dialect) -> str:
    """What is signed."""
    digest = signature.body_digest(body, replace(dialect, mode="asymmetric"))
    return signature.asymmetric_string("POST", path, digest, timestamp)


def sign(key: RSAPrivateKey, path: str, timestamp: str, body: bytes, dialect: Dialect) -> str:
    """X-SIGNATURE of a notification."""
    return signature.encode(signature.rsa_sha256(key, text_of(path, timestamp, body, dialect)), dialect.encoding)


def verify(
    keys: Sequence[RSAPublicKey], path: str, fields: Mapping[str, str], body: bytes, dialect: Dialect
) -> Verified:
    """What the header fields (names in lower case) of a notification say of its body."""
    if not (given := fields.get(SIGNATURE, "")):
        return Verified("absent", reason="no X-SIGNATURE")
    try:
        moment = signature.read_stamp(fields.get(TIMESTAMP, ""))
        octets = signature.decode(given, dialect.encoding)
    except ValueError as error:
        return Verified("bad", reason=f"X-TIMESTAMP or X-SIGNATURE: {error}")
    text = text_of(path, fields[TIMESTAMP], body, dialect)
    found = sum(signature.rsa_verifies(key, octets, text) for key in keys)
    if not found:
        return Verified("bad", reason=f"not a signature of {text}"[:300])
    return Verified("good", found, int(moment.timestamp()))
