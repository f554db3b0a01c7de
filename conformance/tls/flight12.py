"""A TLS 1.2 session of our own (RFC 5246, RFC 7627): the ticket's lifetime hint, and requests to renegotiate.

Our client asks to renegotiate as RFC 5746 has it, which no maintained library's client does on demand, again and
again until the server refuses or has granted what was asked. Only ECDHE with an AEAD is spoken.
"""

from __future__ import annotations

import hmac
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.tls import secrets
from conformance.tls.channel import (
    CERTIFICATE,
    CERTIFICATE_REQUEST,
    CERTIFICATE_VERIFY,
    CHANGE_CIPHER_SPEC,
    CLIENT_HELLO,
    CLIENT_KEY_EXCHANGE,
    CLOSE_NOTIFY,
    FINISHED,
    HELLO_REQUEST,
    NEW_SESSION_TICKET,
    SERVER_HELLO,
    SERVER_HELLO_DONE,
    SERVER_KEY_EXCHANGE,
    WARNING,
    Alerted,
    Channel,
    extension,
    pairs,
    sized,
)
from conformance.tls.client_hello import EXTENDED_MASTER_SECRET, RENEGOTIATION_INFO, Reader, codes
from conformance.tls.codepoints import ALERTS, name_of
from conformance.tls.credentials import Credentials, Introduction
from conformance.tls.evidence import Renegotiation
from conformance.tls.flight import MOST_BYTES
from conformance.tls.flight_hello import (
    GROUPS,
    PROTOCOLS,
    SCHEMES,
    SUPPORTED_VERSIONS,
    ServerHello,
    common_extensions,
    parse_server_hello,
)
from conformance.tls.secrets import KeyShare, Protection, Suite

TLS12: Final = 0x0303
EC_POINT_FORMATS, SESSION_TICKET, NAMED_CURVE = 11, 35, 3
MOST_MESSAGES: Final = 16
"""How many messages a server's flight may have."""

ANSWER_SECONDS: Final = 1.0
"""How long the first request to renegotiate waits for an answer; servers that ignore it say nothing."""

LAST_SECONDS: Final = 1.0
"""What is left of the time when renegotiation ends: what was seen until then still counts."""


@dataclass(frozen=True, slots=True)
class Session12:
    """What a session showed. ticket_seconds: the lifetime hint of its ticket, -1 where none was sent."""

    ticket_seconds: int
    renegotiation: Renegotiation


def handshake12(
    sock: socket.socket,
    *,
    server_name: str,
    deadline: float,
    introduction: Introduction | None = None,
    requests: int = 10,
    answer_seconds: float = ANSWER_SECONDS,
    protocols: tuple[str, ...] = PROTOCOLS,
    max_bytes: int = MOST_BYTES,
    monotonic: Callable[[], float] = time.monotonic,
) -> Session12:
    """Shake hands in TLS 1.2, then ask for renegotiation until it is refused. The caller closes the connection.

    Args:
        sock: Connected and blocking.
        server_name: Empty for none.
        deadline: On the clock `monotonic`, for everything.
        introduction: What to prove our name with where a client certificate is asked for; None: with an empty one.
        requests: How often to ask at most.
        answer_seconds: How long to wait for the answer to each.
        protocols: ALPN.
        max_bytes: How much is read at most.
        monotonic: The clock.

    Raises:
        Undecided: TLS_ALERT where the server refuses, NOT_OBSERVABLE where it selects what we do not speak, else
            whatever kept the first handshake from being completed; TIMEOUT when the deadline passed at any time.
        Untested: NO_CREDENTIAL, it asked for a client certificate, got none, and refused.
    """
    channel = Channel(sock, deadline, max_bytes, monotonic)
    session = _Session(channel, server_name, protocols, introduction)
    try:
        session.shake_hands()
    except Alerted as alert:
        if session.certificate_wanted and session.credentials is None:
            raise Untested(NotTested.NO_CREDENTIAL, "a client certificate is asked for") from None
        raise Undecided(Reason.TLS_ALERT, name_of(ALERTS, alert.code, 2)) from None
    except ValueError as error:
        raise Undecided(Reason.TLS_RECORD, str(error)[:200]) from None
    asked, refusal = 0, ""
    channel.skips_data = True
    while asked < requests and not refusal:
        asked += 1
        # Once it has granted one, a server that takes its time is no refusal.
        patience = deadline - LAST_SECONDS - monotonic() if session.answered > 1 else answer_seconds
        channel.deadline = min(deadline, monotonic() + patience)
        refusal = _ask(session)
        channel.deadline = deadline
        channel.check_deadline()
    _leave(channel)
    return Session12(session.ticket_seconds, Renegotiation(asked, session.answered - 1, refusal))


def _ask(session: _Session) -> str:
    """Renegotiate once; what ended it, empty where it was granted."""
    try:
        session.shake_hands()
    except Alerted as alert:
        return f"alert {name_of(ALERTS, alert.code, 2)}"
    except ValueError as error:
        return f"{Reason.TLS_RECORD}: {str(error)[:200]}"
    except Undecided as trouble:
        return str(trouble.reason)
    return ""


def _leave(channel: Channel) -> None:
    """Say goodbye to whoever is still there."""
    try:
        channel.send_alert(WARNING, CLOSE_NOTIFY)
        channel.flush()
    except Undecided:
        return


class _Session:
    """A connection and what of its last handshake the next one needs. ValueError: something is not as it must be.

    answered: how many ServerHellos came; ticket_seconds as in `Session12`.
    """

    def __init__(
        self, channel: Channel, server_name: str, protocols: tuple[str, ...], introduction: Introduction | None = None
    ) -> None:
        self.channel, self.server_name, self.protocols = channel, server_name, protocols
        self.introduction, self.certificate_wanted = introduction, False
        self.credentials: Credentials | None = None
        self._schemes: tuple[int, ...] = ()
        self.answered, self.ticket_seconds = 0, -1
        self._verified = (b"", b"")  # verify_data of client and server (RFC 5746 section 3.1)

    def shake_hands(self) -> None:
        """One handshake, the first or another one within its protection (RFC 5246 section 7.4)."""
        channel, client_random = self.channel, os.urandom(32)
        channel.transcript = b""
        channel.send_message(CLIENT_HELLO, self._hello(client_random))
        answer = self._server_hello()
        suite = secrets.SUITES12[answer.suite]
        share, public, self.certificate_wanted = self._server_flight(client_random + answer.random)
        proof = self._present() if self.certificate_wanted else None
        channel.send_message(CLIENT_KEY_EXCHANGE, sized(share.public, 1))
        extended = channel.transcript if EXTENDED_MASTER_SECRET in answer.extensions else None
        master = secrets.master_secret12(suite, share.exchange(public), client_random + answer.random, extended)
        if proof:
            credentials, scheme = proof
            signature = credentials.sign(scheme, channel.transcript)
            channel.send_message(CERTIFICATE_VERIFY, pairs(scheme) + sized(signature))
        keys = secrets.protections12(suite, master, client_random, answer.random)
        channel.send(CHANGE_CIPHER_SPEC, b"\1")
        channel.writing = keys["client"]
        ours = secrets.finished12(suite, master, "client", channel.transcript)
        channel.send_message(FINISHED, ours)
        self._verified = ours, self._finish(suite, master, keys["server"], answer)

    def _present(self) -> tuple[Credentials, int] | None:
        """Send our Certificate; what to sign with, None where it is empty for want of one that suits."""
        scheme = self.credentials.common_scheme(self._schemes, tls13=False) if self.credentials else None
        chain = self.credentials.chain if self.credentials and scheme is not None else ()
        self.channel.send_message(CERTIFICATE, sized(b"".join(sized(each, 3) for each in chain), 3))
        return (self.credentials, scheme) if self.credentials and scheme is not None else None

    def _hello(self, random: bytes) -> bytes:
        extensions = common_extensions(self.server_name, self.protocols, GROUPS, SCHEMES)
        extensions += extension(EC_POINT_FORMATS, b"\1\0") + extension(EXTENDED_MASTER_SECRET, b"")
        extensions += extension(SESSION_TICKET, b"") + extension(RENEGOTIATION_INFO, sized(self._verified[0], 1))
        return pairs(TLS12) + random + b"\0" + sized(pairs(*secrets.SUITES12)) + b"\1\0" + sized(extensions)

    def _message(self) -> tuple[int, bytes]:
        """The next message that is no HelloRequest, which no transcript holds (RFC 5246 section 7.4.1.1)."""
        for _ in range(MOST_MESSAGES):
            before = self.channel.transcript
            kind, body = self.channel.message()
            if kind != HELLO_REQUEST:
                return kind, body
            self.channel.transcript = before
        raise ValueError("nothing but HelloRequests")

    def _server_hello(self) -> ServerHello:
        kind, body = self._message()
        if kind != SERVER_HELLO:
            raise ValueError(f"a handshake message of type {kind} where ServerHello was due")
        answer = parse_server_hello(body)
        self.answered += 1
        if answer.version != TLS12 or SUPPORTED_VERSIONS in answer.extensions or answer.suite not in secrets.SUITES12:
            raise Undecided(
                Reason.NOT_OBSERVABLE, f"version 0x{answer.version:04x} with suite 0x{answer.suite:04x} was selected"
            )
        # A server without RFC 5746 binds nothing; that it renegotiates all the same is worth counting.
        bound = sized(b"".join(self._verified), 1)
        if answer.extensions.get(RENEGOTIATION_INFO, bound) != bound:
            raise ValueError("renegotiation_info does not bind the old session")
        return answer

    def _server_flight(self, randoms: bytes) -> tuple[KeyShare, bytes, bool]:
        """Our share, the server's public value, and whether it wants our certificate."""
        params, leaf, certificate_wanted = b"", b"", False
        for _ in range(MOST_MESSAGES):
            kind, body = self._message()
            if kind == SERVER_KEY_EXCHANGE:
                params = body
            if kind == CERTIFICATE:
                leaf = Reader(Reader(body).sized(3)).sized(3)
            if kind == CERTIFICATE_REQUEST:
                certificate_wanted, reader = True, Reader(body)
                reader.sized(1)
                self._schemes = codes(reader.sized(2))
            if kind == SERVER_HELLO_DONE:
                reader = Reader(params)
                curve, group, public = reader.number(1), reader.number(2), reader.sized(1)
                if curve != NAMED_CURVE or group not in GROUPS:
                    raise ValueError(f"group 0x{group:04x} was not offered")
                signed = params[: len(params) - reader.left]
                scheme, signature = reader.number(2), reader.sized(2)
                if self.introduction and self.introduction.fits(leaf, scheme, randoms + signed, signature):
                    self.credentials = self.introduction.credentials
                return KeyShare(group), public, certificate_wanted
        raise ValueError("a flight without end")

    def _finish(self, suite: Suite, master: bytes, reading: Protection, answer: ServerHello) -> bytes:
        """The server's ticket, where it announced one, and its verify_data."""
        channel = self.channel
        if SESSION_TICKET in answer.extensions:
            kind, body = self._message()
            if kind != NEW_SESSION_TICKET:
                raise ValueError(f"a handshake message of type {kind} where NewSessionTicket was due")
            self.ticket_seconds = max(self.ticket_seconds, Reader(body).number(4))
        channel.change_cipher_spec()
        channel.reading = reading
        expected = secrets.finished12(suite, master, "server", channel.transcript)
        kind, body = channel.message()
        if kind != FINISHED or not hmac.compare_digest(body, expected):
            raise ValueError("the server's Finished does not verify")
        return body
