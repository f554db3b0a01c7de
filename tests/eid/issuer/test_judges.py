"""Judges of credential issuers: green, red, undecided."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from conformance.core.judging import load_judges
from conformance.core.model import NotApplicable, NotTested, Reason, Rule, Undecided, Untested
from conformance.core.profile import load_profile
from conformance.eid.issuer.area import ISSUER
from conformance.eid.issuer.evidence import (
    Attempt,
    Attempts,
    Attestations,
    AuthorizationFlow,
    Batch,
    Configuration,
    Exchange,
    Mdoc,
    SignedMetadata,
    StatusList,
)
from tests.eid.issuer.evidence import (
    BATCH,
    FLOW,
    GOOD,
    ISSUED,
    MDOC,
    METADATA,
    NONCES,
    OFFER_CODES,
    PUSHED,
    SIGNED,
    STATUS,
    attempts,
    attestations,
    records,
)

JUDGES = load_judges((ISSUER,))
PROFILE = load_profile("asean").requirements


def messages(requirement_id: str, **changes: Any) -> list[str]:
    entry = JUDGES[requirement_id]
    context = {**records(), "rule": Rule(requirement_id, PROFILE[requirement_id].params), **changes}
    return [each.message for each in entry.function(*(context[name] for name in entry.arguments))]


@pytest.mark.parametrize("requirement_id", sorted(JUDGES))
def test_conforming_issuer_is_green(requirement_id: str) -> None:
    assert messages(requirement_id) == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"status": 404}, "not served as JSON"),
        ({"media_type": "text/html"}, "not served as JSON"),
        ({"trouble": "no JSON object"}, "no JSON object"),
        ({"issuer": "https://issuer.example/"}, "another"),
        ({"endpoints": {"credential_endpoint": "http://issuer.example/c"}}, "no https URL"),
        ({"endpoints": {}}, "no https URL"),
        ({"configurations": {"a": Configuration("vc+sd-jwt", "x")}}, "another format"),
        ({"configurations": {"a": Configuration("dc+sd-jwt", "")}}, "no vct"),
    ],
)
def test_metadata(change: dict[str, Any], word: str) -> None:
    (message,) = messages("EID-VCI-01", issuer_metadata=replace(METADATA, **change))
    assert word in message


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"status": 405}, "as JSON"),
        ({"has_nonce": False}, "no c_nonce"),
        ({"cache_control": "public"}, "stored"),
    ],
)
def test_nonces(change: dict[str, Any], word: str) -> None:
    (message,) = messages("EID-VCI-04", nonces=replace(NONCES, **change))
    assert word in message


@pytest.mark.parametrize(
    ("requirement_id", "name"),
    [
        ("EID-VCI-05", "proof/none"),
        ("EID-VCI-06", "time/iat-past"),
        ("EID-VCI-07", "request/no-identifier"),
        ("EID-VCI-08", "access/no-token"),
        ("EID-VCI-10", "encryption/unsupported"),
    ],
)
def test_wrong_requests(requirement_id: str, name: str) -> None:
    def seen(attempt: Attempt) -> list[str]:
        return messages(requirement_id, issuance=attempts(**{name.replace("/", "__"): attempt}))

    assert "a credential is issued" in seen(GOOD)[0]
    assert "no refusal of the client" in seen(Attempt(500, "server_error"))[0]
    with pytest.raises(Undecided) as error:
        seen(Attempt(trouble="timeout: 10 s"))
    assert error.value.reason is Reason.TIMEOUT
    with pytest.raises(Undecided, match="control-failed"):
        messages(requirement_id, issuance=attempts(**{"control-after": Attempt(400, "invalid_proof")}))
    with pytest.raises(Undecided, match="was not asked"):
        messages(requirement_id, issuance=Attempts({}))


def test_what_is_inapplicable_is_passed_over() -> None:
    skipped = attempts(**{"access__bearer-downgrade": Attempt(inapplicable="not bound")})
    assert messages("EID-VCI-08", issuance=skipped) == []
    assert messages("EID-VCI-08", issuance=attempts(**{"access__bearer-downgrade": GOOD}))


def test_error_codes() -> None:
    (message,) = messages("EID-VCI-05", issuance=attempts(proof__none=Attempt(400, "server_error")))
    assert message == "another error code: none"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"trouble": "no SD-JWT: x"}, "no SD-JWT"),
        ({"typ": "JWT"}, "typ"),
        ({"verified": False}, "signature"),
        ({"type": "x"}, "vct"),
        ({"bound": False}, "cnf"),
        ({"unreferenced": 1}, "1 of 2 Disclosures"),
        ({"hidden": ("exp",)}, "rule validity"),
        ({"issued_at": 3600}, "iat lies ahead"),
        ({"expires": -1}, "expired"),
    ],
)
def test_issued(change: dict[str, Any], word: str) -> None:
    (message,) = messages("EID-VCI-09", issued=replace(ISSUED, **change))
    assert word in message


def test_what_is_given_away() -> None:
    assert "private key" in messages("EID-SDJ-15-G", issued=replace(ISSUED, private_members=("d",)))[0]
    assert "salt" in messages("EID-SDJ-15-G", issued=replace(ISSUED, shortest_salt=8))[0]
    with pytest.raises(NotApplicable):
        messages("EID-SDJ-15-G", issued=replace(ISSUED, disclosures=0, shortest_salt=None))
    with pytest.raises(Undecided):
        messages("EID-SDJ-15-G", issued=replace(ISSUED, trouble="x"))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"trouble": "no JWT: x"}, "no JWT"),
        ({"typ": "JWT"}, "typ"),
        ({"chain": False}, "x5c"),
        ({"verified": False}, "signature"),
        ({"subject": "https://other.example"}, "sub"),
        ({"differing": ("nonce_endpoint",)}, "otherwise"),
        ({"issued_at": None}, "iat"),
        ({"issued_at": 3600}, "iat"),
        ({"expires": -1}, "expired"),
    ],
)
def test_signed_metadata(change: dict[str, Any], word: str) -> None:
    (message,) = messages("EID-VCI-02", signed_metadata=replace(SIGNED, **change))
    assert word in message


def test_metadata_that_is_not_signed_says_so() -> None:
    with pytest.raises(NotApplicable, match="application/json"):
        messages("EID-VCI-02", signed_metadata=SignedMetadata("application/json", 200))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"grants": ("refresh_token",)}, "not offered"),
        ({"par": False}, "pushed_authorization_request_endpoint"),
        ({"challenges": ("plain",)}, "S256"),
        ({"dpop": ()}, "DPoP"),
        ({"unscoped": ("person",)}, "without a scope"),
        ({"pushed": {**FLOW.pushed, "plain": PUSHED}}, "takes a pushed request: plain"),
        ({"pushed": {**FLOW.pushed, "no-challenge": PUSHED}}, "takes a pushed request: no-challenge"),
        ({"led_to": "error", "token_type": ""}, "no login"),
        ({"token_type": "Bearer"}, "not bound"),
        ({"token_type": ""}, "not bound"),
    ],
)
def test_code_flow(change: dict[str, Any], word: str) -> None:
    (message,) = messages("EID-VCI-03", code_flow=replace(FLOW, **change))
    assert word in message


def test_code_flow_that_ends_at_a_login_is_no_violation_and_one_that_is_not_begun_decides_nothing() -> None:
    assert messages("EID-VCI-03", code_flow=replace(FLOW, led_to="page", token_type="")) == []
    with pytest.raises(Untested, match="redirect_uri"):
        messages("EID-VCI-03", code_flow=replace(FLOW, pushed={}, lacking="add redirect_uri"))
    refused = {**FLOW.pushed, "right": Exchange(400, "invalid_client")}
    with pytest.raises(Undecided, match="control-failed"):
        messages("EID-VCI-03", code_flow=replace(FLOW, pushed=refused))
    late = {**FLOW.pushed, "plain": Exchange(trouble="timeout: 10 s")}
    with pytest.raises(Undecided, match="timeout"):
        messages("EID-VCI-03", code_flow=replace(FLOW, pushed=late))
    assert len(messages("EID-VCI-03", code_flow=AuthorizationFlow(()))) == 4


TOKEN = Exchange(200, token=True)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"again": TOKEN}, "again"),
        ({"again": Exchange(500)}, "no refusal"),
        ({"again": Exchange(400, "access_denied")}, "another error code"),
        ({"wrong": (TOKEN,)}, "with a wrong transaction code"),
        ({"wrong": (OFFER_CODES.again, TOKEN)}, "try 2"),
        ({"after": TOKEN}, "after 2 wrong"),
    ],
)
def test_offer_codes(change: dict[str, Any], word: str) -> None:
    (message,) = messages("EID-VCI-13", offer_codes=replace(OFFER_CODES, **change))
    assert word in message


def test_offers_without_transaction_codes_are_redeemed_once_alone() -> None:
    assert messages("EID-VCI-13", offer_codes=replace(OFFER_CODES, transaction=False, wrong=(), after=None)) == []
    with pytest.raises(Untested) as error:
        messages("EID-VCI-13", offer_codes=replace(OFFER_CODES, wrong=(), after=None, lacking="add spare_offer"))
    assert error.value.reason is NotTested.NO_CREDENTIAL
    with pytest.raises(Undecided, match="timeout"):
        messages("EID-VCI-13", offer_codes=replace(OFFER_CODES, again=Exchange(trouble="timeout: 10 s")))
    limited = replace(OFFER_CODES, wrong=(OFFER_CODES.again, Exchange(429)), after=Exchange(429))
    with pytest.raises(Undecided, match="rate-limit"):
        messages("EID-VCI-13", offer_codes=limited)
    assert messages("EID-VCI-13", offer_codes=replace(limited, after=OFFER_CODES.again)) == []
    with pytest.raises(Undecided, match="rate-limit"):
        messages("EID-VCI-13", offer_codes=replace(OFFER_CODES, again=Exchange(429)))


def test_attestations() -> None:
    assert "takes" in messages("EID-VCI-12", attestations=attestations(key__expired=GOOD))[0]
    assert "no refusal" in messages("EID-VCI-12", attestations=attestations(wallet__expired=Attempt(500)))[0]
    with pytest.raises(Undecided, match="control-failed"):
        messages("EID-VCI-12", attestations=attestations(**{"wallet__control-after": Attempt(401)}))
    with pytest.raises(NotApplicable):
        messages("EID-VCI-12", attestations=Attestations())
    for attempted in ({}, {name: each for name, each in attestations().attempts.items() if name.startswith("key/")}):
        half = Attestations(attempted, {"wallet": "takes one"}, "add attestation")
        with pytest.raises(Untested, match="takes one: add attestation"):
            messages("EID-VCI-12", attestations=half)
    control = Attempt(untested="no-credential: the manifest's attestation has no key")
    with pytest.raises(Untested, match="no key"):
        messages("EID-VCI-12", attestations=attestations(**{"key__control-before": control}))


def test_old_nonces_are_asked_for_where_the_manifest_says_how_long_they_live() -> None:
    silent = attempts(**{"time__old-nonce": Attempt(untested="opt-in: add nonce_seconds")})
    with pytest.raises(Untested) as error:
        messages("EID-VCI-06", issuance=silent)
    assert error.value.reason is NotTested.OPT_IN


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"trouble": "no SD-JWT: x"}, "no SD-JWT"),
        ({"credentials": 4}, "more credentials"),
        ({"keys": 2}, "a key each"),
        ({"repeated_salts": 2}, "salts"),
        ({"places": 1}, "a place"),
    ],
)
def test_batches(change: dict[str, Any], word: str) -> None:
    assert word in messages("EID-VCI-11", issued_batch=replace(BATCH, **change))[0]


def test_batches_may_be_smaller_than_asked_for_or_not_offered() -> None:
    fewer = replace(BATCH, credentials=1, keys=1, salts=2, statuses=1, places=1)
    assert messages("EID-VCI-11", issued_batch=fewer) == []
    with pytest.raises(NotApplicable):
        messages("EID-VCI-11", issued_batch=Batch(0))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"personal": True}, "own"),
        ({"status": 404}, "no list"),
        ({"trouble": "no status list: x"}, "no status list"),
        ({"entries": 1_000}, "small"),
        ({"ttl": None}, "ttl"),
        ({"ttl": 0}, "ttl"),
        ({"expires": None}, "exp"),
        ({"expires": -1}, "exp"),
        ({"readable": False}, "scripts"),
    ],
)
def test_status_lists(change: dict[str, Any], word: str) -> None:
    (message,) = messages("EID-TSL-04", status_list=replace(STATUS, **change))
    assert word in message


def test_credential_without_a_status_list() -> None:
    with pytest.raises(NotApplicable):
        messages("EID-TSL-04", status_list=StatusList())


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"trouble": "no IssuerSigned: x"}, "no IssuerSigned"),
        ({"shortest_random": 8}, "short"),
        ({"tags": {"birth_date": "str"}}, "birth_date"),
        ({"tags": {"birth_date": "tag 0"}}, "birth_date"),
        ({"tags": {"portrait": "str"}}, "portrait"),
    ],
)
def test_mdocs(change: dict[str, Any], word: str) -> None:
    (message,) = messages("EID-MDOC-06", issued_mdoc=replace(MDOC, **change))
    assert word in message


def test_mdocs_that_are_not_offered_asked_for_or_empty() -> None:
    with pytest.raises(NotApplicable):
        messages("EID-MDOC-06", issued_mdoc=Mdoc())
    with pytest.raises(Untested, match="mdoc_configuration"):
        messages("EID-MDOC-06", issued_mdoc=Mdoc(("licence",), lacking="add mdoc_configuration"))
    with pytest.raises(Undecided):
        messages("EID-MDOC-06", issued_mdoc=Mdoc(("licence",)))
