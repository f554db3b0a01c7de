"""The sandbox's relying parties: a stand becomes a server, a certificate for our provider, and a manifest's keys."""

from __future__ import annotations

import contextlib
import secrets
import ssl
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.core.area import Kit, Stand, check_stand
from conformance.eid.rp.faults import FAULTS
from conformance.eid.rp.sandbox import MARKER, Registered, RelyingParty
from conformance.eid.rp.sandbox_http import Outbound
from conformance.wire.own_tls import own_certificate
from conformance.wire.serving import reserved, serve

POLICIES = ("good", "pushed")
ANSWER_SECONDS = 8


@contextlib.contextmanager
def stage(stand: Stand, kit: Kit) -> Iterator[Mapping[str, Any]]:
    """Serve the stand; yield the keys of its manifest.

    Raises:
        ConfigError: no such policy or fault.
    """
    check_stand(stand, POLICIES, FAULTS, "relying parties")
    with contextlib.ExitStack() as stack:
        yield _serve(stack, stand, kit)


def _serve(stack: contextlib.ExitStack, stand: Stand, kit: Kit) -> Mapping[str, Any]:
    listen = stack.enter_context(reserved())
    issuer = f"https://localhost:{listen.rpartition(':')[2]}"
    certificate, key = own_certificate()
    for name, pem in (("provider.pem", certificate), ("provider.key", key)):
        (kit.folder / name).write_bytes(pem)
    second = f"{issuer}/second"
    party = RelyingParty(
        client_id="sandbox-rp",
        client_secret=secrets.token_urlsafe(24),
        providers={each: Registered(each) for each in (issuer, second)},
        outbound=Outbound(ssl.create_default_context(cadata=certificate.decode())),
        faults=frozenset(stand.faults),
        pushed=stand.policy == "pushed",
    )
    party.origin = f"https://localhost:{stack.enter_context(serve(party.respond, kit.server_context()))}"
    return {
        "initiate_login_uri": f"{party.origin}/login",
        "redirect_uri": f"{party.origin}/callback",
        "marker": {"url": f"{party.origin}/home", "text": MARKER},
        "callback": {
            "listen": listen,
            "issuer": issuer,
            "second_issuer": second,
            "tls": {"certificate": "file:provider.pem", "key": "file:provider.key"},
        },
        "id_token_signed_response_alg": "ES256",
        "answer_seconds": ANSWER_SECONDS,
    }
