"""The sandbox's verifier: short chains of certificates (RFC 5280 section 6, as far as credentials need it)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature


def issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the certificate carries the issuer's name and its signature."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def self_signed(certificate: x509.Certificate) -> bool:
    """Whether a certificate is signed by its own key."""
    return issued_by(certificate, certificate)


def in_date(certificate: x509.Certificate, moment: datetime) -> bool:
    """Whether a moment lies in the certificate's validity."""
    return certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc


def is_ca(certificate: x509.Certificate) -> bool:
    """Whether basic constraints say that it is a CA."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def trusted(chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], moment: datetime) -> bool:
    """Whether the chain, leaf first, leads to one of the roots, every certificate in date, every issuer a CA."""
    if not all(in_date(each, moment) for each in chain):
        return False
    for certificate, issuer in itertools.pairwise(chain):
        if not issued_by(certificate, issuer) or not is_ca(issuer):
            return False
    return any(in_date(root, moment) and is_ca(root) and issued_by(chain[-1], root) for root in roots)
