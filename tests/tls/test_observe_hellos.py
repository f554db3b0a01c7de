"""The conversation of hellos: what is asked after which answer, and what the records then say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.core.model import Reason, Undecided
from conformance.core.profile import load_profile
from conformance.tls.asks import HANDSHAKES, asks, budget
from conformance.tls.codepoints import GROUPS, SUITES
from conformance.tls.hello import TLS10, TLS11, TLS12, TLS13
from conformance.tls.parse import Reply
from conformance.tls.suites import SETS, suite
from conformance.tls.talk import AGAIN, FIRST, HOPED, LAST, UNION
from tests.tls.conversations import (
    CLOSED,
    DRIPPED,
    RESET,
    TIMEOUT,
    Asked,
    Endpoint,
    alert,
    asked,
    changed,
    failure,
)

GOOD = Endpoint()
ONLY12 = Endpoint(versions=(TLS12,))
ONLY13 = Endpoint(versions=(TLS13,))
OLD = Endpoint(versions=(TLS11, TLS10), suites12=(0xC013, 0x002F), keys=("RSA",))
VERSIONS = ("versions:SSLv3", "versions:TLSv1.0", "versions:TLSv1.1", "versions:TLSv1.2", "versions:TLSv1.3")
ALL = tuple(
    sorted(
        frozenset().union(*(asks(each) for each in load_profile("asean").requirements.values() if each.area == "tls"))
    )
)
DENY = tuple(each for each in ALL if each.startswith("suites:deny:"))
NULL, CBC = 0xC006, 0xC009  # ECDHE_ECDSA with NULL_SHA, and with AES_128_CBC_SHA


def undecided(reason: Reason) -> Any:
    return pytest.raises(Undecided, match=f"^{reason}")


# Controls


def test_nothing_more_is_sent_where_the_first_control_is_not_answered() -> None:
    for got in (TIMEOUT, CLOSED, RESET, DRIPPED, failure(Reason.NOT_TLS, b"HTTP")):
        found = asked(lambda *_, got=got: got, *ALL)
        assert found.names == [FIRST]
        assert found.talk.connections == 1


def test_control_goes_first_and_last() -> None:
    found = asked(GOOD, *ALL)
    assert (found.names[0], found.names[-1]) == (FIRST, LAST)
    assert found.reading.controlled


@pytest.mark.parametrize("last", [alert(), TIMEOUT, CLOSED, DRIPPED])
def test_refusals_count_only_with_a_control_after_them(last: Any) -> None:
    reading = asked(changed(GOOD, **{LAST: last}), *VERSIONS).reading
    assert not reading.controlled
    answers = reading.versions().answers
    assert answers["TLSv1.3"].accepted
    with undecided(Reason.CONTROL_FAILED):
        _ = answers["TLSv1.1"].accepted


def test_refusals_by_who_refuses_everything_count_for_nothing() -> None:
    found = asked(lambda *_: alert(), *ALL)
    versions = found.reading.versions().answers
    denied = found.reading.suites().denied
    for answer in (*versions.values(), *(each.answer for each in denied.values())):
        with undecided(Reason.CONTROL_FAILED):
            _ = answer.accepted


def test_server_of_old_versions_alone_is_controlled_by_the_hello_that_it_took() -> None:
    """It refuses the broad hello; the one that is asked again at the end is one that it accepted."""

    def respond(name: str, hello: Any, before: int) -> Any:
        plain = name in ("TLSv1.1", "TLSv1.0") or (name == LAST and hello.legacy_version < TLS12)
        return OLD.answer(hello) if plain else alert(70)

    found = asked(respond, *VERSIONS)
    assert found.talk.control in ("TLSv1.0", "TLSv1.1")
    answers = found.reading.versions().answers
    assert [name for name, each in answers.items() if each.accepted] == ["TLSv1.0", "TLSv1.1"]


# Hanging up, silence


def test_hanging_up_counts_when_it_is_done_twice() -> None:
    found = asked(changed(GOOD, **{"TLSv1.1": CLOSED}), *VERSIONS)
    assert found.names.count("TLSv1.1") == 2
    answer = found.reading.versions().answers["TLSv1.1"]
    assert (answer.kind, answer.accepted) == ("closed", False)


@pytest.mark.parametrize("second", [alert(), Reply(TLS11, bytes(32), suite=0xC009, compression=0), TIMEOUT])
def test_two_answers_to_one_question_are_flaky(second: Any) -> None:
    found = asked(changed(GOOD, **{"TLSv1.1": [CLOSED, second]}), *VERSIONS)
    with undecided(Reason.FLAKY):
        _ = found.reading.versions().answers["TLSv1.1"].accepted
    assert found.reading.versions().answers["TLSv1.0"].accepted is False  # an alert stays an answer


def test_where_one_is_flaky_no_hanging_up_counts() -> None:
    """One of them confirmed by chance says no more than the other."""
    found = asked(changed(GOOD, **{"TLSv1.0": RESET, "TLSv1.1": [RESET, alert()]}), *VERSIONS)
    for name in ("TLSv1.0", "TLSv1.1"):
        with undecided(Reason.FLAKY):
            _ = found.reading.versions().answers[name].accepted


def test_positive_question_at_which_it_hung_up_once_is_no_failure_of_the_server() -> None:
    found = asked(changed(GOOD, **{"TLSv1.2": [RESET, alert()]}), *VERSIONS)
    with undecided(Reason.FLAKY):
        _ = found.reading.versions().answers["TLSv1.2"].accepted


def again(found: Asked) -> list[str]:
    """The questions that were asked twice, in the order in which they were."""
    return [name for place, name in enumerate(found.names) if name in found.names[:place]]


def test_what_is_there_to_be_accepted_is_asked_again_at_once_and_refusals_at_the_end() -> None:
    closing = dict.fromkeys(("SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.3", "aes128gcm12"), RESET)
    found = asked(changed(replace(GOOD, suites12=(0xC02C,)), **closing), *VERSIONS, "suites:offer:aes128gcm12")
    assert again(found) == ["TLSv1.3", "aes128gcm12", "SSLv3", "TLSv1.0", "TLSv1.1"]


@pytest.mark.parametrize("versions", [(TLS13, TLS12), (TLS12,), (TLS13,)])
def test_server_that_refuses_by_hanging_up_costs_forty_hellos_at_most(versions: tuple[int, ...]) -> None:
    found = asked(Endpoint(versions=versions, refusal=CLOSED), *ALL)
    assert len(again(found)) >= 2
    assert found.talk.connections == len(found.names) <= 40
    assert not found.reading.versions().answers["TLSv1.1"].accepted


def test_hanging_up_at_nearly_everything_leaves_the_rest_undecided() -> None:
    """Only so many questions are asked again; those beyond are no finding against the server."""
    found = asked(lambda name, hello, _: GOOD.answer(hello) if hello and name in (FIRST, LAST) else CLOSED, *ALL)
    hoped = [name for name in again(found) if name.startswith(HOPED)]
    assert len(hoped) <= AGAIN
    answers = {**found.reading.versions().answers, **found.reading.tolerance().answers}
    assert {name for name in ("TLSv1.2", "TLSv1.3", "grease", "large", "split", "retry") if name in answers}
    assert all(each.kind in ("closed", "broken", "accepted") for each in answers.values())


LEGACY = Endpoint(
    versions=(TLS13, TLS12, TLS11, TLS10),
    suites13=(0x1302, 0x1305),
    suites12=(0xC030, 0xC013, 0x002F, 0x000A, 0x0005),
    groups=(30, 23),
    keys=("RSA",),
    server_order=False,
)
LEGACY_TWO = replace(LEGACY, suites12=(0xC02C, 0xC030, 0x009E, 0xC0AE, 0xC05C), keys=("RSA", "ECDSA"))


@pytest.mark.parametrize(
    ("endpoint", "most"),
    [
        (GOOD, 30),
        (ONLY12, 22),
        (ONLY13, 30),
        (OLD, 30),
        (LEGACY, 40),
        (LEGACY_TWO, 40),
        (replace(LEGACY, pkcs1=True), 40),
    ],
)
def test_the_whole_area_costs_few_hellos(endpoint: Endpoint, most: int) -> None:
    found = asked(endpoint, *ALL)
    offenders = sum(name.rpartition("-")[2].isdigit() and name.startswith("deny:") for name in found.names)
    assert len(found.names) - offenders <= most


def test_the_budget_is_forty_hellos_and_fifteen_other_connections() -> None:
    assert budget(frozenset(ALL)) == 40 + sum(HANDSHAKES.get(ask, 0) for ask in ALL)
    assert sum(HANDSHAKES.get(ask, 0) for ask in ALL) <= 15


@pytest.mark.parametrize("probe", ["grease", "large", "split", "retry", "unknown-version"])
def test_silence_is_an_answer_to_what_must_be_coped_with_when_it_is_given_twice(probe: str) -> None:
    twice = asked(changed(GOOD, **{probe: TIMEOUT}), f"tolerance:{probe}", "tolerance:control")
    assert twice.names.count(probe) == 2
    assert twice.reading.tolerance().answers[probe].kind == "silent"
    once = asked(changed(GOOD, **{probe: [TIMEOUT, alert()]}), f"tolerance:{probe}")
    assert once.reading.tolerance().answers[probe].reason == Reason.FLAKY


def test_silence_decides_nothing_elsewhere() -> None:
    found = asked(changed(GOOD, **{"TLSv1.1": TIMEOUT}), *VERSIONS)
    assert found.names.count("TLSv1.1") == 1
    with undecided(Reason.TIMEOUT):
        _ = found.reading.versions().answers["TLSv1.1"].accepted


def test_deadline_within_an_answer_decides_nothing() -> None:
    for name in ("TLSv1.1", "TLSv1.2", "grease"):
        found = asked(changed(GOOD, **{name: DRIPPED}), *VERSIONS, "tolerance:grease").reading
        answer = {**found.versions().answers, **found.tolerance().answers}[name]
        assert (answer.kind, answer.controlled) == ("broken", False)
        with undecided(Reason.TIMEOUT):
            _ = answer.accepted


# Forbidden suites


def test_clean_refusal_of_all_forbidden_suites_answers_for_each() -> None:
    found = asked(GOOD, *DENY)
    assert [name for name in found.names if name.startswith("deny:")] == [UNION]
    denied = found.reading.suites().denied
    assert set(denied) == {each.removeprefix("suites:deny:") for each in DENY} - {"not-allowed13"}
    assert not any(each.answer.accepted or each.offenders for each in denied.values())


def test_union_holds_every_set() -> None:
    assert set(SETS["not-allowed12"]) >= {
        code for name, codes in SETS.items() if name != "not-allowed13" for code in codes
    }


@pytest.mark.parametrize("got", [alert(50), alert(47), alert(80), CLOSED, TIMEOUT, failure(Reason.NOT_TLS, b"x")])
def test_what_is_no_clean_refusal_of_the_whole_answers_for_no_part(got: Any) -> None:
    """A long hello may be refused for its length; each set is asked by itself."""
    found = asked(changed(GOOD, deny_union=got), "suites:deny:null", "suites:deny:cbc")
    assert {"deny:null", "deny:cbc"} <= set(found.names)
    denied = found.reading.suites().denied
    assert all(each.answer.alert == "handshake_failure" and not each.answer.accepted for each in denied.values())


def test_accepted_union_leads_to_each_set() -> None:
    found = asked(replace(ONLY12, suites12=(0xC02B, CBC)), *DENY)
    denied = found.reading.suites().denied
    assert denied["cbc"].offenders == (SUITES[CBC],)
    assert denied["not-allowed12"].offenders == (SUITES[CBC],)
    assert not denied["null"].answer.accepted
    assert denied["cbc"].complete


def test_one_set_is_asked_without_a_union() -> None:
    found = asked(GOOD, "suites:deny:null")
    assert found.names == [FIRST, "deny:null", LAST]


def test_offenders_are_struck_one_by_one_until_the_rest_is_refused() -> None:
    weak = (CBC, 0xC00A, 0xC023)
    found = asked(replace(ONLY12, suites12=(0xC02B, *weak)), "suites:deny:cbc")
    denial = found.reading.suites().denied["cbc"]
    assert denial.offenders == tuple(SUITES[code] for code in weak)
    assert denial.complete
    assert [name for name in found.names if "cbc" in name] == ["deny:cbc", "deny:cbc-1", "deny:cbc-2", "deny:cbc-3"]


def test_offenders_are_named_up_to_the_limit() -> None:
    codes = tuple(code for code in SETS["cbc"] if (each := suite(code)) and each.authentication == "ECDSA")[:12]
    assert len(codes) > 3
    found = asked(replace(ONLY12, suites12=(0xC02B, *codes)), "suites:deny:cbc", offenders=3)
    denial = found.reading.suites().denied["cbc"]
    assert (len(denial.offenders), denial.complete) == (3, False)
    every = asked(replace(ONLY12, suites12=(0xC02B, *codes)), "suites:deny:cbc", offenders=1000)
    denial = every.reading.suites().denied["cbc"]
    assert (len(denial.offenders), denial.complete) == (len(codes), True)


def test_suite_that_the_whole_was_answered_with_answers_for_its_sets() -> None:
    found = asked(replace(ONLY12, suites12=(0xC02B, CBC)), *DENY)
    denied = found.reading.suites().denied
    assert {denied[each].answer.suite for each in ("cbc", "not-allowed12")} == {SUITES[CBC]}
    assert not {"deny:cbc", "deny:not-allowed12"} & set(found.names)
    assert {"deny:null", "deny:dhe"} <= set(found.names)


def test_server_that_repeats_a_struck_suite_does_not_keep_us() -> None:
    stubborn = Reply(TLS12, bytes(32), suite=CBC, compression=0)
    found = asked(changed(ONLY12, deny_cbc=stubborn, deny_cbc_1=stubborn), "suites:deny:cbc")
    denial = found.reading.suites().denied["cbc"]
    assert found.names.count("deny:cbc-1") == 1
    assert (denial.offenders, denial.complete) == ((SUITES[CBC],), False)


def test_suite_that_was_not_offered_is_no_offender_and_no_acceptance() -> None:
    odd = Reply(TLS12, bytes(32), suite=0xC02B, compression=0)
    found = asked(changed(GOOD, deny_null=odd), "suites:deny:null").reading
    denial = found.suites().denied["null"]
    assert denial.offenders == ()
    with undecided(Reason.NOT_OBSERVABLE):
        _ = denial.answer.accepted
    assert any("suite" in each for each in found.tolerance().unoffered)


def test_striking_that_is_cut_short_says_so() -> None:
    found = asked(changed(replace(ONLY12, suites12=(CBC, 0xC00A)), deny_cbc_1=TIMEOUT), "suites:deny:cbc")
    denial = found.reading.suites().denied["cbc"]
    assert (denial.offenders, denial.complete) == ((SUITES[CBC],), False)


def test_forbidden_suites_of_13_are_asked_where_there_is_13() -> None:
    ccm8 = replace(ONLY13, suites13=(0x1301, 0x1305))
    found = asked(ccm8, "versions:TLSv1.3", "suites:deny:not-allowed13").reading.suites().denied["not-allowed13"]
    assert found.offenders == (SUITES[0x1305],)
    without = asked(ONLY12, "versions:TLSv1.3", "suites:deny:not-allowed13")
    assert "deny:not-allowed13" not in without.names
    assert not without.reading.suites().denied["not-allowed13"].answer.accepted


# Offered suites, order


def test_common_suite_of_12_is_asked_for_only_where_it_was_not_seen() -> None:
    asked_for = ("versions:TLSv1.2", "suites:offer:aes128gcm12")
    assert "aes128gcm12" not in asked(GOOD, *asked_for).names
    other = asked(replace(GOOD, suites12=(0xC02C, 0xC02B)), *asked_for)
    assert "aes128gcm12" in other.names
    assert other.reading.suites().offered["aes128gcm12"].accepted
    assert "aes128gcm12" not in asked(ONLY13, *asked_for).names
    lacking = asked(replace(GOOD, suites12=(0xC02C,)), *asked_for)
    assert not lacking.reading.suites().offered["aes128gcm12"].accepted


SUITES13 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")


def test_suites_of_13_are_asked_for_unless_they_were_seen() -> None:
    wanted = ("versions:TLSv1.3", *(f"suites:offer:{each}" for each in SUITES13))
    found = asked(replace(GOOD, suites13=(0x1301, 0x1303)), *wanted)
    assert [name for name in found.names if name in SUITES13] == list(SUITES13[1:])
    offered = found.reading.suites().offered
    assert [offered[each].accepted for each in SUITES13] == [True, False, True]
    assert offered[SUITES13[0]].suite == SUITES13[0]


def test_order_is_asked_where_there_is_a_weaker_suite() -> None:
    wanted = ("versions:TLSv1.2", "suites:deny:cbc", "suites:order")
    assert asked(GOOD, *wanted).reading.suites().order is None
    for server_order in (True, False):
        weak = replace(ONLY12, suites12=(0xC02B, CBC), server_order=server_order)
        found = asked(weak, *wanted)
        order = found.reading.suites().order
        assert order
        assert (order[0].suite == order[1].suite) is server_order
        assert [name for name in found.names if name.startswith("order")] == ["order-2"]


@pytest.mark.parametrize("suites12", [(CBC, 0xC02B), (0xCCA9, CBC, 0xC02B), (0xC02B, 0xC006)])
def test_order_is_found_whatever_the_hello_of_12_was_answered_with(suites12: tuple[int, ...]) -> None:
    """The weak one first; ChaCha20, which says nothing of the order; a suite that the hello of 1.2 does not offer."""
    wanted = ("versions:TLSv1.2", "suites:offer:aes128gcm12", "suites:deny:cbc", "suites:deny:null", "suites:order")
    for server_order in (True, False):
        weak = replace(ONLY12, suites12=suites12, server_order=server_order)
        order = asked(weak, *wanted).reading.suites().order
        assert order
        assert (order[0].suite == order[1].suite) is server_order


# TLS 1.3 alone, older alone, none


def test_server_of_13_alone() -> None:
    found = asked(ONLY13, *ALL)
    reading = found.reading
    assert [name for name, each in reading.versions().answers.items() if each.accepted] == [
        "TLSv1.3",
        "TLSv1.3+TLSv1.2",
    ]
    assert "other-key" not in found.names
    assert "small-with-curves" not in found.names
    small = reading.groups().small
    assert small
    assert not small.answer.accepted


def test_server_without_13_is_asked_nothing_of_13() -> None:
    found = asked(ONLY12, *ALL)
    reading = found.reading
    assert not {
        name for name in found.names if name.startswith("group:") or name in (*SUITES13, "mandatory", "share-1")
    }
    assert not any(each.accepted for each in reading.groups().offered.values())
    assert set(reading.groups().offered) == {
        each.removeprefix("groups:offer:") for each in ALL if "groups:offer" in each
    }
    mandatory = reading.signatures().mandatory
    assert mandatory
    assert not mandatory.accepted


def test_question_about_13_that_hung_up_leaves_13_undecided() -> None:
    found = asked(changed(GOOD, **{"TLSv1.3": TIMEOUT}), *ALL).reading
    mandatory = found.signatures().mandatory
    assert mandatory
    with undecided(Reason.TIMEOUT):
        _ = mandatory.accepted
    with undecided(Reason.TIMEOUT):
        _ = found.groups().offered["X25519MLKEM768"].accepted


# Groups, signatures, shares


def test_group_that_an_answer_showed_is_not_asked_for() -> None:
    found = asked(replace(GOOD, groups=(29, 23)), "versions:TLSv1.3", "groups:offer:x25519", "groups:offer:secp256r1")
    assert [name for name in found.names if name.startswith("group:")] == ["group:secp256r1"]
    offered = found.reading.groups().offered
    assert [offered[each].group for each in ("x25519", "secp256r1")] == ["x25519", "secp256r1"]
    assert offered["secp256r1"].retry


SMALL = ("versions:TLSv1.2", "groups:small")


@pytest.mark.parametrize("small", [(), (19,)])
@pytest.mark.parametrize("keys", [("ECDSA",), ("RSA",)])
def test_small_groups_are_found_whatever_the_certificate(keys: tuple[str, ...], small: tuple[int, ...]) -> None:
    """An ECDSA certificate is not used unless its curve is offered: that must not look like a refusal."""
    found = asked(Endpoint(versions=(TLS12,), keys=keys, small=small, server_order=False), *SMALL)
    assert ("small-with-curves" in found.names) is (keys == ("ECDSA",))
    denial = found.reading.groups().small
    assert denial
    assert denial.offenders == tuple(GROUPS[code] for code in small)


@pytest.mark.parametrize("got", [TIMEOUT, DRIPPED])
@pytest.mark.parametrize("question", ["small-with-curves", "TLSv1.2"])
def test_small_groups_are_undecided_where_the_deciding_question_is(question: str, got: Any) -> None:
    denial = asked(changed(ONLY12, **{question: got}), *SMALL).reading.groups().small
    assert denial
    with undecided(Reason.TIMEOUT):
        _ = denial.answer.accepted


def test_legacy_signature_is_named() -> None:
    sha1 = asked(replace(ONLY12, legacy=(0x0203,)), "signatures:legacy").reading.signatures().legacy
    assert sha1
    assert sha1.offenders == ("ecdsa_sha1",)
    none = asked(ONLY12, "signatures:legacy").reading.signatures().legacy
    assert none
    assert (none.offenders, none.answer.accepted) == ((), False)


def test_mandatory_hello_leaves_no_room_for_a_retry() -> None:
    """A HelloRetryRequest would come before any signature scheme is chosen."""
    hybrid = replace(ONLY13, groups=(4588, 29, 23))
    mandatory = asked(hybrid, "versions:TLSv1.3", "signatures:mandatory").reading.signatures().mandatory
    assert mandatory
    assert (mandatory.kind, mandatory.retry) == ("accepted", False)


def test_shares_are_compared_without_further_questions_where_two_are_of_one_group() -> None:
    found = asked(GOOD, "versions:TLSv1.3", "tolerance:shares", "tolerance:grease")
    assert "share-1" not in found.names
    shares = found.reading.tolerance().shares
    assert len({group for _, group, _ in shares}) < len(shares)
    assert len({digest for _, _, digest in shares}) == len(shares)


def test_reused_share_is_shown() -> None:
    shares = asked(replace(GOOD, same_share=True), "versions:TLSv1.3", "tolerance:shares").reading.tolerance().shares
    assert len({digest for _, _, digest in shares}) < len(shares)


def test_shares_are_asked_for_where_none_can_be_compared() -> None:
    """A server that prefers a group of which we send no share answers everything with a HelloRetryRequest."""
    retrying = replace(ONLY13, groups=(30,))
    found = asked(retrying, "versions:TLSv1.3", "tolerance:shares")
    assert {"share-1", "share-2"} <= set(found.names)


PREFERENCE = ("versions:TLSv1.3", "groups:offer:X25519MLKEM768", "groups:preferred", "tolerance:retry")


@pytest.mark.parametrize(
    ("groups", "server_order", "asks", "selected"),
    [
        ((4588, 29, 23), True, True, "X25519MLKEM768"),
        ((4588, 29, 23), False, True, "x25519"),
        ((29, 23, 4588), True, False, "x25519"),  # passed over although the client has it first
        ((29, 23), True, False, "x25519"),
    ],
)
def test_preference_is_asked_where_a_hybrid_group_was_selected(
    groups: tuple[int, ...], server_order: bool, asks: bool, selected: str
) -> None:
    found = asked(replace(GOOD, groups=groups, server_order=server_order), *PREFERENCE)
    assert ("preferred" in found.names) is asks
    preferred = found.reading.groups().preferred
    assert preferred
    assert preferred.group == selected


def test_group_that_is_there_to_be_refused_is_asked_for_in_13_alone() -> None:
    wanted = ("versions:TLSv1.3", "groups:deny:ffdhe2048")
    assert not asked(GOOD, *wanted).reading.groups().denied["ffdhe2048"].accepted
    assert asked(replace(GOOD, groups=(29, 256)), *wanted).reading.groups().denied["ffdhe2048"].group == "ffdhe2048"
    without = asked(ONLY12, *wanted)
    assert "deny-ffdhe2048" not in without.names
    assert not without.reading.groups().denied["ffdhe2048"].accepted


RSA12 = replace(ONLY12, keys=("RSA",))


def test_pss_is_asked_for_where_an_rsa_key_signed_with_pkcs1() -> None:
    wanted = ("versions:TLSv1.2", "signatures:pss")
    for endpoint, question, scheme in (
        (RSA12, False, "rsa_pss_rsae_sha256"),
        (replace(RSA12, pkcs1=True), True, "rsa_pkcs1_sha256"),
        (replace(ONLY12, keys=("ECDSA", "RSA"), pkcs1=True), True, "rsa_pkcs1_sha256"),
        (ONLY12, False, ""),
    ):
        found = asked(endpoint, *wanted)
        rsa = found.reading.signatures().rsa
        assert rsa
        assert (rsa.signature_scheme, "pss" in found.names) == (scheme, question)
    assert asked(replace(RSA12, pkcs1=True), *wanted).reading.signatures().pss == asked(
        replace(RSA12, pkcs1=True), *wanted
    ).reading.answer("pss")


def test_pss_hello_names_the_other_schemes_for_certificates() -> None:
    hellos: dict[str, Any] = {}

    def respond(name: str, hello: Any, before: int) -> Any:
        hellos[name] = hello
        return replace(RSA12, pkcs1=True).answer(hello)

    asked(respond, "versions:TLSv1.2", "signatures:pss")
    assert not {0x0401, 0x0501, 0x0601} & set(hellos["pss"].schemes)
    assert {0x0804, 0x0809} <= set(hellos["pss"].schemes)
    assert b"\x04\x01" in hellos["pss"].extensions[50]


# What is asked for options


def test_options_are_asked_last_and_where_there_is_room() -> None:
    found = asked(GOOD, *ALL)
    assert found.names[-3:] == ["national", "fallback", LAST]
    full = asked(Endpoint(refusal=CLOSED), *ALL)
    assert not {"national", "fallback"} & set(full.names)
    assert "national" not in full.reading.suites().offered


@pytest.mark.parametrize(
    ("versions", "legacy"), [((TLS13, TLS12), TLS12), ((TLS12, TLS11), TLS11), ((TLS12,), 0), ((TLS13,), 0)]
)
def test_fallback_is_to_the_second_newest_version(versions: tuple[int, ...], legacy: int) -> None:
    hellos: dict[str, Any] = {}

    def respond(name: str, hello: Any, before: int) -> Any:
        hellos[name] = hello
        return Endpoint(versions=versions, suites12=(0xC02B, 0xC009)).answer(hello)

    asked(respond, *VERSIONS, "features:fallback")
    assert ("fallback" in hellos) is bool(legacy)
    if legacy:
        assert (hellos["fallback"].legacy_version, hellos["fallback"].versions) == (legacy, ())
        assert 0x5600 in hellos["fallback"].suites


def test_national_suites_are_offered_alone_in_12() -> None:
    aria = asked(replace(GOOD, suites12=(0xC02B, 0xC05C)), "versions:TLSv1.2", "suites:offer:national")
    assert aria.reading.suites().offered["national"].suite == SUITES[0xC05C]
    assert not asked(GOOD, "versions:TLSv1.2", "suites:offer:national").reading.suites().offered["national"].accepted
    alone = asked(replace(GOOD, suites12=(0xC05C,)), "versions:TLSv1.2", "suites:offer:national")
    assert not alone.reading.versions().answers["TLSv1.2"].accepted
    assert alone.reading.suites().offered["national"].suite == SUITES[0xC05C]


# Keys, names, features


def test_other_key_is_asked_for_in_12() -> None:
    both = replace(ONLY12, keys=("ECDSA", "RSA"), suites12=(0xC02B, 0xC02F))
    found = asked(both, "certificate", "versions:TLSv1.2", "versions:TLSv1.3")
    assert found.talk.reply("other-key")
    other = found.reading.answer("other-key")
    assert other
    assert other.suite == SUITES[0xC02F]
    assert asked(ONLY12, "certificate", "versions:TLSv1.2").talk.reply("other-key") is None


def test_unknown_name_is_sent_to_a_name_and_not_to_an_address() -> None:
    names: dict[str, str] = {}

    def respond(name: str, hello: Any, before: int) -> Any:
        names[name] = hello.server_name
        return GOOD.answer(hello)

    asked(respond, "names", "versions:TLSv1.2")
    assert names[FIRST] == names[LAST] == "portal.xa.test"
    assert names["unknown"].endswith(".invalid")
    names.clear()
    asked(respond, "names", "versions:TLSv1.2", server_name="127.0.0.1")
    assert set(names.values()) == {""}
    assert "unknown" not in names


def test_what_was_not_asked_is_not_answered() -> None:
    reading = asked(GOOD, "versions:TLSv1.2").reading
    assert set(reading.versions().answers) == {"TLSv1.2"}
    assert reading.tolerance().answers == {}
    assert (reading.suites().denied, reading.suites().offered, reading.suites().order) == ({}, {}, None)
    assert (reading.groups().offered, reading.groups().small) == ({}, None)
    assert (reading.signatures().legacy, reading.signatures().mandatory) == (None, None)
