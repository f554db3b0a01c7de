"""Metadata, authorization requests and responses: EID-RP-01 to EID-RP-05."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Reason, Rule, Undecided, Violation, Violations
from conformance.eid.rp.evidence import Asked, Logins
from conformance.eid.rp.reading import controlled, login_of, refused


@requirement("EID-RP-01")
def test_metadata_of_another_issuer_is_refused(logins: Logins, rule: Rule) -> Violations:
    for case in rule.params["cases"]:
        login = login_of(logins, case)
        if login.outcome == "out":
            if not login.reached:
                raise Undecided(Reason.NOT_OBSERVABLE, "it did not fetch the metadata of callback.second_issuer")
            controlled(logins, "control-second-issuer")
    yield from refused(logins, rule.params["cases"])


@requirement("EID-RP-02", "EID-RP-03", "EID-RP-04")
def test_wrong_authorization_response_is_refused(logins: Logins, rule: Rule) -> Violations:
    yield from refused(logins, rule.params["cases"])


@requirement("EID-RP-05")
def test_requests_are_bound_to_the_session(logins: Logins, rule: Rule) -> Violations:
    good = [login for name, login in logins.logins.items() if name.startswith("control") and login.asked]
    requests = [login.asked for login in good if login.asked]
    for asked in requests:
        yield from _bound(asked)
    if len(requests) < rule.params["least"]:
        raise Undecided(Reason.CONTROL_FAILED, f"{len(requests)} authorization requests, {rule.params['least']} needed")
    if "" in {asked.verifier for asked in requests}:
        raise Undecided(Reason.CONTROL_FAILED, "a request was not followed by a token request")


def _bound(asked: Asked) -> Violations:
    if asked.method != "S256":
        found = f"code_challenge_method {asked.method}" if asked.method else "no code_challenge"
        yield Violation("its request has no S256 challenge", "code_challenge_method S256", found)
    elif asked.verifier in ("absent", "other"):
        yield Violation("the code_verifier does not fit the challenge", "the verifier of the challenge", asked.verifier)
    for name, length in (("state", asked.state), ("nonce", asked.nonce)):
        if not length:
            yield Violation(f"its request has no {name}", f"a fresh {name}", "none")
    for name in asked.repeats:
        yield Violation(f"it uses a {name} twice", f"a fresh {name} for each request", "the same in two requests")
