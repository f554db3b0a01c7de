"""Every version, suite and group that a server negotiates, by elimination.

A server answers a hello with one choice, so k suites take k + 1 connections: strike what was chosen and ask again until
it refuses. The versions go side by side. Two lessons decide how:

- Up to TLS 1.2 the groups stay whole while suites are struck, since `supported_groups` also constrains the curve of an
  ECDSA certificate (RFC 8422 section 5.1.1). Groups are then struck with RSA-authenticated suites where there are any.
- A TLS 1.3 hello without key shares is answered with a HelloRetryRequest that names suite and group at once, so that
  both lists shrink together; when both are refused, further questions tell which of them had run out.

What the profile asks costs far less; this is for comparing with other tools.

    python -m tests.software.enumeration HOST:PORT ...      prints a line of JSON for each
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field

from conformance.core import scope
from conformance.core.model import Reason, Target
from conformance.core.network import Address, Door
from conformance.core.selector import Conversation, Exchange, Failure, converse
from conformance.tls.codepoints import GROUPS, SCHEMES, SSL2_KINDS, SUITES, VERSIONS
from conformance.tls.hello import RANDOM_BYTES, SSL2, TLS12, TLS13, Hello, server_name_extension, template
from conformance.tls.parse import Reply, read_reply
from conformance.tls.suites import Suite, suite
from tests.software.oracles import Facts

OLD_VERSIONS = (0x0300, 0x0301, 0x0302, TLS12)
KNOWN: dict[int, Suite] = {code: found for code in SUITES if (found := suite(code))}
SUITES12 = tuple(code for code, each in KNOWN.items() if not each.tls13)
SUITES13 = tuple(code for code, each in KNOWN.items() if each.tls13)
GROUPS12 = tuple(code for code in GROUPS if code < 256)
SCHEMES13 = tuple(code for code in SCHEMES if code >= 0x0400)
GROUPS13 = tuple(code for code in GROUPS if code < 0xFF00)
PATIENT = 8
"""Connections at once to one server."""


@dataclass(frozen=True, slots=True)
class Question:
    """One hello: a version alone, and what it offers."""

    version: int
    suites: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()


@dataclass(slots=True)
class Found:
    """What a server was seen to negotiate, in the order of its picks. trouble: answers that were no clean refusal."""

    suites: dict[int, list[int]] = field(default_factory=dict)
    groups: list[int] = field(default_factory=list)
    ssl2: bool = False
    trouble: list[str] = field(default_factory=list)
    connections: int = 0

    def facts(self) -> Facts:
        """In the form in which tools are compared."""
        suites = {
            VERSIONS[version]: frozenset(SUITES[code] for code in codes) for version, codes in self.suites.items()
        }
        versions = {*suites, *({"SSLv2"} if self.ssl2 else ())}
        return Facts(frozenset(versions), suites, frozenset(GROUPS[code].lower() for code in self.groups))


Chain = Generator[Question, Reply | None, None]
"""Questions one after the other; the reply is None where the server did not go on, or not in that version."""


def old_version(version: int, found: Found) -> Chain:
    """Strike suites of a version up to TLS 1.2, then groups in it."""
    left, picked = list(SUITES12), list[int]()
    while left and (reply := (yield Question(version, tuple(left), GROUPS12))) and reply.suite in left:
        picked.append(reply.suite)
        left.remove(reply.suite)
    if not picked:
        return
    found.suites[version] = picked
    curves = [code for code in picked if KNOWN[code].key_exchange == "ECDHE"]
    free = [code for code in curves if KNOWN[code].authentication in ("RSA", "anon")]
    groups = list(GROUPS12)
    while (
        curves and (reply := (yield Question(version, tuple(free or curves), tuple(groups)))) and reply.group in groups
    ):
        groups.remove(reply.group)
        if reply.group not in found.groups:
            found.groups.append(reply.group)


def tls13(found: Found) -> Chain:
    """Strike suites and groups of TLS 1.3, both at a time as long as that goes."""
    suites, groups = list(SUITES13), list(GROUPS13)
    picked: list[int] = []
    named: list[int] = []

    def strike(reply: Reply) -> None:
        for code, left, taken in ((reply.suite, suites, picked), (reply.group, groups, named)):
            if code in left:
                left.remove(code)
                taken.append(code)

    while suites and groups and (reply := (yield Question(TLS13, tuple(suites), tuple(groups)))):
        strike(reply)
    if not picked or not named:
        return
    while groups and (reply := (yield Question(TLS13, (picked[0],), tuple(groups)))):
        strike(reply)
    while suites and (reply := (yield Question(TLS13, tuple(suites), (named[0],)))):
        strike(reply)
    found.suites[TLS13] = picked
    found.groups += [code for code in named if code not in found.groups]


def ssl2(found: Found) -> Chain:
    """Whether SSL 2.0 is spoken at all."""
    reply = yield Question(SSL2)
    found.ssl2 = reply is not None


def hello(question: Question) -> Hello:
    """The question as a ClientHello."""
    if question.version == SSL2:
        return Hello(kinds=tuple(SSL2_KINDS))
    if question.version == TLS13:
        return Hello(versions=(TLS13,), suites=question.suites, groups=question.groups, schemes=SCHEMES13, shares=())
    if question.version == OLD_VERSIONS[0]:
        return Hello(question.version, suites=question.suites, plain=True)
    schemes = tuple(SCHEMES) if question.version == TLS12 else ()
    features = ("ec_point_formats", "extended_master_secret", "renegotiation_info")
    return Hello(question.version, suites=question.suites, groups=question.groups, schemes=schemes, features=features)


def together(chains: list[Chain], target: Target, address: Address, name: bytes, found: Found) -> Conversation[Found]:
    """Put the next question of every chain that is left side by side, until all have ended."""
    asked: list[tuple[Chain, Question]] = [(chain, next(chain)) for chain in chains]
    while asked:
        wave = []
        for _, question in asked:
            segments = template(hello(question)).build(name, os.urandom(RANDOM_BYTES))
            wave.append(Exchange(target, address, segments, read_reply))
        found.connections += len(wave)
        replies = yield wave
        following = []
        for (chain, question), reply in zip(asked, replies, strict=True):
            try:
                following.append((chain, chain.send(accepted(question, reply, found))))
            except StopIteration:
                continue
        asked = following
    return found


def accepted(question: Question, reply: Reply | Failure, found: Found) -> Reply | None:
    """The reply if the server went on in the version that was asked for; what is no clean refusal is noted."""
    if isinstance(reply, Failure):
        # A server that does not know SSL 2.0 may close on a hello that looks like no record.
        if not (question.version == SSL2 and reply.reason in (Reason.CLOSED, Reason.RESET)):
            found.trouble.append(f"{VERSIONS[question.version]}: {reply.reason} {reply.detail}".strip())
        return None
    if question.version == SSL2:
        return reply if reply.kinds is not None else None
    return reply if not reply.refused and reply.version == question.version else None


def conversations(targets: Iterable[tuple[str, int]], door: Door) -> Iterator[tuple[str, Conversation[Found]]]:
    """One conversation a target."""
    for host, port in targets:
        target = Target(f"{host}:{port}", "XA", host, ())
        found = Found()
        chains = [*(old_version(version, found) for version in OLD_VERSIONS), tls13(found), ssl2(found)]
        name = server_name_extension(host) if any(map(str.isalpha, host)) else b""
        address = door.permit(target, host, port, "tls")[0]
        yield target.id, together(chains, target, address, name, found)


def enumerate_server(port: int) -> Facts:
    """What the server on localhost at that port negotiates.

    Raises:
        RuntimeError: an answer was neither a choice nor a clean refusal, so that the lists may be too short.
    """
    ((_, found),) = converse(conversations([("localhost", port)], Door()), Door(), per_host=PATIENT)
    if found.trouble:
        raise RuntimeError(f"undecided: {'; '.join(found.trouble)}")
    return found.facts()


def main(arguments: list[str]) -> int:
    """Enumerate each HOST:PORT and print it."""
    door = Door()
    targets = [scope.split_address(argument) for argument in arguments]
    for name, found in converse(conversations(targets, door), door, per_host=PATIENT):
        facts = found.facts()
        sys.stdout.write(
            json.dumps(
                {
                    "target": name,
                    "versions": sorted(facts.versions),
                    "groups": sorted(facts.groups),
                    "suites": {version: sorted(names) for version, names in facts.suites.items()},
                    "trouble": found.trouble,
                    "connections": found.connections,
                }
            )
            + "\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
