"""A message judged whole: read, held against its schema, and against every rule. What the harness and servers call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from conformance.payments.iso20022.facts import Facts, Finding
from conformance.payments.iso20022.rules import RULES, asked
from conformance.payments.iso20022.rules_text import version
from conformance.payments.iso20022.xml import read

Terms = Mapping[str, Mapping[str, Any]]
"""Requirement -> its parameters, as a profile has them."""

VERSION = "PAY-ISO-02-G"


@dataclass(frozen=True, slots=True)
class Broken:
    """One rule that a message breaks. rule: as in `rules.py`, or `schema`, `version`, or a word of `Message.trouble`.

    code: what a receiver answers (ExternalStatusReason1Code).
    """

    rule: str
    code: str
    finding: Finding


class Verdict(Struct, frozen=True):
    """What came of a message. schema: what its structure was held against (see `Message`)."""

    facts: Facts
    schema: str
    broken: tuple[Broken, ...]

    @property
    def accepted(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.broken


def validate(octets: bytes, country: str, terms: Terms, name: str = "message") -> Verdict:
    """Judge one message.

    Args:
        octets: the message, any octets at all.
        country: whose it is: XA to XZ open the sandbox's countries and currency.
        terms: parameters by requirement, as `terms_of` takes them from a profile.
        name: for messages.
    """
    message, shape = read(name, octets)
    facts = Facts(message, country, shape)
    if message.trouble:
        return Verdict(facts, "none", (Broken(message.trouble, "FF01", Finding(message.detail or message.trouble)),))
    broken = [Broken("version", "FF01", finding) for finding in version(facts, terms[VERSION])]
    if broken:
        return Verdict(facts, message.schema, tuple(broken))
    broken += [Broken("schema", "FF01", Finding(each.message, f"line {each.line}")) for each in message.schema_errors]
    for rule in asked(facts, terms):
        for found in rule.check(facts, terms[rule.requirement]):
            broken.append(Broken(rule.name, rule.code, found))
    return Verdict(facts, message.schema, tuple(broken))


def terms_of(requirements: Mapping[str, Any]) -> Terms:
    """The parameters of the requirements of a resolved profile that rules read."""
    wanted = {VERSION, *(rule.requirement for rule in RULES)}
    return {each: requirements[each].params for each in wanted}
