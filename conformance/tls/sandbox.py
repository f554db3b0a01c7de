"""Servers on loopback that do what a policy says.

Each connection's first bytes are looked at before anyone takes them; `front.py` then has the hello answered in the
raw, or hands the untouched connection to the standard library's TLS. So a conforming policy is a real server, and a
fault is one defect upon it.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from conformance.core.model import Reason, Undecided
from conformance.tls import credentials, fake, sandbox_http
from conformance.tls.channel import CLOSE_NOTIFY, WARNING, Alerted, Channel
from conformance.tls.client_hello import Opening, read_opening
from conformance.tls.fake12 import Server12
from conformance.tls.fake13 import Server13, Shares
from conformance.tls.front import PROTOCOL_VERSION, Action, decide, refuse
from conformance.tls.pki import Material, Pki
from conformance.tls.policy import BENIGN, FAULTS, GOOD, SSL2, TLS12, TLS13, Fault, Policy, with_faults
from conformance.tls.secrets import SUITES12

__all__ = ["BENIGN", "FAULTS", "GOOD", "Endpoint", "Fault", "Policy", "serve", "with_faults"]

CONNECTION_SECONDS, LEAVE_SECONDS, PEEK_SECONDS = 6.0, 1.0, 0.002
WIRE_BYTES: Final = 262_144
PRIORITIZE_CHACHA, ALLOW_CLIENT_RENEGOTIATION, ALLOW_NO_DHE_KEX = 1 << 21, 1 << 8, 1 << 10
"""SSL_OP_* values of OpenSSL that the standard library does not name."""

LIBRARY_VERSIONS: Final = {TLS12: ssl.TLSVersion.TLSv1_2, TLS13: ssl.TLSVersion.TLSv1_3}
Handler = Callable[[socket.socket], None]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a policy is served: `host:port` each, empty where there is none."""

    policy: Policy
    address: str
    plain_http: str = ""
    second: str = ""


@contextlib.contextmanager
def serve(policy: Policy, pki: Pki, *, port: int = 0, plain_port: int = 0) -> Iterator[Endpoint]:
    """Serve the policy on 127.0.0.1, its second address on 127.0.0.2 and its plain http, until the context ends.

    Args:
        policy: What to do.
        pki: Whose certificates to present.
        port: Of the TLS endpoint and its second address, 0: any that is free.
        plain_port: Of the plain http endpoint.
    """
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(_listening("127.0.0.1", port, TlsServer(policy, pki).handle))
        second = ""
        if policy.second:
            other = TlsServer(replace(policy.second, server_name=policy.server_name), pki)
            second = _text(stack.enter_context(_listening("127.0.0.2", port, other.handle)))
        plain = ""
        if policy.http.plain != "closed":

            def answer(connection: socket.socket) -> None:
                sandbox_http.respond(
                    connection, policy.http, secure=False, https_port=first[1], server_name=policy.server_name
                )
                _leave(connection)

            plain = _text(stack.enter_context(_listening("127.0.0.1", plain_port, answer)))
        yield Endpoint(policy, _text(first), plain, second)


def _text(address: tuple[str, int]) -> str:
    return f"{address[0]}:{address[1]}"


@contextlib.contextmanager
def _listening(host: str, port: int, handler: Handler) -> Iterator[tuple[str, int]]:
    """Accept connections, each in a thread of its own. At the end all of them are cut and awaited."""
    listener = socket.create_server((host, port), backlog=256)
    open_now: dict[threading.Thread, socket.socket] = {}
    lock = threading.Lock()

    def one(connection: socket.socket) -> None:
        try:
            connection.settimeout(CONNECTION_SECONDS)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.suppress(OSError):
                handler(connection)
        finally:
            with lock:
                del open_now[threading.current_thread()]
                connection.close()

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=one, args=(connection,), daemon=True)
            with lock:
                open_now[thread] = connection
            thread.start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield listener.getsockname()
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        acceptor.join(CONNECTION_SECONDS)
        listener.close()
        with lock:
            threads = list(open_now)
            for connection in open_now.values():
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(CONNECTION_SECONDS)


class TlsServer:
    """What one TLS endpoint needs: contexts of the library, credentials for the raw servers."""

    def __init__(self, policy: Policy, pki: Pki) -> None:
        self._policy = policy
        names = [name for name in (policy.certificate, policy.also_certificate) if name]
        materials = [pki.variant(name, policy.server_name) for name in names]
        staple = None if "no-staple" in policy.quirks else materials[0].staple
        self._credentials = credentials.load(replace(materials[0], staple=staple))
        self._shares = Shares(policy)
        self.contexts: dict[bool, ssl.SSLContext] = {}
        if set(policy.versions) & LIBRARY_VERSIONS.keys() - policy.raw:
            self.contexts[False] = library_context(policy, materials, pki)
        if policy.prefers_tls12 and TLS12 not in policy.raw:
            self.contexts[True] = library_context(replace(policy, versions=(TLS12,)), materials, pki)

    def handle(self, connection: socket.socket) -> None:
        """Answer one connection; it is closed by the caller."""
        if context := self.take(connection):
            self._real(connection, context)

    def take(self, connection: socket.socket) -> ssl.SSLContext | None:
        """The library's settings to go on with; None where the connection has been answered in another way."""
        opening, split = _look(connection)
        if opening is None:
            return None
        if opening.hello:
            action = decide(opening.hello, self._policy, self._credentials, split=split)
        else:
            action = Action("real") if opening.kind == "other" else refuse(PROTOCOL_VERSION)
        if opening.kind == "ssl2" and SSL2 in self._policy.versions:
            _say(connection, fake.ssl2_server_hello(opening.ssl2_kinds, self._credentials.chain[0]))
        elif action.kind == "shown" and opening.hello:
            _say(connection, fake.shown(opening.hello, self._policy, action.group))
        elif action.kind == "refuse" or (action.kind == "real" and not self.contexts):
            _say(connection, fake.alert(action.alert or PROTOCOL_VERSION))
        elif action.kind == "real":
            return self.contexts[action.tls12]
        elif action.kind != "drop":
            self._raw(connection, opening, action)
        return None

    def _real(self, connection: socket.socket, context: ssl.SSLContext) -> None:
        """The standard library's TLS, and HTTP over it."""
        duplicate = connection.dup()
        with context.wrap_socket(duplicate, server_side=True, do_handshake_on_connect=False) as stream:
            try:
                stream.do_handshake()
                self._respond(stream)
                stream.settimeout(LEAVE_SECONDS)
                stream.unwrap().close()
            except (OSError, ValueError):
                _leave(connection)

    def _raw(self, connection: socket.socket, opening: Opening, action: Action) -> None:
        """Our own TLS, and HTTP over it."""
        channel = Channel(connection, time.monotonic() + CONNECTION_SECONDS, WIRE_BYTES)
        with contextlib.suppress(Undecided, Alerted):
            stream: Any
            if action.kind == "raw13":
                stream = Server13(channel, self._policy, self._credentials, self._shares)
                stream.handshake()
            else:
                assert opening.hello
                assert action.choice
                stream = Server12(channel, self._policy, self._credentials, self._shares)
                if not stream.handshake(opening.hello, action.choice):
                    raise Undecided(Reason.NOT_OBSERVABLE, "nothing more is said")
            self._respond(stream)
            channel.send_alert(WARNING, CLOSE_NOTIFY)
            channel.flush()
        _leave(connection)

    def _respond(self, stream: Any) -> None:
        sandbox_http.respond(stream, self._policy.http, secure=True, https_port=0, server_name="")


class Front:
    """What the other rooms' servers take for the standard library's settings: hellos are looked at first, so that
    they are answered as the sandbox's own endpoints answer them.
    """

    def __init__(self, policy: Policy, pki: Pki, change: Callable[[ssl.SSLContext], None]) -> None:
        self._server = TlsServer(policy, pki)
        for context in self._server.contexts.values():
            change(context)

    def wrap_socket(self, connection: socket.socket, **options: Any) -> ssl.SSLSocket:
        """As `SSLContext.wrap_socket`.

        Raises:
            ssl.SSLError: the connection has been answered without it.
        """
        context = self._server.take(connection)
        if context is None:
            raise ssl.SSLError("answered in the raw")
        return context.wrap_socket(connection, **options)


def library_context(policy: Policy, materials: list[Material], pki: Pki) -> ssl.SSLContext:
    """The standard library's settings for a policy, as far as it has any."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory(prefix="conformance-") as folder:
        for material in materials:
            paths = Path(folder) / "certificate.pem", Path(folder) / "key.pem"
            paths[0].write_bytes(material.certificate_pem)
            paths[1].write_bytes(material.key_pem)
            context.load_cert_chain(*paths)
    known = [LIBRARY_VERSIONS[version] for version in policy.versions if version in LIBRARY_VERSIONS]
    context.minimum_version, context.maximum_version = min(known), max(known)
    if TLS12 in policy.versions:
        context.set_ciphers(":".join(_openssl_name(SUITES12[code].name) for code in policy.suites12))
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    if not policy.server_order:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    if policy.chacha_first:
        context.options |= PRIORITIZE_CHACHA
    if "renegotiates" in policy.quirks:
        context.options &= ~ssl.OP_NO_RENEGOTIATION
        context.options |= ALLOW_CLIENT_RENEGOTIATION
    if "psk-ke" in policy.quirks:
        context.options |= ALLOW_NO_DHE_KEX
    if not policy.tickets:
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
    if policy.alpn != "none":
        context.set_alpn_protocols(["http/1.1"])
    if policy.mtls != "off":
        context.verify_mode = ssl.CERT_OPTIONAL if policy.mtls == "optional" else ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=pki.client_ca_pem.decode())
    return context


def _openssl_name(name: str) -> str:
    """OpenSSL's name of one of the ECDHE AEAD suites."""
    exchange, _, cipher = name.removeprefix("TLS_").partition("_WITH_")
    short = cipher.replace("AES_128_GCM", "AES128-GCM").replace("AES_256_GCM", "AES256-GCM")
    if short.startswith("CHACHA20"):
        short = "CHACHA20-POLY1305"
    return f"{exchange}-{short}".replace("_", "-")


def _look(connection: socket.socket) -> tuple[Opening | None, bool]:
    """What the connection begins with, left where it is, and whether it came in pieces; None where nothing comes."""
    deadline = time.monotonic() + CONNECTION_SECONDS
    seen, split = b"", False
    while time.monotonic() < deadline:
        data = connection.recv(WIRE_BYTES, socket.MSG_PEEK)
        if not data:
            return None, split
        if len(data) == len(seen):
            time.sleep(PEEK_SECONDS)  # peeking at what is there already does not wait for more
            continue
        seen = data
        opening = read_opening(seen)
        if opening.kind != "more":
            return opening, split
        split = True
    return None, split


def _say(connection: socket.socket, data: bytes) -> None:
    """Send these bytes and no more."""
    connection.sendall(data)
    _leave(connection)


def _leave(connection: socket.socket) -> None:
    """Read on until the client leaves: closing over unread bytes would reset what was sent."""
    with contextlib.suppress(OSError):
        connection.settimeout(LEAVE_SECONDS)
        connection.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + LEAVE_SECONDS
        while connection.recv(65_536) and time.monotonic() < deadline:
            pass
