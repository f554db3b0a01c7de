"""Credential issuers end to end, and answers that are hostile."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.commands.prepare import Request
from conformance.commands.run import execute
from conformance.core.area import Stand
from conformance.core.model import Cell, Status
from conformance.eid.issuer import sandbox
from conformance.eid.issuer.reading import issued, metadata
from conformance.eid.issuer.session import offered_code, well_known
from conformance.eid.issuer.stage import POLICIES
from conformance.sandbox import Sandbox, Spec
from conformance.wire import jose
from conformance.wire.exchange import HttpExchange
from conformance.wire.jws import new_key

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
    assert len(cells) == 7


def test_offer_that_was_used_leaves_what_needs_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "token", lambda *_: (400, {"error": "invalid_grant"}, {}))
    found = {cell.requirement: (cell.status.value, cell.reason) for cell in cells_of(tmp_path)}
    assert found["EID-VCI-01"] == found["EID-VCI-04"] == ("pass", "")
    assert found["EID-VCI-05"] == found["EID-VCI-09"] == ("not-tested", "no-credential")


def test_issuer_that_refuses_everything_passes_nothing_negative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "credential", lambda *_: (400, {"error": "invalid_proof"}, {}))
    found = {cell.requirement: (cell.status.value, cell.reason) for cell in cells_of(tmp_path)}
    for requirement_id in ("EID-VCI-05", "EID-VCI-07", "EID-VCI-08", "EID-VCI-09"):
        assert found[requirement_id] == ("error", "control-failed")


def test_evidence_holds_no_token_and_no_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    canary = "canary-access-token-0123456789"

    def canary_token(issuer: sandbox.Issuer, _: Any) -> sandbox.Reply:
        issuer.tokens.add(canary)
        return 200, {"access_token": canary}, {}

    monkeypatch.setattr(sandbox, "token", canary_token)
    assert {cell.status for cell in cells_of(tmp_path)} == {Status.PASS}
    written = b"".join(path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file())
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
    moment = datetime(2026, 11, 27, tzinfo=UTC)
    for octets in (body, b'{"credential_configurations_supported":{"a":' + body + b"}}"):
        exchange = HttpExchange("GET", "https://i.example", 200, (), octets, moment, moment, (2, ("127.0.0.1", 1)))
        assert not metadata(exchange, "https://i.example").endpoints
