"""What the observer sees of servers that authenticate their clients, and what it shows of its keys."""

from __future__ import annotations

import contextlib
import ssl
from dataclasses import replace
from typing import Any

import pytest

from conformance.core.model import Reason, Undecided, Untested
from conformance.core.secret import Secret
from conformance.tls import observe_client_certificates as observer
from conformance.tls.client_keys import trusted_key
from conformance.tls.evidence import ClientCertificates
from conformance.tls.observe_client_certificates import observe_client_certificates
from conformance.tls.recipes import CLIENTS
from conformance.tls.sandbox_http import GOOD, HttpPolicy
from conformance.wire.client_certificates import throw_away
from tests.tls.endpoints import client, described, endpoint, public_roots, referred, server_context, stored
from tests.tls.test_client_authentication_judges import RULES, call
from tests.zoo.servers import (
    Handler,
    a_door,
    answering,
    closed_port,
    contained,
    dripping,
    resetting,
    serve,
    silent,
)

WRONG = tuple(name for name in CLIENTS if name != "trusted")
OPTIONAL = ssl.CERT_OPTIONAL
VERSIONS = pytest.mark.parametrize(
    "version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLSv1.2", "TLSv1.3"]
)


def settings(**changes: Any) -> dict[str, Any]:
    """What a manifest with every certificate gives."""
    return {
        "mtls": True,
        "trust": "public",
        "client_certificate": client("trusted"),
        "untrusted_client_certificates": {name: client(name) for name in WRONG},
        **changes,
    }


def look(context: ssl.SSLContext, policy: HttpPolicy = GOOD, **changes: Any) -> ClientCertificates:
    with endpoint(policy, context) as (https, _):
        return observe_client_certificates(a_door(ca_file=public_roots()), *described(https.at, **settings(**changes)))


def violated(seen: ClientCertificates) -> set[str]:
    found = set()
    for requirement, (function, params) in RULES.items():
        with contextlib.suppress(Undecided, Untested):
            found |= {requirement} if call(function, params, seen) else set()
    return found


@VERSIONS
def test_conforming_server_lets_in_one_and_refuses_the_others(version: ssl.TLSVersion) -> None:
    seen = look(server_context(clients="client-root", version=version))
    assert seen.declared
    assert seen.requested
    assert list(seen.attempts) == ["trusted", "none", *WRONG]
    assert seen.attempts["trusted"] == "accepted 200"
    assert seen.attempts["none"] == (
        "refused alert certificate_required" if version is ssl.TLSVersion.TLSv1_3 else "refused alert handshake_failure"
    )
    assert seen.attempts["untrusted"] == "refused alert unknown_ca"
    assert seen.attempts["expired"] == "refused alert certificate_expired"
    assert seen.attempts["wrong-eku"] == "refused alert unsupported_certificate"
    assert [call(function, params, seen) for function, params in RULES.values()] == [[], [], []]


@VERSIONS
def test_request_is_seen_and_its_absence_too(version: ssl.TLSVersion) -> None:
    assert look(server_context(clients="client-root", mode=OPTIONAL, version=version)).requested
    assert not look(server_context(version=version)).requested


def test_faults_turn_their_requirements_red() -> None:
    assert violated(look(server_context())) == {"TLS-MTL-01", "TLS-MTL-02"}
    assert violated(look(server_context(clients="client-root", mode=OPTIONAL))) == {"TLS-MTL-02"}
    assert violated(look(server_context(clients="client-root stranger-root"))) == {"TLS-MTL-03"}
    assert violated(look(server_context(clients="client-root"))) == set()


def test_refusal_by_status_is_seen() -> None:
    seen = look(server_context(clients="client-root", mode=OPTIONAL), replace(GOOD, without_certificate=403))
    assert (seen.attempts["trusted"], seen.attempts["none"]) == ("accepted 200", "refused 403")
    assert violated(seen) == set()


def test_certificate_that_nobody_asks_for_is_not_taken_for_accepted() -> None:
    seen = look(server_context())
    assert seen.attempts["none"] == "accepted 200"
    assert seen.attempts["trusted"] == "error not-observable: no certificate was requested"


def test_without_certificates_in_the_manifest_one_of_our_own_is_presented() -> None:
    seen = look(server_context(clients="client-root"), client_certificate=None, untrusted_client_certificates=None)
    assert list(seen.attempts) == ["none", "untrusted"]
    assert seen.attempts["untrusted"].startswith("refused alert ")
    function, params = RULES["TLS-MTL-02"]
    assert call(function, params, seen) == []
    with pytest.raises(Untested):
        call(*RULES["TLS-MTL-03"], seen)


def test_manifest_s_certificates_are_not_shown_to_a_server_that_is_somebody_else() -> None:
    context = server_context("self-signed", clients="client-root", mode=OPTIONAL)
    with endpoint(GOOD, context) as (https, _):
        target, service = described(https.at, **settings())
        seen = observe_client_certificates(a_door(ca_file=public_roots()), target, service)
        assert https.client_certificates == [None]
    assert seen.attempts["trusted"].startswith("error certificate: not trusted")
    assert seen.attempts["none"] == "accepted 200"


def test_undeclared_client_authentication_is_not_tried() -> None:
    with endpoint() as (https, _):
        seen = observe_client_certificates(a_door(), *described(https.at))
        assert seen == ClientCertificates(declared=False, requested=False)
        assert https.hits == 0


def test_key_shows_nowhere(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    key = client("trusted")["key"].reveal().decode()
    line = key.splitlines()[1]
    seen = look(server_context(clients="client-root"))
    assert line not in repr(seen)
    assert line not in repr(trusted_key(described("127.0.0.1:1", **settings())[1]))
    assert list(tmp_path.iterdir()) == []


def test_key_that_cannot_be_used_is_our_own_failure() -> None:
    wrong = {"certificate": client("trusted")["certificate"], "key": client("expired")["key"]}
    seen = look(server_context(clients="client-root"), client_certificate=wrong)
    assert seen.attempts["trusted"].startswith("error harness: ")
    assert seen.attempts["none"].startswith("refused alert")
    assert violated(seen) == set()


def test_encrypted_key_is_refused_and_nobody_is_asked_for_its_password() -> None:
    from cryptography.hazmat.primitives import serialization as s  # noqa: PLC0415

    key = s.load_pem_private_key(client("trusted")["key"].reveal(), None)
    locked = key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.BestAvailableEncryption(b"x"))
    pair = {**client("trusted"), "key": referred(stored("locked.key", locked))}
    seen = look(server_context(clients="client-root"), client_certificate=pair)
    assert seen.attempts["trusted"].startswith("error harness: ")


def test_missing_credential_leaves_the_rest_to_be_seen(tmp_path: Any) -> None:
    missing = {**client("trusted"), "key": Secret("file:nothing.key", tmp_path)}
    seen = look(server_context(clients="client-root"), client_certificate=missing)
    assert seen.attempts["trusted"].startswith("error no-credential: nothing.key cannot be read")
    function, params = RULES["TLS-MTL-03"]
    with pytest.raises(Untested):
        call(function, params, seen)
    assert call(*RULES["TLS-MTL-01"], seen) == []


@pytest.mark.parametrize(
    ("handler", "reasons"),
    [
        (silent, (Reason.TIMEOUT,)),
        (resetting, (Reason.RESET,)),
        (answering(b"HTTP/1.1 400 Bad Request\r\n\r\n"), (Reason.NOT_TLS, Reason.RESET)),
        (answering(b""), (Reason.CLOSED, Reason.RESET)),
        (dripping(b"\x16\x03\x03\x40\x00"), (Reason.TIMEOUT,)),
    ],
    ids=["silent", "reset", "plain-http", "closed", "drip"],
)
def test_misbehaving_server_decides_nothing(handler: Handler, reasons: tuple[Reason, ...]) -> None:
    with serve(handler, read=False) as server:
        target, service = described(server.at, **settings())
        contained(lambda: observe_client_certificates(a_door(ca_file=public_roots()), target, service), *reasons)
        if handler is silent:
            assert server.hits == 1


def test_closed_port_decides_nothing() -> None:
    target, service = described(f"127.0.0.1:{closed_port()}", **settings())
    contained(lambda: observe_client_certificates(a_door(ca_file=public_roots()), target, service), Reason.REFUSED)


def test_server_error_and_silence_after_the_handshake_are_no_outcome() -> None:
    context = server_context(clients="client-root", mode=OPTIONAL)
    for handler, words in (
        (answering(b"HTTP/1.1 503 No\r\n\r\n"), "error not-observable: HTTP 503"),
        (answering(b"nonsense\r\n\r\n"), "error framing: "),
        (silent, "error timeout: "),
    ):
        with serve(handler, tls=context) as server:
            seen = observe_client_certificates(a_door(ca_file=public_roots()), *described(server.at, mtls=True))
        assert seen.requested
        assert seen.attempts["none"].startswith(words)
        assert violated(seen) == set()


def test_throw_away_certificate_is_made_once_an_hour() -> None:
    hour = a_door().now().replace(minute=0, second=0, microsecond=0)
    assert throw_away(hour) is throw_away(hour)
    assert b"PRIVATE" not in throw_away(hour).certificate
    assert "PRIVATE" not in repr(throw_away(hour))


def test_close_notify_is_no_refusal() -> None:
    transcript = observer.Transcript()
    transcript.note(None, "read", None, 21, 0, b"\x01\x00")
    assert transcript.alert == ""
    transcript.note(None, "write", None, 21, 0, b"\x02\x2a")
    assert transcript.alert == ""
    transcript.note(None, "read", None, 21, 0, b"\x02\xfe")
    assert transcript.alert == "0xfe"
