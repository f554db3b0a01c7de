"""CAA: the climb, the reader, the judge, and the sandbox's name server."""

from __future__ import annotations

import dataclasses
import socket
from typing import Any

import dns.message
import dns.query
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from conformance.core.model import NotApplicable, Reason, Rule, Service, Undecided, Violation
from conformance.tls.caa import issuer_domain, organisations, permission
from conformance.tls.evidence import Caa, CaaRecord, Certificate
from conformance.tls.observe_dns import observe_caa
from conformance.tls.pki import named
from conformance.tls.sandbox_dns import FAULTS, GOOD, ISSUER, serve_dns
from conformance.tls.test_dns_records import test_caa_records_permit_the_issuer as permits_the_issuer
from tests.tls.chains import CHAIN, LEAF, NAME, observed
from tests.zoo.servers import a_door, a_target

ISSUERS = {ISSUER: ["Conformance sandbox"], "other.test": ["Other CA"], "second.test": ["sandbox"]}
OURS = "CN=Sandbox intermediate,O=Conformance sandbox,C=XA"
SERVED = observed({"issuer": OURS})
SERVICE = Service("s", "tls-endpoint", "127.0.0.1:1", NAME)


def issue(*values: str, tag: str = "issue", flags: int = 0) -> tuple[CaaRecord, ...]:
    return tuple(CaaRecord(flags, tag, value) for value in values)


def judge(
    *records: CaaRecord, name: str = "xa.test", certificate: Certificate = SERVED, server_name: str = NAME
) -> list[Violation]:
    service = dataclasses.replace(SERVICE, server_name=server_name)
    rule = Rule("TLS-CRT-19", {"issuers": ISSUERS})
    return list(permits_the_issuer(Caa(NAME, name if records else "", records), certificate, service, rule))


@pytest.mark.parametrize(
    "records",
    [
        GOOD,
        issue("CA.xa.test; accounturi=x"),
        issue("other.test", ISSUER),
        issue("second.test"),
        issue("mailto:x@y.test", tag="iodef"),
        issue(";", tag="issuewild"),
        issue(ISSUER, tag="ISSUE", flags=128),
        issue("x.test", tag="issuemail", flags=128),
    ],
    ids=["issuer", "parameters", "one-of-two", "second-name", "no-issue", "wildcards-only", "critical", "mail"],
)
def test_records_that_permit_the_issuer_break_nothing(records: tuple[CaaRecord, ...]) -> None:
    assert judge(*records) == []


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ((), "has no CAA record"),
        (issue("other.test"), "do not permit"),
        (issue(";"), "do not permit"),
        (issue("not a domain"), "do not permit"),
        (issue(""), "do not permit"),
    ],
    ids=["none", "other", "nobody", "malformed", "empty"],
)
def test_records_that_do_not_permit_it_are_one_violation(records: tuple[CaaRecord, ...], words: str) -> None:
    (found,) = judge(*records)
    assert words in found.message
    assert found.observed


def test_empty_evidence_decides_nothing() -> None:
    rule = Rule("TLS-CRT-19", {"issuers": ISSUERS})
    for caa, certificate in (
        (Caa("", "", ()), SERVED),
        (Caa(NAME, "xa.test", ()), SERVED),
        (Caa(NAME, "xa.test", GOOD), Certificate(NAME, ())),
        (Caa(NAME, "xa.test", GOOD), Certificate(NAME, (replace(CHAIN, unreadable=("0: bad",)),))),
    ):
        with pytest.raises(Undecided):
            list(permits_the_issuer(caa, certificate, SERVICE, rule))


def test_issuer_that_the_table_does_not_know_is_undecided_unless_nobody_is_permitted() -> None:
    unknown = observed({"issuer": "CN=Sandbox intermediate,O=Conformance"})
    with pytest.raises(Undecided):
        judge(*GOOD, certificate=unknown)
    (found,) = judge(*issue(";"), certificate=unknown)
    assert found.expected == "issued by nobody"


def test_common_name_is_no_organisation() -> None:
    with pytest.raises(Undecided):
        judge(*GOOD, certificate=observed({"issuer": "CN=Conformance sandbox,O=Somebody"}))


def test_unknown_critical_property_is_undecided() -> None:
    with pytest.raises(Undecided):
        judge(*GOOD, *issue("x", tag="tomorrow", flags=128))
    assert judge(*GOOD, *issue("x", tag="tomorrow")) == []


@pytest.mark.parametrize("name", ["127.0.0.1", "[::1]", "::1", "localhost", "x.localhost", "intranet", ""])
def test_name_without_dns_is_not_judged(name: str) -> None:
    with pytest.raises(NotApplicable):
        judge(server_name=name)


def test_wildcard_certificate_is_governed_by_issuewild_above_its_name() -> None:
    wildcard = observed({"issuer": OURS, "dns_names": ("*.xa.test",)})
    records = (*GOOD, *issue("other.test", tag="issuewild"))
    assert len(judge(*records, certificate=wildcard)) == 1
    assert judge(*records) == []
    assert judge(*records, name=NAME, certificate=wildcard) == []
    assert judge(*GOOD, certificate=wildcard) == []


def test_every_served_certificate_is_judged() -> None:
    other = replace(CHAIN, certificates=(replace(LEAF, issuer="CN=x,O=Other CA"),))
    (found,) = judge(*GOOD, certificate=Certificate(NAME, (*SERVED.chains, other)))
    assert "Other CA" in found.observed


@pytest.mark.parametrize(
    ("value", "domain"),
    [
        ("ca.example", "ca.example"),
        (" CA.Example ; a=b ;c-d = e=f", "ca.example"),
        (";", ""),
        ("", ""),
        (" ; ", ""),
        ("ca.example;", "ca.example"),
        ("; policy=x", ""),
        ("%%%", None),
        ("ca.example a=b", None),
        ("ca..example", None),
        ("-ca.example", None),
        ("ca.example; a", None),
        ("ca.example; a=b;", None),
        ("ca.example; =b", None),
        ("ca.example; a=b c", None),
        ("c\u00e4.example", None),
        ("ca.example.", None),
    ],
)
def test_issue_value_is_read(value: str, domain: str | None) -> None:
    assert issuer_domain(value) == domain


LABELS = st.lists(st.from_regex(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,5}[a-zA-Z0-9])?", fullmatch=True), min_size=1, max_size=4)
PARAMETERS = st.tuples(st.from_regex(r"[a-z0-9]{1,5}", fullmatch=True), st.text("abc=/:~!", max_size=6))


@given(LABELS, st.lists(PARAMETERS, max_size=3), st.text(" \t", max_size=2))
def test_any_way_of_writing_a_value_reads_the_same(
    labels: list[str], parameters: list[tuple[str, str]], space: str
) -> None:
    tail = f"{space};{space}".join(f"{tag}{space}={space}{value}" for tag, value in parameters)
    assert issuer_domain(f"{space}{'.'.join(labels)}{space};{space}{tail}{space}") == ".".join(labels).lower()


@given(st.text(), st.text() | st.sampled_from(["issue", "issuewild", "ISSUE"]), st.integers(0, 255), st.booleans())
def test_no_record_raises(value: str, tag: str, flags: int, wildcard: bool) -> None:
    found = permission((CaaRecord(flags, tag, value),), wildcard=wildcard)
    assert not found.issuers or found.restricted


@given(st.text())
def test_no_issuer_name_raises(text: str) -> None:
    organisations(text)


@given(st.text(min_size=1, max_size=30).filter(lambda text: text.isprintable()))
def test_organisation_is_read_from_any_name_as_the_library_writes_it(common_name: str) -> None:
    name = named(common_name)
    assert organisations(name.rfc4514_string()) == ("Conformance sandbox",)


def test_organisation_keeps_its_commas() -> None:
    assert organisations(r"CN=a\,O=b,O=Let\2C it\, be\\+OU=x,O=z") == ("Let, it, be\\", "z")


def look(resolver: str, server_name: str = NAME) -> Caa:
    service = dataclasses.replace(SERVICE, server_name=server_name)
    return observe_caa(a_door(), a_target(resolver=resolver, services=(service,)), service)


def test_climb_stops_at_the_first_record_set() -> None:
    with serve_dns({NAME: (), "xa.test": GOOD, "test": issue("other.test")}) as server:
        assert look(server.address) == Caa(NAME, "xa.test", GOOD)
        assert [name for name, _ in server.questions] == [NAME, "xa.test"]
    with serve_dns({NAME: issue("own.test"), "xa.test": GOOD}) as server:
        assert look(server.address).name == NAME


def test_climb_goes_on_where_a_name_does_not_exist_and_ends_at_the_top() -> None:
    with serve_dns({"test": GOOD}) as server:
        assert look(server.address) == Caa(NAME, "test", GOOD)
    with serve_dns({NAME: FAULTS["no-caa"]}) as server:
        assert look(server.address) == Caa(NAME, "", ())
        assert [name for name, _ in server.questions] == [NAME, "xa.test", "test"]


@pytest.mark.parametrize("name", ["127.0.0.1", "::1", "localhost", "x.localhost", "intranet", ""])
def test_nothing_is_asked_about_a_name_without_dns(name: str) -> None:
    with serve_dns({}) as server:
        assert look(server.address, name) == Caa("", "", ())
        assert server.questions == []


def test_long_record_set_comes_over_tcp() -> None:
    many = issue(*(f"ca{number}.a-rather-long-name-of-an-issuer.example" for number in range(30)))
    with serve_dns({NAME: many}) as server:
        assert set(look(server.address).records) == set(many)
        assert len(server.questions) == 2


def test_more_records_than_are_read_decide_nothing() -> None:
    many = issue(*(f"ca{number}.example" for number in range(65)))
    with serve_dns({NAME: many}) as server, pytest.raises(Undecided) as caught:
        look(server.address)
    assert caught.value.reason is Reason.TOO_LARGE


def test_hostile_values_are_kept_as_ascii_and_bounded() -> None:
    hostile = CaaRecord(0, "issue", '\u202e\x1b[31m"\\<script>')
    with serve_dns({NAME: (hostile,)}) as server:
        (record,) = look(server.address).records
    assert record.value.isascii()
    assert "script" in record.value
    with serve_dns({NAME: issue("x" * 2000)}) as server, pytest.raises(Undecided) as caught:
        look(server.address)
    assert caught.value.reason is Reason.TOO_LARGE


def test_silent_name_server_decides_nothing() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        with pytest.raises(Undecided) as caught:
            look(f"127.0.0.1:{deaf.getsockname()[1]}")
    assert caught.value.reason is Reason.DNS


def test_name_outside_the_scope_is_not_asked_about() -> None:
    with serve_dns({}) as server:
        with pytest.raises(Undecided) as caught:
            look(server.address, "www.example.com")
        assert caught.value.reason is Reason.OUT_OF_SCOPE
        assert server.questions == []


def test_faults_of_the_sandbox_are_seen_and_its_good_zone_conforms() -> None:
    found: dict[str, list[Violation]] = {}
    for fault, records in {"": GOOD, **FAULTS}.items():
        with serve_dns({NAME: records}) as server:
            rule = Rule("TLS-CRT-19", {"issuers": ISSUERS})
            found[fault] = list(permits_the_issuer(look(server.address), SERVED, SERVICE, rule))
    assert {fault: len(violations) for fault, violations in found.items()} == {
        "": 0,
        "no-caa": 1,
        "caa-other-issuer": 1,
    }


def test_name_server_knows_addresses_and_what_does_not_exist() -> None:
    with serve_dns({}, {NAME: ("127.0.0.1", "::1")}) as server:
        host, port = server.address.split(":")

        def ask(name: str, kind: str) -> Any:
            return dns.query.udp(dns.message.make_query(name, kind), host, port=int(port), timeout=2)

        assert ask(NAME, "A").answer[0][0].address == "127.0.0.1"
        assert ask(NAME, "AAAA").answer[0][0].address == "::1"
        assert (ask("xa.test", "A").rcode().name, ask("other.test", "A").rcode().name) == ("NOERROR", "NXDOMAIN")
