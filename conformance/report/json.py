"""The matrix for machines: one JSON document, lossless and in ASCII."""

from __future__ import annotations

from dataclasses import asdict
from json import dumps
from typing import Any

from conformance import __version__
from conformance.core.model import Cell, Status
from conformance.core.rollup import STATUSES, Tally
from conformance.report.matrix import Column, Entry, Matrix
from conformance.report.pairs import Pair, PairMatrix

SCHEMA = "matrix_v1"
NO_SUBMISSION = "no-submission"


def render_json(matrix: Matrix, pairs: PairMatrix | None = None) -> str:
    """The document. Characters that a terminal or a page would act on are escaped, as JSON allows in any string."""
    text = dumps(document(matrix, pairs), indent=1, ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e") + "\n"


def document(matrix: Matrix, pairs: PairMatrix | None = None) -> dict[str, Any]:
    """The matrix as plain data, and the pairs where there are any."""
    found = {"pairs": [_pair(pair) for pair in pairs.pairs.values()]} if pairs else {}
    return {
        "schema": SCHEMA,
        "suite_version": __version__,
        "as_of": matrix.as_of.isoformat(),
        "profile": {
            "id": matrix.profile.id,
            "version": matrix.profile.version,
            "sha256": matrix.profile.sha256,
            "status": matrix.profile.status,
            "max_age_days": matrix.profile.max_age_days,
            "survey": matrix.profile.survey,
        },
        "runs": [
            {
                "observed_at": source.observed_at.isoformat(),
                "suite_version": source.suite_version,
                "targets": list(source.targets),
                "cells": source.cells,
                "complete": source.complete,
            }
            for source in matrix.sources
        ],
        "countries": [_country(matrix, column) for column in matrix.columns],
        "requirements": [
            {
                "id": row.requirement.id,
                "rev": row.requirement.rev,
                "area": row.requirement.area,
                "roles": list(row.requirement.roles),
                "level": row.requirement.level.value,
                "basis": row.requirement.basis.value,
                "title": row.requirement.title,
                "derogation": row.requirement.derogation,
                "countries": {entry.country: _entry(entry) for entry in row.entries},
            }
            for row in matrix.rows
        ],
        **found,
    }


def counts(tally: Tally) -> dict[str, int]:
    """The seven counts by name."""
    return {status.value: tally[status] for status in STATUSES}


def _country(matrix: Matrix, column: Column) -> dict[str, Any]:
    found = {area: matrix.standings.get((column.code, area)) for area in matrix.areas}
    return {
        "code": column.code,
        "name": column.name,
        "fictitious": column.fictitious,
        "submitted": column.submitted,
        "observed_at": column.observed_at.isoformat() if column.observed_at else None,
        "age_days": column.age_days if column.observed_at else None,
        "stale": column.stale,
        "services": column.services,
        "statements": {
            area: {
                "statement": standing.statement.value,
                "because": standing.because,
                "counts": {basis: counts(tally) for basis, tally in standing.tallies.items()},
            }
            for area, standing in found.items()
            if standing
        },
    }


def _entry(entry: Entry) -> dict[str, Any]:
    if entry.status is None:
        return {"status": NO_SUBMISSION}
    return {
        "status": entry.status.value,
        "stale": entry.stale,
        "counts": {name: number for name, number in counts(entry.tally).items() if number},
        "services": [_cell(cell) for cell in entry.cells],
    }


def _pair(pair: Pair) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": pair.kind, "issuer": pair.issuer, "acceptor": pair.acceptor}
    found["status"] = pair.status.value
    found |= {name: value for name, value in (("reason", pair.reason), ("detail", pair.detail)) if value}
    if pair.violations:
        found["violations"] = [
            {"message": one.message, "expected": one.expected, "observed": one.observed} for one in pair.violations
        ]
    if pair.link:
        names = ("state", "since", "source", "confidence")
        found["link"] = {name: getattr(pair.link, name) for name in names}
    return found


def _cell(cell: Cell) -> dict[str, Any]:
    found: dict[str, Any] = {"target": cell.target, "service": cell.service, "status": cell.status.value}
    if cell.status is Status.WAIVED:
        found |= {"waiver": cell.waiver, "underlying": cell.underlying}
    optional = {"reason": cell.reason, "detail": cell.detail, "incomplete": cell.incomplete}
    found |= {name: value for name, value in optional.items() if value}
    if cell.violations:
        found["violations"] = [
            {"message": one.message, "expected": one.expected, "observed": one.observed}
            | ({"tree": asdict(one.tree)} if one.tree else {})
            for one in cell.violations
        ]
    if cell.notices:
        found["notices"] = list(cell.notices)
    return found | {"evidence": list(cell.evidence)}
