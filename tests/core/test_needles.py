"""Many words at once are found as a regular expression of them all finds them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.core.needles import FEW, Needles

WORDS = st.lists(st.text("abc", min_size=1, max_size=9), max_size=40)
TEXT = st.text("abcd", max_size=80)


@given(WORDS, TEXT)
def test_places_are_those_of_an_alternation_longest_first(words: list[str], text: str) -> None:
    longest = sorted(set(words), key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest)) if longest else r"(?!)")
    due = [(match.start(), match.group()) for match in pattern.finditer(text)]
    assert list(Needles(words).places(text)) == due
    assert Needles(words).within(text) == bool(due)
    octets = Needles(word.encode() for word in words)
    assert octets.within(text.encode()) == bool(due)


@pytest.mark.parametrize("count", [0, 1, FEW, FEW + 1, 500])
def test_the_number_of_words_changes_nothing_but_the_way(count: int) -> None:
    words = [f"word-{number:03}" for number in range(count)]
    found = Needles(words)
    assert not found.within("word-0, word-x and no other")
    if words:
        assert found.within(f"before {words[-1]} after")
        assert list(found.places(f"{words[0]}{words[-1]}")) == [(0, words[0]), (len(words[0]), words[-1])]


def test_a_word_at_the_very_end_is_found() -> None:
    assert list(Needles(["secret"]).places("my secret")) == [(3, "secret")]
    assert list(Needles(["secret"]).places("secre")) == []
