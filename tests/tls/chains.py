"""Evidence made by hand for the certificate judges, and certificates made for the readers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace

from conformance.tls.certificates import analyse
from conformance.tls.evidence import Certificate, CertificateFacts, ServedChain
from conformance.tls.pki import Material, Pki

NAME = "portal.xa.test"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LEAF = CertificateFacts(
    sha256="aa",
    subject="CN=portal.xa.test",
    issuer="CN=Issuer",
    serial_hex="1234",
    serial_octets=16,
    serial_positive=True,
    version=3,
    not_before="2026-11-01T00:00:00Z",
    not_after="2027-01-29T23:59:59Z",
    key_type="ECDSA",
    key_bits=256,
    curve="secp256r1",
    exponent=0,
    spki_sha256="bb",
    signature_hash="sha256",
    signature_algorithm="1.2.840.10045.4.3.2",
    self_issued=False,
    is_ca=False,
    dns_names=(NAME,),
    ip_addresses=(),
    name_count=1,
    common_names=(NAME,),
    extended_key_usage=("serverAuth",),
    key_usage=("digitalSignature",),
    embedded_scts=2,
    must_staple=False,
    crl_urls=("http://crl.xa.test/1.crl",),
    ocsp_urls=(),
)
ISSUER = replace(
    LEAF,
    sha256="cc",
    subject="CN=Issuer",
    issuer="CN=Root",
    is_ca=True,
    dns_names=(),
    name_count=0,
    key_usage=("keyCertSign",),
    extended_key_usage=None,
)
CHAIN = ServedChain(
    scheme="any",
    version="TLSv1.2",
    suite="TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    certificates=(LEAF, ISSUER),
    name_matches=True,
    trusted=True,
    trust_detail="",
    anchors="public",
    publicly_trusted=True,
    order="ok",
    missing_issuer=False,
    root_sent=False,
    scts=2,
    path=("aa", "cc", "dd"),
)


def observed(leaf: dict[str, Any] | None = None, **changes: Any) -> Certificate:
    """One chain, good but for the changes to its leaf and to itself."""
    chain = replace(CHAIN, certificates=(replace(LEAF, **(leaf or {})), ISSUER))
    return Certificate(NAME, (replace(chain, **changes),))


@cache
def authorities() -> Pki:
    """One set of authorities for all tests of a process."""
    return Pki.cached(None)


def served(material: Material, server_name: str = NAME, **options: Any) -> ServedChain:
    """The chain as a server would serve it, read against the sandbox's public root."""
    root = authorities().public_roots_pem
    settings: dict[str, Any] = {
        "scheme": "any",
        "version": "TLSv1.3",
        "suite": "TLS_AES_128_GCM_SHA256",
        "anchors_pem": root,
        "anchors_label": "public",
        "public_pem": root,
        "now": datetime.now(UTC),
        "staple": material.staple,
        **options,
    }
    return analyse(material.chain_der, server_name=server_name, **settings)


Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Issued:
    """A certificate made for a test, with its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def issue(
    name: str,
    issuer: Issued | None = None,
    *,
    ca: bool = True,
    path_length: int | None = None,
    days: tuple[int, int] = (-30, 30),
    extra: Iterable[tuple[x509.ExtensionType, bool]] = (),
    key: Key | None = None,
    public_key: Any = None,
    issuer_name: str = "",
) -> Issued:
    """A certificate from `issuer`, self-signed without one. days: validity from and to, counted from now."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer_name)]) if issuer_name else subject
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer and not issuer_name else named)
        .public_key(public_key or key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
    )
    if not ca:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical=critical)
    return Issued(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def read_against(root: Issued, *chain: Issued, **options: Any) -> ServedChain:
    """The chain read with `root` as the only anchor."""
    material = Material(b"", b"", tuple(item.der for item in chain))
    return served(material, **{"anchors_pem": root.pem, "public_pem": root.pem, **options})
