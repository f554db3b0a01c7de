"""A small server for TLS 1.2 and below: for suites, extensions and keys that no library will negotiate any more.

With ECDHE and an AEAD in TLS 1.2 (RFC 5246, RFC 7627) it completes the handshake, carries application data and refuses
to renegotiate. Everything else it answers in clear up to ServerHelloDone, and then waits for the client to leave: a
ClientHello probe sees no more, and suites without a key exchange that we speak need no more.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from conformance.core.model import Reason, Undecided
from conformance.tls import secrets
from conformance.tls.channel import (
    APPLICATION_DATA,
    CERTIFICATE,
    CERTIFICATE_STATUS,
    CHANGE_CIPHER_SPEC,
    CLIENT_KEY_EXCHANGE,
    FATAL,
    FINISHED,
    HANDSHAKE,
    NO_RENEGOTIATION,
    SERVER_HELLO,
    SERVER_HELLO_DONE,
    SERVER_KEY_EXCHANGE,
    WARNING,
    Channel,
    extension,
    pairs,
    sized,
)
from conformance.tls.client_hello import (
    ENCRYPT_THEN_MAC,
    EXTENDED_MASTER_SECRET,
    HEARTBEAT,
    RENEGOTIATION_INFO,
    STATUS_REQUEST,
    ClientHello,
)
from conformance.tls.credentials import ECDSA_SHA1, RSA_SHA1, Credentials
from conformance.tls.fake13 import DECRYPT_ERROR, ILLEGAL_PARAMETER, Shares, alpn_choice
from conformance.tls.policy import TLS10, TLS12, TLS13, Policy

TRUNCATED_HMAC, EC_POINT_FORMATS, UNOFFERED_EXTENSION, RENEGOTIATION_SCSV = 4, 11, 0xFE00, 0x00FF
SENTINELS: Final = {True: b"DOWNGRD\x01", False: b"DOWNGRD\x00"}
CBC_SUITES: Final = frozenset({0xC008, 0xC009, 0xC00A, 0xC013, 0xC014, 0xC023, 0x002F, 0x0026})
NAMED_CURVE: Final = 3
SMALL_SHARE_BYTES: Final = 24
"""Coordinates of the small curves: nobody computes with them."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What `front.py` selected for a hello. scheme: of the ServerKeyExchange. exchange: `ecdhe`, `dhe`, `anonymous`,
    or `static` for everything without a ServerKeyExchange.
    """

    version: int
    suite: int
    exchange: str
    group: int = 0
    scheme: int = 0


def extensions12(hello: ClientHello, choice: Choice, policy: Policy, credentials: Credentials) -> bytes:
    """The extensions of the ServerHello: answers to what the hello offers, and what the policy gets wrong."""
    offered, quirks = hello.extensions, policy.quirks
    found = b""
    if "no-renegotiation-info" not in quirks and (RENEGOTIATION_INFO in offered or RENEGOTIATION_SCSV in hello.suites):
        found += extension(RENEGOTIATION_INFO, b"\0")
    if EXTENDED_MASTER_SECRET in offered and "no-ems" not in quirks:
        found += extension(EXTENDED_MASTER_SECRET, b"")
    if EC_POINT_FORMATS in offered and choice.exchange == "ecdhe":
        found += extension(EC_POINT_FORMATS, b"\1\0")
    if ENCRYPT_THEN_MAC in offered and choice.suite in CBC_SUITES and policy.encrypt_then_mac:
        found += extension(ENCRYPT_THEN_MAC, b"")
    if TRUNCATED_HMAC in offered and "truncated-hmac" in quirks:
        found += extension(TRUNCATED_HMAC, b"")
    if HEARTBEAT in offered and "heartbeat" in quirks:
        found += extension(HEARTBEAT, b"\1")
    if STATUS_REQUEST in offered and credentials.staple:
        found += extension(STATUS_REQUEST, b"")
    if "unoffered" in quirks:
        found += extension(UNOFFERED_EXTENSION, b"")
    found += alpn_choice(hello, policy)
    return sized(found) if found else b""


def random12(choice: Choice, policy: Policy) -> bytes:
    """The random, with the downgrade sentinel where the server knows better (RFC 9846 section 4.2.3)."""
    random = os.urandom(32)
    if TLS13 not in policy.versions or "no-sentinel" in policy.quirks or choice.version < TLS10:
        return random
    return random[:24] + SENTINELS[choice.version == TLS12]


class Server12:
    """One connection. `handshake` first; then it reads and writes application data like a socket."""

    def __init__(self, channel: Channel, policy: Policy, credentials: Credentials, shares: Shares) -> None:
        self._channel, self._policy, self._credentials, self._shares = channel, policy, credentials, shares
        self._received = b""

    def handshake(self, hello: ClientHello, choice: Choice) -> bool:
        """Answer the hello, which still waits to be read; whether a handshake was completed.

        Raises:
            Undecided, Alerted: the client does not go on.
        """
        channel = self._channel
        channel.message()
        channel.version = choice.version
        random = random12(choice, self._policy)
        compression = b"\1" if "compression" in self._policy.quirks and 1 in hello.compressions else b"\0"
        extensions = extensions12(hello, choice, self._policy, self._credentials)
        channel.send_message(
            SERVER_HELLO,
            choice.version.to_bytes(2, "big") + random + b"\0" + pairs(choice.suite) + compression + extensions,
        )
        if choice.exchange != "anonymous":
            self._certificate(hello)
        suite = secrets.SUITES12.get(choice.suite)
        share = self._shares.get(choice.group) if choice.group in secrets.GROUPS else None
        params = self._params(choice, share)
        if params and choice.exchange != "anonymous":
            scheme = pairs(choice.scheme) if choice.version == TLS12 else b""
            params += scheme + sized(self._credentials.sign(choice.scheme, hello.random + random + params))
        if params:
            channel.send_message(SERVER_KEY_EXCHANGE, params)
        channel.send_message(SERVER_HELLO_DONE, b"")
        if suite is None or share is None or choice.version != TLS12 or compression != b"\0":
            channel.flush()
            return False
        extended = EXTENDED_MASTER_SECRET in hello.extensions and "no-ems" not in self._policy.quirks
        self._finish(suite, share, hello.random, random, extended=extended)
        return True

    def _certificate(self, hello: ClientHello) -> None:
        """Certificate and, where it is asked for, CertificateStatus (RFC 6066 section 8)."""
        credentials = self._credentials
        entries = b"".join(sized(certificate, 3) for certificate in credentials.chain)
        self._channel.send_message(CERTIFICATE, sized(entries, 3))
        if credentials.staple and STATUS_REQUEST in hello.extensions:
            self._channel.send_message(CERTIFICATE_STATUS, b"\1" + sized(credentials.staple, 3))

    def _params(self, choice: Choice, share: secrets.KeyShare | None) -> bytes:
        """The key exchange parameters, unsigned; empty where there is no ServerKeyExchange."""
        if choice.exchange == "static":
            return b""
        if choice.exchange == "ecdhe":
            public = share.public if share else b"\4" + os.urandom(2 * SMALL_SHARE_BYTES)
            return bytes((NAMED_CURVE,)) + pairs(choice.group) + sized(public, 1)
        # No such handshake is completed, so any odd number of that size will do for a prime.
        size = self._policy.dh_bits // 8
        prime = b"\xff" + os.urandom(size - 2) + b"\xff"
        return sized(prime) + sized(b"\2") + sized(b"\1" + os.urandom(size - 1))

    def _finish(
        self,
        suite: secrets.Suite,
        share: secrets.KeyShare,
        client_random: bytes,
        server_random: bytes,
        *,
        extended: bool,
    ) -> None:
        """From ClientKeyExchange to both Finished."""
        channel = self._channel
        kind, body = channel.message()
        try:
            if kind != CLIENT_KEY_EXCHANGE or body[:1] != bytes((len(body) - 1,)):
                raise ValueError("no ClientKeyExchange")  # noqa: TRY301 - one refusal for both
            shared = share.exchange(body[1:])
        except ValueError as error:
            raise self._refuse(ILLEGAL_PARAMETER, str(error)) from None
        master = secrets.master_secret12(
            suite, shared, client_random + server_random, channel.transcript if extended else None
        )
        keys = secrets.protections12(suite, master, client_random, server_random)
        channel.change_cipher_spec()
        channel.reading = keys["client"]
        expected = secrets.finished12(suite, master, "client", channel.transcript)
        if channel.message() != (FINISHED, expected):
            raise self._refuse(DECRYPT_ERROR, "the client's Finished does not hold")
        channel.send(CHANGE_CIPHER_SPEC, b"\1")
        channel.writing = keys["server"]
        channel.send_message(FINISHED, secrets.finished12(suite, master, "server", channel.transcript))

    def _refuse(self, alert: int, detail: str) -> Undecided:
        self._channel.send_alert(FATAL, alert)
        self._channel.flush()
        return Undecided(Reason.TLS_ALERT, detail)

    def settimeout(self, seconds: float | None) -> None:
        """As a socket's; the channel's own deadline holds whatever is asked."""

    def recv(self, count: int) -> bytes:
        """Application data, none at the end. Requests to renegotiate are refused (RFC 5746 section 4.5)."""
        while not self._received:
            kind, data = self._channel.record()
            if kind == HANDSHAKE:
                self._channel.send_alert(WARNING, NO_RENEGOTIATION)
            elif kind != APPLICATION_DATA:
                return b""
            else:
                self._received = data
        data, self._received = self._received[:count], self._received[count:]
        return data

    def sendall(self, data: bytes) -> None:
        """Send application data."""
        self._channel.send(APPLICATION_DATA, data)
        self._channel.flush()


def scheme12(hello: ClientHello, choice_version: int, policy: Policy, credentials: Credentials) -> int | None:
    """The signature scheme of a ServerKeyExchange, None where nothing is in common.

    Below TLS 1.2 there is no choice: SHA-1 takes part in every signature.
    """
    old = RSA_SHA1 if credentials.is_rsa else ECDSA_SHA1
    if choice_version < TLS12:
        return old
    if not hello.schemes:
        return credentials.schemes(tls13=False)[0]
    able = (policy.schemes12 or credentials.schemes(tls13=False)) + (
        (old,) if "sha1-signatures" in policy.quirks else ()
    )
    return next((each for each in able if each in hello.schemes), None)
