"""What is too long, too large or too slow: EID-RP-19."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Reason, Rule, Undecided, Violation, Violations
from conformance.eid.rp.evidence import Logins
from conformance.eid.rp.reading import WORDS, controlled, login_of

BROKEN = frozenset({Reason.TIMEOUT.value, Reason.CLOSED.value, Reason.RESET.value, Reason.REFUSED.value})
"""How a relying party ends a login that it does not survive, seen by a browser."""


@requirement("EID-RP-19")
def test_excess_is_survived(logins: Logins, rule: Rule) -> Violations:
    controlled(logins, "control-first")
    most, unreached = rule.params["most_fetches"], []
    for name in rule.params["cases"]:
        login = login_of(logins, name)
        fetches = login.fetched.count("keys")
        if login.outcome == "undecided" and login.reason in BROKEN and login.stage == "callback":
            found = f"{login.reason} after {login.seconds:.1f} s"
            yield Violation(f"gives no answer on {WORDS[name]}", "an answer, whatever it says", found)
        elif fetches > most:
            yield Violation(f"does not stop at {WORDS[name]}", f"at most {most} requests", f"{fetches}")
        else:
            login.check()
            if not login.reached or (name.startswith("jwks") and not fetches):
                unreached.append(name)
    if login_of(logins, "control-last").outcome != "in":
        yield Violation("logs nobody in afterwards", "logged in", login_of(logins, "control-last").summary)
    if unreached:
        raise Undecided(Reason.NOT_OBSERVABLE, f"it did not ask for what is in excess: {', '.join(unreached)}")
