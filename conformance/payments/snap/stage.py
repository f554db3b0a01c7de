"""The sandbox's SNAP stands: a bank on loopback, and the keys of its manifest."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from conformance.core.area import Kit, Stand, check_stand
from conformance.payments.snap.sandbox import CLIENT_KEY, FAULTS, PARTNER, QR_PAYLOAD, SHORT_CLIENT_KEY, Bank
from conformance.payments.snap.sandbox_notify import Notifier
from conformance.payments.snap.signature import Dialect
from conformance.wire.kept_keys import kept_key
from conformance.wire.pem import private_pem, public_pem
from conformance.wire.serving import free_port, serve

SECRET = "sandbox-client-secret"  # noqa: S105 - the sandbox's alone

POLICIES: Mapping[str, Dialect] = {
    "good": Dialect(),
    "hex": Dialect(encoding="hex"),
    "utc": Dialect(timestamp="utc"),
    "asymmetric": Dialect(mode="asymmetric"),
    "query-excluded": Dialect(query="excluded"),
    "original-result": Dialect(),
}
"""Conforming variants by name: what the standard leaves open, chosen otherwise."""


@contextlib.contextmanager
def stage(stand: Stand, kit: Kit) -> Iterator[Mapping[str, Any]]:
    """Serve the stand; yield the keys of its manifest.

    Raises:
        ConfigError: no such policy or fault.
    """
    dialect = policy_of(stand)
    replays = stand.policy == "original-result"
    key, own = kept_key(kit.keys, "snap-client"), kept_key(kit.keys, "snap-service")
    listen = f"127.0.0.1:{free_port()}"
    notifier = Notifier(f"http://{listen}/v1.0/qr/qr-mpm-notify", own, dialect)
    bank = Bank(key.public_key(), SECRET.encode(), dialect, frozenset(stand.faults), replays, notifier.paid)
    (kit.folder / "service.pem").write_bytes(public_pem(own))
    (kit.folder / "client.key").write_bytes(private_pem(key))
    (kit.folder / "client.secret").write_text(SECRET, encoding="utf-8")
    with serve(bank.respond, kit.server_context()) as port:
        stated = {name: getattr(dialect, name) for name in Dialect.__slots__}
        stated |= {"duplicate": "original" if replays else "conflict", "day_zone": "Asia/Jakarta"}
        if "snap-window-undeclared" not in stand.faults:
            stated["window_seconds"] = 300
        callback = {"listen": listen, "url": notifier.url, "keys": ["file:service.pem"], "wait_seconds": 5}
        yield {**manifest_keys(port, stated), "callback": callback}


def policy_of(stand: Stand) -> Dialect:
    """The dialect of the stand.

    Raises:
        ConfigError: no such policy or fault.
    """
    check_stand(stand, POLICIES, FAULTS, "the role snap-api")
    dialect = POLICIES[stand.policy]
    return replace(dialect, encoding="hex") if "snap-hex-only" in stand.faults else dialect


def manifest_keys(port: int, dialect: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a manifest says of the bank."""
    return {
        "address": f"127.0.0.1:{port}",
        "base_url": f"https://localhost:{port}",
        "client_key": CLIENT_KEY,
        "expiring_client_key": SHORT_CLIENT_KEY,
        "partner_id": PARTNER,
        "channel_id": "95221",
        "private_key": "file:client.key",
        "client_secret": "file:client.secret",
        "qr_payload": QR_PAYLOAD,
        "dialect": dict(dialect),
        "operations": {
            "token": {"path": "/v1.0/access-token/b2b"},
            "inquiry": {
                "path": "/v1.0/balance-inquiry",
                "service": "11",
                "body": '{"partnerReferenceNo":"$reference","accountNo":"0000000000"}',
            },
            "list": {"path": "/v1.0/transaction-history", "service": "12", "method": "GET"},
            "history": {
                "path": "/v1.0/transaction-history-list",
                "service": "12",
                "body": '{"partnerReferenceNo":"$original"}',
            },
            "transaction": {
                "path": "/v1.0/qr/qr-mpm-generate",
                "service": "47",
                "body": '{"partnerReferenceNo":"$reference","amount":{"value":$amount,"currency":"IDR"}}',
            },
            "query": {
                "path": "/v1.0/qr/qr-mpm-query",
                "service": "51",
                "body": '{"originalPartnerReferenceNo":"$original","originalExternalId":"$external"}',
            },
            "qr_decode": {"path": "/v1.0/qr/qr-mpm-decode", "service": "48", "body": '{"qrContent":$qr}'},
        },
    }
