"""Manifests of relying parties, and what comes of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from conformance.commands.prepare import Request
from conformance.commands.run import execute
from conformance.core.model import Cell
from conformance.core.network import Door, Limits
from conformance.core.target import load_target
from conformance.sandbox import entries


def manifest_text(keys: dict[str, Any], head: str = "") -> str:
    service = {"id": "rp", "role": "relying-party", **keys}
    return "\n".join(
        ["[target]", 'id = "xa-rp"', 'country = "XA"', 'name = "RP"', head, "[[target.service]]", *entries(service)]
    )


def cells_of(
    folder: Path,
    keys: dict[str, Any],
    *,
    head: str = "",
    only: tuple[str, ...] = (),
    profile: str = "asean",
    limits: Limits | None = None,
) -> dict[str, Cell]:
    """The cells of one relying party, by requirement."""
    path = folder / "manifest.toml"
    path.write_text(manifest_text(keys, head), encoding="utf-8")
    request = Request(profile=profile, out=folder / "run", only=only)
    ran = execute(request, Door(limits=limits), (load_target(path),), front="loop", quiet=True)
    return {cell.requirement: cell for cell in ran.run.cells}
