"""Client authentication: EID-CLI."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Rule, Violations
from conformance.eid.op.evidence import ClientAuthentication
from conformance.eid.op.reading import granted, refused


@requirement("EID-CLI-01")
def test_assertion_for_the_issuer_is_accepted(client_authentication: ClientAuthentication, rule: Rule) -> Violations:
    yield from granted(client_authentication.trials, rule.params["trials"])


@requirement(
    "EID-CLI-02", "EID-CLI-02-S", "EID-CLI-03", "EID-CLI-05", "EID-CLI-06", "EID-CLI-07", "EID-CLI-09", "EID-CLI-10"
)
def test_wrong_credentials_are_refused(client_authentication: ClientAuthentication, rule: Rule) -> Violations:
    yield from refused(client_authentication.trials, rule.params["trials"])


@requirement("EID-CLI-04", "EID-CLI-08")
def test_bounds_of_assertions(client_authentication: ClientAuthentication, rule: Rule) -> Violations:
    wanted = rule.params["accepted"]
    yield from granted(client_authentication.trials, wanted)
    yield from refused(client_authentication.trials, [name for name in rule.params["trials"] if name not in wanted])
