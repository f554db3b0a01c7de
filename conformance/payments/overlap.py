"""Requests that leave together, and how many were really on their way at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

Gate = Callable[[Callable[[], None]], None]
"""Called when a connection stands, with what writes its request; returns when that is written (`wire.http.fetch`)."""

MEET_SECONDS = 3.0
"""So long the first waits for the others: a busy machine takes more than one for a handshake. A service that takes one
connection at a time never gets them all."""


def send_at_once(number: int, send: Callable[[int, Gate], object]) -> None:
    """Send that many requests side by side: `send` takes its place among them, and what to call when it is ready.

    Connections take their time to stand, and answers may be quicker than that; so the requests wait for one another
    there. Whoever comes last writes them all, one behind the other: a thread that is woken may get its turn after an
    answer has come. Those that come too late, or whose peers broke, go on alone.
    """
    waiting: dict[int, Callable[[], None]] = {}
    written: dict[int, Exception | None] = {}

    def leave() -> None:
        for position, write in waiting.items():
            written[position] = _trouble(write)

    barrier = threading.Barrier(number, leave)

    def gate(position: int, write: Callable[[], None]) -> None:
        if position in waiting:  # it is sent once more, which concerns nobody else
            write()
            return
        waiting[position] = write
        with suppress(threading.BrokenBarrierError):
            barrier.wait(MEET_SECONDS)
        if position not in written:
            write()
        elif trouble := written[position]:
            raise trouble

    with ThreadPoolExecutor(number) as pool:
        list(pool.map(lambda position: send(position, partial(gate, position)), range(number)))


def _trouble(write: Callable[[], None]) -> Exception | None:
    """What writing came to: its connection's owner hears of it."""
    try:
        write()
    except Exception as error:  # noqa: BLE001 - raised again where the connection is
        return error
    return None


def most_at_once(spans: Iterable[tuple[float, float]]) -> int:
    """The largest number of spans (begin, end) that have a moment in common; ends belong to no span."""
    events = sorted(event for begin, end in spans for event in ((begin, 1), (max(begin, end), -1)))
    most = now = 0
    for _, step in events:
        now += step
        most = max(most, now)
    return most
