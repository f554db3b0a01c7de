"""What is wrong with a file that people wrote: where, what was found, what was expected, the nearest valid name."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

SHOWN_CHARACTERS = 80


class ConfigError(Exception):
    """A profile, manifest, waiver file or option that cannot be used. Ends the program with the exit code of usage.

    file: as the user named it, or the command or option where there is none. key: the place in it, empty for the
    whole. found, expected: phrases. nearest: the valid name that the user may have meant, empty where none is near.
    others: what else is wrong with the same file, as far as that could be seen.
    """

    others: tuple[ConfigError, ...] = ()

    def __init__(self, file: str, key: str = "", found: str = "", expected: str = "", nearest: str = "") -> None:
        where = ": ".join(part for part in (file, key) if part)
        facts = ", ".join(part for part in (found and f"found {found}", expected and f"expected {expected}") if part)
        hint = f'; nearest: "{nearest}"' if nearest else ""
        super().__init__(f"{where}: {facts}{hint}")
        self.file = file
        self.key = key
        self.found = found
        self.expected = expected
        self.nearest = nearest


def nearest(word: str, names: Iterable[str]) -> str:
    """The name that is most like `word`, letter case and the order of its parts aside; empty where none is near."""
    by_folded = {name.casefold(): name for name in names}
    folded = word[:SHOWN_CHARACTERS].casefold()
    if found := _closest(folded, by_folded):
        return by_folded[found]
    by_parts = {_sorted_parts(name): name for name in by_folded}
    found = _closest(_sorted_parts(folded), by_parts)
    return by_folded[by_parts[found]] if found else ""


def _closest(word: str, names: Iterable[str]) -> str:
    """The most alike; empty where none is alike.

    Of equals the one that shares more letters (`-02` for `-20`), then the first in order (`-03` for `-3`).
    """
    from difflib import SequenceMatcher, get_close_matches  # noqa: PLC0415 - for errors alone

    def unlike(name: str) -> tuple[float, int, str]:
        return -SequenceMatcher(a=name, b=word).ratio(), -(Counter(name) & Counter(word)).total(), name

    return min(get_close_matches(word, names, n=5), key=unlike, default="")


def _sorted_parts(name: str) -> str:
    return "-".join(sorted(name.replace("_", "-").split("-")))


def shown(value: Any) -> str:
    """A value of a file for a message: bounded, ASCII alone, so that twins in other Unicode forms look different."""
    match value:
        case dict():
            return "a table"
        case list() | tuple():
            return f"a list of {len(value)}"
        case str():
            text = json.dumps(value)
        case bool() | int() | float():
            text = json.dumps(value)
        case _:
            text = str(value)
    return text if len(text) <= SHOWN_CHARACTERS else f'{text[: SHOWN_CHARACTERS - 5]}..." ({len(value)} characters)'
