"""Proxy lookups: acmt.023 and acmt.024."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from conformance.core.area import requirement
from conformance.core.model import NotTested, Reason, Rule, Undecided, Untested, Violation, Violations
from conformance.payments.iso20022 import outcomes
from conformance.payments.iso20022.evidence import Answer, Burst, Exchange, Lookups
from conformance.payments.iso20022.facts import Facts

REPORT = "IdVrfctnRpt/Rpt/"
NAMES = (f"{REPORT}UpdtdPtyAndAcctId/Pty/Nm", f"{REPORT}UpdtdPtyAndAcctId/Acct/Nm")
NEGATIVE = ("unknown", "deregistered", "blocked")


@requirement("PAY-PRX-01-R")
def test_a_lookup_is_answered_by_a_report(lookups: Lookups) -> Violations:
    """A registered proxy is answered by a valid acmt.024 for this lookup that says true and names an account."""
    for exchange in _of(lookups, "registered"):
        answer = _answer(exchange, lookups)
        if answer is None and exchange.answers and lookups.signed:
            raise Undecided(Reason.CONTROL_FAILED, outcomes.why_silent(exchange, signed=True))
        if answer is None:
            yield Violation(f"{exchange.case}: no acmt.024 came", "an acmt.024", _said(exchange))
            continue
        facts = Facts(answer.message)
        for error in answer.message.schema_errors:
            yield Violation(f"{exchange.case}: the answer breaks the schema", "acmt.024.001.04", error.message)
        for path, expected in ((f"{REPORT}Vrfctn", "true"), (f"{REPORT}OrgnlId", f"{exchange.message_id}-V")):
            if facts.text(path) != expected:
                yield Violation(f"{exchange.case}: another answer", f"{path} {expected}", facts.text(path) or "none")
        if not facts.has(f"{REPORT}UpdtdPtyAndAcctId/Acct/Id"):
            yield Violation(f"{exchange.case}: the answer names no account", "an account", "none")


@requirement("PAY-PRX-02")
def test_kinds_of_not_found_differ_by_code_alone(lookups: Lookups, rule: Rule) -> Violations:
    """Not registered, no longer and blocked have codes of their own, no name, and take equally long."""
    codes: dict[str, str] = {}
    times: dict[str, float] = {}
    for kind in NEGATIVE:
        given = [answer for each in _of(lookups, kind) if (answer := _answer(each, lookups))]
        if not given:
            raise Undecided(Reason.NOT_OBSERVABLE, f"no lookup of a proxy that is {kind} was answered")
        facts = [Facts(answer.message) for answer in given]
        codes[kind] = facts[0].text(f"{REPORT}Rsn/Cd")
        times[kind] = median(answer.after_seconds for answer in given)
        if any(each.has(path) for each in facts for path in NAMES):
            yield Violation(f"a lookup of a proxy that is {kind} is answered with a name", "no name", "a name")
        if any(each.text(f"{REPORT}Vrfctn") != "false" for each in facts):
            yield Violation(f"a lookup of a proxy that is {kind} is answered as found", "Vrfctn false", "another")
    if not all(codes.values()) or len(set(codes.values())) < len(codes):
        shown = ", ".join(f"{kind} {code or 'none'}" for kind, code in codes.items())
        yield Violation("the kinds of not found have no codes of their own", "three codes", shown)
    spread = max(times.values()) - min(times.values())
    if spread > rule.params["noise_seconds"]:
        shown = ", ".join(f"{kind} {seconds:.3f} s" for kind, seconds in times.items())
        yield Violation("the kinds of not found take different times", f"{rule.params['noise_seconds']} s apart", shown)


@requirement("PAY-PRX-03")
def test_names_are_masked(lookups: Lookups) -> Violations:
    """The display name is the masked one, and the whole name stands nowhere in an answer."""
    if not lookups.masked_name and not lookups.full_name_declared:
        raise Untested(NotTested.OPT_IN, "the manifest declares neither masked_name nor full_name")
    shown = 0
    if lookups.full_name_seen:
        yield Violation("the whole name stands in an answer", "the masked name", "the whole name")
    for exchange in _of(lookups, "registered"):
        if (answer := _answer(exchange, lookups)) is None:
            continue
        facts = Facts(answer.message)
        for path in NAMES:
            if not facts.text(path):
                continue
            shown += 1
            if lookups.masked_name and facts.text(path) != lookups.masked_name and not lookups.full_name_seen:
                yield Violation("another name is shown", lookups.masked_name, facts.text(path))
    if not shown:
        raise Undecided(Reason.NOT_OBSERVABLE, "no answer shows a name")


@requirement("PAY-PRX-04")
def test_lookups_are_limited_per_payer(burst: Burst) -> Violations:
    """More lookups of different proxies by one payer than the declared limit are not all answered."""
    refused = [each for each in burst.exchanges if _is_limited(each)]
    if not burst.exchanges or _is_limited(burst.exchanges[0]):
        raise Undecided(Reason.CONTROL_FAILED, "the first lookup was refused as well")
    if not refused:
        expected = f"a refusal after {burst.limit}"
        yield Violation("one payer looks up as many proxies as it likes", expected, f"{len(burst.exchanges)} answered")


def _is_limited(exchange: Exchange) -> bool:
    return exchange.status in (403, 429) or exchange.trouble.startswith("rate-limit")


def _of(lookups: Lookups, kind: str) -> Iterator[Exchange]:
    found = [each.exchange for each in lookups.lookups if each.kind == kind]
    if not found:
        raise Untested(NotTested.OPT_IN, f"the manifest declares no test proxy that is {kind} (proxies.{kind})")
    return iter(found)


def _answer(exchange: Exchange, lookups: Lookups) -> Answer | None:
    """The first acmt.024 that came for a lookup and counts."""
    for answer in outcomes.credible(exchange, signed=lookups.signed):
        if Facts(answer.message).kind == "acmt.024":
            return answer
    return None


def _said(exchange: Exchange) -> str:
    """What came instead, for messages."""
    return exchange.trouble or f"HTTP {exchange.status}, {len(exchange.answers)} answers"
