"""EMVCo 4.7.11 to 4.11: account templates, additional data, the language template."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Rule, Violations
from conformance.payments.qr.broken import broken, has
from conformance.payments.qr.evidence import Payloads


@requirement("PAY-QR-17-G")
def test_every_account_template_names_its_scheme(qr_payloads: Payloads, rule: Rule) -> Violations:
    yield from broken(qr_payloads, rule)


@requirement("PAY-QR-20-G")
def test_additional_data_are_short_or_asked_for(qr_payloads: Payloads, rule: Rule) -> Violations:
    yield from broken(qr_payloads, rule, has("62"), "no payload has additional data")


@requirement("PAY-QR-21")
def test_a_local_name_stands_in_the_language_template(qr_payloads: Payloads, rule: Rule) -> Violations:
    yield from broken(
        qr_payloads, rule, lambda facts: not facts.reading.text.isascii(), "every name of every payload is in ASCII"
    )
