"""What each requirement of credential issuers needs to be seen. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conformance.core.model import Requirement

PROOFS: Final = (
    "missing",
    "no-nonce",
    "wrong-nonce",
    "wrong-aud",
    "wrong-typ",
    "none",
    "bad-signature",
    "private-jwk",
)
REQUESTS: Final = ("unknown-configuration", "both-identifiers", "no-identifier", "unknown-proof-type")
ACCESS: Final = ("no-token", "query-token", "other-token", "bearer-downgrade")

ASKS: Final[Mapping[str, tuple[str, ...]]] = {
    "EID-VCI-01": ("issuer_metadata",),
    "EID-VCI-04": ("nonces",),
    "EID-VCI-05": tuple(f"issuance:proof/{name}" for name in PROOFS),
    "EID-VCI-07": tuple(f"issuance:request/{name}" for name in REQUESTS),
    "EID-VCI-08": tuple(f"issuance:access/{name}" for name in ACCESS),
    "EID-VCI-09": ("issued",),
    "EID-SDJ-15-G": ("issued",),
}


def asks(requirement: Requirement) -> frozenset[str]:
    """The asks of one requirement."""
    return frozenset(ASKS[requirement.id])


def budget(asked: frozenset[str]) -> int:
    """Connections at most: metadata, token and issuer key once, and nonce and request for each attempt."""
    attempts = sum(ask.startswith("issuance:") for ask in asked)
    return 1 + (6 if asked - {"issuer_metadata", "nonces"} else 0) + ("nonces" in asked) + 2 * (attempts + 3)
