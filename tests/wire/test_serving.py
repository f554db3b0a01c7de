"""The small server: what is answered, and what strangers cannot do to it."""

from __future__ import annotations

import contextlib
import socket
import time

import pytest
import requests

from conformance.core.model import Reason, Undecided
from conformance.core.network import Limits
from conformance.wire import serving
from conformance.wire.http import fetch
from conformance.wire.serving import Request, Response, reserved, serve
from tests.zoo.servers import a_door, a_target


def answer(request: Request) -> Response:
    if request.path == "/pieces":
        return Response(200, pieces=(b"one ", b"two"))
    return Response(200, f"{request.method} {request.target}".encode() + request.body)


def said(port: int, octets: bytes, *, shut: bool = False) -> bytes:
    """What a client gets that sends exactly these octets."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(octets)
        if shut:
            client.shutdown(socket.SHUT_WR)
        found = bytearray()
        with contextlib.suppress(OSError):
            while more := client.recv(4096):
                found += more
        return bytes(found)


def test_plain_http_is_answered() -> None:
    with serve(answer, None) as port:
        got = requests.post(f"http://127.0.0.1:{port}/a?b=c", data=b"!", timeout=5)
    assert got.content == b"POST /a?b=c!"


def test_pieces_come_one_after_the_other_and_end_with_the_connection() -> None:
    with serve(answer, None) as port:
        got = requests.get(f"http://127.0.0.1:{port}/pieces", timeout=5)
    assert got.content == b"one two"
    assert "Content-Length" not in got.headers


@pytest.mark.parametrize("length", ["-1", "x", "99999999", "1" * 40])
def test_body_that_is_too_large_or_of_no_length_is_refused(length: str) -> None:
    with serve(answer, None) as port:
        got = said(port, f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
    assert got.startswith(b"HTTP/1.1 413 ")


def test_body_that_does_not_come_is_not_waited_for() -> None:
    with serve(answer, None) as port:
        got = said(port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab", shut=True)
    assert got.startswith(b"HTTP/1.1 408 ")


def test_drip_does_not_hold_its_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "SECONDS", 0.3)
    with serve(answer, None) as port, socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        began = time.monotonic()
        with contextlib.suppress(OSError):
            for _ in range(50):
                client.sendall(b"x")
                time.sleep(0.1)
        assert time.monotonic() - began < 4


def test_connections_beyond_the_bound_are_closed_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "OPEN_AT_ONCE", 2)
    with serve(answer, None) as port, contextlib.ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
        time.sleep(0.2)
        assert said(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") == b""


def test_reserved_address_is_listened_on_by_us_alone() -> None:
    with reserved() as address:
        host, _, port = address.rpartition(":")
        with serve(answer, None, (host, int(port))) as found:
            assert found == int(port)
            assert requests.get(f"http://{address}/", timeout=5).status_code == 200
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((host, int(port)))


def late(request: Request) -> Response:
    time.sleep(0.8)
    return answer(request)


def test_patience_takes_the_place_of_the_door_s_limits() -> None:
    door = a_door(limits=Limits(read_seconds=0.3, total_seconds=0.5))
    with serve(late, None) as port:
        with pytest.raises(Undecided) as caught:
            fetch(door, a_target(), f"http://127.0.0.1:{port}/")
        assert caught.value.reason is Reason.TIMEOUT
        until = door.monotonic() + 5
        assert fetch(door, a_target(), f"http://127.0.0.1:{port}/", deadline=until, patience=5).status == 200
        with pytest.raises(Undecided):
            fetch(door, a_target(), f"http://127.0.0.1:{port}/", patience=0.4)
