"""The lean loop: every exchange ends, whatever its peer does, and no peer takes the time of another."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from conformance.core.model import Reason
from conformance.core.network import Address, Door
from conformance.core.selector import MOST_PARTS, Conversation, Exchange, Failure, converse
from tests.zoo.servers import (
    SHORT,
    Handler,
    a_target,
    answering,
    closed_port,
    dripping,
    endless,
    resetting,
    serve,
    silent,
)

LIMITS = replace(SHORT, connect_seconds=0.3, read_seconds=0.3, total_seconds=0.5)


def door() -> Door:
    return Door(limits=LIMITS)


def five(data: bytes, eof: bool) -> bytes | None:
    """Whole with five bytes."""
    return data if len(data) >= 5 else None


def exchange(port: int, **changes: Any) -> Exchange:
    return structs.replace(Exchange(a_target(), address(port), (b"hello",), five), **changes)


def address(port: int) -> Address:

    return socket.AF_INET, ("127.0.0.1", port)


def one(port: int, **changes: Any) -> Conversation[Any]:
    """A conversation of one exchange."""
    replies = yield [exchange(port, **changes)]
    return replies[0]


def reply_of(handler: Handler, **changes: Any) -> Any:
    with serve(handler, read=False) as server:
        (found,) = converse([("x", one(server.port, **changes))], door())
    return found[1]


def test_whole_answer_is_the_reply() -> None:
    assert reply_of(answering(b"12345")) == b"12345"


def test_answer_in_parts_is_put_together() -> None:
    found = reply_of(dripping(b"1", b"x", seconds=0.01))
    assert found == b"1" + b"x" * (len(found) - 1)
    assert 5 <= len(found) < 50  # a busy machine takes several drops at once


@pytest.mark.parametrize(
    ("handler", "reasons", "received"),
    [
        (silent, {Reason.TIMEOUT}, b""),
        (resetting, {Reason.RESET}, b""),
        (lambda stream: stream.recv(9), {Reason.CLOSED}, b""),
        (answering(b"123"), {Reason.CLOSED, Reason.RESET}, b"123"),
    ],
    ids=["silent", "reset", "closed", "cut"],
)
def test_what_is_no_answer_is_a_failure(handler: Handler, reasons: set[Reason], received: bytes) -> None:
    found = reply_of(handler)
    assert isinstance(found, Failure)
    assert (found.reason in reasons, found.received) == (True, received)


def test_closed_port_is_a_failure() -> None:
    (found,) = converse([("x", one(closed_port()))], door())
    assert found[1].reason is Reason.REFUSED


def never(data: bytes, eof: bool) -> None:
    """Never whole."""


def test_endless_answer_is_cut_by_size() -> None:
    assert reply_of(endless(b"", b"x" * 65_536), read=never).reason is Reason.TOO_LARGE


def test_answer_that_drips_is_cut_by_the_deadline_although_bytes_keep_coming() -> None:
    begun = time.monotonic()
    found = reply_of(dripping(b"1", seconds=0.05), read=never)
    assert found.reason is Reason.TIMEOUT
    assert LIMITS.total_seconds - 0.1 < time.monotonic() - begun < LIMITS.total_seconds + 0.5


def test_answer_in_very_many_parts_is_cut_by_their_count() -> None:
    """Each part is a new look at all that came before, so bytes one by one would cost their square."""
    looks = []

    def read(data: bytes, eof: bool) -> None:
        looks.append(len(data))

    def handler(stream: Any) -> None:
        seen = -1
        while True:
            if len(looks) > seen:
                seen = len(looks)
                stream.sendall(b"x")
            time.sleep(0.0001)

    found = reply_of(handler, read=read)
    assert found.reason in (Reason.TOO_LARGE, Reason.TIMEOUT)
    assert len(looks) <= MOST_PARTS


def test_reader_that_breaks_costs_its_own_exchange_only() -> None:
    def broken(data: bytes, eof: bool) -> None:
        raise KeyError("x")

    with serve(answering(b"12345"), read=False) as server:
        found = dict(converse([("bad", one(server.port, read=broken)), ("good", one(server.port))], door()))
    assert (found["bad"].reason, found["good"]) == (Reason.INTERNAL, b"12345")


def test_silent_peer_does_not_delay_another() -> None:
    with serve(silent, read=False) as mute, serve(answering(b"12345"), read=False) as server:
        begun = time.monotonic()
        order = [
            (key, time.monotonic() - begun)
            for key, _ in converse([("mute", one(mute.port)), ("good", one(server.port))], door())
        ]
    assert [key for key, _ in order] == ["good", "mute"]
    assert order[0][1] < 0.2


def test_source_that_has_nothing_ready_is_asked_again_and_holds_nobody_up() -> None:
    with serve(answering(b"12345"), read=False) as server:
        begun = time.monotonic()

        def source() -> Iterator[tuple[str, Conversation[Any]] | None]:
            yield "first", one(server.port)
            while time.monotonic() - begun < LIMITS.total_seconds + 0.2:
                yield None
            yield "second", one(server.port)

        found = {key: (reply, time.monotonic() - begun) for key, reply in converse(source(), door())}
    assert found["first"][0] == found["second"][0] == b"12345"
    assert found["first"][1] < 0.3


def test_waves_follow_one_another_and_replies_keep_their_places() -> None:
    def handler(stream: Any) -> None:
        stream.sendall(stream.recv(100).rjust(5, b"."))

    def talk(port: int) -> Conversation[list[Any]]:
        first = yield [exchange(port, segments=(text,)) for text in (b"a", b"b", b"c")]
        nothing = yield []
        second = yield [exchange(port, segments=(b"d",))]
        return [*first, *nothing, *second]

    with serve(handler, read=False) as server:
        (found,) = converse([("x", talk(server.port))], door())
    assert found[1] == [b"....a", b"....b", b"....c", b"....d"]


def test_segments_are_written_apart() -> None:
    seen = []

    def handler(stream: Any) -> None:
        seen.append(stream.recv(100))
        seen.append(stream.recv(100))
        stream.sendall(b"12345")

    assert reply_of(handler, segments=(b"ab", b"cd")) == b"12345"
    assert seen == [b"ab", b"cd"]
