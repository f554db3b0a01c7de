"""Client authentication as a client sees it: which certificates are let in, and what answers the others.

Each attempt is a handshake and one GET of the root, since in TLS 1.3 a refusal comes only after our handshake is done
(RFC 9846 section 4.4.2), and since many servers refuse at the HTTP level. The handshake is made by the standard
library; its message callback shows what no public call does: whether a CertificateRequest came, whether our
certificate really went out, and which alert came back.

The manifest's certificates are presented to a server that proves its name only, and to the service's own address only.
"""

from __future__ import annotations

import contextlib
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.core import scope
from conformance.core.model import Reason, Service, Target, Undecided, Untested
from conformance.core.network import Connection, Door
from conformance.core.secret import Secret
from conformance.tls.client_keys import roots_path
from conformance.tls.codepoints import ALERTS
from conformance.tls.evidence import ClientCertificates
from conformance.wire.client_certificates import ClientKey, read_key, this_hour, throw_away
from conformance.wire.framing import Reader, read_head
from conformance.wire.http import USER_AGENT
from conformance.wire.tls_stream import TlsStream

HANDSHAKE, ALERT = 22, 21
CERTIFICATE, CERTIFICATE_REQUEST = 11, 13
NO_ALERT = frozenset({0, 90, 100})
"""close_notify, user_canceled and no_renegotiation end or refuse nothing that we ask about."""

REFUSALS = frozenset({400, 401, 403})
_MEANINGS: tuple[tuple[type[Exception], Reason], ...] = (
    (ssl.SSLEOFError, Reason.CLOSED),
    (ssl.SSLZeroReturnError, Reason.CLOSED),
    (ssl.SSLError, Reason.TLS_RECORD),
    (TimeoutError, Reason.TIMEOUT),
    (ConnectionError, Reason.RESET),
)
NOT_TLS = frozenset(
    {"wrong_version_number", "http_request", "https_proxy_request", "record_layer_failure", "unknown_protocol"}
)
"""What OpenSSL calls an answer that is no TLS record."""

OUT_OF_REACH = frozenset(
    {Reason.DNS, Reason.REFUSED, Reason.CONNECT_TIMEOUT, Reason.TIMEOUT, Reason.OUT_OF_SCOPE, Reason.RATE_LIMIT}
)
"""Where one visit ends so, the next would too."""

EMPTY_CERTIFICATE = 8
"""Octets of the longest Certificate message that holds no certificate (TLS 1.3, with an empty context)."""


class Transcript:
    """What passed in one handshake. requested: a CertificateRequest came. presented: a certificate of ours went out.
    alert: the name of the last alert received, empty for none.
    """

    def __init__(self) -> None:
        self.requested = self.presented = False
        self.alert = ""

    def note(self, _: Any, direction: str, __: Any, content: int, kind: int, data: bytes) -> None:
        """Take in one message, as `ssl` reports it."""
        if content == HANDSHAKE and direction == "read":
            self.requested |= kind == CERTIFICATE_REQUEST
        elif content == HANDSHAKE and kind == CERTIFICATE:
            self.presented = len(data) > EMPTY_CERTIFICATE
        elif content == ALERT and direction == "read" and len(data) == 2 and data[1] not in NO_ALERT:
            self.alert = ALERTS.get(data[1], f"0x{data[1]:02x}")


@dataclass(frozen=True, slots=True)
class Visit:
    """Who visits: the certificate presented, None for none, and the roots that the server must lead to, empty: any.
    missing: why the manifest's certificate is not at hand, so that there is no visit.
    """

    name: str
    key: ClientKey | None = None
    roots: str = ""
    missing: str = ""


def observe_client_certificates(door: Door, target: Target, service: Service) -> ClientCertificates:
    """Visit with the trusted certificate first, then without any, then with those that should not do.

    Where the manifest gives no untrusted certificate, one of our own making is presented. Where it does not declare
    client authentication, nothing is asked.

    Raises:
        Undecided: the endpoint cannot be reached, or not one visit came to an answer, an alert or a request.
    """
    if not service.settings.get("mtls"):
        return ClientCertificates(declared=False, requested=False)
    attempts: dict[str, str] = {}
    requested, failures = False, {}
    for visit in _visits(door, target, service):
        if visit.missing:
            attempts[visit.name] = f"error {visit.missing}"
            continue
        transcript = Transcript()
        try:
            attempts[visit.name] = _attempt(door, target, service, visit, transcript)
        except Undecided as trouble:
            attempts[visit.name] = f"error {trouble.reason}: {trouble.detail}"
            failures[visit.name] = trouble
            if trouble.reason in OUT_OF_REACH and not requested and not transcript.requested:
                raise
        requested |= transcript.requested
    if not requested and all(outcome.startswith("error") for outcome in attempts.values()):
        raise failures["none"]
    return ClientCertificates(declared=True, requested=requested, attempts=attempts)


def _visits(door: Door, target: Target, service: Service) -> Iterator[Visit]:
    wrong = service.settings.get("untrusted_client_certificates") or {}
    if trusted := service.settings.get("client_certificate"):
        yield _manifest_visit("trusted", trusted, door, target, service)
    yield Visit("none")
    if "untrusted" not in wrong:
        yield Visit("untrusted", throw_away(this_hour(door.now())))
    for name, given in wrong.items():
        yield _manifest_visit(name, given, door, target, service)


def _manifest_visit(name: str, given: Mapping[str, Secret], door: Door, target: Target, service: Service) -> Visit:
    try:
        return Visit(name, read_key(given), roots_path(target, service, door.ca_file))
    except Untested as error:
        return Visit(name, missing=f"{error.reason}: {error.detail}")


def _attempt(door: Door, target: Target, service: Service, visit: Visit, transcript: Transcript) -> str:
    """What followed.

    Raises:
        Undecided: nothing that says whether the visitor was let in.
    """
    context = _context(visit, transcript)
    connection = door.open(target, *scope.split_address(service.address), "http")
    status, trouble = 0, None
    try:
        status = _exchange(connection, context, door, service)
    except (OSError, ValueError, Undecided) as error:
        trouble = error
    finally:
        connection.close()
    if connection.expired or door.monotonic() >= connection.deadline:
        raise Undecided(Reason.TIMEOUT, "the total deadline passed")
    if visit.key and not transcript.presented and (status or transcript.alert):
        why = "our certificate did not suit the request" if transcript.requested else "no certificate was requested"
        raise Undecided(Reason.NOT_OBSERVABLE, f"{why}, alert {transcript.alert}" if transcript.alert else why)
    if status >= 500:
        raise Undecided(Reason.NOT_OBSERVABLE, f"HTTP {status}")
    if status:
        return f"{'refused' if status in REFUSALS else 'accepted'} {status}"
    if transcript.alert:
        return f"refused alert {transcript.alert}"
    raise Undecided(*meaning(trouble))


def _exchange(connection: Connection, context: ssl.SSLContext, door: Door, service: Service) -> int:
    """The status of the answer to one GET."""
    host, port = scope.split_address(service.address)
    name = service.server_name or host
    stream = TlsStream(context, connection, name)
    stream.handshake()
    authority = (f"[{name}]" if ":" in name else name) + ("" if port == 443 else f":{port}")
    try:
        if service.settings.get("http", True):
            stream.sendall(
                f"GET / HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: {USER_AGENT}\r\nConnection: close\r\n\r\n".encode()
            )
    except OSError:
        # A server that has refused us may have closed already; its alert then waits to be read.
        with contextlib.suppress(OSError):
            stream.recv(1)
        raise
    return read_head(Reader(stream.recv, door.limits.wire_bytes), door.limits).status


def _context(visit: Visit, transcript: Transcript) -> ssl.SSLContext:
    """The TLS settings of one visit."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["http/1.1"])
    if visit.roots:
        context.load_verify_locations(cafile=visit.roots)
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if visit.key:
        _load(context, visit.key)
    # Not documented, but tested by CPython and there since 3.8; without it a CertificateRequest of TLS 1.3 shows
    # nowhere in the standard library.
    context._msg_callback = transcript.note  # type: ignore[attr-defined]  # noqa: SLF001
    return context


def _load(context: ssl.SSLContext, key: ClientKey) -> None:
    """`ssl` reads keys from files only; the folder is ours alone and goes at once.

    Raises:
        Undecided: HARNESS, where they are no certificate and its key.
    """
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        paths = Path(folder) / "certificate.pem", Path(folder) / "key.pem"
        for path, octets in zip(paths, (key.certificate, key.key), strict=True):
            path.touch(mode=0o600)
            path.write_bytes(octets)
        try:
            context.load_cert_chain(*paths, password=_no_password)
        except (ssl.SSLError, ValueError) as error:
            name = getattr(error, "reason", None) or "encrypted"
            raise Undecided(Reason.HARNESS, f"the manifest's client certificate cannot be used: {name}") from None


def _no_password() -> str:
    raise ValueError("the client key is encrypted")


def meaning(error: Exception | None) -> tuple[Reason, str]:
    """Why there was neither an answer nor an alert."""
    if isinstance(error, Undecided):
        return error.reason, error.detail
    if isinstance(error, ssl.SSLCertVerificationError):
        return Reason.CERTIFICATE, f"not trusted, so ours was not presented: {error.verify_message}"
    detail = (getattr(error, "reason", None) or type(error).__name__).lower()
    if detail in NOT_TLS:
        return Reason.NOT_TLS, detail
    return next((reason for kind, reason in _MEANINGS if isinstance(error, kind)), Reason.CLOSED), detail
