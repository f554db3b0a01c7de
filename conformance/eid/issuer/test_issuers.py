"""Credential issuers (OpenID4VCI 1.0 sections 7, 8, 12; RFC 9901; draft-ietf-oauth-sd-jwt-vc)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, Reason, Rule, Undecided, Violation, Violations
from conformance.eid.issuer.evidence import Attempt, Attempts, Issued, IssuerMetadata, Nonces


@requirement("EID-VCI-01")
def test_metadata_is_published_for_the_identifier(issuer_metadata: IssuerMetadata, rule: Rule) -> Violations:
    seen = issuer_metadata
    if seen.status != 200 or seen.media_type != "application/json":
        yield Violation(
            "the metadata is not served as JSON", "200 application/json", f"{seen.status} {seen.media_type}"
        )
    if seen.trouble:
        yield Violation(seen.trouble, "the metadata of section 12.2.4")
    if seen.issuer != seen.expected:
        yield Violation("credential_issuer is another", seen.expected, seen.issuer)
    credential = seen.endpoints.get("credential_endpoint", "")
    if not credential.startswith("https://"):
        yield Violation("credential_endpoint is no https URL", "https://...", credential)
    for name, entry in seen.configurations.items():
        if entry.format not in rule.params["formats"]:
            expected = " or ".join(rule.params["formats"])
            yield Violation(f"configuration {name} has another format", expected, entry.format)
        elif not entry.type:
            yield Violation(f"configuration {name} names no vct or doctype")


@requirement("EID-VCI-04")
def test_nonces_are_given_and_not_stored(nonces: Nonces) -> Violations:
    if nonces.status != 200 or nonces.media_type != "application/json":
        yield Violation("no nonce as JSON", "200 application/json", f"{nonces.status} {nonces.media_type}")
    if not nonces.has_nonce:
        yield Violation("the answer has no c_nonce")
    if "no-store" not in nonces.cache_control.lower():
        yield Violation("the answer may be stored", "Cache-Control: no-store", nonces.cache_control)


@requirement("EID-VCI-05")
def test_wrong_proofs_are_refused(issuance: Attempts, rule: Rule) -> Violations:
    yield from refused(issuance, "proof", rule)


@requirement("EID-VCI-07")
def test_wrong_requests_are_refused(issuance: Attempts, rule: Rule) -> Violations:
    yield from refused(issuance, "request", rule)


@requirement("EID-VCI-08")
def test_requests_without_a_valid_token_are_refused(issuance: Attempts, rule: Rule) -> Violations:
    yield from refused(issuance, "access", rule)


def refused(issuance: Attempts, group: str, rule: Rule) -> Iterator[Violation]:
    """Every wrong request of a group that got a credential, or a status or an error code that does not fit.

    Raises:
        Undecided: a control got no credential, an attempt was not made or not answered.
    """
    for name in ("control-before", "control-after"):
        control = answered(issuance, name)
        if not control.credential:
            raise Undecided(Reason.CONTROL_FAILED, f"{name}: {control.status} {control.error}".rstrip())
    for name, codes in rule.params["refusals"].items():
        seen = answered(issuance, f"{group}/{name}")
        if seen.inapplicable:
            continue
        if seen.credential:
            yield Violation(f"a credential is issued: {name}", "refused", f"status {seen.status}")
        elif not 400 <= seen.status < 500:
            yield Violation(f"no refusal of the client: {name}", "4xx", f"status {seen.status}")
        elif codes and seen.error not in codes:
            yield Violation(f"another error code: {name}", " or ".join(codes), seen.error)


def answered(issuance: Attempts, name: str) -> Attempt:
    """An attempt that was answered. Raises Undecided for one that was not."""
    found = issuance.attempts.get(name)
    if found is None:
        raise Undecided(Reason.NOT_OBSERVABLE, f"{name} was not asked")
    if found.trouble:
        reason, _, detail = found.trouble.partition(": ")
        raise Undecided(Reason(reason), f"{name}: {detail}")
    return found


@requirement("EID-VCI-09")
def test_credential_is_what_was_asked_for(issued: Issued, rule: Rule) -> Violations:
    if issued.trouble:
        yield Violation(issued.trouble, "an SD-JWT VC")
        return
    if issued.typ not in rule.params["types"]:
        yield Violation("typ is another", " or ".join(rule.params["types"]), issued.typ)
    if not issued.verified:
        found = issued.key_source or "no key"
        yield Violation("the signature is not by a key of the issuer", "verified", f"{issued.alg}, {found}")
    if issued.type != issued.expected_type:
        yield Violation("vct is not the configuration's", issued.expected_type, issued.type)
    if not issued.bound:
        yield Violation("cnf does not hold the key of the proof")
    if issued.unreferenced:
        yield Violation(f"{issued.unreferenced} of {issued.disclosures} Disclosures belong to no digest")
    if issued.hidden:
        yield Violation("claims that rule validity are in Disclosures", "in clear", ", ".join(issued.hidden))
    yield from odd_times(issued, rule)


def odd_times(issued: Issued, rule: Rule) -> Iterator[Violation]:
    """Times that no sane issuer sets."""
    if issued.issued_at is not None and issued.issued_at > rule.params["skew_seconds"]:
        yield Violation("iat lies ahead", f"at most {rule.params['skew_seconds']} s", f"{issued.issued_at} s")
    if issued.expires is not None and issued.expires <= 0:
        yield Violation("it has expired when it is issued", "exp ahead", f"{issued.expires} s")


@requirement("EID-SDJ-15-G")
def test_issued_credential_gives_nothing_away(issued: Issued, rule: Rule) -> Violations:
    if issued.trouble:
        raise Undecided(Reason.NOT_OBSERVABLE, issued.trouble)
    if issued.private_members:
        yield Violation("cnf holds a private key", "public members alone", ", ".join(issued.private_members))
    if not issued.disclosures and not issued.private_members:
        raise NotApplicable("the credential has no Disclosures")
    if issued.shortest_salt is not None and issued.shortest_salt < rule.params["salt_octets"]:
        yield Violation("a salt is short", f"{rule.params['salt_octets']} octets", f"{issued.shortest_salt} octets")
