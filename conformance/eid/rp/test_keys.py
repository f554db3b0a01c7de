"""Our keys as the relying party reads them: EID-RP-15, EID-JWKS-06."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Reason, Rule, Undecided, Violation, Violations
from conformance.eid.rp.evidence import Login, Logins
from conformance.eid.rp.reading import WORDS, controlled, login_of, refused


@requirement("EID-RP-15")
def test_keys_are_picked_by_kid_and_refreshed_once(logins: Logins, rule: Rule) -> Violations:
    most = rule.params["most_fetches"]
    unknown = login_of(logins, "kid_unknown")
    if (fetches := unknown.fetched.count("keys")) > most:
        yield Violation("fetches the keys again and again for an unknown kid", f"at most {most} times", f"{fetches}")
    yield from _accepted(logins, "key_rotated")
    yield from refused(logins, ["kid_unknown"])


@requirement("EID-JWKS-06")
def test_unknown_key_type_is_passed_over(logins: Logins) -> Violations:
    if login_of(logins, "key_rotated").outcome != "in":
        raise Undecided(Reason.CONTROL_FAILED, "it does not take a new key at all")
    yield from _accepted(logins, "odd_key")


def _accepted(logins: Logins, name: str) -> Violations:
    """A login that must succeed."""
    login: Login = login_of(logins, name)
    login.check()
    if login.outcome == "in":
        if "keys" not in login.fetched:
            raise Undecided(Reason.NOT_OBSERVABLE, f"{name}: it logs in and did not fetch the keys")
        return
    controlled(logins, "control-first", "control-middle", "control-last")
    again = "having fetched the keys" if "keys" in login.fetched else "without fetching the keys again"
    yield Violation(f"refuses {WORDS[name]}", "logged in", f"{login.summary}, {again}")
