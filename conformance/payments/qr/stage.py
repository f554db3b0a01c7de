"""The sandbox's QR services: a stand becomes a file of payloads, or a reader behind the harness, and manifest keys."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.core.area import Kit, Stand
from conformance.core.errors import ConfigError, nearest
from conformance.payments.qr.sandbox_issuer import ISSUER_FAULTS, POLICIES, payloads_for
from conformance.payments.qr.sandbox_reader import READER_FAULTS

READERS: Mapping[str, tuple[str, ...]] = {
    "good": ("emvco", "sandbox-xa", "sandbox-xb", "sandbox-xc"),
    "every-scheme": (),
}
"""A policy of a reader -> the schemes that it declares, none for all."""


@contextlib.contextmanager
def stage(stand: Stand, kit: Kit) -> Iterator[Mapping[str, Any]]:
    """Make what the stand hands in, or the command that reads; yield the keys of its manifest.

    Raises:
        ConfigError: no such policy or fault.
    """
    if stand.role == "qr-reader":
        _known("policy", stand.policy, READERS)
        for fault in stand.faults:
            _known("faults", fault, READER_FAULTS)
        module = "conformance.payments.qr.sandbox_reader"
        command = [sys.executable, "-m", module, *stand.faults]
        keys: dict[str, Any] = {"command": command, "environment": ["PYTHONPATH"]}
        if schemes := READERS[stand.policy]:
            keys["schemes"] = list(schemes)
        yield keys
        return
    _known("policy", stand.policy, POLICIES)
    for fault in stand.faults:
        _known("faults", fault, ISSUER_FAULTS)
    file = kit.folder / "payloads.json"
    entries = payloads_for(stand.policy, stand.country, stand.faults)
    file.write_text(json.dumps(entries, ensure_ascii=False, indent=1), encoding="utf-8")
    yield {"payload_file": str(file)}


def _known(key: str, name: str, names: Iterable[str]) -> None:
    if name not in (listed := tuple(names)):
        raise ConfigError("sandbox", key, f'"{name}"', f"one of {', '.join(listed)}", nearest(name, listed))
