"""ID tokens and levels of assurance: whole logins with one thing changed, and what the token then says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from conformance.core.model import NotTested, Untested
from conformance.eid.op.evidence import Assurance, IdToken, IdTokenFacts, Trial, Troubles
from conformance.eid.op.observe_userinfo import legible_members
from conformance.eid.op.preflight import Run, legible, read_token
from conformance.eid.op.session import ask_for, read_userinfo, redeem, visit
from conformance.eid.op.trials import code_trial, needed_code
from conformance.wire.cookies import Jar
from conformance.wire.jws import random_id

Looked = tuple[IdTokenFacts, Mapping[str, Any]]


def look(run: Run, changes: Mapping[str, str | None] | None = None, jar: Jar | None = None) -> Looked:
    """One login, and its ID token's facts and claims."""
    flight = needed_code(visit(run.provider, ask_for(run.provider, changes), jar=jar))
    return legible(run.provider, redeem(run.provider, flight), flight, run.keys)


def without_nonce(run: Run) -> IdTokenFacts:
    """The ID token of a request without nonce."""
    return look(run, {"nonce": None})[0]


def again(run: Run) -> bool:
    """Whether a second login of the same user, in a fresh browser, has the same subject."""
    return bool(look(run, jar=Jar())[1].get("sub") == run.control.claims.get("sub"))


TOKEN_FACTS: Mapping[str, Callable[[Run], Any]] = {
    "plain": lambda run: run.control.token_facts,
    "no-nonce": without_nonce,
    "again": again,
}


def id_token_record(run: Run, facts: Mapping[str, Any], trials: Mapping[str, Trial], troubles: Troubles) -> IdToken:
    """The ID tokens."""
    listed = run.provider.metadata.get("id_token_signing_alg_values_supported")
    return IdToken(
        tokens={name: facts[name] for name in ("plain", "no-nonce") if name in facts},
        registered_alg=run.provider.client.id_token_alg,
        registered_encryption=run.provider.client.encryption,
        advertised=tuple(str(each)[:40] for each in listed[:50]) if isinstance(listed, list) else (),
        stable_sub=facts.get("again"),
        trials=trials,
        troubles=troubles,
    )


def claims_for(acr: str | None = None, **members: Any) -> dict[str, str | None]:
    """The parameter `claims` for the ID token, with an essential acr."""
    wanted: dict[str, Any] = dict(members)
    if acr is not None:
        wanted["acr"] = {"essential": True, "values": [acr]}
    return {"claims": json.dumps({"id_token": wanted}, separators=(",", ":"))}


def requested(run: Run) -> str:
    """The acr value that the manifest says to ask for. Raises Untested."""
    if not run.provider.settings.acr:
        raise Untested(NotTested.NO_CREDENTIAL, "the manifest names no level of assurance to ask for (acr)")
    return run.provider.settings.acr


def by_values(run: Run) -> str:
    """The acr that acr_values bring, empty where the ID token has none."""
    return look(run, {"acr_values": requested(run)}, Jar())[0].acr or ""


def by_essential(run: Run) -> str | None:
    """The acr that an essential claim brings; None where the provider takes no `claims` parameter."""
    if run.provider.metadata.get("claims_parameter_supported") is not True:
        return None
    return look(run, claims_for(requested(run)), Jar())[0].acr or ""


def on_request(run: Run) -> tuple[bool, bool]:
    """Whether auth_time and amr come where they are asked for, by max_age and, where it is taken, by `claims`."""
    changes: dict[str, str | None] = {"max_age": "3600"}
    if run.provider.metadata.get("claims_parameter_supported") is True:
        changes |= claims_for(auth_time={"essential": True}, amr={"essential": True})
    found = look(run, changes)[0]
    return found.auth_time is not None, found.amr is not None


def verified_claims(run: Run) -> tuple[str, ...] | None:
    """Members of `verified_claims.verification` from UserInfo, where the metadata offers them; None where not."""
    if run.provider.metadata.get("verified_claims_supported") is not True:
        return None
    wanted = {"verification": {"trust_framework": None, "assurance_level": None}, "claims": {"family_name": None}}
    changes = {"claims": json.dumps({"userinfo": {"verified_claims": wanted}}, separators=(",", ":"))}
    flight = needed_code(visit(run.provider, ask_for(run.provider, changes)))
    tokens = redeem(run.provider, flight)
    claims = legible_members(run, read_userinfo(run.provider, tokens.text("access_token")))
    members = claims.get("verified_claims")
    listed = members if isinstance(members, list) else [members]
    found = listed[0].get("verification") if listed and isinstance(listed[0], dict) else None
    return tuple(sorted(str(name)[:40] for name in found)[:20]) if isinstance(found, dict) else ()


ASSURANCE_FACTS: Mapping[str, Callable[[Run], Any]] = {
    "acr-values": by_values,
    "essential": by_essential,
    "on-request": on_request,
    "verified-claims": verified_claims,
}


def unreachable(run: Run) -> Trial:
    """An essential acr that nobody has: a lower one in the token is what must not come."""
    if run.provider.metadata.get("claims_parameter_supported") is not True:
        return Trial("absent", detail="claims_parameter_supported is not true, so no acr can be essential")
    value = f"urn:example:acr:unreachable:{random_id(6)}"
    flight = visit(run.provider, ask_for(run.provider, claims_for(value)), jar=Jar())
    trial = code_trial(flight)
    if trial.outcome != "granted":
        return trial
    tokens = redeem(run.provider, flight)
    found, _ = read_token(run.provider, tokens, flight, run.keys)
    if not tokens.text("id_token"):
        return Trial("refused", "token", tokens.exchange.status, tokens.text("error")[:60], steps=trial.steps)
    return Trial("granted", "token", tokens.exchange.status, detail=f"acr {found.acr or 'absent'}", steps=trial.steps)


ASSURANCE_TRIALS: Mapping[str, Callable[[Run], Trial]] = {"unreachable": unreachable}


def assurance_attempt(run: Run, name: str) -> Trial:
    """One trial."""
    return ASSURANCE_TRIALS[name](run)


def assurance_record(run: Run, facts: Mapping[str, Any], trials: Mapping[str, Trial], troubles: Troubles) -> Assurance:
    """What came of asking for levels."""
    auth_time, amr = facts.get("on-request", (None, None))
    answers = {"acr_values": facts.get("acr-values"), "essential": facts.get("essential")}
    return Assurance(
        requested=run.provider.settings.acr,
        answers={name: value for name, value in answers.items() if value is not None},
        auth_time=auth_time,
        amr=amr,
        verified_claims=facts.get("verified-claims"),
        trials=trials,
        troubles=troubles,
    )
