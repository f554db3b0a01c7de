"""Codes of one shape are judged once: what the rules find in one, they find in all, elsewhere in the text.

A shape is the kinds of a payload's data objects in their order (`kinds`), its text being tag-length-value throughout,
its CRC right and at the end. The rules judge the first code of a shape whole, and what they find is remembered by the
data objects it is on; with the second, it is only moved to where those stand. What is remembered is bounded, and is
forgotten whole where it grows over that, so that codes of strangers cost time alone.
"""

from __future__ import annotations

from binascii import crc_hqx
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Literal, NamedTuple

import msgspec

from conformance.payments.qr.crc import INITIAL
from conformance.payments.qr.facts import Facts, facts_of
from conformance.payments.qr.findings import NONE, Finding, Found
from conformance.payments.qr.kinds import ASKED_AGAIN, UNFIT, Kind, Settle, settled
from conformance.payments.qr.parse import TEMPLATES, Reading, read
from conformance.payments.qr.recognise import Registry
from conformance.payments.qr.rules import RULES, Rule
from conformance.payments.qr.rules_structure import SHOULD_CHARACTERS
from conformance.payments.qr.rules_values import is_visible
from conformance.payments.qr.tlv import HEAD_CHARACTERS, DataObject, level, pieces

MAX_KINDS, MAX_SHAPES, MAX_FOUND = 4096, 1024, 32
"""Objects whose kind is remembered, shapes, and findings of a shape."""

OF_ONE_CODE = frozenset({"54", "62"})
"""Amount and additional data are of another text in each code, so their kinds are not worth remembering."""


class Mark(NamedTuple):
    """A finding without its offset. place: of the object it is on; the number of objects and one for the end."""

    place: int
    rule: str
    path: str
    message: str
    expected: str
    observed: str
    note: str


class Part(NamedTuple):
    """What is found: marks, and behind them what a rule finds that is asked again of the objects that it quotes."""

    marks: tuple[Mark, ...]
    rule: Rule | None = None
    places: tuple[int, ...] = ()


class Shape(msgspec.Struct, frozen=True):
    """What is found in codes of a shape. allowed: as in `Facts`."""

    parts: tuple[Part, ...]
    allowed: Mapping[str, str]


class Memory(msgspec.Struct):
    """What is remembered for one registry. kinds: by the object's text. shapes: by kinds; False where codes of such a
    shape are judged whole.
    """

    known: Registry
    sandbox: bool
    settle: Mapping[str, Settle]
    kinds: dict[str, Kind]
    shapes: dict[tuple[Kind, ...], Shape | Literal[False]]


@lru_cache(8)
def memory_of(known: Registry, sandbox: bool) -> Memory:  # noqa: FBT001 - a call by names costs more
    """The memory of a registry: one for each of the last eight."""
    return Memory(known, sandbox, settled(known), {}, {})


def found_by_shape(text: str, memory: Memory) -> Found | None:
    """What the rules find in a payload, None where they must judge it whole."""
    if len(text) > SHOULD_CHARACTERS or not is_visible(text) or not (objects := pieces(text)):
        return None
    try:
        octets = text.encode()
    except UnicodeEncodeError:
        return None
    if objects[-1] != f"6304{crc_hqx(octets[:-4], INITIAL):04X}":
        return None
    del objects[-1]
    remembered = memory.kinds.get
    kinds = tuple([remembered(each) or _kind(each, memory) for each in objects])
    if not all(kinds):
        return None
    shape = memory.shapes.get(kinds)
    if shape:
        return _moved(shape, text, objects, sandbox=memory.sandbox) if shape.parts else NONE
    return _judged(text, objects, kinds, memory) if shape is None else None


def _kind(text: str, memory: Memory) -> Kind:
    """The kind of an object that is not remembered, which it is from now on."""
    name = text[:2]
    settle = memory.settle.get(name)
    kind = text if settle is None else settle(text)
    if kind and name not in OF_ONE_CODE:
        if len(memory.kinds) >= MAX_KINDS:
            memory.kinds.clear()
        memory.kinds[text] = kind
    return kind


def _judged(text: str, objects: Sequence[str], kinds: tuple[Kind, ...], memory: Memory) -> Found:
    """What every rule finds in the first code of a shape, remembered for the next."""
    facts = facts_of(read(text), memory.known, sandbox=memory.sandbox)
    by_rule = [(rule, found) for rule in RULES if (found := rule(facts))]
    offsets = (*accumulate(map(len, objects), initial=0), len(text))
    moving = tuple(zip((*kinds, "", ""), (*objects, "6304", ""), strict=True))
    parts = [part for rule, found in by_rule if (part := _part(rule, found, offsets, moving))]
    findings = tuple(finding for _, found in by_rule for finding in found)
    if len(memory.shapes) >= MAX_SHAPES:
        memory.shapes.clear()
    lasts = len(parts) == len(by_rule) and len(findings) <= MAX_FOUND
    memory.shapes[kinds] = lasts and Shape(tuple(parts), facts.allowed)
    return findings


def _part(rule: Rule, found: Found, offsets: Sequence[int], objects: Sequence[tuple[Kind, str]]) -> Part | None:
    """What is remembered of what one rule finds; None where it quotes what is another in the next code of the shape."""
    placed = [(bisect_right(offsets, each.offset) - 1, each) for each in found]
    if all(offsets[place] == each.offset and _lasts(each, *objects[place]) for place, each in placed):
        return Part(tuple(_mark(place, each) for place, each in placed))
    return Part((), rule, tuple(dict.fromkeys(place for place, _ in placed))) if rule in ASKED_AGAIN else None


def _lasts(finding: Finding, kind: Kind, text: str) -> bool:
    """Whether all objects of a kind have the same finding."""
    return kind == text or not (finding.observed or kind.endswith(UNFIT))


def _mark(place: int, each: Finding) -> Mark:
    return Mark(place, each.rule, each.path, each.message, each.expected, each.observed, each.note)


def _moved(shape: Shape, text: str, objects: Sequence[str], *, sandbox: bool) -> Found:
    """What is found in another code of a shape."""
    offsets = [*accumulate(map(len, objects), initial=0), len(text)]
    found: list[Finding] = []
    for marks, rule, places in shape.parts:
        found += [
            Finding(name, path, offsets[place], message, expected, observed, note)
            for place, name, path, message, expected, observed, note in marks
        ]
        if rule:
            found += rule(_facts(places, offsets, text, shape.allowed, sandbox=sandbox))
    return tuple(found)


def _facts(
    places: Sequence[int], offsets: Sequence[int], text: str, allowed: Mapping[str, str], *, sandbox: bool
) -> Facts:
    """The facts of the objects at these places alone."""
    root, templates = {}, []
    for place in places:
        start, end = offsets[place], offsets[place + 1]
        begin, name = start + HEAD_CHARACTERS, text[start : start + 2]
        inner = level(text, begin, end, name, []) if name in TEMPLATES else ()
        root[name] = each = DataObject(name, start, text[begin:end], inner)
        if name in TEMPLATES:
            templates.append(each)
    return Facts(Reading(text, len(text)), root, templates, (), allowed, sandbox)
