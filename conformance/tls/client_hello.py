"""A ClientHello as a server reads it. Total: any bytes give a hello, or say that there is none or not yet.

What is malformed inside an extension reads as empty; the sandbox's front answers hellos, it does not police them.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from conformance.tls.channel import CLIENT_HELLO, HEADER_BYTES

SERVER_NAME, STATUS_REQUEST, SUPPORTED_GROUPS, SIGNATURE_ALGORITHMS, ALPN = 0, 5, 10, 13, 16
HEARTBEAT, FALLBACK_SCSV = 15, 0x5600
ENCRYPT_THEN_MAC, EXTENDED_MASTER_SECRET, SUPPORTED_VERSIONS, KEY_SHARE, RENEGOTIATION_INFO = 22, 23, 43, 51, 0xFF01
MOST_BYTES: Final = 65_536
"""How long a first flight may be."""


@dataclass(frozen=True)
class ClientHello:
    """One ClientHello. message: as sent, with its handshake header; record_bytes: the length of its first record.

    Each extension is read once, when it is first asked for; hence no slots.
    """

    message: bytes
    legacy_version: int
    random: bytes
    session_id: bytes
    suites: tuple[int, ...]
    compressions: bytes
    extensions: Mapping[int, bytes]
    record_bytes: int = 0

    @cached_property
    def versions(self) -> tuple[int, ...]:
        """Those of supported_versions, empty without the extension."""
        return codes(_inner(self.extensions.get(SUPPORTED_VERSIONS, b""), 1))

    @cached_property
    def groups(self) -> tuple[int, ...]:
        """Those of supported_groups."""
        return codes(_inner(self.extensions.get(SUPPORTED_GROUPS, b""), 2))

    @cached_property
    def schemes(self) -> tuple[int, ...]:
        """Those of signature_algorithms."""
        return codes(_inner(self.extensions.get(SIGNATURE_ALGORITHMS, b""), 2))

    @cached_property
    def shares(self) -> dict[int, bytes]:
        """The key shares, by group."""
        reader = Reader(_inner(self.extensions.get(KEY_SHARE, b""), 2))
        shares: dict[int, bytes] = {}
        try:
            while reader.left:
                group = reader.number(2)
                shares.setdefault(group, reader.sized(2))
        except ValueError:
            return {}
        return shares

    @cached_property
    def server_name(self) -> str:
        """The host name asked for, in lower case, empty for none."""
        reader = Reader(_inner(self.extensions.get(SERVER_NAME, b""), 2))
        try:
            return reader.sized(2).decode("ascii").lower() if reader.left and reader.number(1) == 0 else ""
        except ValueError:
            return ""

    @cached_property
    def protocols(self) -> tuple[bytes, ...]:
        """The application protocols offered."""
        reader = Reader(_inner(self.extensions.get(ALPN, b""), 2))
        names: list[bytes] = []
        try:
            while reader.left:
                names.append(reader.sized(1))
        except ValueError:
            return ()
        return tuple(names)


@dataclass(frozen=True, slots=True)
class Opening:
    """What a connection begins with. `more`: too little to tell; `hello`: see there; `ssl2`: an SSLv2 CLIENT-HELLO,
    whose cipher kinds are in `ssl2_kinds`; `other`: none of these.
    """

    kind: Literal["more", "hello", "ssl2", "other"]
    hello: ClientHello | None = None
    ssl2_kinds: tuple[bytes, ...] = ()


class Reader:
    """Takes numbers and length-prefixed fields off the front of bytes; too few of them are a ValueError."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        start, end = self._at, self._at + count
        if end > len(self._data):
            raise ValueError("a field is cut short")
        self._at = end
        return self._data[start:end]

    def number(self, width: int) -> int:
        """The next number of `width` bytes."""
        return int.from_bytes(self.take(width), "big")

    def sized(self, width: int) -> bytes:
        """The next field, whose length stands before it in `width` bytes."""
        return self.take(self.number(width))


def read_extensions(data: bytes) -> dict[int, bytes]:
    """The extensions of a block, by code point; the first of two equal ones.

    Raises:
        ValueError: the block is cut short.
    """
    reader = Reader(data)
    found: dict[int, bytes] = {}
    while reader.left:
        code = reader.number(2)
        found.setdefault(code, reader.sized(2))
    return found


def codes(data: bytes) -> tuple[int, ...]:
    """The code points of two bytes each; a byte too many is dropped."""
    count = len(data) // 2
    return struct.unpack(f">{count}H", data[: 2 * count])


def _inner(data: bytes, width: int) -> bytes:
    """The list that an extension consists of, empty where its length does not hold."""
    try:
        return Reader(data).sized(width)
    except ValueError:
        return b""


def parse_client_hello(message: bytes, record_bytes: int = 0) -> ClientHello | None:
    """The ClientHello that a handshake message holds, None where it holds none (RFC 9846 section 4.2.2)."""
    reader = Reader(message)
    try:
        if reader.number(1) != CLIENT_HELLO or reader.number(3) != reader.left:
            return None
        version, random, session_id = reader.number(2), reader.take(32), reader.sized(1)
        suites, compressions = codes(reader.sized(2)), reader.sized(1)
        extensions = read_extensions(reader.sized(2)) if reader.left else {}
    except ValueError:
        return None
    if reader.left or not suites:
        return None
    return ClientHello(message, version, random, session_id, suites, compressions, extensions, record_bytes)


def read_opening(data: bytes) -> Opening:
    """What the first bytes of a connection are."""
    if len(data) < HEADER_BYTES:
        return Opening("more")
    if data[0] & 0x80 and data[2] == 1:
        return _read_ssl2(data)
    return _read_records(data)


def _read_records(data: bytes) -> Opening:
    """The ClientHello that begins a stream of TLS records, in as many as it takes."""
    message, at = b"", 0
    while len(message) < 4 or len(message) < 4 + int.from_bytes(message[1:4], "big"):
        header = data[at : at + HEADER_BYTES]
        if header[:2] not in (b"", b"\x16", b"\x16\x03"):
            return Opening("other")
        at += HEADER_BYTES + int.from_bytes(header[3:], "big")
        if len(header) < HEADER_BYTES or at > len(data):
            return Opening("more" if len(data) < MOST_BYTES else "other")
        message += data[at - int.from_bytes(header[3:], "big") : at]
        if message[:1] != bytes((CLIENT_HELLO,)):
            return Opening("other")
    hello = parse_client_hello(message, int.from_bytes(data[3:5], "big"))
    return Opening("hello", hello) if hello else Opening("other")


def _read_ssl2(data: bytes) -> Opening:
    """An SSLv2 CLIENT-HELLO with a two-byte header; newer versions in that format are `other`."""
    length = int.from_bytes(data[:2], "big") & 0x7FFF
    if len(data) < 2 + length:
        return Opening("more")
    reader = Reader(data[3 : 2 + length])
    try:
        version, kinds_bytes, _, _ = (reader.number(2) for _ in range(4))
        kinds = reader.take(kinds_bytes)
    except ValueError:
        return Opening("other")
    if version != 0x0002:
        return Opening("other")
    return Opening("ssl2", ssl2_kinds=tuple(kinds[at : at + 3] for at in range(0, len(kinds) - 2, 3)))
