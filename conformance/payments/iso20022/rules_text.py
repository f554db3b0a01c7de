"""Identifiers, references, codes, characters and times beyond the XSD."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from conformance.payments.iso20022 import codes
from conformance.payments.iso20022.facts import Facts, Finding
from conformance.payments.iso20022.places import REFERENCES

UETR = re.compile("[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89ab][a-f0-9]{3}-[a-f0-9]{12}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([0-9]{2}):[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?")
_CLASS = re.compile(r"\[[^\[\]\\^]*\]\*")
_VISIBLE = "".join(map(chr, range(0x20, 0x7F)))
REDACTED = "[redacted:"


def version(facts: Facts, terms: Mapping[str, Any]) -> Iterator[Finding]:
    """The namespace is one that the profile lists."""
    if facts.version not in terms["versions"]:
        listed = ", ".join(terms["versions"])
        yield Finding("the message version is not one of the profile's", "", listed, facts.message.namespace)


def uetr(facts: Facts, _: Mapping[str, Any]) -> Iterator[Finding]:
    """Each transaction has a UETR: a UUID of version 4 in lower case (RFC 9562 section 5.4)."""
    for place in facts.transactions:
        leaf = facts.leaf(path := f"{place}PmtId/UETR")
        if not leaf:
            yield Finding("a transaction has no UETR", path, "a UUID of version 4 in lower case", "none")
        elif not UETR.fullmatch(leaf.text):
            yield Finding("a UETR is no UUID of version 4 in lower case", path, "8-4-4-4-12 hex digits", leaf.text)


@lru_cache(64)
def _takes_ascii(pattern: str) -> bool:
    """Whether a pattern is one class of characters, repeated, that has every visible one of ASCII and the space."""
    return bool(_CLASS.fullmatch(pattern) and re.fullmatch(pattern, _VISIBLE))


def characters(facts: Facts, terms: Mapping[str, Any]) -> Iterator[Finding]:
    """Every text is of the agreed character set."""
    joined = "".join(facts.texts)
    if _takes_ascii(terms["characters"]) and joined.isascii() and joined.isprintable():
        return
    allowed = re.compile(terms["characters"])
    if allowed.fullmatch(joined):
        return
    for leaf in facts.message.leaves:
        if allowed.fullmatch(leaf.text):
            continue
        strange = next((each for each in leaf.text if not allowed.fullmatch(each)), "")
        yield Finding("a text is outside the agreed character set", leaf.path, terms["set"], f"U+{ord(strange):04X}")


def references(facts: Facts, _: Mapping[str, Any]) -> Iterator[Finding]:
    """No reference begins or ends with a slash or has two in a row."""
    for leaf in facts.named(*REFERENCES):
        text = leaf.text
        if "/" in text and (text[0] == "/" or text[-1] == "/" or "//" in text):
            yield Finding("a reference begins or ends with / or has //", leaf.path, "single slashes within", leaf.text)


def bics(facts: Facts, _: Mapping[str, Any]) -> Iterator[Finding]:
    """Every BIC has the form of ISO 9362 and the code of a country."""
    found, country = facts.named("BICFI", "AnyBIC"), facts.country
    for leaf in found:
        if trouble := codes.bic_trouble(leaf.text, country):
            yield Finding(f"a BIC is not valid: {trouble}", leaf.path, "ISO 9362", leaf.text)


def leis(facts: Facts, _: Mapping[str, Any]) -> Iterator[Finding]:
    """The check digits of every LEI verify."""
    for leaf in facts.named("LEI"):
        if trouble := codes.lei_trouble(leaf.text):
            yield Finding(f"an LEI is not valid: {trouble}", leaf.path, "ISO 17442", leaf.text)


def countries(facts: Facts, _: Mapping[str, Any]) -> Iterator[Finding]:
    """Every country is one of ISO 3166-1."""
    for leaf in facts.named("Ctry", "CtryOfRes", "CtryOfBirth"):
        if not codes.is_country(leaf.text, facts.country):
            yield Finding("a country is not one of ISO 3166-1", leaf.path, "an alpha-2 code", leaf.text)


def proprietary(facts: Facts, _: Mapping[str, Any]) -> Iterator[Finding]:
    """No proprietary code stands where an external code can."""
    for leaf in facts.proprietary():
        yield Finding("a proprietary code is used", leaf.path, "a code of the ISO external code sets", leaf.text)


def purpose(facts: Facts, terms: Mapping[str, Any]) -> Iterator[Finding]:
    """A purpose is of the external code set."""
    for place in facts.transactions:
        leaf = facts.leaf(path := f"{place}Purp/Cd")
        if leaf and leaf.text not in codes.PURPOSES and leaf.text not in terms.get("added", ()):
            expected = f"ExternalPurpose1Code as of {codes.PURPOSES_OF}"
            yield Finding("a purpose is not in the external code set", path, expected, leaf.text)


def offsets(facts: Facts, _: Mapping[str, Any]) -> Iterator[Finding]:
    """Every date-time says how far it is from UTC, and its hours run from 00 to 23 (RFC 3339 section 5.6)."""
    for leaf in facts.times():
        if leaf.text[-1:] == "Z" and "T24" not in leaf.text:
            continue
        match = _TIME.fullmatch(leaf.text.strip())
        if match and not match[3]:
            yield Finding("a date-time has no UTC offset", leaf.path, "Z or an offset", leaf.text)
        if match and match[1] == "24":
            yield Finding("a date-time has the hour 24", leaf.path, "hours 00 to 23", leaf.text)
