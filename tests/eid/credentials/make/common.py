"""What the makers of vectors have in common: cases, groups, files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

ISSUER = "https://issuer.example"
ES256 = ["ES256"]
HOUR = 3600

Recipe = Any


class Group:
    """A group of vectors: cases in their order; ids are the group's with a number."""

    def __init__(self, name: str, says: str) -> None:
        self.name, self.says = name, says
        self.cases: list[dict[str, Any]] = []

    def _add(self, says: str, given: Mapping[str, Recipe], flags: Sequence[str], **rest: Any) -> None:
        number = f"{self.name}-{len(self.cases) + 1:02d}"
        self.cases.append({"id": number, "says": says, "flags": list(flags), "input": dict(given), **rest})

    def control(self, says: str, given: Mapping[str, Recipe], output: Mapping[str, Any]) -> None:
        """A case that must be accepted, or nothing else in the group means anything."""
        self._add(says, given, ["control"], control=True, expect="output", output=dict(output))

    def negative_control(self, says: str, given: Mapping[str, Recipe], reasons: str) -> None:
        """As `control`, of a group whose other cases are accepted: this one must be refused."""
        self._add(says, given, ["control"], control=True, expect="rejected", reasons=reasons.split())

    def accept(self, says: str, given: Mapping[str, Recipe], output: Mapping[str, Any], *flags: str) -> None:
        self._add(says, given, flags, expect="output", output=dict(output))

    def refuse(self, says: str, given: Mapping[str, Recipe], reasons: str, *flags: str) -> None:
        self._add(says, given, flags, expect="rejected", reasons=reasons.split())

    def data(self) -> dict[str, Any]:
        return {"id": self.name, "says": self.says, "cases": self.cases}


def file(  # noqa: PLR0917 - the parts of a file, in its order
    operation: str,
    title: str,
    notes: Mapping[str, tuple[str, str]],
    shared: Mapping[str, Recipe],
    base: Mapping[str, Recipe],
    groups: Sequence[Group],
) -> dict[str, Any]:
    used = {flag for group in groups for case in group.cases for flag in case["flags"]}
    explained = {"control": ("Valid, or what the group stands against; shows that the answer follows the input.", "")}
    explained |= dict(notes)
    assert used <= set(explained), used - set(explained)
    assert set(notes) <= used, set(notes) - used
    return {
        "title": title,
        "operation": operation,
        "test_only": "Made with the published keys of keys.json; never trust them.",
        "notes": {flag: {"says": says, **({"cite": cite} if cite else {})} for flag, (says, cite) in explained.items()},
        "shared": dict(shared),
        "input": dict(base),
        "groups": [group.data() for group in groups],
    }


def var(name: str) -> Recipe:
    return {"$var": name}


def now(offset: int = 0) -> Recipe:
    return {"$now": offset}


def keys(*names: Any) -> Recipe:
    return {"keys": [{"$jwk": name} for name in names]}


def jws(header: Recipe, payload: Recipe, key: Any = "issuer", alg: str = "", **rest: Any) -> Recipe:
    made = {"header": header, "payload": payload, "key": key, **rest}
    return {"$jws": {**made, "alg": alg} if alg else made}


def without(value: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: each for name, each in value.items() if name not in names}


def bits(text: str) -> Recipe:
    return {"$utf8": text}
