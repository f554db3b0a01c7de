"""Z05 to Z08 under `fetch`: servers that break off, drip or flood the TLS handshake of an HTTPS exchange."""

from __future__ import annotations

import socket

import pytest

from conformance.core.model import Reason
from conformance.wire.http import fetch
from tests.zoo.servers import OK, Handler, a_door, a_target, answering, contained, dripping, endless, identity, serve


def after_hello(handler: Handler) -> Handler:
    def handle(stream: socket.socket) -> None:
        stream.recv(65536)
        handler(stream)

    return handle


def tls_trouble(handler: Handler, *reasons: Reason) -> str:
    with serve(after_hello(handler), read=False) as server:
        return contained(lambda: fetch(a_door(), a_target(), server.tls_url, verify=False), *reasons).detail


@pytest.mark.parametrize("start", [b"\x16\x03\x03\x3f\x00\x02\x00\x30\x00", b"\x16\x03\x03"], ids=["hello", "header"])
def test_z05_tls_drip(start: bytes) -> None:
    tls_trouble(dripping(start, b"\x03"), Reason.TIMEOUT)


@pytest.mark.parametrize("raw", [OK, b"SSH-2.0-\x1b[2J\r\n", bytes(range(64, 256)) * 2], ids=["http", "ssh", "noise"])
def test_z06_tls_garbage(raw: bytes) -> None:
    detail = tls_trouble(answering(raw), Reason.NOT_TLS, Reason.TLS_RECORD)
    assert detail.isprintable()


@pytest.mark.parametrize("level", [1, 2], ids=["warning", "fatal"])
def test_z07_endless_alerts(level: int) -> None:
    alert = b"\x15\x03\x03\x00\x02" + bytes([level, 0x5A])
    tls_trouble(endless(b"", alert * 1000), Reason.TLS_RECORD if level == 1 else Reason.TLS_ALERT)


@pytest.mark.parametrize("kind", [0x14, 0x15, 0x16, 0x17])
def test_z08_endless_empty_records(kind: int) -> None:
    tls_trouble(endless(b"", bytes([kind]) + b"\x03\x03\x00\x00"), Reason.TLS_RECORD)


def test_z08_record_beyond_the_limit() -> None:
    length = 2**14 + 2048 + 1
    tls_trouble(answering(b"\x16\x03\x03" + length.to_bytes(2, "big") + bytes(length)), Reason.TLS_RECORD)


def test_z05_to_z08_benign_twin() -> None:
    with serve(answering(OK), tls=identity().server()) as server:
        assert fetch(a_door(), a_target(), server.tls_url, verify=False).body == b"ok"
