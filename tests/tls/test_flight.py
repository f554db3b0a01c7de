"""Our own clients: what they read of real servers and of raw ones, and that nothing a server sends upsets them."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.tls.channel import Alerted, Channel, message
from conformance.tls.client_hello import ClientHello, parse_client_hello
from conformance.tls.credentials import Introduction, from_pem, is_signed, load
from conformance.tls.evidence import Renegotiation
from conformance.tls.fake12 import Choice, Server12
from conformance.tls.fake13 import Server13, Shares, server_hello13
from conformance.tls.flight import Read13, read_flight13
from conformance.tls.flight12 import Session12, handshake12
from conformance.tls.flight_hello import Hello13
from conformance.tls.policy import BOTH, GOOD, Policy, with_faults
from conformance.tls.sandbox import serve
from tests.tls.chains import NAME, authorities
from tests.tls.endpoints import folder, identified, stored
from tests.tls.hellos import connected, records
from tests.zoo.servers import a_door, a_target, closed_port, contained
from tests.zoo.servers import serve as serve_by_hand

RAW = replace(GOOD, server_name=NAME, raw=BOTH)
GOOD_CHAIN = authorities().variant("good", NAME).chain_der
SERVERS_KNOWN = frozenset({sha256(GOOD_CHAIN[0]).hexdigest()})
Handler = Callable[[socket.socket], object]


def read13(address: str, hello: Hello13 | None = None, seconds: float = 5) -> Read13:
    with connected(address) as sock:
        return read_flight13(sock, hello or Hello13(NAME), deadline=time.monotonic() + seconds)


def read12(address: str, seconds: float = 5) -> Session12:
    with connected(address) as sock:
        return handshake12(sock, server_name=NAME, deadline=time.monotonic() + seconds)


@contextlib.contextmanager
def running(*command: str, port: int) -> Iterator[str]:
    """A server program, once it listens. Standard input stays open: some servers end with it."""
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder()
    ) as process:
        try:
            patience = time.monotonic() + 10
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                assert time.monotonic() < patience
                assert process.poll() is None
                time.sleep(0.02)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()


def key_options(variant: str, certificate: str, key: str) -> tuple[str, ...]:
    paths = identified(authorities().variant(variant, NAME), variant)
    return certificate, paths[0], key, paths[1]


def client_roots() -> str:
    return stored("client-roots.pem", authorities().client_ca_pem)


def nginx(*lines: str, variant: str = "good") -> contextlib.AbstractContextManager[str]:
    port = closed_port()
    certificate, key = identified(authorities().variant(variant, NAME), variant)
    place = Path(folder()) / f"nginx-{port}"
    place.mkdir()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {place}/t; " for kind in kinds)
    (place / "nginx.conf").write_text(
        f"daemon off; pid {place}/pid; error_log /dev/null; events {{}} http {{ access_log off; {temporary}"
        f"ssl_protocols TLSv1.2 TLSv1.3; server {{ listen 127.0.0.1:{port} ssl http2; ssl_certificate {certificate}; "
        f"ssl_certificate_key {key}; {' '.join(lines)} }} }}"
    )
    return running("nginx", "-p", str(place), "-e", "/dev/null", "-c", str(place / "nginx.conf"), port=port)


def s_server(*options: str, variant: str = "good") -> contextlib.AbstractContextManager[str]:
    port = closed_port()
    return running(
        "openssl",
        "s_server",
        "-accept",
        f"127.0.0.1:{port}",
        "-quiet",
        *key_options(variant, "-cert", "-key"),
        *options,
        port=port,
    )


def gnutls(*options: str, variant: str = "good") -> contextlib.AbstractContextManager[str]:
    port = closed_port()
    return running(
        "gnutls-serv",
        "--http",
        "-q",
        "-p",
        str(port),
        *key_options(variant, "--x509certfile", "--x509keyfile"),
        *options,
        port=port,
    )


@pytest.mark.software
def test_nginx_with_early_data_and_long_tickets() -> None:
    with nginx("ssl_early_data on;", "ssl_session_timeout 30d;") as address:
        seen, session = read13(address), read12(address)
    assert seen.chain == GOOD_CHAIN
    flight = seen.flight
    assert flight.chain == tuple(sha256(each).hexdigest() for each in GOOD_CHAIN)
    assert (flight.alpn, flight.signature_scheme) == ("h2", "ecdsa_secp256r1_sha256")
    assert flight.finished_verified
    assert (flight.ticket_seen, flight.early_data, flight.ticket_lifetime_seconds) == (True, True, 604_800)
    assert session == Session12(2_592_000, Renegotiation(1, 0, "alert no_renegotiation"))


@pytest.mark.software
def test_nginx_that_asks_for_a_group_and_a_client_certificate() -> None:
    with nginx(
        "ssl_ecdh_curve secp384r1;",
        f"ssl_client_certificate {client_roots()};",
        "ssl_verify_client on;",
        "ssl_session_tickets off;",
        "ssl_session_timeout 5m;",
        variant="good-rsa",
    ) as address:
        flight, session = read13(address).flight, read12(address)
    assert (flight.answer.group, flight.answer.retry) == ("secp384r1", True)
    assert flight.certificate_request
    assert flight.finished_verified
    assert flight.signature_scheme == "rsa_pss_rsae_sha256"
    assert not flight.early_data
    assert session.ticket_seconds == -1


@pytest.mark.software
@pytest.mark.parametrize("group", [29, 23, 24], ids=["x25519", "secp256r1", "secp384r1"])
@pytest.mark.parametrize("suite", [0x1301, 0x1302, 0x1303], ids=["aes128", "aes256", "chacha20"])
def test_openssl_in_each_suite_and_group(suite: int, group: int) -> None:
    with s_server("-serverpref", variant="good-rsa") as address:
        flight = read13(address, Hello13(NAME, suites=(suite,), groups=(group,))).flight
    assert flight.finished_verified
    assert flight.ticket_seen


@pytest.mark.software
def test_openssl_that_requires_a_client_certificate() -> None:
    """TLS 1.3 refuses after the server's flight, which is read all the same; TLS 1.2 before a session stands."""
    with s_server("-Verify", "1", "-CAfile", client_roots()) as address:
        flight = read13(address).flight
        assert flight.certificate_request
        assert flight.finished_verified
        assert not flight.ticket_seen
        with pytest.raises(Untested) as refused:
            read12(address)
    assert refused.value.reason is NotTested.NO_CREDENTIAL


@pytest.mark.software
def test_openssl_takes_the_client_certificate_that_we_present() -> None:
    """In both versions a session stands, and TLS 1.3 gives a ticket."""
    material = authorities().client("trusted")
    ours = Introduction(from_pem(material.certificate_pem, material.key_pem), SERVERS_KNOWN)
    with s_server("-Verify", "1", "-CAfile", client_roots()) as address:
        with connected(address) as sock:
            flight = read_flight13(sock, Hello13(NAME), deadline=time.monotonic() + 5, introduction=ours).flight
        with connected(address) as sock:
            session = handshake12(sock, server_name=NAME, deadline=time.monotonic() + 5, introduction=ours)
    assert flight.client_certificate
    assert flight.ticket_seen
    assert flight.ended == ""
    assert session.ticket_seconds > 0


@pytest.mark.software
def test_our_certificate_is_not_shown_to_a_server_that_we_do_not_know() -> None:
    material = authorities().client("trusted")
    ours = Introduction(from_pem(material.certificate_pem, material.key_pem), frozenset({"0" * 64}))
    with s_server("-Verify", "1", "-CAfile", client_roots()) as address:
        with connected(address) as sock:
            flight = read_flight13(sock, Hello13(NAME), deadline=time.monotonic() + 5, introduction=ours).flight
        with connected(address) as sock, pytest.raises(Untested):
            handshake12(sock, server_name=NAME, deadline=time.monotonic() + 5, introduction=ours)
    assert not flight.client_certificate


@pytest.mark.parametrize("name", ["good", "good-rsa"])
def test_a_signature_counts_by_the_key_of_the_leaf_alone(name: str) -> None:
    own = load(authorities().variant(name, NAME))
    for scheme in own.schemes(tls13=False):
        signature = own.sign(scheme, b"content")
        assert is_signed(own.chain[0], scheme, b"content", signature)
        assert not is_signed(own.chain[0], scheme, b"other", signature)
        assert not is_signed(authorities().variant("other-name", NAME).chain_der[0], scheme, b"content", signature)
    assert not is_signed(b"\x30\x00", 0x0403, b"content", b"")
    assert not is_signed(own.chain[0], 0x9999, b"content", b"")


@pytest.mark.software
def test_openssl_says_that_it_does_not_know_our_certificate() -> None:
    material = authorities().client("untrusted")
    theirs = Introduction(from_pem(material.certificate_pem, material.key_pem), SERVERS_KNOWN)
    with (
        s_server("-Verify", "1", "-verify_return_error", "-CAfile", client_roots()) as address,
        connected(address) as sock,
    ):
        flight = read_flight13(sock, Hello13(NAME), deadline=time.monotonic() + 5, introduction=theirs).flight
    assert flight.client_certificate
    assert not flight.ticket_seen
    assert flight.ended == "alert unknown_ca"


@pytest.mark.software
def test_gnutls_grants_renegotiation_as_often_as_asked() -> None:
    with gnutls() as address:
        session, flight = read12(address), read13(address).flight
    assert session.renegotiation == Renegotiation(10, 10, "")
    assert session.ticket_seconds > 0
    assert flight.finished_verified


@pytest.mark.software
def test_gnutls_renegotiates_insecurely_where_it_is_told_to() -> None:
    """Without extended_master_secret and renegotiation_info nothing binds the sessions, and yet it is granted."""
    with gnutls("--priority", "NORMAL:%NO_SESSION_HASH:%DISABLE_SAFE_RENEGOTIATION") as address:
        session = read12(address)
    assert session.renegotiation == Renegotiation(10, 10, "")


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_server_without_that_version_is_no_evidence(version: str) -> None:
    policy = replace(GOOD, server_name=NAME, versions=(0x0304,) if version == "TLSv1.2" else (0x0303,))
    with serve(policy, authorities()) as endpoint, pytest.raises(Undecided) as refused:
        (read12 if version == "TLSv1.2" else read13)(endpoint.address)
    assert (refused.value.reason, refused.value.detail) == (Reason.TLS_ALERT, "protocol_version")


@contextlib.contextmanager
def beside(handler: Handler) -> Iterator[socket.socket]:
    """Our end of a pair; a thread handles the other end until it is done or we have left."""
    ours, theirs = socket.socketpair()

    def work() -> None:
        with theirs, contextlib.suppress(OSError, Undecided, Alerted):
            handler(theirs)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        with ours:
            yield ours
    finally:
        thread.join(5)
        assert not thread.is_alive()


def looked(sock: socket.socket, version: str, seconds: float = 2.0, ticket_seconds: float = 0.02) -> object:
    deadline = time.monotonic() + seconds
    if version == "TLSv1.3":
        return read_flight13(sock, Hello13(NAME), deadline=deadline, ticket_seconds=ticket_seconds)
    return handshake12(sock, server_name=NAME, deadline=deadline, requests=2, answer_seconds=0.02)


class Twisted(Channel):
    """A channel on which one message is not sent as the server means it."""

    twist: Callable[[bytes], bytes] = staticmethod(lambda data: data)
    target = -1
    count = 0

    def send_message(self, kind: int, body: bytes) -> None:
        data = message(kind, body)
        self.transcript += data
        self.send(22, type(self).twist(data) if self.count == self.target else data)
        self.count += 1


LOADED = load(authorities().variant("good-staple", NAME))
EARLY: Policy = with_faults(RAW, "early-data")


def serving(version: str, target: int = -1, twist: Callable[[bytes], bytes] = lambda data: data) -> Handler:
    """A raw server of that version, which sends one message twisted."""

    def handle(sock: socket.socket) -> None:
        channel = type("Once", (Twisted,), {"twist": staticmethod(twist)})(sock, time.monotonic() + 2, 100_000)
        channel.target = target
        if version == "TLSv1.3":
            server = Server13(channel, EARLY, LOADED, Shares(EARLY))
            server.handshake()
            server.recv(1)
        else:
            session = Server12(channel, EARLY, LOADED, Shares(EARLY))
            session.handshake(first_hello(sock), Choice(0x0303, 0xC02B, "ecdhe", 29, 0x0403))
            session.recv(1)

    return handle


def first_hello(sock: socket.socket) -> ClientHello:
    octets = b""
    while not octets or len(octets) < 5 + int.from_bytes(octets[3:5], "big"):
        octets = sock.recv(65_536, socket.MSG_PEEK)
    found = parse_client_hello(octets[5:])
    assert found
    return found


def test_pair_of_our_own_agrees() -> None:
    with beside(serving("TLSv1.3")) as sock:
        seen = looked(sock, "TLSv1.3")
    assert isinstance(seen, Read13)
    assert seen.chain == LOADED.chain
    assert seen.staple == LOADED.staple
    assert seen.flight.staple
    assert seen.flight.early_data
    with beside(serving("TLSv1.2")) as sock:
        assert looked(sock, "TLSv1.2") == Session12(-1, Renegotiation(1, 0, "alert no_renegotiation"))


VERSIONS = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])


@VERSIONS
@settings(max_examples=100, deadline=None)
@given(
    target=st.integers(0, 5),
    at=st.integers(0, 5000),
    value=st.integers(0, 255),
    way=st.sampled_from(["flip", "cut", "insert", "drop", "double"]),
)
def test_no_damaged_flight_raises_anything_else(version: str, target: int, at: int, value: int, way: str) -> None:
    """Whatever one message becomes before it is protected: the reader reads it, or says why it cannot."""

    def twist(data: bytes) -> bytes:
        place = at % len(data)
        return {
            "flip": data[:place] + bytes((value,)) + data[place + 1 :],
            "cut": data[:place],
            "insert": data[:place] + bytes((value,)) + data[place:],
            "drop": b"",
            "double": data * 2,
        }[way]

    with beside(serving(version, target, twist)) as sock, contextlib.suppress(Undecided):
        assert isinstance(looked(sock, version, seconds=0.05), Read13 | Session12)


@VERSIONS
@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=400), start=st.sampled_from([b"", b"\x16\3\3", b"\x16\3\3\1\0\2", b"\x15\3\3\0\2"]))
def test_no_bytes_raise_anything_else(version: str, data: bytes, start: bytes) -> None:
    def handle(sock: socket.socket) -> None:
        sock.sendall(start + data)
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(4096):
            pass

    with beside(handle) as sock, pytest.raises(Undecided):
        looked(sock, version, seconds=1)


@VERSIONS
def test_wrong_finished_is_no_evidence(version: str) -> None:
    """The last byte of verify_data differs."""
    target = {"TLSv1.3": 4, "TLSv1.2": 5}[version]
    handler = serving(version, target, lambda data: data[:-1] + bytes((data[-1] ^ 1,)))
    with beside(handler) as sock, pytest.raises(Undecided, match="Finished does not verify") as refused:
        looked(sock, version)
    assert refused.value.reason is Reason.TLS_RECORD


def silent(sock: socket.socket) -> None:
    while sock.recv(4096):
        pass


def dripping(sock: socket.socket) -> None:
    for byte in b"\x16\3\3\x10\0\2\0\x0f\xfc" + bytes(1000):
        sock.sendall(bytes((byte,)))
        time.sleep(0.01)


def flooding(sock: socket.socket) -> None:
    first_hello(sock)
    while True:
        sock.sendall((b"\x16\3\3\x40\0" + b"\2\xff\xff\xff" + bytes(16_380)) * 4)


def announcing(sock: socket.socket) -> None:
    sock.sendall(b"\x16\3\3\0\4\2\xff\xff\xff")
    silent(sock)


def warning(sock: socket.socket) -> None:
    while True:
        sock.sendall(b"\x15\3\3\0\2\1\x70" * 100)


@VERSIONS
@pytest.mark.parametrize(
    ("handler", "reasons"),
    [
        (silent, {Reason.TIMEOUT}),
        (dripping, {Reason.TIMEOUT}),
        (flooding, {Reason.TOO_LARGE}),
        (warning, {Reason.TLS_RECORD}),
        (lambda sock: sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), {Reason.NOT_TLS}),
        (lambda sock: sock.recv(1), {Reason.CLOSED, Reason.RESET}),
        (lambda sock: sock.sendall(b"\x15\3\3\0\2\2\x28"), {Reason.TLS_ALERT}),
        (lambda sock: sock.sendall(b"\x16\3\3\xff\xff" + os.urandom(70_000)), {Reason.TLS_RECORD}),
        (announcing, {Reason.TOO_LARGE}),
    ],
    ids=["silent", "dripping", "flooding", "warning", "http", "closing", "alert", "long-record", "long-message"],
)
def test_server_that_does_not_shake_hands_is_no_evidence(version: str, handler: Handler, reasons: set[Reason]) -> None:
    started = time.monotonic()
    with beside(handler) as sock, pytest.raises(Undecided) as refused:
        looked(sock, version, seconds=0.3)
    assert refused.value.reason in reasons
    assert time.monotonic() - started < 1.5


def test_expired_connection_of_the_door_leaves_no_evidence() -> None:
    """The watchdog's end of a connection is a deadline, not the end of the stream."""
    door = a_door()
    with serve_by_hand(silent) as server:
        connection = door.open(a_target(), "127.0.0.1", server.port, "tls")
        with connection:
            late = connection.deadline + 60
            contained(
                lambda: read_flight13(connection, Hello13(NAME), deadline=late, monotonic=door.monotonic),
                Reason.TIMEOUT,
            )


@pytest.mark.parametrize(
    ("group", "again"), [(29, False), (23, True), (30, False)], ids=["the-same-group", "twice", "an-unoffered-group"]
)
def test_hello_retry_request_that_leads_nowhere_is_refused(group: int, again: bool) -> None:
    def handle(sock: socket.socket) -> None:
        for _ in range(1 + again):
            first = first_hello(sock)
            sock.recv(65_536)
            body = server_hello13(first, 0x1301, group, None)
            sock.sendall(records(message(2, body)))
            if again:
                sock.recv(6, socket.MSG_WAITALL)  # our ChangeCipherSpec
        silent(sock)

    with beside(handle) as sock, pytest.raises(Undecided) as refused:
        looked(sock, "TLSv1.3", seconds=0.5)
    assert refused.value.reason is Reason.TLS_RECORD


def test_renegotiation_that_is_garbled_is_a_refusal() -> None:
    def handle(sock: socket.socket) -> None:
        channel = Channel(sock, time.monotonic() + 2, 100_000)
        session = Server12(channel, RAW, LOADED, Shares(RAW))
        session.handshake(first_hello(sock), Choice(0x0303, 0xC02B, "ecdhe", 29, 0x0403))
        channel.record()
        channel.send_message(2, b"\3")
        channel.flush()
        silent(sock)

    with beside(handle) as sock:
        seen = looked(sock, "TLSv1.2")
    assert seen == Session12(-1, Renegotiation(1, 0, "tls-record: a field is cut short"))


def test_deadline_while_waiting_for_a_ticket_leaves_no_evidence() -> None:
    """A deadline hit always gives an error, whatever was read by then."""

    def handle(sock: socket.socket) -> None:
        policy = replace(RAW, tickets=False)
        channel = Channel(sock, time.monotonic() + 2, 100_000)
        Server13(channel, policy, LOADED, Shares(policy)).handshake()
        silent(sock)
        time.sleep(0.3)

    with beside(handle) as sock, pytest.raises(Undecided) as refused:
        looked(sock, "TLSv1.3", seconds=0.2, ticket_seconds=5)
    assert refused.value.reason is Reason.TIMEOUT


class Gone:
    """A stream whose peer is gone: writing says how, once, and reading sees an end like any other."""

    def __init__(self, error: OSError) -> None:
        self.error = error

    def settimeout(self, _: float) -> None:
        """As a socket's."""

    def sendall(self, _: bytes) -> None:
        """Fail."""
        raise self.error

    def recv(self, _: int) -> bytes:
        """Nothing more."""
        return b""


@pytest.mark.parametrize(
    ("error", "reason"), [(ConnectionResetError(), Reason.RESET), (BrokenPipeError(), Reason.CLOSED)]
)
def test_a_reset_that_writing_met_is_a_reset_and_no_end(error: OSError, reason: Reason) -> None:
    channel = Channel(Gone(error), time.monotonic() + 5, 1_000)  # type: ignore[arg-type]
    channel.send_alert(1, 0)
    with pytest.raises(Undecided) as caught:
        channel.record()
    assert caught.value.reason is reason
