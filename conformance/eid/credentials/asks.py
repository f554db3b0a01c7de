"""What each requirement of the room needs to be asked: the groups of vectors that its entry names. Pure."""

from __future__ import annotations

from conformance.core.model import Requirement


def asks(requirement: Requirement) -> frozenset[str]:
    """One ask a group, `vectors:<group>`."""
    return frozenset(f"vectors:{group}" for group in requirement.params["groups"])


def budget(_: frozenset[str]) -> int:
    """Nothing is dialled: the implementation is a child process."""
    return 0
