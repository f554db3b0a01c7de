"""Judges of credential issuers: green, red, undecided."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.core.judging import load_judges
from conformance.core.model import NotApplicable, Reason, Rule, Undecided
from conformance.core.profile import load_profile
from conformance.eid.issuer.area import ISSUER
from conformance.eid.issuer.evidence import Attempt, Attempts, Configuration
from tests.eid.issuer.evidence import GOOD, ISSUED, METADATA, NONCES, attempts, records

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
    [("EID-VCI-05", "proof/none"), ("EID-VCI-07", "request/no-identifier"), ("EID-VCI-08", "access/no-token")],
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
