"""The leaves of a plain message by its tags alone.

A walk over lxml's tree makes an object of every element, which costs more than parsing and validating do together. Yet
what it finds (paths, which elements are leaves, currencies) stands in the tags, and the messages of one sender have few
sequences of those. So the text is cut at its tags, and what their sequence comes to is worked out once and kept.

That holds for a text that a parser found to be well-formed, where every tag can be read in one way alone: a name in
ASCII without a prefix, no attribute but Ccy, in the root none but xmlns. A comment, a CDATA section, a processing
instruction are none of that. Of anything else `plain_leaves` says nothing, and `xml.flatten` walks the tree.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import Any, NamedTuple, cast

from conformance.payments.iso20022.evidence import Leaf

MAX_LEAVES = 5_000
MAX_TEXT = 2_048
DEEPEST = 32
LONGEST_PATH = 256
LONGEST_TAG = 80

KEPT = 64
KEPT_CHARACTERS = 8_192
"""So many shapes are kept, and none with more of tags: what strangers send fills no memory."""

_DECLARATION = re.compile(r"\?xml [^?]*\?").fullmatch
_ROOT = re.compile('[A-Za-z][A-Za-z0-9]{0,63}(?: xmlns="[^"&]*")?').fullmatch
_TAG = re.compile('(/?)([A-Za-z][A-Za-z0-9]{0,63})(?: Ccy="([A-Za-z]{0,3})")?').fullmatch
_leaf = partial(cast("Any", tuple.__new__), Leaf)
"""A Leaf of what a tuple holds, without a call into Python for each."""


class Shape(NamedTuple):
    """What a sequence of tags says of each leaf: its path, which piece of the text is its own, its currency."""

    paths: tuple[str, ...]
    pieces: tuple[int, ...]
    currencies: tuple[str, ...]


def plain_leaves(text: str) -> tuple[Leaf, ...] | None:
    """The leaves of a well-formed document, as `xml.flatten` has them; None where it takes a tree to tell.

    Each tag ends with `>`. So where there are as many of them as of `<`, none stands in a text or in a value, and the
    pieces between `<` and `>` are text and tag by turns.
    """
    if "&" in text or "\r" in text or text.count("<") != text.count(">"):
        return None
    pieces = text.replace(">", "<").split("<")
    tags = "<".join(pieces[1::2])
    shape = _kept(tags) if len(tags) <= KEPT_CHARACTERS else shape_of(tags)
    if shape is None:
        return None
    texts = [pieces[place] for place in shape.pieces]
    if max(map(len, texts), default=0) > MAX_TEXT:
        return None
    return tuple(map(_leaf, zip(shape.paths, texts, shape.currencies, strict=True)))


def shape_of(joined: str) -> Shape | None:
    """What the tags of a well-formed document come to, joined by `<`; None where one is not plain or there are many.

    path, before, count: of the element that is open, its path with a final `/`, the name of its last child, and how
    many of that name have come in a row. above: the same of those that it stands in. currency: of the last to open.
    """
    tags = joined.split("<")
    begin = 1 if _DECLARATION(tags[0]) else 0
    if not _ROOT(tags[begin]):
        return None
    leaves: list[tuple[str, int, str]] = []
    path, before, count, currency = "", "", 1, ""
    above: list[tuple[str, str, int]] = []
    for number, tag in enumerate(tags[begin + 1 :], begin + 1):
        parts = _plain(tag) if len(tag) <= LONGEST_TAG else None
        if parts is None or len(path) > LONGEST_PATH or len(above) > DEEPEST or len(leaves) > MAX_LEAVES:
            return None
        ends, name, own = parts
        if not ends:
            before, count = name, count + 1 if name == before else 1
            above.append((path, before, count))
            path = f"{path}{name}[{count}]/" if count > 1 else f"{path}{name}/"
            before, count, currency = "", 1, own
        elif above:
            if not before:
                leaves.append((path[:-1], 2 * number, currency))
            path, before, count = above.pop()
    return _columns(leaves) if len(leaves) <= MAX_LEAVES else None


@lru_cache(1024)
def _plain(tag: str) -> tuple[str, str, str] | None:
    """Whether a tag is an end, the name in it, and its currency; None where it is not plain."""
    match = _TAG(tag)
    return (match[1], match[2], match[3] or "") if match else None


def _columns(leaves: list[tuple[str, int, str]]) -> Shape:
    return Shape(*zip(*leaves, strict=True)) if leaves else Shape((), (), ())


_kept = lru_cache(KEPT)(shape_of)
forget = _kept.cache_clear
