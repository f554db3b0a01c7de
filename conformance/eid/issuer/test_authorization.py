"""How a wallet comes to a token (OpenID4VCI 1.0 sections 5 and 6; HAIP 1.0 section 4)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.area import requirement
from conformance.core.model import NotTested, Reason, Rule, Undecided, Untested, Violation, Violations
from conformance.eid.issuer.evidence import AuthorizationFlow, Codes, Exchange


@requirement("EID-VCI-03")
def test_code_flow_is_pushed_bound_and_scoped(code_flow: AuthorizationFlow) -> Violations:
    """What the metadata does not offer is a violation at once; what is offered is held against what is answered."""
    seen = code_flow
    yield from offered(seen)
    if not seen.par:
        return
    if seen.lacking:
        raise Untested(NotTested.NO_CREDENTIAL, seen.lacking)
    if not answered(seen.pushed["right"], "right").pushed:
        control = seen.pushed["right"]
        raise Undecided(Reason.CONTROL_FAILED, f"a right pushed request: {control.status} {control.error}".rstrip())
    for name in ("no-challenge", "plain"):
        if answered(seen.pushed[name], name).pushed:
            yield Violation(f"takes a pushed request: {name}", "refused", f"status {seen.pushed[name].status}")
    if seen.led_to == "error":
        yield Violation("a pushed request leads to no login and no code", "the authorization endpoint goes on")
    elif seen.led_to == "callback" and seen.token_type.lower() != "dpop":
        yield Violation("a token is not bound to the wallet's key", "token_type DPoP", seen.token_type or "no token")


def offered(seen: AuthorizationFlow) -> Iterator[Violation]:
    """What the metadata lacks."""
    if "authorization_code" not in seen.grants:
        yield Violation("the authorization-code flow is not offered", "authorization_code", ", ".join(seen.grants))
    if not seen.par:
        yield Violation("no pushed_authorization_request_endpoint")
    if "S256" not in seen.challenges:
        yield Violation("S256 is not offered", "code_challenge_methods_supported with S256", ", ".join(seen.challenges))
    if not seen.dpop:
        yield Violation("DPoP is not offered", "dpop_signing_alg_values_supported")
    if seen.unscoped:
        yield Violation("configurations without a scope", "a scope each", ", ".join(seen.unscoped[:5]))


@requirement("EID-VCI-13")
def test_codes_are_redeemed_once_and_not_guessed(offer_codes: Codes, rule: Rule) -> Violations:
    """The code that gave this run's token is the control: what is refused was good a moment before."""
    seen = offer_codes
    yield from not_redeemed(seen.again, "again, after it gave a token", rule)
    if not seen.transaction:
        return
    if seen.lacking or seen.after is None:
        raise Untested(NotTested.NO_CREDENTIAL, f"nothing was tried with wrong transaction codes: {seen.lacking}")
    for count, each in enumerate(seen.wrong):
        if count == 0:
            yield from not_redeemed(each, "with a wrong transaction code", rule)
        elif answered(each, f"try {count + 1}").token:
            yield Violation(f"a code is redeemed with a wrong transaction code: try {count + 1}", "refused")
    if answered(seen.after, "the right transaction code").status == 429:
        raise Undecided(Reason.RATE_LIMIT, f"after {len(seen.wrong)} wrong transaction codes")
    if seen.after.token:
        message = f"a code is redeemed after {len(seen.wrong)} wrong transaction codes"
        yield Violation(message, "refused", f"status {seen.after.status}")


def not_redeemed(seen: Exchange, what: str, rule: Rule) -> Iterator[Violation]:
    """A request that gave a token, or was refused with another status or code than fits."""
    codes = rule.params["refusals"]
    if answered(seen, what).status == 429:
        raise Undecided(Reason.RATE_LIMIT, what)
    if seen.token:
        yield Violation(f"a code is redeemed {what}", "refused", f"status {seen.status}")
    elif not 400 <= seen.status < 500:
        yield Violation(f"no refusal of the client: {what}", "4xx", f"status {seen.status}")
    elif seen.error not in codes:
        yield Violation(f"another error code: {what}", " or ".join(codes), seen.error)


def answered(seen: Exchange, what: str) -> Exchange:
    """A request that was answered. Raises Undecided for one that was not."""
    if seen.trouble:
        reason, _, detail = seen.trouble.partition(": ")
        raise Undecided(Reason(reason), f"{what}: {detail}")
    return seen
