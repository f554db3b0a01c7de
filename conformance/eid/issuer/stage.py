"""The sandbox's credential issuers: a stand becomes a server with one offer, and the keys of its manifest."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.core.area import Kit, Stand
from conformance.core.errors import ConfigError, nearest
from conformance.eid.issuer.policy import FAULTS
from conformance.eid.issuer.sandbox import CONFIGURATION, Issuer, serve
from conformance.eid.issuer.session import GRANT

POLICIES = ("good", "dpop")
"""Tokens that anybody may use, and tokens that are bound to a key."""


@contextlib.contextmanager
def stage(stand: Stand, kit: Kit) -> Iterator[Mapping[str, Any]]:
    """Serve the stand; yield the keys of its manifest.

    Raises:
        ConfigError: no such policy or fault.
    """
    if stand.policy not in POLICIES:
        near = nearest(stand.policy, POLICIES)
        raise ConfigError("sandbox", "policy", f'"{stand.policy}"', f"one of {', '.join(POLICIES)}", near)
    for fault in stand.faults:
        if fault not in FAULTS:
            raise ConfigError("sandbox", "faults", f'"{fault}"', "a fault of issuers", nearest(fault, FAULTS))
    bound = stand.policy == "dpop" or "vci-bearer-downgrade" in stand.faults
    issuer = Issuer(frozenset(stand.faults), dpop=bound)
    with serve(issuer, kit.server_context()) as identifier:
        grants = {GRANT: {"pre-authorized_code": issuer.code}}
        offer = {"credential_issuer": identifier, "credential_configuration_ids": [CONFIGURATION], "grants": grants}
        (kit.folder / "offer.json").write_text(json.dumps(offer), encoding="utf-8")
        keys = {"credential_issuer": identifier, "configuration": CONFIGURATION, "offer": "file:offer.json"}
        yield {**keys, **({"dpop": True} if bound else {})}
