"""Base45 (RFC 9285)."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}


def encode(data: bytes) -> str:
    """Two octets as three characters, a last single one as two."""
    out = []
    for start in range(0, len(data), 2):
        pair = data[start : start + 2]
        value = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            value, digit = divmod(value, 45)
            out.append(ALPHABET[digit])
    return "".join(out)


def decode(text: str) -> bytes:
    """The octets of a Base45 text.

    Raises:
        ValueError: another character, a length that cannot be, or a group beyond its range (RFC 9285 section 6).
    """
    if len(text) % 3 == 1:
        raise ValueError("a length that Base45 does not have")
    out = bytearray()
    for start in range(0, len(text), 3):
        group = text[start : start + 3]
        try:
            value = sum(_VALUES[character] * 45**place for place, character in enumerate(group))
        except KeyError:
            raise ValueError("a character that Base45 does not have") from None
        if value >= 256 ** (len(group) - 1):
            raise ValueError("a group beyond its range")
        out += value.to_bytes(len(group) - 1, "big")
    return bytes(out)
