"""RSA keys of the sandbox's payment services: made once and kept for a day, since each takes long to make."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key


@lru_cache(maxsize=8)
def kept_key(folder: Path, name: str) -> RSAPrivateKey:
    """The key of this name in the folder, made where there is none."""
    path = folder / f"{name}.key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(f".{os.getpid()}")
        new.write_bytes(private_pem(generate_private_key(65537, 2048)))
        new.replace(path)
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, RSAPrivateKey)
    return key


def public_pem(key: RSAPrivateKey) -> bytes:
    """Its public half."""
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def private_pem(key: RSAPrivateKey) -> bytes:
    """PKCS #8, not encrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
