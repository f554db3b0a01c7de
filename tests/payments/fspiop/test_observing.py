"""Looking at hubs end to end: what a manifest leaves out, a command, secrets, authorisation, hubs that misbehave."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from socket import socket
from typing import Any

import pytest

from conformance.core.area import Observed
from conformance.core.codec import encode
from conformance.core.model import Authorisation, NotTested, Reason, Target
from conformance.core.network import Door
from conformance.core.scope import LOOPBACK
from conformance.core.secret import Secret
from conformance.core.target import load_target
from conformance.payments.fspiop.area import FSPIOP
from conformance.payments.fspiop.listener import MAX_OCTETS, Inbox
from conformance.payments.fspiop.sandbox import Hub
from conformance.payments.fspiop.stage import PAYEE, PAYER
from conformance.wire.serving import Request, Response, serve
from tests.payments.judging import ids, judged
from tests.payments.stands import observed, served

WINDOW = (date(2026, 1, 1), date(2036, 1, 1))


def statuses(found: Observed) -> dict[str, str]:
    said = {each: judged(each, found.records, found.failures) for each in ids("fspiop")}
    return {each: f"{one.status} {one.reason}".strip() for each, one in said.items()}


def changed(target: Target, drop: tuple[str, ...] = (), **settings: Any) -> Target:
    """The target with other settings of its one service."""
    (service,) = target.services
    kept = {name: value for name, value in service.settings.items() if name not in drop}
    return replace(target, services=(replace(service, settings={**kept, **settings}),))


def test_without_the_payees_key_what_needs_it_is_not_tested() -> None:
    """Nobody answers for the payee, so the transfer that should be committed expires."""
    with served("fspiop") as (target, door):
        callback = {**target.services[0].settings["callback"], "wait_seconds": 1}
        found = observed(FSPIOP, changed(target, payee={"fsp": PAYEE}, callback=callback), door, "fspiop")
    due = dict.fromkeys(ids("fspiop"), "pass")
    due |= dict.fromkeys(("PAY-FSP-02", "PAY-FSP-07"), "not-tested no-credential")
    assert statuses(found) == due | {"PAY-FSP-06": "error control-failed"}


def test_without_a_callback_what_needs_it_is_not_tested() -> None:
    with served("fspiop") as (target, door):
        found = observed(FSPIOP, changed(target, drop=("callback",)), door, "fspiop")
    due = dict.fromkeys(ids("fspiop"), "pass")
    due |= dict.fromkeys(("PAY-FSP-02", "PAY-FSP-06", "PAY-FSP-07"), "not-tested no-callback")
    assert statuses(found) == due


def test_an_address_that_is_taken_is_ours_to_mend() -> None:
    with served("fspiop") as (target, door), serve(lambda _: Response(200), None) as port, socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        callback = {"listen": f"127.0.0.1:{holder.getsockname()[1]}", "url": f"http://127.0.0.1:{port}"}
        found = observed(FSPIOP, changed(target, callback=callback), door, "fspiop")
    assert found.failures["fspiop"][0] is Reason.HARNESS
    assert found.connections == 0


CHILD = """
import json, sys
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from conformance.payments.fspiop.signature import FspiopError, Message, verify
for line in sys.stdin:
    said = json.loads(line)
    if said["type"] == "start":
        answer = {"type": "started", "protocol": 1, "name": "child", "version": "1"}
    elif said["type"] == "stop":
        break
    elif said["operation"] != "fspiop.verify":
        answer = {"type": "unsupported", "seq": said["seq"], "reason": "no such operation"}
    else:
        given = said["input"]
        try:
            key = load_pem_public_key(given["public_key"].encode())
            verify(key, Message(given["method"], given["uri"], given["fields"], given["body"].encode()))
            answer = {"type": "output", "seq": said["seq"], "output": {}}
        except FspiopError:
            answer = {"type": "rejected", "seq": said["seq"], "code": "signature"}
    print(json.dumps(answer), flush=True)
"""


def test_a_command_answers_the_vectors_in_place_of_the_hub(tmp_path: Path) -> None:
    child = tmp_path / "child.py"
    child.write_text(CHILD, encoding="utf-8")
    command = (sys.executable, str(child))
    with served("fspiop") as (target, door):
        found = observed(FSPIOP, changed(target, command=command, environment=("PYTHONPATH",)), door, "fspiop")
    record = found.records["fspiop"]
    assert len(record.vectors) > 40
    assert not any(name.startswith(("signatures/", "altered/")) for name in record.answers)
    assert statuses(found) == dict.fromkeys(ids("fspiop"), "pass")


def test_each_signature_case_of_the_vectors_is_of_one_row() -> None:
    from conformance.payments.fspiop.vectors import all_cases  # noqa: PLC0415 - makes them
    from tests.payments.judging import profile  # noqa: PLC0415 - here alone

    rows = [tuple(profile().requirements[each].params["cases"]) for each in ("PAY-FSP-03", "PAY-FSP-04")]
    for case in all_cases():
        if case["operation"] == "fspiop.verify":
            assert sum(case["id"].startswith(row) for row in rows) == 1, case["id"]


def test_no_key_and_no_token_is_in_the_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    token, sent = "a-token-of-a-gateway-0001", []
    monkeypatch.setenv("SUITE_HUB_TOKEN", token)
    answer = Hub.respond

    def overheard(hub: Hub, request: Request) -> Response:
        sent.append(request.fields.get("authorization"))
        response = answer(hub, request)
        # A hub that prints what it was sent must not bring it into the evidence.
        return replace(response, body=response.body.replace(b'"errorCode":"', b'"errorCode":"' + token.encode()))

    monkeypatch.setattr(Hub, "respond", overheard)
    with served("fspiop") as (target, door):
        keys = [Path(target.path).parent.joinpath("svc", f"{each}.key").read_text() for each in (PAYER, PAYEE)]
        with_token = changed(target, access_token=Secret("env:SUITE_HUB_TOKEN", Path(target.path).parent))
        found = observed(FSPIOP, with_token, door, "fspiop")
    assert set(sent) == {f"Bearer {token}"}
    octets = encode(found.records).decode()
    assert token not in octets
    assert len(octets) < 200_000
    for key in keys:
        assert not any(line in octets for line in key.splitlines()[1:-1])


@pytest.mark.parametrize("text", ["not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_something_else_for_a_key_is_no_credential(text: str) -> None:
    with served("fspiop") as (target, door):
        Path(target.path).parent.joinpath("svc", f"{PAYER}.key").write_text(text, encoding="utf-8")
        found = observed(FSPIOP, target, door, "fspiop")
    assert found.failures["fspiop"][0] is NotTested.NO_CREDENTIAL


def test_a_missing_key_is_no_credential() -> None:
    with served("fspiop") as (target, door):
        Path(target.path).parent.joinpath("svc", f"{PAYEE}.key").unlink()
        found = observed(FSPIOP, target, door, "fspiop")
    assert found.failures["fspiop"][0] is NotTested.NO_CREDENTIAL


def test_elsewhere_transfers_need_an_authorisation_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.payments.authority.scope.LOOPBACK", ())
    monkeypatch.setattr("conformance.payments.authority.scope.is_localhost", lambda _: False)
    with served("fspiop") as (target, door):
        allowed = Authorisation("Test", "1", *WINDOW, ("localhost",), ("http",), active=True, private_addresses=True)
        other = Door(ca_file=door.ca_file, free=LOOPBACK)
        found = observed(FSPIOP, replace(target, authorisation=allowed), other, "fspiop")
    assert found.failures["fspiop"][0] is NotTested.NOT_AUTHORISED
    assert found.connections == 0


def test_a_host_that_is_not_covered_is_not_dialled() -> None:
    with served("fspiop") as (target, door):
        away = changed(target, base_url="https://hub.test")
        grant = Authorisation("Test", "1", *WINDOW, hosts=("localhost",), kinds=("http",), active=True)
        away = replace(away, authorisation=replace(grant, state_changing=True, private_addresses=True))
        strict = Door(ca_file=door.ca_file, resolve=lambda _: ("127.0.0.1",), free=())
        found = observed(FSPIOP, away, strict, "fspiop")
    assert found.failures["fspiop"][0] is Reason.OUT_OF_SCOPE
    assert found.connections == 0


def test_a_hub_that_is_down_is_said_once() -> None:
    with served("fspiop") as (target, door):
        pass
    found = observed(FSPIOP, changed(target), door, "fspiop")
    assert found.failures["fspiop"][0] in (Reason.REFUSED, NotTested.NO_CREDENTIAL)


TYPES = {"errorCode": 3001, "errorDescription": [], "extensionList": {"extension": 1}}
HOSTILE: Mapping[str, Response] = {
    "500": Response(500, b"boom", {"Content-Type": "text/plain"}),
    "200": Response(200, b"{}", {"Content-Type": "application/json"}),
    "deep": Response(400, b'{"errorInformation":' * 5000, {"Content-Type": "application/json"}),
    "types": Response(
        406,
        json.dumps(
            {"errorInformation": {"errorCode": 3001, "errorDescription": [], "extensionList": {"extension": 1}}}
        ).encode(),
        {"Content-Type": "application/json"},
    ),
    "list": Response(400, b'[{"errorInformation":{}}]', {"Content-Type": "\x7f"}),
}


@contextmanager
def instead(monkeypatch: pytest.MonkeyPatch, response: Response) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setattr(Hub, "respond", lambda _, __: response)
        yield


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hub_that_answers_nonsense_passes_nothing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with instead(monkeypatch, HOSTILE[name]), served("fspiop") as (target, door):
        callback = {**target.services[0].settings["callback"], "wait_seconds": 0.2}
        found = observed(FSPIOP, changed(target, callback=callback), door, "fspiop")
    assert not [each for each, status in statuses(found).items() if status == "pass"]
    assert not [each for each in ids("fspiop") if judged(each, found.records).reason == "internal"]


def test_the_listener_is_bounded_and_minds_its_own_path() -> None:
    inbox = Inbox()
    assert inbox.respond(Request("PUT", "/elsewhere", {})).status == 404
    assert inbox.respond(Request("GET", "/fspiop/transfers/1", {})).status == 404
    assert inbox.respond(Request("PUT", "/fspiop/transfers/1", {}, bytes(MAX_OCTETS + 1))).status == 413
    assert inbox.respond(Request("PUT", "/fspiop/transfers/1", {}, b"{}")).status == 200
    assert inbox.respond(Request("POST", "/fspiop/transfers?x=1", {}, b"{}")).status == 202
    assert [each.uri for each in inbox.arrivals()] == ["/transfers/1", "/transfers?x=1"]


def test_the_template_is_a_manifest_that_can_be_planned() -> None:
    target = load_target(Path(__file__).parents[3] / "profiles" / "targets" / "fspiop.toml")
    (service,) = target.services
    assert service.role == "fspiop"
    assert FSPIOP.reach(service) == (("http", "localhost"),)
    assert FSPIOP.gaps(target, service) == ()
    found = {}
    for name, less in (("callback", changed(target, drop=("callback",))), ("key", changed(target, payee={"fsp": "b"}))):
        (gap,) = FSPIOP.gaps(less, less.services[0])
        found[name] = gap.requirements
    assert found == {"callback": ("PAY-FSP-02", "PAY-FSP-06", "PAY-FSP-07"), "key": ("PAY-FSP-02", "PAY-FSP-07")}
