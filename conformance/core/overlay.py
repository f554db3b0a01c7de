"""What an overlay may change in a requirement: tighten, or loosen under a derogation that stays visible.

Tightening is: the level rises (MAY, SHOULD, MUST), the in-force date comes earlier, a parameter moves as the
requirement's `tighten` table says. A parameter that the table does not name has no direction, so any change of it
counts as loosening. A derogation names its authority, its last day and its reason; it is kept on the requirement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from conformance.core.errors import ConfigError, nearest, shown
from conformance.core.model import Level, Requirement

STRENGTH = {Level.MAY: 0, Level.SHOULD: 1, Level.SHOULD_NOT: 1, Level.MUST: 2, Level.MUST_NOT: 2}

DIRECTION = {
    "min": "at least",
    "max": "at most",
    "subset": "some of",
    "superset": "all of",
}
"""How a tighter value relates to the one before: the words of a message."""

Loosening = tuple[str, str, str]
"""(key, found, expected)."""


def apply_change(old: Requirement, change: Mapping[str, Any], name: str, where: str) -> Requirement:
    """The requirement as an overlay's `[[change]]` leaves it.

    Args:
        old: the requirement as the profile below has it.
        change: level, params, in_force, in_force_note, derogation; each optional.
        name: the overlay's file, for messages.
        where: the place of the change in it, for messages.

    Raises:
        ConfigError: it loosens without derogation, a derogation loosens nothing, or a parameter is unknown.
    """
    for key in change.get("params", {}):
        if key not in old.params:
            raise ConfigError(name, f"{where}.params", shown(key), f"a parameter of {old.id}", nearest(key, old.params))
    level = Level(change.get("level", old.level))
    if Level.MAY not in (level, old.level) and ("NOT" in level) != ("NOT" in old.level):
        raise ConfigError(name, f"{where}.level", level.value, f"a level that does not turn {old.level} round")
    in_force = date.fromisoformat(change["in_force"]) if "in_force" in change else old.in_force
    if "in_force" in change and "in_force_note" not in change:
        raise ConfigError(name, where, "no in_force_note", "the key in_force_note: whose date it is")
    loosened = list(_loosened(old, change, level, in_force))
    derogation = change.get("derogation")
    if loosened and derogation is None:
        key, found, expected = loosened[0]
        raise ConfigError(name, f"{where}.{key}", found, f"{expected}; loosening needs a derogation")
    if derogation is not None and not loosened:
        raise ConfigError(name, f"{where}.derogation", "a derogation that loosens nothing", "none")
    return replace(
        old,
        level=level,
        statement=old.statement.replace(old.level.value, level.value),
        params={**old.params, **change.get("params", {})},
        in_force=in_force,
        in_force_note=change.get("in_force_note", old.in_force_note),
        derogation=old.derogation if derogation is None else _said(old.derogation, derogation),
    )


def _said(before: str, derogation: Mapping[str, str]) -> str:
    text = f"{derogation['authority']}, until {derogation['until']}: {derogation['reason']}"
    return f"{before}; {text}" if before else text


def _loosened(old: Requirement, change: Mapping[str, Any], level: Level, in_force: date | None) -> Iterator[Loosening]:
    """What a change loosens."""
    if STRENGTH[level] < STRENGTH[old.level]:
        yield "level", level.value, f"{old.level} or stricter"
    if in_force and (old.in_force is None or in_force > old.in_force):
        yield "in_force", in_force.isoformat(), f"{old.in_force or 'no date: it is in force'}, or earlier"
    for key, value in change.get("params", {}).items():
        direction = old.tighten.get(key, "")
        if not tighter(direction, old.params[key], value):
            relation = DIRECTION.get(direction, "no other value than")
            yield f"params.{key}", _text(value), f"{relation} {_text(old.params[key])}"


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return shown(", ".join(map(str, value)))
    return shown(value)


def tighter(direction: str, old: Any, new: Any) -> bool:
    """Whether `new` is as tight as `old` or tighter, `direction` being one of DIRECTION or empty."""
    if direction in ("min", "max"):
        if isinstance(new, bool) or not isinstance(new, int | float):
            return False
        return bool(new >= old if direction == "min" else new <= old)
    if direction in ("subset", "superset"):
        return _contained(direction, old, new)
    return bool(_comparable(old) == _comparable(new))


def _contained(direction: str, old: Any, new: Any) -> bool:
    """Lists as sets; tables by key, each value contained likewise."""
    if isinstance(old, Mapping) != isinstance(new, Mapping) or not hasattr(new, "__iter__") or isinstance(new, str):
        return False
    small, large = (new, old) if direction == "subset" else (old, new)
    if isinstance(small, Mapping):
        return all(key in large and _contained(direction, old[key], new[key]) for key in small)
    return bool(small) and set(map(repr, small)) <= set(map(repr, large))


def _comparable(value: Any) -> Any:
    """Lists and tuples alike."""
    if isinstance(value, Mapping):
        return {key: _comparable(each) for key, each in value.items()}
    return [_comparable(each) for each in value] if isinstance(value, list | tuple) else value
