"""Credential verifiers (OpenID4VP 1.0; HAIP 1.0)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.area import requirement
from conformance.core.model import Reason, Rule, Undecided, Violation, Violations
from conformance.eid.verifier.asks import UNWANTED, WRONG
from conformance.eid.verifier.evidence import Presentations, RequestFacts, Shown


@requirement("EID-VP-01")
def test_request_is_signed_fresh_and_addressed(vp_request: RequestFacts, rule: Rule) -> Violations:
    seen = vp_request
    if seen.trouble:
        yield Violation(seen.trouble, "a signed request object with x5c")
        return
    yield from signed(seen, rule)
    if seen.audience not in rule.params["audiences"]:
        yield Violation("aud is another", " or ".join(rule.params["audiences"]), seen.audience)
    if seen.nonce_octets < rule.params["nonce_octets"]:
        yield Violation("the nonce is short", f"{rule.params['nonce_octets']} octets", f"{seen.nonce_octets} octets")
    if not seen.fresh:
        yield Violation("two requests have the same nonce")
    if seen.query:
        yield Violation(f"dcql_query: {seen.query}")
    if not seen.response_uri.startswith("https://"):
        yield Violation("response_uri is no https URL", "https://...", seen.response_uri)


def signed(seen: RequestFacts, rule: Rule) -> Iterator[Violation]:
    """What is wrong with the request object's form, its signature and whose it is."""
    if seen.media_type and seen.media_type != "application/oauth-authz-req+jwt":
        yield Violation("the request object has another media type", "application/oauth-authz-req+jwt", seen.media_type)
    if seen.typ != "oauth-authz-req+jwt":
        yield Violation("typ is another", "oauth-authz-req+jwt", seen.typ)
    if not seen.verified:
        yield Violation("the signature is not by the key of x5c", "verified", seen.alg)
    if seen.prefix not in rule.params["prefixes"]:
        yield Violation("client_id has another prefix", " or ".join(rule.params["prefixes"]), seen.prefix)
    elif not seen.hash_matches:
        yield Violation("client_id is not that of the certificate in x5c")
    if not seen.same_client:
        yield Violation("the reference names another client_id than the request")


@requirement("EID-VP-02")
def test_wrong_presentations_are_refused(presentations: Presentations) -> Violations:
    yield from refused(presentations, "wrong", WRONG)


@requirement("EID-VP-03")
def test_unwanted_credentials_are_refused(presentations: Presentations) -> Violations:
    yield from refused(presentations, "unwanted", UNWANTED)


def refused(presentations: Presentations, group: str, names: tuple[str, ...]) -> Iterator[Violation]:
    """Every presentation of a group after which the marker was seen.

    Raises:
        Undecided: a control was not accepted, a presentation was not shown or its result not seen.
    """
    for name in ("control-before", "control-after"):
        control = looked_at(presentations, name)
        if not control.accepted:
            raise Undecided(Reason.CONTROL_FAILED, f"{name}: status {control.status}, and the marker is not seen")
    for name in names:
        seen = looked_at(presentations, f"{group}/{name}")
        if seen.accepted:
            yield Violation(f"accepts a presentation: {name}", "refused", f"status {seen.status}, the marker is seen")


def looked_at(presentations: Presentations, name: str) -> Shown:
    """A presentation whose result was looked at. Raises Undecided for one that was not."""
    found = presentations.shown.get(name)
    if found is None:
        raise Undecided(Reason.NOT_OBSERVABLE, f"{name} was not shown")
    if found.trouble:
        reason, _, detail = found.trouble.partition(": ")
        raise Undecided(Reason(reason), f"{name}: {detail}")
    return found
