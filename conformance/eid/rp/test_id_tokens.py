"""ID tokens: claims, signature and assurance. EID-RP-06 to EID-RP-14, EID-RP-16, EID-RP-18."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Rule, Violations
from conformance.eid.rp.evidence import Logins
from conformance.eid.rp.reading import refused


@requirement(
    *("EID-RP-06", "EID-RP-07", "EID-RP-08", "EID-RP-09", "EID-RP-10", "EID-RP-11"),
    *("EID-RP-12", "EID-RP-13", "EID-RP-14", "EID-RP-16", "EID-RP-18"),
)
def test_wrong_id_token_is_refused(logins: Logins, rule: Rule) -> Violations:
    yield from refused(logins, rule.params["cases"])
