"""The sandbox's implementations: a stand becomes a command, as a manifest declares it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.core.area import Kit, Stand, check_stand
from conformance.core.paths import PACKAGE
from conformance.eid.credentials.faults import FAULTS

POLICIES = ("good",)

LAUNCHER = """\
import sys
sys.path.insert(0, {root!r})
from conformance.eid.credentials.sandbox import serve
serve(sys.argv[1:], sys.stdin, sys.stdout)
"""
"""The child gets no PYTHONPATH, so it is told where the suite lies."""


@contextlib.contextmanager
def stage(stand: Stand, kit: Kit) -> Iterator[Mapping[str, Any]]:
    """Write the launcher; yield the keys of the manifest. Nothing runs until the harness starts it.

    Raises:
        ConfigError: no such policy or fault.
    """
    check_stand(stand, POLICIES, FAULTS, "the area eid")
    launcher = (kit.folder / "verifier.py").resolve()
    launcher.write_text(LAUNCHER.format(root=str(PACKAGE.parent)), encoding="utf-8")
    yield {"command": [sys.executable, str(launcher), *stand.faults]}
