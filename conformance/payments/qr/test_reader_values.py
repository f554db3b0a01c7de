"""Readers of codes, EMVCo 4.7 and 4.8: amounts, currencies, countries, tips, and what the payer is asked."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Reason, Rule, Undecided, Violation, Violations
from conformance.payments.qr.answered import relevant, wrong
from conformance.payments.qr.evidence import Answers


@requirement("PAY-QR-11-R")
def test_a_missing_amount_is_asked_for(qr_answers: Answers, rule: Rule) -> Violations:
    yield from wrong(qr_answers, rule)


@requirement("PAY-QR-12-R")
def test_only_plain_amounts_are_read(qr_answers: Answers, rule: Rule) -> Violations:
    yield from wrong(qr_answers, rule)


@requirement("PAY-QR-14-R")
def test_only_the_schemes_currencies_are_read(qr_answers: Answers, rule: Rule) -> Violations:
    yield from wrong(qr_answers, rule)


@requirement("PAY-QR-15-R")
def test_short_codes_between_persons_are_read(qr_answers: Answers, rule: Rule) -> Violations:
    yield from wrong(qr_answers, rule)


@requirement("PAY-QR-16-R")
def test_countries_of_iso_3166_are_read(qr_answers: Answers, rule: Rule) -> Violations:
    yield from wrong(qr_answers, rule)


@requirement("PAY-QR-19-R")
def test_contradictory_tips_are_refused(qr_answers: Answers, rule: Rule) -> Violations:
    yield from wrong(qr_answers, rule)


@requirement("PAY-QR-20-R")
def test_the_payer_is_asked_for_what_is_starred(qr_answers: Answers, rule: Rule) -> Violations:
    yield from wrong(qr_answers, rule)


@requirement("PAY-QR-20-S")
def test_sub_id_00_is_ignored(qr_answers: Answers, rule: Rule) -> Violations:
    yield from wrong(qr_answers, rule)


@requirement("PAY-QR-23")
def test_a_fixed_amount_stays(qr_answers: Answers, rule: Rule) -> Violations:
    accepted = [answer for answer in relevant(qr_answers, rule) if answer.word == "output"]
    said = [answer for answer in accepted if answer.editable is not None]
    if not said:
        facts = "says of no amount whether the payer may change it" if accepted else "accepts none of the sound codes"
        raise Undecided(Reason.NOT_OBSERVABLE, f"it {facts}")
    for answer in said:
        if answer.editable != answer.case.editable:
            what = f"{answer.case.id} ({answer.case.notes}): the payer may change the amount"
            yield Violation(what, "amount_editable = false", "amount_editable = true")
