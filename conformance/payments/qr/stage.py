"""The sandbox's QR services: a stand becomes a file of payloads, or a reader as a child, and the keys of its manifest."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.core.area import Kit, Stand
from conformance.core.errors import ConfigError, nearest
from conformance.payments.qr.sandbox_issuer import ISSUER_FAULTS, POLICIES, payloads_for


@contextlib.contextmanager
def stage(stand: Stand, kit: Kit) -> Iterator[Mapping[str, Any]]:
    """Write what the stand hands in; yield the keys of its manifest.

    Raises:
        ConfigError: no such policy or fault.
    """
    if stand.policy not in POLICIES:
        near = nearest(stand.policy, POLICIES)
        raise ConfigError("sandbox", "policy", f'"{stand.policy}"', f"one of {', '.join(POLICIES)}", near)
    for fault in stand.faults:
        if fault not in ISSUER_FAULTS:
            near = nearest(fault, ISSUER_FAULTS)
            raise ConfigError("sandbox", "faults", f'"{fault}"', "a fault of a QR issuer", near)
    file = kit.folder / "payloads.json"
    entries = payloads_for(stand.policy, stand.country, stand.faults)
    file.write_text(json.dumps(entries, ensure_ascii=False, indent=1), encoding="utf-8")
    yield {"payload_file": str(file)}
