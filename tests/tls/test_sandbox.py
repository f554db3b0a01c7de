"""The sandbox: the good policy and its benign variants conform, and every fault shows what its name says."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest

from conformance.tls.client_hello import Reader
from conformance.tls.flight import Read13, read_compression, read_flight13
from conformance.tls.flight12 import Session12, handshake12
from conformance.tls.flight_hello import Hello13
from conformance.tls.policy import BENIGN, FAULTS, GOOD, TLS13, Policy, with_faults
from conformance.tls.recipes import SERVERS
from conformance.tls.resumption import PSK_KE, offer_ticket
from conformance.tls.sandbox import Endpoint, serve
from conformance.tls.sandbox_dns import FAULTS as ZONES
from conformance.tls.sandbox_http import GOOD_COOKIE
from tests.tls.chains import NAME, authorities
from tests.tls.endpoints import public_roots, stored
from tests.tls.hellos import SUITES13, ask, connected, exchange, hello, hello13

Look = Callable[[Endpoint], Any]
HYBRID, COMPRESSED = 0x11EC, "compressed-certificate"


def named(policy: Policy) -> Policy:
    return replace(policy, server_name=NAME)


def saying(data: bytes, *, cut: int = 0) -> Look:
    return lambda endpoint: ask(endpoint.address, data, cut=cut).outcome


def ssl2(endpoint: Endpoint) -> int:
    body = b"\1\0\2\0\3\0\0\0\x10" + b"\1\0\x80" + bytes(16)
    with connected(endpoint.address) as sock:
        sock.sendall((0x8000 | len(body)).to_bytes(2, "big") + body)
        return sock.recv(3)[2]


def extension(data: bytes, code: int) -> Look:
    """Whether the ServerHello holds an extension."""

    def look(endpoint: Endpoint) -> bool:
        answer = ask(endpoint.address, data).answer
        assert answer
        return code in answer.extensions

    return look


def sentinel(endpoint: Endpoint) -> bool:
    answer = ask(endpoint.address, hello()).answer
    assert answer
    return answer.random.endswith(b"DOWNGRD\1")


def prime_bits(endpoint: Endpoint) -> int:
    params = ask(endpoint.address, hello((0x009E,))).messages.get(12)
    return 8 * len(Reader(params).sized(2)) if params else 0


def orders(endpoint: Endpoint) -> bool:
    """Whether the client's order decides."""
    pair = (0xC02B, 0xC02C)
    return ask(endpoint.address, hello(pair)).outcome != ask(endpoint.address, hello(pair[::-1])).outcome


def compression(endpoint: Endpoint) -> int:
    answer = ask(endpoint.address, hello(compressions=b"\1\0")).answer
    assert answer
    return answer.compression


def signed(*schemes: int) -> Look:
    """The scheme of a ServerKeyExchange where these are offered."""

    def look(endpoint: Endpoint) -> str:
        seen = ask(endpoint.address, hello((0xC02B, 0xC02F), schemes=schemes))
        if 12 not in seen.messages:
            return seen.outcome
        reader = Reader(seen.messages[12])
        reader.take(3)
        reader.sized(1)
        return reader.take(2).hex()

    return look


def heartbeat(endpoint: Endpoint) -> tuple[bool, bool]:
    """Whether the answers of both versions hold the extension."""
    return extension(hello(extra={15: b"\1"}), 15)(endpoint), "heartbeat" in flight13(endpoint).flight.extensions


def small(endpoint: Endpoint) -> str:
    return ask(endpoint.address, hello(groups=(19,))).messages.get(12, b"")[:3].hex()


def fresh(endpoint: Endpoint) -> bool:
    answers = [ask(endpoint.address, hello13()).answer for _ in range(2)]
    assert answers[0]
    assert answers[1]
    return answers[0].extensions[51] != answers[1].extensions[51]


def flight13(endpoint: Endpoint) -> Read13:
    with connected(endpoint.address) as sock:
        return read_flight13(sock, Hello13(NAME), deadline=time.monotonic() + 5)


def compression13(endpoint: Endpoint) -> str:
    """With what the certificate is compressed."""
    with connected(endpoint.address) as sock:
        return read_compression(sock, Hello13(NAME, compressions=(3, 1)), deadline=time.monotonic() + 5)


def resumed(endpoint: Endpoint, modes: bytes = PSK_KE) -> str:
    """What becomes of a ticket that is offered with these modes."""
    ticket = flight13(endpoint).ticket
    assert ticket
    with connected(endpoint.address) as sock:
        return offer_ticket(sock, ticket, modes, server_name=NAME, deadline=time.monotonic() + 5)


def session12(endpoint: Endpoint) -> Session12:
    with connected(endpoint.address) as sock:
        return handshake12(sock, server_name=NAME, deadline=time.monotonic() + 5)


def stapled(endpoint: Endpoint) -> tuple[bytes | None, bytes | None]:
    """The staples of both versions."""
    seen = ask(endpoint.address, hello(extra={5: b"\1\0\0\0\0"}))
    return flight13(endpoint).staple, seen.messages.get(22, b"")[4:] or None


def staple_of(name: str) -> tuple[bytes | None, bytes | None]:
    staple = authorities().variant(name, NAME).staple
    assert staple
    return staple, staple


def leaf(endpoint: Endpoint) -> tuple[str, str]:
    """The digests of the chains sent in TLS 1.3 and TLS 1.2."""
    reader = Reader(Reader(ask(endpoint.address, hello()).messages[11]).sized(3))
    chain = b""
    while reader.left:
        chain += reader.sized(3)
    return sha256(b"".join(flight13(endpoint).chain)).hexdigest(), sha256(chain).hexdigest()


def leaf_of(name: str) -> tuple[str, str]:
    digest = sha256(b"".join(authorities().variant(name, NAME).chain_der)).hexdigest()
    return digest, digest


def visiting(client: str) -> Look:
    return lambda endpoint: exchange(endpoint.address, client=client).split("\r\n")[0]


def hsts(endpoint: Endpoint) -> list[str]:
    return fields(endpoint, "Strict-Transport-Security")


def cookies(endpoint: Endpoint) -> list[str]:
    return fields(endpoint, "Set-Cookie")


def fields(endpoint: Endpoint, name: str) -> list[str]:
    lines = exchange(endpoint.address).split("\r\n")
    return [line.partition(": ")[2] for line in lines if line.startswith(f"{name}:")]


def security_txt(endpoint: Endpoint) -> tuple[str, bool]:
    """The status of security.txt, and whether it expires in the future."""
    head, _, text = exchange(endpoint.address, path="/.well-known/security.txt", whole=True).partition("\r\n\r\n")
    _, found, expires = text.strip().partition("Expires: ")
    return head.split("\r\n")[0], bool(found) and datetime.fromisoformat(expires) > datetime.now(UTC)


def plain(endpoint: Endpoint) -> tuple[bytes, bool]:
    """The status of plain http and whether it sends HSTS."""
    with connected(endpoint.plain_http) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b"".join(iter(lambda: sock.recv(4096), b""))
    return answer.split(b" ")[1], b"Strict-Transport-Security" in answer


def second(endpoint: Endpoint) -> str:
    return ask(endpoint.second, hello13()).outcome if endpoint.second else ""


GREASE = hello13((0x1A1A, *SUITES13), groups=(0x2A2A, 29), extra={0x3A3A: b""}, versions=(0x4A4A, 0x0304))
LARGE = hello13(extra={21: bytes(3000)})
OTHER = {"name": "other.test"}
REFUSED, OLD_VERSION = "alert 40", "alert 70"
GOOD_HSTS = ["max-age=63072000; includeSubDomains"]
OK, NO_CERTIFICATE = "HTTP/1.1 200 OK", "TLSV13_ALERT_CERTIFICATE_REQUIRED"

CASES: dict[str, tuple[Look, Any, Any]] = {
    # name: how to look, what the good server shows, what the fault shows
    "ssl2": (ssl2, 3, 4),
    "ssl3": (saying(hello((0x002F,), legacy=0x0300)), OLD_VERSION, "0x0300 0x002f"),
    "tls10": (saying(hello((0xC009,), legacy=0x0301)), OLD_VERSION, "0x0301 0xc009"),
    "tls11": (saying(hello((0xC009,), legacy=0x0302)), OLD_VERSION, "0x0302 0xc009"),
    "only-tls11": (saying(hello((0xC02B, 0xC009))), "0x0303 0xc02b", "0x0302 0xc009"),
    "no-tls13": (saying(hello13((0x1301,))), "0x0304 0x1301", OLD_VERSION),
    "prefers-tls12": (
        saying(hello((0x1301, 0xC02B), versions=(0x0304, 0x0303), shares=(29,))),
        "0x0304 0x1301",
        "0x0303 0xc02b",
    ),
    "unknown-version-intolerant": (saying(hello13((0x1301,), versions=(0x0305, 0x0304))), "0x0304 0x1301", OLD_VERSION),
    "hangs-up-on-versions": (saying(hello((0xC009,), legacy=0x0302)), OLD_VERSION, "closed"),
    "no-downgrade-sentinel": (sentinel, True, False),
    "grease-intolerant": (saying(GREASE), "0x0304 0x1302", "alert 50"),
    "large-hello-intolerant": (saying(LARGE), "0x0304 0x1302", "closed"),
    "split-hello-intolerant": (saying(hello13(), cut=9), "0x0304 0x1302", "closed"),
    "selects-unoffered": (extension(hello(), 0xFE00), False, True),
    "no-fallback-scsv": (saying(hello((0xC02B, 0x5600))), "alert 86", "0x0303 0xc02b"),
    "null": (saying(hello((0xC006,))), REFUSED, "0x0303 0xc006"),
    "anonymous": (saying(hello((0x00A6,))), REFUSED, "0x0303 0x00a6"),
    "export": (saying(hello((0x0026,))), REFUSED, "0x0303 0x0026"),
    "rc4": (saying(hello((0xC007,))), REFUSED, "0x0303 0xc007"),
    "3des": (saying(hello((0xC008,))), REFUSED, "0x0303 0xc008"),
    "rsa-key-transport": (saying(hello((0x009C,))), REFUSED, "0x0303 0x009c"),
    "dhe": (prime_bits, 0, 2048),
    "dhe-1024": (prime_bits, 0, 1024),
    "static-dh": (saying(hello((0x00A0,))), REFUSED, "0x0303 0x00a0"),
    "static-ecdh": (saying(hello((0xC02D,))), REFUSED, "0x0303 0xc02d"),
    "cbc-without-etm": (saying(hello((0xC023,), extra={22: b""})), REFUSED, "0x0303 0xc023"),
    "cbc-sha-without-etm": (saying(hello((0xC009,), extra={22: b""})), REFUSED, "0x0303 0xc009"),
    "cbc-with-etm": (saying(hello((0xC023,), extra={22: b""})), REFUSED, "0x0303 0xc023"),
    "ccm8": (saying(hello((0xC0AE,))), REFUSED, "0x0303 0xc0ae"),
    "ccm8-tls13": (saying(hello13((0x1305,), shares=())), REFUSED, "0x0304 0x1305"),
    "national-instead": (saying(hello((0xC02B, 0xC05C))), "0x0303 0xc02b", "0x0303 0xc05c"),
    "no-aes128gcm12": (saying(hello((0xC02B, 0xC02F))), "0x0303 0xc02b", REFUSED),
    "no-aes128gcm13": (saying(hello13((0x1301,))), "0x0304 0x1301", REFUSED),
    "only-aes128gcm13": (saying(hello13((0x1302, 0x1303))), "0x0304 0x1302", REFUSED),
    "client-order": (orders, False, True),
    "truncated-hmac": (extension(hello(extra={4: b""}), 4), False, True),
    "no-p256": (saying(hello13((0x1301,), groups=(23,), shares=())), "0x0304 0x1301", REFUSED),
    "no-x25519": (saying(hello13((0x1301,), groups=(29,), shares=())), "0x0304 0x1301", REFUSED),
    "small-groups": (small, "", "030013"),
    "no-hybrid": (saying(hello13((0x1301,), groups=(HYBRID,), shares=())), "0x0304 0x1301", REFUSED),
    "classical-first": (lambda at: retried_group(at, (29, HYBRID)), HYBRID, 29),
    "ffdhe2048": (saying(hello13((0x1301,), groups=(256,), shares=())), REFUSED, "0x0304 0x1301"),
    "pkcs1-only": (signed(0x0403, 0x0804, 0x0401), "0403", "0401"),
    "reused-share": (fresh, True, False),
    "no-retry": (saying(hello13((0x1301,), shares=())), "0x0304 0x1301", REFUSED),
    "sha1-signatures": (signed(0x0203, 0x0201), REFUSED, "0203"),
    "no-mandatory-scheme": (saying(hello13((0x1301,), schemes=(0x0403, 0x0804))), "0x0304 0x1301", REFUSED),
    "no-ems": (extension(hello(), 23), True, False),
    "heartbeat": (heartbeat, (False, False), (True, True)),
    "no-renegotiation-info": (extension(hello(), 0xFF01), True, False),
    "client-renegotiation": (lambda at: session12(at).renegotiation.accepted, 0, 10),
    "compression": (compression, 0, 1),
    "no-alpn": (lambda at: flight13(at).flight.alpn, "http/1.1", ""),
    "lax-alpn": (saying(hello13((0x1301,), protocols=(b"x-none",))), "alert 120", "0x0304 0x1301"),
    "ignores-sni": (saying(hello13((0x1301,), **OTHER)), "alert 112", "0x0304 0x1301"),
    "answers-unknown-name": (saying(hello13((0x1301,), **OTHER)), "alert 112", "0x0304 0x1301"),
    "early-data": (lambda at: flight13(at).flight.early_data, False, True),
    "no-certificate-compression": (compression13, "zlib", ""),
    "psk-ke": (resumed, "full handshake", "resumed"),
    "ticket-8-days": (lambda at: flight13(at).flight.ticket_lifetime_seconds, 7200, 691_200),
    "ticket-2-days": (lambda at: flight13(at).flight.ticket_lifetime_seconds, 7200, 172_800),
    "stale-staple": (stapled, (None, None), staple_of("stale-staple")),
    "revoked-staple": (stapled, (None, None), staple_of("revoked-staple")),
    "no-staple": (stapled, staple_of("good-staple"), (None, None)),
    "no-caa": (lambda at: at.policy.caa in ZONES, False, True),
    "caa-other-issuer": (lambda at: at.policy.caa in ZONES, False, True),
    "uneven-addresses": (second, "", OLD_VERSION),
    "tls12": (saying(hello()), OLD_VERSION, "0x0303 0xc02b"),
    "claims-tls13": (lambda at: at.policy.claims, (), (("tls13", False),)),
    "unsaid-mtls": (lambda at: flight13(at).flight.certificate_request, False, True),
    "mtls-not-requested": (lambda at: flight13(at).flight.certificate_request, True, False),
    "mtls-optional": (visiting(""), NO_CERTIFICATE, OK),
    "mtls-any-certificate": (visiting("untrusted"), "TLSV1_ALERT_UNKNOWN_CA", OK),
    "no-hsts": (hsts, GOOD_HSTS, []),
    "short-hsts": (hsts, GOOD_HSTS, ["max-age=300; includeSubDomains"]),
    "duplicate-hsts": (hsts, GOOD_HSTS, GOOD_HSTS * 2),
    "malformed-hsts": (hsts, GOOD_HSTS, ['max-age="two years"; includeSubDomains']),
    "hsts-without-subdomains": (hsts, GOOD_HSTS, ["max-age=63072000"]),
    "insecure-cookie": (cookies, [GOOD_COOKIE], ["sandbox=1; Path=/; HttpOnly; SameSite=Lax"]),
    "no-security-txt": (security_txt, ("HTTP/1.1 200 OK", True), ("HTTP/1.1 404 Not Found", False)),
    "expired-security-txt": (security_txt, ("HTTP/1.1 200 OK", True), ("HTTP/1.1 200 OK", False)),
    "plain-hsts": (plain, (b"301", False), (b"301", True)),
    "plain-served": (plain, (b"301", False), (b"200", False)),
    **{name: (leaf, leaf_of("good"), leaf_of(name)) for name in FAULTS if name in SERVERS and "staple" not in name},
    "must-staple-unstapled": (leaf, leaf_of("good"), leaf_of("must-staple-unstapled")),
}


BASES = {"mtls-": "client-certificates", "tls12": "tls13-only", "no-st": "good-staple", "no-ce": COMPRESSED}
"""What a fault is a change of, by how its name begins, where that is not the good server."""


@pytest.mark.parametrize("name", FAULTS)
def test_fault_shows_what_its_name_says_and_the_good_server_does_not(name: str) -> None:
    look, good, faulty = CASES[name]
    base = BENIGN[BASES.get(name[:5], "good")]
    with serve(named(base), authorities()) as endpoint:
        assert look(endpoint) == good
    with serve(named(FAULTS[name].apply(base)), authorities()) as endpoint:
        assert look(endpoint) == faulty


def test_cbc_faults_differ_in_encrypt_then_mac() -> None:
    for name, answered in (
        ("cbc-without-etm", False),
        ("cbc-sha-without-etm", False),
        ("cbc-with-etm", True),
        ("3des", True),
    ):
        data = hello({"3des": (0xC008,), "cbc-sha-without-etm": (0xC009,)}.get(name, (0xC023,)), extra={22: b""})
        with serve(named(with_faults(GOOD, name)), authorities()) as endpoint:
            assert extension(data, 22)(endpoint) == answered


def test_server_for_any_certificate_wants_one() -> None:
    with serve(named(with_faults(GOOD, "mtls-any-certificate")), authorities()) as endpoint:
        assert visiting("")(endpoint) == NO_CERTIFICATE
        assert [visiting(name)(endpoint) for name in ("trusted", "expired", "wrong-eku")] == [OK] * 3


def test_cases_cover_the_faults_and_no_others() -> None:
    assert set(CASES) == set(FAULTS)


@pytest.mark.parametrize("maximum", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("name", BENIGN)
def test_benign_server_serves_a_verifying_client(name: str, maximum: str) -> None:
    policy = BENIGN[name]
    roots = stored("private.pem", authorities().private_roots_pem) if policy.trust == "private" else public_roots()
    with serve(named(policy), authorities()) as endpoint:
        status = exchange(
            endpoint.address,
            client="trusted" if policy.declares_mtls else "",
            roots=roots,
            maximum=ssl.TLSVersion[maximum],
        )
    refused = policy.versions == (TLS13,) and maximum == "TLSv1_2"
    expected = "TLSV1_ALERT_PROTOCOL_VERSION" if refused else OK
    assert status.split("\r\n")[0] == expected


@pytest.mark.parametrize("name", sorted(set(FAULTS) - {"only-tls11", "secp256k1"}))
def test_fault_still_serves_http_so_that_one_defect_is_one_finding(name: str) -> None:
    """Certificates are not verified here: theirs is another finding. The library's client knows nothing below TLS 1.2,
    and neither it nor TLS 1.3 has a signature scheme for secp256k1.
    """
    with serve(named(with_faults(GOOD, name)), authorities()) as endpoint:
        client = "trusted" if name == "mtls-any-certificate" else ""
        assert exchange(endpoint.address, client=client).startswith(OK)


def test_benign_variants_are_what_they_say() -> None:
    chacha_first = (0xCCA9, 0xC02B)
    looks: dict[str, tuple[Look, Any, Any]] = {
        "chacha-priority": (saying(hello(chacha_first)), "0x0303 0xc02b", "0x0303 0xcca9"),
        "rsa-only": (saying(hello((0xC02F,))), REFUSED, "0x0303 0xc02f"),
        "dual-certificate": (saying(hello((0xC02F,))), REFUSED, "0x0303 0xc02f"),
        "tls13-only": (saying(hello()), "0x0303 0xc02b", OLD_VERSION),
        "sni-strict": (saying(hello13((0x1301,), name="")), "0x0304 0x1301", "alert 112"),
        "no-tickets": (
            lambda at: (flight13(at).flight.ticket_seen, session12(at).ticket_seconds),
            (True, 7200),
            (False, -1),
        ),
        COMPRESSED: (compression13, "", "zlib"),
        "national-beside": (saying(hello((0xC05C,))), REFUSED, "0x0303 0xc05c"),
        "pkcs1-first": (saying(hello((0xC02F,), schemes=(0x0804, 0x0401))), REFUSED, "0x0303 0xc02f"),
        "private-root": (leaf, leaf_of("good"), leaf_of("private-root")),
        "good-staple": (stapled, (None, None), staple_of("good-staple")),
    }
    for name, (look, good, variant) in looks.items():
        for policy, expected in ((GOOD, good), (BENIGN[name], variant)):
            with serve(named(policy), authorities()) as endpoint:
                assert look(endpoint) == expected, name


def retried_group(endpoint: Endpoint, groups: tuple[int, ...]) -> int:
    answer = ask(endpoint.address, hello13(groups=groups, shares=())).answer
    assert answer
    return int.from_bytes(answer.extensions[51], "big")


def test_hybrid_group_is_asked_for_where_it_alone_is_offered() -> None:
    with serve(named(GOOD), authorities()) as endpoint:
        assert retried_group(endpoint, (HYBRID,)) == HYBRID


def test_nine_services_start_and_stop_in_a_second_and_leave_no_thread() -> None:
    authorities().variant("good", NAME)
    before, started = threading.active_count(), time.monotonic()
    with ExitStack() as stack:
        endpoints = [stack.enter_context(serve(named(GOOD), authorities())) for _ in range(9)]
        idle = connected(endpoints[0].address)
        assert len({endpoint.address for endpoint in endpoints}) == 9
    assert time.monotonic() - started < 1
    assert threading.active_count() == before
    idle.close()
