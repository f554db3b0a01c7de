"""What strangers send: whatever it is, it is told in a word, within bounds."""

from __future__ import annotations

import re
import resource
import socket
import threading
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.core.profile import load_profile
from conformance.payments.iso20022 import listener
from conformance.payments.iso20022.listener import listen
from conformance.payments.iso20022.mutations import BY_NAME
from conformance.payments.iso20022.observe_messages import read_file
from conformance.payments.iso20022.samples import FIXED, PACS_008, Agreement, fill
from conformance.payments.iso20022.validate import terms_of, validate
from conformance.payments.iso20022.xml import MAX_OCTETS, read_message
from conformance.wire.serving import reserved

TERMS = terms_of(load_profile("asean").requirements)
GOOD = fill(PACS_008, Agreement(), FIXED)
BOMB = fill(BY_NAME["xml-bomb"].template, Agreement(), FIXED)


def test_a_file_of_200_megabytes_is_read_no_further_than_shows_its_size(tmp_path: Path) -> None:
    with (tmp_path / "large.xml").open("wb") as file:
        file.write(GOOD)
        file.truncate(200 * 1024 * 1024)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    message = read_file(tmp_path, "large.xml")
    assert message.trouble == "too-large"
    assert message.octets == MAX_OCTETS + 1
    assert time.monotonic() - started < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024


def test_a_file_that_is_not_there_is_a_message_with_that_trouble(tmp_path: Path) -> None:
    assert read_file(tmp_path, "absent.xml").trouble == "unreadable"
    assert read_file(tmp_path, ".").trouble == "unreadable"
    assert read_file(tmp_path, "a\0b").trouble == "unreadable"


def test_bombs_cost_nothing() -> None:
    started = time.monotonic()
    for _ in range(200):
        assert read_message("bomb", BOMB).trouble == "doctype"
    assert time.monotonic() - started < 0.5


@pytest.mark.parametrize("unit", [b"<!-- ", b"<?x ", b" ", b"<a>", b"<a b='", b"&lt;", b"\xf0\x9f\x98\x80"])
def test_a_megabyte_of_anything_is_read_in_linear_time(unit: bytes) -> None:
    octets = (unit * (MAX_OCTETS // len(unit)))[:MAX_OCTETS]
    started = time.monotonic()
    assert read_message("long", octets).trouble
    assert time.monotonic() - started < 2


def test_long_names_above_many_leaves_are_refused_before_they_are_repeated() -> None:
    """5,000 leaves under names of 45,000 characters would be 883 MB of paths."""
    names = [f"a{letter * 7_000}" for letter in "bcdefgh"]
    text = "".join(f"<{each}>" for each in names) + "<x/>" * 4_000 + "".join(f"</{each}>" for each in reversed(names))
    tracemalloc.start()
    try:
        found = read_message("long", f'<Document xmlns="urn:x">{text}</Document>'.encode())
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    assert found.trouble == "too-deep"


@given(st.binary(max_size=400))
@settings(max_examples=300)
def test_any_octets_are_a_message(octets: bytes) -> None:
    assert validate(octets, "XA", TERMS).broken


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=3), st.integers(0, 40))
@settings(max_examples=300, deadline=None)
def test_any_damage_is_read_without_an_exception(place: int, new: bytes, gone: int) -> None:
    validate(GOOD[:place] + new + GOOD[place + gone :], "XA", TERMS)


VALUE = re.compile(rb">([^<>]{1,80})<")


@given(st.data(), st.text(max_size=30).filter(lambda text: not any(each in text for each in "<&\x00\r")))
@settings(max_examples=300, deadline=None)
def test_any_value_is_judged_without_an_exception(data: st.DataObject, text: str) -> None:
    """Every value replaced by any text that XML can carry: rules see numbers, times and codes that are none."""
    found = data.draw(st.sampled_from(list(VALUE.finditer(GOOD))))
    octets = GOOD[: found.start(1)] + text.encode("utf-8", "surrogatepass") + GOOD[found.end(1) :]
    validate(octets, "XA", TERMS)


@pytest.mark.parametrize("amount", ["999999999999999.99", "9999999999999999.9", "0.00001"])
def test_the_largest_amounts_and_rates_that_the_schema_takes_are_computed(amount: str) -> None:
    terms = replace(Agreement(), amount=amount, rate="9999999999.1")
    found = {each.rule for each in validate(fill(PACS_008, terms, FIXED), "XA", TERMS).broken}
    assert "rate" in found
    assert "schema" not in found


def post(address: str, head: str, body: bytes = b"", *, hold: bool = False) -> bytes:
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head.encode() + b"\r\n\r\n" + body)
        if hold:
            return b""
        try:
            return connection.recv(4096)
        except OSError:
            return b""


def test_the_listener_keeps_what_comes_whole_and_counts_the_rest() -> None:
    with reserved() as address, listen(address) as inbox:
        good = f"POST /cb/token HTTP/1.1\r\nHost: x\r\nContent-Length: {len(GOOD)}"
        assert post(address, good, GOOD).startswith(b"HTTP/1.0 202")
        assert post(address, "POST /cb/other HTTP/1.1\r\nHost: x\r\nContent-Length: 209715200").split()[1] == b"413"
        assert post(address, "POST /cb/none HTTP/1.1\r\nHost: x").split()[1] == b"411"
        assert post(address, "POST /cb/bad HTTP/1.1\r\nHost: x\r\nContent-Length: -1").split()[1] == b"411"
        assert post(address, "GET /cb/token HTTP/1.1\r\nHost: x").split()[1] == b"501"
        post(address, "\x16\x03\x01 no HTTP at all")
        inbox.wait(lambda: inbox.connections >= 6, time.monotonic() + 5)
    assert [(each.token, each.status) for each in inbox.received] == [
        ("token", 202),
        ("other", 413),
        ("none", 411),
        ("bad", 411),
    ]
    assert inbox.received[0].body == GOOD
    assert inbox.connections == 6


def test_a_drip_does_not_keep_the_others_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "SECONDS", 0.5)
    with reserved() as address, listen(address) as inbox:
        host, port = address.split(":")
        drips = [socket.create_connection((host, int(port))) for _ in range(listener.OPEN_AT_ONCE)]
        for drip in drips:
            drip.sendall(b"POST /cb/drip HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx")
        inbox.wait(lambda: len(inbox.received) == len(drips), time.monotonic() + 5)
        assert {each.status for each in inbox.received} == {400}
        head = f"POST /cb/token HTTP/1.1\r\nHost: x\r\nContent-Length: {len(GOOD)}"
        assert post(address, head, GOOD).startswith(b"HTTP/1.0 202")
        for drip in drips:
            drip.close()


def test_a_flood_is_counted_and_kept_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "KEPT", 5)
    with reserved() as address, listen(address) as inbox:
        for number in range(12):
            post(address, f"POST /cb/{number} HTTP/1.1\r\nHost: x\r\nContent-Length: 1", b"x")
    assert len(inbox.received) == 5
    assert inbox.dropped == 7


def test_the_listener_stops_at_once_and_leaves_no_thread_that_listens() -> None:
    before = threading.active_count()
    with reserved() as address:
        with listen(address):
            post(address, "POST /cb/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5", b"1", hold=True)
            started = time.monotonic()
        assert time.monotonic() - started < 1
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", int(address.split(":")[1])), timeout=1)
    assert threading.active_count() <= before + 1
