"""Client certificates as a manifest refers to them, read when they are needed and not before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from conformance.core.model import Service, Target
from conformance.core.secret import Secret


@dataclass(frozen=True, slots=True)
class ClientKey:
    """A certificate chain and its key, PEM. The key never shows."""

    certificate: bytes
    key: bytes = field(repr=False)


def trusted_key(service: Service) -> ClientKey | None:
    """What the manifest gives as `client_certificate`.

    Raises:
        Untested: NO_CREDENTIAL, where its references lead to nothing.
    """
    given = service.settings.get("client_certificate")
    return read_key(given) if given else None


def roots_path(target: Target, service: Service, public: str) -> str:
    """The PEM file of the roots that the manifest says the service's certificate leads to."""
    trust = service.settings.get("trust", "public")
    return public if trust == "public" else str(Path(target.path).parent / trust)


@lru_cache(maxsize=1)
def throw_away(hour: datetime) -> ClientKey:
    """A client certificate that nobody trusts: self-signed, for client authentication, valid for a day."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "conformance test, untrusted")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(hour - timedelta(hours=1))
        .not_valid_after(hour + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return ClientKey(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


def read_key(given: Mapping[str, Secret]) -> ClientKey:
    """A certificate and its key, read now. Raises Untested as `trusted_key`."""
    return ClientKey(given["certificate"].reveal(), given["key"].reveal())
