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
"""The first object inside an account -> how all are read, and what the kind has of it.

If it is no GUID, it is taken for one: there are more kinds then than need be, and `guid` is asked again.
"""


def reader(*asked: Specs) -> Reader:
    """Reads templates of which all this is asked."""
    return partial(_sub_id, asked[0]) if len(asked) == 1 else partial(_sub_id_of_all, asked)


def opener(known: Registry) -> Opener:
    """Opens the accounts of a registry's schemes."""
    fixed = {guid: _kept(layout.objects) for guid, layout in known.guids.items()}
    by_form = lru_cache(MAX_INNER)(lambda places: _kept(*(known.patterns[place].objects for place in places)))
    return lru_cache(MAX_HEADS)(partial(_opened, known, fixed, by_form))


def _kept(*asked: Specs) -> Reader:
    return lru_cache(MAX_INNER)(reader(*asked))


def _opened(
    known: Registry, fixed: Mapping[str, Reader], by_form: Callable[[tuple[int, ...]], Reader], head: str
) -> tuple[Reader, str]:
    guid = head[HEAD_CHARACTERS:]
    if found := fixed.get(guid) or fixed.get(guid.upper()):
        return found, head
    places = tuple(n for n, layout in enumerate(known.patterns) if layout.pattern and layout.pattern(guid))
    return by_form(places), f"{places}{'' if is_guid(guid) else ASKED}"


def _sub_id(specs: Specs, text: str) -> str:
    name = text[:2]
    if spec := specs.get(name):
        value = text[HEAD_CHARACTERS:]
        if spec.form and not spec.form(value):
            return ""
        if spec.objects:
            facts = Facts(Reading(text, len(text)), {}, [], (), NOTHING, sandbox=False)
            return name if fits(facts, DataObject(name, 0, value), spec) else ""
    return name


def _sub_id_of_all(asked: tuple[Specs, ...], text: str) -> str:
    return text[:2] if all(_sub_id(specs, text) for specs in asked) else ""


@lru_cache(1024)
def ids_of(names: tuple[str, ...]) -> str:
    """Sub-IDs in one text; empty where one is, and where they do not ascend: one may be there twice."""
    rising = all(one < other for one, other in zip(("", *names), names, strict=False))
    return "".join(names) if rising else ""
