"""Waivers: who tolerates which violation of which target until when. Applied in `core/judge.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


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
