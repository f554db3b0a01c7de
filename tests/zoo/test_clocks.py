"""Z48 through the engine: a clock that is wrong, here or there, makes nothing red and nothing green."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from conformance.commands.prepare import Request
from conformance.commands.run import execute
from conformance.core.area import Stand
from conformance.core.model import Status
from conformance.core.network import Door
from conformance.sandbox import Sandbox, Spec
from conformance.tls.clocks import seconds_ahead
from conformance.tls.evidence import HttpAnswer
from tests.zoo.runs import PATIENT, a_door, a_target, honest_context, run
from tests.zoo.servers import serve

ANCHORS = ("TLS-CRT-01", "TLS-CRT-05", "TLS-CRT-14")
"""What a root in date shows, and what only publicly trusted certificates must."""

YEARS = timedelta(days=3650)

Verdicts = dict[str, tuple[Status, str]]


def now(ahead: timedelta = timedelta()) -> str:
    return format_datetime(datetime.now(UTC) + ahead, usegmt=True)


def dated(date: str) -> bytes:
    """An answer of an honest server, with this Date."""
    fields = f"Date: {date}\r\nStrict-Transport-Security: max-age=63072000; includeSubDomains\r\n"
    return f"HTTP/1.1 200 OK\r\n{fields}Content-Length: 0\r\nConnection: close\r\n\r\n".encode()


def verdicts(folder: Path, date: str, clock: Callable[[], datetime] | None = None) -> Verdicts:
    """What a run of the whole profile on an endpoint with this Date comes to, by our clock."""

    def answer(stream: Any) -> None:
        stream.recv(65_536)
        stream.sendall(dated(date))

    with serve(answer, tls=honest_context(), read=False) as server:
        found = run(folder, a_target(server.at), door=a_door(PATIENT, clock=clock))
    return {cell.requirement: (cell.status, cell.reason) for cell in found.cells}


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Verdicts:
    """The verdicts where both clocks are right."""
    return verdicts(tmp_path_factory.mktemp("right"), now())


def changed(right: Verdicts, seen: Verdicts) -> dict[str, str]:
    """What has become of the verdicts that are not what they are where both clocks are right."""
    return {name: f"{seen[name][0]} {seen[name][1]}" for name in right if seen[name] != right[name]}


@pytest.mark.parametrize("step", [YEARS, -YEARS])
def test_z48_our_clock_is_years_off(tmp_path: Path, right: Verdicts, step: timedelta) -> None:
    """By it certificate and root have expired, or are not valid yet: the endpoint's Date says that this may be ours."""
    seen = verdicts(tmp_path, now(), lambda: datetime.now(UTC) + step)
    due = {"TLS-CRT-03": "error control-failed", "TLS-CRT-09": "error not-observable"}
    due |= {"TLS-CRT-04": "error control-failed"} if step > timedelta() else {}
    assert changed(right, seen) == due | dict.fromkeys(ANCHORS, "error certificate")
    assert {right[name][0] for name in due} == {Status.PASS}


@pytest.mark.parametrize("step", [YEARS, -YEARS])
def test_z48_their_clock_is_years_off(tmp_path: Path, right: Verdicts, step: timedelta) -> None:
    due = ("TLS-CRT-03", "TLS-CRT-04") if step > timedelta() else ("TLS-CRT-03",)
    assert changed(right, verdicts(tmp_path, now(step))) == dict.fromkeys(due, "error control-failed")


DATES = {
    "none": "",
    "no-date": "yesterday",
    "leap-second": "Sat, 31 Dec 2016 23:59:60 GMT",
    "an-hour-ahead": now(timedelta(hours=1)),  # by which the same holds
    "two": f"{now()}\r\nDate: {now(YEARS)}",
}


@pytest.mark.parametrize("name", DATES)
def test_z48_a_date_that_says_nothing_changes_nothing(tmp_path: Path, right: Verdicts, name: str) -> None:
    assert changed(right, verdicts(tmp_path, DATES[name])) == {}


def test_z48_a_clock_that_steps_while_it_looks_makes_no_time_negative(tmp_path: Path, right: Verdicts) -> None:
    """Each look at it is a second earlier: deadlines are monotonic, and the run ends as it would."""
    start, begun, looks = datetime.now(UTC), time.monotonic(), iter(range(1_000_000))
    seen = verdicts(tmp_path, now(), lambda: start - timedelta(seconds=next(looks)))
    assert time.monotonic() - begun < 20
    assert changed(right, seen) == {}


def test_z48_dates_of_every_kind_have_a_difference() -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    for text, ahead in {
        "Tue, 24 Nov 2026 00:05:01 GMT": 301,
        "Mon, 23 Nov 2026 00:00:00 GMT": -86_400,
        "Sat, 31 Dec 2016 23:59:60 GMT": 0,
        "Tue, 24 Nov 2026 00:05:01 -0000": 0,
        "Tue, 24 Nov 2026 00:05:01 +9999": 0,
        "\u0664": 0,
    }.items():
        assert seconds_ahead(HttpAnswer(200, (("date", text),), "x"), at) == ahead, text
    assert seconds_ahead(None, at) == 0


@pytest.mark.parametrize(
    ("policy", "told"), [("good", "gets 401 invalid_client"), ("baseline", "our clock and the provider's differ by")]
)
@pytest.mark.parametrize("step", [YEARS, -timedelta(days=1)])
def test_z48_tokens_are_not_judged_by_a_clock_that_is_off(
    tmp_path: Path, step: timedelta, policy: str, told: str
) -> None:
    """An assertion of ours is refused for its time; where clients have a secret instead, Date tells."""
    with Sandbox([Spec("xa-op", "XA", "op", (Stand("xa-op", "XA", "op", "openid-provider", policy),))]) as sandbox:
        door = Door(ca_file=str(sandbox.roots), clock=lambda: datetime.now(UTC) + step)
        request = Request(out=tmp_path / "run", only=("EID-IDT-*", "EID-TOK-01", "EID-DPOP-*"))
        ran = execute(request, door, sandbox.targets, front="loop", quiet=True)
    cells = [cell for cell in ran.run.cells if cell.reason != "deselected"]
    assert len(cells) > 15
    assert {(str(cell.status), cell.reason) for cell in cells} == {("error", "control-failed")}
    assert all(cell.detail.startswith("preflight: ") and told in cell.detail for cell in cells)
