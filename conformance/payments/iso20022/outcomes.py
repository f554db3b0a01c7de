"""What came of a message that was sent, in one word. Pure.

A refusal is explicit: a 4xx that speaks of the content, or a pacs.002 with RJCT. Silence, a 5xx and a 401 are none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from conformance.core.model import Reason, Undecided
from conformance.payments.iso20022.evidence import Answer, Exchange
from conformance.payments.iso20022.facts import Facts

CONTENT_STATUSES = frozenset({400, 406, 409, 413, 415, 422})
FINAL = ("ACCC", "RJCT", "BLCK")
TRANSACTION = "FIToFIPmtStsRpt/TxInfAndSts/"

Word = Literal["accepted", "rejected", "refused", "failed", "silent", "unclear"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """word: see the module; `rejected` by a pacs.002 with `codes`, `refused` by the HTTP answer, `failed` where the
    service broke, `unclear` where something came that says neither. said: for messages.
    """

    word: Word
    codes: tuple[str, ...] = ()
    said: str = ""


def credible(exchange: Exchange, *, signed: bool) -> tuple[Answer, ...]:
    """The answers that count: where the manifest declares signatures, those that carry a good one."""
    return tuple(each for each in exchange.answers if each.signature == "good" or not signed)


def status_of(answer: Answer) -> str:
    """The status that an answer reports, empty where it reports none."""
    facts = Facts(answer.message)
    return facts.text(f"{TRANSACTION}TxSts") or facts.text("FIToFIPmtStsRpt/OrgnlGrpInfAndSts/GrpSts")


def codes_of(answer: Answer) -> tuple[str, ...]:
    """The reason codes of an answer."""
    facts = Facts(answer.message)
    return tuple(_codes(facts, TRANSACTION)) or tuple(_codes(facts, "FIToFIPmtStsRpt/OrgnlGrpInfAndSts/"))


def _codes(facts: Facts, base: str) -> Iterator[str]:
    for place in facts.repeated(f"{base}StsRsnInf"):
        if code := facts.text(f"{place}Rsn/Cd"):
            yield code


def finals(exchange: Exchange, *, signed: bool) -> tuple[Answer, ...]:
    """The answers with a final status."""
    return tuple(each for each in credible(exchange, signed=signed) if status_of(each) in FINAL)


def outcome(exchange: Exchange, *, signed: bool) -> Outcome:
    """What came of a payment. The first final answer counts; what came after it is PAY-ISO-21's."""
    answers = finals(exchange, signed=signed)
    if answers:
        status, codes = status_of(answers[0]), codes_of(answers[0])
        said = " ".join((status, *codes))
        return Outcome("rejected" if status == "RJCT" else "accepted" if status == "ACCC" else "unclear", codes, said)
    if exchange.status in CONTENT_STATUSES:
        return Outcome("refused", said=f"HTTP {exchange.status}")
    if exchange.status >= 500:
        return Outcome("failed", said=f"HTTP {exchange.status}")
    if exchange.status and not 200 <= exchange.status < 300:
        return Outcome("unclear", said=f"HTTP {exchange.status}")
    if not exchange.status:
        return Outcome("silent", said=exchange.trouble or "no answer")
    return Outcome("silent", said=why_silent(exchange, signed=signed))


def why_silent(exchange: Exchange, *, signed: bool) -> str:
    """Why no final answer counts, for messages."""
    if not exchange.answers:
        return f"HTTP {exchange.status}, and no answer came"
    if signed and not credible(exchange, signed=signed):
        return f"its answer came with the signature {exchange.answers[0].signature}"
    troubles = [each.message.trouble for each in exchange.answers if each.message.trouble]
    return f"its answer cannot be read: {troubles[0]}" if troubles else "no answer with a final status came"


def undecided(case: str, found: Outcome) -> Undecided:
    """What a judge raises where the outcome decides nothing."""
    reason = Reason.TIMEOUT if found.word == "silent" else Reason.NOT_OBSERVABLE
    return Undecided(reason, f"{case}: {found.said}")
