"""EMVCo's own rules on the payload as a whole and on its root objects: one small function each.

Every function takes the facts of a payload and returns what it finds; most return at the first comparison. Sections are
of EMV QRCPS MPM v1.1.
"""

from __future__ import annotations

import re
import unicodedata

from conformance.payments.qr.codes import COUNTRIES, CURRENCY_DECIMALS, SANDBOX_COUNTRIES, TEST_CURRENCY
from conformance.payments.qr.crc import covered, crc_of, way_of
from conformance.payments.qr.facts import Facts
from conformance.payments.qr.findings import NONE, Finding, Found
from conformance.payments.qr.tlv import DataObject

AMOUNT = re.compile(r"[0-9]{1,13}(?:\.[0-9]*)?", re.ASCII).fullmatch
PERCENT = re.compile(r"[0-9]{1,2}(?:\.[0-9]{1,2})?", re.ASCII).fullmatch
UPPER_HEX = re.compile(r"[0-9A-F]{4}").fullmatch
UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]").search
RESERVED_IDS = frozenset(f"{i}" for i in range(65, 80))
MANDATORY = frozenset({"52", "53", "58", "59", "60"})
ACCOUNTS = frozenset(f"{i:02}" for i in range(2, 52))
LONGEST = (("57", 5), ("59", 25), ("60", 15), ("61", 10))
CATEGORY = re.compile(r"[0-9]{4}", re.ASCII).fullmatch
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
    for each in objects:
        if (inner := each.objects) and len({one.id for one in inner}) != len(inner):
            found = (*found, *_repeated(inner, f"{each.id}."))
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
    text, digits = covered(facts.reading.text, found), found.value
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


def initiation(facts: Facts) -> Found:
    """4.7.2: 11 for a code shown many times, 12 for one shown once, which a code with an amount should be."""
    value = facts.value("01")
    if value not in ("", "11", "12"):
        return facts.at("initiation", "01", "another point of initiation", "11 or 12")
    if value != "12" and "54" in facts.root:
        return facts.at("initiation-amount", "01", "a code with an amount is not marked as dynamic", "12")
    return NONE


def amount(facts: Facts) -> Found:
    """4.7.4: digits with at most one point, at most 13 characters, above zero."""
    found = facts.root.get("54")
    if found is None:
        return NONE
    value = found.value
    if len(value) <= 13 and AMOUNT(value) and value.strip("0.") != "":
        return NONE
    return facts.at("amount", "54", "no amount", "digits and at most one point, at most 13 characters, above zero")


def currency(facts: Facts) -> Found:
    """4.7.5.1: the ISO 4217 numeric code of a currency."""
    value = facts.value("53")
    if value in CURRENCY_DECIMALS or "53" not in facts.root or (facts.sandbox and value == TEST_CURRENCY):
        return NONE
    return facts.at("currency", "53", "no numeric code of a currency", "three digits of ISO 4217")


def country(facts: Facts) -> Found:
    """Table 3.6: ISO 3166-1 alpha-2, so neither RP, RI nor RC."""
    value = facts.value("58")
    if value in COUNTRIES or "58" not in facts.root or (facts.sandbox and value in SANDBOX_COUNTRIES):
        return NONE
    return facts.at("country", "58", "no code of a country", "two upper-case letters of ISO 3166-1")


def tip(facts: Facts) -> Found:
    """4.7.6 to 4.7.8: 55 is 01, 02 or 03; 56 stands with 02 alone and is above zero, 57 with 03 alone."""
    root = facts.root
    if "55" not in root and "56" not in root and "57" not in root:
        return NONE
    indicator = facts.value("55")
    found: list[Finding] = []
    if "55" in root and indicator not in ("01", "02", "03"):
        found += facts.at("tip", "55", "another tip indicator", "01, 02 or 03")
    for name, wanted in (("56", "02"), ("57", "03")):
        if (indicator == wanted) != (name in root):
            state = "is there" if name in root else "is absent"
            found += facts.at(
                "tip", name, f"ID {name} {state} where ID 55 is {indicator or 'absent'}", f"with {wanted}"
            )
    fixed, percent = facts.value("56"), facts.value("57")
    if fixed and not (len(fixed) <= 13 and AMOUNT(fixed) and fixed.strip("0.")):
        found += facts.at("tip", "56", "no fixed fee", "an amount above zero")
    if percent and not (PERCENT(percent) and percent.strip("0.")):
        found += facts.at("tip", "57", "no percentage", "00.01 to 99.99, without a percent sign")
    return tuple(found)


def mandatory(facts: Facts) -> Found:
    """4.2.1.1: 52, 53, 58, 59, 60 and one of 02 to 51 are there."""
    root = facts.root
    if root.keys() >= MANDATORY and not ACCOUNTS.isdisjoint(root):
        return NONE
    found: list[Finding] = []
    for name in sorted(MANDATORY - root.keys()):
        found += facts.at("mandatory", name, f"no ID {name}", f"ID {name}")
    if ACCOUNTS.isdisjoint(root):
        found += facts.at("account", "02", "no merchant account", "one of the IDs 02 to 51")
    return tuple(found)


def form(facts: Facts) -> Found:
    """Table 3.6: the category code has four digits, and texts are no longer than they may be."""
    root = facts.root
    found: Found = NONE
    if (each := root.get("52")) and not CATEGORY(each.value):
        found = facts.at("form", "52", "no merchant category code", "four digits of ISO 18245")
    for name, longest in LONGEST:
        if (each := root.get(name)) and len(each.value) > longest:
            message = f"ID {name} has {len(each.value)} characters"
            found = (*found, *facts.at("form", name, message, f"at most {longest}"))
    return found


def size(facts: Facts) -> Found:
    """4.1: no more than 512 characters."""
    if facts.reading.characters <= SHOULD_CHARACTERS:
        return NONE
    message = f"{facts.reading.characters:,} characters"
    return (Finding("long", "", SHOULD_CHARACTERS, message, f"at most {SHOULD_CHARACTERS}"),)


def characters(facts: Facts) -> Found:
    """1.4.3: precomposed UTF-8; no character that acts on what shows it."""
    text = facts.reading.text
    if text.isascii() and text.isprintable():
        return NONE
    found: Found = NONE
    if unsafe := UNSAFE(text):
        message = f"U+{ord(unsafe[0]):04X}, which acts on the text around it"
        found = (Finding("characters", _path_at(facts, unsafe.start()), unsafe.start(), message, "visible text"),)
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        for each in facts.reading.objects:
            if not unicodedata.is_normalized("NFC", each.value):
                message = f"ID {each.id} holds decomposed characters"
                found = (*found, Finding("characters", each.id, each.offset, message, "precomposed characters (NFC)"))
    return found


def _path_at(facts: Facts, offset: int) -> str:
    return next((each.id for each in reversed(facts.reading.objects) if each.offset <= offset), "")


def local_name(facts: Facts) -> Found:
    """4.9: a name in another script stands in 64 with its language, beside a Latin one in 59."""
    if facts.reading.text.isascii():
        return NONE
    for name in ("59", "60"):
        if not facts.value(name).isascii():
            holds = "and 64 holds the local one" if "64" in facts.root else "and there is no 64"
            return facts.at("local-name", name, f"ID {name} is not ASCII, {holds}", "ASCII in 59 and 60, 64 for others")
    return NONE
