"""The genuine schemas that ship with this room, and what a document's structure is held against."""

from __future__ import annotations

import hashlib
import itertools
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.payments.iso20022 import outline
from conformance.payments.iso20022.evidence import SchemaError

if TYPE_CHECKING:
    from lxml.etree import XMLSchema, _Element

FOLDER = Path(__file__).parent / "schemas"
PREFIX = "urn:iso:std:iso:20022:tech:xsd:"
MAX_ERRORS = 10

GENUINE = {
    "pacs.008.001.13": "379afa8e613001717063855da7025550950dad6abec3cd11bd753e3cd2642e79",
    "acmt.023.001.04": "1e570e1a1ad3406c8ed20a5054a3780aa38b89eb8c00a0711ad872206e495f35",
    "acmt.024.001.04": "be5b4b5cc457dcc715f2511a7ef378b04176502efc133e6d116dd1b9a44105cd",
    "camt.054.001.13": "e7ec8a34b1b4012c67e700ce5f42289c845a4628749d2fe4b4678aa909039d8b",
}
"""Message -> SHA-256 of its schema; `schemas/ORIGIN.md` says where each comes from."""

NAMESPACES = frozenset(f"{PREFIX}{message}" for message in GENUINE)

_LOCK = threading.Lock()


class SchemaDigestError(Exception):
    """A shipped schema that is not the one that was checked in."""


@cache
def load(message: str) -> XMLSchema:
    """The schema of a message of GENUINE.

    Raises:
        SchemaDigestError: the file is another one.
    """
    from lxml import etree  # noqa: PLC0415 - see xml.py

    octets = (FOLDER / f"{message}.xsd").read_bytes()
    if hashlib.sha256(octets).hexdigest() != GENUINE[message]:
        raise SchemaDigestError(f"{message}.xsd has another SHA-256 than the one that was checked in")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.XMLSchema(etree.fromstring(octets, parser))


def is_valid(root: _Element, namespace: str) -> bool:
    """Whether a document is valid by the genuine schema of its namespace, one of NAMESPACES."""
    with _LOCK:
        return load(namespace.removeprefix(PREFIX)).validate(root)


def check_structure(root: _Element, namespace: str) -> tuple[str, tuple[SchemaError, ...]]:
    """(what it was held against, what that says), the first MAX_ERRORS of it.

    `outline` is not the genuine schema: it knows only what this profile reads.
    """
    message = namespace.removeprefix(PREFIX) if namespace.startswith(PREFIX) else ""
    if message in GENUINE:
        with _LOCK:  # libxml2 compiles no two schemas at once, and the error log is the schema's, not a validation's
            schema = load(message)
            if schema.validate(root):
                return "xsd", ()
            entries: Any = schema.error_log
            log = [(entry.line, str(entry.message)) for entry in itertools.islice(entries, MAX_ERRORS)]
        named = f"{{{namespace}}}"
        return "xsd", tuple(SchemaError(line, text.replace(named, "")[:300]) for line, text in log)
    if message in outline.OUTLINES:
        errors = outline.differences(root, namespace, outline.OUTLINES[message])
        return "outline", tuple(errors[:MAX_ERRORS])
    return "none", ()
