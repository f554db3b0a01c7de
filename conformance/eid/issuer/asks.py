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
TIMES: Final = ("iat-past", "iat-future", "old-nonce")
REQUESTS: Final = ("unknown-configuration", "both-identifiers", "no-identifier", "unknown-proof-type")
ACCESS: Final = ("no-token", "query-token", "other-token", "bearer-downgrade")
ENCRYPTION: Final = ("unsupported",)
ATTESTATIONS: Final = (
    "key/bad-signature",
    "key/expired",
    "key/other-key",
    "wallet/bad-signature",
    "wallet/expired",
    "wallet/wrong-aud",
    "wallet/other-key",
)

ASKS: Final[Mapping[str, tuple[str, ...]]] = {
    "EID-VCI-01": ("issuer_metadata",),
    "EID-VCI-02": ("signed_metadata",),
    "EID-VCI-03": ("code_flow",),
    "EID-VCI-04": ("nonces",),
    "EID-VCI-05": tuple(f"issuance:proof/{name}" for name in PROOFS),
    "EID-VCI-06": tuple(f"issuance:time/{name}" for name in TIMES),
    "EID-VCI-07": tuple(f"issuance:request/{name}" for name in REQUESTS),
    "EID-VCI-08": tuple(f"issuance:access/{name}" for name in ACCESS),
    "EID-VCI-09": ("issued",),
    "EID-VCI-10": tuple(f"issuance:encryption/{name}" for name in ENCRYPTION),
    "EID-VCI-11": ("issued_batch",),
    "EID-VCI-12": tuple(f"attestations:{name}" for name in ATTESTATIONS),
    "EID-VCI-13": ("offer_codes",),
    "EID-SDJ-15-G": ("issued",),
    "EID-TSL-04": ("status_list",),
    "EID-MDOC-06": ("issued_mdoc",),
}

COSTS: Final[Mapping[str, int]] = {
    "signed_metadata": 1,
    "nonces": 1,
    "code_flow": 20,
    "issued": 4,
    "issued_batch": 2,
    "status_list": 5,
    "issued_mdoc": 2,
    "issuance": 2,
    "attestations": 2,
}
"""Connections at most for an ask, beside metadata and token, which are asked for once."""


def asks(requirement: Requirement) -> frozenset[str]:
    """The asks of one requirement: of codes also how often a wrong transaction code is tried."""
    found = frozenset(ASKS[requirement.id])
    return frozenset({f"offer_codes:{requirement.params['tries']}"}) if "offer_codes" in found else found


def budget(asked: frozenset[str]) -> int:
    """Connections at most: metadata, token and nonces once, and what each ask and its controls cost."""
    kinds = {ask.partition(":")[0] for ask in asked}
    controls = 6 * ("issuance" in kinds) + 8 * ("attestations" in kinds)
    tries = sum(2 * (int(ask.partition(":")[2]) + 2) for ask in asked if ask.startswith("offer_codes:"))
    each = sum(COSTS.get(ask.partition(":")[0], 0) for ask in asked)
    return 1 + (6 if kinds - {"issuer_metadata", "nonces", "signed_metadata"} else 0) + each + controls + tries
