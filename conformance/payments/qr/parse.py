"""Payloads to trees: strict, total, in linear time. No exception leaves `read`, and `parse` raises `QrError` alone."""

from __future__ import annotations

from typing import Final

import msgspec

from conformance.payments.qr.tlv import IDS, LENGTHS, DataObject, Defect, bad_head, level, overrun

MAX_CHARACTERS: Final = 7089
"""No QR code symbol holds more: version 40-L in numeric mode (ISO/IEC 18004)."""

MERCHANT_TEMPLATES: Final = frozenset(f"{i}" for i in range(26, 52))
"""Merchant account information templates (EMVCo 4.7.11); IDs 02 to 25 belong to card schemes and hold plain values."""

UNRESERVED_TEMPLATES: Final = frozenset(f"{i}" for i in range(80, 100))
"""EMVCo 4.11.1. Several national schemes put plain text there, so what does not parse in one spoils no payload."""

TEMPLATES: Final = MERCHANT_TEMPLATES | UNRESERVED_TEMPLATES | {"62", "64"}


class QrError(ValueError):
    """A payload that is not tag-length-value text, with the first defect of its reading."""

    def __init__(self, defect: Defect) -> None:
        where = f" in template {defect.path}" if defect.path else ""
        super().__init__(f"offset {defect.offset}{where}: {defect.detail}")
        self.defect = defect


class Reading(msgspec.Struct, frozen=True, gc=False):
    """A payload as read.

    text: the payload, cut after MAX_CHARACTERS. characters: how many it has. objects: all that could be read, in order.
    defects: what could not, in the order of their offsets; `fatal` says of one whether the payload is refused for it.
    """

    text: str
    characters: int
    objects: tuple[DataObject, ...] = ()
    defects: tuple[Defect, ...] = ()

    @property
    def fatal(self) -> tuple[Defect, ...]:
        """The defects for which the payload is refused."""
        return tuple(defect for defect in self.defects if is_fatal(defect)) if self.defects else ()


def is_fatal(defect: Defect) -> bool:
    """Whether a defect spoils the payload: anywhere but inside an unreserved template."""
    return defect.path.partition(".")[0] not in UNRESERVED_TEMPLATES


def read(payload: str | bytes) -> Reading:
    """The tree of a payload, as far as it can be read, and where it cannot.

    Args:
        payload: the text of the symbol, or its octets, which are read as UTF-8 (EMVCo 1.4.3).
    """
    if isinstance(payload, bytes):
        try:
            text = payload.decode("utf-8")
        except UnicodeDecodeError as error:
            return _not_utf8(payload, error.start)
    else:
        text = payload
    if len(text) > MAX_CHARACTERS:
        detail = f"{len(text):,} characters, more than the {MAX_CHARACTERS:,} that the largest symbol holds"
        return Reading(_sound(text[:MAX_CHARACTERS]), len(text), (), (Defect("size", MAX_CHARACTERS, "", detail),))
    if not text:
        return Reading("", 0, (), (Defect("empty", 0, "", "no character"),))
    if not text.isascii() and (lone := _lone_surrogate(text)) is not None:
        detail = f"U+{ord(text[lone]):04X}, half a surrogate pair, which UTF-8 cannot hold"
        return Reading(_sound(text), len(text), (), (Defect("encoding", lone, "", detail),))
    defects: list[Defect] = []
    objects = _root(text, defects)
    if not defects:
        return Reading(text, len(text), objects)
    defects.sort(key=lambda defect: defect.offset)
    return Reading(text, len(text), objects, tuple(defects))


def _root(text: str, defects: list[Defect]) -> tuple[DataObject, ...]:
    """The data objects of the root with what their templates hold: `level`, said again for the speed of it.

    What is wrong inside a template does not stop the root.
    """
    objects: list[DataObject] = []
    ids, lengths = IDS.get, LENGTHS.get
    start, end = 0, len(text)
    while start < end:
        begin = start + 4
        name, length = ids(text[start : start + 2]), lengths(text[start + 2 : begin])
        if name is None or length is None:
            defects.append(bad_head(text, start, end, ""))
            break
        stop = begin + length
        if stop > end:
            defects.append(overrun(start, name, length, end - begin, ""))
            break
        inner = level(text, begin, stop, name, defects) if name in TEMPLATES else ()
        objects.append(DataObject(name, start, text[begin:stop], inner))
        start = stop
    return tuple(objects)


def parse(payload: str | bytes) -> tuple[DataObject, ...]:
    """The data objects of a payload, at the root, in order.

    Raises:
        QrError: it is not tag-length-value text; nothing else is raised, whatever the payload.
    """
    reading = read(payload)
    if reading.fatal:
        raise QrError(reading.fatal[0])
    return reading.objects


def _not_utf8(payload: bytes, at: int) -> Reading:
    shown = payload[:MAX_CHARACTERS].decode("utf-8", "backslashreplace")
    detail = f"octet 0x{payload[at]:02x} at octet {at} is not UTF-8"
    return Reading(shown[:MAX_CHARACTERS], len(payload), (), (Defect("encoding", at, "", detail),))


def _lone_surrogate(text: str) -> int | None:
    """The offset of the first code point that UTF-8 cannot hold."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        return error.start
    return None


def _sound(text: str) -> str:
    """A text that can be stored: surrogates as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
