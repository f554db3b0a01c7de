"""What the HTTP observer sees of the sandbox's policies and of servers that misbehave."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conformance.core.model import NotApplicable, Reason, Undecided, Untested
from conformance.core.secret import Secret
from conformance.tls.evidence import Http
from conformance.tls.observe_http import observe_http
from conformance.tls.sandbox_http import FAULTS, GOOD, GOOD_HSTS, HttpPolicy, answer, origin
from tests.tls.chains import NAME
from tests.tls.endpoints import client, described, endpoint, public_roots, server_context
from tests.tls.test_http_binding_judges import RULES, judge
from tests.zoo.servers import (
    OK,
    Handler,
    a_door,
    answering,
    closed_port,
    contained,
    dripping,
    endless,
    redirecting,
    resetting,
    serve,
    silent,
)

HSTS = "strict-transport-security"
RED = {
    "no-hsts": {"TLS-HTT-01"},
    "short-hsts": {"TLS-HTT-01"},
    "duplicate-hsts": {"TLS-HTT-02"},
    "malformed-hsts": {"TLS-HTT-01", "TLS-HTT-02"},
    "hsts-without-subdomains": {"TLS-HTT-02-S"},
    "plain-hsts": {"TLS-HTT-03"},
    "plain-served": {"TLS-HTT-04"},
    "insecure-cookie": {"TLS-HTT-05"},
    "no-security-txt": {"TLS-HTT-06"},
    "expired-security-txt": {"TLS-HTT-06"},
}


def look(policy: HttpPolicy, context: ssl.SSLContext | None = None, **settings: Any) -> Http:
    with endpoint(policy, context) as (https, plain):
        settings = {"plain_http": plain.at if plain else f"127.0.0.1:{closed_port()}", **settings}
        return observe_http(a_door(ca_file=public_roots()), *described(https.at, **settings), security_txt=True)


def violated(http: Http) -> set[str]:
    _, service = described("127.0.0.1:1", plain_http="127.0.0.1:2")
    found = set()
    for requirement in RULES:
        with contextlib.suppress(NotApplicable):
            found |= {requirement} if judge(requirement, http, service, datetime.now(UTC)) else set()
    return found


def test_good_policy_is_seen_whole() -> None:
    seen = look(GOOD)
    assert seen.secure
    assert seen.plain
    assert seen.secure.status == 200
    assert seen.secure.all(HSTS) == (GOOD_HSTS,)
    assert seen.plain.status == 301
    assert seen.plain.all("location")[0].startswith(f"https://{NAME}:")
    assert (seen.plain_declared, seen.plain_closed, seen.secure_trouble, seen.plain_trouble) == (True, False, "", "")
    assert violated(seen) == set()


def test_closed_plain_port_is_seen() -> None:
    seen = look(replace(GOOD, plain="closed"))
    assert seen.plain_closed
    assert violated(seen) == set()


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_turns_its_requirement_red_and_no_other(fault: str) -> None:
    assert violated(look(FAULTS[fault])) == RED[fault]


def test_every_requirement_has_a_fault() -> None:
    assert set().union(*RED.values()) == set(RULES)
    assert set(RED) == set(FAULTS)


def test_certificate_does_not_matter_here() -> None:
    assert violated(look(GOOD, server_context("expired"))) == set()


def test_values_of_cookies_are_not_kept() -> None:
    seen = look(replace(GOOD, cookies=("session=canary-7f3a; Secure; HttpOnly",)))
    assert seen.secure
    assert seen.secure.all("set-cookie") == ("session=[redacted:cookie:11]; Secure; HttpOnly",)
    assert "canary" not in repr(seen)


def test_root_and_name_are_asked_for() -> None:
    with serve(answering(OK)) as plain, serve(answering(OK), tls=server_context()) as https:
        target, service = described(https.at, plain_http=plain.at)
        observe_http(a_door(), target, service)
        for server in (plain, https):
            (request,) = server.requests
            assert request.startswith(b"GET / HTTP/1.1\r\n")
            assert f"\r\nHost: {NAME}:{server.port}\r\n".encode() in request


def test_redirect_is_not_followed() -> None:
    with serve(answering(OK)) as canary, serve(redirecting(canary.url, 301)) as plain:
        target, service = described(f"127.0.0.1:{closed_port()}", plain_http=plain.at)
        seen = observe_http(a_door(), target, service)
        assert seen.plain
        assert seen.plain.all("location") == (canary.url,)
        assert seen.secure_trouble.startswith("refused: ")
        assert canary.hits == 0


def test_endpoint_without_http_is_not_asked() -> None:
    with serve(answering(OK)) as server:
        assert observe_http(a_door(), *described(server.at, http=False, plain_http=server.at)) == Http()
        assert server.hits == 0


def test_undeclared_plain_port_is_not_asked() -> None:
    with endpoint() as (https, _):
        seen = observe_http(a_door(), *described(https.at))
        assert (seen.plain_declared, seen.plain, seen.plain_closed, seen.plain_trouble) == (False, None, False, "")


def test_endpoint_with_client_authentication_is_asked_as_a_client_that_it_knows() -> None:
    context = server_context(clients="client-root")
    seen = look(GOOD, context, mtls=True, trust="public", client_certificate=client("trusted"))
    assert violated(seen) == set()
    stranger = look(GOOD, context, mtls=True)
    assert stranger.secure is None
    assert stranger.secure_trouble.startswith(("tls-alert: ", "reset: "))  # the alert may be lost with the connection


def test_missing_credential_leaves_https_untested(tmp_path: Path) -> None:
    missing = {**client("trusted"), "key": Secret("file:nothing.key", tmp_path)}
    seen = look(GOOD, server_context(clients="client-root"), mtls=True, client_certificate=missing)
    with pytest.raises(Untested):
        judge("TLS-HTT-01", seen)
    assert judge("TLS-HTT-04", seen) == []
    with endpoint() as (https, _), pytest.raises(Untested):
        observe_http(a_door(), *described(https.at, mtls=True, client_certificate=missing))


def test_client_certificate_is_not_shown_to_a_server_that_is_somebody_else() -> None:
    context = server_context("self-signed", clients="client-root", mode=ssl.CERT_OPTIONAL)
    with endpoint(GOOD, context) as (https, _):
        target, service = described(https.at, mtls=True, client_certificate=client("trusted"))
        failure = contained(lambda: observe_http(a_door(ca_file=public_roots()), target, service), Reason.CERTIFICATE)
        assert "not trusted" in failure.detail
        assert https.client_certificates == []


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (silent, Reason.TIMEOUT),
        (resetting, Reason.RESET),
        (dripping(b"HTTP/1.1 200 OK\r\nX: "), Reason.TIMEOUT),
        (endless(b"HTTP/1.1 200 OK\r\n", b"X: " + b"a" * 1000 + b"\r\n"), Reason.TOO_LARGE),
        (answering(b"SSH-2.0-x\r\n"), Reason.FRAMING),
        (answering(b"HTTP/1.1 200 OK\r\nStrict-Transport-Security: " + b"a" * 50_000 + b"\r\n\r\n"), Reason.TOO_LARGE),
        (answering(b"HTTP/1.1 429 Slow\r\nRetry-After: 1\r\n\r\n"), Reason.RATE_LIMIT),
    ],
    ids=["silent", "reset", "drip", "endless-header", "banner", "long-value", "too-many-requests"],
)
def test_misbehaving_plain_port_is_trouble_with_its_reason(handler: Handler, reason: Reason) -> None:
    with serve(handler) as plain, endpoint() as (https, _):
        seen = observe_http(a_door(), *described(https.at, plain_http=plain.at))
    allowed = {reason, Reason.FRAMING} if reason is Reason.TOO_LARGE else {reason}
    assert Reason(seen.plain_trouble.partition(": ")[0]) in allowed
    assert seen.secure
    for requirement in ("TLS-HTT-03", "TLS-HTT-04"):
        with pytest.raises(Undecided):
            judge(requirement, seen)


@pytest.mark.parametrize(
    ("handler", "reason"),
    [(silent, Reason.TIMEOUT), (resetting, Reason.RESET), (answering(b"HTTP/1.1 400 Bad\r\n\r\n"), Reason.NOT_TLS)],
    ids=["silent", "reset", "plain-http"],
)
def test_misbehaving_https_port_decides_nothing(handler: Callable[[Any], None], reason: Reason) -> None:
    with serve(handler, read=False) as server:
        target, service = described(server.at)
        contained(lambda: observe_http(a_door(), target, service), reason, Reason.RESET)


def test_closed_https_port_decides_nothing() -> None:
    target, service = described(f"127.0.0.1:{closed_port()}")
    contained(lambda: observe_http(a_door(), target, service), Reason.REFUSED)


def test_sandbox_writes_what_its_policy_says() -> None:
    assert origin("::1", 8443) == "https://[::1]:8443"
    assert origin(NAME, 443) == f"https://{NAME}"
    refused = answer(HttpPolicy(without_certificate=403), "/", secure=True, anonymous=True, https="")
    assert refused.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    served = answer(HttpPolicy(without_certificate=403), "/", secure=True, anonymous=False, https="")
    assert served.startswith(b"HTTP/1.1 200 OK\r\n")
    moved = answer(GOOD, "/a?b", secure=False, anonymous=True, https="https://x.test")
    assert b"\r\nLocation: https://x.test/a?b\r\n" in moved
    assert b"Strict" not in moved


@pytest.mark.parametrize("nonsense", [b"\xff\r\n\r\n", b"GET\r\n\r\n", b"POST / HTTP/1.1\r\n\r\n", b"x" * 20_000])
def test_sandbox_gives_nonsense_no_answer(nonsense: bytes) -> None:
    with endpoint() as (_, plain):
        assert plain
        with socket.create_connection((plain.host, plain.port), timeout=3) as stream:
            stream.sendall(nonsense)
            stream.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):
                assert stream.recv(100) == b""


def test_of_security_txt_the_times_alone_are_kept() -> None:
    text = "\n".join(
        (
            "-----BEGIN PGP SIGNED MESSAGE-----",
            "Contact: mailto:somebody@portal.xa.test",
            "# Expires: 2020-01-01T00:00:00Z",
            " expires :  2030-01-01T00:00:00Z\r",
            *("Expires: \x1b[31m" + "9" * 200 for _ in range(9)),
        )
    )
    page = f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}".encode()
    with serve(answering(page), tls=server_context()) as https:
        seen = observe_http(a_door(), *described(https.at), security_txt=True).security_txt
    assert seen
    assert (seen.status, seen.size, len(seen.expires)) == (200, len(text), 5)
    assert seen.expires[0] == "2030-01-01T00:00:00Z"
    assert all(len(each) <= 64 and each.isprintable() for each in seen.expires)


def test_security_txt_is_not_asked_of_a_root_that_gave_no_answer() -> None:
    with serve(resetting, tls=server_context()) as https, serve(answering(OK)) as plain:
        seen = observe_http(a_door(), *described(https.at, plain_http=plain.at), security_txt=True)
        assert https.hits == 1
    assert seen.security_txt is None
    assert seen.security_trouble == seen.secure_trouble != ""
