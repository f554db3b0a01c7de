"""What CAA records permit (RFC 8659 section 4), read from left to right without backtracking. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conformance.tls.evidence import CaaRecord

CRITICAL = 0x80
KNOWN_TAGS = frozenset({"issue", "issuewild", "iodef", "contactemail", "contactphone", "issuemail", "issuevmc"})
"""The properties that certification authorities know (IANA registry of CAA properties)."""


@dataclass(frozen=True, slots=True)
class Permission:
    """restricted: there is a property that restricts issuance at all. issuers: the issuer domain names permitted, in
    lower case. unknown_critical: critical properties that nobody may ignore and we do not know.
    """

    restricted: bool
    issuers: frozenset[str]
    unknown_critical: tuple[str, ...] = ()


def permission(records: Iterable[CaaRecord], *, wildcard: bool) -> Permission:
    """Who may issue for the name, or for the wildcard below it (section 4.3: issuewild then replaces issue).

    A value that cannot be read permits nobody, like the empty one (section 4.2).
    """
    records = tuple(records)
    by_tag: dict[str, list[str]] = {}
    for record in records:
        by_tag.setdefault(record.tag.lower(), []).append(record.value)
    values = by_tag.get("issue", [])
    if wildcard and "issuewild" in by_tag:
        values = by_tag["issuewild"]
    unknown = {r.tag.lower() for r in records if r.flags & CRITICAL and r.tag.lower() not in KNOWN_TAGS}
    domains = (issuer_domain(value) for value in values)
    return Permission(bool(values), frozenset(domain for domain in domains if domain), tuple(sorted(unknown)))


def issuer_domain(value: str) -> str | None:
    """The issuer domain name of an issue or issuewild value in lower case; empty: nobody; None: malformed."""
    domain, semicolon, parameters = value.strip(" \t").partition(";")
    domain = domain.rstrip(" \t").lower()
    if domain and not all(is_label(label) for label in domain.split(".")):
        return None
    rest = parameters.strip(" \t")
    if semicolon and rest and not all(is_parameter(parameter) for parameter in rest.split(";")):
        return None
    return domain


def is_label(text: str) -> bool:
    """Letters, digits and hyphens, no hyphen at either end."""
    return (
        bool(text)
        and text.isascii()
        and text.replace("-", "").isalnum()
        and not text.startswith("-")
        and not text.endswith("-")
    )


def is_parameter(text: str) -> bool:
    """A tag, an equals sign, a value of visible ASCII; the semicolons around them are gone."""
    tag, equals, value = text.strip(" \t").partition("=")
    return bool(equals) and is_label(tag.rstrip(" \t")) and all("!" <= each <= "~" for each in value.lstrip(" \t"))


def organisations(name: str) -> tuple[str, ...]:
    """The organisation names in a distinguished name as RFC 4514 writes it, in order."""
    parts, current, escaped = [], "", False
    for character in name:
        if escaped or character not in ",+":
            current += character
            escaped = character == "\\" and not escaped
        else:
            parts.append(current)
            current = ""
    parts.append(current)
    return tuple(unescaped(part[2:]) for part in parts if part[:2].upper() == "O=")


def unescaped(text: str) -> str:
    r"""An RFC 4514 value without its backslashes (`\,` and `\2C`)."""
    octets, position = bytearray(), 0
    while position < len(text):
        if text[position] == "\\" and all(c in "0123456789abcdefABCDEF" for c in text[position + 1 : position + 3]):
            pair = text[position + 1 : position + 3]
            if len(pair) == 2:
                octets += bytes.fromhex(pair)
                position += 3
                continue
        if text[position] == "\\":
            position += 1
        octets += text[position : position + 1].encode("utf-8", "surrogatepass")
        position += 1
    return octets.decode("utf-8", "replace")
