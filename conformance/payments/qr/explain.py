"""What there is to say of one payload, as rows: its tag tree, and beside each data object what is wrong with it.

Pure: `conformance qr explain` prints it, as text or JSON; `tree.py` makes of it what reports show.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import msgspec

from conformance.payments.qr.check import Verdicts, check_facts, sound, verdicts
from conformance.payments.qr.codes import SANDBOX_COUNTRIES
from conformance.payments.qr.crc import covered, crc_of
from conformance.payments.qr.expiry import expiry_of
from conformance.payments.qr.facts import Facts, facts_of
from conformance.payments.qr.findings import Finding
from conformance.payments.qr.parse import Reading, read
from conformance.payments.qr.recognise import Registry, Spec
from conformance.payments.qr.tlv import DataObject, nested

NAMES: Mapping[str, str] = {
    "00": "payload format indicator",
    "01": "point of initiation",
    "52": "merchant category code",
    "53": "currency",
    "54": "amount",
    "55": "tip indicator",
    "56": "fixed fee",
    "57": "percentage fee",
    "58": "country",
    "59": "merchant name",
    "60": "merchant city",
    "61": "postal code",
    "62": "additional data",
    "62.01": "bill number",
    "62.02": "mobile number",
    "62.03": "store label",
    "62.04": "loyalty number",
    "62.05": "reference label",
    "62.06": "customer label",
    "62.07": "terminal label",
    "62.08": "purpose of transaction",
    "62.09": "additional consumer data request",
    "62.10": "merchant tax id",
    "62.11": "merchant channel",
    "63": "CRC",
    "64": "language template",
    "64.00": "language",
    "64.01": "merchant name, local",
    "64.02": "merchant city, local",
}
"""Path -> what EMVCo calls it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One data object. depth: 0 at the root. name: of EMVCo or of the scheme, empty where neither has one."""

    path: str
    depth: int
    offset: int
    length: int
    name: str
    value: str
    template: bool
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """A payload explained. loose: findings on nothing that is there. crc: the right one, where there is one to compare.

    schemes: titles of those that are recognised. expires: the moment, None where the code has none.
    """

    reading: Reading
    rows: tuple[Row, ...]
    loose: tuple[Finding, ...]
    verdicts: Verdicts
    schemes: tuple[str, ...]
    crc: str
    expires: datetime | None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them, in the order of their offsets."""
        found = [each for row in self.rows for each in row.findings]
        return tuple(sorted((*found, *self.loose), key=lambda each: each.offset))

    @property
    def violated(self) -> bool:
        """Whether a MUST is broken that the scheme's document does not allow; readiness abroad aside."""
        return not sound(self.findings)


def explain(payload: str | bytes, known: Registry) -> Explanation:
    """Everything there is to say of a payload. XA to XZ and XTS are codes in a payload of the sandbox's countries."""
    reading = read(payload)
    country = next((each.value for each in reading.objects if each.id == "58"), "")
    facts = facts_of(reading, known, sandbox=country in SANDBOX_COUNTRIES)
    found = check_facts(facts)
    rows = rows_of(facts, found)
    placed = {id(each) for row in rows for each in row.findings}
    checksum = facts.root.get("63")
    titles = (match.layout.scheme.title for match in facts.matches)
    return Explanation(
        reading=reading,
        rows=rows,
        loose=tuple(each for each in found if id(each) not in placed),
        verdicts=verdicts(facts, found),
        schemes=tuple(dict.fromkeys(titles)),
        crc=crc_of(covered(reading.text, checksum)) if checksum and not reading.fatal else "",
        expires=expiry_of(facts),
    )


def rows_of(facts: Facts, found: Iterable[Finding]) -> tuple[Row, ...]:
    """The tag tree of a payload, with each finding at the data object that it is on, if that is there."""
    return tuple(_rows(facts, found))


def _rows(facts: Facts, found: Iterable[Finding]) -> Iterator[Row]:
    by_place: dict[tuple[str, int], list[Finding]] = {}
    for finding in found:
        by_place.setdefault((finding.path, finding.offset), []).append(finding)
    layouts = {match.object.offset: match.layout for match in facts.matches}
    for each in facts.reading.objects:
        layout = layouts.get(each.offset)
        specs: Mapping[str, Spec] = layout.objects if layout else {}
        if layout is None:
            specs = next((m.layout.root[each.id].objects for m in facts.matches if each.id in m.layout.root), {})
        title = layout.template.name if layout else NAMES.get(each.id, "")
        yield from _row(facts, each, each.id, title, specs, by_place)


def _row(  # noqa: PLR0917 - one object and what is known of it
    facts: Facts,
    each: DataObject,
    path: str,
    name: str,
    specs: Mapping[str, Spec],
    by_place: Mapping[tuple[str, int], list[Finding]],
) -> Iterator[Row]:
    objects = each.objects
    if not objects and specs:
        objects = nested(facts.reading.text, each, path)[0]
    found = tuple(by_place.get((path, each.offset), ()))
    yield Row(path, path.count("."), each.offset, len(each.value), name, each.value, bool(objects), found)
    for inner in objects:
        spec = specs.get(inner.id)
        below = f"{path}.{inner.id}"
        title = spec.spec.name if spec else NAMES.get(below, "identifier" if inner.id == "00" else "")
        yield from _row(facts, inner, below, title, spec.objects if spec else {}, by_place)


def as_json(explanation: Explanation) -> dict[str, Any]:
    """The explanation as JSON says it."""
    return {
        "payload": explanation.reading.text,
        "characters": explanation.reading.characters,
        "schemes": list(explanation.schemes),
        "verdicts": asdict(explanation.verdicts),
        "crc": explanation.crc,
        "expires": explanation.expires.isoformat() if explanation.expires else None,
        "objects": [
            {
                "path": row.path,
                "offset": row.offset,
                "length": row.length,
                "name": row.name,
                "value": row.value,
                "template": row.template,
            }
            for row in explanation.rows
        ],
        "findings": [finding_as_json(each) for each in explanation.findings],
    }


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """One finding with its clause."""
    clause = finding.clause
    return {
        **msgspec.structs.asdict(finding),
        "layer": clause.layer.value,
        "requirement": clause.requirement,
        "section": clause.section,
        "advice": clause.advice,
    }
