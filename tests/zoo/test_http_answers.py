"""Z15 to Z22, Z24, Z29, Z37: HTTP answers without end, without sense, or with two senses."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
import tracemalloc
import zlib

import pytest

from conformance.core.model import Reason
from conformance.core.redact import Redactor
from conformance.wire.http import HttpExchange, evidence, fetch
from conformance.wire.strict_json import strict_json
from tests.zoo.servers import (
    OK,
    SHORT,
    Handler,
    a_door,
    a_target,
    answering,
    contained,
    dripping,
    endless,
    identity,
    serve,
)

HEAD = b"HTTP/1.1 200 OK\r\n"


def get(handler: Handler, **options: object) -> HttpExchange:
    with serve(handler) as server:
        return fetch(a_door(), a_target(), server.url, **options)  # type: ignore[arg-type]


def answer(*fields: bytes, body: bytes = b"", length: bool = True) -> Handler:
    lines = [*fields, *([b"Content-Length: %d" % len(body)] if length else [])]
    return answering(HEAD + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body)


@pytest.mark.parametrize(
    "start",
    [
        HEAD + b"\r\n",
        HEAD + b"Content-Length: 999999999999\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n" + b"fffff\r\n",
    ],
    ids=["to-end-of-stream", "long-length", "chunked"],
)
def test_z15_endless_body(start: bytes) -> None:
    contained(lambda: get(endless(start, b"x" * 65536)), Reason.TOO_LARGE)


def test_z15_endless_body_costs_nothing_where_the_head_is_enough() -> None:
    exchange = get(endless(HEAD + b"Strict-Transport-Security: max-age=1\r\n\r\n", b"x" * 65536), body=False)
    assert exchange.all("strict-transport-security") == ("max-age=1",)
    assert exchange.body == b""


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_z16_drip_body(tls: bool) -> None:
    handler = dripping(HEAD + b"Content-Length: 5000\r\n\r\n")
    with serve(handler, tls=identity().server() if tls else None) as server:
        url = server.tls_url if tls else server.url
        contained(lambda: fetch(a_door(), a_target(), url, verify=identity().certificate), Reason.TIMEOUT)


def test_z17_drip_header() -> None:
    """What was parsed by the deadline decides nothing: it must not look like an answer without the field."""
    contained(lambda: get(dripping(HEAD + b"Server: x\r\nX-Long: ")), Reason.TIMEOUT)
    contained(lambda: get(dripping(HEAD, b"A: b\r\n")), Reason.TIMEOUT)


def test_z17_header_cut_by_the_end_of_the_stream() -> None:
    contained(lambda: get(answering(HEAD + b"Server: x\r\nStrict-Tra")), Reason.CLOSED)
    contained(lambda: get(answering(HEAD + b"Server: x\r\n")), Reason.CLOSED)
    contained(lambda: get(answering(b"")), Reason.CLOSED)


@pytest.mark.parametrize("status", [100, 102, 103])
def test_z18_endless_informational_answers(status: int) -> None:
    begun = time.process_time()
    contained(lambda: get(endless(b"", b"HTTP/1.1 %d Go on\r\n\r\n" % status)), Reason.TOO_LARGE)
    assert time.process_time() - begun < 0.2


def test_z18_benign_twin() -> None:
    exchange = get(answering(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + OK))
    assert (exchange.status, exchange.informational, exchange.all("link")) == (200, 2, ())


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ([b"X-%d: y" % n for n in range(101)], Reason.FRAMING),
        ([b"X-%d: " % n + b"y" * 60_000 for n in range(90)], Reason.TOO_LARGE),
        ([b"X: " + b"y" * 70_000], Reason.TOO_LARGE),
        ([b"no colon here"], Reason.FRAMING),
        ([b"X: a", b" folded"], Reason.FRAMING),
        ([b"X: a", b"\tfolded"], Reason.FRAMING),
        ([b"X : space before the colon"], Reason.FRAMING),
        ([b": no name"], Reason.FRAMING),
    ],
    ids=["101-fields", "5-MB", "70-KB-line", "no-colon", "obs-fold", "obs-fold-tab", "space-colon", "no-name"],
)
def test_z19_headers(fields: list[bytes], reason: Reason) -> None:
    contained(lambda: get(answer(*fields)), reason)


def test_z19_folding_is_named() -> None:
    assert "obs-fold" in contained(lambda: get(answer(b"X: a", b" folded: b")), Reason.FRAMING).detail


def test_z19_endless_header() -> None:
    contained(lambda: get(endless(HEAD, b"X: " + b"y" * 1000 + b"\r\n")), Reason.FRAMING, Reason.TOO_LARGE)
    contained(lambda: get(endless(HEAD + b"X: ", b"y" * 65536)), Reason.TOO_LARGE)


def test_z19_benign_twin() -> None:
    exchange = get(answer(*(b"X: %d" % n for n in range(99)), body=b"ok"))
    assert exchange.all("x") == tuple(str(n) for n in range(99))


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (HEAD + b"Content-Length: -1\r\n\r\n", Reason.FRAMING),
        (HEAD + b"Content-Length: +2\r\n\r\nok", Reason.FRAMING),
        (HEAD + b"Content-Length: 2, 2\r\n\r\nok", Reason.FRAMING),
        (HEAD + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", Reason.FRAMING),
        (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok!", Reason.FRAMING),
        (HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Reason.FRAMING),
        (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", Reason.FRAMING),
        (HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", Reason.FRAMING),
        (b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Reason.FRAMING),
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", Reason.FRAMING),
        (HEAD + b"A: b\nContent-Length: 2\r\n\r\nok", Reason.FRAMING),
        (HEAD + b"A: b\rC: d\r\nContent-Length: 2\r\n\r\nok", Reason.FRAMING),
        (CHUNKED + b"xyz\r\nabc\r\n0\r\n\r\n", Reason.FRAMING),
        (CHUNKED + b"0x2\r\nok\r\n0\r\n\r\n", Reason.FRAMING),
        (CHUNKED + b"-2\r\nok\r\n0\r\n\r\n", Reason.FRAMING),
        (CHUNKED + b"2\nok\n0\n\n", Reason.FRAMING),
        (CHUNKED + b"2\r\nokay\r\n0\r\n\r\n", Reason.FRAMING),
        (CHUNKED + b"100000000000000000\r\nok\r\n0\r\n\r\n", Reason.FRAMING),
        (CHUNKED + b"ffffffffffffffff\r\nok\r\n0\r\n\r\n", Reason.TOO_LARGE),
        (CHUNKED + b"2\r\nok\r\n", Reason.CLOSED),
        (CHUNKED + b"5\r\nok", Reason.FRAMING),
        (HEAD + b"Content-Length: 20\r\n\r\nshort", Reason.FRAMING),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", Reason.FRAMING),
        (b"HTTP/1.1 999 Odd\r\n\r\n", Reason.FRAMING),
        (b"HTTP/2 200 OK\r\n\r\n", Reason.FRAMING),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Reason.FRAMING),
        (b"HTTP/1.1 200 " + b"x" * 70_000 + b"\r\n\r\n", Reason.TOO_LARGE),
    ],
)
def test_z20_framing_that_two_readers_cut_differently(raw: bytes, reason: Reason) -> None:
    contained(lambda: get(answering(raw)), reason)
    if b"chunked\r\n\r\n" not in raw[-200:] and b"short" not in raw and reason is Reason.FRAMING:
        contained(lambda: get(answering(raw), body=False), reason)


@pytest.mark.parametrize(
    "raw",
    [
        OK,
        HEAD + b"\r\nok",
        HEAD + b"content-length:2\r\n\r\nok",
        CHUNKED + b"1;name=value\r\no\r\n1 \r\nk\r\n0\r\nTrailer: x\r\n\r\n",
        HEAD + b"Transfer-Encoding: Chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.0 200\r\n\r\nok",
    ],
    ids=["length", "end-of-stream", "no-space", "chunks", "Chunked", "http-1.0"],
)
def test_z20_benign_twins(raw: bytes) -> None:
    exchange = get(answering(raw))
    assert (exchange.status, exchange.body, exchange.all("trailer")) == (200, b"ok", ())


def test_z20_head_and_204_have_no_body() -> None:
    assert get(answering(HEAD + b"Content-Length: 5000\r\n\r\n"), method="HEAD").body == b""
    assert get(answering(b"HTTP/1.1 204 None\r\n\r\n")).body == b""


def bomb() -> bytes:
    """1 GB of zeros in a megabyte of gzip."""
    coder = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1 << 20)
    return b"".join([*(coder.compress(block) for _ in range(200)), coder.flush()])


def test_z21_gzip_bomb() -> None:
    data = bomb()
    assert len(data) < SHORT.wire_bytes < SHORT.body_bytes
    tracemalloc.start()
    contained(lambda: get(answer(b"Content-Encoding: gzip", body=data)), Reason.TOO_LARGE, seconds=2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20


NESTED_2 = gzip.compress(gzip.compress(b"ok"))


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip, gzip", NESTED_2),
        (", ".join(["gzip"] * 6), NESTED_2),
        ("br", b"\x0b\x01\x80ok\x03"),
        ("zstd", b"\x28\xb5\x2f\xfd"),
        ("compress", b"x"),
        ("gzip", b"ok"),
        ("gzip", gzip.compress(b"ok")[:-4]),
        ("gzip", gzip.compress(b"ok") + b"trailing"),
        ("gzip", gzip.compress(b"ok")[:-8] + bytes(8)),
        ("deflate", gzip.compress(b"ok")),
    ],
    ids=["two", "six", "br", "zstd", "compress", "no-gzip", "cut", "trailing", "bad-crc", "gzip-as-deflate"],
)
def test_z22_content_codings(coding: str, body: bytes) -> None:
    contained(lambda: get(answer(b"Content-Encoding: " + coding.encode(), body=body)), Reason.ENCODING)


def test_z22_two_content_encoding_fields() -> None:
    fields = (b"Content-Encoding: gzip", b"Content-Encoding: gzip")
    contained(lambda: get(answer(*fields, body=NESTED_2)), Reason.ENCODING)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(b"ok")),
        ("X-GZIP", gzip.compress(b"ok")),
        ("deflate", zlib.compress(b"ok")),
        ("identity", b"ok"),
    ],
    ids=["gzip", "x-gzip", "deflate", "identity"],  # a gzip's octets hold the time
)
def test_z22_benign_twins(coding: str, body: bytes) -> None:
    assert get(answer(b"Content-Encoding: " + coding.encode(), body=body)).body == b"ok"


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"[" * 100_000, "depth"),
        (b'{"a":' * 100_000, "depth"),
        (b"[" * 65 + b"]" * 65, "depth"),
        (b"9" * 5_000, "64 bits"),
        (b"18446744073709551616", "64 bits"),
        (b"NaN", "not a number"),
        (b"[-Infinity]", "not a number"),
        (b"1e999", "not a number"),
        (b'{"iss":"good","iss":"evil"}', "duplicate member 'iss'"),
        (b'{"a":{"b":1,"\\u0062":2}}', "duplicate member 'b'"),
        (rb'"\ud800"', "surrogate"),
        (rb'{"\udc00x":1}', "surrogate"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        ("{}".encode("utf-16"), "byte order mark"),
        ("{}".encode("utf-16-le"), "NUL"),
        (b'"\xff"', "UTF-8"),
        (b"{} {}", "syntax"),
        (b"{'a':1}", "syntax"),
        (b"", "syntax"),
        (b'"' + b'\\"' * 200_000, "syntax"),
        (b" " * 1_048_577, "size"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)}-octets",
)
def test_z24_json_that_two_readers_read_differently(data: bytes, word: str) -> None:
    error = contained(lambda: strict_json(data), Reason.JSON)
    assert word in error.detail
    assert len(error.detail) < 200


def test_z24_a_hundred_thousand_members_are_read_in_time() -> None:
    data = json.dumps({f"k{n}": n for n in range(60_000)}).encode()
    begun = time.process_time()
    assert len(strict_json(data)) == 60_000
    assert time.process_time() - begun < 1.0


def test_z24_benign_twin() -> None:
    data = rb'{"a": [1, -2.5e3, "[[[[\"{", true, null], "b": {"a": "\ud83d\ude00"}, "n": 9223372036854775807}'
    assert strict_json(data) == json.loads(data)
    assert strict_json(b"[" * 64 + b"]" * 64)
    exchange = get(answer(b"Content-Type: application/json", body=b'{"issuer": "x"}'))
    assert exchange.json() == {"issuer": "x"}


def test_z29_bait_in_headers_costs_no_time() -> None:
    """64 KB that slow patterns would choke on: reading, redacting and bounding them stays fast."""
    baits = [
        b"a" * 50_000 + b"!",
        b"max-age=" * 7_000,
        b"eyJ" * 20_000,
        b"1" * 60_000,
        b"4111 " * 12_000,
        b"code=" * 12_000,
    ]
    baits += [b"-----BEGIN PRIVATE KEY-----" * 2_000, b"Bearer " * 8_000, b"S1234567D" * 6_000, b"1-" * 30_000]
    for bait in baits:
        exchange = get(answer(b"Strict-Transport-Security: " + bait))
        begun = time.process_time()
        kept = evidence(exchange, Redactor())
        assert time.process_time() - begun < 0.15
        assert len(kept.fields[0][1]) < 2200


@pytest.mark.parametrize("octet", [b"\x1b[2J", b"\x00", b"\x07", b"\x7f", b"\x1b]52;c;x\x07"])
def test_z37_control_octets_in_a_header_are_refused(octet: bytes) -> None:
    error = contained(lambda: get(answer(b"Server: a" + octet + b"b")), Reason.FRAMING)
    assert error.detail.isprintable()


def test_z37_octets_beyond_ascii_are_written_as_escapes() -> None:
    exchange = get(answer(b"Server: \x9b2J\xe2\x80\xae", body=b"\x1b[2J"))
    assert exchange.all("server") == (r"\x9b2J\xe2\x80\xae",)
    assert get(answering(HEAD + b"\r\n")).fields == ()


def test_z37_banners_and_hosts_in_messages_are_printable() -> None:
    for raw in (b"\x1b]0;x\x07\x9b\r\n", "\u202eSSH\r\n".encode()):
        error = contained(lambda raw=raw: get(answering(raw)), Reason.FRAMING)  # type: ignore[misc]
        assert error.detail.isprintable()
        assert error.detail.isascii()
    error = contained(lambda: fetch(a_door(), a_target(), "http://\x1b[2J\u202e/"), Reason.OUT_OF_SCOPE)
    assert error.detail.isprintable()


def test_deadline_before_the_call_opens_nothing() -> None:
    door = a_door()
    with serve(answering(OK)) as server:
        contained(lambda: fetch(door, a_target(), server.url, deadline=door.monotonic() - 1), Reason.TIMEOUT)
        assert server.hits == 0


def test_answer_that_is_complete_at_the_deadline_is_still_late() -> None:
    """The clock, not the watchdog's luck, decides: a whole answer read after the deadline is a time-out."""
    late = threading.Event()

    def late_answer(stream: socket.socket) -> None:
        late.set()
        stream.sendall(OK)

    with serve(late_answer) as server:
        door = a_door(monotonic=lambda: time.monotonic() + (1000 if late.is_set() else 0))
        contained(lambda: fetch(door, a_target(), server.url), Reason.TIMEOUT)
