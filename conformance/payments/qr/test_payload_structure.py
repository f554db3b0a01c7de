"""EMVCo 4.2 to 4.6: how data objects are laid out, which must be there, and which must not."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Rule, Violations
from conformance.payments.qr.broken import broken, published
from conformance.payments.qr.evidence import Payloads


@requirement("PAY-QR-05-G")
def test_the_payload_format_indicator_stands_first(qr_payloads: Payloads, rule: Rule) -> Violations:
    yield from broken(qr_payloads, rule)


@requirement("PAY-QR-06-G")
def test_the_crc_stands_last(qr_payloads: Payloads, rule: Rule) -> Violations:
    yield from broken(qr_payloads, rule)


@requirement("PAY-QR-07-G")
def test_every_length_counts_the_characters_of_its_value(qr_payloads: Payloads, rule: Rule) -> Violations:
    yield from broken(qr_payloads, rule)


@requirement("PAY-QR-08-G")
def test_each_id_stands_once_on_its_level(qr_payloads: Payloads, rule: Rule) -> Violations:
    yield from broken(qr_payloads, rule)


@requirement("PAY-QR-10-G")
def test_no_reserved_id_is_used(qr_payloads: Payloads, rule: Rule) -> Violations:
    yield from broken(qr_payloads, rule)


@requirement("PAY-QR-26")
def test_the_mandatory_objects_are_there(qr_payloads: Payloads, rule: Rule) -> Violations:
    found = list(broken(qr_payloads, rule))
    if found:
        published(qr_payloads)  # a document that nobody can read may allow it
    yield from found


@requirement("PAY-QR-27")
def test_every_value_has_its_form(qr_payloads: Payloads, rule: Rule) -> Violations:
    yield from broken(qr_payloads, rule)


@requirement("PAY-QR-28")
def test_the_payload_is_short_enough(qr_payloads: Payloads, rule: Rule) -> Violations:
    yield from broken(qr_payloads, rule)


@requirement("PAY-QR-29")
def test_text_is_precomposed_and_inert(qr_payloads: Payloads, rule: Rule) -> Violations:
    yield from broken(qr_payloads, rule)
