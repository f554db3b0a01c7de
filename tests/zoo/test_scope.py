"""Z14, Z30 to Z36, Z41 and Z43: servers, names and environments that try to lead the suite or its secrets astray."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from conformance.core.model import Reason
from conformance.core.redact import Redactor
from conformance.wire.http import evidence, fetch, follow
from tests.zoo.servers import (
    OK,
    ONE_HOST,
    OTHER_HOST,
    SHORT,
    Server,
    a_door,
    a_service,
    a_target,
    answering,
    contained,
    identity,
    redirecting,
    serve,
)


@contextlib.contextmanager
def other_host(**options: object) -> Iterator[Server]:
    """A canary: a server on what the door takes for somebody else's machine."""
    with serve(answering(OK), host=OTHER_HOST, **options) as server:  # type: ignore[arg-type]
        yield server


def test_z14_client_certificate_is_not_presented_to_another_host() -> None:
    us = identity("client")
    tls = identity().server(client_roots=us.certificate)
    with other_host(tls=tls) as canary, serve(redirecting(canary.tls_url), tls=tls) as server:
        exchange = follow(
            a_door(),
            a_target(),
            server.tls_url,
            hosts=frozenset({OTHER_HOST}),
            verify=identity().certificate,
            client_certificate=(us.certificate, us.key),
        )
    assert exchange.status == 200
    assert server.client_certificates[0] is not None
    assert canary.client_certificates == [None]


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2:{port}/",
        "//127.0.0.2:{port}/",
        "http://good@127.0.0.2:{port}/",
        "http://127.0.0.1:{own}@127.0.0.2:{port}/",
        "http://2130706434:{port}/",
        "http://0x7f000002:{port}/",
        "http://0177.0.0.2:{port}/",
        "http://127.2:{port}/",
        "http://[::ffff:127.0.0.2]:{port}/",
        "http://[64:ff9b::7f00:2]:{port}/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1%25lo]:{port}/",
        "http://0.0.0.0:{port}/",
        "http://0:{port}/",
        "file:///etc/passwd",
        "gopher://127.0.0.2:{port}/",
        "javascript:alert(1)",
        "http://127.0.0.1:{own}\\@127.0.0.2:{port}/",
        "http://127.0.0.2:{port}#@127.0.0.1/",
        "http:///127.0.0.2:{port}/",
        "http://",
        "http://127.0.0.1:99999/",
        "http://[::1/",
        "http://[v1.x]/",
        "http://127.0.0.1:{own}/\x01",
    ],
)
def test_z30_redirects_out_of_scope(location: str) -> None:
    """Refused by the allow-list of hosts, and where a caller declared the host by mistake, by the door."""
    door = a_door(free=ONE_HOST)
    with other_host() as canary:
        place = location.format(port=canary.port, own=1)
        with serve(redirecting(place)) as server:
            reasons = (Reason.OUT_OF_SCOPE, Reason.FRAMING) if "\x01" in place else (Reason.OUT_OF_SCOPE,)
            contained(lambda: follow(door, a_target(), server.url), *reasons)
            declared = frozenset({"127.0.0.2", "10.0.0.1", "169.254.169.254", "0.0.0.0", "::ffff:7f00:2"})
            contained(lambda: follow(door, a_target(), server.url, hosts=declared), *reasons)
            assert server.hits == 2
        assert canary.hits == 0


def test_z30_host_that_nobody_declared_is_not_contacted_even_where_the_door_would_permit_it() -> None:
    with other_host() as canary, serve(redirecting(canary.url)) as server:
        error = contained(lambda: follow(a_door(), a_target(), server.url), Reason.OUT_OF_SCOPE)
        assert error.detail == f"redirect to the undeclared host {OTHER_HOST}"
        assert canary.hits == 0


def test_z30_refusal_names_the_address() -> None:
    with serve(redirecting("http://127.0.0.2:81/")) as server:
        error = contained(
            lambda: follow(a_door(free=ONE_HOST), a_target(), server.url, hosts=frozenset({OTHER_HOST})),
            Reason.OUT_OF_SCOPE,
        )
    assert "127.0.0.2" in error.detail


def test_z31_redirect_loop_ends_at_the_limit() -> None:
    with serve(redirecting("/again")) as server:
        error = contained(lambda: follow(a_door(), a_target(), server.url), Reason.NOT_OBSERVABLE)
        assert error.detail == "more than 5 redirects"
        assert server.hits == SHORT.redirect_count + 1


def test_z31_downgrade_is_shown_and_not_followed() -> None:
    with serve(answering(OK)) as plain, serve(redirecting(plain.url), tls=identity().server()) as server:
        exchange = follow(a_door(), a_target(), server.tls_url, verify=identity().certificate)
    assert (exchange.status, exchange.stopped) == (302, "downgrade")
    assert plain.hits == 0


def test_z31_refresh_is_not_followed_and_two_locations_are_ambiguous() -> None:
    with other_host() as canary:
        refresh = f"HTTP/1.1 200 OK\r\nRefresh: 0; url={canary.url}\r\nContent-Length: 0\r\n\r\n"
        with serve(answering(refresh.encode())) as server:
            assert follow(a_door(), a_target(), server.url).status == 200
        two = f"HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: {canary.url}\r\nContent-Length: 0\r\n\r\n"
        with serve(answering(two.encode())) as server:
            contained(lambda: follow(a_door(), a_target(), server.url), Reason.FRAMING)
        assert canary.hits == 0


def test_z31_benign_twin_relative_redirects_are_followed() -> None:
    answers = {b"/": "a/b", b"/a/b": "../c?d=e", b"/c?d=e": "/end#part"}

    def site(stream: socket.socket) -> None:
        path = server.requests[-1].split(b" ")[1]
        (redirecting(answers[path], 301) if path in answers else answering(OK))(stream)

    with serve(site) as server:
        exchange = follow(a_door(), a_target(), server.url)
    assert (exchange.status, exchange.url, exchange.stopped) == (200, f"{server.url}end", "")
    assert [(hop.status, hop.location) for hop in exchange.hops] == [
        (301, "a/b"),
        (301, "../c?d=e"),
        (301, "/end#part"),
    ]


def test_z32_rebinding_reaches_only_the_address_that_was_checked() -> None:
    """First answer allowed, every later one denied: the second connection still goes to the first address."""
    turns: list[str] = []

    def resolve(host: str) -> list[str]:
        turns.append(host)
        return ["127.0.0.1" if len(turns) == 1 else OTHER_HOST]

    target = a_target(services=(a_service("portal.xa.test:80"),))
    with serve(answering(OK)) as server, other_host(port=server.port) as canary:
        door = a_door(resolve=resolve, free=ONE_HOST)
        for _ in range(3):
            assert fetch(door, target, f"http://portal.xa.test:{server.port}/").status == 200
        assert (server.hits, canary.hits, len(turns)) == (3, 0, 1)
        assert b"Host: portal.xa.test" in server.requests[0]


Answer = Callable[[dns.message.Message], dns.message.Message | None]


@contextlib.contextmanager
def nameserver(answer: Answer) -> Iterator[str]:
    """A DNS server on loopback, UDP and TCP; None is silence."""
    while True:
        tcp = socket.create_server(("127.0.0.1", 0))
        place = tcp.getsockname()
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with contextlib.suppress(OSError):  # the number may be taken for UDP
            udp.bind(place)
            break
        udp.close()
        tcp.close()

    def serve_udp() -> None:
        while True:
            try:
                data, peer = udp.recvfrom(4096)
            except OSError:
                return
            if not data:
                return
            if (reply := answer(dns.message.from_wire(data))) is not None:
                wire = reply.to_wire(max_size=65535)
                if len(wire) > 1232:
                    reply = dns.message.make_response(dns.message.from_wire(data))
                    reply.flags |= dns.flags.TC
                    wire = reply.to_wire()
                with contextlib.suppress(OSError):
                    udp.sendto(wire, peer)

    def serve_tcp() -> None:
        while True:
            try:
                stream, _ = tcp.accept()
            except OSError:
                return
            with stream, contextlib.suppress(OSError, EOFError):
                data = stream.recv(4096)
                reply = answer(dns.message.from_wire(data[2:]))
                assert reply is not None
                wire = reply.to_wire(max_size=65535)
                stream.sendall(len(wire).to_bytes(2, "big") + wire)

    threads = [threading.Thread(target=work, daemon=True) for work in (serve_udp, serve_tcp)]
    for thread in threads:
        thread.start()
    try:
        yield f"127.0.0.1:{place[1]}"
    finally:
        for listener in (udp, tcp):
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()


def zone(*records: tuple[str, str, str], code: dns.rcode.Rcode = dns.rcode.NOERROR) -> Answer:
    """Answers with those of (name, type, data) that have the type asked for, and all CNAMEs, TTL 0."""

    def answer(query: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(query)
        reply.set_rcode(code)
        kind = dns.rdatatype.to_text(query.question[0].rdtype)
        for name, of, data in records:
            if of in (kind, "CNAME"):
                reply.answer.append(dns.rrset.from_text(name, 0, "IN", of, data))
        return reply

    return answer


@pytest.mark.parametrize(
    ("answer", "reason", "word"),
    [
        (zone(code=dns.rcode.NXDOMAIN), Reason.DNS, "NXDOMAIN"),
        (zone(code=dns.rcode.SERVFAIL), Reason.DNS, "SERVFAIL"),
        (zone(code=dns.rcode.REFUSED), Reason.DNS, "SERVFAIL"),
        (zone(), Reason.DNS, "no data"),
        (lambda _: None, Reason.DNS, "time-out"),
        (lambda _: time.sleep(1), Reason.DNS, "time-out"),
        (zone(("x.example.", "A", "0.0.0.0")), Reason.OUT_OF_SCOPE, "0.0.0.0"),
        (zone(("x.example.", "A", "127.0.0.1")), Reason.OUT_OF_SCOPE, "127.0.0.1"),
        (zone(("x.example.", "AAAA", "::ffff:127.0.0.1")), Reason.OUT_OF_SCOPE, "special-purpose"),
        (
            zone(*((f"{'y' * n or 'x'}.example.", "CNAME", f"{'y' * (n + 1)}.example.") for n in range(40))),
            Reason.DNS,
            "",
        ),
        (zone(("x.example.", "CNAME", "x.example.")), Reason.DNS, ""),
    ],
    ids=[
        *("nxdomain", "servfail", "refused", "no-data", "silence", "slow", "any-address", "loopback", "mapped"),
        *("cname-chain", "cname-loop"),
    ],
)
def test_z33_dns(answer: Answer, reason: Reason, word: str) -> None:
    with nameserver(answer) as resolver:
        target = a_target("x.example", resolver=resolver, private_addresses=False)
        error = contained(lambda: a_door().permit(target, "x.example", 443, "tls"), reason)
    assert word in error.detail


def test_z33_five_hundred_addresses_are_cut_to_the_limit_and_ttl_0_is_no_reason_to_ask_again() -> None:
    asked: list[object] = []
    many = zone(*(("x.example.", "A", f"8.8.{n // 250}.{n % 250 + 1}") for n in range(500)))

    def counting(query: dns.message.Message) -> dns.message.Message | None:
        asked.append(query)
        return many(query)

    with nameserver(counting) as resolver:
        # 500 records are made for each question, which takes a busy machine a while.
        door, target = a_door(limits=replace(SHORT, dns_seconds=10)), a_target("x.example", resolver=resolver)
        first = door.permit(target, "x.example", 443, "tls")
        count = len(asked)
        assert door.permit(target, "x.example", 443, "tls") == first
    assert len(first) == SHORT.addresses
    assert len(asked) == count <= 3


def test_z33_benign_twin() -> None:
    with nameserver(zone(("x.example.", "CNAME", "y.example."), ("y.example.", "A", "8.8.4.4"))) as resolver:
        target = a_target("x.example", resolver=resolver)
        assert a_door().permit(target, "x.example", 443, "tls") == ((socket.AF_INET, ("8.8.4.4", 443)),)


def test_z34_urls_found_in_a_document_go_through_the_same_door() -> None:
    """Whatever a discovery document names, a fetch of it is checked as any other."""
    with other_host() as canary:
        names = ("token_endpoint", "jwks_uri", "$ref", "aia", "ocsp", "crl", "x5u", "jku")
        document = json.dumps({name: f"http://127.0.0.2:{canary.port}/{name}" for name in names}).encode()
        body = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(document), document)
        door = a_door(free=ONE_HOST)
        with serve(answering(body)) as server:
            found = fetch(door, a_target(), server.url).json()
            assert len(found) == len(names)
            for url in found.values():
                for kind in ("http", "oidc", "ocsp"):
                    error = contained(lambda u=url, k=kind: fetch(door, a_target(), u, kind=k), Reason.OUT_OF_SCOPE)  # type: ignore[misc]
                    assert OTHER_HOST in error.detail
        assert canary.hits == 0
        assert fetch(door, a_target(OTHER_HOST), found["jwks_uri"]).status == 200
        assert canary.hits == 1


def test_z35_credentials_stay_behind_when_a_redirect_leaves_the_origin() -> None:
    bait = {
        "Authorization": "Bearer canary-1",
        "X-API-Key": "canary-2",
        "DPoP": "canary-3",
        "Cookie": "s=canary-4",
        "X-Unknown": "canary-5",
        "Accept": "text/html",
    }
    with other_host() as canary, serve(redirecting(canary.url)) as server:
        exchange = follow(a_door(), a_target(), server.url, hosts=frozenset({OTHER_HOST}), headers=bait)
    assert exchange.status == 200
    assert server.requests[0].count(b"canary-") == 5
    assert b"canary-" not in canary.requests[0]
    assert b"Accept: text/html" in canary.requests[0]


def test_z35_another_port_is_another_origin() -> None:
    with serve(answering(OK)) as second, serve(redirecting(second.url)) as first:
        follow(a_door(), a_target(), first.url, headers={"X-API-Key": "canary"})
    assert b"canary" in first.requests[0]
    assert b"canary" not in second.requests[0]


def test_z35_cookies_are_not_kept_between_exchanges() -> None:
    setting = b"HTTP/1.1 302 Found\r\nSet-Cookie: s=canary\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n"

    def site(stream: socket.socket) -> None:
        stream.sendall(OK if b"GET /next" in server.requests[-1] else setting)

    with serve(site) as server:
        door = a_door()
        assert follow(door, a_target(), server.url).status == 200
        fetch(door, a_target(), server.url)
    assert len(server.requests) == 3
    assert not any(b"canary" in request for request in server.requests)


def test_z36_environment_is_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text(
        "machine 127.0.0.1 login u password canary\nmachine localhost login u password canary\n"
    )
    (tmp_path / ".netrc").chmod(0o600)
    keys = tmp_path / "keys.log"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, identity().certificate)
    with other_host() as canary:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, canary.url)
        with serve(answering(OK)) as server:
            assert fetch(a_door(), a_target(), server.url).status == 200
        with serve(answering(OK), tls=identity().server()) as secure:
            # The bait says that this certificate is trusted; the public roots of the door do not.
            error = contained(lambda: fetch(a_door(), a_target(), secure.tls_url), Reason.CERTIFICATE)
            assert error.detail.startswith("not trusted")
            assert fetch(a_door(), a_target(), secure.tls_url, verify=identity().certificate).status == 200
            assert fetch(a_door(), a_target(), secure.tls_url, verify=False).status == 200
        assert canary.hits == 0
    assert b"uthorization" not in server.requests[0]
    assert not keys.exists()


def test_z41_canary_secret_is_in_no_evidence() -> None:
    """Sent in a field, a form and a URL; returned in fields, a redirect and the body, as it is and encoded."""
    canary = "canary/7f3a+secret=42"
    redactor = Redactor()
    redactor.register(canary, "client-secret")
    body = b"you sent Y2FuYXJ5LzdmM2Erc2VjcmV0PTQy and canary%2F7f3a%2Bsecret%3D42, S1234567D, eyJhbGciOiJub25lIn0.e30."
    fields = f"Set-Cookie: s={canary}; Secure\r\nX-Echo: {canary}\r\nContent-Length: {len(body)}\r\n\r\n"
    with serve(answering(b"HTTP/1.1 200 OK\r\n" + fields.encode() + body)) as server:
        exchange = fetch(
            a_door(),
            a_target(),
            f"{server.url}?client_secret=canary%2F7f3a%2Bsecret%3D42",
            method="POST",
            headers={"Authorization": f"Bearer {canary}"},
            data={"client_secret": canary},
        )
    assert b"canary" in server.requests[0]
    assert b"canary" in exchange.body
    kept = repr(evidence(exchange, redactor, text=True))
    assert not any(part in kept for part in ("7f3a", "Y2FuYXJ5", "S1234567D", "eyJhbGci"))
    assert "[redacted:client-secret:21]" in kept
    assert "Secure" in kept
    assert redactor.counts["client-secret"] >= 3


@pytest.mark.parametrize(
    ("hosts", "changes"),
    [
        ((), {}),
        (("other.example",), {}),
        ((OTHER_HOST,), {"kinds": ("dns",)}),
        ((OTHER_HOST,), {"private_addresses": False}),
    ],
    ids=["no-authorisation", "other-host", "other-kind", "private"],
)
def test_z43_nothing_is_sent_without_authority(hosts: tuple[str, ...], changes: dict[str, object]) -> None:
    door = a_door(free=ONE_HOST)
    with other_host() as canary:
        contained(lambda: fetch(door, a_target(*hosts, **changes), canary.url), Reason.OUT_OF_SCOPE)
        assert canary.hits == 0
        assert door.counts == {}
        assert fetch(door, a_target(OTHER_HOST), canary.url).status == 200
