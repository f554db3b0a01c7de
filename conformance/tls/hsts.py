"""The value of one Strict-Transport-Security field (RFC 6797 section 6.1), read once from left to right.

A user agent ignores a field that does not match the grammar, so half a policy is none: there is no lenient reading.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
SPACE = frozenset(" \t")
LONGEST_SECONDS = 10**18
"""More digits than this has mean this: no clock counts further, and Python reads no integer of 5,000 digits."""


class HstsError(ValueError):
    """A value that the grammar does not give, with what is wrong about it."""


@dataclass(frozen=True, slots=True)
class Hsts:
    """A policy: how long it holds, and whether for the names below as well."""

    max_age_seconds: int
    include_subdomains: bool


def parse_hsts(value: str) -> Hsts:
    """The policy that a field value states.

    Directive names are compared without case, each may stand once, unknown ones are skipped; max-age is required and
    may be quoted; includeSubDomains takes no value.

    Raises:
        HstsError: in a few words, what is wrong.
    """
    found: dict[str, str | None] = {}
    for name, content in directives(value):
        if name in found:
            raise HstsError(f"the directive {name[:40]} stands twice")
        found[name] = content
    if "max-age" not in found:
        raise HstsError("no max-age")
    if found.get("includesubdomains") is not None:
        raise HstsError("includeSubDomains has a value")
    return Hsts(seconds(found["max-age"]), "includesubdomains" in found)


def seconds(text: str | None) -> int:
    """A delta-seconds: digits only."""
    if not text or not (text.isascii() and text.isdigit()):
        raise HstsError(f"max-age is {ascii(text[:40]) if text else 'empty'}, not a number of seconds")
    digits = text.lstrip("0") or "0"
    return int(digits) if len(digits) < len(str(LONGEST_SECONDS)) else LONGEST_SECONDS


def directives(value: str) -> list[tuple[str, str | None]]:
    """Name in lower case and value (None where there is no `=`) of each directive; empty ones are allowed."""
    found: list[tuple[str, str | None]] = []
    position = 0
    while (position := after(value, position, SPACE.__contains__)) < len(value):
        if value[position] == ";":
            position += 1
            continue
        end = after(value, position, TOKEN.__contains__)
        name, content = value[position:end].lower(), None
        if not name:
            raise HstsError(f"{value[position]!a} where a directive should start")
        position = after(value, end, SPACE.__contains__)
        if value[position : position + 1] == "=":
            content, position = read_value(value, after(value, position + 1, SPACE.__contains__))
            position = after(value, position, SPACE.__contains__)
        if value[position : position + 1] not in ("", ";"):
            raise HstsError(f"{value[position]!a} after the directive {name[:40]}")
        found.append((name, content))
    return found


def read_value(value: str, start: int) -> tuple[str, int]:
    """The token or quoted string that starts there, unquoted, and where it ends."""
    if value[start : start + 1] != '"':
        end = after(value, start, TOKEN.__contains__)
        if end == start:
            raise HstsError("an equals sign without a value")
        return value[start:end], end
    content: list[str] = []
    position = start + 1
    while position < len(value):
        character = value[position]
        if character == '"':
            return "".join(content), position + 1
        if character == "\\":
            position += 1
            character = value[position : position + 1]
        content.append(character)
        position += 1
    raise HstsError("a quoted string without an end")


def after(value: str, position: int, belongs: Callable[[str], bool]) -> int:
    """The first position from here on whose character does not belong."""
    while position < len(value) and belongs(value[position]):
        position += 1
    return position
