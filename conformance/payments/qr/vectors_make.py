"""How cases are made: what both halves of the generator share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from conformance.payments.qr.build import Field, body, payload
from conformance.payments.qr.cases import Case
from conformance.payments.qr.crc import WAYS, crc_of
from conformance.payments.qr.vectors_bases import NOW

STRUCTURE = ("structure", "crc", "missing", "invalid")
"""A text that is cut wrongly shows in more than one way."""

CRC = ("crc", "invalid")
VALUE = ("value", "invalid")


def flat(fields: Iterable[Field], path: str = "") -> dict[str, str]:
    """What is to be extracted: path -> value, of plain values alone."""
    found: dict[str, str] = {}
    for name, value in fields:
        where = f"{path}.{name}" if path else name
        if isinstance(value, str):
            found[where] = value
        else:
            found |= flat(value, where)
    return found


def wanted(fields: Iterable[Field]) -> dict[str, str]:
    """What of it is compared: neither the CRC nor sub-IDs of a third level, which few readers open."""
    return {path: value for path, value in flat(fields).items() if path.count(".") < 2}


def ascending(fields: Iterable[Field]) -> tuple[Field, ...]:
    """The fields by their IDs, so that readers who want that fail the cases that are about order, and no others."""
    return tuple(sorted(fields, key=lambda each: each[0]))


def steady(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """The fields, with a terminal label where needed, such that the CRC has no leading zero.

    A reader that drops leading zeros then fails the cases that are about them, and no others.
    """
    label = 0
    made = fields
    while payload(made)[-4] == "0":
        label += 1
        terminal: Field = ("62", (*_inner(fields), ("07", f"T{label:03}")))
        made = tuple(terminal if each[0] == "62" else each for each in fields)
        made = made if terminal in made else (*fields[:-1], *ascending((fields[-1], terminal)))
    return made


def _inner(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    found = dict(fields).get("62", ())
    return () if isinstance(found, str) else tuple(each for each in found if each[0] != "07")


def searched(fields: tuple[Field, ...], start: str = "", letter: bool = False) -> tuple[Field, ...]:  # noqa: FBT001, FBT002
    """The fields with a terminal label such that the CRC begins with `start`, or has a letter."""
    others = tuple(each for each in fields if each[0] != "62")
    for label in range(1_000_000):
        made = ascending((*others, ("62", (("07", f"T{label:06}"),))))
        digits = payload(made)[-4:]
        if digits.startswith(start) and (not letter or not digits.isdigit()):
            return made
    raise ValueError(f"no label gives a CRC that begins with {start}")


def by(way: str, fields: Iterable[Field]) -> str:
    """A payload whose CRC is computed in a wrong way.

    Raises:
        ValueError: it comes out right.
    """
    text = f"{body(fields)}6304"
    digits = f"{WAYS[way](text):04X}"
    if digits == crc_of(text):
        raise ValueError(f"the CRC {way} is the right one")
    return text + digits


def accepted(name: str, group: str, scheme: str, fields: tuple[Field, ...], notes: str, **more: Any) -> Case:
    """A case that is to be accepted, with what is to be extracted."""
    as_is = more.pop("as_is", False)
    made = fields if as_is else steady(fields if group == "order" else ascending(fields))
    operation: Literal["qr.parse", "qr.validate"] = more.pop("operation", "qr.parse")
    now = NOW if operation == "qr.validate" else ""
    text = more.pop("text", None) or payload(made)
    return Case(name, group, scheme, operation, text, "output", notes, fields=wanted(made), now=now, **more)


def refused(  # noqa: PLR0917 - a table of cases, one a line
    name: str, group: str, scheme: str, text: str, notes: str, control: str, **more: Any
) -> Case:
    """A case that is to be refused; `control` is the sound one beside it."""
    operation: Literal["qr.parse", "qr.validate"] = more.pop("operation", "qr.parse")
    now = more.pop("now", NOW if operation == "qr.validate" else "")
    return Case(name, group, scheme, operation, text, "rejected", notes, control=control, now=now, **more)
