"""A ticket offered for resumption in TLS 1.3, and what the ServerHello makes of it (RFC 9846 sections 4.3.9, 4.3.11).

With psk_ke a session is resumed without a key exchange, with psk_dhe_ke with a fresh one. What follows the ServerHello
is left unread.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Final

from conformance.core.model import Reason, Undecided
from conformance.tls.channel import CLIENT_HELLO, SERVER_HELLO, Alerted, Channel
from conformance.tls.codepoints import ALERTS, name_of
from conformance.tls.evidence import Resumed
from conformance.tls.flight import MOST_BYTES, RETRY_RANDOM
from conformance.tls.flight_hello import (
    GROUPS,
    KEY_SHARE,
    PRE_SHARED_KEY,
    SUPPORTED_VERSIONS,
    TLS13,
    Hello13,
    ServerHello,
    Ticket,
    parse_server_hello,
)
from conformance.tls.secrets import KeyShare

PSK_KE, PSK_DHE_KE = b"\0", b"\1"
FULL: Final[Resumed] = "full handshake"


def offer_ticket(
    sock: socket.socket,
    ticket: Ticket,
    modes: bytes,
    *,
    server_name: str,
    deadline: float,
    monotonic: Callable[[], float] = time.monotonic,
) -> Resumed:
    """Offer the ticket with these psk_key_exchange_modes. The caller closes the connection.

    Args:
        sock: Connected and blocking.
        ticket: Of an earlier connection to the same server.
        modes: PSK_KE or PSK_DHE_KE.
        server_name: As in that connection.
        deadline: On the clock `monotonic`, for everything.
        monotonic: The clock.

    Raises:
        Undecided: TLS_ALERT where the server refuses, NOT_OBSERVABLE where it answers something else, else whatever
            kept the answer from being read.
    """
    channel = Channel(sock, deadline, MOST_BYTES, monotonic)
    groups = (ticket.group, *(each for each in GROUPS if each != ticket.group))
    hello = Hello13(server_name, groups=groups, suites=(ticket.suite.code,), modes=modes)
    body = ticket.bound(hello.body(KeyShare(ticket.group), last=ticket.extension(monotonic())))
    try:
        channel.version = 0x0301  # as in `flight.py`
        channel.send_message(CLIENT_HELLO, body)
        channel.version = 0x0303
        kind, answer = channel.message()
        if kind != SERVER_HELLO:
            raise ValueError(f"a handshake message of type {kind} where ServerHello was due")  # noqa: TRY301
        return read(parse_server_hello(answer))
    except Alerted as alert:
        raise Undecided(Reason.TLS_ALERT, name_of(ALERTS, alert.code, 2)) from None
    except ValueError as error:
        raise Undecided(Reason.TLS_RECORD, str(error)[:200]) from None


def read(answer: ServerHello) -> Resumed:
    """What the ServerHello makes of the ticket.

    Raises:
        Undecided: NOT_OBSERVABLE, it is a HelloRetryRequest, or of another version.
    """
    if answer.extensions.get(SUPPORTED_VERSIONS) != TLS13.to_bytes(2, "big") or answer.random == RETRY_RANDOM:
        raise Undecided(Reason.NOT_OBSERVABLE, "another version was selected, or another group asked for")
    if PRE_SHARED_KEY not in answer.extensions:
        return FULL
    return "resumed with key_share" if KEY_SHARE in answer.extensions else "resumed"
