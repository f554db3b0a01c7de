"""What each requirement needs to be seen. Pure.

Asks: `messages`; `exchanges` for the controls alone, `exchanges:CASE` for a payment by the name of its mutation or
flow; `lookups`, `burst`, `canary`.
"""

from __future__ import annotations

from collections.abc import Mapping

from conformance.core.model import Requirement

SENDER, GATEWAY = "iso20022-sender", "ips-gateway"
OTHERS: Mapping[str, str] = {
    "PAY-ISO-20": "canary",
    "PAY-PRX-01-R": "lookups",
    "PAY-PRX-02": "lookups",
    "PAY-PRX-03": "lookups",
    "PAY-PRX-04": "burst",
}
"""Requirements of a gateway that look at something else than payments."""

COSTS: Mapping[str, int] = {"messages": 0, "exchanges": 4, "lookups": 20, "burst": 103, "canary": 2}
"""Connections by observation: controls and the table of currencies are among those of `exchanges`."""


def asks(requirement: Requirement) -> frozenset[str]:
    """The asks of one requirement."""
    if SENDER in requirement.roles:
        return frozenset({"messages"})
    if requirement.id in OTHERS:
        return frozenset({OTHERS[requirement.id]})
    cases = (*requirement.params.get("cases", {}), *requirement.params.get("accepted", ()))
    return frozenset({"exchanges", *(f"exchanges:{case}" for case in cases)})


def budget(asked: frozenset[str]) -> int:
    """How many connections a set of asks opens at most."""
    return sum(1 if ":" in ask else COSTS[ask] for ask in asked)
