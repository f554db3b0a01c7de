"""The national dialect, and what a reader abroad needs."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, Reason, Rule, Undecided, Violation, Violations
from conformance.payments.qr.broken import broken, each, published, violations
from conformance.payments.qr.evidence import Payloads
from conformance.payments.qr.facts import Facts

OPTIONAL_FOR_PERSONS = ("52", "59", "60")


@requirement("PAY-QR-25")
def test_the_payload_follows_its_schemes_table(qr_payloads: Payloads, rule: Rule) -> Violations:
    published(qr_payloads)
    if not any(facts.matches for _, facts in each(qr_payloads)):
        raise Undecided(Reason.NOT_OBSERVABLE, "no payload carries the GUID of a scheme that is known")
    yield from broken(qr_payloads, rule, lambda facts: bool(facts.matches))


@requirement("PAY-QR-15")
def test_a_code_for_payers_abroad_has_what_they_need(qr_payloads: Payloads, rule: Rule) -> Violations:
    abroad = [(item, facts) for item, facts in each(qr_payloads) if item.cross_border]
    if not abroad:
        raise NotApplicable("no payload is handed in as cross-border")
    published(qr_payloads)
    yield from violations(abroad, rule)


@requirement("PAY-QR-15-S")
def test_a_code_between_persons_may_be_short(qr_payloads: Payloads) -> Violations:
    between = [(item, facts) for item, facts in each(qr_payloads) if _may_omit(facts)]
    if not between:
        raise NotApplicable("no payload is of a scheme that leaves out 52, 59 or 60 between persons")
    if not any(name not in facts.root for _, facts in between for name in OPTIONAL_FOR_PERSONS):
        yield Violation("every payload has 52, 59 and 60", "the option to leave them out", "not used")


def _may_omit(facts: Facts) -> bool:
    """Whether the scheme of the payload allows what EMVCo does not."""
    return any(f"mandatory:{name}" in facts.allowed for name in OPTIONAL_FOR_PERSONS)
