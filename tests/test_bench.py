"""The benchmark's recorded server says what the server behind it said, to the same hello alone."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator

import pytest

from conformance.tls.hello import RANDOM_BYTES, X25519, public_value, server_name_extension, template
from conformance.tls.parse import Reply, parse_reply
from conformance.tls.probes import CONTROL, PROBES
from tests.bench.recorded import RECORDINGS, SESSION_ID, Recordings, skeleton, whole
from tests.tls.answers import alert, hello13, record

HELLOS = {"TLSv1.3": CONTROL, **{name: PROBES[name] for name in ("TLSv1.2", "SSLv3", "SSLv2")}}


def written(name: str) -> bytes:
    segments = template(HELLOS[name]).build(server_name_extension("a.example"), os.urandom(RANDOM_BYTES))
    return b"".join(segments)


@pytest.mark.parametrize("name", HELLOS)
def test_hellos_that_offer_the_same_are_one(name: str) -> None:
    assert written(name) != written(name)
    assert skeleton(written(name)) == skeleton(written(name))
    assert len({skeleton(written(each)) for each in HELLOS}) == len(HELLOS)
    assert whole(written(name))
    assert not whole(written(name)[:-1])


def test_key_share_of_another_process_is_the_same_offer() -> None:
    hello = written("TLSv1.3")
    share = public_value(X25519)
    assert share in hello
    other = hello.replace(share, os.urandom(32))
    assert skeleton(other) == skeleton(hello)


@contextlib.contextmanager
def behind(answer: bytes, *, hangs_up: bool) -> Iterator[tuple[int, list[bytes]]]:
    """A server that gives this answer to whatever it is told: its port, and what it was told."""
    told: list[bytes] = []
    stays: list[socket.socket] = []

    def serve(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                told.append(client.recv(65_536))
                client.sendall(answer)
                client.close() if hangs_up else stays.append(client)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield listener.getsockname()[1], told
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    for client in stays:
        client.close()


def test_session_id_is_that_of_the_hello() -> None:
    with behind(record(22, hello13()), hangs_up=False) as (port, told):
        recordings = Recordings(port)
        for turn in range(RECORDINGS + 2):
            hello = written("TLSv1.3")
            answer, ended = recordings.answer(hello)
            reply = parse_reply(answer)
            assert isinstance(reply, Reply)
            assert not ended
            assert reply.session_id == (bytes(32) if turn < RECORDINGS else hello[SESSION_ID])
        assert len(told) == RECORDINGS


def test_it_hangs_up_where_the_server_did() -> None:
    with behind(alert(2, 70), hangs_up=True) as (port, told):
        recordings = Recordings(port)
        answers = {recordings.answer(written("SSLv3")) for _ in range(RECORDINGS + 2)}
        assert answers == {(alert(2, 70), True)}
        assert len(told) == RECORDINGS
