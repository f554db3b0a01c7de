"""The operators of recipes that make certificates (RFC 5280) and encrypted tokens (RFC 7516)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID, ObjectIdentifier

from conformance.eid.credentials.recipe import Kitchen, RecipeError
from conformance.wire import jose


def _name(text: str, country: str) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, country)] if country else []
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(kitchen: Kitchen, operand: Any) -> bytes:
    """A certificate in DER: `subject`, `issuer`, `country`, `issuer_country`, `key`, `signed_by`, `from`, `to`.

    `from` and `to` are seconds relative to the run. `eku`: object identifiers. `ca`: a CA's basic constraints and key
    usage. `signature_fault`: its last octet is changed after signing.
    """
    public, signer = kitchen.key(operand["key"]).public_key(), kitchen.key(operand["signed_by"])
    country = operand.get("country", "XA")
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(operand["subject"], country))
        .issuer_name(_name(operand["issuer"], operand.get("issuer_country", country)))
        .public_key(public)
        .serial_number(int.from_bytes(hashlib.sha256(repr(operand).encode()).digest()[:8], "big") | 1)
        .not_valid_before(datetime.fromtimestamp(kitchen.now + operand.get("from", -86_400), UTC))
        .not_valid_after(datetime.fromtimestamp(kitchen.now + operand.get("to", 86_400), UTC))
    )
    for extension, critical in _extensions(operand, public, signer):
        builder = builder.add_extension(extension, critical=critical)
    certificate = builder.sign(signer, hashes.SHA256(), ecdsa_deterministic=jose.DETERMINISTIC or None)
    der = certificate.public_bytes(serialization.Encoding.DER)
    return der[:-1] + bytes([der[-1] ^ 1]) if operand.get("signature_fault") else der


def _extensions(operand: Any, public: Any, signer: Any) -> list[tuple[x509.ExtensionType, bool]]:
    ca = operand.get("ca", False)
    usage = x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
    found: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=ca, path_length=0 if ca else None), True),
        (usage, True),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False),
        (
            x509.IssuerAlternativeName([x509.UniformResourceIdentifier("https://iaca.example/")]),
            False,
        ),
    ]
    if names := operand.get("dns"):
        found.append((x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False))
    if eku := operand.get("eku"):
        found.append((x509.ExtendedKeyUsage([ObjectIdentifier(each) for each in eku]), True))
    return found


def _jwe(kitchen: Kitchen, operand: Any) -> str:
    """A JWE in compact form: `header` (RSA-OAEP-256 and A128GCM), `plaintext`, `key`. Deterministic but for OAEP."""
    header, plaintext = jose.octets(kitchen.make(operand["header"])), kitchen.octets(operand["plaintext"])
    key = kitchen.key(operand["key"])
    if not isinstance(key, rsa.RSAPrivateKey):
        raise RecipeError("JWE is made for RSA keys alone")
    content_key = hashlib.sha256(b"content key of a test vector").digest()[:16]
    initialisation = hashlib.sha256(header + plaintext[:64]).digest()[:12]
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    wrapped = key.public_key().encrypt(content_key, oaep)
    head = jose.b64(header)
    sealed = AESGCM(content_key).encrypt(initialisation, plaintext, head.encode())
    parts = (wrapped, initialisation, sealed[:-16], sealed[-16:])
    return ".".join([head, *(jose.b64(part) for part in parts)])


OPERATORS: Mapping[str, Callable[[Kitchen, Any], Any]] = {"$certificate": _certificate, "$jwe": _jwe}
