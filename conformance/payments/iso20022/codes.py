"""Countries, purposes, currencies, BICs and LEIs. The lists stand in `code_lists.toml`, with their dates.

Codes are rarely withdrawn, so the profile can add to the purposes (`params.added`); a code that is in neither is said
to be unknown to the list of that date.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

_LISTS = tomllib.loads((Path(__file__).parent / "code_lists.toml").read_text(encoding="utf-8"))
COUNTRIES = frozenset(_LISTS["countries"].split())
KOSOVO = "XK"
"""User-assigned, and in use in BICs of institutions there."""

PURPOSES_OF: str = _LISTS["purposes_of"]
PURPOSES = frozenset(_LISTS["purposes"].split())

SANDBOX_CURRENCY = "XTS"
_SANDBOX_COUNTRY = re.compile("X[A-Z]")
_BIC = re.compile("[A-Z0-9]{4}([A-Z]{2})[A-Z0-9]{2}([A-Z0-9]{3})?")
_LEI = re.compile("[A-Z0-9]{18}[0-9]{2}")


@lru_cache(maxsize=4096)
def is_sandbox(country: str) -> bool:
    """Whether a country is one of the sandbox's: XA to XZ, which ISO 3166-1 leaves to its users."""
    return bool(_SANDBOX_COUNTRY.fullmatch(country))


def is_country(code: str, own: str) -> bool:
    """Whether a code is a country's. XA to XZ are, for a target whose own country is one of them."""
    return code in COUNTRIES or code == KOSOVO or (is_sandbox(own) and is_sandbox(code))


def currencies(table: Mapping[str, int], own: str) -> Mapping[str, int]:
    """Decimals by currency as agreed, with the sandbox's currency where the target's own country is the sandbox's."""
    if is_sandbox(own):
        return {**table, SANDBOX_CURRENCY: table.get(SANDBOX_CURRENCY, 2)}
    return {code: decimals for code, decimals in table.items() if code != SANDBOX_CURRENCY}


def decimals_of(currency: str, table: Mapping[str, int], own: str) -> int | None:
    """The decimals that `currencies` has for a currency, None where it has none."""
    if currency == SANDBOX_CURRENCY:
        return table.get(currency, 2) if is_sandbox(own) else None
    return table.get(currency)


@lru_cache(maxsize=4096)
def bic_trouble(text: str, own: str) -> str:
    """What is wrong with a BIC (ISO 9362: 8 or 11 characters, a country at 5 and 6); empty where nothing is."""
    match = _BIC.fullmatch(text)
    if not match:
        return "not 8 or 11 capitals and digits"
    return "" if is_country(match[1], own) else f"{match[1]} is no country of ISO 3166-1"


@lru_cache(maxsize=4096)
def lei_trouble(text: str) -> str:
    """What is wrong with an LEI (ISO 17442, check digits of ISO/IEC 7064 MOD 97-10); empty where nothing is."""
    if not _LEI.fullmatch(text):
        return "not 18 capitals and digits with two check digits"
    return "" if int("".join(str(int(each, 36)) for each in text)) % 97 == 1 else "its check digits do not verify"


def lei_with_check_digits(first: str) -> str:
    """An LEI of 18 characters and the two check digits that go with them."""
    return f"{first}{98 - int(''.join(str(int(each, 36)) for each in first + '00')) % 97:02}"
