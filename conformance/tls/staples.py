"""A stapled OCSP response read against the leaf that it came with (RFC 6960, RFC 6066 section 8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID

from conformance.tls import der
from conformance.tls.certificate_facts import Parsed, Unreadable, extension, guarded, instant, read
from conformance.tls.evidence import Staple
from conformance.tls.trust import Refused, Signatures, verify_bytes

UNREADABLE = "unreadable"
MOST_ANSWERS, MOST_DELEGATES = 32, 4
PKCS1 = {
    SignatureAlgorithmOID.RSA_WITH_SHA1,
    SignatureAlgorithmOID.RSA_WITH_SHA224,
    SignatureAlgorithmOID.RSA_WITH_SHA256,
    SignatureAlgorithmOID.RSA_WITH_SHA384,
    SignatureAlgorithmOID.RSA_WITH_SHA512,
}


def read_staple(
    data: bytes, leaf: Parsed, issuers: Sequence[Parsed], signatures: Signatures, now: datetime
) -> tuple[Staple, list[bytes]]:
    """(what the response says about the leaf, the log ids of SCTs in it).

    `issuers`: every certificate at hand that may have issued the leaf; the one that did is found by its signature.
    A response that cannot be parsed has the status `unreadable`.
    """
    try:
        return guarded(lambda: staple_of(data, leaf, issuers, signatures, now))
    except Unreadable:
        return Staple(status=UNREADABLE), []


def staple_of(
    data: bytes, leaf: Parsed, issuers: Sequence[Parsed], signatures: Signatures, now: datetime
) -> tuple[Staple, list[bytes]]:
    """As `read_staple`, with the library's own exceptions."""
    response = ocsp.load_der_ocsp_response(data)
    status = response.response_status.name.lower()
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        return Staple(status=status), []
    issuer = next(
        (item for item in issuers if item.fields.subject == leaf.fields.issuer and signatures.verified(leaf, item)),
        None,
    )
    answers = list(islice(response.responses, MOST_ANSWERS))
    ours = [answer for answer in answers if names_leaf(answer, leaf, issuer)]
    answer = (ours or answers)[0]
    next_update = answer.next_update_utc
    return Staple(
        status=status,
        certificate_status=answer.certificate_status.name.lower(),
        matches=bool(ours),
        signature_verified=issuer is not None and signed_for(response, issuer, signatures, now),
        this_update=instant(answer.this_update_utc),
        next_update=instant(next_update) if next_update else "",
    ), stapled_logs(response)


def names_leaf(answer: ocsp.OCSPSingleResponse, leaf: Parsed, issuer: Parsed | None) -> bool:
    """Whether a single response's CertID is the leaf's: serial number, hash of issuer name and of issuer key."""
    algorithm = answer.hash_algorithm
    return (
        answer.serial_number == leaf.certificate.serial_number
        and answer.issuer_name_hash == digest(algorithm, leaf.fields.issuer)
        and (issuer is None or answer.issuer_key_hash == key_hash(algorithm, issuer))
    )


def digest(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    """The hash of the bytes."""
    context = hashes.Hash(algorithm)
    context.update(data)
    return context.finalize()


def key_hash(algorithm: hashes.HashAlgorithm, parsed: Parsed) -> bytes:
    """The hash of the key's BIT STRING content, as CertID and ResponderID take it (RFC 6960 section 4.1.1)."""
    return digest(algorithm, der.spki_parts(parsed.fields.spki)[2])


def signed_for(response: ocsp.OCSPResponse, issuer: Parsed, signatures: Signatures, now: datetime) -> bool:
    """Whether the issuer, or a delegate that it certified for OCSP signing, made the response (section 4.2.2.2)."""
    return any(
        is_responder(response, signer) and signed_by(response, signer)
        for signer in (issuer, *delegates(response, issuer, signatures, now))
    )


def delegates(response: ocsp.OCSPResponse, issuer: Parsed, signatures: Signatures, now: datetime) -> Iterable[Parsed]:
    """The certificates in the response that the issuer signed for the purpose OCSPSigning, valid now."""
    for certificate in response.certificates[:MOST_DELEGATES]:
        parsed = read(certificate.public_bytes(Encoding.DER))
        purposes = extension(parsed, x509.ExtendedKeyUsage) or ()
        if (
            ExtendedKeyUsageOID.OCSP_SIGNING in purposes
            and parsed.valid_at(now)
            and parsed.fields.issuer == issuer.fields.subject
            and signatures.verified(parsed, issuer)
        ):
            yield parsed


def is_responder(response: ocsp.OCSPResponse, signer: Parsed) -> bool:
    """Whether the ResponderID names the signer, by name or by SHA-1 of its key."""
    if response.responder_name is not None:
        return response.responder_name == signer.certificate.subject
    return response.responder_key_hash == key_hash(hashes.SHA1(), signer)  # noqa: S303 - an identifier, RFC 6960


def signed_by(response: ocsp.OCSPResponse, signer: Parsed) -> bool:
    """Whether the signer's key verifies the response."""
    parameters = padding.PKCS1v15() if response.signature_algorithm_oid in PKCS1 else None
    hash_algorithm = response.signature_hash_algorithm
    ecdsa = ec.ECDSA(hash_algorithm) if parameters is None and hash_algorithm else None
    try:
        verify_bytes(signer, response.signature, response.tbs_response_bytes, hash_algorithm, parameters or ecdsa)
    except (InvalidSignature, Refused):
        return False
    return True


def stapled_logs(response: ocsp.OCSPResponse) -> list[bytes]:
    """The log ids of the SCTs in the response's single extensions (RFC 6962 section 3.3)."""
    try:
        timestamps = response.single_extensions.get_extension_for_class(x509.SignedCertificateTimestamps).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    return [timestamp.log_id for timestamp in timestamps]
