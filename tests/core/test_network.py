"""The door lets out what an authorisation covers, to the addresses that were checked, in time and at a rate."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import certifi
import pytest

from conformance.core import scope
from conformance.core.model import Reason, Undecided
from conformance.core.network import Address, Door, Limits
from tests.zoo.servers import (
    ONE_HOST,
    OTHER_HOST,
    SHORT,
    a_door,
    a_service,
    a_target,
    closed_port,
    contained,
    identity,
    serve,
    silent,
)

REMOTE: Address = (socket.AF_INET, ("8.8.4.4", 443))


def resolving(**names: str) -> Callable[[str], list[str]]:
    return lambda host: names[host.replace(".", "_")].split()


def noting(asked: list[str], address: str) -> Callable[[str], list[str]]:
    def resolve(host: str) -> list[str]:
        asked.append(host)
        return [address]

    return resolve


def refused(door: Door, host: str, *, port: int = 443, kind: str = "tls", **target: object) -> Undecided:
    hosts = target.pop("hosts", ())
    with pytest.raises(Undecided) as caught:
        door.permit(a_target(*hosts, **target), host, port, kind)  # type: ignore[misc]
    assert caught.value.reason is Reason.OUT_OF_SCOPE
    return caught.value


@pytest.mark.parametrize("host", ["127.0.0.1", "127.255.255.254", "::1", "[::1]"])
def test_loopback_addresses_need_no_authorisation(host: str) -> None:
    (address,) = a_door().permit(a_target(), host, 443, "tls")
    assert address[1][:2] == (host.strip("[]"), 443)


def test_localhost_needs_no_authorisation_while_it_means_loopback() -> None:
    assert a_door(resolve=resolving(localhost="127.0.0.1 ::1")).permit(a_target(), "LOCALHOST.", 1, "tls")
    assert "no authorisation" in refused(a_door(resolve=resolving(localhost="8.8.4.4")), "localhost").detail


def test_nothing_is_resolved_for_a_host_that_is_not_authorised() -> None:
    """A query would leave this machine, so the authorisation is looked at before."""
    asked: list[str] = []
    door = a_door(resolve=noting(asked, "8.8.4.4"))
    refused(door, "login.example")
    refused(door, "login.example", hosts=("other.example",))
    assert asked == []
    assert door.permit(a_target("login.example"), "login.example", 443, "tls") == (REMOTE,)


@pytest.mark.parametrize(
    ("pattern", "host", "covered"),
    [
        ("login.example", "login.example", True),
        ("login.example", "LOGIN.example.", True),
        ("login.example", "x.login.example", False),
        ("*.login.example", "x.login.example", True),
        ("*.login.example", "a.b.login.example", True),
        ("*.login.example", "login.example", False),
        ("*.login.example", "evillogin.example", False),
        ("*", "login.example", False),
        ("8.8.4.4", "8.8.4.4", True),
        ("2a00:1450::1", "2A00:1450:0::1", True),
    ],
)
def test_hosts_are_covered_exactly_or_below_a_wildcard(pattern: str, host: str, covered: bool) -> None:
    door = a_door(resolve=lambda _: ["8.8.4.4"])
    if covered:
        assert door.permit(a_target(pattern), host, 443, "tls")
    else:
        assert "hosts" in refused(door, host, hosts=(pattern,)).detail


def test_kind_must_be_authorised() -> None:
    assert refused(a_door(), "8.8.4.4", hosts=("8.8.4.4",), kind="oidc").detail.startswith("oidc")


@pytest.mark.parametrize(
    ("now", "allowed"),
    [
        (datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 1, tzinfo=UTC), True),
        (datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC), True),
        (datetime(2027, 2, 1, tzinfo=UTC), False),
        # Seven in the morning of 1 February in Bangkok is still January in UTC.
        (datetime(2027, 2, 1, 6, 59, tzinfo=timezone(timedelta(hours=7))), True),
    ],
    ids=["day-before", "first-day", "last-day", "day-after", "bangkok"],
)
def test_authorisation_holds_from_its_first_to_its_last_day_in_utc(now: datetime, allowed: bool) -> None:
    door = a_door(clock=lambda: now)
    target = a_target("8.8.4.4", not_before=date(2026, 11, 1), not_after=date(2027, 1, 31))
    if allowed:
        assert door.permit(target, "8.8.4.4", 443, "tls")
    else:
        with pytest.raises(Undecided, match=r"authorisation (starts|ended) on"):
            door.permit(target, "8.8.4.4", 443, "tls")


@pytest.mark.parametrize(
    "host",
    [
        *("2130706433", "0x7f000001", "0x7f.1", "127.1", "017700000001", "0", "127.0.0.1.", "127.0.0.01", "1.2.3.4.5"),
        *("fe80::1%eth0", "127.0.0.1\x00", "a b", "", ".", "a..b", "-a.example", "ex\u00e4mple.example", "a" * 64),
        *("\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "x." * 127 + "com", "http://127.0.0.1", "a@b", "a/b"),
    ],
)
def test_hosts_that_two_resolvers_read_differently_are_refused(host: str) -> None:
    asked: list[str] = []
    door = a_door(resolve=noting(asked, "127.0.0.1"))
    refused(door, host, hosts=(host or "x",))
    assert asked == []


NEVER_DIALLED = [
    *("0.0.0.0", "0.1.2.3", "169.254.169.254", "192.0.0.1", "192.0.2.1", "192.88.99.1", "198.51.100.1", "203.0.113.9"),
    *("224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.4.4"),
    *("64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1"),
    *("fe80::1", "fec0::1", "ff02::1"),
]


@pytest.mark.parametrize("address", NEVER_DIALLED)
def test_special_purpose_addresses_are_refused_whatever_is_authorised(address: str) -> None:
    assert "special-purpose" in refused(a_door(), address, hosts=(address,)).detail
    by_name = a_door(resolve=resolving(x_example=address))
    assert "special-purpose" in refused(by_name, "x.example", hosts=("x.example",)).detail


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "100.64.0.1", "172.31.255.255", "192.168.1.1", "198.19.0.1", "fd00::1"]
)
def test_private_addresses_need_private_addresses_true(address: str) -> None:
    for host, door in ((address, a_door()), ("x.example", a_door(resolve=resolving(x_example=address)))):
        assert door.permit(a_target(host), host, 443, "tls")
        assert "private" in refused(door, host, hosts=(host,), private_addresses=False).detail


def test_public_name_that_resolves_to_loopback_is_refused() -> None:
    """Whoever owns an authorised name may point it at us; that must not reach our own services."""
    door = a_door(resolve=resolving(login_example="127.0.0.1"))
    assert "127.0.0.1" in refused(door, "login.example", hosts=("login.example",), private_addresses=False).detail
    declared = a_target(services=(a_service("login.example:443"),))
    with pytest.raises(Undecided, match="no authorisation"):
        door.permit(declared, "login.example", 443, "tls")


def test_name_under_test_may_mean_loopback_if_the_manifest_declares_it() -> None:
    door = a_door(resolve=resolving(portal_xa_test="127.0.0.1", other_xa_test="127.0.0.1"))
    target = a_target(services=(a_service("portal.xa.test:8443"),))
    assert door.permit(target, "portal.xa.test", 8443, "tls")
    with pytest.raises(Undecided, match="no authorisation"):
        door.permit(target, "other.xa.test", 8443, "tls")


def test_names_for_loopback_are_never_asked_of_the_systems_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def getaddrinfo(host: str, *_: object, **__: object) -> list[object]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    target = a_target(services=(a_service("portal.xa.test:8443"),))
    assert a_door().permit(target, "portal.localhost", 8443, "tls")
    with pytest.raises(Undecided, match="no authorisation"):
        a_door().permit(target, "portal.xa.test", 8443, "tls")
    assert asked == ["localhost"]


def test_name_with_one_refused_address_is_refused_whole() -> None:
    door = a_door(resolve=resolving(x_example="8.8.4.4 169.254.169.254"))
    assert "169.254.169.254" in refused(door, "x.example", hosts=("x.example",)).detail


def test_name_is_resolved_once_a_target_and_failures_are_remembered() -> None:
    asked: list[str] = []

    def resolve(host: str) -> list[str]:
        asked.append(host)
        raise Undecided(Reason.DNS, "NXDOMAIN: x.example")

    door = a_door(resolve=resolve)
    for _ in range(3):
        with pytest.raises(Undecided, match="NXDOMAIN"):
            door.permit(a_target("x.example"), "x.example", 443, "tls")
    assert asked == ["x.example"]
    with pytest.raises(Undecided, match="NXDOMAIN"):
        door.permit(a_target("x.example", id="xb-zoo"), "x.example", 443, "tls")
    assert len(asked) == 2


def test_no_more_addresses_than_the_limit_are_kept() -> None:
    door = a_door(resolve=lambda _: [f"8.8.{n // 250}.{n % 250 + 1}" for n in range(500)])
    assert len(door.permit(a_target("x.example"), "x.example", 443, "tls")) == SHORT.addresses


def test_resolver_of_a_target_must_be_in_scope_itself() -> None:
    target = a_target("x.example", resolver="8.8.4.4:53")
    with pytest.raises(Undecided, match=r"8\.8\.4\.4 is not among the authorised hosts"):
        a_door().permit(target, "x.example", 443, "tls")


def test_system_resolver_is_left_behind_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: release.wait(5) and [])
    error = contained(
        lambda: a_door().permit(a_target("x.example"), "x.example", 443, "tls"), Reason.DNS, seconds=SHORT.dns_seconds
    )
    release.set()
    assert error.detail.startswith("time-out")


@pytest.mark.parametrize(
    ("code", "word"), [(socket.EAI_NONAME, "NXDOMAIN"), (socket.EAI_AGAIN, "SERVFAIL"), (socket.EAI_FAIL, "resolver")]
)
def test_system_resolver_failures_are_told_apart(monkeypatch: pytest.MonkeyPatch, code: int, word: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(code, "x")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(Undecided) as caught:
        a_door().permit(a_target("x.example"), "x.example", 443, "tls")
    assert caught.value.reason is Reason.DNS
    assert caught.value.detail.startswith(word)


class FakeTime:
    """A monotonic clock that only sleeping moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def test_rate_spaces_the_connections_of_a_target() -> None:
    clock = FakeTime()
    door = a_door(monotonic=clock, sleep=clock.sleep)
    target = a_target("8.8.4.4", max_rps=2.0)
    assert [door.ready_at(target, REMOTE) for _ in range(4)] == [100.0, 100.5, 101.0, 101.5]
    clock.seconds = 200.0
    assert door.ready_at(target, REMOTE) == 200.0
    assert door.counts == {target.id: 5}


def test_targets_that_share_an_address_share_its_rate() -> None:
    door = a_door(monotonic=FakeTime())
    times = [door.ready_at(a_target("8.8.4.4", id=f"xa-{n}", max_rps=4.0), REMOTE) for n in range(500)]
    assert times == pytest.approx([100 + n / 4 for n in range(500)])


def test_loopback_is_counted_and_not_slowed() -> None:
    door = a_door(monotonic=FakeTime())
    local: Address = (socket.AF_INET, ("127.0.0.1", 443))
    assert {door.ready_at(a_target(), local) for _ in range(1000)} == {100.0}
    assert door.counts["xa-zoo"] == 1000


def test_a_door_apart_counts_its_own_and_shares_the_budget_and_the_rate() -> None:
    door = a_door(limits=replace(SHORT, connections_per_target=5), monotonic=FakeTime())
    target = a_target("8.8.4.4", max_rps=2.0)
    one, other = door.apart(), door.apart()
    assert [each.ready_at(target, REMOTE) for each in (one, other, one)] == [100.0, 100.5, 101.0]
    door.ready_at(target, REMOTE)
    assert (one.opened, other.opened, door.opened) == (2, 1, 1)
    assert one.counts == other.counts == door.counts == {target.id: 4}
    other.ready_at(target, REMOTE)
    with pytest.raises(Undecided, match="the budget of 5 connections"):
        one.ready_at(target, REMOTE)


def test_budget_of_a_target_ends() -> None:
    door = a_door(limits=replace(SHORT, connections_per_target=3), monotonic=FakeTime())
    target = a_target("8.8.4.4")
    for _ in range(3):
        door.ready_at(target, REMOTE)
    with pytest.raises(Undecided, match="the budget of 3 connections to xa-zoo is spent") as caught:
        door.ready_at(target, REMOTE)
    assert caught.value.reason is Reason.RATE_LIMIT


def test_deferred_address_is_left_alone_so_long_and_no_longer_than_our_patience() -> None:
    door = a_door(monotonic=FakeTime())
    door.defer(REMOTE, 2.0)
    assert door.ready_at(a_target("8.8.4.4"), REMOTE) == 102.0
    door.defer(REMOTE, 86400.0)
    assert door.ready_at(a_target("8.8.4.4"), REMOTE) == 100.0 + SHORT.patience_seconds


def test_concurrency_to_one_host_is_bounded_and_slots_come_back() -> None:
    limits = replace(SHORT, per_host=2, patience_seconds=0.2, total_seconds=5.0)
    door = a_door(limits=limits, free=ONE_HOST)
    target = a_target(OTHER_HOST)
    with serve(silent, host=OTHER_HOST, read=False) as server:
        first = door.open(target, OTHER_HOST, server.port, "tls")
        second = door.open(target, OTHER_HOST, server.port, "tls")
        error = contained(lambda: door.open(target, OTHER_HOST, server.port, "tls"), Reason.RATE_LIMIT)
        assert error.detail == "2 connections to 127.0.0.2 are open"
        first.close()
        with door.open(target, OTHER_HOST, server.port, "tls"):
            pass
        second.close()
    refusing = closed_port()
    for _ in range(5):
        contained(lambda: door.open(target, OTHER_HOST, refusing, "tls"), Reason.REFUSED)


def test_watchdog_cuts_a_plain_connection_at_its_deadline() -> None:
    with serve(silent, read=False) as server:
        connection = a_door().open(a_target(), "127.0.0.1", server.port, "tls", total_seconds=0.3)
        connection.settimeout(5)
        begun = time.monotonic()
        assert connection.recv(1) == b""
        assert 0.2 < time.monotonic() - begun < 0.8
        assert connection.expired
        connection.close()


def test_watchdog_cuts_a_connection_that_tls_has_wrapped() -> None:
    """`ssl` takes the descriptor away from the socket that the door handed out."""

    def handshake_then_silence(stream: socket.socket) -> None:
        silent(stream)

    with serve(handshake_then_silence, tls=identity().server(), read=False) as server:
        connection = a_door().open(a_target(), "127.0.0.1", server.port, "tls", total_seconds=0.4)
        context = ssl.create_default_context(cafile=identity().certificate)
        stream = context.wrap_socket(connection, server_hostname="localhost")
        stream.settimeout(5)
        begun = time.monotonic()
        assert stream.recv(1) == b""
        assert time.monotonic() - begun < 0.9
        assert connection.expired
        stream.close()
        connection.close()


def test_watchdog_spares_another_file_that_got_the_descriptor() -> None:
    with serve(silent, read=False) as server:
        connection = a_door().open(a_target(), "127.0.0.1", server.port, "tls", total_seconds=0.2)
        descriptor = connection.detach()
        with socket.create_connection(("127.0.0.1", server.port)) as innocent:
            os.dup2(innocent.fileno(), descriptor)  # closes ours; its number now names the innocent one
            time.sleep(0.4)
            assert connection.expired
            innocent.settimeout(0.05)
            with pytest.raises(TimeoutError):
                innocent.recv(1)
            os.close(descriptor)


def test_watchdog_ends_with_the_last_connection() -> None:
    door = Door(limits=Limits())
    with serve(silent, read=False) as server:
        connections = [door.open(a_target(), "127.0.0.1", server.port, "tls") for _ in range(20)]
        thread = door._watchdog._thread
        assert thread is not None
        for connection in connections:
            assert thread.is_alive()
            connection.close()
            assert not connection.expired
        thread.join(2)
        assert not thread.is_alive()
        with door.open(a_target(), "127.0.0.1", server.port, "tls", total_seconds=0.1) as again:
            assert again.recv(1) == b""


def test_open_tries_the_permitted_addresses_in_order() -> None:
    door = a_door(resolve=resolving(localhost="127.0.0.3 127.0.0.1"))
    with serve(silent, read=False) as server, door.open(a_target(), "localhost", server.port, "tls") as connection:
        assert connection.getpeername()[0] == "127.0.0.1"
        assert door.counts["xa-zoo"] == 2


def test_port_must_be_a_port() -> None:
    for port in (0, -1, 65536):
        refused(a_door(), "127.0.0.1", port=port)


@pytest.mark.parametrize(
    "text", ["", "localhost", ":443", "localhost:", "localhost:0", "localhost:65536", "[::1]", "a:\u0661"]
)
def test_address_of_a_manifest_is_host_and_port(text: str) -> None:
    with pytest.raises(Undecided):
        scope.split_address(text)
    assert scope.split_address("[::1]:8443") == ("::1", 8443)
    assert scope.split_address("Login.Example:443") == ("login.example", 443)


def test_roots_come_from_certifi_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent")
    assert Door().ca_file == certifi.where()
    assert Door(ca_file="roots.pem").ca_file == "roots.pem"


def test_now_is_aware() -> None:
    assert Door().now().tzinfo is UTC
