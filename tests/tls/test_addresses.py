"""Every address of a service: the observer on loopback's many addresses, the reader of flights, the judge."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.core.model import NotApplicable, Reason, Undecided, Violation
from conformance.tls.evidence import Addresses
from conformance.tls.observe_addresses import Flight, described, observe_addresses
from conformance.tls.test_addresses import test_addresses_are_configured_alike as are_configured_alike
from tests.tls.chains import NAME
from tests.tls.endpoints import described as manifest
from tests.tls.endpoints import server_context, shaking_hands
from tests.zoo.servers import Handler, Server, a_door, closed_port, resetting, serve, silent


def refusing_to_speak_tls(stream: socket.socket) -> None:
    stream.recv(65536)
    stream.sendall(b"HTTP/1.1 400 Bad\r\n\r\n")


def refusing_every_hello(stream: socket.socket) -> None:
    stream.recv(65536)
    stream.sendall(b"\x15\x03\x03\x00\x02\x02\x28")


def judge(addresses: Addresses) -> list[Violation]:
    return list(are_configured_alike(addresses))


def test_addresses_that_answer_alike_break_nothing() -> None:
    assert judge(Addresses({"a": "x", "b": "x", "c": "x"})) == []


def test_each_address_that_answers_otherwise_is_a_violation() -> None:
    (found,) = judge(Addresses({"b": "x", "a": "x", "c": "y"}))
    assert (found.expected, found.observed) == ("a: x", "c: y")


def test_empty_evidence_decides_nothing() -> None:
    for addresses in (Addresses({}), Addresses({}, {"a": "refused: x"})):
        with pytest.raises(Undecided):
            judge(addresses)


def test_single_address_is_not_judged() -> None:
    with pytest.raises(NotApplicable):
        judge(Addresses({"a": "x"}))


def test_address_that_could_not_be_asked_decides_nothing_but_hides_nothing() -> None:
    with pytest.raises(Undecided) as caught:
        judge(Addresses({"a": "x", "b": "x"}, {"c": "timeout: y"}))
    assert "c: timeout: y" in caught.value.detail
    found = are_configured_alike(Addresses({"a": "x", "b": "y"}, {"c": "timeout: y"}))
    assert next(found).observed == "b: y"
    with pytest.raises(Undecided):
        next(found)


@contextlib.contextmanager
def two(first: ssl.SSLContext, second: ssl.SSLContext) -> Iterator[tuple[Server, Server]]:
    """The same service on 127.0.0.1 and 127.0.0.2."""
    with shaking_hands(first) as one, shaking_hands(second, "127.0.0.2", one.port) as other:
        yield one, other


def look(first: ssl.SSLContext, second: ssl.SSLContext) -> Addresses:
    """As by a name that resolves to both."""
    with two(first, second) as (one, _):
        door = a_door(resolve=lambda _: ["127.0.0.1", "127.0.0.2"])
        return observe_addresses(door, *manifest(f"{NAME}:{one.port}"))


def with_alpn(context: ssl.SSLContext, *protocols: str) -> ssl.SSLContext:
    context.set_alpn_protocols(list(protocols))
    return context


def test_every_address_of_a_name_is_asked() -> None:
    seen = look(server_context(), server_context())
    assert [label.partition(":")[0] for label in seen.fingerprints] == ["127.0.0.1", "127.0.0.2"]
    assert judge(seen) == []
    fingerprint = next(iter(seen.fingerprints.values()))
    assert fingerprint.startswith("TLSv1.2 0xC0")
    assert "extended_master_secret" in fingerprint
    assert "TLSv1.3 0x1302 x25519 [key_share,supported_versions] ECDSA 256" in fingerprint


def limited(version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2) -> ssl.SSLContext:
    return server_context(version=version)


def ciphers(text: str) -> ssl.SSLContext:
    context = server_context()
    context.set_ciphers(text)
    return context


def curve(name: str) -> ssl.SSLContext:
    context = server_context()
    context.set_ecdh_curve(name)
    return context


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (limited, "TLSv1.3 alert protocol_version"),
        (lambda: ciphers("ECDHE+AES128+AESGCM"), "0xC02B"),
        (lambda: curve("secp384r1"), "secp384r1"),
        (lambda: with_alpn(server_context(), "http/1.1"), "http/1.1"),
        (lambda: server_context("good-rsa"), "RSA 2048"),
    ],
    ids=["version", "suite", "group", "alpn", "key"],
)
def test_difference_is_a_violation(make: Any, words: str) -> None:
    seen = look(server_context(), make())
    assert not seen.failures
    (found,) = judge(seen)
    assert words in found.observed


def test_certificate_of_its_own_makes_no_difference() -> None:
    assert judge(look(server_context(), server_context("good-staple"))) == []


def test_client_authentication_does_not_hide_the_answer() -> None:
    context = server_context(clients="client-root")
    seen = look(context, context)
    assert not seen.failures
    assert judge(seen) == []


def test_addresses_that_the_manifest_adds_are_asked() -> None:
    with shaking_hands(server_context()) as one, shaking_hands(limited()) as other:
        seen = observe_addresses(a_door(), *manifest(one.at, also=(other.at,)))
    assert set(seen.fingerprints) == {one.at, other.at}
    assert len(judge(seen)) == 1


def test_single_address_is_not_asked() -> None:
    with shaking_hands(server_context()) as server:
        seen = observe_addresses(a_door(), *manifest(server.at))
        assert server.hits == 0
    with pytest.raises(NotApplicable):
        judge(seen)


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (silent, Reason.TIMEOUT),
        (resetting, Reason.RESET),
        (refusing_to_speak_tls, Reason.NOT_TLS),
        (refusing_every_hello, Reason.TLS_ALERT),
    ],
    ids=["silent", "reset", "plain-http", "refuses-all"],
)
def test_misbehaving_address_is_a_failure(handler: Handler, reason: Reason) -> None:
    with serve(handler, read=False) as bad, shaking_hands(server_context()) as good:
        seen = observe_addresses(a_door(), *manifest(good.at, also=(bad.at,)))
    assert set(seen.fingerprints) == {good.at}
    assert seen.failures[bad.at].startswith(f"{reason}: ")
    with pytest.raises(Undecided):
        judge(seen)


def test_closed_and_forbidden_addresses_are_failures() -> None:
    with shaking_hands(server_context()) as good:
        closed = f"127.0.0.1:{closed_port()}"
        seen = observe_addresses(a_door(), *manifest(good.at, also=(closed, "192.0.2.1:443")))
    assert seen.failures[closed].startswith("refused: ")
    assert seen.failures["192.0.2.1:443"].startswith("out-of-scope: ")


def test_service_out_of_scope_is_not_asked() -> None:
    with pytest.raises(Undecided) as caught:
        observe_addresses(a_door(), *manifest("192.0.2.1:443"))
    assert caught.value.reason is Reason.OUT_OF_SCOPE


@given(st.dictionaries(st.sampled_from([2, 8, 11, 12]), st.binary(max_size=120), max_size=4), st.booleans())
def test_no_flight_raises_anything_else(messages: dict[int, bytes], hello: bool) -> None:
    if hello:
        messages[2] = bytes(34) + b"\x00" + b"\x13\x01\x00" + messages.get(2, b"")
    with contextlib.suppress(Undecided):
        assert described(Flight(messages, "x"))
