"""Credential issuers end to end, and answers that are hostile."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.commands.prepare import Request
from conformance.commands.run import execute
from conformance.core.area import Stand
from conformance.core.model import Cell, Service, Status, Target
from conformance.core.secret import Secret
from conformance.eid.issuer import sandbox
from conformance.eid.issuer.area import ISSUER
from conformance.eid.issuer.evidence import Mdoc
from conformance.eid.issuer.observe_codes import asks_for_code, other
from conformance.eid.issuer.reading import issued, metadata
from conformance.eid.issuer.reading_batch import batch, status_list
from conformance.eid.issuer.reading_mdoc import mdoc
from conformance.eid.issuer.reading_metadata import signed_metadata
from conformance.eid.issuer.sandbox_state import Issuer, Reply
from conformance.eid.issuer.session import well_known
from conformance.eid.issuer.stage import POLICIES
from conformance.eid.issuer.tokens import offered_code
from conformance.sandbox import Sandbox, Spec
from conformance.wire import jose
from conformance.wire.exchange import HttpExchange
from conformance.wire.jws import new_key
from tests.written import seen

PATIENT = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def cells_of(tmp_path: Path, policy: str = "good") -> list[Cell]:
    spec = Spec("xa-one", "XA", "one", (Stand("xa-one", "XA", "issuer", "credential-issuer", policy),))
    with Sandbox([spec]) as opened:
        ran = execute(Request(out=tmp_path / "run"), opened.door(), opened.targets, front="loop", quiet=True)
    return list(ran.run.cells)


@pytest.mark.parametrize("policy", POLICIES)
def test_conforming_issuer_is_green(tmp_path: Path, policy: str) -> None:
    cells = cells_of(tmp_path, policy)
    assert [(cell.requirement, cell.detail) for cell in cells if cell.status is not Status.PASS] == []
    assert len(cells) == 16


def test_offer_that_was_used_leaves_what_needs_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "token", lambda *_: (400, {"error": "invalid_grant"}, {}))
    found = {cell.requirement: (cell.status.value, cell.reason) for cell in cells_of(tmp_path)}
    assert found["EID-VCI-01"] == found["EID-VCI-04"] == ("pass", "")
    assert found["EID-VCI-05"] == found["EID-VCI-09"] == found["EID-VCI-13"] == ("not-tested", "no-credential")


def test_the_offer_that_gave_the_token_is_no_spare_one(tmp_path: Path) -> None:
    """Its code is used up, so that whatever transaction code is tried is refused."""
    spec = Spec("xa-one", "XA", "one", (Stand("xa-one", "XA", "issuer", "credential-issuer", "good"),))
    with Sandbox([spec]) as opened:
        (target,) = opened.targets
        (service,) = target.services
        text = service.settings["offer"].reveal()  # the file has another offer once this one is used
        (tmp_path / "same.json").write_bytes(text)
        same = {**service.settings, "spare_offer": Secret("file:same.json", tmp_path)}
        target = replace(target, services=(replace(service, settings=same),))
        request = Request(out=tmp_path / "run", only=("EID-VCI-13",))
        ran = execute(request, opened.door(), [target], front="loop", quiet=True)
    (cell,) = [each for each in ran.run.cells if each.requirement == "EID-VCI-13"]
    assert (cell.status.value, cell.reason) == ("not-tested", "no-credential")
    assert "the one that gave the token" in cell.detail


def test_issuer_that_refuses_everything_passes_nothing_negative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "credential", lambda *_: (400, {"error": "invalid_proof"}, {}))
    found = {cell.requirement: (cell.status.value, cell.reason) for cell in cells_of(tmp_path)}
    needy = ("VCI-05", "VCI-06", "VCI-07", "VCI-08", "VCI-09", "VCI-10", "VCI-11", "VCI-12", "TSL-04", "MDOC-06")
    for requirement_id in needy:
        assert found[f"EID-{requirement_id}"] == ("error", "control-failed")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({}, {"EID-VCI-05", "EID-VCI-13", "EID-MDOC-06"}),
        ({"offer": "x"}, {"EID-VCI-03", "EID-VCI-06", "EID-VCI-12", "EID-VCI-13", "EID-MDOC-06"}),
        ({"access_token": "x", "client_id": "x", "redirect_uri": "x", "nonce_seconds": 1}, {"EID-VCI-12"}),
    ],
)
def test_plan_says_what_the_manifest_leaves_out(settings: dict[str, Any], named: set[str]) -> None:
    service = Service("issuer", "credential-issuer", settings=settings)
    found = {each for gap in ISSUER.gaps(Target("xa-x", "XA", "x", (service,)), service) for each in gap.requirements}
    assert named <= found
    assert ("EID-VCI-03" in found) == ("EID-VCI-03" in named)


@pytest.mark.parametrize("listed", [None, [], {"person": 1}, {"person": {"format": [], "scope": 1}}])
def test_metadata_that_is_odd_ends_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: Any) -> None:
    right = sandbox.members
    monkeypatch.setattr(
        sandbox, "members", lambda issuer: {**right(issuer), "credential_configurations_supported": listed}
    )
    assert "internal" not in {cell.reason for cell in cells_of(tmp_path)}


@pytest.mark.parametrize("place", ["https://[x", "", "https://wallet.example/callback?error=access_denied"])
def test_authorization_that_leads_nowhere_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.setattr(sandbox, "authorize", lambda *_: (303, b"", {"Location": place}))
    (cell,) = [each for each in cells_of(tmp_path) if each.requirement == "EID-VCI-03"]
    assert (cell.status, [each.message for each in cell.violations]) == (
        Status.WARNING,
        ["a pushed request leads to no login and no code"],
    )


def test_evidence_holds_no_token_and_no_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    canary = "canary-access-token-0123456789"

    def canary_token(issuer: Issuer, *_: Any) -> Reply:
        issuer.tokens.add(canary)
        return 200, {"access_token": canary}, {}

    monkeypatch.setattr(sandbox, "token", canary_token)
    assert {cell.requirement for cell in cells_of(tmp_path) if cell.status is not Status.PASS} == {
        "EID-VCI-03",  # the token for a code is no DPoP one
        "EID-VCI-12",  # no wallet attestation is refused
        "EID-VCI-13",  # the code is good for ever
    }
    written = seen(tmp_path / "run")
    assert canary.encode() not in written
    assert b"Santos" not in written


@pytest.mark.parametrize(
    ("identifier", "url"),
    [
        ("https://i.example", "https://i.example/.well-known/openid-credential-issuer"),
        ("https://i.example/", "https://i.example/.well-known/openid-credential-issuer"),
        ("https://i.example/t/1", "https://i.example/.well-known/openid-credential-issuer/t/1"),
    ],
)
def test_well_known_place(identifier: str, url: str) -> None:
    assert well_known(identifier, "openid-credential-issuer") == url


def test_offer_as_json_or_as_code() -> None:
    grants = {"urn:ietf:params:oauth:grant-type:pre-authorized_code": {"pre-authorized_code": "c"}}
    assert offered_code(json.dumps({"grants": grants})) == "c"
    assert offered_code("c") == "c"


KEY = new_key()
PARTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("_sd.ab", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["_sd", "...", "cnf", "jwk"]), inner),
    max_leaves=8,
)


@PATIENT
@given(PARTS, st.lists(PARTS, max_size=3))
def test_any_credential_becomes_facts(claims: Any, disclosures: list[Any]) -> None:
    parts = [jose.b64(json.dumps(each).encode()) for each in disclosures]
    for header in ({"alg": "ES256", "x5c": ["AAAA"]}, {"alg": None, "kid": claims}, claims):
        token = f"{jose.b64(json.dumps(header).encode())}.{jose.b64(json.dumps(claims).encode())}.AAAA"
        found = issued("~".join([token, *parts, ""]), {"keys": [claims, {"kid": claims}]}, KEY.public_jwk, "", 0)
        assert not found.verified


@PATIENT
@given(st.binary(max_size=60) | PARTS.map(json.dumps).map(str.encode))
def test_any_metadata_becomes_facts(body: bytes) -> None:
    for octets in (body, b'{"credential_configurations_supported":{"a":' + body + b"}}"):
        assert not metadata(answered(octets), "https://i.example").endpoints


def answered(body: bytes, kind: str = "") -> HttpExchange:
    moment = datetime(2026, 11, 27, tzinfo=UTC)
    fields = (("content-type", kind),) if kind else ()
    return HttpExchange("GET", "https://i.example", 200, fields, body, moment, moment, (2, ("127.0.0.1", 1)))


@PATIENT
@given(PARTS, PARTS)
def test_any_signed_metadata_status_list_or_batch_becomes_facts(header: Any, claims: Any) -> None:
    parts = [jose.b64(json.dumps(each).encode()) for each in (header, claims)]
    token = f"{parts[0]}.{parts[1]}.AAAA"
    assert not signed_metadata(answered(token.encode(), "application/jwt"), {}, "https://i.example", 0).verified
    listed = jose.b64(json.dumps({"status_list": {"bits": claims, "lst": header}}).encode())
    for body in (token, f"{parts[0]}.{listed}.AAAA", str(claims)):
        assert status_list(answered(body.encode("utf-8", "replace")), 0, personal=False).entries == 0
    assert not batch([token, f"{token}~{parts[1]}~"], [KEY.public_jwk], 2, 200).keys


@PATIENT
@given(st.binary(max_size=60))
def test_any_mdoc_becomes_facts(octets: bytes) -> None:
    assert mdoc(jose.b64(octets), Mdoc()).trouble
    assert mdoc("\0", Mdoc()).trouble


def test_status_lists_are_not_inflated_beyond_a_limit() -> None:
    bomb = jose.b64(zlib.compress(bytes(40_000_000), 9))
    claims = jose.b64(json.dumps({"status_list": {"bits": 8, "lst": bomb}}).encode())
    assert status_list(answered(f"e30.{claims}.AA".encode()), 0, personal=False).entries == 16_777_216


def test_transaction_codes_that_are_wrong() -> None:
    assert len({other("1234", count) for count in range(9)}) == 9
    assert "1234" not in {other("1234", count) for count in range(20)}
    assert other("abx", 0) == "aby"
    assert not asks_for_code("c")
    assert asks_for_code(
        json.dumps({"grants": {"urn:ietf:params:oauth:grant-type:pre-authorized_code": {"tx_code": {}}}})
    )
