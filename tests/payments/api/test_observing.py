"""Looking at payment APIs end to end: conforming variants, secrets, authorisation, hostile services and callers."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.core.area import Job
from conformance.core.codec import encode
from conformance.core.model import NotTested, Reason, Status
from conformance.payments.api.area import API
from conformance.payments.api.leaks import PATTERNS, leaks
from conformance.payments.api.sandbox import Service
from conformance.payments.api.stage import ACCOUNT, HOOK_SECRETS, POLICIES, RECEIVER_SECRET, TOKEN
from conformance.payments.inbox import MAX_BODY, Plan, listening
from conformance.sandbox import server_context
from conformance.wire.jose import unb64
from conformance.wire.serving import Request, Response, serve
from tests.payments.judging import ids, judged
from tests.payments.stands import observed, served


@pytest.mark.parametrize("policy", [policy for policy in POLICIES if policy != "good"])
def test_conforming_variants_have_no_violation(policy: str) -> None:
    with served("payment-api", policy) as (target, door):
        found = observed(API, target, door, "payment-api")
    outcomes = {each: judged(each, found.records) for each in ids("payment-api")}
    assert {each: outcome for each, outcome in outcomes.items() if outcome.status is not Status.PASS} == {}


def test_no_secret_is_in_the_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Service.respond

    def talkative(service: Service, request: Request) -> Response:
        response = answer(service, request)
        body = {**json.loads(response.body), "echo": f"{TOKEN} {RECEIVER_SECRET} {HOOK_SECRETS}"}
        if "code" not in body and response.status >= 400:
            body["status"] = f"{response.status} {TOKEN}"
        return replace(response, body=json.dumps(body).encode())

    monkeypatch.setattr(Service, "respond", talkative)
    with served("payment-api") as (target, door):
        found = observed(API, target, door, "payment-api")
    octets = encode(found.records).decode()
    for secret in (TOKEN, RECEIVER_SECRET, *HOOK_SECRETS):
        assert secret not in octets
    assert judged("PAY-API-10", found.records).status is Status.FAIL


def test_without_state_changing_no_payment_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, str]] = []
    answer = Service.respond

    def overheard(service: Service, request: Request) -> Response:
        sent.append((request.method, request.path))
        return answer(service, request)

    monkeypatch.setattr(Service, "respond", overheard)
    monkeypatch.setattr("conformance.payments.authority.scope.is_localhost", lambda _: False)
    with served("payment-api") as (target, door):
        found = observed(API, target, door, "payment-api")
    assert not [each for each in sent if each[0] != "GET"]
    assert found.records["api"].skipped["repeats"][0] == NotTested.NOT_AUTHORISED.value
    assert judged("PAY-API-01", found.records).status is Status.NOT_TESTED


def test_a_missing_token_is_no_credential() -> None:
    with served("payment-api") as (target, door):
        Path(target.path).parent.joinpath("svc", "token").unlink()
        found = observed(API, target, door, "payment-api")
    assert found.failures["api"][0] is NotTested.NO_CREDENTIAL


def test_an_occupied_callback_address_is_told() -> None:
    with served("payment-api") as (target, door), socket.socket() as other:
        host, _, port = target.services[0].settings["callback"]["listen"].partition(":")
        other.bind((host, int(port)))
        other.listen()
        found = observed(API, target, door, "payment-api")
    assert found.failures["callbacks"][0] is Reason.HARNESS
    assert judged("PAY-CB-01", found.records, found.failures).status is Status.ERROR
    assert judged("PAY-API-01", found.records, found.failures).status is Status.PASS


JSON = {"Content-Type": "application/json"}
HOSTILE: dict[str, Callable[[Request], Response]] = {
    "empty": lambda _: Response(200),
    "created": lambda _: Response(201, b'{"id":"x","amount":"1.00","status":"completed"}', JSON),
    "html": lambda _: Response(500, b"<html>", {"Content-Type": "text/html"}),
    "deep": lambda _: Response(200, b"[" * 200_000, {"Content-Type": "application/json"}),
    "deep-object": lambda _: Response(200, b'{"amount":' + b"[" * 200_000, {"Content-Type": "application/json"}),
    "next-elsewhere": lambda _: Response(200, b'{"data":[],"next":"//evil.example/"}', {}),
    "next-forever": lambda _: Response(200, b'{"data":[{"id":"1"}],"next":"/payments"}', {}),
    "surrogate": lambda _: Response(200, b'{"id":"\\ud800","next":"\\ud800"}', {}),
    "throttled": lambda _: Response(429, b"", {"Retry-After": "1"}),
    "numbers": lambda _: Response(200, b'{"id":1e999,"data":7,"amount":1e5,"next":12}', {}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_services_end_in_a_reason(name: str) -> None:
    with served("payment-api") as (target, door), serve(HOSTILE[name], server_context()) as port:
        service = target.services[0]
        settings = {**service.settings, "base_url": f"https://localhost:{port}"}
        settings["callback"] = {**settings["callback"], "wait_seconds": 1}
        aimed = replace(target, services=(replace(service, address=f"127.0.0.1:{port}", settings=settings),))
        found = observed(API, aimed, door, "payment-api")
    outcomes = {each: judged(each, found.records, found.failures) for each in ids("payment-api")}
    assert not [each for each, outcome in outcomes.items() if outcome.reason == "internal"], outcomes
    assert not [each for each, outcome in outcomes.items() if outcome.status is Status.PASS], outcomes


def test_the_inbox_is_bounded_and_keeps_what_is_planned() -> None:
    plan = Plan("ref1", (500, 200))
    with listening("127.0.0.1", 0, (plan,)) as inbox:
        host, _, port = inbox.url.removeprefix("http://").rstrip("/").partition(":")

        def post(body: bytes, **fields: str) -> int:
            connection = http.client.HTTPConnection(host, int(port), timeout=5)
            connection.request("POST", "/", body, fields)
            return connection.getresponse().status

        assert post(b'{"x":"ref1"}') == 500
        assert post(b'{"x":"ref1"}') == 200
        assert post(b'{"x":"ref1"}') == 200
        assert post(b"somebody else") == 200
        assert post(b"a" * (MAX_BODY + 1)) == 413
        for raw in (b"\0" * 100, b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"GET /\r\n\r\n"):
            with socket.create_connection((host, int(port)), timeout=5) as stranger:
                stranger.sendall(raw)
                stranger.shutdown(socket.SHUT_WR)
                stranger.recv(1000)
        assert [each.answer for each in inbox.arrivals()] == [500, 200, 200]
        assert inbox.connections == 8
        inbox.wait(0.1)


PIECES = (
    *("Traceback (most recent call last)", "at a.b.C.run", "(Pay.java:42)", " (/srv/a.js:1:5)", 'File "/a.py'),
    *('", line 3', "java.", "lang.", "NullPointerException", "goroutine 1 [", "SQLSTATE", "ORA-00942", "SELECT "),
    *("UPDATE ", " FROM x", " SET x", "INSERT INTO", "syntax error at or near", "10.1", "192.168", "172.16", ".2.3"),
    *("db", ".internal", ".lan", ".corp", ".svc.cluster.local", " ", "\n", "x"),
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('Traceback (most recent call last):\n File "/srv/a.py", line 3', "stack-trace"),
        ("at com.bank.Pay.run(Pay.java:42)", "stack-trace"),
        ("at Object.run (/srv/app.js:10:5)", "stack-trace"),
        ("java.lang.NullPointerException", "stack-trace"),
        ("SELECT * FROM payments WHERE id = 1", "sql"),
        ("ORA-00942: table or view does not exist", "sql"),
        ("connect to 10.1.2.3 refused", "internal-host"),
        ("db01.internal timed out", "internal-host"),
        (f"account {ACCOUNT}", "account-number"),
    ],
)
def test_what_leaks_is_named(text: str, kind: str) -> None:
    assert leaks(text, {"account-number": ACCOUNT}) == (kind,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Please select a payment from the list",
        "version 10.0.1",
        "110.20.30.40",
        "192.168 is not",
        "updated the set",
    ],
)
def test_what_is_harmless_is_no_leak(text: str) -> None:
    assert leaks(text, {"token": ""}) == ()


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@settings(max_examples=400, deadline=None)
def test_what_a_pattern_finds_has_a_hint(text: str) -> None:
    """The patterns are searched for where a hint is; without hints the same would be found."""
    assert leaks(text, {}) == tuple(kind for kind, pattern in PATTERNS.items() if pattern.search(text))


def test_leaks_are_looked_for_in_linear_time() -> None:
    for text in ("at ", "SELECT ", "java.", 'File "', "10.", "a-", "at a(", "UPDATE x"):
        leaks((text * 200_000)[:200_000], {})


def test_a_nonce_is_learnt_and_used(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    answer = Service.respond

    def asking(service: Service, request: Request) -> Response:
        proof = request.fields.get("dpop", "")
        claims = json.loads(unb64(proof.split(".")[1])) if proof else {}
        seen.append(claims.get("nonce", ""))
        if proof and claims.get("nonce") != "n-1":
            fields = {"DPoP-Nonce": "n-1", "WWW-Authenticate": 'DPoP error="use_dpop_nonce"'}
            return Response(401, b"", fields)
        return answer(service, request)

    monkeypatch.setattr(Service, "respond", asking)
    with served("payment-api") as (target, door):
        job = Job(target, target.services[0], frozenset({"api:constraint"}))
        (found,) = API.observe([job], door)
    assert seen.count("") >= 2
    assert judged("PAY-TLS-04", found.records).status is Status.PASS
    assert judged("PAY-TLS-04-S", found.records).status is Status.PASS


def test_without_another_certificate_one_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    with served("payment-api", "certificate-bound") as (target, door):
        service = target.services[0]
        settings = {name: each for name, each in service.settings.items() if name != "other_client_certificate"}
        job = Job(target, replace(service, settings=settings), frozenset({"api:constraint"}))
        (found,) = API.observe([job], door)
    assert found.records["api"].answers["constraint/made-certificate"].refused
    assert judged("PAY-TLS-04", found.records).reason == NotTested.NO_CREDENTIAL
    assert judged("PAY-TLS-04-S", found.records).status is Status.PASS


@pytest.mark.parametrize(("name", "text"), [("dpop.key", b"no key"), ("client.key", b"no key")])
def test_a_key_that_does_not_load_is_no_credential(name: str, text: bytes) -> None:
    policy = "good" if name == "dpop.key" else "certificate-bound"
    with served("payment-api", policy) as (target, door):
        Path(target.path).parent.joinpath("svc", name).write_bytes(text)
        found = observed(API, target, door, "payment-api")
    assert found.failures["api"][0] is NotTested.NO_CREDENTIAL
    assert "key" in found.failures["api"][1]
