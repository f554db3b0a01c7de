"""SD-JWT VC: what a verifier refuses (RFC 9901 section 7, draft-ietf-oauth-sd-jwt-vc)."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Rule, Violations
from conformance.eid.credentials.answers import violations
from conformance.eid.credentials.evidence import Vectors


@requirement("EID-SDJ-01", "EID-SDJ-02", "EID-SDJ-02-S", "EID-SDJ-03", "EID-SDJ-04", "EID-SDJ-16")
def test_credentials_are_of_a_trusted_issuer_and_in_time(vectors: Vectors, rule: Rule) -> Violations:
    """Signature, type, time and chain."""
    yield from violations(vectors, rule)


@requirement("EID-SDJ-05", "EID-SDJ-06", "EID-SDJ-07", "EID-SDJ-08", "EID-SDJ-09", "EID-SDJ-10", "EID-LIB-19")
def test_disclosures_are_processed_as_rfc_9901_says(vectors: Vectors, rule: Rule) -> Violations:
    """Every Disclosure has one place, and every place one Disclosure."""
    yield from violations(vectors, rule)


@requirement("EID-SDJ-11", "EID-SDJ-12", "EID-SDJ-13", "EID-SDJ-14", "EID-SDJ-15-R")
def test_presentations_are_bound_to_holder_verifier_and_moment(vectors: Vectors, rule: Rule) -> Violations:
    """Key binding."""
    yield from violations(vectors, rule)
