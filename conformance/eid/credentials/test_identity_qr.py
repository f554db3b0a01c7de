"""Identity QR codes: MOSIP Claim 169, the JSON form of older cards, and visible digital seals."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Rule, Violations
from conformance.eid.credentials.answers import violations
from conformance.eid.credentials.evidence import Vectors


@requirement("EID-QR-01", "EID-QR-02", "EID-QR-03", "EID-QR-04", "EID-QR-05")
def test_codes_are_verified_before_they_are_shown(vectors: Vectors, rule: Rule) -> Violations:
    """A code is shown after its signature was verified, and as it was signed."""
    yield from violations(vectors, rule)
