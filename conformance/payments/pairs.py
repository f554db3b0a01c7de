"""Holds what one country issues against what another accepts: evidence against evidence, pure.

The one seam between rooms: each kind of `profiles/pairs.toml` has a function here that takes the issuer's record and
the acceptor's and yields violations, or raises `Undecided` or `NotApplicable` as judges do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.core.model import NotApplicable, Reason, Undecided, Violation
from conformance.payments.iso20022.evidence import Exchanges, Messages
from conformance.payments.iso20022.facts import Facts
from conformance.payments.iso20022.outcomes import outcome
from conformance.payments.qr.cases import EMVCO
from conformance.payments.qr.evidence import Answers, Payloads
from conformance.payments.qr.recognise import recognise, registry

Cross = Callable[[Any, Any], Iterator[Violation]]
CONTROL = "control-before"
SENT = "pacs.008.001.13"
"""The version of the payments that a gateway was sent: which it accepts is known of this one alone."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """issuer, acceptor: the observations that are held against each other. cross: how."""

    issuer: str
    acceptor: str
    cross: Cross


def cross_messages(messages: Messages, exchanges: Exchanges) -> Iterator[Violation]:
    """The issuer's payments are of a version that the acceptor took, in currencies and decimals of its own table."""
    control = exchanges.cases.get(CONTROL)
    found = outcome(control, signed=exchanges.signed) if control else None
    if found is None or found.word != "accepted":
        raise Undecided(Reason.CONTROL_FAILED, "the acceptor's gateway accepted no payment of ours")
    payments = [facts for each in messages.files if (facts := Facts(each, messages.country)).kind == "pacs.008"]
    if not payments:
        raise NotApplicable("the issuer handed in no pacs.008")
    for facts in payments:
        if facts.version != SENT:
            yield Violation(f"{facts.message.name}: a version that the acceptor did not take", SENT, facts.version)
            continue
        yield from _amounts(facts, exchanges.currencies)


def _amounts(facts: Facts, table: Mapping[str, int]) -> Iterator[Violation]:
    """Amounts beyond the acceptor's table of currencies; nothing where it publishes none."""
    for leaf in facts.message.leaves:
        if not table or not leaf.currency:
            continue
        if leaf.currency not in table:
            what = f"{facts.message.name}: an amount in a currency that the acceptor does not list"
            yield Violation(what, ", ".join(sorted(table)), leaf.currency)
        elif len(leaf.text.partition(".")[2]) > table[leaf.currency]:
            what = f"{facts.message.name}: more decimals than the acceptor's table gives {leaf.currency}"
            yield Violation(what, str(table[leaf.currency]), leaf.text)


def cross_codes(payloads: Payloads, answers: Answers) -> Iterator[Violation]:
    """The acceptor's reader reads and routes sound codes of each scheme of the issuer's payloads for payers abroad."""
    known = registry(payloads.schemes)
    abroad = [each for each in payloads.items if each.cross_border]
    if not abroad:
        raise NotApplicable("the issuer handed in no payload for payers abroad")
    schemes = {
        match.layout.scheme.id for each in abroad for match in recognise(each.reading.objects, payloads.country, known)
    }
    if not schemes:
        yield Violation("no payload for payers abroad is of a scheme that is known", "a scheme's GUID", "none")
    for scheme in sorted(schemes):
        asked = [each for each in answers.items if each.case.scheme == scheme and each.case.result == "output"]
        if not asked or (answers.schemes and scheme not in (*answers.schemes, EMVCO)):
            yield Violation(f"the acceptor's reader does not support {scheme}", "routed", "unsupported")
            continue
        for answer in asked:
            if answer.word == "error":
                raise Undecided(Reason.HARNESS, f"{answer.case.id}: {answer.text}")
            if answer.word != "output":
                yield Violation(f"{answer.case.id}: a sound code of {scheme} is not read", "output", answer.word)
            elif wrong := [
                path for path, value in answer.case.fields.items() if (answer.fields or {}).get(path) != value
            ]:
                yield Violation(f"{answer.case.id}: other values are read", "the same fields", ", ".join(wrong[:6]))


MEETINGS: Mapping[str, Meeting] = {
    "qr": Meeting("qr_payloads", "qr_answers", cross_codes),
    "iso20022": Meeting("messages", "exchanges", cross_messages),
}
"""Kind -> what meets what."""
