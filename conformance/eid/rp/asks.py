"""What each requirement needs to be seen: logins by the name of their case; and what they cost. Pure."""

from __future__ import annotations

from conformance.core.model import Requirement

CONTROLS = ("control-first", "control-middle", "control-last")
"""Logins that every run has: nothing is wrong with them."""

ROTATED = ("kid_unknown", "key_rotated", "odd_key", "jwks_large", "jwks_redirects")
"""Cases that need the relying party to fetch our keys again."""

FLOW = 8
"""Connections of one login at most, as redirects go."""


def asks(requirement: Requirement) -> frozenset[str]:
    """The cases that the requirement's parameter `cases` names; the controls where it names none."""
    cases = requirement.params.get("cases", ())
    return frozenset(f"logins:{case}" for case in (cases or CONTROLS))


def budget(asked: frozenset[str]) -> int:
    """How many connections the logins cost at most; our own listener's are not counted."""
    if not asked:
        return 0
    cases = {ask.partition(":")[2] for ask in asked} | set(CONTROLS)
    if cases & set(ROTATED):
        cases.add("key_rotated")
    return 1 + FLOW * len(cases)
