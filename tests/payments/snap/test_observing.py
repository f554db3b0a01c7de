"""Looking at SNAP services end to end: conforming variants, secrets, authorisation, and servers that misbehave."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from conformance.core.codec import encode
from conformance.core.model import Authorisation, NotTested, Reason, Status
from conformance.core.network import Door
from conformance.core.scope import LOOPBACK
from conformance.payments.snap.area import SNAP
from conformance.payments.snap.sandbox import Bank
from conformance.payments.snap.signature import Dialect
from conformance.payments.snap.stage import POLICIES, SECRET
from conformance.sandbox import server_context
from conformance.wire.serving import Request, Response, serve
from tests.payments.judging import ids, judged
from tests.payments.stands import observed, served

WINDOW = (date(2026, 1, 1), date(2036, 1, 1))


@pytest.mark.parametrize("policy", [policy for policy in POLICIES if policy != "good"])
def test_conforming_variants_have_no_violation(policy: str) -> None:
    with served("snap-api", policy) as (target, door):
        found = observed(SNAP, target, door, "snap-api")
    bad = {}
    for requirement_id in ids("snap-api"):
        outcome = judged(requirement_id, found.records)
        if outcome.status not in (Status.PASS, Status.NOT_APPLICABLE):
            bad[requirement_id] = outcome
    assert set(bad) == ({"PAY-SNP-06-S"} if policy == "hex" else set()), bad


def test_no_secret_is_in_the_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens: list[str] = []
    answer = Bank.respond

    def overheard(bank: Bank, request: Request) -> Response:
        tokens.append(request.fields.get("authorization", "").removeprefix("Bearer "))
        tokens.append(request.fields.get("x-signature", ""))
        response = answer(bank, request)
        said = json.loads(response.body)
        # A server that prints what it was sent must not bring it into the evidence.
        said["responseMessage"] = f"{said['responseMessage']} {request.fields.get('authorization', '')} {SECRET}"
        return replace(response, body=json.dumps(said).encode())

    monkeypatch.setattr(Bank, "respond", overheard)
    with served("snap-api") as (target, door):
        key = Path(target.path).parent.joinpath("svc", "client.key").read_text(encoding="utf-8")
        found = observed(SNAP, target, door, "snap-api")
    octets = encode(found.records).decode()
    issued = {token for token in tokens if len(token) >= 20}
    assert len(issued) > 50
    for secret in (*issued, SECRET, SECRET.encode().hex(), base64.b64encode(SECRET.encode()).decode(), key[40:80]):
        assert secret not in octets


def test_elsewhere_payments_need_an_authorisation_of_their_own() -> None:
    with served("snap-api") as (target, door):
        away = Authorisation("Test", "1", *WINDOW, hosts=("localhost",), kinds=("http",), active=True, max_rps=100.0)
        # `localhost` stands for somebody else's host here: nothing is free.
        elsewhere = replace(
            target,
            authorisation=replace(away, private_addresses=True),
            services=(
                replace(target.services[0], settings={**target.services[0].settings, "base_url": "https://bank.test"}),
            ),
        )
        strict = Door(ca_file=door.ca_file, resolve=lambda _: ("127.0.0.1",), free=())
        found = observed(SNAP, elsewhere, strict, "snap-api")
    # The name is not covered, so not one request is sent.
    assert found.failures["snap"][0] is Reason.OUT_OF_SCOPE
    assert found.connections == 0


def test_without_state_changing_no_payment_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    paths: list[str] = []
    answer = Bank.respond

    def overheard(bank: Bank, request: Request) -> Response:
        paths.append(request.path)
        return answer(bank, request)

    monkeypatch.setattr(Bank, "respond", overheard)
    monkeypatch.setattr("conformance.payments.authority.scope.LOOPBACK", ())
    monkeypatch.setattr("conformance.payments.authority.scope.is_localhost", lambda _: False)
    with served("snap-api") as (target, door):
        allowed = Authorisation("Test", "1", *WINDOW, ("localhost",), ("http",), active=True, private_addresses=True)
        other = Door(ca_file=door.ca_file, free=LOOPBACK)
        found = observed(SNAP, replace(target, authorisation=replace(allowed, max_rps=100.0)), other, "snap-api")
    skipped = found.records["snap"].skipped
    assert set(skipped) == {"external", "digits", "reference", "amounts", "status"}
    assert found.failures["callbacks"][0] is NotTested.NOT_AUTHORISED
    assert {reason for reason, _ in skipped.values()} == {NotTested.NOT_AUTHORISED.value}
    assert "/v1.0/qr/qr-mpm-generate" not in paths
    assert judged("PAY-SNP-12", found.records).status is Status.NOT_TESTED
    assert judged("PAY-SNP-05", found.records).status is Status.PASS


def test_a_missing_key_is_no_credential() -> None:
    with served("snap-api") as (target, door):
        Path(target.path).parent.joinpath("svc", "client.key").unlink()
        found = observed(SNAP, target, door, "snap-api")
    assert found.failures["snap"][0] is NotTested.NO_CREDENTIAL


def test_something_else_for_a_key_is_no_credential() -> None:
    with served("snap-api") as (target, door):
        Path(target.path).parent.joinpath("svc", "client.key").write_text("not a key", encoding="utf-8")
        found = observed(SNAP, target, door, "snap-api")
    assert found.failures["snap"][0] is NotTested.NO_CREDENTIAL


HOSTILE = {
    "empty": Response(200),
    "html": Response(200, b"<html>", {"Content-Type": "text/html"}),
    "deep": Response(200, b"[" * 100_000, {"Content-Type": "application/json"}),
    "nul": Response(200, b'{"accessToken":"\0"}', {"Content-Type": "application/json"}),
    "large": Response(200, b'{"accessToken":"' + b"a" * 2_000_000 + b'"}', {"Content-Type": "application/json"}),
    "numbers": Response(200, b'{"accessToken":12,"responseCode":2007300,"expiresIn":900}', {}),
    "surrogate": Response(200, b'{"accessToken":"\\ud800abc","responseCode":"2007300"}', {}),
    "list": Response(200, b"[1,2]", {}),
    "throttled": Response(429, b"", {"Retry-After": "1"}),
    "crash": Response(500, b"Traceback (most recent call last)", {"Content-Type": "text/plain"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_token_answers_end_in_a_reason(name: str) -> None:
    with served("snap-api") as (target, door), serve(lambda _: HOSTILE[name], server_context()) as port:
        service = target.services[0]
        settings = {**service.settings, "base_url": f"https://localhost:{port}"}
        aimed = replace(target, services=(replace(service, address=f"127.0.0.1:{port}", settings=settings),))
        found = observed(SNAP, aimed, door, "snap-api")
    for requirement_id in ids("snap-api"):
        outcome = judged(requirement_id, found.records, found.failures)
        assert outcome.status in (Status.ERROR, Status.FAIL, Status.NOT_TESTED), (requirement_id, outcome)
        assert outcome.reason != "internal", (requirement_id, outcome)


def test_a_server_that_is_not_there_is_told() -> None:
    with served("snap-api") as (target, door):
        pass
    found = observed(
        SNAP, replace(target, services=(replace(target.services[0], address="127.0.0.1:9"),)), door, "snap-api"
    )
    assert found.failures["snap"][0] in (Reason.REFUSED, NotTested.NO_CREDENTIAL)


def test_the_dialect_of_the_manifest_is_in_the_evidence() -> None:
    with served("snap-api", "utc") as (target, door):
        found = observed(SNAP, target, door, "snap-api")
    stated = found.records["snap"].dialect
    assert (stated["timestamp"], stated["encoding"], stated["window_seconds"]) == ("utc", "base64", "300")
    assert set(Dialect.__slots__) <= set(stated)
