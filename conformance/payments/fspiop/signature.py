"""FSPIOP-Signature: a JWS over the whole body, whose protected header repeats fields of the request. Pure.

Source: Open API for FSP Interoperability, Signature v1.1 (19 May 2020), sections 3.1 to 3.3; amounts: JSON Binding
Rules section 4.1. The header field is a JSON object with `protectedHeader` and `signature`. The body is signed as the
octets that are sent; nothing here parses or serialises it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from conformance.payments.detached_jws import JwsError, b64url, signing_input, unb64url

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

FIELD, MIN_KEY_BITS = "fspiop-signature", 2048
MAX_HEADER, MAX_SIGNATURE = 32_768, 512
HASHES: Final = {"RS256": "SHA256", "RS384": "SHA384", "RS512": "SHA512"}
AMOUNT: Final = re.compile(r"(?:0|[1-9][0-9]{0,17})(?:[.][0-9]{0,3}[1-9])?")
"""An amount: at most 18 digits and 4 decimals, no trailing zero."""

OF_HTTP: Final = ("FSPIOP-Source", "FSPIOP-Destination", "Date")
"""Members of the protected header that repeat header fields of this name."""
REGISTERED: Final = frozenset(
    {"alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "FSPIOP-URI", "FSPIOP-HTTP-Method"}
)


class FspiopError(ValueError):
    """No valid signature of this request; the message says why, in words of ours."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request. uri: path and query. fields: names in lower case."""

    method: str
    uri: str
    fields: Mapping[str, str]
    body: bytes


def sign(key: RSAPrivateKey, message: Message, algorithm: str = "RS256", **more: Any) -> str:
    """The value of FSPIOP-Signature; `more` replaces members of the protected header, None leaves one out."""
    header: dict[str, Any] = {"alg": algorithm, "FSPIOP-URI": message.uri, "FSPIOP-HTTP-Method": message.method}
    header |= {name: message.fields[name.lower()] for name in OF_HTTP if name.lower() in message.fields}
    header = {name: value for name, value in (header | more).items() if value is not None}
    return written(key, header, message.body, algorithm)


def written(key: RSAPrivateKey, header: Mapping[str, Any], body: bytes, algorithm: str) -> str:
    """The field's value for a protected header, whatever it says."""
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - amounts need no cryptography
    from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415

    text = b64url(json.dumps(header, separators=(",", ":")).encode())
    digest = getattr(hashes, HASHES[algorithm])()
    signature = key.sign(signing_input(text, body, encoded=True), padding.PKCS1v15(), digest)
    return json.dumps({"signature": b64url(signature), "protectedHeader": text}, separators=(",", ":"))


def verify(key: RSAPublicKey, message: Message) -> None:
    """Return where the request is signed as section 3.3 asks.

    Raises:
        FspiopError: it is not, with the step that failed.
    """
    header, text, signature = read(message)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in HASHES:
        raise FspiopError("alg is none of RS256, RS384, RS512")
    if key.key_size < MIN_KEY_BITS:
        raise FspiopError(f"a key of {key.key_size} bits")
    _verified(key, signing_input(text, message.body, encoded=True), _decoded(signature), algorithm)
    agrees(header, message)


def read(message: Message) -> tuple[Mapping[str, Any], str, str]:
    """The protected header, as it says and as it is written, and the signature, none of them verified.

    Raises:
        FspiopError: there is none of this form.
    """
    text, signature = _parts(message.fields.get(FIELD, ""))
    return _object(_decoded(text), "protectedHeader"), text, signature


def _parts(value: str) -> tuple[str, str]:
    if not value:
        raise FspiopError("no FSPIOP-Signature")
    found = _object(value.encode("utf-8", "surrogatepass")[: MAX_HEADER * 2], "FSPIOP-Signature")
    text, signature = found.get("protectedHeader"), found.get("signature")
    if not isinstance(text, str) or not isinstance(signature, str):
        raise FspiopError("protectedHeader or signature is no string")
    if len(text) > MAX_HEADER or len(signature) > MAX_SIGNATURE:
        raise FspiopError("protectedHeader or signature is longer than table 1 allows")
    return text, signature


def _object(octets: bytes, what: str) -> Mapping[str, Any]:
    try:
        pairs: Any = json.loads(octets.decode(), object_pairs_hook=lambda found: [*found])
        members = dict(pairs)
    except (ValueError, TypeError, RecursionError):
        raise FspiopError(f"{what} is no JSON object") from None
    if len(members) != len(pairs) or not octets.lstrip().startswith(b"{"):
        raise FspiopError(f"{what} has a member twice, or is no object")
    return members


def _decoded(text: str) -> bytes:
    try:
        return unb64url(text)
    except JwsError as error:
        raise FspiopError(str(error)) from None


def _verified(key: RSAPublicKey, octets: bytes, signature: bytes, algorithm: str) -> None:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415

    try:
        key.verify(signature, octets, padding.PKCS1v15(), getattr(hashes, HASHES[algorithm])())
    except InvalidSignature:
        raise FspiopError("not a signature of this body and header") from None


def agrees(header: Mapping[str, Any], message: Message) -> None:
    """Return where the protected header says of the request what the request is (section 3.3, 3c to 3g).

    Raises:
        FspiopError: it does not.
    """
    expected = {"FSPIOP-URI": message.uri, "FSPIOP-HTTP-Method": message.method}
    for name, value in expected.items():
        if header.get(name) != value:
            raise FspiopError(f"{name} is not that of the request")
    if "FSPIOP-Source" not in header:
        raise FspiopError("FSPIOP-Source is not protected")
    for name, value in header.items():
        if name not in REGISTERED and message.fields.get(name.lower()) != value:
            raise FspiopError(f"{name[:40]!a} is not that of the request's header")


def is_amount(text: object) -> bool:
    """Whether a JSON value is an amount: a string of the pattern."""
    return isinstance(text, str) and AMOUNT.fullmatch(text) is not None
