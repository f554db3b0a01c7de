"""The judges of the HTTP binding, and the reader of Strict-Transport-Security."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from conformance.core.model import NotApplicable, Reason, Rule, Service, Undecided, Violation
from conformance.tls import test_http_binding as judges
from conformance.tls.evidence import Http, HttpAnswer, SecurityTxt
from conformance.tls.hsts import LONGEST_SECONDS, Hsts, HstsError, parse_hsts

GOOD = "max-age=63072000; includeSubDomains"
SERVICE = Service("s", "tls-endpoint", "portal.xa.test:443", "portal.xa.test", (), {"plain_http": "portal.xa.test:80"})
ABSENT = "no such field"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
RULES: dict[str, tuple[Callable[..., Iterator[Violation]], dict[str, Any]]] = {
    "TLS-HTT-01": (judges.test_hsts_is_sent_for_long_enough, {"min_seconds": 31_536_000}),
    "TLS-HTT-02": (judges.test_hsts_occurs_once_and_is_valid, {}),
    "TLS-HTT-02-S": (judges.test_hsts_includes_subdomains, {}),
    "TLS-HTT-03": (judges.test_hsts_is_not_sent_over_plain_http, {}),
    "TLS-HTT-05": (judges.test_cookies_are_for_https_alone, {}),
    "TLS-HTT-06": (judges.test_security_txt_is_current, {}),
    "TLS-HTT-04": (judges.test_plain_http_redirects_or_is_closed, {"statuses": [301, 308]}),
}


def answer(status: int, *fields: tuple[str, str], url: str = "https://portal.xa.test/") -> HttpAnswer:
    return HttpAnswer(status, fields, url)


def secure(*values: str, status: int = 200) -> Http:
    return replace(CONFORMING, secure=answer(status, *(("strict-transport-security", value) for value in values)))


def plain(status: int, *locations: str, **fields: str) -> Http:
    made = [("location", each) for each in locations] + [(name.replace("_", "-"), v) for name, v in fields.items()]
    return replace(CONFORMING, plain=answer(status, *made, url="http://portal.xa.test/"))


CONFORMING = Http(
    secure=answer(200, ("strict-transport-security", GOOD), ("set-cookie", "a=1; Path=/;SECURE ; HttpOnly")),
    plain=answer(301, ("location", "https://portal.xa.test/"), url="http://portal.xa.test/"),
    plain_declared=True,
    security_txt=SecurityTxt(200, ("2026-11-24T12:00:01z",), 80),
)
CLOSED = replace(CONFORMING, plain=None, plain_closed=True)


def judge(requirement: str, http: Http, service: Service = SERVICE, now: datetime = NOW) -> list[Violation]:
    function, params = RULES[requirement]
    arguments: dict[str, Any] = {"http": http, "service": service}
    if requirement == "TLS-HTT-06":
        arguments["observed_at"] = now
    if params:
        arguments["rule"] = Rule(requirement, params)
    return list(function(**arguments))


@pytest.mark.parametrize("requirement", RULES)
def test_conforming_endpoint_breaks_nothing(requirement: str) -> None:
    assert judge(requirement, CONFORMING) == []


@pytest.mark.parametrize("requirement", RULES)
def test_empty_evidence_decides_nothing(requirement: str) -> None:
    with pytest.raises(Undecided):
        judge(requirement, Http())
    with pytest.raises(Undecided) as caught:
        judge(requirement, Http(None, None, True, False, "timeout: x", "timeout: x", None, "timeout: x"))
    assert caught.value.reason is Reason.TIMEOUT


@pytest.mark.parametrize("requirement", RULES)
def test_endpoint_without_http_is_not_judged(requirement: str) -> None:
    with pytest.raises(NotApplicable):
        judge(requirement, CONFORMING, dataclasses.replace(SERVICE, settings={"http": False}))


@pytest.mark.parametrize(
    ("requirement", "http", "words"),
    [
        ("TLS-HTT-01", secure(), "sends no Strict-Transport-Security"),
        ("TLS-HTT-01", secure("max-age=31535999"), "too short"),
        ("TLS-HTT-01", secure("max-age=300", GOOD), "too short"),
        ("TLS-HTT-01", secure("includeSubDomains"), "would heed"),
        ("TLS-HTT-02", secure(GOOD, GOOD), "more than once"),
        ("TLS-HTT-02", secure('max-age="x"'), "malformed"),
        ("TLS-HTT-02-S", secure("max-age=63072000"), "without includeSubDomains"),
        ("TLS-HTT-03", plain(301, "https://portal.xa.test/", strict_transport_security=GOOD), "over plain http"),
        (
            "TLS-HTT-05",
            replace(CONFORMING, secure=answer(200, ("set-cookie", "a=1; HttpOnly"))),
            "plain http may carry",
        ),
        ("TLS-HTT-05", replace(CONFORMING, secure=answer(302, ("set-cookie", "secure=1"))), "plain http may carry"),
        ("TLS-HTT-04", plain(200), "without a redirect"),
        ("TLS-HTT-04", plain(200, "https://portal.xa.test/"), "without a redirect"),
        ("TLS-HTT-04", plain(301), "without a redirect"),
        ("TLS-HTT-04", plain(403), "without a redirect"),
        ("TLS-HTT-04", plain(302, "https://portal.xa.test/"), "another status"),
        ("TLS-HTT-04", plain(301, "https://other.xa.test/"), "another host"),
        ("TLS-HTT-04", plain(301, "https://portal.xa.test.evil.test/"), "another host"),
        ("TLS-HTT-04", plain(301, "https://portal.xa.test@evil.test/"), "another host"),
        ("TLS-HTT-04", plain(301, "http://portal.xa.test/login"), "another scheme"),
        ("TLS-HTT-04", plain(301, "/login"), "another scheme"),
        ("TLS-HTT-04", plain(301, "//portal.xa.test/"), "another scheme"),
        ("TLS-HTT-04", plain(301, "https://[broken/"), "another scheme"),
    ],
)
def test_what_does_not_conform_is_one_violation(requirement: str, http: Http, words: str) -> None:
    (found,) = judge(requirement, http)
    assert words in found.message
    assert found.expected
    assert found.observed


def test_redirect_may_name_a_port_and_any_spelling_of_the_host() -> None:
    for location in ("https://PORTAL.xa.test:8443/x?y=z#w", "https://portal.xa.test./", "HTTPS://portal.xa.test"):
        assert judge("TLS-HTT-04", plain(308, location)) == []


def test_other_host_under_another_status_is_two_violations() -> None:
    assert len(judge("TLS-HTT-04", plain(302, "https://other.test/"))) == 2


def test_longer_and_quoted_policies_are_long_enough() -> None:
    for value in ("max-age=31536000", 'MAX-AGE="99999999999999999999"; preload', "max-age = 31536000 ;"):
        assert judge("TLS-HTT-01", secure(value)) == []


def test_without_a_policy_its_form_is_not_applicable() -> None:
    for requirement in ("TLS-HTT-02", "TLS-HTT-02-S"):
        with pytest.raises(NotApplicable):
            judge(requirement, secure())
    with pytest.raises(NotApplicable):
        judge("TLS-HTT-02-S", secure("nonsense"))


def test_without_a_cookie_its_attributes_are_not_applicable() -> None:
    with pytest.raises(NotApplicable):
        judge("TLS-HTT-05", secure(GOOD))


def test_the_value_of_a_cookie_is_not_told() -> None:
    (found,) = judge("TLS-HTT-05", replace(CONFORMING, secure=answer(200, ("set-cookie", "session=hunter2; Path=/"))))
    assert found.observed == "the cookie session"


def test_server_error_without_a_policy_decides_nothing() -> None:
    with pytest.raises(Undecided):
        judge("TLS-HTT-01", secure(status=502))
    with pytest.raises(Undecided):
        judge("TLS-HTT-04", plain(503))
    assert judge("TLS-HTT-01", secure(GOOD, status=502)) == []


def test_redacted_policy_decides_nothing() -> None:
    with pytest.raises(Undecided):
        judge("TLS-HTT-01", secure("max-age=[redacted:national-number:12]"))


def test_closed_plain_port_conforms_where_https_answers() -> None:
    assert judge("TLS-HTT-04", CLOSED) == []
    with pytest.raises(NotApplicable):
        judge("TLS-HTT-03", CLOSED)
    with pytest.raises(Undecided) as caught:
        judge("TLS-HTT-04", replace(CLOSED, secure=None, secure_trouble="refused: 127.0.0.1 port 1"))
    assert caught.value.reason is Reason.CONTROL_FAILED


def test_undeclared_plain_port_is_not_applicable() -> None:
    for requirement in ("TLS-HTT-03", "TLS-HTT-04"):
        with pytest.raises(NotApplicable):
            judge(
                requirement,
                replace(CONFORMING, plain=None, plain_declared=False),
                dataclasses.replace(SERVICE, settings={}),
            )


def test_two_locations_decide_nothing() -> None:
    with pytest.raises(Undecided):
        judge("TLS-HTT-04", plain(301, "https://portal.xa.test/", "https://evil.test/"))


@pytest.mark.parametrize(
    ("value", "policy"),
    [
        ("max-age=0", Hsts(0, include_subdomains=False)),
        (GOOD, Hsts(63_072_000, include_subdomains=True)),
        (' ; ;max-age\t=\t"1\\2" ;; INCLUDEsubdomains;', Hsts(12, include_subdomains=True)),
        ('max-age=1; x="a;b\\"c"; y=z; preload', Hsts(1, include_subdomains=False)),
        ("max-age=" + "9" * 5000, Hsts(LONGEST_SECONDS, include_subdomains=False)),
        ("max-age=" + "0" * 5000 + "7", Hsts(7, include_subdomains=False)),
    ],
)
def test_policy_is_read(value: str, policy: Hsts) -> None:
    assert parse_hsts(value) == policy


@pytest.mark.parametrize(
    "value",
    [
        "",
        ";",
        "max-age",
        "max-age=",
        'max-age=""',
        "max-age=-1",
        "max-age=1.5",
        "max-age=1 2",
        "max-age=1, max-age=2",
        "max-age=1; max-age=1",
        "max-age=1; includeSubDomains; includesubdomains",
        "max-age=1; includeSubDomains=1",
        'max-age="1',
        'max-age="1\\',
        "max-age=1; =x",
        "max-age=1; a=b=c",
        "max-age=1; \x00",
        "max-age=\u0661",
        "max-age=0x10",
        "includeSubDomains",
    ],
)
def test_what_the_grammar_does_not_give_is_refused(value: str) -> None:
    with pytest.raises(HstsError):
        parse_hsts(value)


TOKENS = st.text("abcXYZ019-_!#", min_size=1, max_size=8).filter(
    lambda name: name.lower() not in ("max-age", "includesubdomains")
)
VALUES = st.one_of(TOKENS, st.text("abc;= ,", max_size=6).map(lambda text: f'"{text}"'))
SPACES = st.text(" \t", max_size=2)


@given(
    st.integers(0, 10**12),
    st.booleans(),
    st.dictionaries(TOKENS.map(str.lower), VALUES | st.none(), max_size=4),
    SPACES,
    st.randoms(),
)
def test_any_way_of_writing_a_policy_reads_the_same(
    seconds: int, below: bool, others: dict[str, str | None], space: str, random: Any
) -> None:
    written = [f'max-age{space}={space}"{seconds}"' if space else f"max-age={seconds}"]
    written += ["includeSubDomains"] if below else []
    written += [name if value is None else f"{name}={value}" for name, value in others.items()]
    random.shuffle(written)
    assert parse_hsts(f"{space};{space}".join(written)) == Hsts(seconds, below)


@given(st.text() | st.text('max-agei=";, \\0123456789cludSbDomn\t'))
def test_no_value_raises_anything_else(value: str) -> None:
    try:
        policy = parse_hsts(value)
    except HstsError:
        return
    assert 0 <= policy.max_age_seconds <= LONGEST_SECONDS


@pytest.mark.parametrize(
    "bait", ["a" * 65_000 + "!", 'a="' * 20_000, ";" * 65_000, " " * 65_000 + "x x", "a=\\" * 20_000]
)
def test_bait_of_64_kilobytes_costs_no_time(bait: str) -> None:
    """A reader that goes back would take minutes; ten milliseconds are the aim, the rest is for a busy machine."""
    begun = time.process_time()
    with pytest.raises(HstsError):
        parse_hsts(bait)
    assert time.process_time() - begun < 0.1


@pytest.mark.parametrize(
    ("seen", "message"),
    [
        (SecurityTxt(404), "has no security.txt"),
        (SecurityTxt(403), "has no security.txt"),
        (SecurityTxt(200, (), 12), "has 0 Expires"),
        (SecurityTxt(200, ("2027-01-01T00:00:00Z",) * 2, 99), "has 2 Expires"),
        (SecurityTxt(200, ("2026-11-24T12:00:00Z",), 80), "expired"),
        (SecurityTxt(200, ("2026-11-24T13:00:00+02:00",), 80), "expired"),
        *((SecurityTxt(200, (text,), 80), "no time") for text in ("", "soon", "2027-01-01", "2027-01-01T00:00:00")),
    ],
)
def test_security_txt_that_is_missing_or_not_current(seen: SecurityTxt, message: str) -> None:
    (found,) = judge("TLS-HTT-06", replace(CONFORMING, security_txt=seen))
    assert message in found.message


@pytest.mark.parametrize("status", [301, 302, 308, 500, 503])
def test_security_txt_elsewhere_or_behind_a_broken_server_is_not_judged(status: int) -> None:
    with pytest.raises(Undecided, match=str(status)):
        judge("TLS-HTT-06", replace(CONFORMING, security_txt=SecurityTxt(status)))


@pytest.mark.parametrize("date", ["Tue, 24 Nov 2026 12:20:00 GMT", "Tue, 24 Nov 2026 11:54:00 GMT"])
def test_security_txt_whose_time_depends_on_the_clock_is_undecided(date: str) -> None:
    expires = "2026-11-24T12:10:00Z" if "12:20" in date else "2026-11-24T11:57:00Z"
    seen = replace(CONFORMING, secure=answer(200, ("date", date)), security_txt=SecurityTxt(200, (expires,), 80))
    with pytest.raises(Undecided, match="clock"):
        judge("TLS-HTT-06", seen)
