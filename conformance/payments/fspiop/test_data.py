"""Amounts and errors (API Definition v1.1, sections 7.2.13, 7.4.2 and 7.6)."""

from __future__ import annotations

import re

from conformance.core.area import requirement
from conformance.core.model import Reason, Rule, Undecided, Violation, Violations
from conformance.payments.fspiop.evidence import Fspiop
from conformance.payments.fspiop.reading import controls, is_taken, refused, shown
from conformance.payments.groups import answered, group

CODE = re.compile(r"[1-9][0-9]{3}")
"""The data type ErrorCode (section 7.2.8)."""


@requirement("PAY-FSP-05")
def test_amounts_match_the_pattern(fspiop: Fspiop, rule: Rule) -> Violations:
    """An amount that the pattern excludes is refused."""
    group(fspiop, "amounts")
    controls(fspiop, "amounts/right", "amounts/right-after")
    for name in rule.params["amounts"]:
        yield from refused(fspiop, f"the amount {name}", f"amounts/{name}")


@requirement("PAY-FSP-08")
def test_errors_are_error_information(fspiop: Fspiop, rule: Rule) -> Violations:
    """Every error of the run, whatever it is of, has errorInformation with a code of four digits and a description."""
    group(fspiop, "errors")
    controls(fspiop, "errors/right")
    for name in rule.params["refused"]:
        reply = answered(fspiop, f"errors/{name}")
        if is_taken(reply):
            yield Violation(f"takes {name}", "4xx with errorInformation", f"{shown(reply)} for {reply.sent}")
    errors = {probe: reply for probe, reply in fspiop.answers.items() if reply.status >= 400}
    if len(errors) < rule.params["min_errors"]:
        detail = f"{len(errors)} errors were answered, {rule.params['min_errors']} are needed"
        raise Undecided(Reason.NOT_OBSERVABLE, detail)
    for probe, reply in errors.items():
        if not CODE.fullmatch(reply.code) or not reply.described or "json" not in reply.kind:
            said = f"{shown(reply)}, {reply.kind or 'no Content-Type'}"
            yield Violation(f"answers {probe} without errorInformation", "a code of four digits, a description", said)
    for probe, found in fspiop.outcomes.items():
        for callback in found.callbacks:
            if callback.error and not CODE.fullmatch(callback.code):
                what = f"tells the error of {probe} without errorInformation"
                yield Violation(what, "a code of four digits", callback.code or "none")
