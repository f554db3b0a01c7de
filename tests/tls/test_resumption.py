"""A ticket is offered again: to the library, which takes it or not, and to servers that answer something else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.core.model import Reason, Undecided
from conformance.tls.flight import RETRY_RANDOM
from conformance.tls.flight_hello import ServerHello, Ticket
from conformance.tls.policy import BENIGN, GOOD, Policy, with_faults
from conformance.tls.resumption import FULL, PSK_DHE_KE, PSK_KE, offer_ticket, read
from conformance.tls.sandbox import serve
from conformance.tls.secrets import SUITES13, X25519
from tests.tls.answers import alert, message, record
from tests.tls.chains import NAME, authorities
from tests.tls.hellos import connected
from tests.tls.test_sandbox import flight13, named, resumed

TICKET = Ticket(SUITES13[0x1301], X25519, b"identity", bytes(32), 7, 0.0)
TLS13 = {43: b"\3\4", 51: b""}


@pytest.mark.parametrize("policy", [GOOD, BENIGN["tls13-only"], replace(GOOD, certificate="good-rsa")])
def test_library_takes_a_ticket_with_a_key_exchange_alone(policy: Policy) -> None:
    with serve(named(policy), authorities()) as endpoint:
        assert resumed(endpoint, PSK_KE) == FULL
        assert resumed(endpoint, PSK_DHE_KE) == "resumed with key_share"


def test_library_that_is_told_so_takes_a_ticket_without_one() -> None:
    with serve(named(with_faults(GOOD, "psk-ke")), authorities()) as endpoint:
        assert resumed(endpoint, PSK_KE) == "resumed"
        assert resumed(endpoint, PSK_DHE_KE) == "resumed with key_share"


def test_ticket_of_another_key_is_not_taken() -> None:
    """The binder does not verify, so that what was seen above rests on the key schedule."""
    with serve(named(GOOD), authorities()) as endpoint:
        ticket = flight13(endpoint).ticket
        assert ticket
        wrong = replace(ticket, key=bytes(len(ticket.key)))
        with connected(endpoint.address) as sock, pytest.raises(Undecided, match=r"illegal_parameter|decrypt_error"):
            offer_ticket(sock, wrong, PSK_DHE_KE, server_name=NAME, deadline=time.monotonic() + 5)


def test_unknown_ticket_leads_to_a_full_handshake() -> None:
    with serve(named(GOOD), authorities()) as endpoint, connected(endpoint.address) as sock:
        assert offer_ticket(sock, TICKET, PSK_DHE_KE, server_name=NAME, deadline=time.monotonic() + 5) == FULL


def test_server_without_tickets_leaves_nothing_to_offer() -> None:
    with serve(named(BENIGN["no-tickets"]), authorities()) as endpoint:
        assert flight13(endpoint).ticket is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (alert(2, 40), Reason.TLS_ALERT),
        (record(22, message(2, b"\3\3")), Reason.TLS_RECORD),
        (record(22, message(11, bytes(3))), Reason.TLS_RECORD),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Reason.NOT_TLS),
        (b"", Reason.CLOSED),
    ],
)
def test_other_answers_decide_nothing(answer: bytes, reason: Reason) -> None:
    with pytest.raises(Undecided) as caught:
        offered(lambda sock: sock.sendall(answer))
    assert caught.value.reason is reason


def test_silence_ends_at_the_deadline() -> None:
    with pytest.raises(Undecided) as caught:
        offered(lambda _: time.sleep(0.6), seconds=0.3)
    assert caught.value.reason is Reason.TIMEOUT


def offered(respond: Callable[[socket.socket], None], seconds: float = 5) -> str:
    """The ticket offered to a peer that reads the hello and responds so."""
    ours, theirs = socket.socketpair()

    def serve_one() -> None:
        with theirs:
            theirs.recv(65_536)
            respond(theirs)

    thread = threading.Thread(target=serve_one)
    thread.start()
    try:
        with ours:
            return offer_ticket(ours, TICKET, PSK_KE, server_name=NAME, deadline=time.monotonic() + seconds)
    finally:
        thread.join()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, FULL),
        ({"extensions": {**TLS13, 41: b"\0\0"}}, "resumed with key_share"),
        ({"extensions": {43: b"\3\4", 41: b"\0\0"}}, "resumed"),
        ({"extensions": {}}, None),
        ({"random": RETRY_RANDOM}, None),
    ],
)
def test_server_hello_is_read_for_its_extensions(changes: dict[str, Any], expected: str | None) -> None:
    hello = replace(ServerHello(0x0303, bytes(32), bytes(32), 0x1301, 0, TLS13), **changes)
    if expected:
        assert read(hello) == expected
        return
    with pytest.raises(Undecided) as caught:
        read(hello)
    assert caught.value.reason is Reason.NOT_OBSERVABLE
