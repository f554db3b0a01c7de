"""Servers on loopback that misbehave on purpose, and what watches the suite while it talks to them.

A handler is a function of one accepted connection. It runs in a thread of its own; whatever the client does to it
(closing, resetting) ends it silently, since the servers are not what is tested.
"""

from __future__ import annotations

import contextlib
import resource
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conformance.core.model import Authorisation, Reason, Service, Target, Undecided
from conformance.core.network import Door, Limits

T = TypeVar("T")

SHORT = Limits(connect_seconds=0.4, read_seconds=0.5, total_seconds=0.8, dns_seconds=0.4, patience_seconds=3.0)
ONE_HOST = (ip_network("127.0.0.1/32"),)
"""`Door(free=ONE_HOST)`: 127.0.0.2 is then somebody else's machine."""

OTHER_HOST = "127.0.0.2"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nStrict-Transport-Security: max-age=63072000\r\n\r\nok"

Handler = Callable[[socket.socket], None]


def a_target(*hosts: str, **changes: Any) -> Target:
    """A target; with hosts, one whose authorisation covers them, private addresses included."""
    target = Target(id="xa-zoo", country="XA", name="Zoo", services=())
    target = replace(target, **{name: changes.pop(name) for name in ("services", "resolver", "id") if name in changes})
    authorisation = Authorisation(
        granted_by="Example Agency",
        reference="letter 1",
        not_before=date(2020, 1, 1),
        not_after=date(2099, 12, 31),
        hosts=hosts,
        kinds=("http", "tls", "dns"),
        max_rps=1000.0,
        private_addresses=True,
    )
    return replace(target, authorisation=replace(authorisation, **changes)) if hosts else target


def a_service(address: str, **settings: Any) -> Service:
    return Service(id="s", role="tls-endpoint", address=address, settings=settings)


@dataclass
class Server:
    """A running server: where it is, how often it was reached, and the requests it read."""

    host: str
    port: int
    hits: int = 0
    open_now: int = 0
    peak: int = 0
    accepted_at: list[float] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)
    client_certificates: list[Any] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def at(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.at}/"

    @property
    def tls_url(self) -> str:
        return f"https://{self.at}/"


@contextlib.contextmanager
def serve(
    handler: Handler, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None, read: bool = True, port: int = 0
) -> Iterator[Server]:
    """Run the handler for every connection; `read` takes the request (to the end of its head) first."""
    listener = socket.create_server((host, port), backlog=512)
    server = Server(host, listener.getsockname()[1])
    connections: set[socket.socket] = set()

    def work(connection: socket.socket) -> None:
        try:
            with contextlib.suppress(OSError, ValueError):
                stream = tls.wrap_socket(connection, server_side=True) if tls else connection
                connections.add(stream)
                if isinstance(stream, ssl.SSLSocket):
                    server.client_certificates.append(stream.getpeercert(binary_form=True))
                if read:
                    server.requests.append(read_request(stream))
                handler(stream)
                if isinstance(stream, ssl.SSLSocket):
                    stream.unwrap()
                stream.close()
        finally:
            connection.close()
            with server.lock:
                server.open_now -= 1

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.add(connection)
            with server.lock:
                server.hits += 1
                server.open_now += 1
                server.peak = max(server.peak, server.open_now)
                server.accepted_at.append(time.monotonic())
            threading.Thread(target=work, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(2)
        for connection in list(connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


def read_request(stream: socket.socket) -> bytes:
    stream.settimeout(5)
    data = b""
    while b"\r\n\r\n" not in data and (more := stream.recv(65536)):
        data += more
    stream.settimeout(None)
    return data


def answering(raw: bytes) -> Handler:
    """Send these octets and close."""
    return lambda stream: stream.sendall(raw)


def dripping(start: bytes, drop: bytes = b"a", seconds: float = 0.05) -> Handler:
    """Send the start, then one drop again and again."""

    def handle(stream: socket.socket) -> None:
        stream.sendall(start)
        while True:
            time.sleep(seconds)
            stream.sendall(drop)

    return handle


def endless(start: bytes, block: bytes) -> Handler:
    """Send the start, then the block without end and without a pause."""

    def handle(stream: socket.socket) -> None:
        stream.sendall(start)
        while True:
            stream.sendall(block)

    return handle


def silent(stream: socket.socket) -> None:
    """Read whatever comes and never answer."""
    while stream.recv(65536):
        pass


def resetting(stream: socket.socket) -> None:
    """Reset the connection."""
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stream.close()


def redirecting(location: str, status: int = 302) -> Handler:
    return answering(f"HTTP/1.1 {status} Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())


def closed_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def contained(call: Callable[[], object], *reasons: Reason, seconds: float = SHORT.total_seconds) -> Undecided:
    """The common pass condition: `call` ends in time, in bounded memory, as Undecided with one of the reasons."""
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.monotonic()
    with pytest.raises(Undecided) as caught:
        call()
    took = time.monotonic() - begun
    assert took < seconds + 0.5, f"took {took:.2f} s"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 64 * 1024
    assert caught.value.reason in reasons, str(caught.value)
    return caught.value


@dataclass(frozen=True)
class Identity:
    """A certificate for loopback names and addresses, its key, and the PEM file that trusts it."""

    certificate: str
    key: str

    def server(self, client_roots: str = "") -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        if client_roots:
            context.verify_mode = ssl.CERT_OPTIONAL
            context.load_verify_locations(client_roots)
        return context


@cache
def identity(name: str = "localhost") -> Identity:
    """A self-signed identity, made once a session."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    names = [x509.DNSName(each) for each in (name, "portal.xa.test")]
    addresses = [x509.IPAddress(ip_address(each)) for each in ("127.0.0.1", "127.0.0.2")]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([*names, *addresses]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = Path(mkdtemp(prefix="zoo-"))
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return Identity(str(folder / "certificate.pem"), str(folder / "key.pem"))


def a_door(**options: Any) -> Door:
    return Door(**({"limits": SHORT} | options))
