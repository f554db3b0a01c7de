"""Progress on stderr: a bar on a terminal, a line every few seconds elsewhere, nothing when quiet.

Services are what counts in a sweep; with one service, connections show that something happens.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from conformance.core.engine import Progress
from conformance.report.display import count, display

PLAIN_SECONDS = 5.0


@dataclass(slots=True)
class State:
    """How far a run is. opened: connections so far; most: at most so many, the naming of offenders apart."""

    opened: Callable[[], int]
    most: int
    done: int = 0
    total: int = 0
    last: str = ""

    def update(self, done: int, total: int, name: str) -> None:
        """What the engine calls after each service."""
        self.done, self.total, self.last = done, total, display(name, 80)

    @property
    def connections(self) -> str:
        """`12 of at most 56 connections`. Naming offenders may take more than was planned."""
        opened = self.opened()
        return count(opened, "connection") if opened > self.most else f"{opened} of at most {self.most} connections"


@contextmanager
def progress_to(
    stream: TextIO, *, quiet: bool, opened: Callable[[], int], most: int, services: int
) -> Iterator[Progress | None]:
    """The function to call after each service, while the context is open.

    Args:
        stream: where to write.
        quiet: write nothing.
        opened: how many connections there were so far.
        most: how many there will be at most.
        services: how many services will be observed.
    """
    state = State(opened, most, total=services)
    if quiet or not services:
        yield None
    elif stream.isatty():
        with _bar(stream, state):
            yield state.update
    else:
        with _lines(stream, state):
            yield state.update


@contextmanager
def _bar(stream: TextIO, state: State) -> Iterator[None]:
    from rich.console import Console  # noqa: PLC0415 - only on a terminal
    from rich.progress import BarColumn, ProgressColumn, Task, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    class Told(ProgressColumn):
        """Reads the state at each refresh, so that it moves while one service is looked at."""

        def render(self, task: Task) -> Text:
            task.completed = state.done or min(state.opened() / max(state.most, 1), 0.99)
            task.total = state.total
            return Text(f"{state.done} of {count(state.total, 'service')}, {state.connections}", no_wrap=True)

    columns = (TextColumn("observing"), BarColumn(10), TimeElapsedColumn(), Told())
    with Bar(*columns, console=Console(file=stream), transient=True, refresh_per_second=4) as bar:
        bar.add_task("", total=state.total)
        yield


@contextmanager
def _lines(stream: TextIO, state: State) -> Iterator[None]:
    """A line now and every PLAIN_SECONDS, and one at the end."""
    ended = threading.Event()

    def write(word: str) -> None:
        told = f"{word} {state.done} of {count(state.total, 'service')}, {state.connections}"
        stream.write(told + (f", last {state.last}" if state.last else "") + "\n")
        stream.flush()

    def tell() -> None:
        while not ended.wait(PLAIN_SECONDS):
            write("observing:")

    stream.write(f"observing {count(state.total, 'service')}, at most {count(state.most, 'connection')}\n")
    stream.flush()
    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        write("observed:")
