"""The HTTP side of the sandbox: one request is read, one answer given, the connection closed."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from conformance.wire.serving import SECURITY_DAYS, SECURITY_TXT, security_txt

REQUEST_BYTES, REQUEST_SECONDS = 16_384, 5.0
GOOD_COOKIE = "sandbox=1; Path=/; Secure; HttpOnly; SameSite=Lax"
GOOD_HSTS = "max-age=63072000; includeSubDomains"
REASONS: Final = {
    200: "OK",
    301: "Moved Permanently",
    308: "Permanent Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
}


@dataclass(frozen=True, slots=True)
class HttpPolicy:
    """What the sandbox answers.

    hsts: the values of Strict-Transport-Security over https, one field each. plain: what plain http does; `closed` is
    for who opens the listeners to heed. plain_hsts: plain http carries the fields of `hsts` too. cookies: the values
    of Set-Cookie over https. without_certificate: the status for an https client that presented no certificate, 0: as
    any other. security_txt: for how many days it is good, 0: there is none.
    """

    hsts: tuple[str, ...] = (GOOD_HSTS,)
    plain: Literal["redirect", "serve", "closed"] = "redirect"
    plain_hsts: bool = False
    cookies: tuple[str, ...] = (GOOD_COOKIE,)
    without_certificate: int = 0
    security_txt: int = SECURITY_DAYS


GOOD: Final = HttpPolicy()
FAULTS: Final[Mapping[str, HttpPolicy]] = MappingProxyType(
    {
        "no-hsts": HttpPolicy(hsts=()),
        "short-hsts": HttpPolicy(hsts=("max-age=300; includeSubDomains",)),
        "duplicate-hsts": HttpPolicy(hsts=(GOOD_HSTS, GOOD_HSTS)),
        "malformed-hsts": HttpPolicy(hsts=('max-age="two years"; includeSubDomains',)),
        "hsts-without-subdomains": HttpPolicy(hsts=("max-age=63072000",)),
        "plain-hsts": HttpPolicy(plain_hsts=True),
        "plain-served": HttpPolicy(plain="serve"),
        "no-security-txt": HttpPolicy(security_txt=0),
        "expired-security-txt": HttpPolicy(security_txt=-1),
        "insecure-cookie": HttpPolicy(cookies=("sandbox=1; Path=/; HttpOnly; SameSite=Lax",)),
    }
)
"""The faults of the TLS-HTT rows, each one change of the good policy."""


def respond(connection: socket.socket, policy: HttpPolicy, *, secure: bool, https_port: int, server_name: str) -> None:
    """Read one request and answer it. Whatever the client does to the connection ends it silently.

    Args:
        connection: Connected and blocking; over https an SSLSocket after its handshake. Closed by the caller.
        policy: What to answer.
        secure: Whether this is https.
        https_port: Where plain http redirects to.
        server_name: As above.
    """
    with contextlib.suppress(OSError, ValueError):
        connection.settimeout(REQUEST_SECONDS)
        target = read_target(connection)
        connection.sendall(
            answer(
                policy, target, secure=secure, anonymous=is_anonymous(connection), https=origin(server_name, https_port)
            )
        )


def read_target(connection: socket.socket) -> str:
    """The request target, once the whole head has arrived.

    Raises:
        ValueError: the head is too long, or no request.
    """
    head = b""
    while b"\r\n\r\n" not in head:
        more = connection.recv(4096)
        head += more
        if not more or len(head) > REQUEST_BYTES:
            raise ValueError("no request")
    method, target, _ = head.split(b"\r\n", 1)[0].decode("ascii").split(" ")
    if method not in ("GET", "HEAD") or not target.startswith("/"):
        raise ValueError("no GET of a path")
    return target


def is_anonymous(connection: socket.socket) -> bool:
    """Whether the client presented no certificate."""
    return not (isinstance(connection, ssl.SSLSocket) and connection.getpeercert(binary_form=True))


def origin(server_name: str, port: int) -> str:
    """The https origin of a host name or IP address."""
    host = f"[{server_name}]" if ":" in server_name else server_name
    return f"https://{host}" if port == 443 else f"https://{host}:{port}"


def answer(policy: HttpPolicy, target: str, *, secure: bool, anonymous: bool, https: str) -> bytes:
    """The octets of an answer."""
    status = 200
    if secure and anonymous and policy.without_certificate:
        status = policy.without_certificate
    elif not secure and policy.plain == "redirect":
        status = 301
    if status == 200 and target == SECURITY_TXT and not policy.security_txt:
        status = 404
    body = f"{status} {REASONS.get(status, '')}\n".encode()
    if status == 200 and target == SECURITY_TXT:
        body = security_txt(policy.security_txt)
    lines = [
        f"HTTP/1.1 {status} {REASONS.get(status, '')}",
        "Content-Type: text/plain",
        "Connection: close",
        f"Content-Length: {len(body)}",
    ]
    if status == 301:
        lines.append(f"Location: {https}{target}")
    if secure or policy.plain_hsts:
        lines += [f"Strict-Transport-Security: {value}" for value in policy.hsts]
    if secure:
        lines += [f"Set-Cookie: {value}" for value in policy.cookies]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body
