"""Waivers: who tolerates which violation of which target until when. Applied in `core/judge.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from conformance.core.errors import ConfigError, nearest, shown
from conformance.core.model import Profile
from conformance.core.schema import load_document


@dataclass(frozen=True, slots=True)
class Waiver:
    """One waiver. issued, expires: its first and last day, both inclusive, UTC. revs: of the requirement it is for."""

    id: str
    requirement: str
    revs: tuple[int, ...]
    target: str
    reason: str
    approved_by: str
    issued: date
    expires: date


def load_waivers(path: Path, profile: Profile) -> tuple[Waiver, ...]:
    """The waivers of a file, in its order. A waiver for a rev that has passed is loaded: its cell says so.

    Raises:
        ConfigError: a requirement that the profile does not have, a rev that is not out yet, an id given twice, or
            days in the wrong order.
    """
    document = load_document(Path(path), "waivers")
    found: dict[str, Waiver] = {}
    for entry in document.data["waiver"]:
        where = f"waiver {shown(entry['id'])}"
        made = Waiver(
            id=entry["id"],
            requirement=entry["requirement"],
            revs=tuple(entry["revs"]),
            target=entry["target"],
            reason=entry["reason"],
            approved_by=entry["approved_by"],
            issued=date.fromisoformat(entry["issued"]),
            expires=date.fromisoformat(entry["expires"]),
        )
        if made.id in found:
            raise ConfigError(document.name, where, "a second waiver of this id", "each id once")
        requirement = profile.requirements.get(made.requirement)
        if requirement is None:
            expected = f"a requirement of {profile.id}@{profile.version}"
            near = nearest(made.requirement, profile.requirements)
            raise ConfigError(document.name, f"{where}.requirement", shown(made.requirement), expected, near)
        if max(made.revs) > requirement.rev:
            expected = f"at most {requirement.rev}, the rev of {made.requirement} in {profile.id}@{profile.version}"
            raise ConfigError(document.name, f"{where}.revs", str(max(made.revs)), expected)
        if made.expires < made.issued:
            raise ConfigError(
                document.name, f"{where}.expires", made.expires.isoformat(), f"{made.issued} (issued) or later"
            )
        found[made.id] = made
    return tuple(found.values())
