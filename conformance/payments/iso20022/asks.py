"""What each requirement needs to be seen. Pure.

Asks: `messages`; `exchanges:CASE` (a payment that is sent, by the name of its mutation or flow), `lookups`, `burst`,
`canary`.
"""

from __future__ import annotations

from conformance.core.model import Requirement

SENDER, GATEWAY = "iso20022-sender", "ips-gateway"


def asks(requirement: Requirement) -> frozenset[str]:
    """The asks of one requirement."""
    if SENDER in requirement.roles:
        return frozenset({"messages"})
    raise ValueError(requirement.id)


def budget(asked: frozenset[str]) -> int:
    """How many connections a set of asks opens at most."""
    return 0 if asked <= {"messages"} else len(asked)
