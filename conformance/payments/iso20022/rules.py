"""The rule layer beyond the XSD as one table: each rule is one small pure function with its clause and reason code.

`code` is what a receiver answers where the rule is broken (ExternalStatusReason1Code). Those that the Nexus texts name
for the case are FF01, TM01, CH20, CURR, AM03, AB04, RC11, CH21 and the duplicates DUPL, AM05, DU01 to DU05; the others
are the code that fits by its name, and no requirement asks for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.payments.iso20022 import rules_amounts, rules_scheme, rules_text
from conformance.payments.iso20022.facts import Facts, Finding

Check = Callable[[Facts, Mapping[str, Any]], Iterator[Finding]]
PAYMENT = ("pacs.008",)
KEPT = 16
KEPT_CHARACTERS = 512
"""For so many sets of codes of messages with the same paths it is kept which rules are asked, and for none that is
longer."""

EVERY = ("pacs.008", "pacs.002", "acmt.023", "acmt.024", "camt.054")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. requirement: whose parameters it reads and where it is judged. messages: what it is for.

    settled: whether it finds anything in a message where no element is empty depends on nothing but the country, which
    elements there are, their currencies, and the texts of those in `places.TELLING`.
    """

    name: str
    requirement: str
    code: str
    clause: str
    check: Check
    messages: tuple[str, ...] = PAYMENT
    settled: bool = False


RULES: tuple[Rule, ...] = (
    Rule("uetr", "PAY-ISO-03-G", "CH21", "Nexus UETR; RFC 9562 section 5.4", rules_text.uetr),
    Rule(
        "number-of-transactions",
        "PAY-ISO-06-G",
        "AM18",
        "Nexus message guideline: one transaction a message",
        rules_amounts.number_of_transactions,
        settled=True,
    ),
    Rule("control-sum", "PAY-ISO-06-G", "AM10", "ISO 20022 CtrlSum", rules_amounts.control_sum),
    Rule("decimals", "PAY-ISO-07-G", "CH20", "Nexus currencies", rules_amounts.decimals, EVERY),
    Rule("currency", "PAY-ISO-07-G", "AM03", "Nexus currencies", rules_amounts.currency, EVERY, settled=True),
    Rule("amount-positive", "PAY-ISO-08-G", "AM01", "Nexus amounts", rules_amounts.amount_positive),
    Rule("amount-maximum", "PAY-ISO-08-G", "AM02", "Nexus maximum amounts", rules_amounts.amount_maximum),
    Rule("rate", "PAY-ISO-08-G", "AB04", "Nexus quotes", rules_amounts.rate),
    Rule("characters", "PAY-ISO-09-G", "CH16", "Nexus Latin character set", rules_text.characters, EVERY),
    Rule("references", "PAY-ISO-10-G", "CH16", "Nexus references; CBPR+", rules_text.references, EVERY),
    Rule("bic", "PAY-ISO-11-G", "RC01", "ISO 9362", rules_text.bics, EVERY, settled=True),
    Rule("lei", "PAY-ISO-11-G", "RC01", "ISO 17442; ISO/IEC 7064", rules_text.leis, EVERY, settled=True),
    Rule("country", "PAY-ISO-11-G", "BE16", "ISO 3166-1", rules_text.countries, EVERY, settled=True),
    Rule("proprietary", "PAY-ISO-12-G", "CH21", "Nexus code sets", rules_text.proprietary, EVERY, settled=True),
    Rule("purpose", "PAY-ISO-12-G", "CH16", "ExternalPurpose1Code", rules_text.purpose, settled=True),
    Rule("addresses", "PAY-ISO-13-S", "BE04", "CPMI d218; CBPR+", rules_scheme.addresses, settled=True),
    Rule("offsets", "PAY-ISO-14-G", "DT04", "Nexus general usage; RFC 3339 section 5.6", rules_text.offsets, EVERY),
    Rule("reasons", "PAY-ISO-16-G", "", "Nexus pacs.002", rules_scheme.reasons, ("pacs.002",)),
    Rule("statuses", "PAY-ISO-16-G", "", "Nexus pacs.002", rules_scheme.statuses, ("pacs.002",)),
    Rule("settlement", "PAY-ISO-17-G", "CH21", "Nexus message guideline", rules_scheme.settlement, settled=True),
    Rule("charges", "PAY-ISO-17-G", "CH21", "Nexus message guideline", rules_scheme.charges, settled=True),
    Rule("mandatory", "PAY-ISO-18-G", "CH21", "Nexus message guideline", rules_scheme.mandatory),
    Rule("agents", "PAY-ISO-18-G", "CH21", "Nexus message guideline", rules_scheme.agents, settled=True),
    Rule("quote", "PAY-ISO-19-G", "CH21", "Nexus quotes", rules_scheme.quote, settled=True),
    Rule("proxy", "PAY-PRX-01-G", "CH21", "Nexus acmt.023", rules_scheme.proxy, ("acmt.023",)),
)


BY_KIND: Mapping[str, tuple[Rule, ...]] = {
    kind: tuple(rule for rule in RULES if kind in rule.messages) for kind in EVERY
}
"""Kind of message -> the rules that are for it, in the order of the table."""


def asked(facts: Facts, terms: Mapping[str, Mapping[str, Any]]) -> tuple[Rule, ...]:
    """The rules that may find something in a message, in the order of the table. terms: parameters by requirement.

    Those that are settled are asked once for all messages that are alike in what settles them. What found nothing then
    finds nothing in the others, and is left out; all are asked where no message with the same paths was met before.
    terms must not change while it is in use.
    """
    rules, places = BY_KIND.get(facts.kind, ()), facts.places
    if not places.met or "" in facts.texts:
        places.met = True
        return rules
    kept, alike = places.asked, facts.alike()
    found = kept.get(alike)
    if found is None or found[0] is not terms:
        found = terms, tuple([rule for rule in rules if not rule.settled or _finds(rule, facts, terms)])
        if len(kept) >= KEPT:
            kept.clear()
        if sum(map(len, alike)) <= KEPT_CHARACTERS:
            kept[alike] = found
    return found[1]


def _finds(rule: Rule, facts: Facts, terms: Mapping[str, Mapping[str, Any]]) -> bool:
    return any(True for _ in rule.check(facts, terms[rule.requirement]))


def of(requirement: str) -> tuple[Rule, ...]:
    """The rules that are judged under a requirement."""
    return tuple(rule for rule in RULES if rule.requirement == requirement)


def findings(rule: Rule, facts: Facts, terms: Mapping[str, Any]) -> Iterator[Finding]:
    """What a rule finds in a message; nothing in one that it is not for."""
    return rule.check(facts, terms) if facts.kind in rule.messages else iter(())
