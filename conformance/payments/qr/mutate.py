"""Single changes of a payload, the same ones each time: a character replaced, inserted, removed or moved."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

CHARACTERS = "0123456789ABCXYZabc .-+%*\0\n\x1b\u0660\uff11\u0301ကខ\U0001f6cd"
"""What is put in: digits of three scripts, signs, control characters, a combining mark, an astral character."""


def mutations(payload: str, count: int, seed: int = 1) -> Iterator[str]:
    """So many changed payloads, each another text than `payload`."""
    dice = Random(seed)  # noqa: S311 - equal seeds, equal texts
    made = 0
    while made < count:
        at = dice.randrange(len(payload))
        other = dice.randrange(len(payload))
        text = (
            payload[:at] + dice.choice(CHARACTERS) + payload[at + 1 :],
            payload[:at] + dice.choice(CHARACTERS) + payload[at:],
            payload[:at] + payload[at + 1 :],
            payload[:at] + payload[other] + payload[at + 1 :],
        )[dice.randrange(4)]
        if text != payload:
            made += 1
            yield text
