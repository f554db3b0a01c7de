"""Sender-constrained tokens: EID-DPOP, EID-HIGH-01."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, NotTested, Rule, Untested, Violation, Violations
from conformance.eid.op.evidence import Discovery, Dpop
from conformance.eid.op.reading import check, granted, metadata, refused, strings


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


@requirement("EID-HIGH-01")
def test_tokens_can_be_bound(discovery: Discovery, dpop: Dpop) -> Violations:
    """The metadata offers to bind tokens, or a token that is bound came; how well they are bound is EID-DPOP.

    Raises:
        Untested: OPT_IN, where it is offered, and the manifest's client does not use it.
    """
    members = metadata(discovery)
    by_key = strings(members, "dpop_signing_alg_values_supported")
    offered = by_key or members.get("tls_client_certificate_bound_access_tokens") is True
    if offered and dpop.absent:
        raise Untested(NotTested.OPT_IN, dpop.absent)
    if not offered and not dpop.bound and dpop.token_type.lower() != "dpop":
        seen = dpop.absent or f"neither, and a token of type {dpop.token_type or 'none'}"
        yield Violation("tokens are bound to nothing", "DPoP or certificate-bound tokens", seen)


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
