"""ClientHellos as bytes: whatever a specification says, whether or not any library would send it.

A hello is compiled once to what never changes of it; random, session id and server name are filled in for each
connection. Record and handshake layout: RFC 9846 sections 4.2.2 and 5.1, RFC 6101, and the SSL 2.0 draft.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from struct import Struct, pack
from typing import Final

SSL2, SSL3, TLS10, TLS11, TLS12, TLS13 = 0x0002, 0x0300, 0x0301, 0x0302, 0x0303, 0x0304
SERVER_NAME, STATUS_REQUEST, SUPPORTED_GROUPS, EC_POINT_FORMATS, SIGNATURE_ALGORITHMS = 0, 5, 10, 11, 13
ALPN, SCT, PADDING, ENCRYPT_THEN_MAC, EXTENDED_MASTER_SECRET, SESSION_TICKET = 16, 18, 21, 22, 23, 35
SUPPORTED_VERSIONS, PSK_MODES, SIGNATURE_ALGORITHMS_CERT, KEY_SHARE, RENEGOTIATION_INFO = 43, 45, 50, 51, 0xFF01
TRUNCATED_HMAC, HEARTBEAT = 4, 15
SECP256R1, X25519 = 23, 29
HANDSHAKE, CLIENT_HELLO = 22, 1
HELLO_START: Final = Struct(">BHHIH").pack
"""Type, version and length of the record, type and length of the message in one, legacy_version."""
RANDOM_BYTES: Final = 64
"""What `Template.build` takes: a random and a session id."""


@dataclass(frozen=True, slots=True, eq=False)
class Hello:
    """What a ClientHello offers. Lists go out in the order given. Compared by identity: `probes.py` makes each once.

    legacy_version: the version field; versions: supported_versions, no extension where empty. groups, schemes,
    protocols (ALPN): no extension where empty. shares: groups with a key share; None sends no key_share extension, an
    empty tuple one without shares. features: extensions with fixed content, by name of `FEATURES`. extra: further
    extensions, first in the hello. plain: no extensions at all, as in SSL 3.0. size: pad the handshake message to that
    many bytes. cut: write the record in two, the first of so many bytes. kinds: an SSL 2.0 hello with these, nothing
    else.
    """

    legacy_version: int = TLS12
    versions: tuple[int, ...] = ()
    suites: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    schemes: tuple[int, ...] = ()
    protocols: tuple[str, ...] = ("h2", "http/1.1")
    shares: tuple[int, ...] | None = None
    features: tuple[str, ...] = ()
    extra: tuple[tuple[int, bytes], ...] = ()
    compressions: bytes = b"\0"
    plain: bool = False
    size: int = 0
    cut: int = 0
    kinds: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """A hello compiled by `template`. head: suites and compressions, in SSL 2.0 all up to the challenge; tail:
    the extensions but server_name and padding; offered: the code points of all extensions, server_name taken for sent.
    size: octets of the message without its header and its extensions.
    """

    hello: Hello
    record_version: int
    head: bytes
    tail: bytes
    offered: frozenset[int]
    size: int

    def build(self, server_name: bytes, fresh: bytes) -> tuple[bytes, ...]:
        """The segments to write.

        Args:
            server_name: As `server_name_extension` makes it, empty for none.
            fresh: RANDOM_BYTES of randomness; from the 32nd on they are the session id of a TLS 1.3 hello.
        """
        hello, head, tail = self.hello, self.head, self.tail
        if hello.kinds:
            return (head + fresh[:SSL2_CHALLENGE],)
        session_id = b"\x20" + fresh[32:64] if hello.versions else b"\0"
        extensions = b""
        size = self.size
        if not hello.plain:
            extensions = server_name + tail
            if hello.size:
                missing = hello.size - (4 + size + 2 + len(extensions) + 4)
                extensions += extension(PADDING, bytes(missing)) if missing > 0 else b""
            extensions = pack(">H", len(extensions)) + extensions
            size += len(extensions)
        start = HELLO_START(HANDSHAKE, self.record_version, size + 4, CLIENT_HELLO << 24 | size, hello.legacy_version)
        data = b"".join((start, fresh[:32], session_id, head, extensions))
        return (data[: hello.cut], data[hello.cut :]) if hello.cut else (data,)


def template(hello: Hello) -> Template:
    """Compile a hello."""
    head = (
        _ssl2(hello.kinds)
        if hello.kinds
        else (sized_codes(hello.suites) + bytes((len(hello.compressions),)) + hello.compressions)
    )
    bare = hello.plain or bool(hello.kinds)
    parts = () if bare else _parts(hello)
    offered = frozenset() if bare else frozenset({SERVER_NAME, PADDING, *(code for code, _ in parts)})
    tail = b"".join(extension(code, data) for code, data in parts)
    size = 2 + 32 + (33 if hello.versions else 1) + len(head)  # version, random, session id
    return Template(hello, min(hello.legacy_version, TLS10), head, tail, offered, size)


FEATURES: Final = {
    "status_request": (STATUS_REQUEST, b"\1\0\0\0\0"),
    "ec_point_formats": (EC_POINT_FORMATS, b"\1\0"),
    "signed_certificate_timestamp": (SCT, b""),
    "encrypt_then_mac": (ENCRYPT_THEN_MAC, b""),
    "extended_master_secret": (EXTENDED_MASTER_SECRET, b""),
    "session_ticket": (SESSION_TICKET, b""),
    "renegotiation_info": (RENEGOTIATION_INFO, b"\0"),
    "truncated_hmac": (TRUNCATED_HMAC, b""),
    "heartbeat": (HEARTBEAT, b"\1"),
    "psk_key_exchange_modes": (PSK_MODES, b"\1\1"),
}


def extension(code: int, data: bytes) -> bytes:
    """One extension."""
    return pack(">HH", code, len(data)) + data


def server_name_extension(name: str) -> bytes:
    """The server_name extension (RFC 6066 section 3), empty for no name."""
    octets = name.encode("idna" if not name.isascii() else "ascii")
    return extension(SERVER_NAME, pack(">HBH", len(octets) + 3, 0, len(octets)) + octets) if octets else b""


def _codes(codes: Iterable[int]) -> bytes:
    found = tuple(codes)
    return pack(f">{len(found)}H", *found)


def sized_codes(codes: Iterable[int]) -> bytes:
    """Code points as a list with its length before it."""
    return _sized(_codes(codes))


def _sized(data: bytes) -> bytes:
    return pack(">H", len(data)) + data


def _parts(hello: Hello) -> tuple[tuple[int, bytes], ...]:
    """The extensions but server_name and padding, in order."""
    found = list(hello.extra)
    found += [FEATURES[name] for name in hello.features]
    if hello.groups:
        found.append((SUPPORTED_GROUPS, sized_codes(hello.groups)))
    if hello.schemes:
        found.append((SIGNATURE_ALGORITHMS, sized_codes(hello.schemes)))
    if hello.protocols:
        names = b"".join(bytes((len(name),)) + name.encode() for name in hello.protocols)
        found.append((ALPN, _sized(names)))
    if hello.versions:
        found.append((SUPPORTED_VERSIONS, bytes((2 * len(hello.versions),)) + _codes(hello.versions)))
    if hello.shares is not None:
        shares = b"".join(_codes((group,)) + _sized(public_value(group)) for group in hello.shares)
        found.append((KEY_SHARE, _sized(shares)))
    return tuple(found)


_PUBLIC_VALUES: Final = {
    # Every 32 bytes are a value of x25519 (RFC 7748 section 5).
    X25519: os.urandom(32),
    # The base point of the curve (SP 800-186 section 3.2.1.3), which is the public value of the private key 1.
    SECP256R1: bytes.fromhex(
        "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
    ),
}


def public_value(group: int) -> bytes:
    """A valid public value of x25519 or secp256r1: nothing is ever computed with it.

    Other groups (GREASE) get one byte, as RFC 8701 section 3.1 has it.
    """
    return _PUBLIC_VALUES.get(group, b"\0")


SSL2_CHALLENGE: Final = 16
"""Octets of the challenge, the random of an SSL 2.0 hello."""


def _ssl2(kinds: tuple[int, ...]) -> bytes:
    """A CLIENT-HELLO of SSL 2.0 up to the challenge: two bytes of length, and no record layer."""
    specs = b"".join(kind.to_bytes(3, "big") for kind in kinds)
    body = pack(">BHHHH", CLIENT_HELLO, SSL2, len(specs), 0, SSL2_CHALLENGE) + specs
    return pack(">H", 0x8000 | len(body) + SSL2_CHALLENGE) + body
