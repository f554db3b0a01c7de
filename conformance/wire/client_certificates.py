"""Certificates that clients present (RFC 8705): read from a manifest, made for a test, and what comes of wrong ones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.core.secret import Secret
from conformance.wire.jose import b64
from conformance.wire.pem import private_pem, read_private_key

if TYPE_CHECKING:
    from cryptography import x509

T = TypeVar("T")

CONFIRMATION = "x5t#S256"
"""The member of `cnf` that names a certificate (RFC 8705 section 3.1)."""

HUNG_UP = frozenset({Reason.RESET, Reason.CLOSED})


@dataclass(frozen=True, slots=True)
class ClientKey:
    """A certificate chain and its key, PEM. The key never shows."""

    certificate: bytes
    key: bytes = field(repr=False)

    @property
    def leaf(self) -> x509.Certificate:
        """The first certificate. Raises ValueError."""
        from cryptography import x509  # noqa: PLC0415 - a twentieth of the start of a run that presents none

        return x509.load_pem_x509_certificate(self.certificate)

    @property
    def confirmation(self) -> str:
        """What `x5t#S256` has for it: base64url of the SHA-256 of its DER."""
        return confirmation(self.leaf.public_bytes(serialization.Encoding.DER))


def confirmation(der: bytes) -> str:
    """`x5t#S256` of a certificate in DER (RFC 8705 section 3.1)."""
    return b64(hashlib.sha256(der).digest())


def read_key(given: Mapping[str, Secret]) -> ClientKey:
    """A certificate and its key, read now.

    Raises:
        Untested: NO_CREDENTIAL, where its references lead to nothing.
    """
    return ClientKey(given["certificate"].reveal(), given["key"].reveal())


def read_pair(name: str, given: Mapping[str, Secret]) -> ClientKey:
    """As `read_key`, and that both load and belong together. name: what the manifest calls it.

    Raises:
        Untested: NO_CREDENTIAL, with what to mend.
    """
    found = read_key(given)
    try:
        private = read_private_key(found.key)
    except ValueError:
        raise Untested(NotTested.NO_CREDENTIAL, f"{name}.key is no unencrypted private key in PEM") from None
    try:
        public = found.leaf.public_key()
    except ValueError:
        raise Untested(NotTested.NO_CREDENTIAL, f"{name}.certificate is no certificate in PEM") from None
    if public != private.public_key():
        raise Untested(NotTested.NO_CREDENTIAL, f"{name}.key is not the key of {name}.certificate")
    return found


def made(
    name: str | x509.Name,
    begin: datetime,
    end: datetime,
    *,
    by: ClientKey | None = None,
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None,
    authority: bool = False,
) -> ClientKey:
    """A certificate and its key.

    Args:
        name: of the subject: its common name, or whole.
        begin: of its validity.
        end: of its validity.
        by: the authority that signs it; None for one that signs itself.
        key: its key; None for a new one on P-256.
        authority: it may sign others; else it is for client authentication.
    """
    from cryptography import x509  # noqa: PLC0415 - as above
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID  # noqa: PLC0415

    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = name if isinstance(name, x509.Name) else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder(by.leaf.subject if by else subject, subject, key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if not authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    signer = serialization.load_pem_private_key(by.key, None) if by else key
    certificate = builder.sign(signer, hashes.SHA256())  # type: ignore[arg-type]  # whatever key an authority has
    return ClientKey(
        certificate.public_bytes(serialization.Encoding.PEM),
        private_pem(key),
    )


@lru_cache(maxsize=8)
def throw_away(hour: datetime, like: ClientKey | None = None) -> ClientKey:
    """A client certificate that nobody trusts: self-signed, for client authentication, valid for a day.

    like: one whose subject it bears.
    """
    subject = like.leaf.subject if like else "conformance test, untrusted"
    key = rsa.generate_private_key(65537, 2048)
    return made(subject, hour - timedelta(hours=1), hour + timedelta(days=1), key=key)


def this_hour(now: datetime) -> datetime:
    """The beginning of the hour, for `throw_away`."""
    return now.replace(minute=0, second=0, microsecond=0)


def let_in(ask: Callable[[], T], control: Callable[[], bool]) -> T | str:
    """What is answered over a certificate that should not do, or over none; else how TLS refused it, in a few words.

    An alert is a refusal. Hanging up is one where it happens twice, and the control then goes through.

    Args:
        ask: the request.
        control: whether the same request over the right certificate is granted.

    Raises:
        Undecided: as `ask` for any other reason, and where the control is not granted.
    """
    for last in (False, True):
        try:
            return ask()
        except Undecided as trouble:
            if trouble.reason is Reason.TLS_ALERT:
                return f"TLS refuses it: {trouble.detail}"
            if trouble.reason not in HUNG_UP or (last and not control()):
                raise
    return "the server hangs up, twice"
