"""Readers of codes, EMVCo 4.3 to 4.7.3: what is refused, what is read, and in which order."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Rule, Violations
from conformance.payments.qr.answered import wrong
from conformance.payments.qr.evidence import Answers


@requirement("PAY-QR-02")
def test_a_wrong_crc_is_refused(qr_answers: Answers, rule: Rule) -> Violations:
    yield from wrong(qr_answers, rule)


@requirement("PAY-QR-03")
def test_all_four_digits_are_compared(qr_answers: Answers, rule: Rule) -> Violations:
    yield from wrong(qr_answers, rule)


@requirement("PAY-QR-03-S")
def test_lower_case_digits_are_read(qr_answers: Answers, rule: Rule) -> Violations:
    yield from wrong(qr_answers, rule)


@requirement("PAY-QR-04-R")
def test_the_crc_is_checked_over_utf8(qr_answers: Answers, rule: Rule) -> Violations:
    yield from wrong(qr_answers, rule)


@requirement("PAY-QR-05-R")
def test_the_schemes_format_indicator_is_read(qr_answers: Answers, rule: Rule) -> Violations:
    yield from wrong(qr_answers, rule)


@requirement("PAY-QR-06-R")
def test_data_behind_the_crc_are_refused(qr_answers: Answers, rule: Rule) -> Violations:
    yield from wrong(qr_answers, rule)


@requirement("PAY-QR-07-R")
def test_lengths_that_do_not_fit_are_refused(qr_answers: Answers, rule: Rule) -> Violations:
    yield from wrong(qr_answers, rule)


@requirement("PAY-QR-08-R")
def test_repeated_ids_are_refused(qr_answers: Answers, rule: Rule) -> Violations:
    yield from wrong(qr_answers, rule)


@requirement("PAY-QR-09")
def test_ids_are_read_in_any_order(qr_answers: Answers, rule: Rule) -> Violations:
    yield from wrong(qr_answers, rule)


@requirement("PAY-QR-10-R")
def test_unknown_ids_are_ignored(qr_answers: Answers, rule: Rule) -> Violations:
    yield from wrong(qr_answers, rule)
