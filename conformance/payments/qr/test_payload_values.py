"""EMVCo 4.7: point of initiation, amounts, currencies, countries and tips."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Rule, Violations
from conformance.payments.qr.broken import broken, has, published
from conformance.payments.qr.evidence import Payloads


@requirement("PAY-QR-11")
def test_the_point_of_initiation_is_static_or_dynamic(qr_payloads: Payloads, rule: Rule) -> Violations:
    yield from broken(qr_payloads, rule, has("01"), "no payload has ID 01, which is optional")


@requirement("PAY-QR-11-S")
def test_a_code_with_an_amount_is_dynamic(qr_payloads: Payloads, rule: Rule) -> Violations:
    yield from broken(qr_payloads, rule, has("54"), "no payload has an amount")


@requirement("PAY-QR-12-G")
def test_the_amount_is_a_plain_number_above_zero(qr_payloads: Payloads, rule: Rule) -> Violations:
    yield from broken(qr_payloads, rule, has("54"), "no payload has an amount")


@requirement("PAY-QR-13")
def test_the_amount_has_no_more_decimals_than_the_scheme_writes(qr_payloads: Payloads, rule: Rule) -> Violations:
    published(qr_payloads)
    yield from broken(
        qr_payloads,
        rule,
        lambda facts: "54" in facts.root and bool(facts.matches),
        "no payload of a scheme that is known has an amount",
    )


@requirement("PAY-QR-14-G")
def test_the_currency_is_numeric_and_the_schemes_own(qr_payloads: Payloads, rule: Rule) -> Violations:
    yield from broken(qr_payloads, rule, has("53"), "no payload has a currency")
    published(qr_payloads)


@requirement("PAY-QR-16-G")
def test_the_country_is_of_iso_3166(qr_payloads: Payloads, rule: Rule) -> Violations:
    yield from broken(qr_payloads, rule, has("58"), "no payload has a country")


@requirement("PAY-QR-19-G")
def test_tips_follow_their_indicator(qr_payloads: Payloads, rule: Rule) -> Violations:
    yield from broken(qr_payloads, rule, has("55", "56", "57"), "no payload asks for a tip or a fee")
