"""From DER bytes to what a certificate says.

Nothing here judges. Whatever the bytes are, a certificate is either read or `Unreadable`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import AuthorityInformationAccessOID

from conformance.tls import der
from conformance.tls.evidence import CertificateFacts

COMMON_NAME = x509.NameOID.COMMON_NAME
TEXT_LIMIT, LIST_LIMIT = 256, 100
RSA, RSA_PSS, EC = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.10045.2.1"
KEY_TYPES = {
    RSA: "RSA",
    RSA_PSS: "RSA-PSS",
    EC: "ECDSA",
    "1.2.840.10040.4.1": "DSA",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
    "2.16.840.1.101.3.4.3.17": "ML-DSA-44",
    "2.16.840.1.101.3.4.3.18": "ML-DSA-65",
    "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
}
CURVES = {  # OID -> (IANA TLS group name, bits)
    "1.2.840.10045.3.1.1": ("secp192r1", 192),
    "1.3.132.0.33": ("secp224r1", 224),
    "1.2.840.10045.3.1.7": ("secp256r1", 256),
    "1.3.132.0.34": ("secp384r1", 384),
    "1.3.132.0.35": ("secp521r1", 521),
    "1.3.132.0.10": ("secp256k1", 256),
    "1.3.36.3.3.2.8.1.1.7": ("brainpoolP256r1", 256),
    "1.3.36.3.3.2.8.1.1.11": ("brainpoolP384r1", 384),
    "1.3.36.3.3.2.8.1.1.13": ("brainpoolP512r1", 512),
    "1.2.156.10197.1.301": ("curveSM2", 256),
}
EDWARDS_BITS = {"Ed25519": 256, "Ed448": 456}
OLD_HASHES = {
    "1.2.840.113549.1.1.2": "md2",
    "1.2.840.113549.1.1.3": "md4",
    "1.2.840.113549.1.1.4": "md5",
    "1.2.840.113549.1.1.5": "sha1",
    "1.3.14.3.2.29": "sha1",
    "1.2.840.10040.4.3": "sha1",
    "1.2.840.10045.4.1": "sha1",
}
KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
)
USAGE_NAMES = (
    "digitalSignature",
    "contentCommitment",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
)
EXTENDED_USAGES = {
    "1.3.6.1.5.5.7.3.1": "serverAuth",
    "1.3.6.1.5.5.7.3.2": "clientAuth",
    "1.3.6.1.5.5.7.3.9": "OCSPSigning",
    "2.5.29.37.0": "anyExtendedKeyUsage",
}

E = TypeVar("E", bound=x509.ExtensionType)
T = TypeVar("T")


class Unreadable(ValueError):  # noqa: N818 - an outcome of reading, caught by whoever reads a chain
    """Bytes that cannot be read as a certificate, with the reason."""


@dataclass(frozen=True, slots=True, eq=False)
class Parsed:
    """A certificate that was read: the library's object beside the fields that are compared as bytes."""

    data: bytes
    sha256: str
    certificate: x509.Certificate
    extensions: x509.Extensions
    fields: der.Fields

    @property
    def label(self) -> str:
        """The subject, bounded, for messages."""
        return bounded(self.certificate.subject.rfc4514_string(), 100) or "(empty name)"

    @property
    def issuer_label(self) -> str:
        """The issuer, bounded, for messages."""
        return bounded(self.certificate.issuer.rfc4514_string(), 100) or "(empty name)"

    @property
    def self_issued(self) -> bool:
        """Whether subject and issuer are the same bytes."""
        return self.fields.subject == self.fields.issuer

    def valid_at(self, moment: datetime) -> bool:
        """Whether `moment` lies in the validity period, both ends included (RFC 5280 section 4.1.2.5)."""
        return self.certificate.not_valid_before_utc <= moment <= self.certificate.not_valid_after_utc


def read(data: bytes) -> Parsed:
    """One DER certificate with all its extensions.

    Raises:
        Unreadable: whatever is wrong with the bytes.
    """
    return guarded(lambda: parse(data))


def parse(data: bytes) -> Parsed:
    """As `read`, with the library's own exceptions."""
    certificate = x509.load_der_x509_certificate(data)
    # Names and dates are decoded lazily; decoding them here makes this the one place where they can fail.
    _ = (certificate.subject, certificate.issuer, certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    return Parsed(data, sha256(data).hexdigest(), certificate, certificate.extensions, der.certificate_fields(data))


def guarded(call: Callable[[], T]) -> T:
    """The call's result, without the library's warnings: what it will one day refuse is read and judged all the same.

    Raises:
        Unreadable: in place of every exception that the library has for malformed or unknown structures.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call()
    # KeyError: what the library says to a TLS feature that it does not know.
    except (
        ValueError,
        TypeError,
        KeyError,
        OverflowError,
        UnsupportedAlgorithm,
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ) as error:
        raise Unreadable(bounded(f"{type(error).__name__}: {error}", TEXT_LIMIT)) from error


def bounded(text: str, limit: int = TEXT_LIMIT) -> str:
    """The text, cut with an ellipsis where it is longer than `limit`."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def several(texts: Iterable[str]) -> tuple[str, ...]:
    """The first hundred, each bounded."""
    return tuple(bounded(text) for text, _ in zip(texts, range(LIST_LIMIT), strict=False))


def extension(parsed: Parsed, kind: type[E]) -> E | None:
    """The extension of that type, None where the certificate has none."""
    try:
        return parsed.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def facts(parsed: Parsed) -> CertificateFacts:
    """What one certificate says.

    Raises:
        Unreadable: its key is not a SubjectPublicKeyInfo.
    """
    return guarded(lambda: facts_of(parsed))


def facts_of(parsed: Parsed) -> CertificateFacts:
    """As `facts`, with the library's own exceptions."""
    certificate = parsed.certificate
    key_type, key_bits, curve, exponent = key_facts(parsed.fields.spki)
    dns_names, addresses = alternative_names(parsed)
    constraints = extension(parsed, x509.BasicConstraints)
    features = extension(parsed, x509.TLSFeature)
    serial = certificate.serial_number
    return CertificateFacts(
        sha256=parsed.sha256,
        subject=bounded(certificate.subject.rfc4514_string()),
        issuer=bounded(certificate.issuer.rfc4514_string()),
        serial_hex=bounded(parsed.fields.serial.hex()),
        serial_octets=len(parsed.fields.serial),
        serial_positive=serial > 0,
        version=certificate.version.value + 1,
        not_before=instant(certificate.not_valid_before_utc),
        not_after=instant(certificate.not_valid_after_utc),
        key_type=key_type,
        key_bits=key_bits,
        curve=curve,
        exponent=exponent,
        spki_sha256=sha256(parsed.fields.spki).hexdigest(),
        signature_hash=signature_hash(certificate),
        signature_algorithm=bounded(certificate.signature_algorithm_oid.dotted_string),
        self_issued=parsed.self_issued,
        is_ca=constraints is not None and constraints.ca,
        dns_names=several(dns_names),
        ip_addresses=several(str(address) for address in addresses),
        name_count=len(dns_names) + len(addresses),
        common_names=several(str(name.value) for name in certificate.subject.get_attributes_for_oid(COMMON_NAME)),
        extended_key_usage=extended_key_usage(parsed),
        key_usage=key_usage(parsed),
        embedded_scts=len(embedded_logs(parsed)),
        must_staple=features is not None and x509.TLSFeatureType.status_request in features,
        crl_urls=several(crl_urls(parsed)),
        ocsp_urls=several(ocsp_urls(parsed)),
    )


def instant(moment: datetime) -> str:
    """A time as ISO 8601 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment.year >= 1000 else moment.isoformat()


def key_facts(spki: bytes) -> tuple[str, int, str, int]:
    """(key type, bits, curve, RSA exponent) of a SubjectPublicKeyInfo, read without the library's refusals."""
    oid, parameters, key = der.spki_parts(spki)
    algorithm = der.dotted(oid)
    key_type = KEY_TYPES.get(algorithm, bounded(algorithm, 64))
    if algorithm in (RSA, RSA_PSS):
        modulus, exponent = der.rsa_numbers(key)
        return key_type, modulus.bit_length(), "", exponent if exponent < 2**64 else 0
    if algorithm == EC:
        named = tuple(der.elements(parameters))
        if len(named) != 1 or named[0].tag != der.OBJECT_IDENTIFIER:
            return key_type, max(len(key) - 1, 0) * 4, "explicit", 0
        name = der.dotted(named[0].content)
        curve, bits = CURVES.get(name, (bounded(name, 64), max(len(key) - 1, 0) * 4))
        return key_type, bits, curve, 0
    return key_type, EDWARDS_BITS.get(key_type, len(key) * 8), "", 0


def signature_hash(certificate: x509.Certificate) -> str:
    """The hash of the signature on the certificate, empty where it has none or the algorithm is not known."""
    old = OLD_HASHES.get(certificate.signature_algorithm_oid.dotted_string)
    if old:
        return old
    try:
        algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return ""
    return algorithm.name if algorithm else ""


def alternative_names(parsed: Parsed) -> tuple[list[str], list[object]]:
    """All dNSName and iPAddress entries of the subjectAltName."""
    names = extension(parsed, x509.SubjectAlternativeName)
    if names is None:
        return [], []
    return names.get_values_for_type(x509.DNSName), list(names.get_values_for_type(x509.IPAddress))


def extended_key_usage(parsed: Parsed) -> tuple[str, ...] | None:
    """The purposes by name (dotted where unknown); None where the extension is absent."""
    usage = extension(parsed, x509.ExtendedKeyUsage)
    if usage is None:
        return None
    return several(EXTENDED_USAGES.get(oid.dotted_string, oid.dotted_string) for oid in usage)


def key_usage(parsed: Parsed) -> tuple[str, ...] | None:
    """The bits that are set, as RFC 5280 names them; None where the extension is absent."""
    usage = extension(parsed, x509.KeyUsage)
    if usage is None:
        return None
    return tuple(name for name, attribute in zip(USAGE_NAMES, KEY_USAGES, strict=True) if getattr(usage, attribute))


def crl_urls(parsed: Parsed) -> list[str]:
    """The URIs of the CRL distribution points."""
    points = extension(parsed, x509.CRLDistributionPoints) or ()
    return [
        name.value
        for point in points
        for name in point.full_name or ()
        if isinstance(name, x509.UniformResourceIdentifier)
    ]


def ocsp_urls(parsed: Parsed) -> list[str]:
    """The URIs of OCSP responders in the authority information access extension."""
    access = extension(parsed, x509.AuthorityInformationAccess) or ()
    return [
        item.access_location.value
        for item in access
        if item.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(item.access_location, x509.UniformResourceIdentifier)
    ]


def embedded_logs(parsed: Parsed) -> list[bytes]:
    """The log id of each SCT embedded in the certificate (RFC 6962 section 3.3)."""
    timestamps = extension(parsed, x509.PrecertificateSignedCertificateTimestamps) or ()
    return [timestamp.log_id for timestamp in timestamps]


def listed_logs(data: bytes) -> list[bytes]:
    """The log id of each SCT in a SignedCertificateTimestampList, as the TLS extension carries it (RFC 6962 3.3).

    What follows the first malformed entry is left out.
    """
    logs: list[bytes] = []
    end = min(2 + int.from_bytes(data[:2], "big"), len(data))
    at = 2
    while at + 2 <= end and len(logs) < LIST_LIMIT:
        size = int.from_bytes(data[at : at + 2], "big")
        entry = data[at + 2 : at + 2 + size]
        if len(entry) < size or size < 47 or at + 2 + size > end:
            break
        logs.append(entry[1:33])
        at += 2 + size
    return logs
