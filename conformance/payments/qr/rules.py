"""All rules in their order, and which of them can find anything in payloads of one head."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from conformance.payments.qr import rules_scheme, rules_structure, rules_templates, rules_values
from conformance.payments.qr.facts import NOTHING, Facts
from conformance.payments.qr.findings import Found
from conformance.payments.qr.parse import Reading
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
