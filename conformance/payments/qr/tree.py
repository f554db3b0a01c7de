"""The tag tree of a payload as reports show it: what `qr explain` prints, as data in a violation. Bounded."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.core.model import Mark, Node, Status, Tree
from conformance.payments.qr.evidence import Payload
from conformance.payments.qr.explain import rows_of
from conformance.payments.qr.facts import Facts
from conformance.payments.qr.findings import Finding, Found, Layer

MAX_NODES, MAX_MARKS, MAX_TEXT = 100, 8, 200
"""Of a tree, of one data object, of one text. A sound payload has some twenty-five data objects."""


def tree_of(item: Payload, facts: Facts, found: Found) -> Tree:
    """The tree of a payload with everything that was found in it, whatever the requirement.

    Readiness for readers abroad is left out of a payload that is not handed in as cross-border: it does not bind it.
    """
    kept = [each for each in found if each.clause.layer is not Layer.CROSS or item.cross_border]
    rows = rows_of(facts, kept)
    placed = {id(each) for row in rows for each in row.findings}
    nodes = tuple(
        Node(
            row.depth,
            row.offset,
            row.path.rpartition(".")[2],
            row.name[:MAX_TEXT],
            row.length,
            "" if row.template else row.value,
            _marks(row.findings),
        )
        for row in rows[:MAX_NODES]
    )
    loose = _marks(each for each in kept if id(each) not in placed)
    return Tree(item.name, nodes, loose, len(rows) - len(nodes))


def _marks(found: Iterable[Finding]) -> tuple[Mark, ...]:
    return tuple(map(_mark, list(found)[:MAX_MARKS]))


def _mark(finding: Finding) -> Mark:
    clause = finding.clause
    status, word = (Status.WARNING, "advice") if clause.advice else (Status.FAIL, "violated")
    if finding.note:
        status, word = Status.NOT_APPLICABLE, "allowed or uncertain"
    section = "the scheme's table" if clause.section == "scheme" else f"EMVCo {clause.section}"
    return Mark(
        status,
        f"{word}, {clause.layer.value}",
        f"{section}; {clause.requirement}",
        finding.message[:MAX_TEXT],
        finding.expected[:MAX_TEXT],
        finding.note[:MAX_TEXT],
    )
