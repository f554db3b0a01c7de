"""One payload, all rules: what is found, and the three verdicts.

`check` is what the judges, `conformance qr explain`, the sandbox's reader and the benchmark call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conformance.payments.qr import rules_scheme, rules_structure, rules_templates, rules_values
from conformance.payments.qr.facts import Facts, facts_of
from conformance.payments.qr.findings import CLAUSES, Finding, Found, Layer
from conformance.payments.qr.parse import Reading, read
from conformance.payments.qr.recognise import Registry

RULES: tuple[Callable[[Facts], Found], ...] = (
    rules_structure.syntax,
    rules_structure.duplicate,
    rules_structure.first,
    rules_structure.last,
    rules_structure.checksum,
    rules_structure.reserved,
    rules_values.initiation,
    rules_values.amount,
    rules_values.currency,
    rules_values.country,
    rules_values.tip,
    rules_structure.mandatory,
    rules_values.form,
    rules_structure.size,
    rules_values.characters,
    rules_values.local_name,
    rules_templates.guid,
    rules_templates.additional_data,
    rules_templates.language,
    rules_scheme.currency_of_scheme,
    rules_scheme.layout,
    rules_scheme.readiness,
)


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


def sound(found: Found) -> bool:
    """Whether nothing binding is broken but what the scheme's document allows, readiness for other countries aside."""
    return not any(_binding(each) and each.clause.layer is not Layer.CROSS for each in found)


def _binding(finding: Finding) -> bool:
    return not finding.note and not finding.clause.advice


def check(payload: str | bytes, known: Registry, *, sandbox: bool = False) -> Found:
    """Everything that the rules find in a payload, in the order of the rules."""
    return check_facts(facts_of(read(payload), known, sandbox=sandbox))


def check_reading(reading: Reading, known: Registry, *, sandbox: bool = False) -> Found:
    """As `check`, of a payload that is read already. What cannot be read is judged no further."""
    return check_facts(facts_of(reading, known, sandbox=sandbox))


def check_facts(facts: Facts) -> Found:
    """As `check`, of facts."""
    if facts.reading.defects and (broken := rules_structure.syntax(facts)):
        others = (rules_structure.first, rules_structure.last, rules_structure.duplicate)
        return (*broken, *(finding for rule in others for finding in rule(facts)))
    found: list[Finding] = []
    for rule in RULES:
        if each := rule(facts):
            found += each
    return tuple(found)


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
