"""The sandbox's credential issuers: a stand becomes a server with two offers, and the keys of its manifest."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from conformance.core.area import Kit, Stand, check_stand
from conformance.eid.issuer.policy import FAULTS
from conformance.eid.issuer.sandbox import serve
from conformance.eid.issuer.sandbox_state import CALLBACK, CLIENT, CONFIGURATION, LICENCE, PROVIDER, TX_CODE, Issuer
from conformance.eid.issuer.tokens import GRANT
from conformance.wire.jws import new_key
from conformance.wire.pem import private_pem

POLICIES = ("good", "dpop")
"""Tokens that anybody may use, and tokens that are bound to a key."""

NONCE_SECONDS = 3
"""How long a nonce is good where that is looked at. A stand with other faults keeps the suite from waiting for it."""


@contextlib.contextmanager
def stage(stand: Stand, kit: Kit) -> Iterator[Mapping[str, Any]]:
    """Serve the stand; yield the keys of its manifest.

    Raises:
        ConfigError: no such policy or fault.
    """
    check_stand(stand, POLICIES, FAULTS, "issuers")
    bound = stand.policy == "dpop" or "vci-bearer-downgrade" in stand.faults
    issuer = Issuer(frozenset(stand.faults), dpop=bound)
    waits = stand.faults in ((), ("vci-nonce-lasts",))
    if waits:
        issuer.nonce_seconds = NONCE_SECONDS
    attester = new_key()
    issuer.attester = attester.public_jwk
    (kit.folder / "provider.pem").write_bytes(private_pem(attester.private))
    (kit.folder / "tx_code").write_text(TX_CODE, encoding="utf-8")
    with serve(issuer, kit.server_context()) as identifier:
        issuer.renewed = partial(write_offers, issuer, kit.folder)
        issuer.renewed()
        keys = {
            "credential_issuer": identifier,
            "configuration": CONFIGURATION,
            "mdoc_configuration": LICENCE,
            "client_id": CLIENT,
            "redirect_uri": CALLBACK,
            "offer": "file:offer.json",
            "tx_code": "file:tx_code",
            "spare_offer": "file:spare.json",
            "spare_tx_code": "file:tx_code",
            "attestation": {"key": "file:provider.pem", "iss": PROVIDER, "of": ["key", "wallet"]},
            **({"nonce_seconds": NONCE_SECONDS} if waits else {}),
            **({"dpop": True} if bound else {}),
        }
        yield keys


def write_offers(issuer: Issuer, folder: Path) -> None:
    """Write both offers as they are now, so that who looks again finds codes that are good."""
    for name, code in (("offer.json", issuer.code), ("spare.json", issuer.spare)):
        grants = {GRANT: {"pre-authorized_code": code, "tx_code": {"length": len(TX_CODE)}}}
        ids = [CONFIGURATION, LICENCE]
        offer = {"credential_issuer": issuer.identifier, "credential_configuration_ids": ids, "grants": grants}
        written = folder / f"{name}.new"
        written.write_text(json.dumps(offer), encoding="utf-8")
        written.replace(folder / name)
