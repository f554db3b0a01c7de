"""A JWK Set looked at as raw JSON, before any library reads it (RFC 7517, RFC 7518).

Libraries drop keys that they do not know, take the last of two equal members, refuse to load a weak key and so never
report it. Here every key leaves a row of facts; what they mean is the judge's business.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, NoReturn

from cryptography.exceptions import UnsupportedAlgorithm
from msgspec import Struct

from conformance.core.model import Reason, Undecided
from conformance.core.redact import PRIVATE_JWK_MEMBERS
from conformance.wire.jose import CURVES, integer, member, public_key
from conformance.wire.strict_json import check_depth

MAX_KEYS = 1_000
"""More keys than any provider publishes; the rest is counted and not looked at."""


class KeyFacts(Struct, frozen=True):
    """One key as published. Texts are empty and numbers None where there is no such member.

    private: names of private or symmetric members that it has. bits: of the modulus, of the curve's order or 256.
    on_curve: whether the point is one of the named curve's (true where there is no point). trouble: what keeps the
    members from being a key, empty where they are one.
    """

    kty: str
    kid: str
    use: str
    alg: str
    crv: str
    private: tuple[str, ...]
    bits: int | None
    exponent: int | None
    on_curve: bool
    certificates: int
    trouble: str


class SetFacts(Struct, frozen=True):
    """A JWK Set as published. count: how many keys it has, of which the first MAX_KEYS have a row.

    duplicate_members: names that an object of it has twice. duplicate_kids: in lower case, since some compare so.
    """

    keys: tuple[KeyFacts, ...]
    count: int
    duplicate_members: tuple[str, ...]
    duplicate_kids: tuple[str, ...]


def scan(data: bytes, max_bytes: int = 1_048_576) -> SetFacts:
    """The facts of a JWK Set.

    Raises:
        Undecided: JSON, where it is no JSON object with a list `keys`, is too large or nested too deeply.
    """
    value, duplicates = tolerant_json(data, max_bytes)
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list):
        raise Undecided(Reason.JSON, "no object with a list of keys")
    facts = tuple(key_facts(key) for key in keys[:MAX_KEYS])
    kids = Counter(each.kid.casefold() for each in facts if each.kid)
    twice = tuple(sorted(kid for kid, count in kids.items() if count > 1))
    return SetFacts(facts, len(keys), duplicates, twice)


def tolerant_json(data: bytes, max_bytes: int = 1_048_576, max_depth: int = 64) -> tuple[Any, tuple[str, ...]]:
    """The value, and the names of the members that an object of it has twice (of which the last one counts).

    Raises:
        Undecided: JSON: size, not UTF-8, depth, not a number (NaN), or a syntax error.
    """
    if len(data) > max_bytes:
        raise Undecided(Reason.JSON, f"size: more than {max_bytes} octets")
    duplicates: dict[str, None] = {}

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in found:
                duplicates[name[:80]] = None
            found[name] = value
        return found

    try:
        text = data.decode()
        check_depth(text, max_depth)
        value = json.loads(text, object_pairs_hook=members, parse_constant=_constant)
    except ValueError as error:  # UnicodeDecodeError and JSONDecodeError, and an integer of too many digits
        raise Undecided(Reason.JSON, f"{type(error).__name__}: {str(error)[:80]}") from None
    return value, tuple(duplicates)


def _constant(text: str) -> NoReturn:
    raise Undecided(Reason.JSON, f"not a number: {text}")


def key_facts(key: Any) -> KeyFacts:
    """The facts of one entry of `keys`, whatever it is."""
    if not isinstance(key, Mapping):
        return KeyFacts("", "", "", "", "", (), None, None, on_curve=True, certificates=0, trouble="no object")
    kty, kid, use, alg, crv = (_text(key, name) for name in ("kty", "kid", "use", "alg", "crv"))
    bits, exponent, on_curve, trouble = _numbers(key, kty, crv)
    x5c = key.get("x5c")
    return KeyFacts(
        kty,
        kid,
        use,
        alg,
        crv,
        tuple(sorted(PRIVATE_JWK_MEMBERS & set(key))),
        bits,
        exponent,
        on_curve,
        len(x5c) if isinstance(x5c, list) else 0,
        trouble,
    )


def _numbers(key: Mapping[str, Any], kty: str, crv: str) -> tuple[int | None, int | None, bool, str]:
    """Bits, exponent, whether the point lies on its curve, and trouble: by arithmetic, not by loading the key."""
    try:
        if kty == "RSA":
            return integer(key, "n").bit_length(), integer(key, "e"), True, ""
        if kty == "EC" and crv in CURVES:
            return CURVES[crv].key_size, None, _on_curve(key), ""
        if kty == "OKP":
            length = len(member(key, "x"))
            return length * 8, None, True, "" if crv != "Ed25519" or length == 32 else f"{length} octets"
    except ValueError as error:
        return None, None, True, str(error)[:120]
    return None, None, True, f"a key type or curve that is not known: {kty[:20]!a} {crv[:20]!a}"


def _on_curve(key: Mapping[str, Any]) -> bool:
    integer(key, "x"), integer(key, "y")
    try:
        public_key(key)
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


def _text(key: Mapping[str, Any], name: str) -> str:
    value = key.get(name)
    return value[:200] if isinstance(value, str) else ""
