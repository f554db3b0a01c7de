"""Hellos made byte by byte, and what a server of the sandbox answers in clear."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from conformance.core.model import Undecided
from conformance.tls.channel import CLIENT_HELLO, HANDSHAKE, Alerted, Channel, extension, message, pairs, sized
from conformance.tls.flight_hello import ServerHello, parse_server_hello
from conformance.tls.policy import SUITES12
from conformance.tls.secrets import KeyShare
from tests.tls.chains import NAME, authorities
from tests.tls.endpoints import identified

SCHEMES = (0x0403, 0x0804, 0x0401)
SUITES13 = (0x1301, 0x1302, 0x1303)


def hello(
    suites: Sequence[int] = SUITES12,
    *,
    legacy: int = 0x0303,
    versions: Sequence[int] = (),
    groups: Sequence[int] = (29, 23),
    schemes: Sequence[int] = SCHEMES,
    shares: Sequence[int] = (),
    name: str = NAME,
    protocols: Sequence[bytes] = (b"http/1.1",),
    compressions: bytes = b"\0",
    extra: Mapping[int, bytes] | None = None,
) -> bytes:
    """A ClientHello message. versions: of supported_versions; with 0x0304 among them there is a key_share too."""
    found = {0: sized(b"\0" + sized(name.encode()))} if name else {}
    found |= {10: sized(pairs(*groups)), 11: b"\1\0", 13: sized(pairs(*schemes)), 23: b"", 0xFF01: b"\0"}
    if protocols:
        found[16] = sized(b"".join(sized(each, 1) for each in protocols))
    if versions:
        found[43] = sized(pairs(*versions), 1)
    if 0x0304 in versions:
        found[51] = sized(b"".join(pairs(group) + sized(KeyShare(group).public) for group in shares))
    found |= extra or {}
    block = b"".join(extension(code, data) for code, data in found.items()) if legacy > 0x0300 else b""
    body = pairs(legacy) + os.urandom(32) + b"\0" + sized(pairs(*suites)) + sized(compressions, 1)
    return message(CLIENT_HELLO, body + (sized(block) if block else b""))


def hello13(suites: Sequence[int] = SUITES13, **options: object) -> bytes:
    """A ClientHello for TLS 1.3 alone."""
    return hello(suites, **{"versions": (0x0304,), "shares": (29,), **options})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Seen:
    """What came back: a ServerHello and the messages in clear after it, an alert, or nothing (`closed`)."""

    answer: ServerHello | None = None
    messages: dict[int, bytes] = field(default_factory=dict)
    alert: int | None = None

    @property
    def outcome(self) -> str:
        """In a word: `0x0303 0xc02b`, `alert 40`, `closed`."""
        if self.answer:
            version = int.from_bytes(self.answer.extensions.get(43, pairs(self.answer.version)), "big")
            return f"0x{version:04x} 0x{self.answer.suite:04x}"
        return "closed" if self.alert is None else f"alert {self.alert}"


def records(data: bytes, kind: int = HANDSHAKE) -> bytes:
    """The bytes as one record."""
    return bytes((kind, 3, 1)) + sized(data)


def connected(address: str) -> socket.socket:
    host, port = address.split(":")
    sock = socket.create_connection((host, int(port)), 5)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def ask(address: str, data: bytes, *, cut: int = 0) -> Seen:
    """Say hello, in two segments where there is a cut, and read what is answered in clear."""
    octets = records(data)
    with connected(address) as sock:
        if cut:
            sock.sendall(octets[:cut])
            time.sleep(0.02)
        sock.sendall(octets[cut:])
        return _read(sock)


def _read(sock: socket.socket) -> Seen:
    channel = Channel(sock, time.monotonic() + 5, 100_000)
    answer, messages = None, {}
    try:
        while 14 not in messages:
            kind, body = channel.message()
            messages[kind] = body
            if kind == 2:
                answer = parse_server_hello(body)
                if 43 in answer.extensions:
                    break
    except Alerted as alert:
        return Seen(answer, messages, alert.code)
    except Undecided:
        pass
    return Seen(answer, messages)


def exchange(
    address: str,
    *,
    client: str = "",
    roots: str = "",
    maximum: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
    path: str = "/",
    whole: bool = False,
) -> str:
    """One GET by the standard library: the head of its answer (or the whole), or why there is none. The chain is
    verified where roots are given.
    """
    context = ssl.create_default_context(cafile=roots) if roots else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not roots:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.maximum_version = maximum
    context.set_alpn_protocols(["http/1.1"])
    if client:
        context.load_cert_chain(*identified(authorities().client(client), f"client-{client}"))
    try:
        with connected(address) as sock, context.wrap_socket(sock, server_hostname=NAME) as stream:
            stream.sendall(f"GET {path} HTTP/1.1\r\nHost: portal\r\n\r\n".encode())
            answer = b""
            with contextlib.suppress(ssl.SSLEOFError):
                while part := stream.recv(4096):
                    answer += part
            return (answer if whole else answer.split(b"\r\n\r\n")[0]).decode()
    except ssl.SSLError as error:
        return error.reason or type(error).__name__
    except OSError as error:
        return type(error).__name__
