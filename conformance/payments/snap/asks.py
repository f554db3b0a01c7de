"""Which groups of probes each requirement needs, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.core.model import Requirement

GROUPS = {
    "PAY-SNP-01": ("token",),
    "PAY-SNP-02": ("token",),
    "PAY-SNP-03": ("expiry",),
    "PAY-SNP-04": ("family",),
    "PAY-SNP-05": ("parts",),
    "PAY-SNP-06": ("encoding",),
    "PAY-SNP-06-S": ("encoding",),
    "PAY-SNP-07": ("family", "minify"),
    "PAY-SNP-08": ("family", "minify"),
    "PAY-SNP-09": ("family", "query"),
    "PAY-SNP-10": ("headers",),
    "PAY-SNP-11": ("times",),
    "PAY-SNP-12": ("external",),
    "PAY-SNP-13": ("digits",),
    "PAY-SNP-14": ("reference",),
    "PAY-SNP-15": ("token", "parts", "headers"),
    "PAY-SNP-16": ("amounts",),
    "PAY-SNP-17": ("status",),
    "PAY-SNP-18": ("decode",),
}
"""Requirement -> the groups of probes that it reads."""

COSTS = {
    "token": 8,
    "expiry": 3,
    "family": 18,
    "parts": 10,
    "encoding": 6,
    "minify": 4,
    "query": 6,
    "headers": 12,
    "times": 9,
    "external": 17,
    "digits": 4,
    "reference": 5,
    "amounts": 12,
    "status": 8,
    "decode": 4,
}
"""Group -> connections at most."""

ORDER = tuple(COSTS)


def asks(requirement: Requirement) -> frozenset[str]:
    """The groups that the requirement reads, as `snap:group`; the token group is always among them."""
    groups = GROUPS.get(requirement.id, ORDER)
    return frozenset(f"snap:{group}" for group in ("token", *groups))


def budget(asked: frozenset[str]) -> int:
    """How many connections a set of asks costs at most."""
    return sum(COSTS.get(ask.partition(":")[2], 0) for ask in asked)
