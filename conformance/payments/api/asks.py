"""Which groups of probes each requirement needs, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.core.model import Requirement

GROUPS = {
    "PAY-API-01": ("repeats",),
    "PAY-API-02": ("repeats",),
    "PAY-API-03": ("at-once",),
    "PAY-API-04": ("errors",),
    "PAY-API-05": ("hostile",),
    "PAY-API-06": ("errors",),
    "PAY-API-07": ("throttle",),
    "PAY-API-07-S": ("throttle",),
    "PAY-API-08": ("amounts",),
    "PAY-API-09": ("pages",),
    "PAY-API-10": ("errors", "hostile"),
    "PAY-CB-01": ("callbacks",),
    "PAY-CB-02": ("receiver",),
    "PAY-CB-03": ("callbacks", "receiver"),
    "PAY-CB-04": ("callbacks",),
    "PAY-CB-05": ("register", "callbacks"),
    "PAY-CB-06": ("order",),
}
"""Requirement -> the groups of probes that it reads."""

COSTS = {
    "repeats": 7,
    "at-once": 14,
    "errors": 9,
    "hostile": 6,
    "amounts": 8,
    "receiver": 8,
    "order": 4,
    "register": 9,
    "callbacks": 8,
    "pages": 28,
    "throttle": 60,
}
"""Group -> connections at most, in the order of looking: what makes a service refuse everybody comes last."""


def asks(requirement: Requirement) -> frozenset[str]:
    """The groups that the requirement reads, as `api:group`."""
    return frozenset(f"api:{group}" for group in GROUPS.get(requirement.id, tuple(COSTS)))


def budget(asked: frozenset[str]) -> int:
    """How many connections a set of asks costs at most."""
    return sum(COSTS.get(ask.partition(":")[2], 0) for ask in asked)
