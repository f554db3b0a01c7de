"""DNS questions are asked within the authorisation, of the server that the target names, in bounded time."""

from __future__ import annotations

import time
from dataclasses import replace

import dns.rcode
import pytest

from conformance.core.model import Reason, Target
from conformance.wire.lookup import lookup
from tests.zoo.servers import SHORT, a_door, a_service, a_target, contained
from tests.zoo.test_scope import Answer, nameserver, zone

CAA = zone(("x.example.", "CAA", '0 issue "ca.example"'), ("x.example.", "CAA", '0 issue "other.example"'))


def test_records_are_given_in_presentation_format() -> None:
    with nameserver(CAA) as resolver:
        target = a_target("x.example", resolver=resolver)
        assert lookup(a_door(), target, "X.example.", "CAA") == ('0 issue "ca.example"', '0 issue "other.example"')
        assert lookup(a_door(), target, "x.example", "TXT") == ()


def test_name_that_does_not_exist_has_no_records() -> None:
    with nameserver(zone(code=dns.rcode.NXDOMAIN)) as resolver:
        assert lookup(a_door(), a_target("x.example", resolver=resolver), "x.example", "CAA") == ()


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (zone(code=dns.rcode.SERVFAIL), "SERVFAIL"),
        (lambda _: None, "time-out"),
        (lambda _: time.sleep(1), "time-out"),
        (zone(("x.example.", "CNAME", "x.example.")), ""),
    ],
    ids=["servfail", "silence", "slow", "cname-loop"],
)
def test_z33_failure_is_no_absence(answer: Answer, word: str) -> None:
    """A CAA set that could not be read is not an absent one."""
    with nameserver(answer) as resolver:
        target = a_target("x.example", resolver=resolver)
        error = contained(lambda: lookup(a_door(), target, "x.example", "CAA"), Reason.DNS)
    assert word in error.detail


@pytest.mark.parametrize(
    ("target", "name", "allowed"),
    [
        (a_target("a.b.example"), "a.b.example", True),
        (a_target("a.b.example"), "b.example", True),
        (a_target("*.b.example"), "b.example", True),
        (a_target("a.b.example"), "c.b.example", False),
        (a_target("a.b.example"), "ab.example", False),
        (a_target("a.b.example"), ".example", False),
        (a_target("a.b.example", kinds=("tls",)), "b.example", False),
        (a_target(), "b.example", False),
        (a_target(services=(a_service("portal.xa.test:443"),)), "portal.xa.test", True),
        (a_target(services=(a_service("portal.xa.test:443"),)), "xa.test", True),
        (a_target(services=(a_service("portal.xa.test:443"),)), "other.test", False),
        (a_target(services=(a_service("portal.example:443"),)), "portal.example", False),
    ],
)
def test_questions_need_authority(target: Target, name: str, allowed: bool) -> None:
    asked: list[object] = []

    def counting(query: object) -> None:
        asked.append(query)

    with nameserver(counting) as resolver:
        target = replace(target, resolver=resolver)
        reason = Reason.DNS if allowed else Reason.OUT_OF_SCOPE
        contained(lambda: lookup(a_door(limits=replace(SHORT, dns_seconds=0.05)), target, name, "CAA"), reason)
    assert bool(asked) == allowed


def test_declared_test_name_is_not_asked_of_the_systems_servers() -> None:
    target = a_target(services=(a_service("portal.xa.test:443"),))
    contained(lambda: lookup(a_door(), target, "portal.xa.test", "CAA"), Reason.OUT_OF_SCOPE)
