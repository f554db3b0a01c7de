"""Readers of codes: schemes, expiry, hostile text, and that they read what is there."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Reason, Rule, Undecided, Violation, Violations
from conformance.payments.qr.answered import misread, relevant, wrong
from conformance.payments.qr.evidence import Answers


@requirement("PAY-QR-17-R")
def test_schemes_are_found_by_guid(qr_answers: Answers, rule: Rule) -> Violations:
    yield from wrong(qr_answers, rule)


@requirement("PAY-QR-18")
def test_other_schemes_get_a_clear_answer(qr_answers: Answers, rule: Rule) -> Violations:
    for answer in relevant(qr_answers, rule):
        what = f"{answer.case.id} ({answer.case.notes})"
        if answer.word == "error":
            yield Violation(f"{what}: it fails", "rejected: unsupported-scheme", answer.text)
        elif answer.word == "rejected" and answer.text not in answer.case.reasons:
            yield Violation(f"{what}: it does not say that it lacks the scheme", "unsupported-scheme", answer.text)
        elif answer.word == "output" and answer.routed:
            yield Violation(f"{what}: it is routed", "no scheme", answer.routed)


@requirement("PAY-QR-22")
def test_expired_codes_are_refused(qr_answers: Answers, rule: Rule) -> Violations:
    yield from wrong(qr_answers, rule)


@requirement("PAY-QR-24")
def test_hostile_text_is_answered_at_once(qr_answers: Answers, rule: Rule) -> Violations:
    limit = float(rule.params["max_seconds"])
    for answer in relevant(qr_answers, rule):
        what = f"{answer.case.id} ({answer.case.notes})"
        if answer.word == "error":
            yield Violation(f"{what}: it fails", "an answer", answer.text)
        elif answer.seconds > limit:
            yield Violation(f"{what}: it takes its time", f"at most {limit:g} s", f"{answer.seconds:g} s")
    for changes in qr_answers.changes:
        for payload in changes.offenders:
            yield Violation(f"{changes.case}: it fails on a single change", "an answer", payload[:200])
        if changes.slowest_seconds > limit:
            yield Violation(
                f"{changes.case}: it takes its time", f"at most {limit:g} s", f"{changes.slowest_seconds:g} s"
            )


@requirement("PAY-QR-30")
def test_the_same_fields_are_extracted(qr_answers: Answers, rule: Rule) -> Violations:
    accepted = [answer for answer in relevant(qr_answers, rule) if answer.word == "output" and answer.case.fields]
    if not accepted:
        raise Undecided(Reason.CONTROL_FAILED, "it accepts none of the sound codes")
    if all(answer.fields is None for answer in accepted):
        raise Undecided(Reason.NOT_OBSERVABLE, "its outputs report no fields")
    for answer in accepted:
        yield from misread(answer)


@requirement("PAY-QR-31")
def test_sound_codes_are_accepted(qr_answers: Answers, rule: Rule) -> Violations:
    for answer in relevant(qr_answers, rule):
        if answer.word != "output":
            what = f"{answer.case.id} ({answer.case.notes}): it refuses the code"
            yield Violation(what, "output", f"{answer.word} {answer.text}".strip())
