"""Hundreds of words looked for at once in a text.

A run registers some 200 forms of each key. A regular expression of them all tries each at every place; here a place
costs one look into a dictionary, by its first characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Generic, TypeVar

T = TypeVar("T", str, bytes)

LEAD: Final = 6
"""Characters that words are filed by; fewer where a word has fewer."""

FEW: Final = 1000
"""Up to so many words are looked for one after the other where only their presence counts: a search of the library's
own passes a thousand octets in the time in which we pass one.
"""


class Needles(Generic[T]):
    """Words, none of them empty."""

    def __init__(self, words: Iterable[T]) -> None:
        self._words: list[T] = sorted(set(words), key=len, reverse=True)
        self._lead = min([LEAD, *map(len, self._words)])
        self._by_lead: dict[T, list[T]] = {}
        for word in self._words:
            self._by_lead.setdefault(word[: self._lead], []).append(word)

    def within(self, text: T) -> bool:
        """Whether any of the words stands in the text."""
        if len(self._words) <= FEW:
            return any(word in text for word in self._words)
        return next(self.places(text), None) is not None

    def places(self, text: T) -> Iterator[tuple[int, T]]:
        """(where it begins, the word) of each, from left to right, the longest at a place, none within another."""
        filed, lead, at = self._by_lead, self._lead, 0
        for start in range(len(text) - lead + 1):
            if start >= at and (words := filed.get(text[start : start + lead])):
                for word in words:
                    if text.startswith(word, start):
                        yield start, word
                        at = start + len(word)
                        break
