"""Requests that leave together, and how many were really on their way at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

Gate = Callable[[], None]
"""Called when a connection stands, before its request is written; see `wire.http.fetch`."""

MEET_SECONDS = 3.0
"""So long the first waits for the others: a busy machine takes more than one for a handshake. A service that takes one
connection at a time never gets them all."""


def send_at_once(number: int, send: Callable[[int, Gate], object]) -> None:
    """Send that many requests side by side: `send` takes its place among them, and what to call when it is ready.

    Connections take their time to stand, and answers may be quicker than that; so the requests wait for one another
    there. Those that come too late, or whose peers broke, go on alone.
    """
    barrier = threading.Barrier(number)

    def gate() -> None:
        with suppress(threading.BrokenBarrierError):
            barrier.wait(MEET_SECONDS)

    with ThreadPoolExecutor(number) as pool:
        list(pool.map(lambda position: send(position, gate), range(number)))


def most_at_once(spans: Iterable[tuple[float, float]]) -> int:
    """The largest number of spans (begin, end) that have a moment in common; ends belong to no span."""
    events = sorted(event for begin, end in spans for event in ((begin, 1), (max(begin, end), -1)))
    most = now = 0
    for _, step in events:
        now += step
        most = max(most, now)
    return most
