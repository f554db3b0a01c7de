"""Evidence of a relying party that conforms, made by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from conformance.core.model import Rule, Violation
from conformance.core.profile import load_profile
from conformance.eid.rp.evidence import Asked, Login, Logins

ROLE = "relying-party"
RULES = {
    each.id: Rule(each.id, each.params) for each in load_profile("asean").requirements.values() if ROLE in each.roles
}
ASKED = Asked("code", "S256", "same", 32, 32, (), ("tag:x",))
GOOD = Login(
    "in", stage="marker", reached=True, status=200, fetched=("token", "userinfo"), shows=("name",), asked=ASKED
)
REFUSED = Login("out", stage="callback", reached=True, status=200, fetched=("token",), asked=ASKED)
CONTROLS = ("control-first", "control-middle", "control-last", "control-second-issuer")
KEYS = {"key_rotated": GOOD, "odd_key": GOOD, "kid_unknown": REFUSED, "jwks_large": REFUSED, "jwks_redirects": REFUSED}


def logins(**changes: Login) -> Logins:
    """Every login as it should come out; names with a dash are written with two underscores."""
    found = {case: REFUSED for rule in RULES.values() for case in rule.params.get("cases", ())}
    found |= dict.fromkeys(CONTROLS, GOOD)
    found |= {name: replace(login, fetched=("keys", *login.fetched)) for name, login in KEYS.items()}
    found |= {name.replace("__", "-"): login for name, login in changes.items()}
    return Logins("https://localhost:1", "ES256", found)


def judged(function: Any, requirement: str, evidence: Logins) -> list[Violation]:
    """What a judge yields."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    given: dict[str, Any] = {"logins": evidence, "rule": RULES[requirement]}
    found: Iterator[Violation] = function(**{name: given[name] for name in names})
    return list(found)
