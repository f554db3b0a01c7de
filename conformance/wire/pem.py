"""Keys as PEM, the way manifests name them."""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

PROBE = b"what a key signs, it verifies"


def read_private_key(octets: bytes) -> Any:
    """The private key in a PEM file.

    Of an RSA key it is not asked whether its primes are, which takes 0.1 s for 2,048 bits and a second for 4,096, but
    whether it verifies what it signs, which one that was put together wrongly does not.

    Raises:
        ValueError: no private key, one that is encrypted or of a kind unknown here, or numbers that do not fit.
    """
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415 - where one is read
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415

    try:
        key = load_pem_private_key(octets, None, unsafe_skip_rsa_key_validation=True)
        if isinstance(key, RSAPrivateKey):
            key.public_key().verify(key.sign(PROBE, PKCS1v15(), SHA256()), PROBE, PKCS1v15(), SHA256())
    except (TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
        raise ValueError(f"no usable private key ({type(error).__name__})") from None
    return key


def private_pem(key: Any) -> bytes:
    """A private key of any kind: PKCS #8, not encrypted."""
    pem: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem


def public_pem(key: Any) -> bytes:
    """The public half of a private key."""
    pem: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem
