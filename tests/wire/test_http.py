"""What a fetch sends, what it gives back, and what it never does."""

from __future__ import annotations

import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from conformance import __version__
from conformance.core.model import Reason, Undecided
from conformance.core.redact import Redactor
from conformance.wire.http import HttpEvidence, evidence, fetch, follow, split_url
from tests.zoo.servers import (
    OK,
    a_door,
    a_service,
    a_target,
    answering,
    closed_port,
    contained,
    identity,
    redirecting,
    serve,
)


def test_request_is_ours_and_nothing_else() -> None:
    with serve(answering(OK)) as server:
        fetch(a_door(), a_target(), f"{server.url}a%20b?c=d")
    assert server.requests[0].split(b"\r\n") == [
        b"GET /a%20b?c=d HTTP/1.1",
        b"Host: " + server.at.encode(),
        f"User-Agent: asean-conformance/{__version__} (authorised conformance test)".encode(),
        b"Accept-Encoding: gzip, deflate",
        b"Connection: close",
        b"",
        b"",
    ]


def test_form_is_sent_as_a_form() -> None:
    with serve(answering(OK)) as server:
        fetch(a_door(), a_target(), server.url, method="POST", data={"a": "b c", "d": "&"}, headers={"host": "x.test"})
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST / HTTP/1.1\r\n")
    assert b"Content-Length: 11" in head
    assert b"Content-Type: application/x-www-form-urlencoded" in head
    assert body == b"a=b+c&d=%26"
    assert head.lower().count(b"host:") == 1


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "\u20ac"])
def test_field_that_would_split_the_request_is_not_sent(value: str) -> None:
    with serve(answering(OK)) as server:
        with pytest.raises((Undecided, ValueError)):
            fetch(a_door(), a_target(), server.url, headers={"X": value})
        assert server.requests == []


def test_exchange_says_what_was_answered_when_and_by_whom() -> None:
    now = [datetime(2026, 11, 24, 12, tzinfo=UTC) + timedelta(seconds=n) for n in range(9)]
    raw = b"HTTP/1.1 404 Not Found\r\nB: 1\r\nA: 2\r\nb: 3 \r\nContent-Length: 4\r\n\r\nnone"
    with serve(answering(raw)) as server:
        exchange = fetch(a_door(clock=iter(now).__next__), a_target(), server.url)
    assert (exchange.method, exchange.url, exchange.status) == ("GET", server.url, 404)
    assert exchange.fields == (("b", "1"), ("a", "2"), ("b", "3"), ("content-length", "4"))
    assert exchange.all("b") == ("1", "3")
    assert exchange.body == b"none"
    assert exchange.address == (socket.AF_INET, ("127.0.0.1", server.port))
    assert (exchange.asked_at, exchange.answered_at) == (now[1], now[2])
    assert (exchange.tls_version, exchange.certificate) == ("", b"")


def test_name_and_address_may_differ() -> None:
    """A manifest states where a name is: SNI, Host and the certificate's name stay the name's."""
    names: list[str | None] = []
    tls = identity().server()
    tls.sni_callback = lambda _stream, name, _context: names.append(name)
    with serve(answering(OK), tls=tls) as server:
        target = a_target(services=(a_service(server.at),))
        options = {"address": server.at, "verify": identity().certificate}
        exchange = fetch(a_door(), target, "https://portal.xa.test/", **options)  # type: ignore[arg-type]
        assert exchange.tls_version == "TLSv1.3"
        assert len(exchange.certificate) > 200
        contained(lambda: fetch(a_door(), target, "https://other.xa.test/", **options), Reason.CERTIFICATE)  # type: ignore[arg-type]
        fetch(a_door(), target, "https://other.xa.test/", server_name="portal.xa.test", **options)  # type: ignore[arg-type]
    assert b"Host: portal.xa.test\r\n" in server.requests[0]
    assert names == ["portal.xa.test", "other.xa.test", "portal.xa.test"]


def test_literal_address_is_matched_with_the_addresses_of_the_certificate() -> None:
    with serve(answering(OK), tls=identity().server()) as server:
        assert fetch(a_door(), a_target(), server.tls_url, verify=identity().certificate).status == 200
    with serve(answering(OK), tls=identity().server(), host="127.0.0.3") as server:
        error = contained(
            lambda: fetch(a_door(), a_target(), server.tls_url, verify=identity().certificate), Reason.CERTIFICATE
        )
        assert "127.0.0.3" in error.detail
        assert server.requests == []


def test_public_roots_are_those_of_the_door() -> None:
    with serve(answering(OK), tls=identity().server()) as server:
        assert fetch(a_door(ca_file=identity().certificate), a_target(), server.tls_url).status == 200
        assert fetch(a_door(), a_target(), server.tls_url, verify=False).status == 200
        contained(lambda: fetch(a_door(), a_target(), server.tls_url), Reason.CERTIFICATE)


def test_roots_that_change_on_disk_are_read_again(tmp_path: Path) -> None:
    roots = tmp_path / "roots.pem"
    with serve(answering(OK), tls=identity().server()) as server:
        roots.write_bytes(Path(identity().certificate).read_bytes())
        assert fetch(a_door(), a_target(), server.tls_url, verify=str(roots)).status == 200
        roots.write_bytes(Path(identity("other").certificate).read_bytes() + b"\n")
        contained(lambda: fetch(a_door(), a_target(), server.tls_url, verify=str(roots)), Reason.CERTIFICATE)


@pytest.mark.parametrize(
    "credential",
    [
        {"headers": {"Authorization": "Bearer x"}},
        {"headers": {"cookie": "a=b"}},
        {"data": {"client_secret": "x"}},
        {"client_certificate": ("c", "k")},
    ],
    ids=["field", "cookie", "form", "certificate"],
)
def test_nothing_secret_goes_to_an_unverified_server(credential: dict[str, object]) -> None:
    with serve(answering(OK), tls=identity().server()) as server:
        with pytest.raises(ValueError, match="verified servers only"):
            fetch(a_door(), a_target(), server.tls_url, verify=False, **credential)  # type: ignore[arg-type]
        assert server.hits == 0


@pytest.mark.parametrize("as_octets", [False, True], ids=["paths", "octets"])
def test_client_certificate_is_presented_when_given(as_octets: bool) -> None:
    us = identity("client")
    pair = (us.certificate, us.key)
    given = tuple(Path(each).read_bytes() for each in pair) if as_octets else pair
    with serve(answering(OK), tls=identity().server(client_roots=us.certificate)) as server:
        for certificate in (given, None):
            fetch(
                a_door(),
                a_target(),
                server.tls_url,
                verify=identity().certificate,
                client_certificate=certificate,  # type: ignore[arg-type]
            )
    assert [each is not None for each in server.client_certificates] == [True, False]


def test_answer_that_ends_without_length_and_close_notify_is_read() -> None:
    """As Python's own http.server ends one: TLS is cut, and nothing says how long the body is."""

    def handle(stream: socket.socket) -> None:
        stream.sendall(b"HTTP/1.0 200 OK\r\n\r\nall of it")
        stream.shutdown(socket.SHUT_RDWR)  # of the socket below, so that no close_notify goes out

    with serve(handle, tls=identity().server()) as server:
        exchange = fetch(a_door(), a_target(), server.tls_url, verify=identity().certificate)
    assert exchange.body == b"all of it"
    assert exchange.tls_version == "TLSv1.3"
    assert len(exchange.certificate) > 200


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Reason.NOT_TLS),
        (b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n", Reason.NOT_TLS),
        (bytes(range(1, 120)), Reason.NOT_TLS),
        (b"\x15\x03\x03\x00\x02\x02\x28", Reason.TLS_ALERT),
        (b"\x16\x03\x03\x50\x00" + b"x" * 500, Reason.TLS_RECORD),
        (b"\x16\x03\x03\x00\x04\x02\x00\x00\x00", Reason.TLS_RECORD),
        (b"\x15\x03\x03\x00\x02\x01\x5a" * 200, Reason.TLS_RECORD),
        (b"\x16\x03\x03\x00\x00" * 4000, Reason.TLS_RECORD),
        (b"", Reason.CLOSED),
        (b"\x16\x03\x03\x00\x40\x02", Reason.CLOSED),
    ],
    ids=["http", "ssh", "garbage", "alert", "overlong", "short-hello", "warnings", "empty-records", "closed", "cut"],
)
def test_tls_failures_have_their_reason(raw: bytes, reason: Reason) -> None:
    def handle(stream: socket.socket) -> None:
        stream.recv(65536)
        stream.sendall(raw)
        stream.shutdown(socket.SHUT_WR)
        while stream.recv(65536):
            pass

    with serve(handle, read=False) as server:
        contained(lambda: fetch(a_door(), a_target(), server.tls_url, verify=False), reason)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "ftp://x/",
            "//x/",
            "x",
            "",
            "http://",
            "http:///x",
            "http://u@x/",
            "http://u:p@x/",
            "http://x:0/",
            "http://x:a/",
        ),
        *("http://x:65536/", "http://[::1/", "http://\u0430.example/", "http://x/\u20ac", "http://x /", "http://x\\y/"),
        *("HTTP://2130706433/", "http://x/\r\nA: b", "http://x\t/", "http://1.1/"),
    ],
)
def test_urls_that_readers_disagree_on_are_refused(url: str) -> None:
    with pytest.raises(Undecided) as caught:
        split_url(url)
    assert caught.value.reason is Reason.OUT_OF_SCOPE
    with pytest.raises(Undecided):
        fetch(a_door(), a_target(), url)


def test_urls_are_split_in_one_way() -> None:
    assert split_url("https://Login.Example./a?b#c")[:3] == ("https", "login.example", 443)
    assert split_url("http://[::1]:81/")[:3] == ("http", "::1", 81)
    assert split_url("http://127.0.0.1")[:3] == ("http", "127.0.0.1", 80)


def test_follow_maps_declared_hosts_to_the_addresses_of_the_manifest() -> None:
    with serve(answering(OK), tls=identity().server()) as end, serve(redirecting("https://portal.xa.test/")) as start:
        exchange = follow(
            a_door(),
            a_target(),
            start.url,
            hosts=frozenset({"portal.xa.test"}),
            addresses={"portal.xa.test:443": end.at},
            verify=identity().certificate,
        )
    assert (exchange.status, exchange.url) == (200, "https://portal.xa.test/")
    assert [hop.location for hop in exchange.hops] == ["https://portal.xa.test/"]


def test_redirect_without_location_stops() -> None:
    with serve(answering(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n")) as server:
        assert follow(a_door(), a_target(), server.url).stopped == "no-location"


def test_evidence_is_redacted_bounded_and_holds_no_body_unless_asked() -> None:
    body = b"number S1234567D \xff"
    fields = b"Set-Cookie: s=abc; Secure\r\nX: %s\r\nLocation: /cb?code=abc\r\nContent-Length: %d\r\n\r\n"
    raw = b"HTTP/1.1 302 Found\r\n" + fields + b"%s"
    with serve(answering(raw % (b"y" * 5000, len(body), body))) as server:
        exchange = fetch(a_door(), a_target(), server.url)
    kept = evidence(exchange, Redactor())
    assert isinstance(kept, HttpEvidence)
    assert kept.text == ""
    assert kept.body_length == len(body)
    assert dict(kept.fields)["set-cookie"] == "s=[redacted:cookie:3]; Secure"
    assert dict(kept.fields)["x"] == "y" * 2048 + "[+2952 characters]"
    assert dict(kept.fields)["location"] == "/cb?code=[redacted:parameter:3]"
    assert evidence(exchange, Redactor(), text=True).text == r"number [redacted:national-number:9] \xff"


def test_refused_is_told_from_unreachable() -> None:
    """A closed port is an observation; an unreachable host is none."""
    contained(lambda: fetch(a_door(), a_target(), f"http://127.0.0.1:{closed_port()}/"), Reason.REFUSED)


def test_the_door_is_light() -> None:
    """`conformance list` must not pay for requests, urllib3, dns or ssl."""
    code = "import sys, conformance.core.network, conformance.core.redact; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"requests", "urllib3", "dns", "ssl", "asyncio", "certifi"} & set(loaded)
