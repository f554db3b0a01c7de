"""What an implementation behind the harness answered: one row a vector, without a word on what that means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Word: TypeAlias = Literal["output", "rejected", "unsupported", "error"]


@dataclass(frozen=True, slots=True)
class Answer:
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


@dataclass(frozen=True, slots=True)
class Group:
    """The vectors of one group, in their order, all asked of one operation."""

    operation: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Vectors:
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
