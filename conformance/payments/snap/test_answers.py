"""Response codes, amounts, the final status and QR decoding."""

from __future__ import annotations

import re

from conformance.core.area import requirement
from conformance.core.model import Reason, Rule, Undecided, Violation, Violations
from conformance.payments.snap.evidence import Snap
from conformance.payments.snap.reading import accepted, answered, case, controls, group, negatives, shown


@requirement("PAY-SNP-15")
def test_response_codes_fit(snap: Snap, rule: Rule) -> Violations:
    """Every answer has a code of seven digits that begins with its HTTP status and its service, and a short message."""
    group(snap, "token")
    read = {probe: answer for probe, answer in snap.answers.items() if not answer.trouble}
    if len(read) < rule.params["min_answers"]:
        detail = f"{len(read)} answers were read, {rule.params['min_answers']} are needed"
        raise Undecided(Reason.NOT_OBSERVABLE, detail)
    for probe, answer in read.items():
        service = answer.service or "[0-9]{2}"
        if not re.fullmatch(f"{answer.status}{service}[0-9]{{2}}", answer.code):
            expected = f"{answer.status}{answer.service or 'xx'}yy"
            yield Violation(f"answers {probe} with a code that does not fit", expected, shown(answer))
        if answer.message_length > rule.params["max_message"]:
            length = f"{answer.message_length} characters"
            yield Violation(f"answers {probe} with a longer message", f"at most {rule.params['max_message']}", length)


@requirement("PAY-SNP-16")
def test_amounts_are_decimal_strings(snap: Snap) -> Violations:
    """An amount that is no string of up to 16 digits and two decimals is refused with 400xx01."""
    group(snap, "amounts")
    controls(snap, "amounts/right", "amounts/right-after")
    for name, answer in negatives(snap, "amounts", "right", "right-after"):
        if accepted(answer) or case(answer) != "400xx01":
            yield Violation(f"answers the amount {name} otherwise", "400xx01", f"{shown(answer)} for {answer.sent}")


@requirement("PAY-SNP-17")
def test_status_becomes_final(snap: Snap, rule: Rule) -> Violations:
    """The query leads to a final status, and knows nothing of a reference that was never used."""
    group(snap, "status")
    controls(snap, "status/transaction")
    queries = [answered(snap, probe) for probe in snap.answers if probe.startswith("status/query-")]
    if not queries:
        raise Undecided(Reason.NOT_OBSERVABLE, "the transaction was not asked for")
    states = [answer.state for answer in queries]
    if not accepted(queries[-1]):
        yield Violation("does not know a transaction that it accepted", "its status", shown(queries[-1]))
    elif states[-1] not in rule.params["final"]:
        shown_states = ", ".join(state or "none" for state in states)
        yield Violation("comes to no final status", f"one of {', '.join(rule.params['final'])}", shown_states)
    unknown = answered(snap, "status/unknown")
    if accepted(unknown) or case(unknown) != "404xx01":
        yield Violation("answers an unknown reference otherwise", "404xx01", shown(unknown))


@requirement("PAY-SNP-18")
def test_decoding_refuses_what_it_cannot_route(snap: Snap, rule: Rule) -> Violations:
    """A payload with a wrong CRC, of an unknown scheme, or that is no QR code is refused with 400 or 404."""
    group(snap, "decode")
    controls(snap, "decode/known")
    for probe in rule.params["refused"]:
        answer = answered(snap, f"decode/{probe}")
        if answer.status not in (400, 404) or accepted(answer):
            yield Violation(f"answers the payload {probe} otherwise", "HTTP 400 or 404", shown(answer))
