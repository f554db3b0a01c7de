"""Observing a gateway: answers that never come, come too large, as rubbish, from strangers, or nowhere to come to."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from conformance.core.model import Authorisation, NotTested, Reason, Service, Target
from conformance.core.network import Door
from conformance.payments.iso20022.evidence import Exchanges
from conformance.payments.iso20022.listener import MAX_OCTETS
from conformance.payments.iso20022.observe_gateway import observe_gateway
from conformance.payments.iso20022.samples import FIXED, PACS_002, Agreement, fill
from conformance.sandbox import keys_folder, server_context
from conformance.tls.stage import authorities
from conformance.wire.serving import Request, Response, reserved, serve

SECONDS = {"HIGH": 0.5, "NORM": 0.5}
Act = Callable[[str, str], None]
"""What a gateway does about a payment: given the MsgId and the address to answer to."""


def post(address: str, body: bytes, **fields: str) -> int:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=3)
    with contextlib.closing(connection):
        connection.request("POST", parts.path, body, fields)
        return connection.getresponse().status


def answer(message_id: str) -> bytes:
    return fill(PACS_002, Agreement(), {**FIXED, "original": message_id})


@contextlib.contextmanager
def gateway(act: Act, tmp_path: Path, status: int = 202) -> Iterator[tuple[Door, Target]]:
    """A gateway that does one thing about each payment, and our way to it."""

    def respond(request: Request) -> Response:
        if request.method != "POST":
            return Response(404)
        address = parse_qs(request.query)["pacs002Endpoint"][0]
        message_id = request.body.split(b"<MsgId>")[1].split(b"<")[0].decode()
        threading.Thread(target=act, args=(message_id, address), daemon=True).start()
        return Response(status)

    roots = tmp_path / "roots.pem"
    roots.write_bytes(authorities(keys_folder()).public_roots_pem)
    context: ssl.SSLContext = server_context()
    with serve(respond, context) as port, reserved() as address:
        callback = {"listen": address, "url": f"http://{address}/cb"}
        settings = {"base": f"https://localhost:{port}", "callback": callback, "answer_seconds": SECONDS}
        service = Service("ips", "ips-gateway", settings=MappingProxyType(settings))
        yield Door(ca_file=str(roots)), Target("t", "XA", "Test", (service,), path=str(tmp_path / "manifest.toml"))


def observed(act: Act, tmp_path: Path, *asks: str) -> Exchanges:
    with gateway(act, tmp_path) as (door, target):
        records, failures = observe_gateway(door, target, target.services[0], frozenset({"exchanges", *asks}))
    assert failures == {}
    found: Exchanges = records["exchanges"]
    return found


def test_answers_that_never_come_end_the_wait_and_nothing_else_is_sent(tmp_path: Path) -> None:
    seen: list[str] = []
    found = observed(lambda message_id, _: seen.append(message_id), tmp_path, "exchanges:version-08")
    assert list(found.cases) == ["control-before", "version-08", "control-normal", "control-after"]
    assert all(not each.answers for each in found.cases.values())
    assert len(seen) == 4


def test_a_gateway_that_refuses_the_control_gets_nothing_more(tmp_path: Path) -> None:
    with gateway(lambda *_: None, tmp_path, status=503) as (door, target):
        records, _ = observe_gateway(door, target, target.services[0], frozenset({"exchanges", "exchanges:version-08"}))
    assert list(records["exchanges"].cases) == ["control-before"]
    assert records["exchanges"].cases["control-before"].status == 503


def test_rubbish_and_floods_of_octets_are_kept_as_what_they_are(tmp_path: Path) -> None:
    statuses: list[int] = []

    def act(_: str, address: str) -> None:
        statuses.append(post(address, b"<!DOCTYPE x [<!ENTITY y 'z'>]><x>&y;</x>"))
        parts = urlsplit(address)
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=3) as connection:
            head = f"POST {parts.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {200 * 1024 * 1024}\r\n\r\n"
            connection.sendall(head.encode())
            statuses.append(int(connection.recv(64).split()[1]))

    found = observed(act, tmp_path).cases["control-before"]
    assert [each.message.trouble for each in found.answers] == ["doctype", "too-large"]
    assert sorted(set(statuses)) == [202, 413]
    assert MAX_OCTETS < 200 * 1024 * 1024


def test_strangers_are_kept_apart_and_change_nothing(tmp_path: Path) -> None:
    def act(message_id: str, address: str) -> None:
        base = address.rpartition("/")[0]
        post(f"{base}/somebody-else", answer(message_id))
        post(f"{base}/", b"hello")
        post(address, answer(message_id))

    found = observed(act, tmp_path)
    assert [len(each.answers) for each in found.cases.values()] == [1, 1, 1]
    assert {each.path for each in found.strays} == {"somebody-else", ""}


def test_an_answer_under_another_message_s_address_is_counted_there(tmp_path: Path) -> None:
    addresses: list[str] = []

    def act(message_id: str, address: str) -> None:
        addresses.append(address)
        post(addresses[0], answer(message_id))

    found = observed(act, tmp_path)
    assert len(found.cases["control-before"].answers) == 1
    assert [found.cases[name].elsewhere for name in ("control-normal", "control-after")] == [1, 1]


def changed(target: Target, **settings: Any) -> Target:
    service = target.services[0]
    kept = {key: value for key, value in {**service.settings, **settings}.items() if value is not None}
    return replace(target, services=(replace(service, settings=kept),))


def failure(door: Door, target: Target) -> tuple[Reason | NotTested, str]:
    records, failures = observe_gateway(door, target, target.services[0], frozenset({"exchanges"}))
    assert records == {}
    return failures["exchanges"]


def test_without_a_place_for_answers_nothing_is_sent(tmp_path: Path) -> None:
    seen: list[str] = []
    with gateway(lambda message_id, _: seen.append(message_id), tmp_path) as (door, target):
        assert failure(door, changed(target, callback=None))[0] is NotTested.NO_CALLBACK
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            reason, detail = failure(door, changed(target, callback={"listen": address, "url": f"http://{address}/"}))
    assert reason is NotTested.NO_CALLBACK
    assert "in use" in detail
    assert seen == []


def test_no_payment_is_created_where_the_authorisation_does_not_say_so(tmp_path: Path) -> None:
    granted = Authorisation("A", "B", date(2020, 1, 1), date(2040, 1, 1), ("gateway.example",), ("http",), active=True)
    with gateway(lambda *_: None, tmp_path) as (door, target):
        away = replace(changed(target, base="https://gateway.example"), authorisation=granted)
        assert failure(door, away)[0] is NotTested.NOT_AUTHORISED
