"""Spans that overlap."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.payments.overlap import Gate, most_at_once, send_at_once


@pytest.mark.parametrize(
    ("spans", "most"),
    [
        ([], 0),
        ([(0, 1)], 1),
        ([(0, 1), (1, 2)], 1),
        ([(0, 2), (1, 3)], 2),
        ([(0, 9), (1, 2), (3, 4)], 2),
        ([(0, 9), (1, 5), (3, 4)], 3),
    ],
)
def test_the_most_at_once(spans: list[tuple[float, float]], most: int) -> None:
    assert most_at_once(spans) == most


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9)), max_size=12))
def test_it_is_what_counting_at_each_moment_gives(starts: list[tuple[int, int]]) -> None:
    spans = [(float(begin), float(begin + length)) for begin, length in starts]
    counted = max((sum(begin <= t < end for begin, end in spans) for t in range(31)), default=0)
    assert most_at_once(spans) == counted


def test_requests_leave_together_however_long_their_connections_take() -> None:
    left: list[float] = []
    stood: list[float] = []
    writers: set[int] = set()

    def write() -> None:
        left.append(time.monotonic())
        writers.add(threading.get_ident())

    def send(position: int, gate: Gate) -> None:
        time.sleep(position * 0.05)
        stood.append(time.monotonic())
        gate(write)
        gate(lambda: stood.append(0.0))  # asked once more, alone

    send_at_once(4, send)
    assert min(left) >= max(stood)
    assert (len(left), len(writers), stood.count(0.0)) == (4, 1, 4)


def test_who_cannot_be_written_hears_of_it_and_the_others_leave() -> None:
    left: list[int] = []
    heard: list[int] = []

    def send(position: int, gate: Gate) -> None:
        def write() -> None:
            if position == 1:
                raise ConnectionResetError
            left.append(position)

        try:
            gate(write)
        except ConnectionResetError:
            heard.append(position)

    send_at_once(3, send)
    assert (sorted(left), heard) == ([0, 2], [1])


def test_who_waits_for_the_others_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.payments.overlap.MEET_SECONDS", 0.05)
    gone: list[int] = []

    def send(position: int, gate: Gate) -> None:
        if position:
            gate(lambda: gone.append(position))

    send_at_once(3, send)
    assert sorted(gone) == [1, 2]
