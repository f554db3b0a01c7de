"""What a run wrote, of archives what is in them: a text that is looked for would hide in their compression."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

TARGETS = "evidence.zip/targets.json"
"""The manifests as their operators wrote them, secrets as references."""


def everything(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below the folder, of archives each member too."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            yield path.name, data
            if zipfile.is_zipfile(io.BytesIO(data)):
                with zipfile.ZipFile(io.BytesIO(data)) as archive:
                    yield from ((f"{path.name}/{name}", archive.read(name)) for name in archive.namelist())


def seen(folder: Path) -> bytes:
    """All that a run wrote of what it saw: its files and the members of its archive, the manifests left out."""
    members = {name: data for name, data in everything(folder) if name not in ("evidence.zip", TARGETS)}
    assert any(name.startswith("evidence.zip/evidence/") for name in members)
    return b"".join(members.values())
