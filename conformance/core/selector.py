"""One loop, many short conversations: connect, write, read until an answer is whole, close.

This is the lean loop beside the door. A conversation is a generator that yields waves of exchanges and is sent their
replies. On loopback a connection is established by the time `connect` returns, so the first write is tried at once, and
most connections are touched twice: opened, answered.

Every exchange ends: after `connect_seconds` without a connection, `read_seconds` without a byte, `total_seconds` in
all, or `max_bytes`. A deadline makes a Failure whatever had been received by then.
"""

from __future__ import annotations

import errno
import heapq
import select
import socket
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeAlias, TypeVar

from msgspec import Struct

from conformance.core.model import Reason, Target, Undecided
from conformance.core.network import Address, Door, connect_failure

K = TypeVar("K")
R = TypeVar("R")

SEGMENT_SECONDS: Final = 0.02
SWEEP_SECONDS: Final = 0.05
RECEIVE_BYTES: Final = 16_384
KEPT_BYTES: Final = 160
MOST_PARTS: Final = 256
"""In how many parts an answer may arrive. Each is a new look at all of it, which a peer must not get for a byte."""

STREAM: Final = socket.SOCK_STREAM | socket.SOCK_NONBLOCK
READ, WRITE, TROUBLE = select.POLLIN, select.POLLOUT, select.POLLERR | select.POLLHUP
UNOPENED, ENDED = -1, -2
"""Instead of a socket's number."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an exchange has no answer. received: the first bytes that came all the same."""

    reason: Reason
    detail: str = ""
    received: bytes = b""


class Exchange(Struct, frozen=True):
    """One connection: what is written, and how the answer is read.

    segments: each written by itself, 20 ms apart. read: all bytes so far and whether the stream has ended; None while
    more is needed. target: whose connection budget and rate it counts against.
    """

    target: Target
    address: Address
    segments: tuple[bytes, ...]
    read: Callable[[bytes, bool], Any]
    max_bytes: int = 262_144


Conversation: TypeAlias = Generator[list[Exchange], list[Any], R]
"""Yields waves of exchanges, is sent their replies (what `read` gave, or a Failure) in the same order."""


class _Open(Generic[K, R]):
    """A conversation under way. missing: how many replies of its wave are still out."""

    __slots__ = ("conversation", "key", "missing", "replies")

    def __init__(self, key: K, conversation: Conversation[R]) -> None:
        self.key, self.conversation = key, conversation
        self.missing = 0
        self.replies: list[Any] = []


class _Flight:
    """One exchange on the wire. place: of its reply in its wave. number: the socket's, while it is open.
    rest: the segments to write. idle: when it will have been silent for too long.
    """

    __slots__ = (
        "connected",
        "data",
        "deadline",
        "exchange",
        "idle",
        "number",
        "parts",
        "place",
        "rest",
        "sock",
        "talk",
    )
    deadline: float
    idle: float

    def __init__(self, talk: _Open[Any, Any], place: int, exchange: Exchange) -> None:
        self.talk, self.place, self.exchange = talk, place, exchange
        self.rest: Sequence[bytes] = exchange.segments
        self.sock: Any = None
        self.number = UNOPENED
        self.data = b""
        self.parts = 0
        self.connected = False


def converse(
    conversations: Iterable[tuple[K, Conversation[R]] | None],
    door: Door,
    *,
    in_flight: int = 128,
    per_host: int = 8,
) -> Iterator[tuple[K, R]]:
    """Hold the conversations, `in_flight` connections at once; yield each one's result when it has ended.

    Conversations are started as there is room, so any number of them takes the same memory. Where the next one is not
    ready, the source says None and is asked again; it must not wait, since the exchanges under way would run out of
    time. What a conversation raises is raised here and ends the others.
    """
    loop: _Loop[K, R] = _Loop(iter(conversations), door, in_flight, per_host)
    try:
        yield from loop.run()
    finally:
        loop.close()


class _Loop(Generic[K, R]):
    def __init__(
        self, conversations: Iterator[tuple[K, Conversation[R]] | None], door: Door, in_flight: int, per_host: int
    ) -> None:
        self.source, self.door, self.in_flight, self.per_host = conversations, door, in_flight, per_host
        self.limits = door.limits
        self.monotonic = door.monotonic
        # For so few sockets, each of which lives for two looks, `poll` costs less than to enter each in an `epoll`.
        self.poll = select.poll()
        self.flights: dict[int, _Flight] = {}
        self.ready: deque[_Flight] = deque()
        self.timers: list[tuple[float, int, _Flight]] = []
        self.serial = 0
        self.hosts: dict[str, int] = {}
        self.waiting: dict[str, deque[_Flight]] = {}
        self.open: dict[int, _Open[K, R]] = {}
        self.ended: list[tuple[K, R]] = []
        self.exhausted = False
        self.now = self.swept = self.monotonic()

    def run(self) -> Iterator[tuple[K, R]]:
        """Until nothing is left to do."""
        while True:
            self.now = self.monotonic()
            self._due()
            self._fill()
            while self.ended:
                yield self.ended.pop()
            if not self.open and self.exhausted:
                return
            if self.ready and len(self.flights) < self.in_flight:
                continue
            self._poll()

    def close(self) -> None:
        """Leave nothing open."""
        for flight in self.flights.values():
            flight.sock.close()
        for talk in self.open.values():
            talk.conversation.close()

    def _fill(self) -> None:
        """Start what may be started: exchanges that wait first, then new conversations."""
        while len(self.flights) < self.in_flight:
            if self.ready:
                self._admit(self.ready.popleft())
            elif self.exhausted or len(self.open) >= 4 * self.in_flight or not self._start():
                return

    def _start(self) -> bool:
        """Start the next conversation; whether there was one."""
        try:
            found = next(self.source)
        except StopIteration:
            self.exhausted = True
            return False
        if found is None:
            return False
        talk = _Open(*found)
        self.open[id(talk)] = talk
        self._advance(talk, first=True)
        return True

    def _advance(self, talk: _Open[K, R], *, first: bool = False) -> None:
        """Hand a conversation the replies of its wave and take its next one."""
        try:
            wave = next(talk.conversation) if first else talk.conversation.send(talk.replies)
            while not wave:
                wave = talk.conversation.send([])
        except StopIteration as end:
            del self.open[id(talk)]
            self.ended.append((talk.key, end.value))
            return
        talk.missing = len(wave)
        talk.replies = [None] * len(wave)
        self.ready.extend([_Flight(talk, place, each) for place, each in enumerate(wave)])

    def _admit(self, flight: _Flight) -> None:
        """Start an exchange if its host has a slot, now or when its rate allows."""
        exchange = flight.exchange
        host = exchange.address[1][0]
        count = self.hosts.get(host, 0)
        if count >= self.per_host:
            self.waiting.setdefault(host, deque()).append(flight)
            return
        self.hosts[host] = count + 1
        try:
            when = self.door.ready_at(exchange.target, exchange.address)
        except Undecided as trouble:
            self._reply(flight, Failure(trouble.reason, trouble.detail))
            return
        if when > self.monotonic():
            self._after(when, flight)
        else:
            self._connect(flight)

    def _after(self, when: float, flight: _Flight) -> None:
        self.serial += 1
        heapq.heappush(self.timers, (when, self.serial, flight))

    def _due(self) -> None:
        """What was to happen at a time: a connection that its rate held back, a further segment."""
        timers = self.timers
        while timers and timers[0][0] <= self.now:
            flight = heapq.heappop(timers)[2]
            if flight.number == UNOPENED:
                self._connect(flight)
            elif flight.number != ENDED:
                self._resume(flight)

    def _connect(self, flight: _Flight) -> None:
        family, sockaddr = flight.exchange.address
        flight.deadline = self.now + self.limits.total_seconds
        flight.idle = self.now + self.limits.connect_seconds
        try:
            sock = flight.sock = socket.SocketType(family, STREAM)
            code = sock.connect_ex(sockaddr)
            if len(flight.rest) > 1:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            code = error.errno or errno.EIO
        if code not in (0, errno.EINPROGRESS):
            self._unconnected(flight, code)
            return
        written = self._write(flight)
        if flight.number != ENDED:
            flight.number = number = sock.fileno()
            self.flights[number] = flight
            self.poll.register(number, READ if written else READ | WRITE)

    def _write(self, flight: _Flight) -> bool:
        """Write the next segment; whether it has left whole. The one after it follows 20 ms later."""
        segment, *later = flight.rest
        try:
            sent = flight.sock.send(segment)
        except BlockingIOError:
            return False
        except OSError as error:
            if not flight.connected:
                self._unconnected(flight, error.errno or errno.EIO)
            flight.rest = ()  # what the peer said before it left is still to be read
            return True
        if not flight.connected:
            flight.connected = True
            flight.idle = self.now + self.limits.read_seconds
        if sent < len(segment):
            flight.rest = (segment[sent:], *later)
            return False
        flight.rest = later
        if later:
            self._after(self.now + SEGMENT_SECONDS, flight)
        return True

    def _resume(self, flight: _Flight) -> None:
        """Go on writing, and then only read."""
        if flight.rest:
            written = self._write(flight)
            if flight.number != ENDED:
                self.poll.modify(flight.number, READ if written else READ | WRITE)

    def _poll(self) -> None:
        timeout = SWEEP_SECONDS
        if self.timers:
            timeout = max(0.0, min(timeout, self.timers[0][0] - self.monotonic()))
        events = self.poll.poll(1000 * timeout)
        self.now = now = self.monotonic()
        flights = self.flights
        for number, event in events:
            flight = flights.get(number)
            if flight is None:
                continue
            if now >= flight.deadline:
                self._expire(flight)
            elif not flight.connected:
                self._established(flight)
            elif event & (READ | TROUBLE):
                self._receive(flight)
            else:
                self._resume(flight)
        if now - self.swept >= SWEEP_SECONDS:
            self.swept = now
            for flight in [each for each in flights.values() if now >= each.deadline or now >= each.idle]:
                self._expire(flight)

    def _established(self, flight: _Flight) -> None:
        """The connection stands, or has failed."""
        if code := flight.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._unconnected(flight, code)
            return
        flight.connected = True
        flight.idle = self.now + self.limits.read_seconds
        self._resume(flight)

    def _receive(self, flight: _Flight) -> None:
        try:
            part = flight.sock.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            reason = Reason.RESET if isinstance(error, ConnectionResetError) else Reason.CLOSED
            self._finish(flight, Failure(reason, errno.errorcode.get(error.errno or 0, ""), flight.data[:KEPT_BYTES]))
            return
        exchange = flight.exchange
        flight.parts += 1
        flight.data = data = flight.data + part if flight.data else part
        try:
            reply = exchange.read(data, not part)
        except Exception as error:  # noqa: BLE001 - a reader that breaks must not lose the other conversations
            reply = Failure(Reason.INTERNAL, f"{type(error).__name__} in the reader", data[:KEPT_BYTES])
        if reply is None:
            if not part:
                reply = Failure(Reason.CLOSED, "", data[:KEPT_BYTES])
            elif len(data) >= exchange.max_bytes:
                reply = Failure(Reason.TOO_LARGE, f"no answer in {exchange.max_bytes} bytes", data[:KEPT_BYTES])
            elif flight.parts >= MOST_PARTS:
                reply = Failure(Reason.TOO_LARGE, f"no answer in {MOST_PARTS} parts", data[:KEPT_BYTES])
            else:
                flight.idle = self.now + self.limits.read_seconds
                return
        self._finish(flight, reply)

    def _unconnected(self, flight: _Flight, code: int) -> None:
        # OSError makes the subclass that belongs to the number.
        trouble = connect_failure(OSError(code, ""), flight.exchange.address[1])
        self._finish(flight, Failure(trouble.reason, trouble.detail))

    def _expire(self, flight: _Flight) -> None:
        if flight.connected:
            self._finish(flight, Failure(Reason.TIMEOUT, "", flight.data[:KEPT_BYTES]))
        else:
            host, port = flight.exchange.address[1][:2]
            self._finish(flight, Failure(Reason.CONNECT_TIMEOUT, f"{host} port {port}"))

    def _finish(self, flight: _Flight, reply: Any) -> None:
        if flight.number != UNOPENED:
            del self.flights[flight.number]
            self.poll.unregister(flight.number)
        flight.number = ENDED
        if flight.sock is not None:
            flight.sock.close()
        self._reply(flight, reply)

    def _reply(self, flight: _Flight, reply: Any) -> None:
        """Give the host's slot to the next, and the reply to the conversation."""
        host = flight.exchange.address[1][0]
        if waiting := self.waiting.get(host):
            self.ready.appendleft(waiting.popleft())
            if not waiting:
                del self.waiting[host]
        if left := self.hosts[host] - 1:
            self.hosts[host] = left
        else:
            del self.hosts[host]
        talk = flight.talk
        talk.replies[flight.place] = reply
        talk.missing -= 1
        if not talk.missing:
            self._advance(talk)
