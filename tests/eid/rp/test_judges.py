"""Every judge on evidence made by hand: green, red, and undecided where it has nothing to go by."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from conformance.core.area import MARK
from conformance.core.model import NotApplicable, Reason, Undecided, Untested
from conformance.eid.rp import (
    test_id_tokens,
    test_keys,
    test_responses,
    test_robustness,
    test_userinfo,
)
from conformance.eid.rp.evidence import Login, Logins
from tests.eid.rp.logins import ASKED, GOOD, REFUSED, RULES, judged, logins

MODULES = (test_responses, test_id_tokens, test_keys, test_userinfo, test_robustness)
JUDGES: dict[str, Any] = {
    id_: function
    for module in MODULES
    for function in vars(module).values()
    for id_ in getattr(function, MARK, ())
    if function.__module__ == module.__name__
}
POSITIVE = frozenset({"key_rotated", "odd_key"})
SURVIVED = frozenset(RULES["EID-RP-19"].params["cases"])
NEGATIVE = [
    (id_, case)
    for id_, rule in RULES.items()
    for case in rule.params.get("cases", ())
    if case not in POSITIVE | SURVIVED | {"ui_sub_wrong"}
]
ABSENT = Login("absent", detail="it does not do that")
SILENT = Login("undecided", "timeout", "the total deadline passed", stage="callback", reached=True)


def test_each_requirement_has_a_judge() -> None:
    assert set(JUDGES) == set(RULES)
    assert len(RULES) == 20


@pytest.mark.parametrize("id_", RULES)
def test_conforming(id_: str) -> None:
    assert judged(JUDGES[id_], id_, logins()) == []


@pytest.mark.parametrize("id_", RULES)
def test_no_evidence_is_no_pass(id_: str) -> None:
    with pytest.raises(Undecided):
        judged(JUDGES[id_], id_, Logins("https://localhost:1", "ES256", {}))


@pytest.mark.parametrize(("id_", "case"), NEGATIVE)
def test_hostile_login_that_succeeds_is_red(id_: str, case: str) -> None:
    assert len(judged(JUDGES[id_], id_, logins(**{case: GOOD}))) == 1


@pytest.mark.parametrize(("id_", "case"), NEGATIVE)
@pytest.mark.parametrize("login", [replace(REFUSED, reached=False), SILENT, Login("undecided", "reset", "x")])
def test_hostile_login_that_says_nothing_is_undecided(id_: str, case: str, login: Login) -> None:
    with pytest.raises(Undecided):
        judged(JUDGES[id_], id_, logins(**{case: login}))


@pytest.mark.parametrize(("id_", "case"), NEGATIVE)
@pytest.mark.parametrize("control", ["control__first", "control__middle"])
def test_refusal_without_control_is_undecided(id_: str, case: str, control: str) -> None:
    with pytest.raises(Undecided) as caught:
        judged(JUDGES[id_], id_, logins(**{control: REFUSED}))
    assert caught.value.reason is Reason.CONTROL_FAILED
    assert control.replace("__", "-") in caught.value.detail


def test_metadata_need_their_own_control() -> None:
    with pytest.raises(Undecided) as caught:
        judged(JUDGES["EID-RP-01"], "EID-RP-01", logins(control__second__issuer=REFUSED))
    assert caught.value.reason is Reason.CONTROL_FAILED
    unfetched = logins(issuer_mismatch=replace(REFUSED, reached=False))
    with pytest.raises(Undecided) as caught:
        judged(JUDGES["EID-RP-01"], "EID-RP-01", unfetched)
    assert caught.value.reason is Reason.NOT_OBSERVABLE


def test_untested_case_is_untested() -> None:
    with pytest.raises(Untested):
        judged(JUDGES["EID-RP-01"], "EID-RP-01", logins(issuer_mismatch=Login("untested", "unsupported", "x")))


def test_what_is_not_used_is_not_applicable_only_where_nothing_is() -> None:
    with pytest.raises(NotApplicable, match="does not do that"):
        judged(JUDGES["EID-RP-18"], "EID-RP-18", logins(acr_lower=ABSENT))
    assert judged(JUDGES["EID-RP-14"], "EID-RP-14", logins(hs256_client_secret=ABSENT)) == []


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (replace(ASKED, method=""), "S256"),
        (replace(ASKED, method="plain"), "S256"),
        (replace(ASKED, verifier="other"), "verifier"),
        (replace(ASKED, verifier="absent"), "verifier"),
        (replace(ASKED, state=0), "state"),
        (replace(ASKED, nonce=0), "nonce"),
        (replace(ASKED, repeats=("nonce",)), "nonce"),
        (replace(ASKED, repeats=("code_challenge",)), "code_challenge"),
    ],
)
def test_unbound_request_is_red(asked: Any, says: str) -> None:
    (found,) = judged(JUDGES["EID-RP-05"], "EID-RP-05", logins(control__last=replace(GOOD, asked=asked)))
    assert says in found.message


def test_two_requests_are_too_few_and_none_may_lack_its_token_request() -> None:
    few = logins(control__last=replace(GOOD, asked=None), control__second__issuer=replace(GOOD, asked=None))
    with pytest.raises(Undecided):
        judged(JUDGES["EID-RP-05"], "EID-RP-05", few)
    silent = logins(control__last=replace(GOOD, asked=replace(ASKED, verifier="")))
    with pytest.raises(Undecided):
        judged(JUDGES["EID-RP-05"], "EID-RP-05", silent)


def test_new_key_that_is_refused_is_red() -> None:
    (found,) = judged(JUDGES["EID-RP-15"], "EID-RP-15", logins(key_rotated=REFUSED))
    assert "without fetching" in found.observed
    (found,) = judged(JUDGES["EID-JWKS-06"], "EID-JWKS-06", logins(odd_key=replace(REFUSED, fetched=("keys",))))
    assert "unknown type" in found.message


def test_new_key_that_is_taken_unseen_is_undecided() -> None:
    for id_, case in (("EID-RP-15", "key_rotated"), ("EID-JWKS-06", "odd_key")):
        with pytest.raises(Undecided):
            judged(JUDGES[id_], id_, logins(**{case: GOOD}))


def test_unknown_type_needs_a_relying_party_that_takes_new_keys() -> None:
    with pytest.raises(Undecided) as caught:
        judged(JUDGES["EID-JWKS-06"], "EID-JWKS-06", logins(key_rotated=REFUSED, odd_key=REFUSED))
    assert caught.value.reason is Reason.CONTROL_FAILED


def test_keys_fetched_again_and_again_are_red() -> None:
    (found,) = judged(JUDGES["EID-RP-15"], "EID-RP-15", logins(kid_unknown=replace(REFUSED, fetched=("keys",) * 4)))
    assert found.observed == "4"


def test_userinfo_is_used_of_the_same_subject_alone() -> None:
    judge = JUDGES["EID-RP-17"]
    (found,) = judged(judge, "EID-RP-17", logins(ui_sub_wrong=replace(GOOD, shows=("foreign",))))
    assert "another subject" in found.message
    # It logs in and shows the ID token's subject: UserInfo was ignored.
    assert judged(judge, "EID-RP-17", logins(ui_sub_wrong=replace(GOOD, shows=("subject",)))) == []
    blind = replace(GOOD, shows=())
    with pytest.raises(Undecided) as caught:
        judged(judge, "EID-RP-17", logins(control__first=blind, ui_sub_wrong=blind))
    assert caught.value.reason is Reason.NOT_OBSERVABLE
    without = replace(GOOD, fetched=("token",))
    with pytest.raises(NotApplicable):
        judged(judge, "EID-RP-17", logins(control__first=without, ui_sub_wrong=without))


@pytest.mark.parametrize("case", sorted(SURVIVED))
def test_excess_that_is_not_survived_is_red(case: str) -> None:
    judge = JUDGES["EID-RP-19"]
    assert len(judged(judge, "EID-RP-19", logins(**{case: SILENT}))) == 1
    assert len(judged(judge, "EID-RP-19", logins(**{case: replace(REFUSED, fetched=("keys",) * 41)}))) == 1
    with pytest.raises(Undecided):
        judged(judge, "EID-RP-19", logins(**{case: replace(REFUSED, reached=False)}))


def test_nobody_logged_in_afterwards_is_red() -> None:
    (found,) = judged(JUDGES["EID-RP-19"], "EID-RP-19", logins(control__last=SILENT))
    assert "afterwards" in found.message
