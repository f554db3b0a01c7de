"""EMVCo's rules on the values at the root and on text; one small function each. Sections are of MPM v1.1."""

from __future__ import annotations

import re
import unicodedata

from conformance.payments.qr.codes import COUNTRIES, CURRENCY_DECIMALS, SANDBOX_COUNTRIES, TEST_CURRENCY
from conformance.payments.qr.facts import Facts
from conformance.payments.qr.findings import NONE, Finding, Found

AMOUNT = re.compile(r"[0-9]{1,13}(?:\.[0-9]*)?", re.ASCII).fullmatch
PERCENT = re.compile(r"[0-9]{1,2}(?:\.[0-9]{1,2})?", re.ASCII).fullmatch
CATEGORY = re.compile(r"[0-9]{4}", re.ASCII).fullmatch
UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]").search
INITIATIONS = frozenset({"11", "12"})
LONGEST = {"57": 5, "59": 25, "60": 15, "61": 10}
"""Text at the root -> its most characters (table 3.6)."""


def initiation(facts: Facts) -> Found:
    """4.7.2: 11 for a code shown many times, 12 for one shown once, which a code with an amount should be."""
    root = facts.root
    each = root.get("01")
    if each is not None and each.value not in INITIATIONS:
        return facts.at("initiation", "01", "another point of initiation", "11 or 12")
    if "54" in root and (each is None or each.value != "12"):
        return facts.at("initiation-amount", "01", "a code with an amount is not marked as dynamic", "12")
    return NONE


def amount(facts: Facts) -> Found:
    """4.7.4: digits with at most one point, at most 13 characters, above zero."""
    found = facts.root.get("54")
    if found is None:
        return NONE
    if is_amount(found.value):
        return NONE
    return facts.at("amount", "54", "no amount", "digits and at most one point, at most 13 characters, above zero")


def is_amount(value: str) -> bool:
    """Whether a value is an amount above zero."""
    return len(value) <= 13 and AMOUNT(value) is not None and value.strip("0.") != ""


def currency(facts: Facts) -> Found:
    """4.7.5.1: the ISO 4217 numeric code of a currency."""
    each = facts.root.get("53")
    if each is None or each.value in CURRENCY_DECIMALS or (facts.sandbox and each.value == TEST_CURRENCY):
        return NONE
    return facts.at("currency", "53", "no numeric code of a currency", "three digits of ISO 4217")


def country(facts: Facts) -> Found:
    """Table 3.6: ISO 3166-1 alpha-2, so neither RP, RI nor RC."""
    each = facts.root.get("58")
    if each is None or each.value in COUNTRIES or (facts.sandbox and each.value in SANDBOX_COUNTRIES):
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
    if fixed and not is_amount(fixed):
        found += facts.at("tip", "56", "no fixed fee", "an amount above zero")
    if percent and not (PERCENT(percent) and percent.strip("0.")):
        found += facts.at("tip", "57", "no percentage", "00.01 to 99.99, without a percent sign")
    return tuple(found)


def form(facts: Facts) -> Found:
    """Table 3.6: the category code has four digits, and texts are no longer than they may be."""
    root = facts.root
    found: Found = NONE
    if (each := root.get("52")) and not is_category(each.value):
        found = facts.at("form", "52", "no merchant category code", "four digits of ISO 18245")
    get = root.get
    for name, longest in LONGEST.items():
        if (each := get(name)) and len(each.value) > longest:
            message = f"ID {name} has {len(each.value)} characters"
            found = (*found, *facts.at("form", name, message, f"at most {longest}"))
    return found


def is_category(value: str) -> bool:
    """Whether a value is of the form of a merchant category code."""
    return CATEGORY(value) is not None


def characters(facts: Facts) -> Found:
    """1.4.3: precomposed UTF-8; no character that acts on what shows it."""
    text = facts.reading.text
    if is_visible(text):
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


def is_visible(text: str) -> bool:
    """Whether no character acts on what shows it, and all are precomposed."""
    if text.isascii() and text.isprintable():
        return True
    return UNSAFE(text) is None and unicodedata.is_normalized("NFC", text)


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
