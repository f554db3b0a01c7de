"""What is read in clear: every kind of answer, every way to be none, and nothing but our own error for any bytes."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from conformance.core.model import Reason
from conformance.core.selector import Failure
from conformance.tls.answers import MOST_DIGESTS, answer, unoffered
from conformance.tls.client_hello import parse_client_hello, read_opening
from conformance.tls.evidence import Answer
from conformance.tls.flight_hello import parse_server_hello
from conformance.tls.hello import template
from conformance.tls.hsts import HstsError, parse_hsts
from conformance.tls.parse import MOST_CERTIFICATES, MOST_EXTENSIONS, ParseError, Reply, parse_reply, read_reply
from conformance.tls.probes import PROBES
from tests.tls.answers import (
    DONE,
    FLIGHT12,
    FLIGHT_DHE,
    SEEDS,
    STAPLED,
    alert,
    certificates,
    dhe,
    ecdhe,
    extension,
    hello13,
    message,
    record,
    server_hello,
    sized,
    ssl2,
)

TEMPLATES = {name: template(hello) for name, hello in PROBES.items()}
FUZZ = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(raw: bytes, *, eof: bool = False) -> Reply:
    found = parse_reply(raw, eof=eof)
    assert found is not None
    return found


# Answers


def test_flight_of_12_is_read_whole() -> None:
    reply = read(record(22, FLIGHT12))
    assert (reply.version, reply.suite, reply.group, reply.scheme) == (0x0303, 0xC02F, 29, 0x0804)
    assert (reply.chain, reply.share, list(reply.extensions)) == ((b"leaf", b"issuer"), bytes(range(32)), [23, 0xFF01])
    assert (reply.retry, reply.refused, reply.staple, reply.certificate_request) == (False, False, None, False)


def test_prime_of_a_dhe_exchange_is_measured() -> None:
    assert read(record(22, FLIGHT_DHE)).dh_bits == 1024


def test_staple_and_request_are_seen() -> None:
    reply = read(record(22, STAPLED))
    assert (reply.staple, reply.certificate_request, reply.group) == (b"response", True, -1)


def test_hello_of_13_ends_the_clear_part() -> None:
    reply = read(record(22, hello13()) + b"\x17\3\3\xff")
    assert (reply.version, reply.suite, reply.group, reply.share, reply.retry) == (0x0304, 0x1301, 29, bytes(32), False)


def test_retry_request_names_the_group() -> None:
    reply = read(record(22, hello13(4588, share=None)))
    assert (reply.retry, reply.group, reply.share) == (True, 4588, b"")


def test_alert_of_level_fatal_refuses_at_once() -> None:
    reply = read(alert(2, 70))
    assert (reply.refused, reply.alert) == (True, 70)


def test_warning_is_passed_over_unless_it_is_the_last_word() -> None:
    assert parse_reply(alert(1, 112)) is None
    assert read(alert(1, 112), eof=True).refused
    assert read(alert(1, 112) + record(22, FLIGHT12)).suite == 0xC02F


def test_alert_after_a_hello_refuses() -> None:
    reply = read(record(22, server_hello()) + alert(2, 40))
    assert (reply.refused, reply.version) == (True, 0x0303)


def test_ssl2_hello_is_read() -> None:
    reply = read(ssl2())
    assert (reply.version, reply.kinds, reply.chain) == (2, (0x010080, 0x0700C0), (b"cert",))
    assert read(b"\x80\x03\0\0\1").refused


@pytest.mark.parametrize("raw", SEEDS)
def test_no_answer_before_the_last_byte(raw: bytes) -> None:
    """And it is the same however it is cut into records."""
    whole = read(raw)
    ends = [at for at in range(len(raw)) if parse_reply(raw[:at]) is not None]
    assert ends == []
    assert replace(whole, received=b"") == replace(read(raw), received=b"")


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 11, 100, 1000])
@pytest.mark.parametrize("flight", [FLIGHT12, FLIGHT_DHE, STAPLED, hello13()])
def test_records_do_not_matter(flight: bytes, size: int) -> None:
    cut = b"".join(record(22, flight[at : at + size]) for at in range(0, len(flight), size))
    assert replace(read(cut), received=b"") == replace(read(record(22, flight)), received=b"")


# What is none


def long_chain(count: int) -> bytes:
    raw = server_hello() + certificates(*[b"x"] * count) + ecdhe() + DONE
    return b"".join(record(22, raw[at : at + 16000]) for at in range(0, len(raw), 16000))


def many_extensions(count: int) -> bytes:
    return record(
        22,
        server_hello(0xC02F, *(extension(100 + code) for code in range(count))) + certificates(b"x") + ecdhe() + DONE,
    )


WRONG: dict[str, tuple[bytes, Reason, str]] = {
    "http": (b"HTTP/1.1 400 Bad Request\r\n", Reason.NOT_TLS, "HTTP/1.1 400"),
    "escape": (b"\x1b[2J\x07", Reason.NOT_TLS, "\\x1b[2J"),
    "one byte": (b"S", Reason.NOT_TLS, "S"),
    "version 4": (b"\x16\4\0\0\1x", Reason.NOT_TLS, ""),
    "empty record": (b"\x16\3\3\0\0", Reason.TLS_RECORD, "no bytes"),
    "long record": (b"\x16\3\3\x48\1", Reason.TLS_RECORD, "18433 bytes"),
    "data": (record(23, b"x"), Reason.TLS_RECORD, "type 23"),
    "after a record": (record(22, server_hello()) + b"HTTP/", Reason.TLS_RECORD, "after a record: HTTP/"),
    "client hello": (record(22, message(1, bytes(40))), Reason.TLS_RECORD, "type 1"),
    "certificate first": (record(22, certificates(b"x")), Reason.TLS_RECORD, "type 11"),
    "short hello": (record(22, message(2, bytes(37))), Reason.TLS_RECORD, "cut short"),
    "session id": (record(22, message(2, b"\3\3" + bytes(32) + b"\x21" + bytes(40))), Reason.TLS_RECORD, "cut short"),
    "version 0": (record(22, server_hello(version=0)), Reason.TLS_RECORD, "version 0"),
    "two hellos": (record(22, server_hello() * 2), Reason.TLS_RECORD, "two ServerHellos"),
    "endless hello": (record(22, b"\x02\xff\xff\xff"), Reason.TLS_RECORD, "more than a record"),
    "extensions": (record(22, server_hello(1, b"\0\1\0\5x")), Reason.TLS_RECORD, "cut short"),
    "extension twice": (record(22, server_hello(1, extension(1), extension(1))), Reason.TLS_RECORD, "twice"),
    "extension length": (record(22, message(2, server_hello()[4:] + b"\0\7x")), Reason.TLS_RECORD, "does not hold"),
    "many extensions": (many_extensions(MOST_EXTENSIONS + 1), Reason.TLS_RECORD, "more than 64"),
    "versions": (record(22, server_hello(1, extension(43, b"\3"))), Reason.TLS_RECORD, "two bytes"),
    "share": (
        record(22, server_hello(1, extension(43, b"\3\4"), extension(51, b"\0\x1d\0\5x"))),
        Reason.TLS_RECORD,
        "share",
    ),
    "chain length": (record(22, server_hello() + message(11, b"\0\0\7x")), Reason.TLS_RECORD, "does not hold"),
    "cut certificate": (record(22, server_hello() + message(11, sized(b"\0\0\7x", 3))), Reason.TLS_RECORD, "cut short"),
    "empty certificate": (record(22, server_hello() + certificates(b"")), Reason.TLS_RECORD, "no bytes"),
    "many certificates": (long_chain(MOST_CERTIFICATES + 1), Reason.TLS_RECORD, "more than 1000"),
    "staple": (record(22, server_hello() + message(22, b"\2\0\0\1x")), Reason.TLS_RECORD, "CertificateStatus"),
    "no curve": (record(22, server_hello() + message(12, b"\4\0\1")), Reason.TLS_RECORD, "named curve"),
    "cut exchange": (record(22, server_hello() + message(12, b"\3\0\x1d\xff\0")), Reason.TLS_RECORD, "cut short"),
    "unsigned exchange": (record(22, server_hello() + message(12, b"\3\0\x1d\1\0")), Reason.TLS_RECORD, "signature"),
    "long alert": (b"\x15\3\3\0\3\2\x28\0", Reason.TLS_RECORD, "two bytes"),
    "endless alerts": (alert(1, 90) * 5, Reason.TLS_RECORD, "alerts without end"),
    "endless records": (record(22, b"\x0b") * 600, Reason.TLS_RECORD, ""),
    "ssl2 client": (b"\x80\x2e\1\0\2", Reason.NOT_TLS, ""),
    "ssl2 lengths": (ssl2()[:7] + b"\xff\xff" + ssl2()[9:], Reason.TLS_RECORD, "lengths"),
    "ssl2 kinds": (ssl2(kinds=b"\1\0"), Reason.TLS_RECORD, "lengths"),
    "ssl2 short": (b"\x80\5\4\0\1\0\2", Reason.TLS_RECORD, "cannot be read"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_answer_is_named(name: str) -> None:
    raw, reason, words = WRONG[name]
    with pytest.raises(ParseError) as caught:
        parse_reply(raw)
    assert (caught.value.reason, words in caught.value.detail) == (reason, True), caught.value.detail
    assert caught.value.detail.isprintable()
    assert len(caught.value.detail) <= 120
    failure = read_reply(raw, False)
    assert isinstance(failure, Failure)
    assert len(failure.received) <= 160


def test_limits_are_reached_and_not_less() -> None:
    assert len(read(many_extensions(MOST_EXTENSIONS)).extensions) == MOST_EXTENSIONS
    reply = read(long_chain(MOST_CERTIFICATES))
    assert len(reply.chain) == MOST_CERTIFICATES
    assert len(answer(reply, TEMPLATES["control"], controlled=True).chain) == MOST_DIGESTS


# Any bytes


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    """A real answer with a few bytes changed, cut out, put in or repeated."""
    raw = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, max(len(raw) - 1, 0)))
        match draw(st.integers(0, 4)):
            case 0:
                raw[at : at + 1] = bytes((draw(st.integers(0, 255)),))
            case 1:
                del raw[at : at + draw(st.integers(1, 40))]
            case 2:
                raw[at:at] = draw(st.binary(max_size=8))
            case 3:
                raw[at:at] = raw[at : at + 40]
            case _:
                raw[at : at + 2] = draw(st.sampled_from((b"\0\0", b"\xff\xff", b"\x80\0", b"\0\1")))
    return bytes(raw)


ANY = st.one_of(
    st.binary(max_size=300),
    mutants(),
    st.builds(record, st.integers(0, 255), st.binary(max_size=200)),
    st.builds(
        lambda kind, body: record(22, server_hello() + message(kind, body)), st.integers(0, 255), st.binary(max_size=90)
    ),
    st.builds(lambda body: record(22, message(2, body)), st.binary(min_size=36, max_size=120)),
    st.builds(lambda body: (0x8000 | len(body)).to_bytes(2, "big") + body, st.binary(max_size=90)),
)


@FUZZ
@given(raw=ANY, eof=st.booleans(), probe=st.sampled_from(sorted(TEMPLATES)))
@example(raw=record(22, server_hello(0xC02F, extension(16, b"\0"))) + alert(2, 0), eof=True, probe="TLSv1.2")
@example(raw=record(22, server_hello(0, extension(16)) + DONE), eof=False, probe="SSLv2")
def test_any_bytes_are_an_answer_or_our_own_error(raw: bytes, eof: bool, probe: str) -> None:
    found = read_reply(raw, eof)
    if isinstance(found, Failure):
        assert found.reason in (Reason.NOT_TLS, Reason.TLS_RECORD)
        assert found.detail.isprintable()
    elif found is not None:
        judged = answer(found, TEMPLATES[probe], controlled=True)
        assert judged.kind in ("accepted", "refused", "closed")
        assert len(repr(judged)) < 20_000


@FUZZ
@given(raw=mutants())
def test_more_bytes_never_take_an_answer_back(raw: bytes) -> None:
    """Read byte by byte as the loop does: the first answer or error is the last, and nothing raises."""
    outcome: Any = None
    for end in range(len(raw) + 1):
        outcome = read_reply(raw[:end], False)
        if outcome is not None:
            break
    if isinstance(outcome, Failure):
        return
    assert outcome is None or isinstance(outcome, Reply)


@FUZZ
@given(
    reason=st.sampled_from(sorted(Reason)),
    detail=st.text(max_size=300),
    received=st.binary(max_size=300),
    controlled=st.booleans(),
)
def test_any_failure_is_an_answer_that_accepts_and_refuses_nothing_of_itself(
    reason: Reason, detail: str, received: bytes, controlled: bool
) -> None:
    found = answer(Failure(reason, detail, received), TEMPLATES["control"], controlled=controlled)
    assert found.kind in ("broken", "silent", "closed")
    assert len(found.received) <= 320
    if reason is Reason.TIMEOUT and received:
        assert (found.kind, found.controlled) == ("broken", False)


@FUZZ
@given(raw=ANY)
def test_any_hello_is_read_by_the_other_readers_too(raw: bytes) -> None:
    read_opening(raw)
    parse_client_hello(raw)
    with contextlib.suppress(ValueError):
        parse_server_hello(raw)


@FUZZ
@given(text=st.text(max_size=200) | st.text(alphabet='max-age=;" \\includeSubDomains0123456789', max_size=80))
@example(text="max-age=" + "9" * 5000)
@example(text='max-age="\\')
def test_any_policy_is_read_or_our_own_error(text: str) -> None:
    with contextlib.suppress(HstsError):
        assert parse_hsts(text).max_age_seconds >= 0


# Names for code points


@pytest.mark.parametrize(
    ("raw", "probe", "expected"),
    [
        (record(22, hello13()), "TLSv1.2", {"version TLSv1.3", "suite TLS_AES_128_GCM_SHA256"}),
        (
            record(22, server_hello(0x0005) + certificates(b"x") + DONE),
            "aes128gcm12",
            {"suite TLS_RSA_WITH_RC4_128_SHA"},
        ),
        (
            record(22, server_hello(compression=1) + certificates(b"x") + ecdhe() + DONE),
            "control",
            {"compression DEFLATE"},
        ),
        (record(22, server_hello() + certificates(b"x") + ecdhe(19) + DONE), "TLSv1.2", {"group secp192r1"}),
        (
            record(22, server_hello() + certificates(b"x") + ecdhe(scheme=0x0101) + DONE),
            "TLSv1.2",
            {"signature scheme"},
        ),
        (
            record(22, server_hello(0xC02F, extension(0xFE00)) + certificates(b"x") + ecdhe() + DONE),
            "TLSv1.2",
            {"extension"},
        ),
        (record(22, hello13(23, extension(44, b"\0\1x"), share=None)), "TLSv1.3", set()),
        (record(22, FLIGHT12), "TLSv1.2", set()),
        (ssl2(kinds=b"\x99\x99\x99"), "SSLv2", {"cipher kind"}),
    ],
)
def test_what_was_not_offered_is_named(raw: bytes, probe: str, expected: set[str]) -> None:
    found = unoffered(read(raw), TEMPLATES[probe])
    for words in expected:
        assert any(words in each for each in found), found
    if not expected:
        assert found == ()


def test_dhe_answer_has_its_size() -> None:
    raw = record(22, server_hello(0x009E) + certificates(b"x") + dhe(2048) + DONE)
    assert answer(read(raw), TEMPLATES["TLSv1.2"], controlled=True).dh_bits == 2048


def test_close_notify_is_no_refusal_by_alert() -> None:
    found = answer(read(alert(1, 0)), TEMPLATES["TLSv1.2"], controlled=True)
    assert found == Answer(
        "closed", reason="closed", detail="close_notify", controlled=True, received=f"0x{alert(1, 0).hex()}"
    )
