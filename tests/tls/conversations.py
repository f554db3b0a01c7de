"""The questions to an endpoint, asked of a function instead of a network: hellos as sent, replies made by hand."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from conformance.core.area import Job
from conformance.core.model import Reason
from conformance.core.selector import Failure
from conformance.tls.client_hello import ClientHello, read_opening
from conformance.tls.hello import TLS10, TLS11, TLS12, TLS13
from conformance.tls.hello_records import Reading
from conformance.tls.observe_hellos import converse
from conformance.tls.parse import Reply
from conformance.tls.suites import Suite, suite
from conformance.tls.talk import Got, Talk
from tests.zoo.runs import a_target

ASK = Talk.wave
ADDRESS = (socket.AF_INET, ("127.0.0.1", 443))


def alert(code: int = 40) -> Reply:
    """A fatal alert."""
    return Reply(level=2, alert=code, refused=True, received=b"\x15")


def failure(reason: Reason, received: bytes = b"") -> Failure:
    return Failure(reason, "", received)


CLOSED, RESET, TIMEOUT = failure(Reason.CLOSED), failure(Reason.RESET), failure(Reason.TIMEOUT)
DRIPPED = failure(Reason.TIMEOUT, b"\x16\x03")


@dataclass
class Endpoint:
    """A server in few words, newest version and its own order first. keys: certificates by the type of their key.

    small: groups below 224 bits that it takes besides. legacy: schemes with SHA-1 that it signs with besides.
    pkcs1: an RSA key signs with rsa_pkcs1_sha256 in TLS 1.2, and else not at all.
    curve_bound: an ECDSA certificate is used only where its curve, secp256r1, is offered (RFC 8422 section 5.1.1).
    refusal: what comes where nothing suits.
    """

    versions: tuple[int, ...] = (TLS13, TLS12)
    suites13: tuple[int, ...] = (0x1301, 0x1302, 0x1303)
    suites12: tuple[int, ...] = (0xC02B, 0xC02F)
    groups: tuple[int, ...] = (29, 23)
    keys: tuple[str, ...] = ("ECDSA",)
    small: tuple[int, ...] = ()
    legacy: tuple[int, ...] = ()
    pkcs1: bool = False
    curve_bound: bool = True
    server_order: bool = True
    same_share: bool = False
    refusal: Got = field(default_factory=alert)

    def answer(self, hello: ClientHello) -> Got:
        version = self._version(hello)
        if version is None:
            return alert(70) if isinstance(self.refusal, Reply) else self.refusal
        return self._answer13(hello) if version == TLS13 else self._answer12(hello, version)

    def _version(self, hello: ClientHello) -> int | None:
        offered = hello.versions or tuple(
            each for each in (TLS12, TLS11, TLS10, 0x0300) if each <= hello.legacy_version
        )
        return next((each for each in self.versions if each in offered), None)

    def _pick(self, own: Sequence[int], offered: Sequence[int]) -> int | None:
        first, second = (own, offered) if self.server_order else (offered, own)
        return next((each for each in first if each in second), None)

    def _answer13(self, hello: ClientHello) -> Got:
        code, group = self._pick(self.suites13, hello.suites), self._pick(self.groups, hello.groups)
        if code is None or group is None:
            return self.refusal
        retry = group not in hello.shares
        share = b"" if retry else (b"same" if self.same_share else os.urandom(32))
        return Reply(
            TLS13,
            os.urandom(32),
            suite=code,
            compression=0,
            extensions={43: b"", 51: b""},
            group=group,
            share=share,
            retry=retry,
        )

    def _answer12(self, hello: ClientHello, version: int) -> Got:
        group = self._pick((*self.groups, *self.small), hello.groups)
        usable = []
        for code in self.suites12:
            each = known(code)
            if each.key_exchange == "ECDHE" and group is None:
                continue
            if each.authentication == "ECDSA" and self.curve_bound and 23 not in hello.groups:
                continue
            if each.authentication in self.keys or each.anonymous:
                usable.append(code)
        selected = self._pick(usable, hello.suites)
        if selected is None:
            return self.refusal
        chosen = known(selected)
        own = (0x0401 if self.pkcs1 else 0x0804,) if chosen.authentication == "RSA" else (0x0403,)
        scheme = next((each for each in (*own, *self.legacy) if each in hello.schemes), None)
        if scheme is None and version == TLS12:
            return self.refusal
        signed = chosen.key_exchange in ("ECDHE", "DHE") and not chosen.anonymous
        return Reply(
            version,
            os.urandom(32),
            suite=selected,
            compression=0,
            group=group if group is not None and chosen.key_exchange == "ECDHE" else -1,
            share=os.urandom(32) if signed else b"",
            scheme=scheme if scheme is not None and signed and version == TLS12 else -1,
            dh_bits=2048 if chosen.key_exchange == "DHE" else 0,
            chain=(f"{chosen.authentication} certificate".encode(),),
        )


def known(code: int) -> Suite:
    found = suite(code)
    assert found
    return found


Respond = Callable[[str, ClientHello | None, int], Got]
"""Takes the name of the question, the hello (None for SSL 2.0), and how often it was asked before."""


@dataclass
class Asked:
    """A conversation that has ended. names: the questions in the order in which they were asked, with repetitions."""

    talk: Talk
    names: list[str]
    waves: list[list[str]]

    @property
    def reading(self) -> Reading:
        return Reading(self.talk)


def asked(respond: Respond | Endpoint, *asks: str, offenders: int = 8, server_name: str = "portal.xa.test") -> Asked:
    """Hold the whole conversation with a function for a server."""
    target = a_target("127.0.0.1:443", server_name=server_name)
    job = Job(target, target.services[0], frozenset(asks))
    names: list[str] = []
    waves: list[list[str]] = []

    def reply(name: str, exchange: Any) -> Got:
        opening = read_opening(b"".join(exchange.segments))
        before = names.count(name)
        names.append(name)
        if isinstance(respond, Endpoint):
            return respond.answer(opening.hello) if opening.hello else respond.refusal
        return respond(name, opening.hello, before)

    def wave(talk: Talk, questions: Mapping[str, Any], others: Any = None) -> Any:
        if questions:
            waves.append(list(questions))
        yield from ASK(talk, questions, others)

    with patch.object(Talk, "wave", wave):
        conversation = converse(job, ADDRESS, offenders)
        try:
            exchanges = next(conversation)
            while True:
                exchanges = conversation.send(
                    [reply(name, each) for name, each in zip(waves[-1], exchanges, strict=True)]
                )
        except StopIteration as end:
            return Asked(end.value, names, waves)


def changed(endpoint: Endpoint, **answers: Any) -> Respond:
    """The endpoint, with these answers by the name of the question (`_` for `-`, a list for one after the other)."""
    table = {name: list(value) if isinstance(value, list) else [value] for name, value in answers.items()}

    def respond(name: str, hello: ClientHello | None, before: int) -> Got:
        if found := table.get(name) or table.get(name.replace("-", "_").replace(":", "_").replace(".", "_")):
            got: Got = found[min(before, len(found) - 1)]
            return got
        return endpoint.answer(hello) if hello else endpoint.refusal

    return respond
