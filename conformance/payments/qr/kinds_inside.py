"""What the kind of a template has of what stands inside it: its sub-IDs, where every value is as its scheme asks.

Parts of an account come again in the codes of other merchants, such as the bank's number; what is said of one is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial

from conformance.payments.qr.facts import NOTHING, Facts
from conformance.payments.qr.parse import Reading
from conformance.payments.qr.recognise import Registry, Spec
from conformance.payments.qr.rules_scheme import fits
from conformance.payments.qr.rules_templates import is_guid
from conformance.payments.qr.tlv import HEAD_CHARACTERS, DataObject

MAX_INNER, MAX_HEADS = 256, 1024

ASKED = "?"
"""In a kind: a rule finds something in the object, and quotes it."""

Specs = Mapping[str, Spec]
Reader = Callable[[str], str]
"""What stands inside a template as a text -> its sub-ID, empty where it is not as its scheme asks."""

Opener = Callable[[str], tuple[Reader, str]]
"""The first object inside an account -> how all are read, and what the kind has of it."""


def reader(*asked: Specs) -> Reader:
    """Reads templates of which this is asked."""
    return lru_cache(MAX_INNER)(partial(_sub_id, asked))


def opener(known: Registry) -> Opener:
    """Opens the accounts of a registry's schemes."""
    fixed = {guid: reader(layout.objects) for guid, layout in known.guids.items()}
    by_form = lru_cache(MAX_INNER)(lambda places: reader(*(known.patterns[place].objects for place in places)))
    return lru_cache(MAX_HEADS)(partial(_opened, known, fixed, by_form))


def _opened(
    known: Registry, fixed: Mapping[str, Reader], by_form: Callable[[tuple[int, ...]], Reader], head: str
) -> tuple[Reader, str]:
    guid = head[HEAD_CHARACTERS:]
    if found := fixed.get(guid) or fixed.get(guid.upper()):
        return found, head
    places = tuple(n for n, layout in enumerate(known.patterns) if layout.pattern and layout.pattern(guid))
    return by_form(places), f"{places}{'' if is_guid(guid) else ASKED}"


def _sub_id(asked: tuple[Specs, ...], text: str) -> str:
    name, value = text[:2], text[HEAD_CHARACTERS:]
    for specs in asked:
        if spec := specs.get(name):
            if spec.form and not spec.form(value):
                return ""
            if spec.objects:
                facts = Facts(Reading(text, len(text)), {}, [], (), NOTHING, sandbox=False)
                if not fits(facts, DataObject(name, 0, value), spec):
                    return ""
    return name


@lru_cache(1024)
def ids_of(names: tuple[str, ...]) -> str:
    """Sub-IDs in one text; empty where one is, and where they do not ascend: one may be there twice."""
    rising = all(one < other for one, other in zip(("", *names), names, strict=False))
    return "".join(names) if rising else ""
