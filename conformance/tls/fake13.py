"""A small TLS 1.3 server (RFC 9846): for tickets, staples, suites, groups and keys that the library gives no say in.

It completes the handshake and carries application data; resumption and 0-RTT data it does not take. The hybrid group
it can ask for by HelloRetryRequest only.
"""

from __future__ import annotations

import os
import zlib
from typing import Final

from conformance.core.model import Reason, Undecided
from conformance.tls import secrets
from conformance.tls.channel import (
    APPLICATION_DATA,
    CERTIFICATE,
    CERTIFICATE_REQUEST,
    CERTIFICATE_VERIFY,
    CHANGE_CIPHER_SPEC,
    CLIENT_HELLO,
    COMPRESSED_CERTIFICATE,
    ENCRYPTED_EXTENSIONS,
    FATAL,
    FINISHED,
    NEW_SESSION_TICKET,
    SERVER_HELLO,
    Channel,
    extension,
    message,
    pairs,
    sized,
)
from conformance.tls.client_hello import (
    ALPN,
    HEARTBEAT,
    KEY_SHARE,
    SIGNATURE_ALGORITHMS,
    STATUS_REQUEST,
    SUPPORTED_VERSIONS,
    ClientHello,
    codes,
    parse_client_hello,
)
from conformance.tls.credentials import Credentials
from conformance.tls.policy import TLS13, Policy
from conformance.tls.secrets import KeyShare, Protection13, Suite

RETRY_RANDOM: Final = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""SHA-256 of `HelloRetryRequest`: the random that marks one (RFC 9846 section 4.2.3)."""

EARLY_DATA, EARLY_DATA_BYTES, COMPRESS_CERTIFICATE, ZLIB = 42, 16_384, 27, 1
HANDSHAKE_FAILURE, ILLEGAL_PARAMETER, DECRYPT_ERROR, CERTIFICATE_REQUIRED = 40, 47, 51, 116
DEFAULT_TICKET_SECONDS: Final = 7200
CLIENT_SCHEMES: Final = (0x0403, 0x0503, 0x0804, 0x0805, 0x0806, 0x0401)


class Shares:
    """Key shares as a policy has them: fresh, or the same for every connection."""

    def __init__(self, policy: Policy) -> None:
        self._kept: dict[int, KeyShare] | None = {} if "reused-share" in policy.quirks else None

    def get(self, group: int) -> KeyShare:
        """A share of the group."""
        return KeyShare(group) if self._kept is None else self._kept.setdefault(group, KeyShare(group))


def alpn_choice(hello: ClientHello, policy: Policy) -> bytes:
    """The extension that answers ALPN, empty where there is nothing to answer."""
    if policy.alpn == "none" or b"http/1.1" not in hello.protocols:
        return b""
    return extension(ALPN, sized(sized(b"http/1.1", 1)))


def server_hello13(hello: ClientHello, suite: int, group: int, share: bytes | None) -> bytes:
    """The body of a ServerHello, or of a HelloRetryRequest where there is no share."""
    random = RETRY_RANDOM if share is None else os.urandom(32)
    chosen = pairs(group) + (b"" if share is None else sized(share))
    extensions = extension(SUPPORTED_VERSIONS, pairs(TLS13)) + extension(KEY_SHARE, chosen)
    return b"\x03\x03" + random + sized(hello.session_id, 1) + pairs(suite) + b"\0" + sized(extensions)


def retry_group(hello: ClientHello, policy: Policy) -> int | None:
    """The group that a HelloRetryRequest has to ask for, None where a share that we can use is there."""
    shared = [group for group in policy.groups if group in hello.groups]
    if any(group in hello.shares and group in secrets.GROUPS for group in shared):
        return None
    # A client that sends shares means to go on, which takes a group that we can compute with.
    return next((group for group in shared if hello.shares and group in secrets.GROUPS), shared[0])


class Server13:
    """One connection. `handshake` first; then it reads and writes application data like a socket."""

    def __init__(self, channel: Channel, policy: Policy, credentials: Credentials, shares: Shares) -> None:
        self._channel, self._policy, self._credentials, self._shares = channel, policy, credentials, shares
        self._received = b""

    def handshake(self) -> None:
        """Shake hands with whoever sent the hello that waits to be read; `front.py` has found that it can be answered.

        Raises:
            Undecided, Alerted: the client does not go on.
        """
        hello = self._hello()
        suite = secrets.SUITES13[next(code for code in self._policy.suites13 if code in hello.suites)]
        group = retry_group(hello, self._policy)
        if group is not None:
            hello = self._retry(hello, suite, group)
        group = next(
            each
            for each in (*([group] if group else []), *self._policy.groups)
            if each in hello.shares and each in secrets.GROUPS
        )
        share = self._shares.get(group)
        try:
            shared = share.exchange(hello.shares[group])
        except ValueError as error:
            raise self._refuse(ILLEGAL_PARAMETER, str(error)) from None
        channel = self._channel
        channel.send_message(SERVER_HELLO, server_hello13(hello, suite.code, group, share.public))
        if hello.session_id:
            channel.send(CHANGE_CIPHER_SPEC, b"\1")
        secret = secrets.handshake_secret(suite, shared)
        server = secrets.traffic_secret(suite, secret, "server", "hs", channel.transcript)
        client = secrets.traffic_secret(suite, secret, "client", "hs", channel.transcript)
        channel.writing, channel.reading = Protection13(suite, server), Protection13(suite, client)
        self._flight(hello, suite, server)
        main = secrets.main_secret(suite, secret)
        finished = bytes(channel.transcript)
        channel.writing = Protection13(suite, secrets.traffic_secret(suite, main, "server", "ap", finished))
        self._client_flight(suite, client)
        channel.reading = Protection13(suite, secrets.traffic_secret(suite, main, "client", "ap", finished))
        if self._policy.tickets:
            channel.send_message(NEW_SESSION_TICKET, self._ticket())

    def _hello(self) -> ClientHello:
        kind, body = self._channel.message()
        hello = parse_client_hello(message(kind, body))
        if kind != CLIENT_HELLO or hello is None:
            raise Undecided(Reason.TLS_RECORD, "no ClientHello")
        return hello

    def _retry(self, first: ClientHello, suite: Suite, group: int) -> ClientHello:
        """Ask for a share of the group, and read the second hello."""
        self._channel.transcript = secrets.retried_transcript(suite, first.message)
        self._channel.send_message(SERVER_HELLO, server_hello13(first, suite.code, group, None))
        hello = self._hello()
        if group not in hello.shares or group not in secrets.GROUPS:
            raise self._refuse(ILLEGAL_PARAMETER, "no share that we can use")
        return hello

    def _refuse(self, alert: int, detail: str) -> Undecided:
        self._channel.send_alert(FATAL, alert)
        self._channel.flush()
        return Undecided(Reason.TLS_ALERT, detail)

    def _flight(self, hello: ClientHello, suite: Suite, traffic: bytes) -> None:
        """EncryptedExtensions to Finished."""
        channel, credentials = self._channel, self._credentials
        heartbeat = HEARTBEAT in hello.extensions and "heartbeat" in self._policy.quirks
        extensions = extension(HEARTBEAT, b"\1") if heartbeat else b""
        channel.send_message(ENCRYPTED_EXTENSIONS, sized(extensions + alpn_choice(hello, self._policy)))
        if self._policy.mtls != "off":
            schemes = extension(SIGNATURE_ALGORITHMS, sized(pairs(*CLIENT_SCHEMES)))
            channel.send_message(CERTIFICATE_REQUEST, b"\0" + sized(schemes))
        staple = b""
        if credentials.staple and STATUS_REQUEST in hello.extensions:
            staple = extension(STATUS_REQUEST, b"\1" + sized(credentials.staple, 3))
        entries = b"".join(
            sized(certificate, 3) + sized(b"" if number else staple)
            for number, certificate in enumerate(credentials.chain)
        )
        body = b"\0" + sized(entries, 3)
        ways = codes(hello.extensions.get(COMPRESS_CERTIFICATE, b"\0")[1:])
        if self._policy.certificate_compression and ZLIB in ways:
            compressed = pairs(ZLIB) + len(body).to_bytes(3, "big") + sized(zlib.compress(body), 3)
            channel.send_message(COMPRESSED_CERTIFICATE, compressed)
        else:
            channel.send_message(CERTIFICATE, body)
        able = self._policy.schemes13 or credentials.schemes(tls13=True)
        scheme = next((each for each in able if each in hello.schemes), able[0])
        content = secrets.signed_content13("server", suite, channel.transcript)
        channel.send_message(CERTIFICATE_VERIFY, pairs(scheme) + sized(credentials.sign(scheme, content)))
        channel.send_message(FINISHED, secrets.finished13(suite, traffic, channel.transcript))

    def _client_flight(self, suite: Suite, traffic: bytes) -> None:
        """The client's certificate, where it was asked for any, and its Finished."""
        channel = self._channel
        expected = channel.transcript
        kind, body = channel.message()
        if kind == CERTIFICATE and self._policy.mtls != "off":
            if body[1:4] == bytes(3) and self._policy.mtls in ("required", "any"):
                raise self._refuse(CERTIFICATE_REQUIRED, "no client certificate")
            expected = channel.transcript
            kind, body = channel.message()
            if kind == CERTIFICATE_VERIFY:  # whose it is does not matter to a server that takes any
                expected = channel.transcript
                kind, body = channel.message()
        if kind != FINISHED or body != secrets.finished13(suite, traffic, expected):
            raise self._refuse(DECRYPT_ERROR, "the client's Finished does not hold")

    def _ticket(self) -> bytes:
        """A NewSessionTicket that nothing will be resumed with."""
        seconds = self._policy.ticket_seconds or DEFAULT_TICKET_SECONDS
        extensions = extension(EARLY_DATA, EARLY_DATA_BYTES.to_bytes(4, "big")) if self._policy.early_data else b""
        return seconds.to_bytes(4, "big") + os.urandom(4) + sized(b"\0", 1) + sized(os.urandom(32)) + sized(extensions)

    def settimeout(self, seconds: float | None) -> None:
        """As a socket's; the channel's own deadline holds whatever is asked."""

    def recv(self, count: int) -> bytes:
        """Application data, none at the end."""
        while not self._received:
            kind, data = self._channel.record()
            if kind != APPLICATION_DATA:
                return b""
            self._received = data
        data, self._received = self._received[:count], self._received[count:]
        return data

    def sendall(self, data: bytes) -> None:
        """Send application data."""
        self._channel.send(APPLICATION_DATA, data)
        self._channel.flush()
