"""A payload with what the rules look up in it: made once, read by all."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from conformance.payments.qr.findings import Finding
from conformance.payments.qr.parse import TEMPLATES, Reading
from conformance.payments.qr.recognise import Match, Registry, recognise
from conformance.payments.qr.tlv import DataObject

NOTHING: Mapping[str, str] = {}


class Facts(msgspec.Struct):
    """What the rules read; a struct for the speed of making one.

    root: the first data object of each ID. templates: those of the root that are templates by their IDs.
    sandbox: XA to XZ and XTS are codes as any other. known: what recognised the matches, None in facts of parts.
    """

    reading: Reading
    root: dict[str, DataObject]
    templates: list[DataObject]
    matches: tuple[Match, ...]
    allowed: Mapping[str, str]
    sandbox: bool
    known: Registry | None = None

    def value(self, root_id: str) -> str:
        """The value of a data object at the root, empty where there is none."""
        found = self.root.get(root_id)
        return found.value if found else ""

    def offset(self, root_id: str) -> int:
        """Where a data object at the root begins; the end of the payload where there is none."""
        found = self.root.get(root_id)
        return found.offset if found else len(self.reading.text)

    def at(self, rule: str, root_id: str, message: str, expected: str = "") -> tuple[Finding]:
        """One finding on a data object at the root, with its value."""
        key = f"{rule}:{root_id}"
        note = self.allowed.get(key, "")
        return (Finding(rule, root_id, self.offset(root_id), message, expected, self.value(root_id), note),)


def facts_of(reading: Reading, known: Registry, *, sandbox: bool = False) -> Facts:
    """The facts of a payload. Where an ID is repeated the first counts, and `duplicate` is found."""
    objects = reading.objects
    root: dict[str, DataObject] = {}
    templates: list[DataObject] = []
    for each in objects:
        name = each.id
        if name not in root:
            root[name] = each
        if name in TEMPLATES:
            templates.append(each)
    matches = recognise(templates, root["58"].value if "58" in root else "", known)
    return Facts(reading, root, templates, matches, _allowed(matches), sandbox, known)


def _allowed(matches: tuple[Match, ...]) -> Mapping[str, str]:
    """What every scheme that a payload pays by allows; what stands beside an account alone does not count."""
    if len(matches) == 1 and matches[0].layout.pays:
        return matches[0].layout.allowed
    tables = [match.layout.allowed for match in matches if match.layout.pays]
    if not tables:
        return NOTHING
    return {key: why for key, why in tables[0].items() if all(key in other for other in tables[1:])}
