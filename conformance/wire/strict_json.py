"""JSON that every reader reads alike: RFC 8259 as I-JSON (RFC 7493) restricts it, in bounded size and depth."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from conformance.core.model import Reason, Undecided

_STRUCTURE = re.compile(r'\\.|["\[\]{}]', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_INT64 = 2**63


def strict_json(data: bytes, max_depth: int = 64, max_bytes: int = 1_048_576) -> Any:
    """The value that `data` holds.

    Raises:
        Undecided: JSON. The detail names what was met: size, byte order mark, not UTF-8, depth, duplicate member,
            not a number (NaN, Infinity, 1e999), an integer beyond 64 bits, a lone surrogate, or a syntax error.
    """
    if len(data) > max_bytes:
        raise _refuse(f"size: more than {max_bytes} octets")
    if data.startswith((b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe")):
        raise _refuse("byte order mark")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise _refuse(f"not UTF-8 at octet {error.start}") from None
    if "\0" in text:
        raise _refuse("not UTF-8: NUL octets, as in UTF-16")
    check_depth(text, max_depth)
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer, parse_float=_float
        )
    except json.JSONDecodeError as error:
        raise _refuse(f"syntax: {error.msg} at character {error.pos}") from None
    if _SURROGATE.search(text):
        _check_surrogates(value)
    return value


def _refuse(what: str) -> Undecided:
    return Undecided(Reason.JSON, what)


def check_depth(text: str, max_depth: int) -> None:
    """Count brackets outside strings, before a recursive parser sees them."""
    depth, quoted = 0, False
    for match in _STRUCTURE.finditer(text):
        mark = match.group()
        if mark == '"':
            quoted = not quoted
        elif quoted or len(mark) > 1:
            continue
        elif mark in "[{":
            depth += 1
            if depth > max_depth:
                raise _refuse(f"depth: more than {max_depth} levels")
        else:
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        name = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise _refuse(f"duplicate member {name[:80]!a}")
    return members


def _constant(text: str) -> NoReturn:
    raise _refuse(f"not a number: {text}")


def _integer(text: str) -> int:
    if len(text) > 20 or not -_INT64 <= int(text) < _INT64:
        raise _refuse(f"an integer of {len(text)} characters, beyond 64 bits")
    return int(text)


def _float(text: str) -> float:
    if math.isinf(value := float(text)):
        raise _refuse(f"not a number: {text[:40]}")
    return value


def _check_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _refuse("a lone surrogate") from None


def members(body: bytes) -> Mapping[str, Any] | None:
    """The members of a JSON object, None where the body is none."""
    try:
        value = strict_json(body)
    except Undecided:
        return None
    return value if isinstance(value, dict) else None
