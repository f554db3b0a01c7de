"""The sandbox's verifier: mdoc (ISO/IEC 18013-5) with a device signature."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conformance.eid.credentials.checks import Checks, Refused, read_b64
from conformance.eid.credentials.sandbox_cose import Sign1, algorithm, check_sign1, read_cbor, sign1
from conformance.eid.credentials.sandbox_x509 import is_ca, self_signed, trusted
from conformance.wire import jose

SIGNER = x509.ObjectIdentifier("1.0.18013.5.1.2")
ALLOWED = frozenset({"ES256", "ES384", "ES512", "EdDSA"})
CURVES: Mapping[Any, ec.EllipticCurve] = {1: ec.SECP256R1(), 2: ec.SECP384R1(), 3: ec.SECP521R1()}


def mdoc_verify(checks: Checks, given: Mapping[str, Any]) -> dict[str, Any]:
    """`mdoc.verify`: device_response, session_transcript, roots, doc_type, now."""
    response = as_map(read_cbor(read_b64(given["device_response"]), more=checks.lacks("mdoc-trailing")))
    documents = response.get("documents")
    if not isinstance(documents, list) or len(documents) != 1:
        raise Refused("malformed")
    document = as_map(documents[0])
    signed = as_map(document.get("issuerSigned"))
    auth = sign1(signed.get("issuerAuth"))
    moment = datetime.fromtimestamp(given["now"], UTC)
    certificate = signer(checks, auth, given, moment)
    alg = algorithm(checks, "mdoc", auth, ALLOWED)
    empty = checks.lacks("mdoc-empty-signature") and not auth.signature
    if auth.payload is None or not (empty or check_sign1(alg, certificate.public_key(), auth, auth.payload)):
        raise Refused("signature")
    security = as_map(embedded(read_cbor(auth.payload)))
    check_validity(checks, security, certificate, moment)
    check_types(checks, security, document, given)
    elements = check_items(checks, signed, security)
    check_device(checks, document, security, given)
    return {"doc_type": document["docType"], "elements": elements}


def as_map(value: Any) -> Mapping[Any, Any]:
    """A CBOR map."""
    if not isinstance(value, Mapping):
        raise Refused("malformed")
    return value


def embedded(value: Any) -> Any:
    """The item that a tag 24 holds."""
    if not isinstance(value, cbor2.CBORTag) or value.tag != 24:
        raise Refused("malformed")
    return read_cbor(value.value)


def signer(checks: Checks, auth: Sign1, given: Mapping[str, Any], moment: datetime) -> x509.Certificate:
    """The document signer's certificate, if it leads to a listed root and is one (annex B)."""
    chain = auth.unprotected.get(33)
    listed = chain if isinstance(chain, list | tuple) else [chain]
    octets = [each for each in listed if isinstance(each, bytes)]
    if not octets or len(octets) < len(listed):
        raise Refused("trust")
    try:
        certificates = [x509.load_der_x509_certificate(each) for each in octets]
        roots = [x509.load_der_x509_certificate(read_b64(each)) for each in given["roots"]]
    except (ValueError, TypeError):
        raise Refused("trust") from None
    if not checks.lacks("mdoc-chain"):
        if self_signed(certificates[0]) or not trusted(certificates, roots, moment):
            raise Refused("trust")
        checks.must("mdoc-usage", not is_ca(certificates[0]) and signs_documents(certificates[0]), "trust")
        checks.must("mdoc-country", all(country(root) == country(certificates[0]) for root in roots), "trust")
    return certificates[0]


def signs_documents(certificate: x509.Certificate) -> bool:
    """Whether the extended key usage is that of a document signer (annex B.1.4)."""
    try:
        return SIGNER in certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return False


def country(certificate: x509.Certificate) -> list[str | bytes]:
    """The countries of a certificate's subject."""
    return [each.value for each in certificate.subject.get_attributes_for_oid(NameOID.COUNTRY_NAME)]


def check_validity(
    checks: Checks, security: Mapping[Any, Any], certificate: x509.Certificate, moment: datetime
) -> None:
    """`validityInfo`: signed, validFrom and validUntil, each a tagged date."""
    if checks.lacks("mdoc-validity"):
        return
    info = security.get("validityInfo")
    if not isinstance(info, Mapping):
        raise Refused("time")
    signed, begin, end = (read_date(info.get(name)) for name in ("signed", "validFrom", "validUntil"))
    if not signed <= moment or not begin <= moment <= end:
        raise Refused("time")
    if not certificate.not_valid_before_utc <= signed <= certificate.not_valid_after_utc:
        raise Refused("time")


def read_date(value: Any) -> datetime:
    """A tdate (RFC 8949 section 3.4.1), in UTC."""
    if not isinstance(value, cbor2.CBORTag) or value.tag != 0 or not isinstance(value.value, str):
        raise Refused("time")
    try:
        return datetime.strptime(value.value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Refused("time") from None


def check_types(
    checks: Checks, security: Mapping[Any, Any], document: Mapping[Any, Any], given: Mapping[str, Any]
) -> None:
    """The document's type is that of the security object and the one that was asked for."""
    same = security.get("docType") == document.get("docType") == given["doc_type"]
    checks.must("mdoc-type", same, "type")


def check_items(checks: Checks, signed: Mapping[Any, Any], security: Mapping[Any, Any]) -> dict[str, dict[str, Any]]:
    """The elements whose digests were signed."""
    if security.get("digestAlgorithm") != "SHA-256":
        checks.must("mdoc-hash", holds=False, code="algorithm")
    digests = as_map(security.get("valueDigests"))
    elements: dict[str, dict[str, Any]] = {}
    for space, items in as_map(signed.get("nameSpaces")).items():
        listed = digests.get(space, {})
        for item in items:
            entry = as_map(embedded(item))
            digest = hashlib.sha256(cbor2.dumps(item)).digest()
            checks.must("mdoc-digest", as_map(listed).get(entry.get("digestID")) == digest, "digest")
            elements.setdefault(space, {})[entry.get("elementIdentifier", "")] = plain(entry.get("elementValue"))
    return elements


def plain(value: Any) -> Any:
    """A CBOR value as JSON shows it."""
    if isinstance(value, cbor2.CBORTag):
        return plain(value.value)
    return jose.b64(value) if isinstance(value, bytes) else value


def check_device(
    checks: Checks, document: Mapping[Any, Any], security: Mapping[Any, Any], given: Mapping[str, Any]
) -> None:
    """The device's signature over this session (section 9.1.3)."""
    if checks.lacks("mdoc-device"):
        return
    signed = document.get("deviceSigned")
    if not isinstance(signed, Mapping) or not isinstance(auth := signed.get("deviceAuth"), Mapping):
        raise Refused("device")
    if "deviceSignature" not in auth:
        raise Refused("device")
    message = sign1(auth["deviceSignature"])
    alg = algorithm(checks, "mdoc-device", message, ALLOWED)
    info = security.get("deviceKeyInfo")
    key = device_key(info.get("deviceKey") if isinstance(info, Mapping) else None)
    session = read_cbor(read_b64(given["session_transcript"]))
    text = ["DeviceAuthentication", session, document.get("docType"), signed.get("nameSpaces")]
    payload = cbor2.dumps(cbor2.CBORTag(24, cbor2.dumps(text)))
    if message.payload is not None or not check_sign1(alg, key, message, payload):
        raise Refused("device")


def device_key(value: Any) -> ec.EllipticCurvePublicKey:
    """The device's public key (RFC 9053 section 7.1.1)."""
    try:
        curve = CURVES[value[-1]]
        x, y = (int.from_bytes(value[name], "big") for name in (-2, -3))
        return ec.EllipticCurvePublicNumbers(x, y, curve).public_key()
    except (KeyError, TypeError, ValueError):
        raise Refused("device") from None
