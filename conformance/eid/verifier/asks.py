"""What each requirement of credential verifiers needs to be seen. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conformance.core.model import Requirement

WRONG: Final = ("nonce", "audience", "sd-hash", "kb-signature", "credential-signature", "no-key-binding")
UNWANTED: Final = ("other-type", "missing-claim", "untrusted-issuer")

ASKS: Final[Mapping[str, tuple[str, ...]]] = {
    "EID-VP-01": ("vp_request",),
    "EID-VP-02": tuple(f"presentations:wrong/{name}" for name in WRONG),
    "EID-VP-03": tuple(f"presentations:unwanted/{name}" for name in UNWANTED),
}


def asks(requirement: Requirement) -> frozenset[str]:
    """The asks of one requirement."""
    return frozenset(ASKS[requirement.id])


def budget(asked: frozenset[str]) -> int:
    """Connections at most: start and request object, and for a presentation the response and two looks as well."""
    shown = sum(ask.startswith("presentations:") for ask in asked)
    return 4 * ("vp_request" in asked) + 5 * (shown + 2) * bool(shown)
