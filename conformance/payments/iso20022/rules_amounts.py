"""Amounts beyond the XSD: counts and sums, decimals, currencies, limits, and the arithmetic of the rate."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from conformance.payments.iso20022 import codes
from conformance.payments.iso20022.facts import Facts, Finding

HEADER = "FIToFICstmrCdtTrf/GrpHdr/"
NUMBER_OF_TRANSACTIONS = f"{HEADER}NbOfTxs"
CONTROL_SUM = f"{HEADER}CtrlSum"
_PLAIN = re.compile("[0-9]{1,18}(\\.[0-9]{1,17})?")


@lru_cache(64)
def number(text: str) -> Decimal | None:
    """A decimal number of XML Schema as far as it is short and plain, else None.

    Kept, since several rules ask for the same amounts of a message.
    """
    return Decimal(text) if _PLAIN.fullmatch(text) else None


def number_of_transactions(facts: Facts, _: Mapping[str, Any]) -> Iterator[Finding]:
    """NbOfTxs is 1, and one transaction follows."""
    told, found = facts.text(NUMBER_OF_TRANSACTIONS), len(facts.transactions)
    if told != "1":
        yield Finding("NbOfTxs is not 1", NUMBER_OF_TRANSACTIONS, "1", told)
    if told != str(found):
        yield Finding("NbOfTxs is not the number of transactions", NUMBER_OF_TRANSACTIONS, str(found), told)


def control_sum(facts: Facts, _: Mapping[str, Any]) -> Iterator[Finding]:
    """CtrlSum, where present, is the sum of the settlement amounts."""
    leaf = facts.leaf(CONTROL_SUM)
    if not leaf:
        return
    told = number(leaf.text)
    each = [number(facts.text(f"{place}IntrBkSttlmAmt")) for place in facts.transactions]
    total = sum([amount for amount in each if amount is not None])
    if told is None or told != total:
        yield Finding("CtrlSum is not the sum of the amounts", CONTROL_SUM, str(total), leaf.text)


def decimals(facts: Facts, terms: Mapping[str, Any]) -> Iterator[Finding]:
    """No amount has more decimals than the agreed table gives its currency, and none has a sign."""
    table, country = terms["currencies"], facts.country
    for leaf in facts.amounts:
        value = leaf.text.strip()
        if value[:1] == "+":
            yield Finding("an amount has a sign", leaf.path, "digits and at most one point", value)
        fraction = value.partition(".")[2]
        allowed = codes.decimals_of(leaf.currency, table, country)
        if allowed is not None and len(fraction) > allowed:
            yield Finding(
                f"an amount in {leaf.currency} has {len(fraction)} decimals", leaf.path, f"at most {allowed}", value
            )


def currency(facts: Facts, terms: Mapping[str, Any]) -> Iterator[Finding]:
    """Every amount is in an agreed currency."""
    table, country = terms["currencies"], facts.country
    used = {leaf.currency for leaf in facts.amounts}
    strange = {each for each in used if codes.decimals_of(each, table, country) is None}
    if not strange:
        return
    known = ", ".join(sorted(codes.currencies(table, country)))
    for leaf in facts.amounts:
        if leaf.currency in strange:
            yield Finding(f"an amount is in {leaf.currency}, which is not agreed", leaf.path, known, leaf.currency)


def amount_positive(facts: Facts, _: Mapping[str, Any]) -> Iterator[Finding]:
    """What is paid is more than nothing; a fee may be nothing."""
    for place in facts.transactions:
        for name in ("IntrBkSttlmAmt", "InstdAmt"):
            amount = number(facts.text(path := f"{place}{name}").strip().removeprefix("+"))
            if amount is not None and not amount:
                yield Finding(f"{name} is zero", path, "more than zero", facts.text(path))


def amount_maximum(facts: Facts, terms: Mapping[str, Any]) -> Iterator[Finding]:
    """The settlement amount is within the maximum of its currency, where one is agreed."""
    for place in facts.transactions:
        leaf = facts.leaf(f"{place}IntrBkSttlmAmt")
        limit = terms.get("maximum", {}).get(leaf.currency) if leaf else None
        if leaf and limit and (value := number(leaf.text)) is not None and value > _decimal(limit):
            yield Finding("the amount is above the corridor's maximum", leaf.path, f"at most {limit}", leaf.text)


def rate(facts: Facts, terms: Mapping[str, Any]) -> Iterator[Finding]:
    """InstdAmt is what the settlement amount comes to at the agreed rate less the creditor agent's charge.

    Exact within half a unit of the last decimal of InstdAmt's currency (the profile's rounding rule).
    """
    for place in facts.transactions:
        sent, received = facts.leaf(f"{place}IntrBkSttlmAmt"), facts.leaf(f"{place}InstdAmt")
        agreed = number(facts.text(f"{place}AgrdRate/PreAgrdXchgRate"))
        agent = facts.text(f"{place}CdtrAgt/FinInstnId/BICFI")
        if not sent or not received or agreed is None or not agent:
            continue  # without the agent nobody can tell which charge is its
        values = number(sent.text), number(received.text)
        if values[0] is None or values[1] is None:
            continue
        expected = values[0] * agreed - charge_of(facts, place, agent)
        places = codes.decimals_of(received.currency, terms["currencies"], facts.country)
        if abs(expected - values[1]) > _half_a_unit(2 if places is None else places):
            text = f"{expected:f} ({values[0]} x {agreed} less the charge)"
            yield Finding("the amounts do not agree at the agreed rate", received.path, text, received.text)


_decimal = lru_cache(64)(Decimal)


@lru_cache(64)
def _half_a_unit(places: int) -> Decimal:
    """Half of the last of so many decimals."""
    return Decimal(1).scaleb(-places) / 2


def charge_of(facts: Facts, place: str, agent: str) -> Decimal:
    """The sum of what an agent deducts."""
    total = Decimal(0)
    for charge in facts.repeated(f"{place}ChrgsInf"):
        if facts.text(f"{charge}Agt/FinInstnId/BICFI") == agent:
            total += number(facts.text(f"{charge}Amt")) or 0
    return total
