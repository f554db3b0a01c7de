"""The CRC of a payload (EMVCo 4.7.3), and the wrong ways of computing it that are in use.

CRC-16 with polynomial 0x1021, initial value 0xFFFF, nothing reflected, no final XOR, over the UTF-8 octets up to and
including `6304`. Its check value for `123456789` is 29B1. CPython has it as `binascii.crc_hqx`.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Callable, Mapping

from conformance.payments.qr.tlv import DataObject

INITIAL = 0xFFFF


def crc16(octets: bytes) -> int:
    """CRC-16/CCITT-FALSE of octets."""
    return crc_hqx(octets, INITIAL)


def crc_of(text: str) -> str:
    """The four digits that belong behind a text that ends with `6304`."""
    return f"{crc_hqx(text.encode('utf-8'), INITIAL):04X}"


def covered(text: str, checksum: DataObject) -> str:
    """The part of a payload that its CRC object covers: all before its value."""
    return text[: checksum.offset + 4]


def _units(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")[::2]


WAYS: Mapping[str, Callable[[str], int]] = {
    "over Latin-1": lambda text: crc16(text.encode("latin-1", "replace")),
    "over code points & 0xFF": lambda text: crc16(bytes(ord(each) & 0xFF for each in text)),
    "over UTF-16 units & 0xFF": lambda text: crc16(_units(text)),
    "without the trailing 6304": lambda text: crc16(text.removesuffix("6304").encode("utf-8")),
    "with the initial value 0000": lambda text: crc_hqx(text.encode("utf-8"), 0),
}
"""A wrong way -> what it computes over the text up to and including `6304`."""


def way_of(text: str, digits: str) -> str:
    """How a wrong CRC was computed, where it is one of the known ways; empty otherwise.

    Args:
        text: the payload up to and including `6304`.
        digits: the CRC that it has.
    """
    right = crc_of(text)
    if digits == right.lstrip("0") and digits != right:
        return "without leading zeros"
    for name, compute in WAYS.items():
        if digits.upper() == f"{compute(text):04X}" != right:
            return name
    return ""
