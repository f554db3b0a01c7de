"""Looking at several services at once, a bounded number of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

WORKERS = 4


def side_by_side(look: Callable[[A], B], given: Iterable[A], workers: int = WORKERS) -> Iterator[B]:
    """`look` of each, as soon as it is there, in any order; never more than `workers` are taken from `given` at once.

    What `look` raises is raised here, once the others in hand have ended.
    """
    waiting = iter(given)
    with ThreadPoolExecutor(workers) as pool:
        running: set[Future[B]] = set()
        while True:
            while len(running) < workers and (following := next(waiting, None)) is not None:
                running.add(pool.submit(look, following))
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
