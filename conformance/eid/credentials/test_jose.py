"""JSON Web Signatures, ID tokens and DPoP proofs (RFC 7515, RFC 8725, OpenID Connect Core, RFC 9449)."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Rule, Violations
from conformance.eid.credentials.answers import violations
from conformance.eid.credentials.evidence import Vectors


@requirement("EID-LIB-01", "EID-LIB-02", "EID-LIB-03", "EID-LIB-04", "EID-LIB-05")
def test_signatures_are_verified_as_the_caller_asks(vectors: Vectors, rule: Rule) -> Violations:
    """A token is accepted with the caller's algorithms and keys alone, in its one form."""
    yield from violations(vectors, rule)


@requirement(
    "EID-LIB-06", "EID-LIB-07", "EID-LIB-08", "EID-LIB-09", "EID-LIB-10", "EID-LIB-11", "EID-LIB-12", "EID-LIB-13"
)
def test_id_tokens_are_validated(vectors: Vectors, rule: Rule) -> Violations:
    """An ID token is accepted for its issuer, client, time and request alone."""
    yield from violations(vectors, rule)


@requirement("EID-LIB-14", "EID-LIB-15")
def test_id_tokens_are_of_the_level_and_nesting_asked_for(vectors: Vectors, rule: Rule) -> Violations:
    """A level that was asked for is there, and what is encrypted is signed as well."""
    yield from violations(vectors, rule)


@requirement("EID-LIB-16", "EID-LIB-17", "EID-LIB-18")
def test_dpop_proofs_are_of_this_request(vectors: Vectors, rule: Rule) -> Violations:
    """A proof is accepted for its request, its token and its key alone."""
    yield from violations(vectors, rule)
