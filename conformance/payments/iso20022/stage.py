"""The sandbox's stands of this room: a stand becomes files or a server, and the keys of its manifest."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.core.area import Kit, Stand
from conformance.core.errors import ConfigError
from conformance.payments.iso20022 import sandbox

POLICIES = ("good",)


@contextlib.contextmanager
def stage(stand: Stand, kit: Kit) -> Iterator[Mapping[str, Any]]:
    """Serve the stand; yield the keys of its manifest.

    Raises:
        ConfigError: no such policy or fault.
    """
    if stand.policy not in POLICIES:
        raise ConfigError("sandbox", "policy", f'"{stand.policy}"', f"one of {', '.join(POLICIES)}")
    names = sandbox.write(kit.folder, stand.faults)
    yield {"messages": [f"file:{name}" for name in names]}


def faults() -> Mapping[str, str]:
    """Every fault of this room."""
    return {**sandbox.faults()}
