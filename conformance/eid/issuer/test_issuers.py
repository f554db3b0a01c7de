"""Credential issuers: metadata, nonces, right and wrong requests (OpenID4VCI 1.0 sections 7, 8, 12, D to F)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, NotTested, Reason, Rule, Undecided, Untested, Violation, Violations
from conformance.eid.issuer.asks import ATTESTATIONS
from conformance.eid.issuer.evidence import (
    Attempt,
    Attempts,
    Attestations,
    IssuerMetadata,
    Nonces,
    SignedMetadata,
)


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


@requirement("EID-VCI-02")
def test_signed_metadata_says_the_same(signed_metadata: SignedMetadata, rule: Rule) -> Violations:
    seen = signed_metadata
    if not seen.offered:
        raise NotApplicable(f"who accepts application/jwt gets {seen.status} {seen.media_type or 'without a type'}")
    if seen.trouble:
        yield Violation(seen.trouble, "a signed JWT")
        return
    if seen.typ != rule.params["typ"]:
        yield Violation("typ is another", rule.params["typ"], seen.typ)
    if not seen.chain:
        yield Violation("x5c holds no certificate")
    elif not seen.verified:
        yield Violation("the signature is not by the key of x5c", "verified", seen.alg)
    if seen.subject != seen.expected:
        yield Violation("sub is another", seen.expected, seen.subject)
    if seen.differing:
        yield Violation("it says otherwise than the unsigned metadata", "the same members", ", ".join(seen.differing))
    if seen.issued_at is None or seen.issued_at > rule.params["skew_seconds"]:
        shown = "absent" if seen.issued_at is None else f"{seen.issued_at} s from now"
        yield Violation("iat is absent or lies ahead", f"at most {rule.params['skew_seconds']} s", shown)
    if seen.expires is not None and seen.expires <= 0:
        yield Violation("it has expired", "exp ahead", f"{seen.expires} s")


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


@requirement("EID-VCI-06")
def test_proofs_are_of_now(issuance: Attempts, rule: Rule) -> Violations:
    yield from refused(issuance, "time", rule)


@requirement("EID-VCI-07")
def test_wrong_requests_are_refused(issuance: Attempts, rule: Rule) -> Violations:
    yield from refused(issuance, "request", rule)


@requirement("EID-VCI-08")
def test_requests_without_a_valid_token_are_refused(issuance: Attempts, rule: Rule) -> Violations:
    yield from refused(issuance, "access", rule)


@requirement("EID-VCI-10")
def test_response_encryption_is_not_passed_over(issuance: Attempts, rule: Rule) -> Violations:
    yield from refused(issuance, "encryption", rule)


def refused(issuance: Attempts, group: str, rule: Rule) -> Iterator[Violation]:
    """Every wrong request of a group that got a credential, or a status or an error code that does not fit.

    Raises:
        Undecided: a control got no credential, an attempt was not made or not answered.
        Untested: an attempt needs what was not to be had, after everything that could be judged.
    """
    lacking = ""
    for name in ("control-before", "control-after"):
        control = answered(issuance.attempts, name)
        if not control.credential:
            raise Undecided(Reason.CONTROL_FAILED, f"{name}: {control.status} {control.error}".rstrip())
    for name, codes in rule.params["refusals"].items():
        seen = answered(issuance.attempts, f"{group}/{name}")
        lacking = lacking or seen.untested
        if seen.inapplicable or seen.untested:
            continue
        if seen.credential:
            yield Violation(f"a credential is issued: {name}", "refused", f"status {seen.status}")
        elif not 400 <= seen.status < 500:
            yield Violation(f"no refusal of the client: {name}", "4xx", f"status {seen.status}")
        elif codes and seen.error not in codes:
            yield Violation(f"another error code: {name}", " or ".join(codes), seen.error)
    if lacking:
        raise not_tested(lacking)


def not_tested(lacking: str) -> Untested:
    """From `reason: detail` to why it was not tested."""
    reason, _, detail = lacking.partition(": ")
    return Untested(NotTested(reason), detail)


@requirement("EID-VCI-12")
def test_wrong_attestations_are_refused(attestations: Attestations) -> Violations:
    attempts = attestations.attempts
    kinds = {name.partition("/")[0] for name in attempts}
    if not kinds and not attestations.offered:
        raise NotApplicable("the metadata asks for no attestation of keys, and takes none of wallets")
    for kind in sorted(kinds):
        for name in (f"{kind}/control-before", f"{kind}/control-after"):
            control = answered(attempts, name)
            if control.untested:
                raise not_tested(control.untested)
            if not control.credential:
                raise Undecided(Reason.CONTROL_FAILED, f"{name}: {control.status} {control.error}".rstrip())
        for name in (each for each in ATTESTATIONS if each.startswith(f"{kind}/")):
            seen = answered(attempts, name)
            if seen.credential:
                yield Violation(f"takes an attestation: {name}", "refused", f"status {seen.status}")
            elif not 400 <= seen.status < 500:
                yield Violation(f"no refusal of the client: {name}", "4xx", f"status {seen.status}")
    for kind in sorted(set(attestations.offered) - kinds):
        raise Untested(NotTested.NO_CREDENTIAL, f"{attestations.offered[kind]}: {attestations.lacking}")


def answered(attempts: Mapping[str, Attempt], name: str) -> Attempt:
    """An attempt that was answered. Raises Undecided for one that was not."""
    found = attempts.get(name)
    if found is None:
        raise Undecided(Reason.NOT_OBSERVABLE, f"{name} was not asked")
    if found.trouble:
        reason, _, detail = found.trouble.partition(": ")
        raise Undecided(Reason(reason), f"{name}: {detail}")
    return found
