"""The server's TLS 1.3 flight as a client sees it (RFC 9846 section 4), read by a small client of our own.

It shows what no library lets one see at once: the whole chain as sent, the staple, the SCT extension, whether a client
certificate is asked for, the signature scheme, and what the first session ticket allows. The server's Finished is
verified, so what was read came from the peer of this key exchange; whose certificate it is, others judge.
"""

from __future__ import annotations

import dataclasses
import hmac
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from conformance.core.model import Reason, Undecided
from conformance.tls import secrets
from conformance.tls.answers import MOST_DIGESTS
from conformance.tls.channel import (
    CERTIFICATE,
    CERTIFICATE_REQUEST,
    CERTIFICATE_VERIFY,
    CHANGE_CIPHER_SPEC,
    CLIENT_HELLO,
    CLOSE_NOTIFY,
    COMPRESSED_CERTIFICATE,
    ENCRYPTED_EXTENSIONS,
    FINISHED,
    NEW_SESSION_TICKET,
    SERVER_HELLO,
    WARNING,
    Alerted,
    Channel,
    message,
    pairs,
    sized,
)
from conformance.tls.client_hello import Reader, codes, read_extensions
from conformance.tls.codepoints import ALERTS, CERTIFICATE_COMPRESSIONS, EXTENSIONS, SCHEMES, name_of
from conformance.tls.credentials import Credentials, Introduction
from conformance.tls.evidence import Answer, Flight13
from conformance.tls.flight_hello import (
    ALPN,
    COOKIE,
    EARLY_DATA,
    KEY_SHARE,
    SCT,
    SIGNATURE_ALGORITHMS,
    STATUS_REQUEST,
    SUPPORTED_VERSIONS,
    TLS13,
    Hello13,
    ServerHello,
    Ticket,
    parse_server_hello,
)
from conformance.tls.parse import MOST_CERTIFICATES, MOST_EXTENSIONS
from conformance.tls.secrets import KeyShare, Protection13, Suite

RETRY_RANDOM: Final = sha256(b"HelloRetryRequest").digest()
MOST_BYTES: Final = 262_144
TICKET_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True)
class Read13:
    """The flight as evidence, and in full what evidence holds digests of. scts: the content of the SCT extension.
    ticket: what to resume with, None without one.
    """

    flight: Flight13
    chain: tuple[bytes, ...] = ()
    staple: bytes | None = None
    scts: bytes = b""
    ticket: Ticket | None = None


def read_flight13(
    sock: socket.socket,
    hello: Hello13,
    *,
    deadline: float,
    introduction: Introduction | None = None,
    ticket_seconds: float = TICKET_SECONDS,
    max_bytes: int = MOST_BYTES,
    monotonic: Callable[[], float] = time.monotonic,
) -> Read13:
    """Shake hands in TLS 1.3 and read one ticket. The connection is of no use afterwards; the caller closes it.

    Args:
        sock: Connected and blocking.
        hello: What to offer.
        deadline: On the clock `monotonic`, for everything.
        introduction: What to prove our name with where a client certificate is asked for; None: with an empty one.
        ticket_seconds: How long to wait for a NewSessionTicket after our Finished.
        max_bytes: How much is read at most.
        monotonic: The clock.

    Raises:
        Undecided: TLS_ALERT where the server refuses, NOT_OBSERVABLE where it selects another version, else whatever
            kept the handshake from being completed.
    """
    channel = Channel(sock, deadline, max_bytes, monotonic)
    reader = _Reader13(channel, hello, introduction, monotonic)
    return _reading(lambda: reader.read(deadline, ticket_seconds))


def read_compression(
    sock: socket.socket, hello: Hello13, *, deadline: float, monotonic: Callable[[], float] = time.monotonic
) -> str:
    """With what the server compresses its certificate, as RFC 8879 names it; empty for not at all.

    Nothing is read after that message. Arguments and exceptions are those of `read_flight13`; the hello offers ways.
    """
    return _reading(lambda: _Reader13(Channel(sock, deadline, MOST_BYTES, monotonic), hello).compression())


T = TypeVar("T")


def _reading(read: Callable[[], T]) -> T:
    """What `read` returns; alerts and what is not as it must be are Undecided."""
    try:
        return read()
    except Alerted as alert:
        raise Undecided(Reason.TLS_ALERT, name_of(ALERTS, alert.code, 2)) from None
    except ValueError as error:
        raise Undecided(Reason.TLS_RECORD, str(error)[:200]) from None


class _Reader13:
    """One handshake. ValueError stands for everything that is not as it must be."""

    def __init__(
        self,
        channel: Channel,
        hello: Hello13,
        introduction: Introduction | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.channel, self.hello, self.introduction = channel, hello, introduction
        self.credentials: Credentials | None = None
        self.share = KeyShare(hello.groups[0])
        self.read13 = Read13(Flight13(Answer("accepted", version="TLSv1.3")))
        self._main = self._resumption = b""
        self._monotonic = monotonic
        self._request_context: bytes | None = None
        self._request_schemes: tuple[int, ...] = ()

    def read(self, deadline: float, ticket_seconds: float) -> Read13:
        """The whole of it."""
        suite, secret, server = self._begin()
        channel = self.channel
        client = secrets.traffic_secret(suite, secret, "client", "hs", channel.transcript)
        self._server_flight(suite, server)
        self._main = secrets.main_secret(suite, secret)
        server = secrets.traffic_secret(suite, self._main, "server", "ap", channel.transcript)
        self._change_key(suite, server)
        try:
            self._finish(suite, client)
            channel.deadline = min(deadline, self._monotonic() + ticket_seconds)
            channel.skips_data = True
            self._await_ticket(suite)
        except (Undecided, Alerted) as end:
            channel.deadline = deadline
            channel.check_deadline()  # only the wait for a ticket may end without one
            if isinstance(end, Alerted) and end.code != CLOSE_NOTIFY:
                self._note(ended=f"alert {name_of(ALERTS, end.code, 2)}")
        return self.read13

    def compression(self) -> str:
        """As `read_compression`."""
        self._begin()
        kind, body = self._certificate_message()
        if kind == CERTIFICATE:
            return ""
        if kind != COMPRESSED_CERTIFICATE:
            raise ValueError(f"a handshake message of type {kind} where CompressedCertificate was due")
        code = Reader(body).number(2)
        if code not in self.hello.compressions:
            raise ValueError(f"compression 0x{code:04x} was not offered")
        return CERTIFICATE_COMPRESSIONS[code]

    def _begin(self) -> tuple[Suite, bytes, bytes]:
        """Up to ServerHello; the suite, the handshake secret and the server's traffic secret, which it is read with."""
        suite, server_share = self._negotiate()
        secret = secrets.handshake_secret(suite, self.share.exchange(server_share))
        server = secrets.traffic_secret(suite, secret, "server", "hs", self.channel.transcript)
        self._change_key(suite, server)
        return suite, secret, server

    def _change_key(self, suite: Suite, secret: bytes) -> None:
        if not self.channel.between_messages:
            raise ValueError("a message spans a key change")
        self.channel.reading = Protection13(suite, secret)

    def _note(self, **changes: Any) -> None:
        self.read13 = dataclasses.replace(self.read13, flight=replace(self.read13.flight, **changes))

    def _negotiate(self) -> tuple[Suite, bytes]:
        """Say hello, again where the server asks for it; the suite and the server's key share."""
        channel, hello = self.channel, self.hello
        channel.version = 0x0301  # RFC 9846 section 5.1 allows it in a first hello, for old middleboxes
        channel.send_message(CLIENT_HELLO, hello.body(self.share))
        channel.version = 0x0303
        answer = self._server_hello()
        retried = answer if answer.random == RETRY_RANDOM else None
        if retried:
            self._retry(retried)
            answer = self._server_hello()
        suite = self._suite(answer)
        if answer.random == RETRY_RANDOM or (retried and answer.suite != retried.suite):
            raise ValueError("the server does not keep to its HelloRetryRequest")
        reader = Reader(answer.extensions.get(KEY_SHARE, b""))
        group, share = reader.number(2), reader.sized(2)
        if group != self.share.group:
            raise ValueError(f"the server's key share is of group 0x{group:04x}")
        self._note(
            answer=Answer(
                "accepted",
                version="TLSv1.3",
                suite=suite.name,
                group=secrets.GROUPS[group],
                retry=retried is not None,
                extensions=tuple(name_of(EXTENSIONS, code) for code in answer.extensions),
                random_tail=answer.random[-8:].hex(),
                share=sha256(share).hexdigest(),
            )
        )
        return suite, share

    def _retry(self, retry: ServerHello) -> None:
        """Say hello again as a HelloRetryRequest asks for it."""
        channel, hello = self.channel, self.hello
        first = message(CLIENT_HELLO, hello.body(self.share))
        channel.transcript = secrets.retried_transcript(self._suite(retry), first) + channel.transcript[len(first) :]
        if chosen := retry.extensions.get(KEY_SHARE):
            group = int.from_bytes(chosen, "big")
            if group not in hello.groups or group == self.share.group:
                raise ValueError(f"the HelloRetryRequest asks for group 0x{group:04x}")
            self.share = KeyShare(group)
        cookie = Reader(retry.extensions[COOKIE]).sized(2) if COOKIE in retry.extensions else b""
        if not chosen and not cookie:
            raise ValueError("the HelloRetryRequest asks for nothing")
        channel.send(CHANGE_CIPHER_SPEC, b"\1")
        channel.send_message(CLIENT_HELLO, hello.body(self.share, cookie))

    def _server_hello(self) -> ServerHello:
        """A ServerHello or HelloRetryRequest of TLS 1.3."""
        answer = parse_server_hello(self._expect(SERVER_HELLO))
        if answer.extensions.get(SUPPORTED_VERSIONS) != TLS13.to_bytes(2, "big"):
            raise Undecided(Reason.NOT_OBSERVABLE, f"version 0x{answer.version:04x} was selected, not TLS 1.3")
        return answer

    def _suite(self, answer: ServerHello) -> Suite:
        if answer.suite not in self.hello.suites:
            raise ValueError(f"suite 0x{answer.suite:04x} was not offered")
        return secrets.SUITES13[answer.suite]

    def _expect(self, kind: int) -> bytes:
        found, body = self.channel.message()
        if found != kind:
            raise ValueError(f"a handshake message of type {found} where {kind} was due")
        return body

    def _certificate_message(self) -> tuple[int, bytes]:
        """EncryptedExtensions and CertificateRequest; the type and body of what follows them."""
        reader = Reader(self._expect(ENCRYPTED_EXTENSIONS))
        extensions = read_extensions(reader.sized(2))
        if len(extensions) > MOST_EXTENSIONS:
            raise ValueError(f"more than {MOST_EXTENSIONS} extensions")
        protocol = Reader(Reader(extensions[ALPN]).sized(2)).sized(1) if ALPN in extensions else b""
        self._note(
            alpn=protocol.decode("ascii", "backslashreplace"),
            extensions=tuple(name_of(EXTENSIONS, code) for code in extensions),
        )
        kind, body = self.channel.message()
        if kind == CERTIFICATE_REQUEST:
            request = Reader(body)
            self._request_context = request.sized(1)
            offered = Reader(read_extensions(request.sized(2)).get(SIGNATURE_ALGORITHMS, b"\0\0")).sized(2)
            self._request_schemes = codes(offered)
            self._note(certificate_request=True)
            kind, body = self.channel.message()
        return kind, body

    def _server_flight(self, suite: Suite, traffic: bytes) -> None:
        """EncryptedExtensions to Finished."""
        kind, body = self._certificate_message()
        if kind != CERTIFICATE:
            raise ValueError(f"a handshake message of type {kind} where Certificate was due")
        self._certificate(body)
        content = secrets.signed_content13("server", suite, self.channel.transcript)
        reader = Reader(self._expect(CERTIFICATE_VERIFY))
        scheme, signature = reader.number(2), reader.sized(2)
        leaf = next(iter(self.read13.chain), b"")
        if self.introduction and self.introduction.fits(leaf, scheme, content, signature):
            self.credentials = self.introduction.credentials
        expected = secrets.finished13(suite, traffic, self.channel.transcript)
        if not hmac.compare_digest(self._expect(FINISHED), expected):
            raise ValueError("the server's Finished does not verify")
        self._note(signature_scheme=name_of(SCHEMES, scheme), finished_verified=True)

    def _certificate(self, body: bytes) -> None:
        """The chain, and what comes with the leaf (RFC 9846 section 4.5.1)."""
        reader = Reader(body)
        reader.sized(1)
        entries = Reader(reader.sized(3))
        chain: list[bytes] = []
        with_leaf: dict[int, bytes] = {}
        while entries.left:
            chain.append(entries.sized(3))
            if len(chain) > MOST_CERTIFICATES:
                raise ValueError(f"more than {MOST_CERTIFICATES} certificates")
            extensions = read_extensions(entries.sized(2))
            with_leaf = with_leaf if len(chain) > 1 else extensions
        staple = None
        if (status := with_leaf.get(STATUS_REQUEST)) is not None:
            content = Reader(status)
            staple = content.sized(3) if content.number(1) == 1 else None
        self.read13 = dataclasses.replace(self.read13, chain=tuple(chain), staple=staple, scts=with_leaf.get(SCT, b""))
        self._note(chain=tuple(sha256(each).hexdigest() for each in chain[:MOST_DIGESTS]), staple=staple is not None)

    def _finish(self, suite: Suite, traffic: bytes) -> None:
        """Our flight: no certificate, where one is asked for, and Finished; then a close_notify.

        A server that issues tickets does so before it reads the latter; one that does not may close at once.
        """
        channel = self.channel
        channel.send(CHANGE_CIPHER_SPEC, b"\1")
        server_finished = channel.transcript
        channel.writing = Protection13(suite, traffic)
        if self._request_context is not None:
            self._prove(suite, self._request_context)
        channel.send_message(FINISHED, secrets.finished13(suite, traffic, channel.transcript))
        self._resumption = secrets.resumption_secret(suite, self._main, channel.transcript)
        secret = secrets.traffic_secret(suite, self._main, "client", "ap", server_finished)
        channel.writing = Protection13(suite, secret)
        channel.send_alert(WARNING, CLOSE_NOTIFY)

    def _prove(self, suite: Suite, context: bytes) -> None:
        """Our Certificate, and CertificateVerify where there is one that suits (RFC 9846 section 4.5)."""
        channel, credentials = self.channel, self.credentials
        scheme = credentials.common_scheme(self._request_schemes, tls13=True) if credentials else None
        if credentials is None or scheme is None:
            channel.send_message(CERTIFICATE, sized(context, 1) + bytes(3))
            return
        entries = b"".join(sized(each, 3) + bytes(2) for each in credentials.chain)
        channel.send_message(CERTIFICATE, sized(context, 1) + sized(entries, 3))
        content = secrets.signed_content13("client", suite, channel.transcript)
        channel.send_message(CERTIFICATE_VERIFY, pairs(scheme) + sized(credentials.sign(scheme, content)))
        self._note(client_certificate=True)

    def _await_ticket(self, suite: Suite) -> None:
        """The first NewSessionTicket (RFC 9846 section 4.7.1)."""
        reader = Reader(self._expect(NEW_SESSION_TICKET))
        lifetime, added, nonce, identity = reader.number(4), reader.number(4), reader.sized(1), reader.sized(2)
        early = read_extensions(reader.sized(2)).get(EARLY_DATA, b"")
        key = secrets.ticket_key(suite, self._resumption, nonce)
        ticket = Ticket(suite, self.share.group, identity, key, added, self._monotonic())
        self.read13 = dataclasses.replace(self.read13, ticket=ticket)
        self._note(ticket_seen=True, ticket_lifetime_seconds=lifetime, early_data=int.from_bytes(early, "big") > 0)
