"""Verdicts written down by hand for one configuration of a software, and where what came differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from conformance.core.model import Cell, Status

LISTS: Final = {
    "fail": Status.FAIL,
    "warning": Status.WARNING,
    "not_tested": Status.NOT_TESTED,
    "not_applicable": Status.NOT_APPLICABLE,
}
"""The lists of requirements that a configuration of an `expected.toml` may have; what is in none of them passes."""


def expected(configuration: Mapping[str, Any], requirement: str) -> Status:
    """The status that a requirement must come to."""
    return next((status for name, status in LISTS.items() if requirement in configuration.get(name, ())), Status.PASS)


def differences(configuration: Mapping[str, Any], cells: Mapping[str, Cell]) -> list[str]:
    """A line for each cell that came to something else, with what was seen."""
    found = []
    for requirement, cell in cells.items():
        if cell.status is not (wanted := expected(configuration, requirement)):
            facts = "; ".join(f"{each.message} [{each.observed}]" for each in cell.violations) or cell.detail
            found.append(f"{requirement:12} expected {wanted}, got {cell.status}: {facts}")
    return found
