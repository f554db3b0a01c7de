"""One stand of the sandbox, looked at and judged whole."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from conformance.commands.prepare import Request
from conformance.commands.run import execute
from conformance.core.area import Stand
from conformance.core.model import Cell
from conformance.sandbox import Sandbox, Spec


def cells_of(role: str, *faults: str, country: str = "XA", policy: str = "good") -> Mapping[str, Cell]:
    """The cells of a stand with these faults, by requirement."""
    stand = Stand(f"{country.lower()}-sandbox", country, "one", role, policy, faults)
    with tempfile.TemporaryDirectory() as folder, Sandbox([Spec(stand.target, country, "Test", (stand,))]) as sandbox:
        request = Request(profile="asean", out=Path(folder))
        ran = execute(request, sandbox.door(), sandbox.targets, front="loop", quiet=True)
    return {cell.requirement: cell for cell in ran.run.cells}
