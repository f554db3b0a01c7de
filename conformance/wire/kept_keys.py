"""RSA keys of the sandbox's services: made once and kept for a day, since each takes long to make; trusted nowhere."""

from __future__ import annotations

import contextlib
import os
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from conformance.wire.pem import private_pem


@lru_cache(maxsize=16)
def kept_key(folder: Path, name: str) -> RSAPrivateKey:
    """The key of this name in the folder, made where there is none that can be read.

    It is our own, so it is not checked as strangers' keys are, which takes longer than a signature.
    """
    path = folder / f"{name}.key"
    with contextlib.suppress(OSError, ValueError):
        found = serialization.load_pem_private_key(path.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
        if isinstance(found, RSAPrivateKey):
            return found
    made = generate_private_key(65537, 2048)
    folder.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(f".{os.getpid()}")
    new.touch(mode=0o600)
    new.write_bytes(private_pem(made))
    new.replace(path)
    return made
