"""What the negatives and the odd but right requests say: tables that observers send and judges name. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

NOTE: Final = "Kopi \u2615 https://x.example/a"


def _plain(members: Mapping[str, Any]) -> bytes:
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()


def _noted(members: Mapping[str, Any]) -> dict[str, Any]:
    return {**members, "extensionList": {"extension": [{"key": "note", "value": NOTE}]}}


SHAPES: Final[Mapping[str, Callable[[Mapping[str, Any]], bytes]]] = {
    "unsorted": lambda members: _plain(dict(sorted(members.items(), reverse=True))),
    "pretty": lambda members: json.dumps(members, indent=2, sort_keys=True).encode(),
    "utf-8": lambda members: _plain(dict(sorted(_noted(members).items()))),
    "escaped": lambda members: json.dumps(_noted(members), sort_keys=True).replace("/", "\\/").encode(),
}
"""How the same transfer may be written: order of members, white space, characters beyond ASCII, escapes."""

AMOUNTS: Final[Mapping[str, Any]] = {
    "trailing-zero": "100.50",
    "five-decimals": "1.00001",
    "number": 100.5,
    "negative": "-1",
    "leading-zero": "01",
    "exponent": "1e3",
    "point-last": "5.",
}
"""Amounts that the pattern of section 7.2.13 excludes."""
