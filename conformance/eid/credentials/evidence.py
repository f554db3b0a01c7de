"""What an implementation behind the harness answered: one row a vector, without a word on what that means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

Word: TypeAlias = Literal["output", "rejected", "unsupported", "error"]


class Answer(Struct, frozen=True):
    """One vector and the answer to it.

    id, says: the vector. control: it shows that answers follow the input. due: the word that the vector asks for.
    reasons: the codes that fit, where it asks for a refusal. wanted: what the output must hold, as canonical JSON.
    word: the answer's. text: its code, reason or message. given: of its output the members that `wanted` names, as
    canonical JSON; empty where the answer is no output.
    """

    id: str
    says: str
    control: bool
    due: Literal["output", "rejected"]
    reasons: tuple[str, ...]
    wanted: str
    word: Word
    text: str = ""
    given: str = ""


class Group(Struct, frozen=True):
    """The vectors of one group, in their order, all asked of one operation."""

    operation: str
    answers: tuple[Answer, ...]


class Vectors(Struct, frozen=True):
    """Everything that one implementation was asked.

    name, version: what it says it is. files: SHA-256 of each file of vectors by name. restarts: how often its process
    was started anew. stderr: the beginning of what the last one wrote there.
    """

    name: str
    version: str
    groups: Mapping[str, Group]
    files: Mapping[str, str]
    restarts: int = 0
    stderr: str = ""
