"""Z01 to Z04, Z42, Z44 and Z48 at the door: connections that fail, rates, a server that changes its mind, clocks."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from conformance.core.model import Reason, Undecided
from conformance.wire.http import fetch
from tests.zoo.servers import (
    OK,
    ONE_HOST,
    OTHER_HOST,
    SHORT,
    a_door,
    a_target,
    answering,
    closed_port,
    contained,
    resetting,
    serve,
    silent,
)


def test_z01_connection_refused() -> None:
    door = a_door()
    error = contained(lambda: fetch(door, a_target(), f"http://127.0.0.1:{closed_port()}/"), Reason.REFUSED)
    assert "127.0.0.1 port" in error.detail
    assert door.counts["xa-zoo"] == 1


def test_z02_accept_and_silence() -> None:
    with serve(silent, read=False) as server:
        contained(lambda: fetch(a_door(), a_target(), server.url), Reason.TIMEOUT)
        contained(lambda: fetch(a_door(), a_target(), server.tls_url, verify=False), Reason.TIMEOUT)


def test_z03_full_backlog() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        queue = [socket.socket() for _ in range(4)]
        for waiting in queue:
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        time.sleep(0.05)
        contained(lambda: fetch(a_door(), a_target(), f"http://127.0.0.1:{port}/"), Reason.CONNECT_TIMEOUT)
        for waiting in queue:
            waiting.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_z04_reset_after_accept(scheme: str) -> None:
    with serve(resetting, read=False) as server:
        contained(lambda: fetch(a_door(), a_target(), f"{scheme}://{server.at}/", verify=False), Reason.RESET)


def test_z01_to_z04_benign_twin() -> None:
    with serve(answering(OK)) as server:
        assert fetch(a_door(), a_target(), server.url).status == 200


def test_z42_rate_and_concurrency_hold_at_the_server() -> None:
    """30 targets behind one address, 100 a second and 4 at once: counted where the connections arrive."""
    limits = replace(SHORT, per_host=4)
    door = a_door(limits=limits, free=ONE_HOST)

    def slow(stream: socket.socket) -> None:
        time.sleep(0.05)
        stream.sendall(OK)

    with serve(slow, host=OTHER_HOST) as server, ThreadPoolExecutor(16) as pool:
        targets = [a_target(OTHER_HOST, id=f"xa-{n}", max_rps=100.0) for n in range(30)]
        statuses = Counter(pool.map(lambda target: fetch(door, target, server.url).status, targets))
    assert statuses == {200: 30}
    assert server.peak <= 4 + 1  # the server's own counter falls a moment after the client's close
    assert server.accepted_at[-1] - server.accepted_at[0] >= 29 / 100 - 0.02
    assert door.counts == {f"xa-{n}": 1 for n in range(30)}


def test_z42_retry_after_is_heeded() -> None:
    busy = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
    replies = iter([busy, OK])
    door = a_door(free=ONE_HOST)
    with serve(lambda stream: stream.sendall(next(replies)), host=OTHER_HOST) as server:
        target = a_target(OTHER_HOST)
        error = contained(lambda: fetch(door, target, server.url), Reason.RATE_LIMIT)
        assert "Retry-After '1'" in error.detail
        assert fetch(door, target, server.url).status == 200
    assert server.accepted_at[1] - server.accepted_at[0] >= 0.95


@pytest.mark.parametrize(
    ("today", "word"), [(date(2019, 12, 31), "starts"), (date(2036, 11, 24), "ended"), (date(2026, 11, 24), "")]
)
def test_z48_clock_decides_the_authorisation_before_any_packet(today: date, word: str) -> None:
    """Ten years on, or a day before: the expired authorisation stops us, and the server sees nothing."""
    door = a_door(free=ONE_HOST, clock=lambda: datetime(today.year, today.month, today.day, tzinfo=UTC))
    target = a_target(OTHER_HOST, not_before=date(2020, 1, 1), not_after=date(2027, 1, 1))
    with serve(answering(OK), host=OTHER_HOST) as server:
        if word:
            assert word in contained(lambda: fetch(door, target, server.url), Reason.OUT_OF_SCOPE).detail
        else:
            assert fetch(door, target, server.url).status == 200
    assert server.hits == (0 if word else 1)


def test_z48_wall_clock_that_steps_during_a_run_does_not_move_the_deadline() -> None:
    steps = iter(datetime(2026, 11, 24, tzinfo=UTC) - timedelta(days=n) for n in range(1000))
    with serve(answering(OK)) as server:
        exchange = fetch(a_door(clock=lambda: next(steps)), a_target(), server.url)
        assert exchange.answered_at < exchange.asked_at  # as told, not repaired
    with serve(silent) as server:
        contained(lambda: fetch(a_door(clock=lambda: next(steps)), a_target(), server.url), Reason.TIMEOUT)


def test_z44_flapping_server_gives_both_answers_as_they_are() -> None:
    """The door repairs nothing: no retry hides a failure. The engine compares, and calls it flaky."""
    chance = random.Random(44)
    plan = [chance.random() < 0.5 for _ in range(20)]
    pending, lock = iter(plan), threading.Lock()

    def flap(stream: socket.socket) -> None:
        with lock:
            good = next(pending)
        if good:
            stream.sendall(OK)
        else:
            resetting(stream)

    seen = []
    with serve(flap) as server:
        for _ in plan:
            try:
                seen.append(str(fetch(a_door(), a_target(), server.url).status))
            except Undecided as error:
                seen.append(error.reason)
        assert server.hits == len(plan)
    assert seen == ["200" if good else "reset" for good in plan]
