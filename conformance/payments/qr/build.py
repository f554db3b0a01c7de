"""Payloads from their parts: for the sandbox, the vectors and tests. It writes what it is told, right or wrong."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.payments.qr.crc import crc_of

Field = tuple[str, "str | tuple[Field, ...]"]
"""An ID and its value, or the fields that its template holds."""


def tlv(name: str, value: str | Iterable[Field]) -> str:
    """One data object; its length is the number of characters, whatever it comes to."""
    text = value if isinstance(value, str) else body(value)
    return f"{name}{len(text):02}{text}"


def body(fields: Iterable[Field]) -> str:
    """Data objects one behind the other."""
    return "".join(tlv(name, value) for name, value in fields)


def sealed(text: str) -> str:
    """A text with its CRC behind it."""
    covered = f"{text}6304"
    return covered + crc_of(covered)


def payload(fields: Iterable[Field]) -> str:
    """A payload from its fields, with its CRC."""
    return sealed(body(fields))


def changed(fields: Iterable[Field], *changes: Field, without: Iterable[str] = ()) -> tuple[Field, ...]:
    """Fields with some replaced in their place, or added in front of none, and some left out."""
    left = dict(changes)
    out = frozenset(without)
    kept = [(name, left.pop(name, value)) for name, value in fields if name not in out]
    return (*kept, *left.items())
