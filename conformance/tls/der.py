"""Just enough DER (X.690 section 10) to find names and keys in a certificate without interpreting them.

`cryptography` refuses what it does not know: an even RSA exponent, a curve by explicit parameters. Those are facts
that a conformance suite must still be able to state, so the few fields they live in are read here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

INTEGER, BIT_STRING, OBJECT_IDENTIFIER, SEQUENCE, VERSION = 0x02, 0x03, 0x06, 0x30, 0xA0


class DerError(ValueError):
    """Bytes that are no DER, or not the structure that was expected."""


@dataclass(frozen=True, slots=True)
class Element:
    """One tag-length-value: the tag's first byte, the content, and the whole with its header."""

    tag: int
    content: bytes
    whole: bytes


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a TBSCertificate (RFC 5280 section 4.1) that are compared byte by byte, each with its header."""

    serial: bytes
    issuer: bytes
    subject: bytes
    spki: bytes


def elements(data: bytes) -> Iterator[Element]:
    """The elements that `data` is made of, one after the other.

    Raises:
        DerError: a length that runs past the end, or one longer than four bytes.
    """
    at = 0
    while at < len(data):
        start, tag = at, data[at]
        if at + 2 > len(data):
            raise DerError("an element without a length")
        length, at = data[at + 1], at + 2
        if length & 0x80:
            count = length & 0x7F
            if not 1 <= count <= 4 or at + count > len(data):
                raise DerError("a length that is not definite or too long")
            length, at = int.from_bytes(data[at : at + count], "big"), at + count
        if at + length > len(data):
            raise DerError("an element that runs past the end")
        yield Element(tag, data[at : at + length], data[start : at + length])
        at += length


def only(data: bytes, tag: int) -> Element:
    """The one element that `data` must be.

    Raises:
        DerError: none, another tag, or something after it.
    """
    found = tuple(elements(data))
    if len(found) != 1 or found[0].tag != tag:
        raise DerError(f"expected one element with tag 0x{tag:02x}")
    return found[0]


def certificate_fields(der: bytes) -> Fields:
    """The fields of a DER certificate.

    Raises:
        DerError: the outer structure is not that of a certificate.
    """
    body = tuple(elements(only(der, SEQUENCE).content))
    if len(body) != 3 or body[0].tag != SEQUENCE:
        raise DerError("not a Certificate of three fields")
    tbs = list(elements(body[0].content))
    if tbs and tbs[0].tag == VERSION:
        del tbs[0]
    if len(tbs) < 6:
        raise DerError("a TBSCertificate that lacks fields")
    serial, _signature, issuer, _validity, subject, spki = tbs[:6]
    return Fields(serial.content, issuer.whole, subject.whole, spki.whole)


def spki_parts(spki: bytes) -> tuple[bytes, bytes, bytes]:
    """(algorithm OID content, parameters with header, key bytes) of a SubjectPublicKeyInfo.

    Raises:
        DerError: not a SubjectPublicKeyInfo.
    """
    parts = tuple(elements(only(spki, SEQUENCE).content))
    if len(parts) != 2 or parts[0].tag != SEQUENCE or parts[1].tag != BIT_STRING or not parts[1].content:
        raise DerError("not a SubjectPublicKeyInfo")
    algorithm = tuple(elements(parts[0].content))
    if not algorithm or algorithm[0].tag != OBJECT_IDENTIFIER:
        raise DerError("a key without an algorithm")
    return algorithm[0].content, b"".join(item.whole for item in algorithm[1:]), parts[1].content[1:]


def rsa_numbers(key: bytes) -> tuple[int, int]:
    """(modulus, exponent) of an RSAPublicKey (RFC 8017 appendix A.1.1).

    Raises:
        DerError: not two positive integers.
    """
    parts = tuple(elements(only(key, SEQUENCE).content))
    if len(parts) != 2 or any(part.tag != INTEGER or not part.content for part in parts):
        raise DerError("not an RSAPublicKey")
    modulus, exponent = (int.from_bytes(part.content, "big", signed=True) for part in parts)
    if modulus <= 0 or exponent <= 0:
        raise DerError("an RSAPublicKey with a number that is not positive")
    return modulus, exponent


def dotted(content: bytes) -> str:
    """An OBJECT IDENTIFIER's content as `1.2.840...`; at most 32 arcs are spelled.

    Raises:
        DerError: an arc that does not end.
    """
    if not content or content[-1] & 0x80:
        raise DerError("an object identifier that does not end")
    arcs: list[int] = []
    value = 0
    for byte in content[:64]:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:32]))
