"""EMVCo's rules on what templates hold: merchant accounts, additional data, language and unreserved templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from conformance.payments.qr.facts import Facts
from conformance.payments.qr.findings import NONE, Finding, Found
from conformance.payments.qr.parse import MERCHANT_TEMPLATES
from conformance.payments.qr.recognise import guid_of
from conformance.payments.qr.tlv import DataObject

GUID = re.compile(
    r"[A-F0-9]{10,32}"  # an AID (ISO/IEC 7816-4: 5 to 16 octets), or a UUID without hyphens
    r"|[a-f0-9]{32}"  # such a UUID in lower case
    r"|[A-Za-z][A-Za-z0-9-]*(?:\.[A-Za-z0-9][A-Za-z0-9-]*)+",  # a reverse domain name
    re.ASCII,
).fullmatch
MAX_GUID = 32
OTHER_TEMPLATES = frozenset({"62", "64"})
LANGUAGE = re.compile(r"[A-Za-z]{2}", re.ASCII).fullmatch
RESERVED_SUB_IDS = frozenset(f"{i}" for i in range(12, 50))


def guid(facts: Facts) -> Found:
    """4.7.11.2, 4.11.1.2: sub-ID 00 of an account or unreserved template is an AID, a UUID or a reverse domain."""
    found: Found = NONE
    for each in facts.templates:
        name = each.id
        if name in OTHER_TEMPLATES or is_guid(value := guid_of(each)):
            continue
        if name in MERCHANT_TEMPLATES:
            found = (*found, *facts.at("guid", name, _what(value), "an AID, a UUID or a reverse domain name"))
        else:
            found = (*found, *facts.at("unreserved-guid", name, _what(value), "a template with a GUID in 00"))
    return found


@lru_cache(maxsize=1024)
def is_guid(value: str) -> bool:
    """Whether a value is an identifier as 4.7.11.2 has them; the same few come again in every code."""
    return len(value) <= MAX_GUID and GUID(value) is not None


def _what(value: str) -> str:
    return f"sub-ID 00 holds no identifier: {value[:40]!a}" if value else "no sub-ID 00"


def _text_form(value: str) -> str:
    return "at most 25 characters" if len(value) > 25 else ""


def _request_form(value: str) -> str:
    return "A, M, E, each once" if set(value) - set("AME") or len(set(value)) != len(value) else ""


def _tax_form(value: str) -> str:
    return "at most 20 characters" if len(value) > 20 else ""


def _channel_form(value: str) -> str:
    return "3 characters" if len(value) != 3 else ""


SUB_IDS: Mapping[str, tuple[str, Callable[[str], str]]] = {
    **{f"{i:02}": ("additional-data", _text_form) for i in range(1, 9)},
    "09": ("template-form", _request_form),
    "10": ("template-form", _tax_form),
    "11": ("template-form", _channel_form),
}
"""Sub-ID of 62 -> the rule, and what is asked for where a value breaks it."""


def additional_data(facts: Facts) -> Found:
    """4.8.1: 62.01 to 62.08 are texts of at most 25 characters, 62.09 says what to ask for, 12 to 49 are reserved."""
    template = facts.root.get("62")
    if template is None:
        return NONE
    found: Found = NONE
    for each in template.objects:
        if is_additional(each.id, each.value):
            continue
        if known := SUB_IDS.get(each.id):
            rule, form = known
            message = f"62.{each.id} is of another form: {len(each.value)} characters"
            found = (*found, _inside(facts, rule, each, message, form(each.value)))
        else:
            message = f"ID 62.{each.id} is {'not assigned' if each.id == '00' else 'reserved for future use'}"
            found = (*found, _inside(facts, "reserved-id", each, message, "a sub-ID of table 3.7"))
    return found


def is_additional(sub_id: str, value: str) -> bool:
    """Whether a sub-ID may stand in 62 with this value."""
    known = SUB_IDS.get(sub_id)
    return not known[1](value) if known else sub_id >= "50"


def language(facts: Facts) -> Found:
    """4.9: the language template holds a language (00) and a name (01), at most a city (02) besides."""
    template = facts.root.get("64")
    if template is None:
        return NONE
    inner = {each.id: each for each in template.objects}
    found: list[Finding] = []
    if "00" not in inner or not LANGUAGE(inner["00"].value):
        found += facts.at("template-form", "64", "no language in 64.00", "two letters of ISO 639")
    for name, longest in (("01", 25), ("02", 15)):
        if name in inner and len(inner[name].value) > longest:
            message = f"{len(inner[name].value)} characters"
            found.append(_inside(facts, "template-form", inner[name], message, f"at most {longest}", "64"))
    if "01" not in inner:
        found += facts.at("template-form", "64", "no name in 64.01", "the name in that language")
    for name in sorted(inner):
        if name > "02":
            message = f"ID 64.{name} is reserved for future use"
            found.append(_inside(facts, "reserved-id", inner[name], message, "a sub-ID of table 3.8", "64"))
    return tuple(found)


def _inside(  # noqa: PLR0917 - what, where, why
    facts: Facts, rule: str, each: DataObject, message: str, expected: str, root_id: str = "62"
) -> Finding:
    """A finding on an object inside a template at the root."""
    path = f"{root_id}.{each.id}"
    return Finding(rule, path, each.offset, message, expected, each.value, facts.allowed.get(f"{rule}:{path}", ""))
