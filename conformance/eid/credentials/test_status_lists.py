"""Token Status Lists (draft-ietf-oauth-status-list)."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Rule, Violations
from conformance.eid.credentials.answers import violations
from conformance.eid.credentials.evidence import Vectors


@requirement("EID-TSL-01", "EID-TSL-02", "EID-TSL-03")
def test_statuses_are_read_from_the_right_list(vectors: Vectors, rule: Rule) -> Violations:
    """A status is taken from a signed, current, well-formed list, or not at all."""
    yield from violations(vectors, rule)
