"""mdoc (ISO/IEC 18013-5 section 9)."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Rule, Violations
from conformance.eid.credentials.answers import violations
from conformance.eid.credentials.evidence import Vectors


@requirement("EID-MDOC-01", "EID-MDOC-02", "EID-MDOC-03", "EID-MDOC-04", "EID-MDOC-05", "EID-LIB-20")
def test_documents_are_authenticated(vectors: Vectors, rule: Rule) -> Violations:
    """Issuer, chain, digests, validity, device and form."""
    yield from violations(vectors, rule)
