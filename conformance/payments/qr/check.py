"""One payload, all rules: what is found, and the three verdicts.

The judges, `conformance qr explain` and the sandbox's reader need the facts besides, and call `check_facts`; `check`
is for payloads of which the findings are all that is asked. Of codes of one shape the rules judge the first (`shapes`).
"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.payments.qr import rules_structure
from conformance.payments.qr.facts import Facts, facts_of
from conformance.payments.qr.findings import CLAUSES, Finding, Found, Layer
from conformance.payments.qr.parse import read
from conformance.payments.qr.recognise import Registry
from conformance.payments.qr.rules import RULES, rules_for
from conformance.payments.qr.shapes import found_by_shape, memory_of


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What is said of a payload, apart: EMVCo alone, the national scheme, and readers abroad.

    core: nothing of EMVCo is broken, whatever the scheme allows. dialect: nothing is broken but what the scheme's
    document allows; None where no scheme is recognised, since then nothing can be said. cross_border: a reader abroad
    has what it needs, and the code can be read at all.
    """

    core: bool
    dialect: bool | None
    cross_border: bool


BINDING = frozenset(rule for rule, clause in CLAUSES.items() if not clause.advice and clause.layer is not Layer.CROSS)
"""What a payload must not break, readiness for other countries aside."""


def sound(found: Found) -> bool:
    """Whether nothing binding is broken but what the scheme's document allows, readiness for other countries aside."""
    for each in found:  # noqa: SIM110 - codes of half the schemes have findings, and `any` takes twice as long
        if not each.note and each.rule in BINDING:
            return False
    return True


def check(payload: str | bytes, known: Registry, *, sandbox: bool = False) -> Found:
    """Everything that the rules find in a payload, in the order of the rules."""
    if isinstance(payload, str) and (found := found_by_shape(payload, memory_of(known, sandbox))) is not None:
        return found
    return _asked(facts_of(read(payload), known, sandbox=sandbox))


def check_facts(facts: Facts) -> Found:
    """As `check`, of facts."""
    if facts.known and not facts.reading.defects:  # so the text is the payload
        found = found_by_shape(facts.reading.text, memory_of(facts.known, facts.sandbox))
        if found is not None:
            return found
    return _asked(facts)


def _asked(facts: Facts) -> Found:
    """As `check_facts`, the rules asked that can find anything."""
    if broken := _unreadable(facts):
        return broken
    reading, root = facts.reading, facts.root
    text, get = reading.text, root.get
    plain = reading.characters <= rules_structure.SHOULD_CHARACTERS and text.isascii() and text.isprintable()
    version, initiation, currency, country = get("00"), get("01"), get("53"), get("58")
    rules = rules_for(
        tuple(root),
        plain,
        facts.sandbox,
        version and version.value,
        initiation and initiation.value,
        currency and currency.value,
        country and country.value,
    )
    found: list[Finding] = []
    for rule in rules:
        if each := rule(facts):
            found += each
    return tuple(found)


def _unreadable(facts: Facts) -> Found:
    """What is said of a payload that is no tag-length-value text: little else means anything in it."""
    broken = rules_structure.syntax(facts)
    others = (rules_structure.first, rules_structure.last, rules_structure.duplicate) if broken else ()
    return (*broken, *(finding for rule in others for finding in rule(facts)))


def check_whole(facts: Facts) -> Found:
    """As `check_facts`, every rule asked."""
    if broken := _unreadable(facts):
        return broken
    return tuple(finding for rule in RULES for finding in rule(facts))


def verdicts(facts: Facts, found: Found) -> Verdicts:
    """The three verdicts that findings come to; advice (SHOULD) counts in none of them."""
    binding = [each for each in found if not CLAUSES[each.rule].advice]
    core = [each for each in binding if CLAUSES[each.rule].layer is Layer.CORE]
    dialect = [each for each in binding if CLAUSES[each.rule].layer is not Layer.CROSS and not each.note]
    cross = [each for each in binding if CLAUSES[each.rule].layer is Layer.CROSS]
    unreadable = bool(facts.reading.fatal)
    return Verdicts(
        core=not core,
        dialect=None if not facts.matches and not unreadable else not dialect,
        cross_border=not cross and not unreadable and not dialect,
    )
