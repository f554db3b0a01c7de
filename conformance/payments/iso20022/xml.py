"""XML from strangers, read within bounds: no DTD, no entity, no network, UTF-8 alone.

The prolog is looked at before any parser is: a document type declaration is refused there, so that no entity is ever
declared. What is left is at most MAX_OCTETS long and MAX_DEPTH deep.
"""

from __future__ import annotations

import hashlib
import re
import threading
from typing import TYPE_CHECKING, Any

from conformance.payments.iso20022.evidence import Leaf, Message
from conformance.payments.iso20022.shapes import MAX_LEAVES, MAX_TEXT, plain_leaves

if TYPE_CHECKING:
    from lxml.etree import XMLParser, _Element

MAX_OCTETS = 1_048_576
MAX_DEPTH = 64
MAX_PATH = 2048
"""Characters of a leaf's path: names of elements have no bound of their own, and each leaf repeats those above it."""


_DECLARATION = re.compile(
    rb"""<\?xml[ \t\r\n][^>]{0,200}?encoding[ \t\r\n]*=[ \t\r\n]*["']([A-Za-z0-9._-]{1,40})["']"""
)
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
    if not octets.strip(b" \t\r\n"):
        raise XmlTrouble("empty")
    if len(octets) > MAX_OCTETS:
        raise XmlTrouble("too-large", f"more than {MAX_OCTETS} octets")
    if octets.startswith(_BOMS) or b"\0" in octets:
        raise XmlTrouble("encoding", "not UTF-8: NUL octets or the mark of another encoding")
    if (match := _DECLARATION.match(octets.removeprefix(b"\xef\xbb\xbf"))) and match[1].lower() != b"utf-8":
        raise XmlTrouble("encoding", f"declares {match[1].decode('ascii')}")
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise XmlTrouble("encoding", f"not UTF-8 at octet {error.start}") from None
    if _has_doctype(octets):
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


def _tree(octets: bytes) -> _Element:
    """The root element of what `screen` let through."""
    from lxml import etree  # noqa: PLC0415 - costs a tenth of a second, and most commands read no message

    try:
        root: _Element = etree.fromstring(octets, _parser())
    except etree.XMLSyntaxError as error:
        raise XmlTrouble("not-well-formed", (error.msg or "no XML")[:200]) from None
    return root


def _parser() -> XMLParser:
    """A parser of this thread's own: making one costs more than reading a small message."""
    from lxml import etree  # noqa: PLC0415 - see parse

    if not hasattr(_OWN, "parser"):
        _OWN.parser = etree.XMLParser(
            encoding="utf-8",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
            collect_ids=False,
        )
    parser: etree.XMLParser = _OWN.parser
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
    from conformance.payments.iso20022.schemas import check_structure  # noqa: PLC0415 - loads lxml

    digest = hashlib.sha256(octets).hexdigest()
    try:
        text = screen(octets)
        root = _tree(octets)
        namespace = namespace_of(root)
        leaves = plain_leaves(text)
        if leaves is None:
            leaves = flatten(root)
    except XmlTrouble as trouble:
        return Message(name, len(octets), digest, trouble.kind, trouble.detail)
    schema, errors = check_structure(root, namespace)
    return Message(name, len(octets), digest, "", "", namespace[:200], schema, errors, leaves)
