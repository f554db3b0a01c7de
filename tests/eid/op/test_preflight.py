"""The preflight's own checks: the clock, and the pause between logins."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from conformance.core.model import Target, Undecided
from conformance.core.network import Door
from conformance.eid.op.preflight import _check_clock
from conformance.eid.op.provider import Provider
from conformance.eid.op.settings import Client, Settings
from conformance.wire.exchange import HttpExchange

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def dated(*dates: str) -> HttpExchange:
    fields = tuple(("date", each) for each in dates)
    return HttpExchange("GET", "https://a", 200, fields, b"", NOW, NOW, (2, ("127.0.0.1", 1)))


@pytest.mark.parametrize("seconds", [-59, 0, 59])
def test_clocks_may_differ_a_little(seconds: int) -> None:
    _check_clock(dated(format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)))


@pytest.mark.parametrize("seconds", [-3600, 61])
def test_clocks_that_differ_are_named_and_nothing_else(seconds: int) -> None:
    with pytest.raises(Undecided, match="clock"):
        _check_clock(dated(format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)))


@pytest.mark.parametrize("date", ["", "yesterday", "28 Nov 2026 12:00:00", "\x00"])
def test_a_date_that_says_nothing_decides_nothing(date: str) -> None:
    _check_clock(dated(date))
    _check_clock(dated())


def test_logins_keep_their_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    now = [100.0]

    def sleep(seconds: float) -> None:
        waited.append(round(seconds, 3))
        now[0] += seconds

    monkeypatch.setattr(time, "sleep", sleep)
    settings: Any = Settings(
        "https://a", "public", "XA", (), (), frozenset(), 1.5, False, "", Path(), "", "", "", False
    )
    door = Door(monotonic=lambda: now[0])
    made = Provider(door, Target("x", "XA", "x", ()), settings, {}, Client("a", "none", "https://rp.example"))
    for _ in range(3):
        made.pause()
    now[0] += 10
    made.pause()
    assert waited == [0.0, 1.5, 1.5, 0.0]
