"""EMVCo's rules on the payload as a whole: its syntax, order, checksum and presence; one small function each.

Every function takes the facts of a payload and returns what it finds; most return at the first comparison. Sections are
of EMV QRCPS MPM v1.1.
"""

from __future__ import annotations

import re

from conformance.payments.qr.crc import crc_of, way_of
from conformance.payments.qr.facts import Facts
from conformance.payments.qr.findings import NONE, Finding, Found
from conformance.payments.qr.tlv import HEAD_CHARACTERS, DataObject

UPPER_HEX = re.compile(r"[0-9A-F]{4}").fullmatch
RESERVED_IDS = frozenset(f"{i}" for i in range(65, 80))
MANDATORY = frozenset({"52", "53", "58", "59", "60"})
ABSENT = {name: (f"mandatory:{name}", f"no ID {name}", f"ID {name}") for name in sorted(MANDATORY)}
"""Mandatory ID -> the key of its allowance, the message and what is expected."""

ACCOUNTS = frozenset(f"{i:02}" for i in range(2, 52))
SHOULD_CHARACTERS = 512


def syntax(facts: Facts) -> Found:
    """3.2, 4.4.1: the payload is tag-length-value text throughout."""
    if not facts.reading.defects:
        return NONE
    end = _end_of_checksum(facts)
    return tuple(
        Finding(each.kind, each.path, each.offset, each.detail, "tag-length-value text")
        for each in facts.reading.fatal
        if end is None or each.offset < end
    )


def _end_of_checksum(facts: Facts) -> int | None:
    """Where the CRC ends: what stands behind it is the business of `last`, whatever it is."""
    found = facts.root.get("63")
    return found.offset + 4 + len(found.value) if found else None


def duplicate(facts: Facts) -> Found:
    """4.3.1.2: an ID stands once at the root and once in each template."""
    objects = facts.reading.objects
    found = NONE if len(facts.root) == len(objects) else _repeated(objects, "")
    for each in facts.templates:
        before = ""
        for one in each.objects:
            if one.id <= before:  # not ascending, so maybe twice
                found = (*found, *_repeated(each.objects, f"{each.id}."))
                break
            before = one.id
    return found


def _repeated(objects: tuple[DataObject, ...], path: str) -> Found:
    seen: set[str] = set()
    found = []
    for each in objects:
        if each.id in seen:
            message = f"ID {path}{each.id} is repeated"
            found.append(Finding("duplicate", path + each.id, each.offset, message, "each ID once", each.value))
        seen.add(each.id)
    return tuple(found)


def first(facts: Facts) -> Found:
    """4.6.1.1, 4.7.1.1: ID 00 stands first and says 01."""
    objects = facts.reading.objects
    if objects and objects[0].id == "00":
        return NONE if objects[0].value == "01" else facts.at("format-indicator", "00", _indicator(facts), "01")
    seen = objects[0].id if objects else "nothing"
    return (Finding("first", "00", 0, f"{seen} stands first", "ID 00 first", seen),)


def _indicator(facts: Facts) -> str:
    if facts.value("51") == "TH" and "91" in facts.root:
        return "a transfer slip's code, which is no payable code"
    return "another payload format indicator"


def last(facts: Facts) -> Found:
    """4.6.1.2: ID 63 stands last, with nothing behind it."""
    checksum = facts.root.get("63")
    if checksum is None:
        return NONE
    end, text = checksum.offset + 4 + len(checksum.value), facts.reading.text
    if end == len(text):
        return NONE
    behind = text[end : end + 40]
    return (Finding("last", "63", end, "data stand behind the CRC", "ID 63 last", behind),)


def checksum(facts: Facts) -> Found:
    """4.7.3: four upper-case hexadecimal digits that match the octets up to and including `6304`."""
    found = facts.root.get("63")
    if found is None:
        return (Finding("crc-absent", "63", len(facts.reading.text), "no CRC", "6304 and four digits at the end"),)
    text, digits = facts.reading.text[: found.offset + HEAD_CHARACTERS], found.value
    right = crc_of(text)
    if digits == right:
        return NONE
    if digits.upper() == right:
        return facts.at("crc-form", "63", "the CRC has lower-case digits", right)
    if not UPPER_HEX(digits):
        how = way_of(text, digits)
        return facts.at("crc-form", "63", f"the CRC is no four upper-case digits{how and f': {how}'}", right)
    how = way_of(text, digits)
    wrong = facts.at("crc-value", "63", f"the CRC does not match{how and f': it is computed {how}'}", right)
    if text.isascii():
        return wrong
    message = f"the CRC is not over the UTF-8 octets{how and f' but {how}'}"
    return (*wrong, *facts.at("crc-octets", "63", message, right))


def reserved(facts: Facts) -> Found:
    """4.5.4: no ID is used that is reserved for future use."""
    if RESERVED_IDS.isdisjoint(facts.root):
        return NONE
    found: list[Finding] = []
    for name in sorted(RESERVED_IDS & facts.root.keys()):
        found += facts.at("reserved-id", name, f"ID {name} is reserved for future use", "an ID of table 3.6")
    return tuple(found)


def mandatory(facts: Facts) -> Found:
    """4.2.1.1: 52, 53, 58, 59, 60 and one of 02 to 51 are there."""
    root = facts.root
    if root.keys() >= MANDATORY and not ACCOUNTS.isdisjoint(root):
        return NONE
    found: list[Finding] = []
    end, allowed = len(facts.reading.text), facts.allowed
    for name, (key, message, expected) in ABSENT.items():
        if name not in root:
            found.append(Finding("mandatory", name, end, message, expected, "", allowed.get(key, "")))
    if ACCOUNTS.isdisjoint(root):
        found += facts.at("account", "02", "no merchant account", "one of the IDs 02 to 51")
    return tuple(found)


def size(facts: Facts) -> Found:
    """4.1: no more than 512 characters."""
    if facts.reading.characters <= SHOULD_CHARACTERS:
        return NONE
    message = f"{facts.reading.characters:,} characters"
    return (Finding("long", "", SHOULD_CHARACTERS, message, f"at most {SHOULD_CHARACTERS}"),)
