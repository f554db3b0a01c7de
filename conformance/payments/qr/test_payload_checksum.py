"""EMVCo 4.7.3: the CRC of a payload."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Rule, Violations
from conformance.payments.qr.broken import broken
from conformance.payments.qr.evidence import Payloads


@requirement("PAY-QR-01")
def test_the_crc_ends_the_payload_and_matches(qr_payloads: Payloads, rule: Rule) -> Violations:
    yield from broken(qr_payloads, rule)


@requirement("PAY-QR-04-G")
def test_the_crc_of_other_scripts_is_over_utf8(qr_payloads: Payloads, rule: Rule) -> Violations:
    yield from broken(
        qr_payloads, rule, lambda facts: not facts.reading.text.isascii(), "no payload holds a character beyond ASCII"
    )
