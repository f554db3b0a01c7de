"""The files of vectors, and the questions that are made of them at one time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from conformance.core.paths import vectors_dir
from conformance.eid.credentials.recipe import Kitchen, vector_keys

_MAKING = Lock()  # a kitchen has one cook

FRESH_SECONDS = 16
"""Questions are made for the beginning of a span of so many seconds, so that several jobs of a run share them."""


@dataclass(frozen=True, slots=True)
class Question:
    """One vector made: `given` is the operation's input, `wanted` what an output must hold."""

    id: str
    says: str
    control: bool
    due: str
    reasons: tuple[str, ...]
    given: Mapping[str, Any]
    wanted: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """One file of vectors as read. groups: group -> its entry."""

    name: str
    sha256: str
    data: Mapping[str, Any]
    groups: Mapping[str, Mapping[str, Any]]


@lru_cache(maxsize=1)
def sources(folder: Path | None = None) -> tuple[Source, ...]:
    """Every file of vectors of the room, by name."""
    found = []
    for path in sorted((folder or vectors_dir() / "eid").glob("*.json")):
        octets = path.read_bytes()
        data = json.loads(octets)
        if "groups" in data:
            groups = {group["id"]: group for group in data["groups"]}
            found.append(Source(path.stem, hashlib.sha256(octets).hexdigest(), data, groups))
    return tuple(found)


def source_of(group: str) -> Source:
    """The file that has a group.

    Raises:
        KeyError: none has.
    """
    for source in sources():
        if group in source.groups:
            return source
    raise KeyError(group)


def questions(group: str, now: int) -> tuple[Question, ...]:
    """The vectors of a group, made for a time (seconds since 1970), or for up to FRESH_SECONDS before it."""
    with _MAKING:
        return _made(group, now - now % FRESH_SECONDS)


@lru_cache(maxsize=256)
def _made(group: str, now: int) -> tuple[Question, ...]:
    source = source_of(group)
    kitchen = _kitchen(source.name, now)
    base = source.data["input"]
    return tuple(
        Question(
            case["id"],
            case["says"],
            case.get("control", False),
            case["expect"],
            tuple(case.get("reasons", ())),
            kitchen.make({**base, **case["input"]}),
            kitchen.make(case.get("output", {})),
        )
        for case in source.groups[group]["cases"]
    )


@lru_cache(maxsize=16)
def _kitchen(name: str, now: int) -> Kitchen:
    """One kitchen a file and time, so that what its groups share is made once."""
    source = next(each for each in sources() if each.name == name)
    return Kitchen(now, vector_keys(), source.data["shared"])
