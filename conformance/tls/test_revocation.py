"""How a client can learn of revocation: stapled OCSP responses and revocation pointers (RFC 6960, 7633, CA/B BR)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, Reason, Rule, Undecided, Violation, Violations
from conformance.tls.evidence import Certificate, ServedChain, Staple
from conformance.tls.test_certificates import Case, by_both_clocks, each_leaf, in_days, in_effect, instant, validity


def staple_troubles(chain: ServedChain, staple: Staple, observed_at: datetime, skew: timedelta) -> Violations:
    """What keeps a staple from saying, at the time of observation, that this certificate is good.

    Raises:
        Undecided: the response cannot be parsed, or its signer's issuer was never seen.
    """
    if staple.status == "unreadable":
        raise Undecided(Reason.CERTIFICATE, "the stapled response cannot be parsed")
    if staple.status != "successful":
        yield Violation("stapled response carries no status", "response status successful", staple.status)
        return
    if not staple.matches:
        yield Violation("stapled response is for another certificate", "the leaf's CertID", "none of its answers")
    if staple.certificate_status != "good":
        yield Violation("stapled response does not say good", "good", staple.certificate_status)
    if instant(staple.this_update) > observed_at + skew:
        yield Violation("stapled response is not valid yet", f"thisUpdate by {moment(observed_at)}", staple.this_update)
    if not staple.next_update:
        yield Violation("stapled response has no nextUpdate", "nextUpdate after the time of observation", "absent")
    elif instant(staple.next_update) <= observed_at - skew:
        yield Violation(
            "stapled response is out of date", f"nextUpdate after {moment(observed_at)}", staple.next_update
        )
    if not staple.signature_verified:
        if chain.missing_issuer or chain.unreadable or chain.trust_undecided:
            raise Undecided(Reason.NOT_OBSERVABLE, "the issuer was not seen, so the staple's signature is not checked")
        yield Violation(
            "stapled response is not signed for the issuer",
            "a signature by the issuer, or by its delegate for OCSP signing",
            "neither verifies it",
        )


def moment(observed_at: datetime) -> str:
    """The time of observation, for messages."""
    return observed_at.isoformat(timespec="seconds")


@requirement("TLS-CRT-15")
def test_must_staple_certificate_is_stapled(certificate: Certificate, rule: Rule, observed_at: datetime) -> Violations:
    """A certificate with the TLS feature status_request is served with a staple that holds."""
    skew = timedelta(seconds=rule.params["skew_seconds"])

    def one(at: datetime, case: Case) -> Violations:
        if not case.facts.must_staple:
            raise NotApplicable("no certificate carries the TLS feature status_request")
        staple = case.chain.staple
        if staple is None:
            yield Violation(f"{case.where}must-staple certificate without a staple", "a stapled OCSP response", "none")
            return
        for found in staple_troubles(case.chain, staple, at, skew):
            yield Violation(
                f"{case.where}must-staple certificate without a valid staple: {found.message}",
                found.expected,
                found.observed,
            )

    yield from by_both_clocks(certificate.ahead, observed_at, lambda at: each_leaf(certificate, partial(one, at)))


@requirement("TLS-CRT-16")
def test_staple_holds(certificate: Certificate, rule: Rule, observed_at: datetime) -> Violations:
    """A staple is for this certificate, signed for its issuer, good, and within its time."""
    skew = timedelta(seconds=rule.params["skew_seconds"])

    def one(at: datetime, case: Case) -> Violations:
        if case.chain.staple is None:
            raise NotApplicable("no OCSP response is stapled")
        for found in staple_troubles(case.chain, case.chain.staple, at, skew):
            yield Violation(f"{case.where}{found.message}", found.expected, found.observed)

    yield from by_both_clocks(certificate.ahead, observed_at, lambda at: each_leaf(certificate, partial(one, at)))


@requirement("TLS-CRT-17")
def test_response_is_stapled(certificate: Certificate) -> Violations:
    """An OCSP response comes with the certificate; whether it holds is another requirement's finding."""

    def one(case: Case) -> Violations:
        if case.chain.staple is None:
            yield Violation(f"{case.where}no OCSP response is stapled", "a stapled OCSP response", "none")

    yield from each_leaf(certificate, one)


@requirement("TLS-CRT-18")
def test_revocation_can_be_looked_up(certificate: Certificate, rule: Rule) -> Violations:
    """A certificate that is not short-lived names a CRL or an OCSP responder."""

    def one(case: Case) -> Violations:
        facts = case.facts
        limit = in_effect(rule.params["short_lived"], instant(facts.not_before).date())
        if limit is not None and validity(facts) <= timedelta(days=limit["days"]):
            raise NotApplicable(f"the certificate is short-lived: {in_days(validity(facts))}")
        if not facts.crl_urls and not facts.ocsp_urls:
            yield Violation(
                f"{case.where}no revocation pointer",
                "a CRL distribution point or an OCSP responder, unless short-lived",
                f"neither, valid for {in_days(validity(facts))}",
            )

    yield from each_leaf(certificate, one)
