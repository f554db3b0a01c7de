"""What a server says in clear, read from the bytes received so far. Total: any bytes give a Reply, None or ParseError.

A reply is whole with a fatal alert, with a ServerHello or HelloRetryRequest of TLS 1.3 (what follows is encrypted),
with the ServerHelloDone of older versions, or with an SSL 2.0 SERVER-HELLO. Code points stay numbers here:
`answers.py` names them and holds them against what was offered.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from hashlib import sha256
from typing import Final

from msgspec import Struct

from conformance.core.model import Reason
from conformance.core.selector import Failure
from conformance.tls.suites import suite as suite_of

RETRY_RANDOM: Final = sha256(b"HelloRetryRequest").digest()
"""RFC 9846 section 4.2.3."""

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA, HEARTBEAT = 20, 21, 22, 23, 24
HELLO_REQUEST, SERVER_HELLO, CERTIFICATE, SERVER_KEY_EXCHANGE = 0, 2, 11, 12
CERTIFICATE_REQUEST, SERVER_HELLO_DONE, CERTIFICATE_STATUS = 13, 14, 22
SUPPORTED_VERSIONS, KEY_SHARE = 43, 51
TLS12, TLS13 = 0x0303, 0x0304

MOST_RECORD_BYTES: Final = 16_384 + 2_048
MOST_RECORDS: Final = 512
MOST_WARNINGS: Final = 4
MOST_EXTENSIONS: Final = 64
"""Of a ServerHello, which answers what a hello offered: fewer are registered."""

MOST_CERTIFICATES: Final = 1_000
MOST_DETAIL: Final = 80
SHORT_OCTETS: Final = 14
"""Two records with an alert each."""
SSL2_ERROR, SSL2_SERVER_HELLO = 0, 4

RECORD_HEADER: Final = struct.Struct(">BBBH").unpack_from
"""Type, version and length (RFC 9846 section 5.1)."""
MESSAGE_HEADER: Final = struct.Struct(">I").unpack_from
"""Type and length in one (RFC 9846 section 4)."""
HELLO_START: Final = struct.Struct(">H32sB").unpack_from
"""Version, random and the session id's length."""
HELLO_CHOICE: Final = struct.Struct(">HB").unpack_from
"""Suite and compression."""
EXTENSION_HEADER: Final = struct.Struct(">HH").unpack_from


class ParseError(Exception):
    """What came is no TLS (`Reason.NOT_TLS`), or TLS gone wrong (`Reason.TLS_RECORD`). detail: bounded, displayable."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Reply(Struct):
    """One server's answer in code points.

    version: as selected, 0 where there is no hello. kinds: the SSL 2.0 cipher kinds, None for other versions.
    group: of the key share, of the HelloRetryRequest or of the ServerKeyExchange; -1 where there is none; 65281 and
    65282 stand for explicit curves. scheme: of the ServerKeyExchange's signature, -1 where none is named.
    share: the server's public value. chain: certificates as sent, DER. staple: the OCSP response, None for none.
    level, alert: of the last alert, -1 for none; `refused`: it ended the handshake.
    """

    version: int = 0
    random: bytes = b""
    session_id: bytes = b""
    suite: int = -1
    compression: int = -1
    extensions: dict[int, bytes] = {}
    retry: bool = False
    group: int = -1
    share: bytes = b""
    scheme: int = -1
    dh_bits: int = 0
    chain: tuple[bytes, ...] = ()
    staple: bytes | None = None
    certificate_request: bool = False
    kinds: tuple[int, ...] | None = None
    level: int = -1
    alert: int = -1
    refused: bool = False
    received: bytes = b""


def displayable(data: bytes, most: int = MOST_DETAIL) -> str:
    """Bytes for a human eye: printable ASCII as it is, everything else escaped, bounded."""
    return ascii(data[:most].decode("latin-1"))[1:-1][:most]


def wrong(detail: str) -> ParseError:
    """TLS gone wrong."""
    return ParseError(Reason.TLS_RECORD, detail[:MOST_DETAIL])


def read_reply(data: bytes, eof: bool) -> Reply | Failure | None:  # noqa: FBT001 - as Exchange.read calls it
    """The answer, None while more is needed; what breaks the protocol becomes a Failure. Nobody may change it."""
    return _read_short(data, eof) if len(data) <= SHORT_OCTETS else _read(data, eof)


def _read(data: bytes, eof: bool) -> Reply | Failure | None:  # noqa: FBT001 - as above
    try:
        return parse_reply(data, eof=eof)
    except ParseError as error:
        return Failure(error.reason, error.detail, data[:160])


_read_short = lru_cache(maxsize=1024)(_read)
"""Most answers of a sweep are one of a few alerts."""


# One flat loop over records, since every answer passes here.
def parse_reply(data: bytes, *, eof: bool = False) -> Reply | None:  # noqa: C901, PLR0911, PLR0912
    """The answer that the bytes hold, None where it is not whole yet.

    eof: nothing will follow, so that an alert of level warning, with which some servers refuse, was the last word.

    Raises:
        ParseError: no continuation of these bytes would be an answer.
    """
    if not data:
        return None
    if data[0] & 0x80:
        return _ssl2(data)
    at, size, records, warnings = 0, len(data), 0, 0
    reply: Reply | None = None
    begun: list[bytes] = []  # a message that goes on in the next record, put together once it is whole
    held = due = 0
    while size - at >= 5:
        kind, major, _, length = RECORD_HEADER(data, at)
        if major != 3 or not (CHANGE_CIPHER_SPEC <= kind <= HEARTBEAT and 0 < length <= MOST_RECORD_BYTES):
            _check_header(data, at, kind, length)
        end = at + 5 + length
        if end > size:
            return None
        records += 1
        if records > MOST_RECORDS:
            raise wrong("records without end")
        if kind == HANDSHAKE:
            reply = reply or Reply()
            begun.append(data[at + 5 : end])
            held += length
            if held >= due:
                handshake = begun[0] if len(begun) == 1 else b"".join(begun)
                done = _messages(handshake, reply)
                if done < 0:
                    reply.received = data[:160]
                    return reply
                held -= done
                begun = [handshake[done:]] if held else []
                due = 4 + int.from_bytes(handshake[done + 1 : done + 4], "big") if held >= 4 else 4
        elif kind == ALERT:
            reply = reply or Reply()
            if _alert(data, at, length, reply):
                return reply
            warnings += 1
            if warnings > MOST_WARNINGS:
                raise wrong("alerts without end")
        else:
            raise wrong(f"a record of type {kind} where an answer was due")
        at = end
    if size > at:
        _check_start(data, at)
    elif eof and reply and reply.alert >= 0 and not reply.version:
        reply.refused = True
        return reply
    return None


def _alert(data: bytes, at: int, length: int, reply: Reply) -> bool:
    """Take an alert in; whether it ends the handshake (level fatal, or close_notify)."""
    if length != 2:
        raise wrong("an alert that is not of two bytes")
    reply.level, reply.alert = data[at + 5], data[at + 6]
    reply.refused = reply.level == 2 or reply.alert == 0
    reply.received = data[:160]
    return reply.refused


def _check_header(data: bytes, at: int, kind: int, length: int) -> None:
    if not CHANGE_CIPHER_SPEC <= kind <= HEARTBEAT or data[at + 1] != 3:
        if at:
            raise wrong("after a record: " + displayable(data[at : at + 32]))
        raise ParseError(Reason.NOT_TLS, displayable(data))
    if length > MOST_RECORD_BYTES:
        raise wrong(f"a record of {length} bytes")
    if not length:
        raise wrong("a record of no bytes")


def _check_start(data: bytes, at: int) -> None:
    """The first bytes of a record, where its header is not whole."""
    if not CHANGE_CIPHER_SPEC <= data[at] <= HEARTBEAT or data[at + 1 : at + 2] not in (b"", b"\3"):
        _check_header(data, at, data[at] if data[at + 1 : at + 2] in (b"", b"\3") else 0, 1)


def _messages(data: bytes, reply: Reply) -> int:
    """Take whole messages in; how many bytes they were, -1 when the answer is whole."""
    at, size = 0, len(data)
    while size - at >= 4:
        (header,) = MESSAGE_HEADER(data, at)
        kind, end = header >> 24, at + 4 + (header & 0xFFFFFF)
        if end > size:
            if kind == SERVER_HELLO and end - at > MOST_RECORD_BYTES:
                raise wrong("a ServerHello of more than a record")
            break
        body = data[at + 4 : end]
        if not reply.version:
            if kind == SERVER_HELLO:
                _server_hello(body, reply)
                if reply.version >= TLS13:
                    return -1
            elif kind != HELLO_REQUEST:
                raise wrong(f"a handshake message of type {kind} where ServerHello was due")
        elif kind == SERVER_HELLO_DONE:
            return -1
        else:
            _take(kind, body, reply)
        at = end
    return at


def _take(kind: int, body: bytes, reply: Reply) -> None:
    """One message between ServerHello and ServerHelloDone; those of no interest here pass."""
    if kind == CERTIFICATE:
        reply.chain = _certificates(body)
    elif kind == SERVER_KEY_EXCHANGE:
        _key_exchange(body, reply)
    elif kind == CERTIFICATE_STATUS:
        reply.staple = _status(body)
    elif kind == CERTIFICATE_REQUEST:
        reply.certificate_request = True
    elif kind == SERVER_HELLO:
        raise wrong("two ServerHellos")


def _server_hello(body: bytes, reply: Reply) -> None:
    """ServerHello and HelloRetryRequest (RFC 9846 section 4.2.3, RFC 5246 section 7.4.1.3)."""
    size = len(body)
    if size < 38 or body[34] > 32 or size < 38 + body[34]:
        raise wrong("a ServerHello cut short")
    at = 35 + body[34]
    version, reply.random, _ = HELLO_START(body)
    reply.session_id = body[35:at]
    reply.suite, reply.compression = HELLO_CHOICE(body, at)
    at += 3
    if size > at:
        reply.extensions = found = _extensions(body, at)
        if (selected := found.get(SUPPORTED_VERSIONS)) is not None:
            if len(selected) != 2:
                raise wrong("supported_versions that is not of two bytes")
            version = selected[0] << 8 | selected[1]
        if version >= TLS13:
            reply.retry = reply.random == RETRY_RANDOM
            _key_share(found.get(KEY_SHARE), reply)
    if not version:
        raise wrong("version 0")
    reply.version = version


def _extensions(body: bytes, at: int) -> dict[int, bytes]:
    size = len(body)
    if size - at < 2 or at + 2 + (body[at] << 8 | body[at + 1]) != size:
        raise wrong("extensions whose length does not hold")
    at += 2
    found: dict[int, bytes] = {}
    while at < size:
        if size - at < 4:
            raise wrong("an extension cut short")
        code, length = EXTENSION_HEADER(body, at)
        start, at = at + 4, at + 4 + length
        if at > size:
            raise wrong("an extension cut short")
        if code in found:
            raise wrong(f"extension {code} twice")
        found[code] = body[start:at]
    if len(found) > MOST_EXTENSIONS:
        raise wrong(f"more than {MOST_EXTENSIONS} extensions")
    return found


def _key_share(data: bytes | None, reply: Reply) -> None:
    if data is None:
        return
    if reply.retry:
        if len(data) != 2:
            raise wrong("a key_share of a HelloRetryRequest that is not of two bytes")
    elif len(data) < 4 or len(data) != 4 + (data[2] << 8 | data[3]):
        raise wrong("a key share cut short")
    reply.group, reply.share = data[0] << 8 | data[1], data[4:]


def _certificates(body: bytes) -> tuple[bytes, ...]:
    size = len(body)
    if size < 3 or 3 + int.from_bytes(body[:3], "big") != size:
        raise wrong("a Certificate message whose length does not hold")
    at = 3
    found: list[bytes] = []
    while at < size:
        end = at + 3 + int.from_bytes(body[at : at + 3], "big")
        if size - at < 3 or end > size:
            raise wrong("a certificate cut short")
        if end == at + 3:
            raise wrong("a certificate of no bytes")
        if len(found) == MOST_CERTIFICATES:
            raise wrong(f"more than {MOST_CERTIFICATES} certificates")
        found.append(body[at + 3 : end])
        at = end
    return tuple(found)


def _status(body: bytes) -> bytes:
    """The OCSP response of a CertificateStatus (RFC 6066 section 8)."""
    if len(body) < 4 or body[0] != 1 or 4 + int.from_bytes(body[1:4], "big") != len(body):
        raise wrong("a CertificateStatus that cannot be read")
    return body[4:]


def _key_exchange(body: bytes, reply: Reply) -> None:
    """Group, prime, public value and signature scheme of a ServerKeyExchange (RFC 5246, RFC 8422, RFC 4279)."""
    suite = suite_of(reply.suite)
    exchange = suite.key_exchange if suite else ""
    if suite is None or exchange not in ("DHE", "ECDHE", "DH", "ECDH", "DHE_PSK", "ECDHE_PSK"):
        return
    at = 0
    if exchange.endswith("_PSK"):
        _, at = _field(body, at, 2)
    if exchange.startswith("EC"):
        if body[at : at + 1] in (b"\1", b"\2"):
            reply.group = 0xFF00 + body[at]
            return
        if body[at : at + 1] != b"\3" or len(body) < at + 3:
            raise wrong("a ServerKeyExchange without a named curve")
        reply.group = body[at + 1] << 8 | body[at + 2]
        reply.share, at = _field(body, at + 3, 1)
    else:
        prime, at = _field(body, at, 2)
        _, at = _field(body, at, 2)
        reply.share, at = _field(body, at, 2)
        reply.dh_bits = int.from_bytes(prime, "big").bit_length()
    if reply.version == TLS12 and suite.authentication not in ("anon", "PSK"):
        if len(body) < at + 2:
            raise wrong("a ServerKeyExchange without a signature")
        reply.scheme = body[at] << 8 | body[at + 1]


def _field(body: bytes, at: int, width: int) -> tuple[bytes, int]:
    end = at + width + int.from_bytes(body[at : at + width], "big")
    if len(body) < at + width or len(body) < end:
        raise wrong("a ServerKeyExchange cut short")
    return body[at + width : end], end


def _ssl2(data: bytes) -> Reply | None:
    """A SERVER-HELLO or ERROR of SSL 2.0: two bytes of length, and from there on in clear."""
    if len(data) >= 3 and data[2] not in (SSL2_ERROR, SSL2_SERVER_HELLO):
        raise ParseError(Reason.NOT_TLS, displayable(data))
    length = (data[0] & 0x7F) << 8 | int.from_bytes(data[1:2], "big")
    if len(data) < 2 or len(data) < 2 + length:
        return None
    body = data[2 : 2 + length]
    if body[:1] == b"\0" and length == 3:
        return Reply(level=2, alert=int.from_bytes(body[1:], "big"), refused=True, kinds=(), received=data[:160])
    if body[:1] != b"\4" or length < 11:
        raise wrong("an SSL 2.0 answer that cannot be read")
    version, certificate, specs, connection = (body[at] << 8 | body[at + 1] for at in (3, 5, 7, 9))
    if length != 11 + certificate + specs + connection or specs % 3 or version != 0x0002:
        raise wrong("an SSL 2.0 SERVER-HELLO whose lengths do not hold")
    first = 11 + certificate
    kinds = tuple(int.from_bytes(body[at : at + 3], "big") for at in range(first, first + specs, 3))
    chain = (body[11:first],) if certificate else ()
    return Reply(version=version, kinds=kinds, chain=chain, received=data[:160])
