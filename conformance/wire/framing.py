"""HTTP/1.1 answers read strictly: what two readers would cut differently is refused, not guessed. No I/O of its own.

RFC 9112 lets a recipient be lenient in many places (bare LF, repeated Content-Length, obs-fold). A measuring tool must
not be: a verdict on a header field means nothing when another reader would not have seen that field. Every refusal is
`Undecided(FRAMING)`; a cap that is hit is `TOO_LARGE`; an early end of the stream before the header is complete is
`CLOSED`.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from conformance.core.model import Reason, Undecided
from conformance.core.network import Limits

_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?")
_FIELD_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]{0,256})?")
_LENGTH = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class Head:
    """A final answer's status line and header fields: names in lower case, in order of arrival.

    Octets of a value outside ASCII are written as Python escapes. informational: how many 1xx answers came before.
    """

    minor: int
    status: int
    fields: tuple[tuple[str, str], ...]
    informational: int = 0

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of the field `name` (lower case), in order."""
        return tuple(value for key, value in self.fields if key == name)


class Reader:
    """Cuts a stream into lines and blocks, and counts what arrives.

    Args:
        receive: Up to that many octets, none at the end of the stream.
        wire_bytes: The most that is read altogether.
    """

    def __init__(self, receive: Callable[[int], bytes], wire_bytes: int) -> None:
        self._receive = receive
        self._left = wire_bytes
        self._limit = wire_bytes
        self._buffer = bytearray()

    @property
    def received(self) -> bytes:
        """What has arrived and was not yet taken."""
        return bytes(self._buffer)

    def _fill(self) -> bool:
        data = self._receive(min(self._left + 1, 16_384))
        self._left -= len(data)
        if self._left < 0:
            raise Undecided(Reason.TOO_LARGE, f"more than {self._limit} octets on the wire")
        self._buffer += data
        return bool(data)

    def line(self, limit: int, what: str) -> bytes:
        """The octets up to CRLF, without it."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > limit:
                raise Undecided(Reason.TOO_LARGE, f"{what}: more than {limit} octets")
            if not self._fill():
                raise Undecided(Reason.CLOSED, f"end of stream in {what}")
        if end > limit:
            raise Undecided(Reason.TOO_LARGE, f"{what}: more than {limit} octets")
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        if not line.endswith(b"\r"):
            raise Undecided(Reason.FRAMING, f"{what} ends with LF alone")
        return line[:-1]

    def exactly(self, count: int) -> bytes:
        """So many octets. An early end is FRAMING: the sender said how many there are."""
        while len(self._buffer) < count:
            if not self._fill():
                raise Undecided(Reason.FRAMING, f"body of {count} octets ended after {len(self._buffer)}")
        block = bytes(self._buffer[:count])
        del self._buffer[:count]
        return block

    def rest(self) -> bytes:
        """Everything up to the end of the stream."""
        while self._fill():
            pass
        block = bytes(self._buffer)
        self._buffer.clear()
        return block


def _shown(octets: bytes) -> str:
    return ascii(octets[:80].decode("ascii", "backslashreplace"))


def read_head(reader: Reader, limits: Limits) -> Head:
    """The head of the final answer, after at most `limits.informational_count` others (RFC 9110 section 15.2)."""
    room = limits.headers_bytes
    for informational in range(limits.informational_count + 1):
        head, room = _read_one_head(reader, limits, room)
        if head.status == 101:
            raise Undecided(Reason.FRAMING, "101 Switching Protocols, which nobody asked for")
        if head.status >= 200:
            return Head(head.minor, head.status, head.fields, informational)
    raise Undecided(Reason.TOO_LARGE, f"more than {limits.informational_count} informational answers")


def _read_one_head(reader: Reader, limits: Limits, room: int) -> tuple[Head, int]:
    line = reader.line(room, "the status line")
    room -= len(line) + 2
    if (match := _STATUS_LINE.fullmatch(line)) is None:
        raise Undecided(Reason.FRAMING, f"no HTTP/1 status line: {_shown(line)}")
    fields, room = _read_fields(reader, limits, room)
    return Head(int(match[1]), int(match[2]), fields), room


def _read_fields(reader: Reader, limits: Limits, room: int) -> tuple[tuple[tuple[str, str], ...], int]:
    fields: list[tuple[str, str]] = []
    while line := reader.line(max(room, 0), "the header"):
        room -= len(line) + 2
        if line[:1] in b" \t":
            raise Undecided(Reason.FRAMING, "a folded field line (obs-fold)")
        if (match := _FIELD_LINE.fullmatch(line)) is None:
            raise Undecided(Reason.FRAMING, f"no field line: {_shown(line)}")
        if len(fields) == limits.header_count:
            raise Undecided(Reason.FRAMING, f"more than {limits.header_count} header fields")
        value = match[2].strip(b" \t").decode("ascii", "backslashreplace")
        fields.append((match[1].decode("ascii").lower(), value))
    return tuple(fields), room


def read_body(reader: Reader, head: Head, method: str, limits: Limits) -> bytes:
    """The content as sent, transfer coding removed (RFC 9112 section 6.3)."""
    length, chunked = check_framing(head)
    if method == "HEAD" or head.status in (204, 304):
        return b""
    if chunked:
        return _read_chunks(reader, limits)
    if length is not None:
        if length > limits.wire_bytes:
            raise Undecided(Reason.TOO_LARGE, f"content of {length} octets")
        return reader.exactly(length)
    return reader.rest()


def check_framing(head: Head) -> tuple[int | None, bool]:
    """(Content-Length or None, whether chunked): refuses what RFC 9112 sections 6.1 and 6.3 call an error."""
    codings, lengths = head.all("transfer-encoding"), head.all("content-length")
    if len(lengths) > 1:
        raise Undecided(Reason.FRAMING, f"{len(lengths)} Content-Length fields")
    if codings and lengths:
        raise Undecided(Reason.FRAMING, "both Transfer-Encoding and Content-Length")
    if codings and (len(codings) > 1 or codings[0].lower() != "chunked" or head.minor == 0):
        raise Undecided(Reason.FRAMING, f"Transfer-Encoding {_shown(', '.join(codings).encode())}")
    if lengths and not _LENGTH.fullmatch(lengths[0]):
        raise Undecided(Reason.FRAMING, f"Content-Length {_shown(lengths[0].encode())}")
    return (int(lengths[0]) if lengths else None), bool(codings)


def _read_chunks(reader: Reader, limits: Limits) -> bytes:
    body = bytearray()
    while True:
        line = reader.line(512, "a chunk's size line")
        if (match := _CHUNK_LINE.fullmatch(line)) is None:
            raise Undecided(Reason.FRAMING, f"no chunk size: {_shown(line)}")
        if (size := int(match[1], 16)) == 0:
            _read_fields(reader, limits, limits.headers_bytes)  # trailers: bounded, and never taken for header fields
            return bytes(body)
        if size > limits.wire_bytes:
            raise Undecided(Reason.TOO_LARGE, f"a chunk of {size} octets")
        body += reader.exactly(size)
        if reader.exactly(2) != b"\r\n":
            raise Undecided(Reason.FRAMING, "a chunk longer than its size says")


def decode_content(body: bytes, codings: tuple[str, ...], limits: Limits) -> bytes:
    """The content with at most one coding removed, gzip or deflate (zlib format), to at most `limits.body_bytes`."""
    names = [name for value in codings for each in value.split(",") if (name := each.strip().lower()) != "identity"]
    if len(names) > 1:
        raise Undecided(Reason.ENCODING, f"{len(names)} content codings")
    if names and names[0] not in ("gzip", "x-gzip", "deflate"):
        raise Undecided(Reason.ENCODING, f"content coding {_shown(names[0].encode())}, which was not asked for")
    if names and body:
        decoder = zlib.decompressobj(15 if names[0] == "deflate" else 31)
        try:
            body = decoder.decompress(body, limits.body_bytes + 1)
        except zlib.error as error:
            raise Undecided(Reason.ENCODING, f"{names[0]}: {error}") from None
        if len(body) <= limits.body_bytes and (not decoder.eof or decoder.unused_data):
            raise Undecided(Reason.ENCODING, f"{names[0]}: {'data after' if decoder.eof else 'no'} end of stream")
    if len(body) > limits.body_bytes:
        raise Undecided(Reason.TOO_LARGE, f"content of more than {limits.body_bytes} octets after decoding")
    return body
