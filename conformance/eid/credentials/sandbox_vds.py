"""The sandbox's verifier: visible digital seals (ICAO Doc 9303-13, as worked examples of BSI TR-03137 show them)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from conformance.eid.credentials.checks import Checks, Refused, read_b64
from conformance.eid.credentials.sandbox_x509 import trusted
from conformance.wire import jose

MAGIC, SIGNATURE = 0xDC, 0xFF
FIXED, VARIABLE = 0x02, 0x03
"""Versions 3 and 4: certificate references of five characters, and of a length that is written before them."""

C40 = " 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""The characters of the values 3 to 39; `<` of a machine readable zone is written as the space."""

ALGORITHMS = {"P-256": "ES256", "P-384": "ES384"}


@dataclass(slots=True)
class Octets:
    """Octets that are read from the left."""

    rest: bytes

    def take(self, count: int) -> bytes:
        """So many of them; refuses where there are fewer."""
        if len(self.rest) < count:
            raise Refused("malformed")
        found, self.rest = self.rest[:count], self.rest[count:]
        return found

    def length(self) -> int:
        """A length as DER has it, in at most two octets after the first."""
        first = self.take(1)[0]
        if first < 0x80:
            return first
        if first not in (0x81, 0x82):
            raise Refused("malformed")
        return int.from_bytes(self.take(first & 0x7F), "big")


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal taken apart. signer: the four characters of its identifier. signed: header and message zone.

    head: how many octets of these are the header.
    """

    country: str
    signer: str
    reference: str
    features: Mapping[str, bytes]
    signed: bytes
    head: int
    signature: bytes


def vds_verify(checks: Checks, given: Mapping[str, Any]) -> dict[str, Any]:
    """`vds.verify`: seal, signers (a certificate by signer identifier and reference), roots, now."""
    seal = parsed(checks, read_b64(given["seal"]))
    certificate = signer_of(checks, seal, given)
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or jose.curve_name(key) not in ALGORITHMS:
        raise Refused("key")
    right = verified(checks, seal, ALGORITHMS[jose.curve_name(key)], key)
    checks.must("vds-signature", right, "signature")
    shown = {tag: jose.b64(value) for tag, value in seal.features.items()}
    return {"country": seal.country, "signer": seal.signer, "reference": seal.reference, "features": shown}


def verified(checks: Checks, seal: Seal, alg: str, key: Any) -> bool:
    """Whether the signature is one over header and message zone, r and s one after the other."""
    if jose.verify(alg, key, seal.signed, seal.signature):
        return True
    return checks.lacks("vds-header") and jose.verify(alg, key, seal.signed[seal.head :], seal.signature)


def signer_of(checks: Checks, seal: Seal, given: Mapping[str, Any]) -> x509.Certificate:
    """The certificate that the header refers to, from the list, in date and leading to a root."""
    listed = given["signers"]
    name = f"{seal.signer}{seal.reference.lstrip('0')}"
    if name not in listed:
        checks.must("vds-listed", holds=False, code="issuer")
        name = next(iter(listed))
    try:
        certificate = x509.load_der_x509_certificate(read_b64(listed[name]))
        roots = [x509.load_der_x509_certificate(read_b64(each)) for each in given["roots"]]
    except ValueError:
        raise Refused("trust") from None
    now = datetime.fromtimestamp(given["now"], UTC)
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    checks.must("vds-date", begin <= now <= end, "time")
    moment = begin if checks.lacks("vds-date") else now
    checks.must("vds-chain", trusted([certificate], roots, moment), "trust")
    return certificate


def parsed(checks: Checks, octets: bytes) -> Seal:
    """The parts of a seal (Doc 9303-13 section 2.2)."""
    given = Octets(octets)
    if given.take(1)[0] != MAGIC:
        raise Refused("malformed")
    version = given.take(1)[0]
    checks.must("vds-version", version in (FIXED, VARIABLE), "malformed")
    country = c40(given.take(2))
    signer, reference = fixed(given) if version == FIXED else variable(given)
    given.take(3 + 3 + 1 + 1)  # dates of issue and of signing, feature definition, document type
    head = len(octets) - len(given.rest)
    features: dict[str, bytes] = {}
    for tag, value in zone(given):
        if tag == SIGNATURE:
            checks.must("vds-trailing", not given.rest, "malformed")
            signed = octets[: len(octets) - len(given.rest) - len(value) - 2]
            return Seal(country, signer, reference, features, signed, head, value)
        features[f"{tag:02x}"] = value
    raise Refused("signature")


def zone(given: Octets) -> Iterator[tuple[int, bytes]]:
    """Features and, last, the signature: a tag, a length and a value each."""
    while given.rest:
        tag = given.take(1)[0]
        if tag == SIGNATURE and given.rest[:1] > b"\x7f":
            raise Refused("malformed")  # no curve that is allowed here has a signature so long
        yield tag, given.take(given.length())


def fixed(given: Octets) -> tuple[str, str]:
    """Version 3: four characters of a signer and five of a reference."""
    text = c40(given.take(6))
    return text[:4], text[4:]


def variable(given: Octets) -> tuple[str, str]:
    """Version 4: four characters, two hexadecimal digits for the length, and so many characters."""
    text = c40(given.take(4))
    try:
        length = int(text[4:6], 16)
    except ValueError:
        raise Refused("malformed") from None
    text += c40(given.take(-(-length // 3) * 2))
    return text[:4], text[6 : 6 + length]


def c40(octets: bytes) -> str:
    """Characters, three in two octets; a value of 0 at the end fills up (ISO/IEC 16022, as Doc 9303-13 uses it)."""
    found = []
    for at in range(0, len(octets), 2):
        value = int.from_bytes(octets[at : at + 2], "big") - 1
        if octets[at] == 0xFE:  # one character alone, in ASCII
            found.append(chr(octets[at + 1] - 1))
            continue
        for place in (1600, 40, 1):
            part = value // place % 40
            if part >= 3:
                found.append(C40[part - 3])
    return "".join(found)
