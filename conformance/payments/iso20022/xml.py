"""XML from strangers, read within bounds: no DTD, no entity, no network, UTF-8 alone.

The prolog is looked at before any parser is: a document type declaration is refused there, so that no entity is ever
declared. What is left is at most MAX_OCTETS long and MAX_DEPTH deep.
"""

from __future__ import annotations

import hashlib
import re
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from conformance.payments.iso20022.evidence import MAX_NAMESPACE, Leaf, Message, SchemaError
from conformance.payments.iso20022.schemas import NAMESPACES, check_structure, is_valid
from conformance.payments.iso20022.shapes import MAX_LEAVES, MAX_TEXT, Shape, leaves_of, plain

if TYPE_CHECKING:
    from lxml.etree import XMLParser, _Element

MAX_OCTETS = 1_048_576
MAX_DEPTH = 64
MAX_PATH = 2048
"""Characters of a leaf's path: names of elements have no bound of their own, and each leaf repeats those above it."""


_DECLARATION = re.compile(
    rb"""<\?xml[ \t\r\n][^>]{0,200}?encoding[ \t\r\n]*=[ \t\r\n]*["']([A-Za-z0-9._-]{1,40})["']"""
)
_USUAL = re.compile(
    rb"""(?:\xef\xbb\xbf)?(?:<\?xml version=["']1.0["'](?: encoding=["'][Uu][Tt][Ff]-8["'])?\?>)?[ \t\r\n]*<[A-Za-z]"""
).match
"""Beginnings that declare UTF-8 or nothing and have the root element as the first of their markup."""

_OWN = threading.local()
_BLANK = re.compile(rb"[ \t\r\n]+")
_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00", b"\x4c\x6f\xa7\x94")


class XmlTrouble(ValueError):  # noqa: N818 - what keeps a message from being read
    """kind: a word of `Message.trouble`. detail: more of it."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


def screen(octets: bytes) -> str:
    """The text of a message, looked at before a parser does.

    Raises:
        XmlTrouble: `empty`, `too-large`, `encoding` or `doctype`.
    """
    usual = _USUAL(octets)
    if not usual and not octets.strip(b" \t\r\n"):
        raise XmlTrouble("empty")
    if len(octets) > MAX_OCTETS:
        raise XmlTrouble("too-large", f"more than {MAX_OCTETS} octets")
    if octets.startswith(_BOMS) or b"\0" in octets:
        raise XmlTrouble("encoding", "not UTF-8: NUL octets or the mark of another encoding")
    match = None if usual else _DECLARATION.match(octets.removeprefix(b"\xef\xbb\xbf"))
    if match and match[1].lower() != b"utf-8":
        raise XmlTrouble("encoding", f"declares {match[1].decode('ascii')}")
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise XmlTrouble("encoding", f"not UTF-8 at octet {error.start}") from None
    if not usual and _has_doctype(octets):
        raise XmlTrouble("doctype", "a document type declaration")
    return text


def _has_doctype(octets: bytes) -> bool:
    """Whether a DOCTYPE stands in the prolog, the one place that XML 1.0 section 2.8 has for it."""
    position = 3 if octets.startswith(b"\xef\xbb\xbf") else 0
    while True:
        if match := _BLANK.match(octets, position):
            position = match.end()
        opening = octets[position : position + 4]
        if opening == b"<!--":
            end, width = octets.find(b"-->", position + 4), 3
        elif opening.startswith(b"<?"):
            end, width = octets.find(b"?>", position + 2), 2
        else:
            return opening.startswith(b"<!")
        if end < 0:
            return False
        position = end + width


def parse(octets: bytes) -> _Element:
    """The root element of a message; comments and processing instructions are left out.

    Raises:
        XmlTrouble: as `screen`; `not-well-formed`.
    """
    screen(octets)
    return _tree(octets)


@cache
def _lxml() -> Any:
    """lxml.etree, which costs a tenth of a second, and most commands read no message."""
    from lxml import etree  # noqa: PLC0415 - see above

    return etree


def _tree(octets: bytes, *, sparing: bool = False) -> _Element:
    """The root element of what `screen` let through. sparing: without white space between elements."""
    try:
        root: _Element = _lxml().fromstring(octets, _parser(sparing=sparing))
    except _lxml().XMLSyntaxError as error:
        raise XmlTrouble("not-well-formed", (error.msg or "no XML")[:200]) from None
    return root


def _parser(*, sparing: bool) -> XMLParser:
    """A parser of this thread's own: making one costs more than reading a small message."""
    if not hasattr(_OWN, "parsers"):
        _OWN.parsers = [
            _lxml().XMLParser(
                encoding="utf-8",
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
                huge_tree=False,
                remove_blank_text=each,
                remove_comments=True,
                remove_pis=True,
                collect_ids=False,
            )
            for each in (False, True)
        ]
    parser: XMLParser = _OWN.parsers[sparing]
    return parser


def flatten(root: _Element) -> tuple[Leaf, ...]:
    """The leaves of a document in its order.

    Raises:
        XmlTrouble: `too-deep`, `too-many`.
    """
    leaves: list[Leaf] = []
    _walk(root, "", leaves, MAX_DEPTH, f"{{{namespace_of(root)}}}")
    return tuple(leaves)


def _walk(element: Any, path: str, leaves: list[Leaf], left: int, own: str) -> None:
    """Add the leaves below an element. own: the namespace of the document as tags begin with it."""
    if not left:
        raise XmlTrouble("too-deep", f"more than {MAX_DEPTH} levels")
    before, count = "", 1
    for child in element:
        tag = child.tag
        name = tag.removeprefix(own) if isinstance(tag, str) else "&"
        if name[:1] == "{":
            name = name.rpartition("}")[2]
        if name == before:
            count += 1
            place = f"{path}{name}[{count}]"
        else:
            before, count = name, 1
            place = path + name
        if len(place) > MAX_PATH:
            raise XmlTrouble("too-deep", f"a path of more than {MAX_PATH} characters")
        if len(child):
            _walk(child, f"{place}/", leaves, left - 1, own)
            continue
        if len(leaves) == MAX_LEAVES:
            raise XmlTrouble("too-many", f"more than {MAX_LEAVES} elements")
        text = child.text or ""
        leaves.append(Leaf(place, text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…", child.get("Ccy", "")))


def namespace_of(root: _Element) -> str:
    """The namespace of an element, empty where it has none."""
    tag = str(root.tag)
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""


def read_message(name: str, octets: bytes) -> Message:
    """A message as evidence, held against its schema. Never raises for what the octets are."""
    return read(name, octets)[0]


def read(name: str, octets: bytes) -> tuple[Message, Shape | None]:
    """As `read_message`; and the shape of the message, where it is plain."""
    digest = hashlib.sha256(octets).hexdigest()
    try:
        found = plain(screen(octets))
        if found:
            shape, leaves = found[0], leaves_of(*found)
            namespace = shape.namespace
            schema, errors = _structure(octets, namespace)
        else:
            root = _tree(octets)
            shape, leaves = None, flatten(root)
            namespace = namespace_of(root)
            schema, errors = check_structure(root, namespace)
    except XmlTrouble as trouble:
        return Message(name, len(octets), digest, trouble.kind, trouble.detail), None
    return Message(name, len(octets), digest, "", "", namespace[:MAX_NAMESPACE], schema, errors, leaves), shape


def _structure(octets: bytes, namespace: str) -> tuple[str, tuple[SchemaError, ...]]:
    """What `check_structure` says of a plain document, which has no white space that matters but in its leaves.

    Without the rest of it a tree is made and validated in less time. What is wrong is told by the whole tree.

    Raises:
        XmlTrouble: `not-well-formed`.
    """
    if namespace in NAMESPACES and is_valid(_tree(octets, sparing=True), namespace):
        return "xsd", ()
    return check_structure(_tree(octets), namespace)
