"""UserInfo: what it says, to whom, and in which form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from conformance.core.model import Reason, Undecided, Untested
from conformance.eid.op.authentication import usual_proofs
from conformance.eid.op.evidence import Trial, Troubles, UserInfo
from conformance.eid.op.id_tokens import verify
from conformance.eid.op.jwe import Unreadable, decrypt
from conformance.eid.op.preflight import Run, check_userinfo
from conformance.eid.op.session import fresh_code, read_userinfo, redeem
from conformance.eid.op.trials import answer_trial
from conformance.wire.exchange import HttpExchange
from conformance.wire.jws import random_id
from conformance.wire.oauth import form, json_object, media_type

Attempt = Callable[[Run], Trial]


PROFILE = frozenset({"name", "given_name", "family_name", "birthdate", "email", "phone_number", "address", "gender"})


USERINFO = "userinfo_endpoint"


def userinfo_members(run: Run, exchange: HttpExchange) -> tuple[Mapping[str, Any], bool, str]:
    """(claims, whether they came as a JWT, what is wrong with it) of a UserInfo answer.

    Raises:
        Untested, Undecided: as `decrypt`.
    """
    if media_type(exchange) != "application/jwt":
        return json_object(exchange), False, ""
    text = exchange.body.decode("ascii", "replace").strip()
    try:
        if text.count(".") == 4:
            text = decrypt(text, run.provider.client)[1]
        if text.startswith("{"):  # encrypted without being signed, which OpenID Connect Core 5.3.2 allows
            import json  # noqa: PLC0415

            return json.loads(text), True, ""
        _, claims, trouble = verify(text, run.keys)
    except (Unreadable, ValueError) as error:
        return {}, True, str(error)[:200]
    return claims, True, trouble


def legible_members(run: Run, exchange: HttpExchange) -> Mapping[str, Any]:
    """The claims of a UserInfo answer. Raises Untested, Undecided: they cannot be read."""
    members, _, problem = userinfo_members(run, exchange)
    if problem and not members:
        raise Undecided(Reason.NOT_OBSERVABLE, f"UserInfo cannot be read: {problem}")
    return members


def token_in_query(run: Run) -> Trial:
    """UserInfo with the token as a query parameter and nowhere else."""
    provider, token = run.provider, run.control.tokens.text("access_token")
    url = provider.endpoint(USERINFO)
    proofs = usual_proofs(provider)(*("GET", url, token, "")) if provider.client.dpop else ()
    exchange = provider.send(
        f"{url}?{form([('access_token', token)])}",
        lines=tuple(("DPoP", each) for each in proofs),
        certificate=provider.client.certificate,
    )
    return answer_trial(exchange, "userinfo", granted=exchange.status == 200)


def asked_nothing(run: Run) -> HttpExchange:
    """The answer to a request without a token."""
    provider = run.provider
    return provider.send(provider.endpoint(USERINFO), certificate=provider.client.certificate)


def without_token(run: Run) -> Trial:
    """UserInfo without a token."""
    exchange = asked_nothing(run)
    return answer_trial(exchange, "userinfo", granted=exchange.status == 200)


def junk_token(run: Run) -> Trial:
    """UserInfo with a token that was never issued."""
    exchange = read_userinfo(run.provider, random_id())
    return answer_trial(exchange, "userinfo", granted=exchange.status == 200)


USERINFO_TRIALS: Mapping[str, Attempt] = {
    "token-in-query": token_in_query,
    "without-token": without_token,
    "junk-token": junk_token,
}


def userinfo_attempt(run: Run, name: str) -> Trial:
    """One trial, where there is an endpoint."""
    if not run.provider.endpoint(USERINFO):
        return Trial("absent", detail=f"the metadata has no {USERINFO}")
    check_userinfo(run)
    return USERINFO_TRIALS[name](run)


def challenges(run: Run) -> dict[str, str]:
    """What refuses a request without token, and one with junk: status and scheme of WWW-Authenticate."""
    answers = {
        "without-token": asked_nothing(run),
        "junk-token": read_userinfo(run.provider, random_id()),
    }
    schemes = {name: (each.all("www-authenticate") or ("",))[0].partition(" ")[0] for name, each in answers.items()}
    return {name: f"{each.status} {schemes[name]}" for name, each in answers.items()}


def good_userinfo(run: Run) -> HttpExchange:
    """A good request's answer."""
    return read_userinfo(run.provider, run.control.tokens.text("access_token"))


def minimal(run: Run) -> tuple[str, ...]:
    """Claims of a person that UserInfo and ID token hold for the scope `openid` alone."""
    flight = fresh_code(run.provider, {"scope": "openid"})
    tokens = redeem(run.provider, flight)
    members = legible_members(run, read_userinfo(run.provider, tokens.text("access_token")))
    return tuple(sorted(PROFILE & set(members)))


USERINFO_FACTS: Mapping[str, Callable[[Run], Any]] = {
    "answer": good_userinfo,
    "challenges": challenges,
    "minimal": minimal,
}


def shapes(members: Mapping[str, Any]) -> tuple[str, ...]:
    """Claims whose values are not as OpenID Connect Core 5.1 has them, as `name: what`, without the value."""
    found = []
    birthdate = members.get("birthdate")
    if birthdate is not None and not is_birthdate(birthdate):
        found.append("birthdate: not YYYY-MM-DD, YYYY or 0000-MM-DD")
    for name, value in members.items():
        if name.partition("#")[0] in ("name", "given_name", "family_name", "middle_name") and not _is_text(value):
            found.append(f"{name[:40]}: empty, or no string")
    address = members.get("address")
    country = address.get("country") if isinstance(address, dict) else None
    if country is not None and not (isinstance(country, str) and re.fullmatch(r"[A-Z]{2}", country)):
        found.append("address.country: no ISO 3166 alpha-2 code")
    return tuple(found)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def is_birthdate(value: Any) -> bool:
    """Whether a value is a birthdate of OpenID Connect Core 5.1."""
    if not isinstance(value, str):
        return False
    if re.fullmatch(r"[0-9]{4}", value):
        return True
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return False
    year, month, day = map(int, value.split("-"))
    try:
        date(year or 2000, month, day)
    except ValueError:
        return False
    return True


def userinfo_record(run: Run, facts: Mapping[str, Any], trials: Mapping[str, Trial], troubles: Troubles) -> UserInfo:
    """All that was seen of UserInfo."""
    exchange = facts.get("answer")
    if not run.provider.endpoint(USERINFO):
        return UserInfo(f"the metadata has no {USERINFO}", trials=trials)
    if exchange is None:
        return UserInfo(
            challenge=facts.get("challenges", {}), minimal=facts.get("minimal"), trials=trials, troubles=troubles
        )
    members: Mapping[str, Any] = {}
    jwt, problem = False, ""
    try:
        members, jwt, problem = userinfo_members(run, exchange)
    except (Undecided, Untested) as trouble:
        troubles = {**troubles, "answer": (trouble.reason.value, f"UserInfo: {trouble.detail}")}
    if problem and not members:
        troubles = {**troubles, "sub": (Reason.NOT_OBSERVABLE.value, f"UserInfo cannot be read: {problem}")}
    elif "sub" not in run.control.claims:
        troubles = {**troubles, "sub": (Reason.NOT_OBSERVABLE.value, "no sub was read in the ID token")}
    return UserInfo(
        "",
        status=exchange.status,
        media_type=media_type(exchange),
        same_sub=None if "sub" not in members else members["sub"] == run.control.claims.get("sub"),
        jwt=jwt,
        jwt_problem=problem,
        jwt_missing=tuple(name for name in ("iss", "aud") if name not in members),
        claims=tuple(sorted(str(name)[:60] for name in members)[:100]),
        minimal=facts.get("minimal"),
        shapes=shapes(members),
        challenge=facts.get("challenges", {}),
        trials=trials,
        troubles=troubles,
    )
