"""Of what kind a data object is: objects of one kind are alike to every rule, whatever else they say.

A rule reads little of most objects: of a merchant's name, how long it is. What is as the rules ask is told apart by its
ID alone, or with what several rules read of it together, such as the decimals of an amount. The rules' own functions
say whether it is, so that nothing is written twice.

Of a kind with ASKED, one of the rules ASKED_AGAIN finds something, which quotes the object. One that ends with UNFIT is
not as some scheme of the registry asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from conformance.payments.qr.facts import Facts, facts_of
from conformance.payments.qr.kinds_inside import ASKED, Opener, Reader, ids_of, opener, reader
from conformance.payments.qr.parse import MERCHANT_TEMPLATES, UNRESERVED_TEMPLATES, is_fatal, read
from conformance.payments.qr.recognise import Registry, Spec
from conformance.payments.qr.rules_scheme import CARDS, decimals_of, fits
from conformance.payments.qr.rules_structure import duplicate
from conformance.payments.qr.rules_templates import additional_data, guid, is_additional, is_guid, language
from conformance.payments.qr.rules_values import LONGEST, form, is_amount, is_category
from conformance.payments.qr.tlv import HEAD_CHARACTERS, pieces

Kind = str
"""The ID and what tells the kind; the whole text of an object that is alike to none but its equals."""

Settle = Callable[[str], Kind]
"""A data object at the root as a text -> its kind, empty where rules must read it in its payload."""

ASKED_AGAIN = frozenset({form, guid, additional_data})
"""Rules that read each object at the root apart from the others."""

UNFIT = "!"
NO_SCHEMES = Registry((), {}, ())
AMOUNTS = tuple(f"54.{decimals}" for decimals in range(14))


def settled(known: Registry) -> Mapping[str, Settle]:
    """ID -> how the kind is settled. IDs are missing of which rules read all, as are those reserved."""
    asked: dict[str, tuple[Spec, ...]] = {}
    for layout in (*known.guids.values(), *known.patterns):
        for name, spec in layout.root.items():
            asked[name] = (*asked.get(name, ()), spec)
    accounts = partial(_account, opener(known))
    table: dict[str, Settle] = {
        **{name: partial(_unread, name) for name in CARDS},
        **dict.fromkeys(MERCHANT_TEMPLATES, accounts),
        **{name: partial(_text, name, LONGEST[name]) for name in ("59", "60", "61")},
        "52": _category,
        "54": _amount,
        "62": _additional,
        "63": _checksum,
    }
    table = {name: partial(_specified, of_id, asked[name]) if name in asked else of_id for name, of_id in table.items()}
    for name in (*UNRESERVED_TEMPLATES, "64"):
        specs = asked.get(name, ())
        table[name] = partial(_template, specs)
        if name != "64" and not any(spec.form for spec in specs):
            table[name] = partial(_unreserved, table[name], reader(*(spec.objects for spec in specs)))
    return table


def _unread(name: str, text: str) -> Kind:
    del text
    return name


def _checksum(text: str) -> Kind:
    """The CRC stands last and is looked at there: this is another one."""
    del text
    return ""


def _category(text: str) -> Kind:
    return "52" if is_category(text[HEAD_CHARACTERS:]) else f"52{ASKED}"


def _amount(text: str) -> Kind:
    value = text[HEAD_CHARACTERS:]
    return AMOUNTS[len(decimals_of(value))] if is_amount(value) else ""


def _text(name: str, longest: int, text: str) -> Kind:
    """`form` reads the length, and `local_name` whether it is ASCII."""
    if not text.isascii():
        return ""
    return name if len(text) <= longest + HEAD_CHARACTERS else f"{name}{ASKED}"


def _additional(text: str) -> Kind:
    before, kind = "", "62"
    for each in pieces(text, HEAD_CHARACTERS):
        name = each[:2]
        if name <= before:  # not ascending, so maybe twice
            return ""
        if not is_additional(name, each[HEAD_CHARACTERS:]):
            kind = f"62{ASKED}"
        before = name
    return kind if before else ""


def _account(opened: Opener, text: str) -> Kind:
    """An account: its GUID with the sub-IDs, where all is as each scheme asks that may know it."""
    inner = pieces(text, HEAD_CHARACTERS)
    if not inner:
        return ""
    sub_id, of_guid = opened(inner[0])
    ids = ids_of(tuple(map(sub_id, inner)))
    return f"{text[:2]}{of_guid}{ids}" if ids else ""


def _unreserved(otherwise: Settle, sub_id: Reader, text: str) -> Kind:
    """An unreserved template: its sub-IDs, where it is one, and all is as each scheme asks of it."""
    inner = pieces(text, HEAD_CHARACTERS)
    ids = ids_of(tuple(map(sub_id, inner)))
    if not ids:
        return otherwise(text)
    head = inner[0]
    named = head[:2] == "00" and is_guid(head[HEAD_CHARACTERS:])
    return f"{text[:2]}{'' if named else ASKED}{ids}"


def _template(specs: tuple[Spec, ...], text: str) -> Kind:
    """Any other template: the rules judge a payload of nothing else."""
    facts = _alone(text)
    (each,) = facts.reading.objects
    if any(map(is_fatal, facts.reading.defects)) or duplicate(facts) or language(facts):
        return ""
    return f"{each.id}{ASKED if guid(facts) else ''}{_unfit(facts, specs)}"


def _specified(settle: Settle, specs: tuple[Spec, ...], text: str) -> Kind:
    """An object of which a scheme of the registry asks more than EMVCo."""
    kind = settle(text)
    return kind and kind + _unfit(_alone(text), specs)


def _unfit(facts: Facts, specs: tuple[Spec, ...]) -> str:
    """Which schemes of the registry do not have an object so, if any: the payload may be of another."""
    (each,) = facts.reading.objects
    unfit = [number for number, spec in enumerate(specs) if not fits(facts, each, spec)]
    return f"{unfit}{UNFIT}" if unfit else ""


def _alone(text: str) -> Facts:
    """The facts of a payload of one object."""
    return facts_of(read(text), NO_SCHEMES)
