"""Answers that take no handshake: an SSL 2.0 SERVER-HELLO, alerts, and what shows in clear of groups and suites of TLS
1.3 that we do not speak.
"""

from __future__ import annotations

import os
from typing import Final

from conformance.tls.channel import ALERT, FATAL, HANDSHAKE, SERVER_HELLO, message, sized
from conformance.tls.client_hello import ClientHello
from conformance.tls.fake13 import server_hello13
from conformance.tls.policy import FFDHE2048, X25519MLKEM768, Policy

SHARE_BYTES: Final = {X25519MLKEM768: 1088 + 32, FFDHE2048: 256}
"""An ML-KEM-768 ciphertext and an X25519 public value (RFC 10024); a number below the prime (RFC 7919)."""

SSL2_SERVER_HELLO, SSL2_X509, SSL2_CONNECTION_ID_BYTES = 4, 1, 16


def record(kind: int, data: bytes, version: int = 0x0303) -> bytes:
    """One record in clear."""
    return bytes((kind,)) + version.to_bytes(2, "big") + sized(data)


def alert(code: int) -> bytes:
    """A fatal alert in clear."""
    return record(ALERT, bytes((FATAL, code)))


def shown(hello: ClientHello, policy: Policy, group: int) -> bytes:
    """A HelloRetryRequest for the group, or where its share is there, a ServerHello with a made-up one.

    What would follow is encrypted with what we do not speak, so here the handshake ends.
    """
    suite = next(code for code in policy.suites13 if code in hello.suites)
    share = os.urandom(SHARE_BYTES.get(group, 32)) if group in hello.shares else None
    return record(HANDSHAKE, message(SERVER_HELLO, server_hello13(hello, suite, group, share)))


def ssl2_server_hello(kinds: tuple[bytes, ...], certificate: bytes) -> bytes:
    """A SERVER-HELLO that takes every cipher kind offered (the SSL 2.0 draft, section 2.6)."""
    specs = b"".join(kinds)
    body = (
        bytes((SSL2_SERVER_HELLO, 0, SSL2_X509, 0, 2))
        + len(certificate).to_bytes(2, "big")
        + len(specs).to_bytes(2, "big")
        + SSL2_CONNECTION_ID_BYTES.to_bytes(2, "big")
        + certificate
        + specs
        + os.urandom(SSL2_CONNECTION_ID_BYTES)
    )
    return (0x8000 | len(body)).to_bytes(2, "big") + body
