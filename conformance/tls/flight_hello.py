"""What our own clients offer, and the ServerHello that comes back."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from conformance.tls import secrets
from conformance.tls.channel import CLIENT_HELLO, extension, message, pairs, sized
from conformance.tls.client_hello import Reader, read_extensions
from conformance.tls.secrets import KeyShare, Suite

TLS13: Final = 0x0304
SERVER_NAME, STATUS_REQUEST, SUPPORTED_GROUPS, SIGNATURE_ALGORITHMS, ALPN, SCT = 0, 5, 10, 13, 16, 18
HEARTBEAT, COMPRESS_CERTIFICATE = 15, 27
PRE_SHARED_KEY, EARLY_DATA, SUPPORTED_VERSIONS, COOKIE, PSK_MODES, KEY_SHARE = 41, 42, 43, 44, 45, 51

GROUPS: Final = (secrets.X25519, secrets.SECP256R1, secrets.SECP384R1)
SCHEMES: Final = (
    0x0403,
    0x0503,
    0x0603,
    0x0807,
    0x0808,
    0x0804,
    0x0805,
    0x0806,
    0x0809,
    0x080A,
    0x080B,
    0x0401,
    0x0501,
    0x0601,
)
"""ECDSA, EdDSA, RSA-PSS, and for certificates RSA PKCS #1; no SHA-1."""

PROTOCOLS: Final = ("h2", "http/1.1")


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a session is resumed with. suite, group: of that session; identity: as the server sent it; key: the
    pre-shared key; added: ticket_age_add; received: when it came, on the monotonic clock.
    """

    suite: Suite
    group: int
    identity: bytes
    key: bytes
    added: int
    received: float

    def extension(self, now: float) -> bytes:
        """pre_shared_key with a binder of zeros (RFC 9846 section 4.3.11)."""
        age = (int((now - self.received) * 1000) + self.added) & 0xFFFFFFFF
        identities = sized(sized(self.identity) + age.to_bytes(4, "big"))
        return extension(PRE_SHARED_KEY, identities + sized(sized(bytes(self.suite.hash_bytes), 1)))

    def bound(self, body: bytes) -> bytes:
        """The body of a ClientHello that ends in `extension`, with its binder."""
        size = self.suite.hash_bytes
        return body[:-size] + secrets.binder13(self.suite, self.key, message(CLIENT_HELLO, body)[: -size - 3])


@dataclass(frozen=True, slots=True)
class Hello13:
    """What we offer. server_name: empty for none. modes: of psk_key_exchange_modes. compressions: of
    compress_certificate, no extension where empty.
    """

    server_name: str
    protocols: tuple[str, ...] = PROTOCOLS
    schemes: tuple[int, ...] = SCHEMES
    groups: tuple[int, ...] = GROUPS
    suites: tuple[int, ...] = (0x1301, 0x1302, 0x1303)
    modes: bytes = b"\1"
    compressions: tuple[int, ...] = ()
    random: bytes = field(default_factory=lambda: os.urandom(32))
    session_id: bytes = field(default_factory=lambda: os.urandom(32))

    def body(self, share: KeyShare, cookie: bytes = b"", last: bytes = b"") -> bytes:
        """The body of the ClientHello. last: the extension that has to be the last one."""
        extensions = common_extensions(self.server_name, self.protocols, self.groups, self.schemes)
        extensions += extension(SCT, b"") + extension(HEARTBEAT, b"\1")
        extensions += extension(SUPPORTED_VERSIONS, sized(pairs(TLS13), 1)) + extension(PSK_MODES, sized(self.modes, 1))
        extensions += extension(KEY_SHARE, sized(pairs(share.group) + sized(share.public)))
        if self.compressions:
            extensions += extension(COMPRESS_CERTIFICATE, sized(pairs(*self.compressions), 1))
        extensions += (extension(COOKIE, sized(cookie)) if cookie else b"") + last
        return (
            b"\x03\x03"
            + self.random
            + sized(self.session_id, 1)
            + sized(pairs(*self.suites))
            + b"\1\0"
            + sized(extensions)
        )


def common_extensions(
    server_name: str, protocols: Sequence[str], groups: Sequence[int], schemes: Sequence[int]
) -> bytes:
    """The extensions that hellos of TLS 1.2 and 1.3 share."""
    found = extension(SERVER_NAME, sized(b"\0" + sized(server_name.encode()))) if server_name else b""
    found += extension(STATUS_REQUEST, b"\1\0\0\0\0") + extension(SUPPORTED_GROUPS, sized(pairs(*groups)))
    found += extension(SIGNATURE_ALGORITHMS, sized(pairs(*schemes)))
    if protocols:
        found += extension(ALPN, sized(b"".join(sized(name.encode(), 1) for name in protocols)))
    return found


@dataclass(frozen=True, slots=True)
class ServerHello:
    """A ServerHello of any version up to 1.3, as far as its structure goes."""

    version: int
    random: bytes
    session_id: bytes
    suite: int
    compression: int
    extensions: dict[int, bytes]


def parse_server_hello(body: bytes) -> ServerHello:
    """Take a ServerHello apart.

    Raises:
        ValueError: it is cut short, or something follows it.
    """
    reader = Reader(body)
    version, random, session_id = reader.number(2), reader.take(32), reader.sized(1)
    suite, compression = reader.number(2), reader.number(1)
    extensions = read_extensions(reader.sized(2)) if reader.left else {}
    if reader.left:
        raise ValueError("bytes after the ServerHello")
    return ServerHello(version, random, session_id, suite, compression, extensions)
