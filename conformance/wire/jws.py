"""Keys that sign as a well-behaved party does, on top of the signer of `jose.py`."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from conformance.wire import jose
from conformance.wire.jose import PrivateKey, b64, unb64

__all__ = ["KeyFormatError", "SigningKey", "compact", "load_key", "new_key", "random_id", "tampered"]


class KeyFormatError(ValueError):
    """Octets that hold no private key that can sign here."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, the algorithm it signs with unless told otherwise, and its key id."""

    private: PrivateKey = field(repr=False)
    alg: str
    kid: str = ""

    @property
    def public_jwk(self) -> dict[str, Any]:
        """The public key as a JWK of `kty` and its numbers alone."""
        return jose.jwk(self.private.public_key())


def new_key(alg: str = "ES256", kid: str = "") -> SigningKey:
    """A fresh key for ES256, ES384, ES512, EdDSA, or RSA with 2,048 bits."""
    if alg in jose.CURVE_OF:
        return SigningKey(ec.generate_private_key(jose.CURVES[jose.CURVE_OF[alg]]), alg, kid)
    if alg == "EdDSA":
        return SigningKey(ed25519.Ed25519PrivateKey.generate(), alg, kid)
    return SigningKey(rsa.generate_private_key(65537, 2048), alg, kid)


def load_key(octets: bytes, alg: str = "", kid: str = "") -> SigningKey:
    """A private key from PEM (PKCS #8 or traditional) or from a JWK.

    Args:
        octets: the file.
        alg: the algorithm to sign with; empty for the JWK's, else PS256 for RSA and the curve's own for EC.
        kid: the key id; empty for the JWK's, else the thumbprint.

    Raises:
        KeyFormatError: says what is wrong, without any of the octets.
    """
    text = octets.strip()
    try:
        if text.startswith(b"{"):
            members = json.loads(text)
            private: Any = jose.private_key(members)
            alg, kid = alg or members.get("alg", ""), kid or members.get("kid", "")
        else:
            # The holder's own key: checking its primes costs more than all that is signed with it.
            private = serialization.load_pem_private_key(text, None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, RecursionError) as error:
        raise KeyFormatError(f"no private key in PEM or as a JWK ({type(error).__name__})") from None
    usual = _usual_alg(private)
    return SigningKey(private, alg or usual, kid or jose.thumbprint(jose.jwk(private.public_key())))


def _usual_alg(private: Any) -> str:
    if isinstance(private, rsa.RSAPrivateKey):
        return "PS256"
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return "EdDSA"
    if isinstance(private, ec.EllipticCurvePrivateKey) and (name := jose.curve_name(private)):
        return next(alg for alg, curve in jose.CURVE_OF.items() if curve == name)
    raise KeyFormatError(f"a key of type {type(private).__name__}, which signs nothing here")


def compact(key: SigningKey, claims: jose.Json, header: Mapping[str, Any] | None = None) -> str:
    """A compact JWS. header: changes of the usual one (`alg`, `kid`); a member of None is left out."""
    changed = {"alg": key.alg, "kid": key.kid or None, **(header or {})}
    head = {name: value for name, value in changed.items() if value is not None}
    return jose.compact(head, claims, key.private, str(head["alg"]))


def tampered(token: str) -> str:
    """A compact JWS with one bit of its signature turned round."""
    octets = bytearray(unb64(token.rpartition(".")[2]))
    octets[len(octets) // 2] ^= 1
    return jose.with_signature(token, bytes(octets))


def random_id(octets: int = 24) -> str:
    """A fresh identifier of so many random octets."""
    return b64(secrets.token_bytes(octets))
