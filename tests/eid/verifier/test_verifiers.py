"""Credential verifiers: judges, readers and the room end to end."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from conformance.commands.prepare import Request
from conformance.commands.run import execute
from conformance.core.area import Stand
from conformance.core.judging import load_judges
from conformance.core.model import Cell, NotTested, Reason, Rule, Status, Target, Undecided, Untested
from conformance.core.profile import load_profile
from conformance.eid.verifier import reading, sandbox, wallet
from conformance.eid.verifier.area import VERIFIER
from conformance.eid.verifier.evidence import Presentations, Shown
from conformance.sandbox import Sandbox, Spec
from conformance.wire import jose
from conformance.wire.jws import compact, new_key
from tests.eid.verifier.evidence import ACCEPTED, REFUSED, REQUEST, SERVICE, presentations, records
from tests.written import seen

PATIENT = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

JUDGES = load_judges((VERIFIER,))
PROFILE = load_profile("asean").requirements


def messages(requirement_id: str, **changes: Any) -> list[str]:
    entry = JUDGES[requirement_id]
    rule = Rule(requirement_id, PROFILE[requirement_id].params)
    context = {**records(), "rule": rule, "service": SERVICE, **changes}
    return [each.message for each in entry.function(*(context[name] for name in entry.arguments))]


@pytest.mark.parametrize("requirement_id", sorted(JUDGES))
def test_conforming_verifier_is_green(requirement_id: str) -> None:
    assert messages(requirement_id) == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"trouble": "no signed request object: x"}, "no signed request"),
        ({"media_type": "text/html"}, "media type"),
        ({"typ": "JWT"}, "typ"),
        ({"verified": False}, "signature"),
        ({"prefix": "redirect_uri"}, "prefix"),
        ({"hash_matches": False}, "certificate"),
        ({"same_client": False}, "another client_id"),
        ({"audience": ""}, "aud"),
        ({"nonce_octets": 8}, "short"),
        ({"fresh": False}, "same nonce"),
        ({"query": "two credentials of one id"}, "dcql_query"),
        ({"response_uri": "http://verifier.example"}, "response_uri"),
    ],
)
def test_requests(change: dict[str, Any], word: str) -> None:
    (message,) = messages("EID-VP-01", vp_request=replace(REQUEST, **change))
    assert word in message


@pytest.mark.parametrize(
    ("requirement_id", "name"), [("EID-VP-02", "wrong__nonce"), ("EID-VP-03", "unwanted__other-type")]
)
def test_presentations(requirement_id: str, name: str) -> None:
    assert "accepts" in messages(requirement_id, presentations=presentations(**{name: ACCEPTED}))[0]
    with pytest.raises(Undecided) as error:
        messages(requirement_id, presentations=presentations(**{name: Shown(trouble="timeout: 10 s")}))
    assert error.value.reason is Reason.TIMEOUT
    with pytest.raises(Undecided, match="control-failed"):
        messages(requirement_id, presentations=presentations(**{"control-after": REFUSED}))
    with pytest.raises(Undecided, match="was not shown"):
        messages(requirement_id, presentations=Presentations({}))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"response_mode": "direct_post"}, "not encrypted"),
        ({"encryption_key": False}, "no key"),
        ({"fresh_key": False}, "same key"),
    ],
)
def test_encryption(change: dict[str, Any], word: str) -> None:
    (message,) = messages("EID-VP-04", vp_request=replace(REQUEST, **change))
    assert word in message


def test_response_that_is_sent_again() -> None:
    def seen(shown: Shown) -> list[str]:
        return messages("EID-VP-04", presentations=presentations(again__response=shown))

    assert "twice" in seen(Shown(200, accepted=True, again=200))[0]
    assert "twice" in seen(Shown(200, accepted=True, again=302))[0]
    with pytest.raises(Undecided, match="control-failed"):
        seen(Shown(400))
    with pytest.raises(Undecided, match="no request"):
        messages("EID-VP-04", vp_request=replace(REQUEST, trouble="no request"))


def test_claims_that_are_not_needed() -> None:
    (message,) = messages("EID-VP-05", vp_request=replace(REQUEST, asked=("addresses", "family_name")))
    assert message == "asks for addresses"
    with pytest.raises(Untested, match="add needed") as error:
        messages("EID-VP-05", service=dataclasses.replace(SERVICE, settings={}))
    assert error.value.reason is NotTested.OPT_IN
    with pytest.raises(Undecided):
        messages("EID-VP-05", vp_request=replace(REQUEST, query="a credential without meta"))


def test_plan_says_what_the_manifest_leaves_out() -> None:
    target = Target("xa-x", "XA", "x", (SERVICE,))
    assert VERIFIER.gaps(target, SERVICE) == ()
    (gap,) = VERIFIER.gaps(target, dataclasses.replace(SERVICE, settings={}))
    assert gap.requirements == ("EID-VP-05",)


def test_paths_of_claims() -> None:
    claims = [{"path": ["address", "country"]}, {"path": ["degrees", None, "type"]}, {"path": ["list", 0]}, {}]
    query = {"credentials": [{"claims": claims}, {"claims": None}, None]}
    assert reading.asked_for(query) == {"address/country", "degrees/*/type", "list/0"}


def cells_of(tmp_path: Path) -> dict[str, Cell]:
    spec = Spec("xa-one", "XA", "one", (Stand("xa-one", "XA", "verifier", "credential-verifier", "good"),))
    with Sandbox([spec]) as opened:
        ran = execute(Request(out=tmp_path / "run"), opened.door(), opened.targets, front="loop", quiet=True)
    return {cell.requirement: cell for cell in ran.run.cells}


def test_conforming_verifier_is_green_end_to_end(tmp_path: Path) -> None:
    cells = cells_of(tmp_path)
    assert {name: cell.status for name, cell in cells.items()} == dict.fromkeys(JUDGES, Status.PASS)
    written = seen(tmp_path / "run")
    assert b"Santos" not in written
    assert b"PRIVATE KEY" not in written


@pytest.mark.parametrize("outcome", [True, False])
def test_verifier_whose_answer_does_not_follow_the_presentation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, outcome: bool
) -> None:
    monkeypatch.setattr(sandbox, "accepted", lambda *_: outcome)
    cells = cells_of(tmp_path)
    wanted = Status.FAIL if outcome else Status.ERROR
    assert {cells[name].status for name in ("EID-VP-02", "EID-VP-03")} == {wanted}


def test_responses_are_sealed_as_a_library_opens_them() -> None:
    joserfc_jwe = pytest.importorskip("joserfc.jwe", reason="joserfc is a test dependency")
    from joserfc.jwk import import_key  # noqa: PLC0415 - as above

    key = new_key()
    for enc in ("A128GCM", "A256GCM"):
        token = wallet.sealed({"vp_token": {"a": ["b"]}}, [{**key.public_jwk, "kid": "k"}], enc)
        opened = joserfc_jwe.decrypt_compact(token, import_key(jose.jwk(key.private, private=True)), ["ECDH-ES", enc])
        assert json.loads(opened.plaintext) == {"vp_token": {"a": ["b"]}}
    with pytest.raises(ValueError, match="no P-256 key"):
        wallet.sealed({}, [{"kty": "RSA"}])
    with pytest.raises(ValueError, match="no content encryption"):
        wallet.sealed({}, [key.public_jwk], "A128CBC-HS256")


def test_client_identifiers_of_certificates() -> None:
    leaf = sandbox.certificate(new_key())
    assert reading.names_leaf("x509_hash", jose.b64(hashlib.sha256(leaf).digest()), leaf)
    assert reading.names_leaf("x509_san_dns", "verifier.example", leaf)
    for prefix, rest, octets in (
        ("x509_hash", "x", leaf),
        ("x509_san_dns", "x", leaf),
        ("x509_san_dns", "x", b"x"),
        ("", "", leaf),
    ):
        assert not reading.names_leaf(prefix, rest, octets)


@pytest.mark.parametrize(
    ("query", "word"),
    [
        (None, "no dcql_query"),
        ({"credentials": []}, "no dcql_query"),
        ({"credentials": [{"id": "a"}]}, "without id or format"),
        ({"credentials": [{"id": "a", "format": "dc+sd-jwt", "meta": {}}] * 2}, "one id"),
        ({"credentials": [{"id": "a", "format": "dc+sd-jwt"}]}, "without meta"),
        ({"credentials": [{"id": "a", "format": "dc+sd-jwt", "meta": {}, "claims": [{}]}]}, "without path"),
        ({"credentials": [{"id": "a", "format": "dc+sd-jwt", "meta": {}, "claims": [{"path": ["x"]}]}]}, ""),
    ],
)
def test_queries(query: Any, word: str) -> None:
    assert word in reading.query_trouble(query)


VALUES = st.recursive(
    st.none() | st.booleans() | st.text("ab:", max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["credentials", "id", "meta"]), inner),
    max_leaves=6,
)


@PATIENT
@given(VALUES, VALUES, st.text(max_size=20))
def test_any_request_becomes_facts(header: Any, claims: Any, text: str) -> None:
    for token in (text, f"{jose.b64(json.dumps(header).encode())}.{jose.b64(json.dumps(claims).encode())}.AA"):
        assert not reading.facts(reading.parse(token), "", "", {}).verified
    signed = compact(
        new_key(),
        {"dcql_query": claims, "client_id": claims, "nonce": header, "client_metadata": {"jwks": {"keys": claims}}},
        {"x5c": header, "typ": "x"},
    )
    assert not reading.facts(reading.parse(signed), "", "", {"client_metadata": claims}).verified
