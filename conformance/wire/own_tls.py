"""TLS of our own listeners: from the manifest's certificate and key, and for the sandbox from one made here."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from conformance.core.model import NotTested, Untested
from conformance.core.secret import Secret
from conformance.wire.pem import private_pem


def context_of(pair: Mapping[str, Secret] | None) -> ssl.SSLContext | None:
    """TLS of our listener, as `callback.tls` of a manifest says; None where TLS is ended in front of it.

    Raises:
        Untested: NO_CREDENTIAL, where certificate or key are none.
    """
    if pair is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        paths = []
        for name in ("certificate", "key"):
            path = Path(folder) / name
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(pair[name].reveal())
            paths.append(path)
        try:
            context.load_cert_chain(paths[0], paths[1], password=_no_password)
        except (ssl.SSLError, ValueError) as error:
            said = type(error).__name__
            raise Untested(NotTested.NO_CREDENTIAL, f"callback.tls is no certificate and its key ({said})") from None
    return context


def _no_password() -> str:
    raise ValueError("the key is encrypted")


@lru_cache(maxsize=1)
def own_certificate() -> tuple[bytes, bytes]:
    """A certificate for `localhost` that is its own root, for a day, and its key; both in PEM. Trusted nowhere else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "listener beside the sandbox")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM), private_pem(key)
