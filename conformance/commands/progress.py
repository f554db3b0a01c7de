"""Progress on stderr: a bar on a terminal, a line every few seconds elsewhere, nothing when quiet."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from conformance.core.engine import Progress

PLAIN_SECONDS = 5.0


@contextmanager
def progress_to(stream: TextIO, *, quiet: bool) -> Iterator[Progress | None]:
    """The function to call after each service, while the context is open."""
    if quiet:
        yield None
    elif stream.isatty():
        with _bar(stream) as update:
            yield update
    else:
        yield _plain(stream)


@contextmanager
def _bar(stream: TextIO) -> Iterator[Progress]:
    from rich.console import Console  # noqa: PLC0415 - only on a terminal
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    columns = (
        TextColumn("observing"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Bar(*columns, console=Console(file=stream), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, name: bar.update(task, completed=done, total=total, description=name)


def _plain(stream: TextIO) -> Progress:
    last = time.monotonic()

    def update(done: int, total: int, name: str) -> None:
        nonlocal last
        if time.monotonic() - last >= PLAIN_SECONDS or done == total:
            last = time.monotonic()
            stream.write(f"observed {done} of {total} services, last {name}\n")
            stream.flush()

    return update
