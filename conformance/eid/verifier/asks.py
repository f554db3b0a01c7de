"""What each requirement of credential verifiers needs to be seen. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conformance.core.model import Requirement

WRONG: Final = ("nonce", "audience", "sd-hash", "kb-signature", "credential-signature", "no-key-binding")
UNWANTED: Final = ("other-type", "missing-claim", "untrusted-issuer")
TWICE: Final = "again/response"

ASKS: Final[Mapping[str, tuple[str, ...]]] = {
    "EID-VP-01": ("vp_request",),
    "EID-VP-02": tuple(f"presentations:wrong/{name}" for name in WRONG),
    "EID-VP-03": tuple(f"presentations:unwanted/{name}" for name in UNWANTED),
    "EID-VP-04": ("vp_request", f"presentations:{TWICE}"),
    "EID-VP-05": ("vp_request",),
}


def asks(requirement: Requirement) -> frozenset[str]:
    """The asks of one requirement."""
    return frozenset(ASKS[requirement.id])


def budget(asked: frozenset[str]) -> int:
    """Connections at most: start and request object, for a presentation also responses and looks."""
    shown = sum(ask.startswith("presentations:") for ask in asked)
    return 4 * ("vp_request" in asked) + 6 * (shown + 2) * bool(shown)
