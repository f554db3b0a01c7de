"""Answers of servers, byte by byte."""

from __future__ import annotations

import struct


def sized(data: bytes, width: int = 2) -> bytes:
    return len(data).to_bytes(width, "big") + data


def record(kind: int, data: bytes, version: int = 0x0303) -> bytes:
    return bytes((kind,)) + version.to_bytes(2, "big") + sized(data)


def message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + sized(body, 3)


def alert(level: int, code: int) -> bytes:
    return record(21, bytes((level, code)))


def extension(code: int, data: bytes = b"") -> bytes:
    return struct.pack(">HH", code, len(data)) + data


def server_hello(
    suite: int = 0xC02F,
    *extensions: bytes,
    version: int = 0x0303,
    random: bytes = bytes(32),
    session_id: bytes = b"",
    compression: int = 0,
) -> bytes:
    block = sized(b"".join(extensions)) if extensions else b""
    body = struct.pack(">H", version) + random + sized(session_id, 1) + struct.pack(">HB", suite, compression) + block
    return message(2, body)


def certificates(*chain: bytes) -> bytes:
    return message(11, sized(b"".join(sized(each, 3) for each in chain), 3))


def ecdhe(group: int = 29, share: bytes = bytes(range(32)), scheme: int = 0x0804) -> bytes:
    return message(
        12, b"\3" + struct.pack(">H", group) + sized(share, 1) + struct.pack(">H", scheme) + sized(bytes(64))
    )


def dhe(bits: int = 1024, scheme: int = 0x0401) -> bytes:
    prime = b"\x80" + bytes(bits // 8 - 1)
    return message(12, sized(prime) + sized(b"\2") + sized(b"\3" * 128) + struct.pack(">H", scheme) + sized(bytes(64)))


DONE = message(14, b"")
RETRY = bytes.fromhex("CF21AD74E59A6111BE1D8C021E65B891C2A211167ABB8C5E079E09E2C8A8339C")
"""RFC 9846 section 4.2.3: the random of a HelloRetryRequest."""


def hello13(group: int = 29, *more: bytes, suite: int = 0x1301, share: bytes | None = bytes(32)) -> bytes:
    """A ServerHello of TLS 1.3, without a share a HelloRetryRequest."""
    key_share = struct.pack(">H", group) + (sized(share) if share is not None else b"")
    return server_hello(
        suite,
        extension(43, b"\3\4"),
        extension(51, key_share),
        *more,
        random=RETRY if share is None else bytes(range(32)),
        session_id=bytes(32),
    )


def ssl2(kinds: bytes = b"\1\0\x80\7\0\xc0", certificate: bytes = b"cert", connection: bytes = bytes(16)) -> bytes:
    body = b"\4\0\1\0\2" + struct.pack(">HHH", len(certificate), len(kinds), len(connection))
    body += certificate + kinds + connection
    return struct.pack(">H", 0x8000 | len(body)) + body


FLIGHT12 = (
    server_hello(0xC02F, extension(23), extension(0xFF01, b"\0")) + certificates(b"leaf", b"issuer") + ecdhe() + DONE
)
FLIGHT_DHE = server_hello(0x009E) + certificates(b"leaf") + dhe() + DONE
STAPLED = (
    server_hello(0x002F, extension(5))
    + certificates(b"leaf")
    + message(22, b"\1" + sized(b"response", 3))
    + message(13, b"\1\1\0\0")
    + DONE
)
SEEDS = (
    record(22, FLIGHT12),
    record(22, FLIGHT_DHE),
    record(22, STAPLED),
    record(22, hello13()),
    record(22, hello13(share=None)),
    alert(2, 40),
    alert(1, 112) + record(22, FLIGHT12),
    ssl2(),
    b"\x80\x03\0\0\1",
)
