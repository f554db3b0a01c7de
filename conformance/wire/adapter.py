"""The adapter that carries one request of `requests` through the door, and the TLS settings it does so with."""

from __future__ import annotations

import io
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from conformance.core.model import Reason, Target, Undecided
from conformance.core.network import Connection, Door
from conformance.wire.exchange import HttpExchange
from conformance.wire.framing import Head, Reader, check_framing, decode_content, read_body, read_head
from conformance.wire.tls_stream import TlsStream

Verify: TypeAlias = str | Literal[False]
"""`public` for the door's public roots, the path of a PEM file, or False: measure only, with no credential sent."""

Pem: TypeAlias = str | bytes
"""The path of a PEM file, or its octets."""

# What OpenSSL calls an answer that is no TLS record.
_NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL")


@dataclass(frozen=True, slots=True)
class Way:
    """How one request travels; see `fetch`."""

    door: Door
    target: Target
    kind: str
    dial: tuple[str, int]
    tls: bool
    server_name: str
    client_certificate: tuple[Pem, Pem] | None = field(repr=False)
    verify: Verify
    deadline: float | None
    body: bool
    lines: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    patience: float | None = None
    gate: Callable[[Callable[[], None]], None] | None = field(default=None, repr=False)


class DoorAdapter(BaseAdapter):
    """Carries one request of `requests` through the door."""

    def __init__(self, way: Way) -> None:
        super().__init__()
        self.way = way
        self.exchange: HttpExchange | None = None

    def send(self, request: requests.PreparedRequest, *_args: Any, **_kwargs: Any) -> requests.Response:
        """Open, send, read, close. What `requests` passes beside the request comes from its defaults; not used."""
        way, door = self.way, self.way.door
        octets = _serialise(request, way.lines)
        # Reading the roots takes long; it must not eat the deadline of the connection.
        context = _context(door, way) if way.tls else None
        left = door.limits.total_seconds if way.deadline is None else way.deadline - door.monotonic()
        if left <= 0:
            raise Undecided(Reason.TIMEOUT, "no time was left for this exchange")
        total = min(left, way.patience or door.limits.total_seconds)
        connection = door.open(way.target, *way.dial, way.kind, total_seconds=total)
        if way.patience:
            connection.settimeout(total)
        stream: Connection | TlsStream = connection
        try:
            if context is not None:
                stream = TlsStream(context, connection, way.server_name)
                stream.handshake()
            # Before anything is read: after an end without close_notify OpenSSL says nothing of its handshake any more.
            facts = _tls_facts(stream)
            written = Written(stream, octets, door)
            if way.gate:
                way.gate(written.write)
            else:
                written.write()
            head, body, answered_at = _read(stream, request.method or "GET", way)
        except (OSError, ValueError, Undecided) as error:
            raise _meaning(error, connection, door) from None
        finally:
            connection.close()
        if _is_late(connection, door):
            raise _meaning(TimeoutError(), connection, door)
        self.exchange = HttpExchange(
            method=request.method or "GET",
            url=request.url or "",
            status=head.status,
            fields=head.fields,
            body=body,
            asked_at=written.at,
            answered_at=answered_at,
            address=connection.address,
            minor=head.minor,
            informational=head.informational,
            tls_version=facts[0],
            certificate=facts[1],
        )
        return _response(request, self.exchange)

    def close(self) -> None:
        """Nothing is kept, so nothing is closed."""


class Written:
    """A request that is written when somebody says so. at: when that was, and not there before."""

    at: datetime

    def __init__(self, stream: Connection | TlsStream, octets: bytes, door: Door) -> None:
        self._stream, self._octets, self._door = stream, octets, door

    def write(self) -> None:
        """Write it."""
        self.at = self._door.now()
        self._stream.sendall(self._octets)


def _serialise(request: requests.PreparedRequest, more: tuple[tuple[str, str], ...]) -> bytes:
    body = request.body or b""
    if isinstance(body, str):
        body = body.encode()
    if not isinstance(body, bytes):
        raise TypeError(f"a body must be octets, text or a mapping, not {type(body).__name__}")
    lines = [f"{request.method} {request.path_url} HTTP/1.1"]
    lines += [f"{_text(name)}: {_text(value)}" for name, value in (*request.headers.items(), *more)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _read(stream: Connection | TlsStream, method: str, way: Way) -> tuple[Head, bytes, datetime]:
    limits = way.door.limits
    reader = Reader(stream.recv, limits.wire_bytes)
    head = read_head(reader, limits)
    answered_at = way.door.now()
    check_framing(head)
    if not way.body:
        return head, b"", answered_at
    body = read_body(reader, head, method, limits)
    return head, decode_content(body, head.all("content-encoding"), limits), answered_at


def _tls_facts(stream: Connection | TlsStream) -> tuple[str, bytes]:
    if not isinstance(stream, TlsStream):
        return "", b""
    return stream.tls.version() or "", stream.tls.getpeercert(binary_form=True) or b""


def _is_late(connection: Connection, door: Door) -> bool:
    return connection.expired or door.monotonic() >= connection.deadline


def _meaning(error: Exception, connection: Connection, door: Door) -> Undecided:
    """The reason behind a failure. The deadline comes first: what a cut connection looks like means nothing."""
    if _is_late(connection, door):
        return Undecided(Reason.TIMEOUT, "the total deadline passed")
    return error if isinstance(error, Undecided) else _transport_meaning(error, door)


def _transport_meaning(error: Exception, door: Door) -> Undecided:
    if isinstance(error, ssl.SSLError):
        return _tls_meaning(error)
    if isinstance(error, TimeoutError):
        return Undecided(Reason.TIMEOUT, f"nothing arrived for {door.limits.read_seconds:g} s")
    if isinstance(error, OSError):
        reason = Reason.RESET if isinstance(error, ConnectionError) else Reason.CLOSED
        return Undecided(reason, type(error).__name__)
    return Undecided(Reason.INTERNAL, f"{type(error).__name__} in an HTTP exchange")


def _tls_meaning(error: ssl.SSLError) -> Undecided:
    name = error.reason or type(error).__name__
    if isinstance(error, ssl.SSLCertVerificationError):
        return Undecided(Reason.CERTIFICATE, f"not trusted: {error.verify_message}")
    if isinstance(error, ssl.SSLEOFError) or name in ("UNEXPECTED_EOF_WHILE_READING", "SSLZeroReturnError"):
        return Undecided(Reason.CLOSED, "end of stream within TLS")
    if "_ALERT_" in name:
        return Undecided(Reason.TLS_ALERT, name.lower())
    if name in (
        "WRONG_VERSION_NUMBER",
        "HTTP_REQUEST",
        "HTTPS_PROXY_REQUEST",
        "RECORD_LAYER_FAILURE",
        "UNKNOWN_PROTOCOL",
    ):
        return Undecided(Reason.NOT_TLS, name.lower())
    return Undecided(Reason.TLS_RECORD, name.lower())


def _context(door: Door, way: Way) -> ssl.SSLContext:
    """The TLS settings of one exchange. Roots are cached by file, size and time of change; client keys are not."""
    if way.verify is False:
        return _unverified_context()
    path = door.ca_file if way.verify == "public" else way.verify
    known = Path(path).stat()
    if way.client_certificate is None:
        return _verified_context(path, known.st_mtime_ns, known.st_size)
    context = _verified_context.__wrapped__(path, known.st_mtime_ns, known.st_size)
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        certificate, key = (
            _as_file(Path(folder), name, pem) for name, pem in zip("ck", way.client_certificate, strict=True)
        )
        context.load_cert_chain(certificate, key, password=_no_password)
    return context


def _no_password() -> str:
    raise ValueError("the client key is encrypted")


def _as_file(folder: Path, name: str, pem: Pem) -> str:
    """`ssl` reads keys from files only; the folder is ours alone (mode 0700) and goes at once."""
    if isinstance(pem, str):
        return pem
    path = folder / name
    path.touch(mode=0o600)
    path.write_bytes(pem)
    return str(path)


def _bare_context() -> ssl.SSLContext:
    # Not create_default_context: it reads SSL_CERT_FILE and SSLKEYLOGFILE.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["http/1.1"])
    return context


@lru_cache(maxsize=32)
def _verified_context(path: str, _changed_ns: int, _size: int) -> ssl.SSLContext:
    context = _bare_context()
    context.load_verify_locations(cafile=path)
    return context


@lru_cache(maxsize=1)
def _unverified_context() -> ssl.SSLContext:
    context = _bare_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.options |= getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)
    return context


def _response(request: requests.PreparedRequest, exchange: HttpExchange) -> requests.Response:
    response = requests.Response()
    response.request = request
    response.url = exchange.url
    response.status_code = exchange.status
    names = dict.fromkeys(name for name, _ in exchange.fields)
    response.headers = CaseInsensitiveDict({name: ", ".join(exchange.all(name)) for name in names})
    response.raw = io.BytesIO(exchange.body)
    response._content = exchange.body  # noqa: SLF001 - as requests' own adapters' streams leave it once read
    return response
