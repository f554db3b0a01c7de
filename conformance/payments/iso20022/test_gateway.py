"""What a gateway must accept, must refuse and with which reason, and how its answers come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, Reason, Rule, Undecided, Violation, Violations
from conformance.payments.iso20022 import outcomes, rules_scheme
from conformance.payments.iso20022.evidence import Canary, Exchange, Exchanges
from conformance.payments.iso20022.facts import Facts
from conformance.payments.iso20022.outcomes import Outcome, outcome, undecided

CONTROLS = ("control-before", "control-after")
NORMAL = "control-normal"
RESEND = "resend"
REFERENCE = f"{outcomes.TRANSACTION}ClrSysRef"


@requirement(
    *("PAY-ISO-01-R", "PAY-ISO-02-R", "PAY-ISO-03-R", "PAY-ISO-05-R", "PAY-ISO-06-R", "PAY-ISO-07-R", "PAY-ISO-08-R"),
    *("PAY-ISO-10-R", "PAY-ISO-11-R", "PAY-ISO-12-R", "PAY-ISO-13", "PAY-ISO-14-R", "PAY-ISO-17-R", "PAY-ISO-18-R"),
    "PAY-ISO-19-R",
)
def test_violations_are_refused_with_their_reason(exchanges: Exchanges, rule: Rule) -> Violations:
    """Each case of the rule is refused, with one of its codes where it names any, and each good one is accepted."""
    _controlled(exchanges)
    yield from _refused(exchanges, rule.params["cases"], rule.params.get("optional", ()))
    for case in rule.params.get("accepted", ()):
        found = outcome(_case(exchanges, case), signed=exchanges.signed)
        if found.word in ("rejected", "refused"):
            yield Violation(f"refuses what is allowed: {case}", "ACCC", found.said)
        elif found.word != "accepted":
            raise undecided(case, found)


@requirement("PAY-ISO-09-R")
def test_other_characters_are_refused_or_transliterated(exchanges: Exchanges, rule: Rule) -> Violations:
    """Text outside the set is refused; or accepted where a table is published, and then without question marks."""
    _controlled(exchanges)
    for case in rule.params["cases"]:
        exchange = _case(exchanges, case)
        found = outcome(exchange, signed=exchanges.signed)
        if found.word == "accepted":
            marked = any("?" in leaf.text for each in exchange.answers for leaf in each.message.leaves)
            if marked or not exchanges.transliterates:
                said = "replaces it by question marks" if marked else "accepts it without a published transliteration"
                yield Violation(f"{case}: {said}", "RJCT, or a transliteration by a published table", found.said)
        elif found.word == "failed":
            yield Violation(f"fails on {case}", "RJCT or a 4xx", found.said)
        elif found.word not in ("rejected", "refused"):
            raise undecided(case, found)


@requirement("PAY-ISO-15-R")
def test_hostile_xml_is_refused(exchanges: Exchanges, rule: Rule) -> Violations:
    """DTDs, entities, bombs and other encodings are refused, and the entity's address is not called."""
    _controlled(exchanges)
    if exchanges.entity_connections:
        yield Violation("calls the address of an external entity", "no connection", f"{exchanges.entity_connections}")
    yield from _refused(exchanges, rule.params["cases"])


@requirement("PAY-ISO-04-R")
def test_a_resend_is_answered_by_the_existing_status(exchanges: Exchanges, rule: Rule) -> Violations:
    """The same message again is answered as the first one was, or with TM01: no duplicate, and not paid again."""
    _controlled(exchanges)
    first = _case(exchanges, CONTROLS[0])
    again = _case(exchanges, RESEND)
    found = outcome(again, signed=exchanges.signed)
    expected = "the status of the first message, or RJCT TM01"
    if found.word == "rejected":
        if not set(found.codes) & set(rule.params["cases"][RESEND]):
            yield Violation("rejects an exact resend", expected, found.said)
        return
    if found.word == "refused":
        yield Violation("refuses an exact resend", expected, found.said)
        return
    if found.word != "accepted":
        raise undecided(RESEND, found)
    references = [_reference(each, signed=exchanges.signed) for each in (first, again)]
    if all(references) and references[0] != references[1]:
        yield Violation("pays an exact resend again", f"the clearing reference {references[0]}", references[1])


@requirement("PAY-ISO-16-R")
def test_statuses_come_in_time_and_rejections_have_one_reason(exchanges: Exchanges, rule: Rule) -> Violations:
    """The final status of each control comes within the limit of its priority, and each RJCT has one ISO code."""
    for case in (*CONTROLS, NORMAL):
        if case not in exchanges.cases:
            break  # nothing more was sent after a control that was not taken
        yield from _in_time(exchanges.cases[case], exchanges, rule.params["seconds"])
    if CONTROLS[0] not in exchanges.cases:
        raise Undecided(Reason.CONTROL_FAILED, "no payment was sent")
    for case, exchange in exchanges.cases.items():
        for answer in outcomes.credible(exchange, signed=exchanges.signed):
            for finding in rules_scheme.reasons(Facts(answer.message), rule.params):
                yield Violation(f"answer to {case}: {finding.message}", finding.expected, finding.observed)
            for error in answer.message.schema_errors:
                yield Violation(f"answer to {case} breaks the {answer.message.schema}", "valid", error.message)


@requirement("PAY-ISO-20")
def test_answers_go_to_the_registered_address_alone(canary: Canary) -> Violations:
    """A message that names another address is refused, or nothing is heard at that address.

    Silence counts only where the gateway could have reached the canary: on this machine.
    """
    if canary.connections:
        yield Violation("calls an address that is not registered", "no connection", f"{canary.connections} connections")
        return
    if outcome(canary.control, signed=False).word != "accepted":
        raise Undecided(Reason.CONTROL_FAILED, "a payment with the registered address was not accepted")
    if outcome(canary.exchange, signed=False).word in ("refused", "rejected"):
        return
    if not canary.local:
        raise Undecided(Reason.NOT_OBSERVABLE, "no explicit refusal, and the canary may be out of the gateway's reach")


@requirement("PAY-ISO-21")
def test_each_answer_comes_once_and_signed(exchanges: Exchanges) -> Violations:
    """No message gets two final answers or one under another's address, and each is signed where that is declared."""
    answered = 0
    for case, exchange in exchanges.cases.items():
        answered += len(exchange.answers)
        if exchange.elsewhere:
            yield Violation(f"answers {case} under the address of another message", "its own", f"{exchange.elsewhere}")
        count = sum(outcomes.status_of(each) in outcomes.FINAL for each in exchange.answers)
        if count > 1:
            yield Violation(f"answers {case} more than once", "one final answer", str(count))
        if exchanges.signed:
            for answer in exchange.answers:
                if answer.signature != "good":
                    what = "without a signature" if answer.signature == "absent" else "with a wrong signature"
                    yield Violation(f"answers {case} {what}", "a detached JWS that verifies", answer.signature)
    if not answered:
        raise Undecided(Reason.NOT_OBSERVABLE, "no answer came")


@requirement("PAY-ISO-22")
def test_amount_and_currency_survive(exchanges: Exchanges) -> Violations:
    """An answer that repeats the settlement amount repeats it as it was sent."""
    _controlled(exchanges)
    repeated = 0
    for case in (*CONTROLS, NORMAL):
        exchange = _case(exchanges, case)
        for answer in outcomes.finals(exchange, signed=exchanges.signed):
            leaf = Facts(answer.message).leaf(f"{outcomes.TRANSACTION}OrgnlTxRef/IntrBkSttlmAmt")
            if leaf is None:
                continue
            repeated += 1
            if (_canonical(leaf.text), leaf.currency) != (_canonical(exchange.amount), exchange.currency):
                expected = f"{exchange.currency} {exchange.amount}"
                yield Violation(f"answer to {case} has another amount", expected, f"{leaf.currency} {leaf.text}")
    if not repeated:
        raise NotApplicable("answers do not repeat the amount")


def _canonical(text: str) -> str:
    whole, _, fraction = text.strip().partition(".")
    return f"{whole.lstrip('0') or '0'}.{fraction.rstrip('0')}"


def _controlled(exchanges: Exchanges) -> None:
    """Raise Undecided unless both controls were accepted."""
    for case in CONTROLS:
        if case not in exchanges.cases:
            raise Undecided(Reason.CONTROL_FAILED, f"{case} was not sent")
        found = outcome(exchanges.cases[case], signed=exchanges.signed)
        if found.word != "accepted":
            raise Undecided(Reason.CONTROL_FAILED, f"{case}: {found.said}")


def _case(exchanges: Exchanges, case: str) -> Exchange:
    if case not in exchanges.cases:
        raise Undecided(Reason.NOT_OBSERVABLE, f"{case} was not sent")
    return exchanges.cases[case]


def _refused(
    exchanges: Exchanges, cases: Mapping[str, Sequence[str]], optional: Sequence[str] = ()
) -> Iterator[Violation]:
    """Every case that is not refused, or for another reason than the rule names; raises on what decides nothing."""
    open_cases: list[tuple[str, Outcome]] = []
    for case, codes in cases.items():
        if case in optional and case not in exchanges.cases:
            continue
        found = outcome(_case(exchanges, case), signed=exchanges.signed)
        expected = f"RJCT with {' or '.join(codes)}" if codes else "RJCT or a 4xx"
        if found.word == "accepted":
            yield Violation(f"accepts {case}", expected, found.said)
        elif found.word == "failed":
            yield Violation(f"fails on {case}", expected, found.said)
        elif found.word == "rejected" and codes and not set(found.codes) & set(codes):
            yield Violation(f"rejects {case} for another reason", expected, found.said)
        elif found.word in ("silent", "unclear"):
            open_cases.append((case, found))
    for case, found in open_cases:
        raise undecided(case, found)


def _in_time(exchange: Exchange, exchanges: Exchanges, limits: Mapping[str, float]) -> Iterator[Violation]:
    """Whether a final status came within the declared time, which the profile's limit caps."""
    limit = min(limits[exchange.priority], exchanges.seconds.get(exchange.priority, limits[exchange.priority]))
    expected = f"a final status within {limit:g} s ({exchange.priority})"
    if not 200 <= exchange.status < 300:
        raise Undecided(Reason.CONTROL_FAILED, f"{exchange.case}: {outcome(exchange, signed=exchanges.signed).said}")
    found = outcomes.finals(exchange, signed=exchanges.signed)
    if not found and exchange.elsewhere:
        raise Undecided(Reason.CONTROL_FAILED, f"{exchange.case}: its answer came under another address")
    if not found and any(each.signature != "good" for each in exchange.answers) and exchanges.signed:
        raise Undecided(Reason.CONTROL_FAILED, outcomes.why_silent(exchange, signed=True))
    if not found:
        yield Violation(f"{exchange.case}: no final status came", expected, "none")
    elif found[0].after_seconds > limit:
        yield Violation(f"{exchange.case}: the final status came late", expected, f"{found[0].after_seconds:g} s")


def _reference(exchange: Exchange, *, signed: bool) -> str:
    found = outcomes.finals(exchange, signed=signed)
    return Facts(found[0].message).text(REFERENCE) if found else ""
