"""The judges on evidence: green on what a conforming provider shows, red where one thing differs, never on nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from conformance.areas import AREAS
from conformance.core.area import Job, Stand
from conformance.core.judging import JudgeEntry, load_judges
from conformance.core.model import (
    NotApplicable,
    NotTested,
    Reason,
    Requirement,
    Rule,
    Service,
    Undecided,
    Untested,
    Violation,
)
from conformance.core.profile import load_profile
from conformance.eid.op import evidence as ev
from conformance.eid.op.area import OBSERVATIONS
from conformance.eid.op.asks import asks
from conformance.eid.op.observe import observe_one
from conformance.sandbox import Sandbox, Spec

PROFILES = {name: load_profile(name) for name in ("asean", "asean-high")}
RULES = {r.id: r for r in PROFILES["asean"].requirements.values() if "openid-provider" in r.roles and not r.derives}
JUDGES = {name: entry for name, entry in load_judges(AREAS).items() if name in RULES}
Records = dict[str, Any]


@dataclass(frozen=True)
class Good:
    """What the conforming sandbox showed."""

    service: Service
    records: Records
    observed_at: datetime


@pytest.fixture(scope="module")
def good() -> Good:
    stand = Stand("xy-good", "XY", "op", "openid-provider", "encrypted")
    with Sandbox([Spec("xy-good", "XY", "good", (stand,))]) as sandbox:
        target = sandbox.targets[0]
        asked = frozenset().union(*(asks(rule) for rule in RULES.values()))
        observed = observe_one(Job(target, target.services[0], asked), sandbox.door())
    assert observed.failures == {}
    return Good(target.services[0], dict(observed.records), observed.observed_at)


def run(entry: JudgeEntry, requirement: Requirement, good: Good, records: Mapping[str, Any]) -> list[Violation]:
    """The violations of one judge. Raises what it raises."""
    context = {
        "rule": Rule(requirement.id, requirement.params),
        "service": good.service,
        "claims": {},
        "observed_at": good.observed_at,
    }
    return list(entry.function(*[context.get(name, records.get(name)) for name in entry.arguments]))


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", [each for each in RULES if each not in ("EID-PAR-08", "EID-TOK-07")])
def test_the_conforming_provider_is_green(name: str, profile: str, good: Good) -> None:
    assert run(JUDGES[name], PROFILES[profile].requirements[name], good, good.records) == []


@pytest.mark.parametrize("name", ["EID-PAR-08", "EID-TOK-07"])
def test_what_is_slow_is_not_tested(name: str, good: Good) -> None:
    with pytest.raises(Untested, match="opt-in"):
        run(JUDGES[name], RULES[name], good, good.records)


def emptied(kind: type) -> Any:
    """A record of this kind in which nothing was seen."""
    needed = {
        "issuer": "https://a",
        "url": "https://a/jwks",
        "scheme": "https",
        "status": 0,
        "media_type": "",
        "redirects": 0,
        "metadata": {},
        "cache_control": "",
        "count": 0,
        "keys": (),
    }
    missing = [each.name for each in msgspec.structs.fields(kind) if each.required]
    return kind(**{name: needed[name] for name in missing})


@pytest.mark.parametrize("name", RULES)
def test_nothing_seen_is_never_a_pass(name: str, good: Good) -> None:
    records = {observation: emptied(kind) for observation, kind in OBSERVATIONS.items()}
    try:
        violations = run(JUDGES[name], RULES[name], good, records)
    except (Undecided, Untested, NotApplicable):
        return
    assert violations, f"{name} is green on nothing"


WITH_TRIALS = {name: rule for name, rule in RULES.items() if "trials" in rule.params}


def with_trial(records: Records, observation: str, name: str, trial: ev.Trial) -> Records:
    record = records[observation]
    return {**records, observation: replace(record, trials={**record.trials, name: trial})}


def observation_of(requirement: str) -> str:
    return next(each for each in JUDGES[requirement].observations)


TRIALS = [(name, trial) for name, rule in WITH_TRIALS.items() for trial in rule.params["trials"]]


@pytest.mark.parametrize(("name", "trial"), TRIALS, ids=[f"{name}-{trial}" for name, trial in TRIALS])
def test_each_trial_counts(name: str, trial: str, good: Good) -> None:
    rule, entry, observation = RULES[name], JUDGES[name], observation_of(name)
    seen = good.records[observation].trials[trial]
    if seen.outcome in ("absent", "untested"):
        seen = ev.Trial("refused", controlled=True)
    other: ev.Outcome = "refused" if seen.outcome == "granted" else "granted"
    turned = replace(seen, outcome=other, controlled=True)
    assert run(entry, rule, good, with_trial(good.records, observation, trial, turned))
    for reason, error in ((Reason.TIMEOUT, Undecided), (NotTested.NO_CREDENTIAL, Untested)):
        kind: ev.Outcome = "undecided" if error is Undecided else "untested"
        with pytest.raises(error):
            run(entry, rule, good, with_trial(good.records, observation, trial, ev.Trial(kind, reason=reason.value)))
    uncontrolled = ev.Trial("refused", controlled=False)
    with pytest.raises(Undecided, match="control"):
        run(entry, rule, good, with_trial(good.records, observation, trial, uncontrolled))


# (requirement, observation, changes of its record): each must be a violation.
CHANGES: list[tuple[str, str, Mapping[str, Any]]] = [
    ("EID-DISC-01", "discovery", {"status": 301}),
    ("EID-DISC-01", "discovery", {"media_type": "text/html"}),
    ("EID-DISC-01", "discovery", {"+metadata": {"token_endpoint": 5}}),
    ("EID-DISC-01", "discovery", {"+metadata": {"response_types_supported": []}}),
    ("EID-DISC-02", "discovery", {"+metadata": {"issuer": "https://LOCALHOST"}}),
    ("EID-DISC-02", "discovery", {"issuer": "http://a", "+metadata": {"issuer": "http://a"}}),
    ("EID-DISC-02", "discovery", {"issuer": "https://a?x", "+metadata": {"issuer": "https://a?x"}}),
    ("EID-DISC-03", "discovery", {"oauth_status": 404}),
    ("EID-DISC-03", "discovery", {"oauth_differs": ("issuer",)}),
    ("EID-DISC-04", "discovery", {"places": {"jwks_uri": ev.Place("http://a", "http", "GET")}}),
    ("EID-DISC-04", "discovery", {"places": {"jwks_uri": ev.Place("https://a", "https", "GET", 404)}}),
    ("EID-DISC-04", "discovery", {"places": {"token_endpoint": ev.Place("https://a", "https", "POST", 502)}}),
    ("EID-DISC-05", "discovery", {"+metadata": {"response_types_supported": ["id_token"]}}),
    ("EID-DISC-06", "discovery", {"+metadata": {"grant_types_supported": ["authorization"]}}),
    ("EID-DISC-06", "discovery", {"+metadata": {"response_types_supported": ["code refresh_token"]}}),
    ("EID-DISC-07", "discovery", {"+metadata": {"code_challenge_methods_supported": ["S256", "plain"]}}),
    ("EID-DISC-07", "discovery", {"-metadata": "code_challenge_methods_supported"}),
    ("EID-DISC-08", "discovery", {"+metadata": {"authorization_response_iss_parameter_supported": "true"}}),
    ("EID-DISC-09", "discovery", {"-metadata": "pushed_authorization_request_endpoint"}),
    ("EID-DISC-10", "discovery", {"-metadata": "token_endpoint_auth_methods_supported"}),
    ("EID-DISC-11", "discovery", {"+metadata": {"id_token_signing_alg_values_supported": ["HS256"]}}),
    ("EID-DISC-11", "discovery", {"+metadata": {"request_object_signing_alg_values_supported": ["none"]}}),
    ("EID-DISC-12", "discovery", {"+metadata": {"id_token_signing_alg_values_supported": ["ES384"]}}),
    ("EID-DISC-13", "levels", {"advertised": None}),
    ("EID-DISC-13", "levels", {"advertised": ()}),
    ("EID-DISC-13", "levels", {"advertised": ("urn:unknown",)}),
    ("EID-DISC-14", "discovery", {"+metadata": {"claims_supported": ["sub"]}}),
    ("EID-DISC-15", "discovery", {"+metadata": {"subject_types_supported": ["public"]}}),
    ("EID-JWKS-01", "jwks", {"status": 500}),
    ("EID-JWKS-01", "jwks", {"scheme": "http"}),
    ("EID-JWKS-01", "jwks", {"media_type": "text/plain"}),
    ("EID-JWKS-01", "jwks", {"keys": ()}),
    ("EID-JWKS-02", "jwks", {"metadata_private": ("d",)}),
    ("EID-JWKS-02", "jwks", {"*keys": {"private": ("d",)}}),
    ("EID-JWKS-03", "jwks", {"*keys": {"kid": None}}),
    ("EID-JWKS-03", "jwks", {"*keys": {"kid": "PS"}}),
    ("EID-JWKS-04", "jwks", {"*keys": {"key_type": "RSA", "bits": 1024, "exponent": "ok"}}),
    ("EID-JWKS-04", "jwks", {"*keys": {"key_type": "RSA", "bits": 2048, "exponent": "small"}}),
    ("EID-JWKS-04", "jwks", {"*keys": {"crv": "secp256k1"}}),
    ("EID-JWKS-04", "jwks", {"*keys": {"on_curve": False}}),
    ("EID-JWKS-04", "jwks", {"*keys": {"readable": "no member x"}}),
    ("EID-JWKS-05", "jwks", {"*keys": {"use": "", "alg": ""}}),
    ("EID-JWKS-05", "jwks", {"*keys": {"alg": "RS256"}}),
    ("EID-JWKS-05", "jwks", {"*keys": {"certificate": "is out of date"}}),
    ("EID-JWKS-07", "jwks", {"cache_control": "no-store"}),
    ("EID-JWKS-07", "jwks", {"cache_control": "max-age=1"}),
    ("EID-JWKS-07", "jwks", {"cache_control": "max-age=864000"}),
    ("EID-PAR-01", "par", {"status": 200}),
    ("EID-PAR-01", "par", {"expires_in": 601.0}),
    ("EID-PAR-01", "par", {"integer": False}),
    ("EID-PAR-01", "par", {"has_uri": False}),
    ("EID-PAR-01", "par", {"cache_control": ""}),
    ("EID-PAR-12", "authorization", {"leaks": ("redirect: access token",)}),
    ("EID-AUT-02", "authorization", {"*answers": ("plain", {"iss": None})}),
    ("EID-AUT-02", "authorization", {"*answers": ("no-prompt", {"iss": "https://other"})}),
    ("EID-AUT-03", "authorization", {"*answers": ("long-state", {"state": "other"})}),
    ("EID-AUT-03", "authorization", {"*answers": ("no-state", {"state": "other"})}),
    ("EID-AUT-06", "authorization", {"*answers": ("no-prompt", {"error": ""})}),
    ("EID-AUT-06", "authorization", {"*answers": ("no-prompt", {"has_code": True})}),
    ("EID-AUT-06", "authorization", {"*answers": ("no-prompt", {"error": "server_error"})}),
    ("EID-AUT-07", "authorization", {"reauthenticated": {"prompt": False, "max_age": True}}),
    ("EID-AUT-07", "authorization", {"auth_time_moved": {"prompt": True, "max_age": None}}),
    ("EID-AUT-07", "authorization", {"auth_time_moved": {"prompt": False, "max_age": True}}),
    ("EID-AUT-08", "authorization", {"credential_redirects": (307,)}),
    ("EID-AUT-08-S", "authorization", {"credential_redirects": (302,)}),
    ("EID-AUT-09", "authorization", {"allow_origin": ("*",)}),
    (
        "EID-AUT-10",
        "authorization",
        {
            "pages": 1,
            "page_fields": dict.fromkeys(
                ("cache-control", "x-frame-options", "content-security-policy", "referrer-policy"), ("",)
            ),
        },
    ),
    ("EID-AUT-12", "authorization", {"nonce_echoed": False}),
    ("EID-TOK-08", "token", {"*answer": {"cache_control": ""}}),
    ("EID-TOK-08", "token", {"*answer": {"token_type": ""}}),
    ("EID-TOK-08", "token", {"*answer": {"expires_in": -1}}),
    ("EID-TOK-08", "token", {"*answer": {"media_type": "text/plain"}}),
    ("EID-TOK-08", "token", {"in_url": True}),
    ("EID-TOK-09", "token", {"errors": {"x": ev.TokenAnswer(500, "", "", ())}}),
    ("EID-TOK-09", "token", {"errors": {"x": ev.TokenAnswer(400, "", "", (), error="oops", is_json=True)}}),
    (
        "EID-TOK-09",
        "token",
        {
            "errors": {
                "x": ev.TokenAnswer(401, "", "", (), error="invalid_client", is_json=True, sent_authorization=True)
            }
        },
    ),
    ("EID-TOK-13", "token", {"values": ev.AccessTokens({"code": (20, 8, 48, 0)})}),
    ("EID-TOK-13", "token", {"values": ev.AccessTokens({"code": (20, 32, 190, 1)})}),
    ("EID-TOK-14", "token", {"values": ev.AccessTokens({"code": (20, 32, 190, 0)}, jwt=True, jwt_typ="JWT")}),
    ("EID-TOK-15", "token", {"parallel": (2, 1)}),
    ("EID-DPOP-02", "dpop", {"token_type": "Bearer"}),
    ("EID-DPOP-02", "dpop", {"bound": False}),
    ("EID-DPOP-10", "dpop", {"retried": False}),
    ("EID-IDT-01", "id_token", {"*tokens": {"verified": False, "trouble": "the signature does not verify"}}),
    ("EID-IDT-01", "id_token", {"*tokens": {"alg": "RS256"}}),
    ("EID-IDT-01", "id_token", {"registered_alg": "", "*tokens": {"alg": "RS512"}}),
    ("EID-IDT-02", "id_token", {"*tokens": {"missing": ("exp",)}}),
    ("EID-IDT-02", "id_token", {"*tokens": {"iss": "https://other"}}),
    ("EID-IDT-02", "id_token", {"*tokens": {"audience_contains": False}}),
    ("EID-IDT-02", "id_token", {"*tokens": {"expires_in_seconds": -1}}),
    ("EID-IDT-02", "id_token", {"*tokens": {"age_seconds": 301}}),
    ("EID-IDT-02", "id_token", {"*tokens": {"age_seconds": -301}}),
    ("EID-IDT-02", "id_token", {"*tokens": {"lifetime_seconds": 3601}}),
    ("EID-IDT-03", "id_token", {"*tokens": {"nonce": "absent"}}),
    ("EID-IDT-04", "id_token", {"*tokens": {"audience_count": 2}}),
    ("EID-IDT-04", "id_token", {"*tokens": {"azp": "other"}}),
    ("EID-IDT-05", "id_token", {"*tokens": {"at_hash": False}}),
    ("EID-IDT-06", "id_token", {"*tokens": {"not_integers": ("exp",)}}),
    ("EID-IDT-06", "id_token", {"*tokens": {"auth_time": 0}}),
    ("EID-IDT-06", "id_token", {"*tokens": {"auth_time": 5, "auth_time_after_iat": True}}),
    ("EID-IDT-07", "id_token", {"*tokens": {"sub_length": 256}}),
    ("EID-IDT-07", "id_token", {"*tokens": {"sub_ascii": False}}),
    ("EID-IDT-07", "id_token", {"*tokens": {"sub_pattern": "national-number"}}),
    ("EID-IDT-07", "id_token", {"stable_sub": False}),
    ("EID-IDT-08", "id_token", {"*tokens": {"encrypted": False}}),
    ("EID-IDT-08", "id_token", {"*tokens": {"jwe_enc": "A128GCM"}}),
    ("EID-IDT-08", "id_token", {"*tokens": {"verified": False}}),
    ("EID-LOA-01", "assurance", {"answers": {"acr_values": ""}}),
    ("EID-LOA-01", "assurance", {"answers": {"essential": "urn:other"}}),
    ("EID-LOA-02", "assurance", {"answers": {"acr_values": "tag:conformance.example,2026:e-id:level:low"}}),
    ("EID-LOA-02", "assurance", {"answers": {"acr_values": "urn:unmapped"}}),
    ("EID-LOA-04", "levels", {"advertised": ("f",), "factors": ("f",)}),
    ("EID-LOA-04", "levels", {"advertised": ("a",), "levels": {"a": ("low", "high")}}),
    ("EID-LOA-05", "assurance", {"auth_time": False}),
    ("EID-LOA-05", "assurance", {"amr": False}),
    ("EID-LOA-06", "assurance", {"verified_claims": None}),
    ("EID-LOA-06", "assurance", {"verified_claims": ("trust_framework",)}),
    ("EID-UI-01", "userinfo", {"same_sub": False}),
    ("EID-UI-01", "userinfo", {"same_sub": None}),
    ("EID-UI-02", "userinfo", {"challenge": {"junk-token": "403 Bearer"}}),
    ("EID-UI-02", "userinfo", {"challenge": {"without-token": "401 "}}),
    ("EID-UI-04", "userinfo", {"minimal": ("name",)}),
    ("EID-UI-05", "userinfo", {"shapes": ("birthdate: x",)}),
    ("EID-UI-06", "userinfo", {"jwt_problem": "the signature does not verify"}),
    ("EID-UI-06", "userinfo", {"jwt_missing": ("aud",)}),
    ("EID-REV-01", "revocation", {"status_own": 400}),
    ("EID-REV-01", "revocation", {"status_unknown": 404}),
    ("EID-INT-01", "introspection", {"active_own": False}),
    ("EID-INT-01", "introspection", {"active_junk": True}),
    ("EID-INT-01", "introspection", {"status_unauthenticated": 200}),
    ("EID-INT-01", "introspection", {"cnf": False}),
    ("EID-INT-01", "introspection", {"cnf": False, "expected": "x5t#S256", "refused_unauthenticated": "alert"}),
    ("EID-DPOP-02", "dpop", {"bound": False, "by_certificate": True, "token_type": "Bearer"}),
    ("EID-INT-02", "introspection", {"disclosed": ("sub",)}),
    ("EID-COR-01", "cors", {"answers": {"token_endpoint": ("https://foreign.example", "true")}}),
    ("EID-ERR-01", "robustness", {"answers": {"x": ev.Mishap(500)}}),
    ("EID-ERR-01", "robustness", {"answers": {"x": ev.Mishap(400, ("form to https://a",))}}),
    ("EID-TRU-01", "trust", {"listed": False}),
    ("EID-TRU-01", "trust", {"jwks_host_listed": False}),
    ("EID-TRU-01", "trust", {"unlisted_certificates": ("0" * 64,)}),
    ("EID-TRU-01", "trust", {"service_ends_in_days": -1}),
    ("EID-TRU-02", "trust", {"status": "suspended"}),
]


def changed(record: Any, changes: Mapping[str, Any]) -> Any:
    """The record with changes: `+name` adds to a mapping, `-name` takes a key out, `*name` changes what is inside."""
    for key, value in changes.items():
        mark, name = key[0], key.lstrip("+-*")
        old: Any = getattr(record, name)
        new: Any
        if mark == "+":
            new = {**old, **value}
        elif mark == "-":
            new = {each: old[each] for each in old if each != value}
        elif mark == "*" and isinstance(old, tuple):
            new = (replace(old[0], **value), *old[1:])
        elif mark == "*" and isinstance(value, tuple):
            new = {**old, value[0]: replace(old[value[0]], **value[1])}
        elif mark == "*" and isinstance(old, Mapping):
            new = {**old, "plain": replace(old["plain"], **value)}
        elif mark == "*":
            new = replace(old, **value)
        else:
            new = value
        record = replace(record, **{name: new})
    return record


@pytest.mark.parametrize(
    ("name", "observation", "changes"), [each for each in CHANGES if each[2]], ids=lambda each: str(each)[:60]
)
def test_one_change_is_one_violation(name: str, observation: str, changes: Mapping[str, Any], good: Good) -> None:
    records = {**good.records, observation: changed(good.records[observation], changes)}
    assert run(JUDGES[name], RULES[name], good, records)


def test_rotation_counts_in_the_stricter_tier_alone(good: Good) -> None:
    records = {**good.records, "refresh": replace(good.records["refresh"], rotated=True)}
    for profile, expected in (("asean", 0), ("asean-high", 1)):
        rule = PROFILES[profile].requirements["EID-TOK-12"]
        assert len(run(JUDGES["EID-TOK-12"], rule, good, records)) == expected


def test_front_channel_types_count_in_the_stricter_tier_alone(good: Good) -> None:
    discovery = changed(
        good.records["discovery"], {"+metadata": {"response_types_supported": ["code", "code id_token"]}}
    )
    for profile, expected in (("asean", 0), ("asean-high", 1)):
        rule = PROFILES[profile].requirements["EID-DISC-05"]
        assert len(run(JUDGES["EID-DISC-05"], rule, good, {**good.records, "discovery": discovery})) == expected


def test_tokens_that_cannot_be_bound_count_in_the_stricter_tier_alone(good: Good) -> None:
    rule, judge = PROFILES["asean-high"].requirements["EID-HIGH-01"], load_judges(AREAS)["EID-HIGH-01"]
    assert rule.id not in PROFILES["asean"].requirements
    offered = good.records["discovery"]
    silent = changed(offered, {"-metadata": "dpop_signing_alg_values_supported"})
    bound = good.records["dpop"]
    bearer = replace(bound, token_type="Bearer", bound=None)
    unused = replace(bearer, absent="the client uses neither")
    for discovery, dpop, expected in (
        (offered, bound, 0),
        (silent, bound, 0),
        (silent, replace(bearer, bound=True, by_certificate=True), 0),
        (silent, bearer, 1),
        (silent, unused, 1),
    ):
        assert len(run(judge, rule, good, {**good.records, "discovery": discovery, "dpop": dpop})) == expected
    by_certificate = changed(silent, {"+metadata": {"tls_client_certificate_bound_access_tokens": True}})
    for discovery in (offered, by_certificate):
        with pytest.raises(Untested, match="the client uses neither"):
            run(judge, rule, good, {**good.records, "discovery": discovery, "dpop": unused})
    with pytest.raises(Undecided):
        run(judge, rule, good, {**good.records, "discovery": changed(silent, {"metadata": {}})})


TROUBLES = [
    (name, ask.partition(":")[0], ask.partition(":")[2])
    for name, rule in RULES.items()
    for ask in sorted(asks(rule))
    if ask.partition(":")[0]
    in ("par", "authorization", "token", "dpop", "id_token", "assurance", "userinfo", "revocation", "introspection")
    and ask.partition(":")[2] not in rule.params.get("trials", ())
    and name not in ("EID-PAR-12", "EID-AUT-08", "EID-AUT-08-S", "EID-AUT-10", "EID-DPOP-10", "EID-AUT-02")
]


@pytest.mark.parametrize(("name", "observation", "detail"), TROUBLES, ids=[f"{n}-{d}" for n, _, d in TROUBLES])
def test_what_could_not_be_seen_decides_nothing(name: str, observation: str, detail: str, good: Good) -> None:
    record = replace(good.records[observation], troubles={detail: ("timeout", "no answer")})
    with pytest.raises(Undecided, match="no answer"):
        run(JUDGES[name], RULES[name], good, {**good.records, observation: record})


def test_there_is_a_change_for_every_requirement_without_trials() -> None:
    assert set(RULES) - {name for name, _, _ in CHANGES} - set(WITH_TRIALS) == set()
