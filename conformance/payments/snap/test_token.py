"""The token endpoint: SNAP security chapter, access token B2B (service 73)."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, Rule, Violation, Violations
from conformance.payments.snap.evidence import Snap
from conformance.payments.snap.reading import accepted, answered, case, controls, group, shown, stated

RIGHT = ("token/right", "token/right-after")


@requirement("PAY-SNP-01")
def test_token_is_issued(snap: Snap, rule: Rule) -> Violations:
    """A right request gets a bearer token with its lifetime, under the rule's response code."""
    group(snap, "token")
    for probe in RIGHT:
        answer = answered(snap, probe)
        if answer.status != 200 or answer.code != rule.params["code"]:
            yield Violation(f"answers {probe} otherwise", f"HTTP 200, {rule.params['code']}", shown(answer))
            return
    facts = snap.token
    if not facts.length:
        yield Violation("issues no accessToken", "a string of at most 2048 characters", "none")
    elif facts.length > rule.params["max_length"]:
        yield Violation("issues a longer accessToken", f"at most {rule.params['max_length']}", str(facts.length))
    if facts.token_type.lower() != "bearer":
        yield Violation("names another tokenType", "Bearer", facts.token_type or "none")
    if not facts.expires_in.isdigit() or int(facts.expires_in) == 0:
        yield Violation("states no lifetime", "expiresIn in seconds", facts.expires_in or "none")


@requirement("PAY-SNP-02")
def test_token_errors_have_their_codes(snap: Snap, rule: Rule) -> Violations:
    """Each wrong request is answered with the code that the rule lists for it."""
    group(snap, "token")
    controls(snap, *RIGHT)
    for probe, code in rule.params["codes"].items():
        answer = answered(snap, f"token/{probe}")
        if answer.code != code or accepted(answer):
            yield Violation(f"answers {probe} otherwise", code, shown(answer))


@requirement("PAY-SNP-03")
def test_token_ends(snap: Snap) -> Violations:
    """A token that worked is refused after its expiresIn, while a later one works."""
    if stated(snap, "mode") == "asymmetric":
        raise NotApplicable("the manifest states that transactions are signed with RSA and carry no token")
    group(snap, "expiry")
    controls(snap, "expiry/token", "expiry/before", "expiry/control")
    answer = answered(snap, "expiry/after")
    if accepted(answer) or case(answer) != "401xx01":
        yield Violation("answers a token after its expiresIn otherwise", "401xx01", shown(answer))
