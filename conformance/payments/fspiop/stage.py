"""The sandbox's FSPIOP stands: a hub on loopback, and the keys of its manifest."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.core.area import Kit, Stand, check_stand
from conformance.payments.fspiop.sandbox import FAULTS, Hub
from conformance.payments.fspiop.sandbox_delivery import Deliverer
from conformance.wire.kept_keys import kept_key
from conformance.wire.pem import private_pem
from conformance.wire.serving import free_port, serve

PAYER, PAYEE = "payerfsp", "payeefsp"
POLICIES = ("good",)
EXPIRY_SECONDS, WAIT_SECONDS = 1.0, 5


@contextlib.contextmanager
def stage(stand: Stand, kit: Kit) -> Iterator[Mapping[str, Any]]:
    """Serve the stand; yield the keys of its manifest.

    Raises:
        ConfigError: no such policy or fault.
    """
    check_stand(stand, POLICIES, FAULTS, "the role fspiop")
    keys = {name: kept_key(kit.keys, f"fspiop-{name}") for name in (PAYER, PAYEE)}
    for name, key in keys.items():
        (kit.folder / f"{name}.key").write_bytes(private_pem(key))
    listen = f"127.0.0.1:{free_port()}"
    deliverer = Deliverer(f"http://{listen}/fspiop")
    hub = Hub({name: key.public_key() for name, key in keys.items()}, deliverer, frozenset(stand.faults))
    with deliverer.running(), hub.watching(), serve(hub.respond, kit.server_context()) as port:
        yield manifest_keys(port, listen)


def manifest_keys(port: int, listen: str) -> Mapping[str, Any]:
    """What a manifest says of the hub."""
    return {
        "address": f"127.0.0.1:{port}",
        "base_url": f"https://localhost:{port}",
        "payer": {"fsp": PAYER, "key": f"file:{PAYER}.key"},
        "payee": {"fsp": PAYEE, "key": f"file:{PAYEE}.key"},
        "currency": "XTS",
        "expiry_seconds": EXPIRY_SECONDS,
        "callback": {"listen": listen, "url": f"http://{listen}/fspiop", "wait_seconds": WAIT_SECONDS},
    }
