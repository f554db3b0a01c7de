"""Connections that end at their total deadline.

A read time-out never fires on a server that sends one byte a second, and a thread cannot be cancelled. Therefore a
watchdog (one thread, one heap, for all connections of a door) shuts each socket at its deadline and sets `expired`:
**whatever was parsed from an expired connection decides nothing.**
"""

from __future__ import annotations

import heapq
import itertools
import os
import socket
import threading
from collections.abc import Callable
from typing import Any, TypeAlias

Address: TypeAlias = tuple[int, tuple[Any, ...]]
"""(socket family, sockaddr), as `socket.connect` takes them."""


class Connection(socket.socket):
    """A connected socket under watch. `expired` is set when the watchdog shut it at its total deadline.

    `ssl` detaches the socket that it wraps; the watch then goes on by descriptor. Close the connection itself as well
    when done with a wrapper: it ends the watch and gives the slot of its host back.
    """

    expired = False
    address: Address
    deadline = 0.0  # on the door's monotonic clock
    unwatch: Callable[[], None] | None = None
    give_back: Callable[[], None] | None = None
    _detached: tuple[int, int] | None = None

    def detach(self) -> int:
        """Give up the descriptor, as `ssl` asks; remember it and its inode for the watch."""
        inode = os.fstat(self.fileno()).st_ino if self.fileno() >= 0 else 0
        descriptor = super().detach()
        self._detached = (descriptor, inode)
        return descriptor

    def _real_close(self) -> None:
        """What `close` comes to once no file made of the socket is open: end the watch, close, give the slot back."""
        unwatch, self.unwatch = self.unwatch, None
        if unwatch:
            unwatch()
        super()._real_close()  # type: ignore[misc]  # CPython's own hook; typeshed leaves it out
        give_back, self.give_back = self.give_back, None
        if give_back:
            give_back()

    def expire(self) -> None:
        """Shut both directions, so that whoever reads or writes returns at once. Called by the watchdog."""
        self.expired = True
        try:
            if self._detached is None:
                self.shutdown(socket.SHUT_RDWR)
            else:
                _shut_descriptor(*self._detached)
        except OSError:
            pass  # closed, or never connected


def _shut_descriptor(descriptor: int, inode: int) -> None:
    """Shut a socket known by its descriptor, unless that number meanwhile names another file."""
    if os.fstat(descriptor).st_ino != inode:
        return
    borrowed = socket.socket(fileno=descriptor)
    try:
        borrowed.shutdown(socket.SHUT_RDWR)
    finally:
        borrowed.detach()


class Watchdog:
    """One thread that expires connections at their deadlines. It lives only while there is something to watch."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, Connection]] = []
        self._watched: set[int] = set()
        self._serial = itertools.count()
        self._thread: threading.Thread | None = None

    def watch(self, connection: Connection) -> Callable[[], None]:
        """Expire the connection at its deadline. Returns the function that ends the watch."""
        with self._changed:
            serial = next(self._serial)
            self._watched.add(serial)
            heapq.heappush(self._heap, (connection.deadline, serial, connection))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="door-watchdog", daemon=True)
                self._thread.start()
            elif self._heap[0][1] == serial:
                self._changed.notify()
        return lambda: self._forget(serial)

    def _forget(self, serial: int) -> None:
        with self._changed:
            self._watched.discard(serial)
            if not self._watched:
                self._heap.clear()
                self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._heap and (wait := self._heap[0][0] - self._monotonic()) > 0:
                    self._changed.wait(wait)
                if not self._heap:
                    self._thread = None
                    return
                _, serial, connection = heapq.heappop(self._heap)
                if serial in self._watched:
                    self._watched.discard(serial)
                    connection.expire()
