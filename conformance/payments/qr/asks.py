"""What a requirement needs to be seen, and what it costs."""

from __future__ import annotations

from conformance.core.model import Requirement


def asks(requirement: Requirement) -> frozenset[str]:
    """The observations of one requirement: payloads of an issuer, answers of a reader."""
    if "qr-issuer" in requirement.roles:
        return frozenset({"qr_payloads"})
    return frozenset(f"qr_answers:{group}" for group in requirement.params.get("groups", ()))


def budget(asked: frozenset[str]) -> int:
    """Connections: none is opened, since payloads are files and readers are children."""
    del asked
    return 0
