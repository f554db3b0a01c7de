"""One payload, all rules: what is found, and the three verdicts.

`check` is what the judges, `conformance qr explain`, the sandbox's reader and the benchmark call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from conformance.payments.qr import rules_scheme, rules_structure, rules_templates, rules_values
from conformance.payments.qr.facts import NOTHING, Facts, facts_of
from conformance.payments.qr.findings import CLAUSES, Finding, Found, Layer
from conformance.payments.qr.parse import Reading, read
from conformance.payments.qr.recognise import Registry
from conformance.payments.qr.tlv import DataObject

Rule = Callable[[Facts], Found]
RULES: tuple[Rule, ...] = (
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
    rules_scheme.account_abroad,
)

BY_HEADS: frozenset[Rule] = frozenset(
    {
        rules_structure.syntax,  # where it finds anything, `check_facts` comes no further
        rules_structure.first,
        rules_structure.reserved,
        rules_values.initiation,
        rules_values.amount,
        rules_values.currency,
        rules_values.country,
        rules_values.tip,
        rules_structure.mandatory,
        rules_templates.language,
        rules_scheme.readiness,
    }
)
"""Rules that find nothing in a payload if they find nothing in its IDs with the values of TELLING alone, all other
values empty: there they need no more, or an empty value is wrong to them (an amount, a tip, a language)."""

OF_TEXT: frozenset[Rule] = frozenset({rules_structure.size, rules_values.characters, rules_values.local_name})
"""Rules that find nothing in 512 visible ASCII characters."""

TELLING = ("00", "01", "53", "58")
"""Data objects of few values. Payloads of an issuer have the same ones, and the same IDs."""


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


@lru_cache(1024)
def rules_for(ids: tuple[str, ...], plain: bool, sandbox: bool, *telling: str | None) -> tuple[Rule, ...]:  # noqa: FBT001 - a call by names costs more than some rules
    """The rules that can find anything in payloads with these IDs at the root, in the order of RULES.

    Args:
        ids: in the payload's order, each once.
        plain: the text is at most 512 visible ASCII characters.
        sandbox: as in `Facts`.
        telling: the values of TELLING, None where there is none.
    """
    values = dict(zip(TELLING, telling, strict=True))
    objects = tuple(DataObject(each, 0, values.get(each) or "") for each in ids)
    heads = Facts(Reading("", 0, objects), {each.id: each for each in objects}, [], (), NOTHING, sandbox)
    without = OF_TEXT if plain else frozenset()
    return tuple(rule for rule in RULES if rule not in without and (rule not in BY_HEADS or rule(heads)))


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
