"""Credential verifiers (OpenID4VP 1.0; HAIP 1.0)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.area import requirement
from conformance.core.model import NotTested, Reason, Rule, Service, Undecided, Untested, Violation, Violations
from conformance.eid.verifier.asks import TWICE, UNWANTED, WRONG
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


@requirement("EID-VP-04")
def test_responses_are_encrypted_and_taken_once(
    vp_request: RequestFacts, presentations: Presentations, rule: Rule
) -> Violations:
    """A status below 400 says that a response was processed (OpenID4VP section 8.2), whatever a page shows."""
    if vp_request.trouble:
        raise Undecided(Reason.NOT_OBSERVABLE, vp_request.trouble)
    if vp_request.response_mode not in rule.params["modes"]:
        yield Violation("responses are not encrypted", " or ".join(rule.params["modes"]), vp_request.response_mode)
    elif not vp_request.encryption_key:
        yield Violation("client_metadata has no key to encrypt to")
    elif not vp_request.fresh_key:
        yield Violation("two requests have the same key to encrypt to")
    seen = looked_at(presentations, TWICE)
    if not seen.accepted:
        raise Undecided(Reason.CONTROL_FAILED, f"{TWICE}: status {seen.status}, and the marker is not seen")
    if seen.again < 400:
        yield Violation("takes the same response twice", "4xx", f"status {seen.again}")


@requirement("EID-VP-05")
def test_needed_claims_alone_are_asked_for(vp_request: RequestFacts, service: Service) -> Violations:
    """What is needed is the operator's word, in the manifest; a claim of a needed group is needed."""
    needed = service.settings.get("needed")
    if needed is None:
        raise Untested(NotTested.OPT_IN, 'the manifest declares no claims as needed: add needed = ["family_name"]')
    if vp_request.trouble or vp_request.query:
        raise Undecided(Reason.NOT_OBSERVABLE, vp_request.trouble or vp_request.query)
    for path in vp_request.asked:
        if not any(path == each or path.startswith(f"{each}/") for each in needed):
            yield Violation(f"asks for {path}", f"at most {', '.join(needed)}", path)


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
