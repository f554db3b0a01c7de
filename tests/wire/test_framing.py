"""The strict reader: no octets make it raise anything but Undecided, and cutting them differently changes nothing."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from conformance.core.model import Undecided
from conformance.core.network import Limits
from conformance.wire.framing import Reader, decode_content, read_body, read_head
from conformance.wire.strict_json import strict_json

LIMITS = Limits(wire_bytes=4096, body_bytes=4096, headers_bytes=1024)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nT: u\r\n\r\n"
LENGTH = b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\nA: b\r\n\r\nhello!"
ENDED = b"HTTP/1.0 200 \r\nA: b\r\n\r\nhello!"


def read(pieces: Iterable[bytes]) -> tuple[int, tuple[tuple[str, str], ...], bytes] | str:
    """What the reader makes of a stream that arrives in these pieces."""
    waiting = iter(pieces)
    left = b""

    def receive(count: int) -> bytes:
        nonlocal left
        while not left:
            try:
                left = next(waiting)
            except StopIteration:
                return b""
        piece, left = left[:count], left[count:]
        return piece

    reader = Reader(receive, LIMITS.wire_bytes)
    try:
        head = read_head(reader, LIMITS)
        body = decode_content(read_body(reader, head, "GET", LIMITS), head.all("content-encoding"), LIMITS)
    except Undecided as error:
        return str(error.reason)
    return head.status, head.fields, body


def cuts(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=5))
def test_any_octets_give_an_answer_or_a_reason(data: bytes, places: list[int]) -> None:
    for start in (b"", b"HTTP/1.1 200 OK\r\n", CHUNKED[:44] + b"\r\n\r\n"):
        assert read(cuts(start + data, places)) == read([start + data])


@given(
    st.sampled_from([CHUNKED, LENGTH, ENDED]),
    st.lists(st.tuples(st.integers(0, 200), st.binary(max_size=3)), max_size=3),
)
def test_mutated_answers_give_an_answer_or_a_reason(data: bytes, edits: list[tuple[int, bytes]]) -> None:
    for place, octets in edits:
        where = place % len(data)
        data = data[:where] + octets + data[where + 1 :]
    read([data])


@given(st.sampled_from([CHUNKED, LENGTH, ENDED]), st.lists(st.integers(0, 200), max_size=8))
def test_segments_do_not_matter(data: bytes, places: list[int]) -> None:
    result = read(cuts(data, places))
    assert not isinstance(result, str)
    assert (result[0], result[2], dict(result[1])["a"]) == (200, b"hello!", "b")


@given(st.sampled_from([CHUNKED, LENGTH]), st.integers(0, 200))
def test_every_early_end_is_noticed(data: bytes, length: int) -> None:
    cut = data[: length % len(data)]
    assert read([cut]) in ("closed", "framing")


def test_exactly_the_wire_limit_is_allowed() -> None:
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    room = LIMITS.wire_bytes - len(head)
    assert read([head + b"x" * room]) == (200, (), b"x" * room)
    assert read([head + b"x" * (room + 1)]) == "too-large"


@given(st.binary(max_size=200))
def test_any_content_is_decoded_or_refused(data: bytes) -> None:
    for coding in ("gzip", "deflate", "br"):
        with contextlib.suppress(Undecided):
            decode_content(data, (coding,), LIMITS)
    assert decode_content(gzip.compress(data), ("gzip",), LIMITS) == data


@given(st.binary(max_size=200) | st.text(alphabet='[]{}":,\\u0dD8e-19nNaI ', max_size=200).map(str.encode))
def test_any_octets_are_json_or_refused(data: bytes) -> None:
    with contextlib.suppress(Undecided):
        assert strict_json(data) == json.loads(data)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_honest_json_is_read(value: object, escaped: bool) -> None:
    text = json.dumps(value, ensure_ascii=escaped)
    with contextlib.suppress(UnicodeEncodeError):
        assert strict_json(text.encode()) == value
