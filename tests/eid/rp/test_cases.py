"""Each case changes exactly one thing of a login that a library of other hands calls good."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import KeySet

from conformance.eid.rp.asks import ROTATED
from conformance.eid.rp.cases import CASES, LARGE_KEYS, Case
from conformance.eid.rp.flight import Flight, request_object
from conformance.eid.rp.provider import Provider
from conformance.eid.rp.reading import WORDS
from conformance.eid.trust import LEVEL_URI
from conformance.wire.jose import unb64
from conformance.wire.serving import Request
from tests.eid.rp.logins import RULES

ISSUER = "https://localhost:9443"
PARAMS = {
    "client_id": "rp",
    "state": "s" * 20,
    "nonce": "n" * 20,
    "code_challenge": "c" * 43,
    "acr_values": f"{LEVEL_URI}substantial",
}
FIXED = ("token_path", "access", "subject", "name", "foreign_subject", "foreign_name")
PASSED = ("control-first", "control-middle", "control-last", "control-second-issuer", "issuer_mismatch", "drip")
"""Cases that change nothing of these parts: controls, metadata, and how octets come."""

MORE: dict[str, set[str]] = {
    "aud_multi_untrusted": {"claim aud", "claim azp"},  # the specification asks for azp where there are several
    "crit_unknown": {"header crit", "header x-conformance"},  # what crit names must be there
    "alg_unexpected": {"header alg", "header kid"},  # a published key of another family
    "ui_sub_wrong": {"userinfo sub", "userinfo name"},  # the data of one other person
    "kid_unknown": {"header kid"},
    "sig_bad": set(),
    **{name: set() for name in ROTATED if name != "kid_unknown"},  # what changes is the key set
}
"""Cases whose one thing shows in more members than one, or in none of these parts."""


@dataclass(frozen=True)
class Made:
    """All that a relying party is given in one login."""

    answer: dict[str, str]
    header: dict[str, Any]
    claims: dict[str, Any]
    token: str
    userinfo: dict[str, Any]


def made(case: Case, alg: str = "ES256") -> tuple[Made, Provider, Flight]:
    provider = Provider(ISSUER, f"{ISSUER}/second", alg, "")
    flight = provider.begin(case, 1_800_000_000, alone=True)
    for name in FIXED:
        setattr(flight, name, f"{name}-" + "0" * 20)
    flight.client_secret = "a secret of nobody's, long enough for HS256"
    answer = provider.authorize(flight, case, PARAMS)
    token = provider.id_token(flight, case)
    header, claims = (json.loads(unb64(part)) for part in token.split(".")[:2])
    return Made(answer, header, claims, token, case.userinfo(flight)), provider, flight


def differing(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def published(provider: Provider) -> list[dict[str, Any]]:
    answer = provider.respond(Request("GET", "/jwks", {}))
    found: list[dict[str, Any]] = json.loads(answer.body)["keys"]
    return found


@pytest.mark.parametrize("name", sorted(set(CASES) - set(PASSED)))
@pytest.mark.parametrize("alg", ["ES256", "RS256"])
def test_a_case_changes_one_thing(name: str, alg: str) -> None:
    good, _, _ = made(CASES["control-first"], alg)
    bad, _, flight = made(CASES[name], alg)
    changed = {
        *(f"answer {each}" for each in differing(good.answer, bad.answer)),
        *(f"claim {each}" for each in differing(good.claims, bad.claims)),
        *(f"header {each}" for each in differing(good.header, bad.header) - {"kid"}),
        *(f"userinfo {each}" for each in differing(good.userinfo, bad.userinfo)),
        *({"header kid"} if bad.header["kid"] != flight.key.kid else ()),
    }
    if name in MORE:
        assert changed == MORE[name]
    else:
        assert len(changed) == 1


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")  # EdDSA is to be called Ed25519
@pytest.mark.parametrize("alg", ["ES256", "RS256", "PS256", "ES384", "EdDSA"])
def test_the_control_is_a_good_token(alg: str) -> None:
    good, provider, _ = made(CASES["control-first"], alg)
    keys = KeySet.import_key_set({"keys": published(provider)})
    token = jwt.decode(good.token, keys, algorithms=[alg])
    registry = jwt.JWTClaimsRegistry(
        now=lambda: 1_800_000_000,
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": "rp"},
        nonce={"essential": True, "value": PARAMS["nonce"]},
        exp={"essential": True},
        iat={"essential": True},
    )
    registry.validate(token.claims)
    assert good.answer == {"code": "token_path-" + "0" * 20, "iss": ISSUER, "state": PARAMS["state"]}


UNSIGNED = ("alg_none", "sig_bad", "hs256_public_key", "hs256_client_secret", "embedded_jwk")


@pytest.mark.parametrize("name", sorted(set(CASES) - set(UNSIGNED) - {"crit_unknown", "kid_unknown"}))
def test_what_is_not_about_signatures_is_well_signed(name: str) -> None:
    token, provider, _ = made(CASES[name])
    if CASES[name].keys in ("redirects", "large", "odd"):
        provider.end(provider._alone[0])  # type: ignore[index]
    keys = KeySet.import_key_set({"keys": published(provider)})
    jws.deserialize_compact(token.token, keys, algorithms=["ES256", "RS256"])


@pytest.mark.parametrize("name", UNSIGNED)
def test_what_is_about_signatures_is_not(name: str) -> None:
    token, provider, _ = made(CASES[name])
    keys = KeySet.import_key_set({"keys": published(provider)})
    with pytest.raises(Exception):  # noqa: B017, PT011 - joserfc has many
        jws.deserialize_compact(token.token, keys, algorithms=["ES256", "RS256", "HS256", "none"])


def test_key_sets() -> None:
    _, provider, _ = made(CASES["odd_key"])
    assert sum(key["kty"] == "conformance-unknown" for key in published(provider)) == 1
    _, provider, _ = made(CASES["jwks_large"])
    octets = len(provider.respond(Request("GET", "/jwks", {})).body)
    assert 1_000_000 < octets < 2_000_000
    assert len(published(provider)) > LARGE_KEYS
    _, provider, _ = made(CASES["jwks_redirects"])
    first = provider.respond(Request("GET", "/jwks", {}))
    assert first.status == 302
    assert first.fields["Location"].startswith(f"{ISSUER}/jwks?")


def test_metadata_name_the_other_issuer_only_in_their_case() -> None:
    wanted = Request("GET", "/second/.well-known/openid-configuration", {})
    _, provider, _ = made(CASES["issuer_mismatch"])
    wrong = json.loads(provider.respond(wanted).body)
    _, provider, _ = made(CASES["control-second-issuer"])
    right = json.loads(provider.respond(wanted).body)
    assert differing(wrong, right) == {"issuer"}
    assert wrong["issuer"] == ISSUER


def test_every_case_is_used_and_has_words() -> None:
    used = {case for rule in RULES.values() for case in rule.params.get("cases", ())}
    assert used == {name for name in CASES if not name.startswith("control")}
    assert set(WORDS) == used


def test_code_is_redeemed_once_and_tokens_end_with_the_login() -> None:
    _, provider, flight = made(CASES["control-first"])
    code = flight.token_path
    provider._flights[code] = (flight, CASES["control-first"])
    ask = Request("POST", "/token", {}, f"code={code}&code_verifier=x".encode())
    assert provider.respond(ask).status == 200
    assert flight.verifier == "other"
    assert provider.respond(ask).status == 400


@given(st.binary(max_size=300), st.text(max_size=60), st.sampled_from(["GET", "POST", "PUT"]))
def test_whatever_strangers_send_is_answered(body: bytes, authorization: str, method: str) -> None:
    provider = Provider(ISSUER, f"{ISSUER}/second", "ES256", "")
    for path in ("/token", "/userinfo", "/par", "/jwks", "/second/token", "/x"):
        answer = provider.respond(Request(method, path, {"authorization": f"Basic {authorization}"}, body))
        assert answer.status in (200, 201, 400, 401, 404)


@given(st.text(max_size=200))
def test_request_objects_and_claims_are_read_or_not(text: str) -> None:
    assert isinstance(request_object(text), dict)
    flight = made(CASES["control-first"])[2]
    flight.params = {"claims": text, "acr_values": text}
    assert isinstance(flight.acr, tuple)
