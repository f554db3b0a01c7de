"""The leaves of a plain message by its tags alone.

A walk over lxml's tree makes an object of every element, which costs more than parsing and validating do together. Yet
what it finds (paths, which elements are leaves, currencies) stands in the tags, and the messages of one sender have few
sequences of those. So the text is cut at its tags, and what their sequence comes to is worked out once and kept. A
sequence that was never seen is made of turns that were: the end of an element with the tags that begin behind it.

That holds for a text that a parser found to be well-formed, where every tag can be read in one way alone: a name in
ASCII without a prefix, no attribute but Ccy, in the root none but xmlns. A comment, a CDATA section, a processing
instruction are none of that. Of anything else `plain` says nothing, and `xml.flatten` walks the tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from msgspec import Struct

from conformance.payments.iso20022.evidence import Leaf

MAX_LEAVES = 5_000
MAX_TEXT = 2_048
DEEPEST = 32
LONGEST_PATH = 256
LONGEST_TAG = 80
MAX_TAGS = 50_000

KEPT = 64
KEPT_CHARACTERS = 8_192
KEPT_TURNS = 1_024
"""So many shapes are kept, none with more of tags, and so many turns: what strangers send fills no memory."""

_DECLARATION = re.compile(r"\?xml [^?]*\?").fullmatch
_ROOT = re.compile(r'([A-Za-z][A-Za-z0-9]{0,63})(?: xmlns="([^"&\s]*)")?').fullmatch
_NAME = re.compile("[A-Za-z][A-Za-z0-9]{0,63}").fullmatch
_BEGIN = re.compile('([A-Za-z][A-Za-z0-9]{0,63})(?: Ccy="([A-Za-z]{0,3})")?').fullmatch


class Shape(Struct, frozen=True, eq=False):
    """What a sequence of tags says of a document: its namespace, and the paths of the elements that have others.

    Of each leaf: its path, the name of its element, which piece of the text is its own, and its currency.
    """

    namespace: str
    above: list[str] = []
    paths: list[str] = []
    names: list[str] = []
    pieces: list[int] = []
    currencies: list[str] = []


class NotPlainError(Exception):
    """A tag that can be read in more ways than one, or what is beyond the limits."""


Begun = tuple[str, str]
"""The name and the currency of an element that begins."""


class _Turns(dict[str, tuple[str, str, tuple[Begun, ...]]]):
    """By a turn, as `Id<Tp<Cd`: what begins in it, first (empty where nothing does) and within that.

    A dict, so that C alone looks up those that are known.
    """

    def __missing__(self, turn: str) -> tuple[str, str, tuple[Begun, ...]]:
        ended, *tags = turn.split("<")
        begun = [_BEGIN(tag) for tag in tags[:DEEPEST] if len(tag) <= LONGEST_TAG]
        names = [(match[1], match[2] or "") for match in begun if match]
        if len(names) != len(tags) or len(ended) > LONGEST_TAG or not _NAME(ended):
            raise NotPlainError
        if len(self) >= KEPT_TURNS:
            self.clear()
        self[turn] = found = (*names[0], tuple(names[1:])) if names else ("", "", ())
        return found


def plain(text: str) -> tuple[Shape, list[str]] | None:
    """The shape of a document and the texts of its leaves; None where it takes a tree to tell.

    It holds where a parser finds the text to be well-formed, of any other it says nothing that means anything.
    Each tag ends with `>`. So where there are as many of them as of `<`, none stands in a text or in a value, and the
    pieces between `<` and `>` are text and tag by turns.
    """
    count = text.count("<")
    if count > MAX_TAGS or "&" in text or "\r" in text:
        return None
    pieces = text.replace(">", "<").split("<")
    if len(pieces) != 2 * count + 1:
        return None
    tags = "<".join(pieces[1::2])
    shape = _kept(tags) if len(tags) <= KEPT_CHARACTERS else shape_of(tags)
    if shape is None:
        return None
    texts = [pieces[place] for place in shape.pieces]
    if len(text) - len(tags) > MAX_TEXT and max(map(len, texts), default=0) > MAX_TEXT:
        return None
    return shape, texts


def leaves_of(shape: Shape, texts: Iterable[str]) -> tuple[Leaf, ...]:
    """The leaves of a document, as `xml.flatten` has them."""
    return tuple(map(Leaf, shape.paths, texts, shape.currencies))


def shape_of(joined: str) -> Shape | None:
    """What the tags of a well-formed document come to, joined by `<`; None where one is not plain or there are many."""
    first, *turns = joined.split("</")
    tags = first.split("<")
    begin = 1 if len(tags) > 1 and _DECLARATION(tags[0]) else 0
    root = _ROOT(tags[begin])
    if not root or not turns or not _NAME(turns.pop()):
        return None
    turns.insert(0, "<".join([root[1], *tags[begin + 1 :]]))
    shape = Shape(root[2] or "")
    try:
        _follow(map(_TURNS.__getitem__, turns), 2 * begin, shape)
    except NotPlainError:
        return None
    return shape


def _follow(turns: Iterable[tuple[str, str, tuple[Begun, ...]]], number: int, shape: Shape) -> None:
    """Add to a shape what the turns of a document say.

    number: of the piece before the tag of the root, which opens the first turn, as it ends nothing. inside, before,
    count: of the element that is open, its path with a final `/`, the name of its last child, and how many of that name
    have come in a row. outer: the same of those that it stands in. path, currency: of a child that is open and has none
    of its own so far.

    Raises:
        NotPlainError: a tag is not, one stands behind the end of the root, or a limit is met.
    """
    above, paths, names, pieces, currencies = shape.above, shape.paths, shape.names, shape.pieces, shape.currencies
    outer = [("", "", 1)]
    inside, before, count, path, currency = "", "", 1, "", ""
    for name, own, within in turns:
        if path:
            paths.append(path)
            names.append(before)
            pieces.append(number)
            currencies.append(currency)
            path = ""
        elif outer:
            inside, before, count = outer.pop()
        else:
            raise NotPlainError
        number += 2
        if not name:
            continue
        number += 2
        count = count + 1 if name == before else 1
        path = f"{inside}{name}[{count}]" if count > 1 else inside + name
        before, currency = name, own
        for inner, its in within:
            number += 2
            above.append(path)
            outer.append((inside, before, count))
            inside = f"{path}/"
            if len(inside) > LONGEST_PATH or len(outer) > DEEPEST:
                raise NotPlainError
            before, count, path, currency = inner, 1, inside + inner, its
    if len(paths) > MAX_LEAVES:
        raise NotPlainError


_TURNS = _Turns()
_kept = lru_cache(KEPT)(shape_of)
forget = _kept.cache_clear
forget_turns = _TURNS.clear
