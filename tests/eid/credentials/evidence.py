"""Evidence of an implementation that answers every vector as it is due, made by hand: tests change one answer."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from conformance.eid.credentials.evidence import Answer, Group, Vectors
from conformance.eid.credentials.vectors import sources


def answer(case: dict[str, Any]) -> Answer:
    wanted = '{"x":1}' if case["expect"] == "output" else "{}"
    return Answer(
        case["id"],
        case["says"],
        case.get("control", False),
        case["expect"],
        tuple(case.get("reasons", ())),
        wanted,
        case["expect"],
        case.get("reasons", [""])[0],
        wanted if case["expect"] == "output" else "",
    )


def vectors() -> Vectors:
    groups = {
        name: Group(source.data["operation"], tuple(answer(case) for case in group["cases"]))
        for source in sources()
        for name, group in source.groups.items()
    }
    return Vectors("a library", "1", groups, {source.name: source.sha256 for source in sources()})


def changed(record: Vectors, group: str, position: int, **members: Any) -> Vectors:
    """The record with one answer changed."""
    answers = list(record.groups[group].answers)
    answers[position] = replace(answers[position], **members)
    return replace(record, groups={**record.groups, group: replace(record.groups[group], answers=tuple(answers))})
