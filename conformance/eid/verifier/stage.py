"""The sandbox's credential verifiers: a stand becomes a server that trusts one issuer, and the keys of its manifest."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.core.area import Kit, Stand, check_stand
from conformance.eid.verifier.policy import FAULTS
from conformance.eid.verifier.sandbox import ACCEPTED, CLAIM, ISS, VCT, Verifier, serve
from conformance.wire.jws import new_key
from conformance.wire.pem import private_pem


@contextlib.contextmanager
def stage(stand: Stand, kit: Kit) -> Iterator[Mapping[str, Any]]:
    """Serve the stand; yield the keys of its manifest.

    Raises:
        ConfigError: no such policy or fault.
    """
    check_stand(stand, ("good",), FAULTS, "verifiers")
    key = new_key()
    (kit.folder / "issuer.pem").write_bytes(private_pem(key.private))
    with serve(Verifier(frozenset(stand.faults), key.public_jwk), kit.server_context()) as origin:
        credential = {"iss": ISS, "vct": VCT, "claims": {CLAIM: "Santos"}, "key": "file:issuer.pem"}
        start = {"start": f"{origin}/start", "start_body": {}}
        yield {**start, "marker": ACCEPTED, "credential": credential, "needed": [CLAIM]}
