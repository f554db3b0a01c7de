"""The token endpoint, PKCE, codes, refresh: EID-TOK."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, Reason, Rule, Undecided, Violation, Violations
from conformance.eid.op.evidence import Refresh, Token
from conformance.eid.op.reading import check, listed, refused


@requirement("EID-TOK-01", "EID-TOK-02", "EID-TOK-03", "EID-TOK-04", "EID-TOK-05", "EID-TOK-06", "EID-TOK-07")
def test_codes_are_bound(token: Token, rule: Rule) -> Violations:
    yield from refused(token.trials, rule.params["trials"])


@requirement("EID-TOK-10", "EID-TOK-11")
def test_bad_requests_are_refused(token: Token, rule: Rule) -> Violations:
    yield from refused(token.trials, rule.params["trials"])


@requirement("EID-TOK-08")
def test_answer_is_as_it_should_be(token: Token) -> Violations:
    check(token.troubles, "answer")
    if (answer := token.answer) is None:
        raise Undecided(Reason.NOT_OBSERVABLE, "no token response was seen")
    if answer.media_type != "application/json":
        yield Violation("the media type is another", "application/json", answer.media_type or "none")
    if "no-store" not in answer.cache_control.lower():
        yield Violation("the answer may be stored", "Cache-Control: no-store", answer.cache_control or "none")
    if answer.token_type.lower() not in ("bearer", "dpop"):
        yield Violation("token_type is absent or another", "Bearer or DPoP", answer.token_type or "absent")
    if answer.expires_in <= 0:
        yield Violation("expires_in is absent or no positive number", "seconds", f"{answer.expires_in:g}")
    if token.in_url:
        yield Violation("a token stands in a URL", "none", "a URL of the front channel")


@requirement("EID-TOK-09")
def test_errors_are_registered(token: Token, rule: Rule) -> Violations:
    check(token.troubles, "errors")
    if not token.errors:
        raise Undecided(Reason.NOT_OBSERVABLE, "no error was seen")
    for name, answer in token.errors.items():
        shown = f"{answer.status} {answer.error}".strip()
        if answer.status not in (400, 401):
            yield Violation(f"{name} is answered {answer.status}", "400 or 401", shown)
        elif not answer.is_json or answer.error not in rule.params["errors"]:
            yield Violation(f"{name} is not answered with a registered error", listed(rule.params["errors"]), shown)
        elif answer.status == 401 and answer.sent_authorization and not answer.www_authenticate:
            yield Violation(f"{name} is answered 401 without WWW-Authenticate", "WWW-Authenticate", "absent")


@requirement("EID-TOK-12")
def test_refresh_tokens_are_bound(refresh: Refresh, rule: Rule) -> Violations:
    if refresh.absent:
        raise NotApplicable(refresh.absent)
    if refresh.rotated and rule.params["rotations"] < 1:
        yield Violation("a refresh brings another refresh token", "no rotation", "rotated")
    yield from refused(refresh.trials, rule.params["trials"])
    check(refresh.troubles, "rotation")


@requirement("EID-TOK-13")
def test_values_cannot_be_guessed(token: Token, rule: Rule) -> Violations:
    check(token.troubles, "samples")
    issued = token.values.issued
    if issued.get("code", (0,))[0] < rule.params["samples"]:
        raise Undecided(Reason.NOT_OBSERVABLE, f"{issued.get('code', (0,))[0]} codes were seen")
    for kind, (count, shortest, bits, repeated) in issued.items():
        if repeated:
            yield Violation(f"{repeated} of {count} values of {kind} were issued twice", "each once", str(repeated))
        elif bits < rule.params["bits"]:
            yield Violation(
                f"the shortest {kind} has {bits} bits at most", str(rule.params["bits"]), f"{shortest} characters"
            )


@requirement("EID-TOK-14")
def test_jwt_access_tokens_follow_their_profile(token: Token, rule: Rule) -> Violations:
    check(token.troubles, "samples")
    values = token.values
    if not values.issued:
        raise Undecided(Reason.NOT_OBSERVABLE, "no access token was seen")
    if not values.jwt:
        raise NotApplicable("access tokens are no JWTs")
    if values.jwt_typ.lower().removeprefix("application/") != "at+jwt":
        yield Violation("typ is another", "at+jwt", values.jwt_typ or "absent")
    missing = [name for name in rule.params["claims"] if name not in values.jwt_claims]
    if missing:
        yield Violation(
            f"claims are missing: {listed(missing)}", listed(rule.params["claims"]), listed(values.jwt_claims)
        )


@requirement("EID-TOK-15")
def test_parallel_logins_succeed(token: Token) -> Violations:
    check(token.troubles, "parallel")
    asked, got = token.parallel
    if not asked:
        raise Undecided(Reason.NOT_OBSERVABLE, "no parallel logins were tried")
    if got < asked:
        yield Violation(f"{got} of {asked} logins in the same second succeed", str(asked), token.parallel_detail)
