"""Which groups of probes each requirement needs, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.core.model import Requirement

GROUPS = {
    "PAY-FSP-01": ("headers",),
    "PAY-FSP-02": ("results", "expiry"),
    "PAY-FSP-03": ("signatures",),
    "PAY-FSP-04": ("altered",),
    "PAY-FSP-05": ("amounts",),
    "PAY-FSP-06": ("results", "repeats"),
    "PAY-FSP-07": ("results", "fulfilment", "expiry"),
    "PAY-FSP-08": ("errors",),
}
"""Requirement -> the groups of probes that it reads."""

COSTS = {
    "expiry": 3,
    "headers": 9,
    "signatures": 11,
    "altered": 9,
    "amounts": 9,
    "errors": 7,
    "results": 4,
    "repeats": 2,
    "fulfilment": 3,
}
"""Group -> connections at most, in the order of looking: what has to expire begins first."""


def asks(requirement: Requirement) -> frozenset[str]:
    """The groups that the requirement reads, as `fspiop:group`."""
    return frozenset(f"fspiop:{group}" for group in GROUPS.get(requirement.id, tuple(COSTS)))


def budget(asked: frozenset[str]) -> int:
    """How many connections a set of asks costs at most."""
    return sum(COSTS.get(ask.partition(":")[2], 0) for ask in asked)
