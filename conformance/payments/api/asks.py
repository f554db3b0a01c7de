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
    "PAY-CB-01": (),
    "PAY-CB-02": ("receiver",),
    "PAY-CB-03": ("receiver",),
    "PAY-CB-04": (),
    "PAY-CB-05": ("register",),
    "PAY-CB-06": ("order",),
    "PAY-TLS-04": ("constraint",),
    "PAY-TLS-04-S": ("constraint",),
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
    "constraint": 10,
    "pages": 28,
    "throttle": 60,
}
"""Group -> connections at most, in the order of looking: what makes a service refuse everybody comes last."""


CALLBACKS = frozenset({"PAY-CB-01", "PAY-CB-03", "PAY-CB-04", "PAY-CB-05"})
"""The requirements that read what callbacks arrived."""
CALLBACK_COST = 8


def asks(requirement: Requirement) -> frozenset[str]:
    """The groups that the requirement reads, as `api:group`, and `callbacks`."""
    groups = frozenset(f"api:{group}" for group in GROUPS.get(requirement.id, tuple(COSTS)))
    return groups | {"callbacks"} if requirement.id in CALLBACKS or requirement.id not in GROUPS else groups


def budget(asked: frozenset[str]) -> int:
    """How many connections a set of asks costs at most."""
    return sum(CALLBACK_COST if ask == "callbacks" else COSTS.get(ask.partition(":")[2], 0) for ask in asked)
