"""A zip of many small members, written in one go.

What `zipfile` does in Python for each member (an object, four seeks) costs more than deflating it, and it keeps the
objects to the end. Here a member is two writes and its entry in the central directory. Layout: PKWARE APPNOTE 6.3.10,
sections 4.3.7 to 4.3.16, with ZIP64 where numbers grow out of their fields. Readers use `zipfile`.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from struct import pack
from typing import Final

FIRST_DAY: Final = 1 << 5 | 1
"""1980-01-01, the earliest that a zip can say: equal contents make equal archives."""

DEFLATED: Final = 8
PLAIN, ZIP64 = 20, 45  # the version of the format that a reader must know, and that of the writer
UNIX: Final = 3 << 8
READABLE: Final = 0o100644 << 16
LARGEST, MOST = 0xFFFF_FFFF, 0xFFFF


def deflated(data: bytes) -> bytes:
    """Data deflated quickly. Members are small, so a window of 8 kB loses nothing, and is made in half the time."""
    deflate = zlib.compressobj(1, zlib.DEFLATED, -13, 6)
    return deflate.compress(data) + deflate.flush()


class ZipWriter:
    """Writes an archive member by member. It is whole once `close` has returned."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._directory = bytearray()
        self._at = self._count = 0

    def add(self, name: str, data: bytes) -> None:
        """One member. Names are ASCII, and given once each."""
        octets, packed = name.encode("ascii"), deflated(data)
        about = pack("<4HLLLH", 0, DEFLATED, 0, FIRST_DAY, zlib.crc32(data), len(packed), len(data), len(octets))
        self._file.write(b"".join((b"PK\3\4", pack("<H", PLAIN), about, b"\0\0", octets, packed)))
        far = pack("<HHQ", 1, 8, self._at) if self._at >= LARGEST else b""
        self._directory += b"PK\1\2" + pack("<HH", UNIX | PLAIN, ZIP64 if far else PLAIN) + about
        self._directory += pack("<HHHHLL", len(far), 0, 0, 0, READABLE, min(self._at, LARGEST)) + octets + far
        self._at += 30 + len(octets) + len(packed)
        self._count += 1

    def close(self) -> None:
        """Write the central directory."""
        size, count, at = len(self._directory), self._count, self._at
        end = b""
        if count >= MOST or at >= LARGEST:
            end = b"PK\6\6" + pack("<QHHLLQQQQ", 44, UNIX | ZIP64, ZIP64, 0, 0, count, count, size, at)
            end += b"PK\6\7" + pack("<LQL", 0, at + size, 1)
        small = min(count, MOST)
        end += b"PK\5\6" + pack("<HHHHLLH", 0, 0, small, small, size, min(at, LARGEST), 0)
        with self._file:
            self._file.write(self._directory)
            self._file.write(end)
