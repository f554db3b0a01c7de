"""The suite's own answers to the operations `snap.sign` and `snap.verify` of the vectors, as an implementation's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from conformance.payments.snap import signature
from conformance.payments.snap.client import Draft, string_to_sign
from conformance.payments.snap.signature import Dialect, Encoding

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


def text_of(given: Mapping[str, Any]) -> str:
    """The string-to-sign of a case: a token request where it has a client key, else a transaction."""
    if "client_key" in given:
        return signature.token_string(given["client_key"], given["timestamp"])
    what = Draft(
        given["method"],
        given["path"],
        given["query"],
        given["body"].encode(),
        given["timestamp"],
        "",
        given.get("token", ""),
    )
    return string_to_sign(what, Dialect(**given["dialect"]))


def sign(given: Mapping[str, Any], key: RSAPrivateKey) -> Mapping[str, str]:
    """String-to-sign and signature of a case."""
    text = text_of(given)
    octets = (
        signature.hmac_sha512(given["secret"].encode(), text) if "secret" in given else signature.rsa_sha256(key, text)
    )
    return {"string_to_sign": text, "signature": signature.encode(octets, given["dialect"]["encoding"])}


def verify(given: Mapping[str, Any], key: RSAPrivateKey) -> bool:
    """Whether the signature of a case is right."""
    encoding: Encoding = given["dialect"]["encoding"]
    try:
        octets = signature.decode(given["signature"], encoding)
    except ValueError:
        return False
    if "secret" in given:
        return signature.same(signature.hmac_sha512(given["secret"].encode(), text_of(given)), octets)
    return bool(octets) and signature.rsa_verifies(key.public_key(), octets, text_of(given))
