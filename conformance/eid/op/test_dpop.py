"""Sender-constrained tokens: EID-DPOP."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, NotTested, Rule, Untested, Violation, Violations
from conformance.eid.op.evidence import Dpop
from conformance.eid.op.reading import check, granted, refused


@requirement("EID-DPOP-01", "EID-DPOP-03", "EID-DPOP-06", "EID-DPOP-07", "EID-DPOP-08", "EID-DPOP-09")
def test_wrong_proofs_bring_nothing(dpop: Dpop, rule: Rule) -> Violations:
    yield from refused(dpop.trials, rule.params["trials"])


@requirement("EID-DPOP-02")
def test_tokens_are_bound(dpop: Dpop) -> Violations:
    if dpop.absent:
        raise NotApplicable(dpop.absent)
    if not dpop.by_certificate and dpop.token_type.lower() != "dpop":
        yield Violation("token_type is another", "DPoP", dpop.token_type or "absent")
    check(dpop.troubles, "bound")
    if dpop.bound is None:
        raise Untested(NotTested.UNSUPPORTED, "the token is opaque, and no introspection shows what it is bound to")
    if not dpop.bound:
        what, member = ("certificate", "cnf.x5t#S256") if dpop.by_certificate else ("key", "cnf.jkt")
        yield Violation(f"the token does not name our {what}", member, "another, or none")


@requirement("EID-DPOP-04")
def test_iat_is_held_against_the_clock(dpop: Dpop, rule: Rule) -> Violations:
    wanted = rule.params["accepted"]
    yield from granted(dpop.trials, wanted)
    yield from refused(dpop.trials, [name for name in rule.params["trials"] if name not in wanted])


@requirement("EID-DPOP-05", "EID-DPOP-11")
def test_allowed_spellings_are_accepted(dpop: Dpop, rule: Rule) -> Violations:
    yield from granted(dpop.trials, rule.params["trials"])


@requirement("EID-DPOP-10")
def test_nonce_may_be_supplied_on_retry(dpop: Dpop) -> Violations:
    if dpop.absent:
        raise NotApplicable(dpop.absent)
    if dpop.by_certificate:
        raise NotApplicable("the client's tokens are bound by certificate (RFC 8705), not by DPoP")
    if not dpop.challenged:
        raise NotApplicable("the provider asked for no nonce")
    if not dpop.retried:
        yield Violation("the same code does not work with the nonce", "a token", "refused")
