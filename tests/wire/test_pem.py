"""Private keys of manifests: read where they sign what they verify."""

from __future__ import annotations

from base64 import encodebytes

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from conformance.wire.pem import private_pem, public_pem, read_private_key

RSA = rsa.generate_private_key(65537, 2048)


def changed(*numbers: int) -> bytes:
    """The RSA key's file with others in place of these numbers, in as many octets."""
    der = RSA.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    for number in numbers:
        octets = number.to_bytes((number.bit_length() + 7) // 8, "big")
        assert der.count(octets) == 1
        der = der.replace(octets, (number ^ 6).to_bytes(len(octets), "big"))
    return b"-----BEGIN RSA PRIVATE KEY-----\n" + encodebytes(der) + b"-----END RSA PRIVATE KEY-----\n"


@pytest.mark.parametrize("key", [RSA, ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()])
def test_sound_keys_are_read(key: rsa.RSAPrivateKey) -> None:
    assert public_pem(read_private_key(private_pem(key))) == public_pem(key)


WRONG = {
    "text": b"no key",
    "public": public_pem(RSA),
    "encrypted": RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")),
    "cut": private_pem(RSA)[:800],
    "another n": changed(RSA.public_key().public_numbers().n),
    "another p and d": changed(RSA.private_numbers().p, RSA.private_numbers().d),
}


@pytest.mark.parametrize("name", WRONG)
def test_others_are_refused(name: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the library says of it
        read_private_key(WRONG[name])
