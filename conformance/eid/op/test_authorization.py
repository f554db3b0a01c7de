"""PAR and the authorization endpoint: EID-PAR, EID-AUT."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import (
    NotApplicable,
    NotTested,
    Reason,
    Rule,
    Service,
    Undecided,
    Untested,
    Violation,
    Violations,
)
from conformance.eid.op.evidence import Authorization, Par
from conformance.eid.op.reading import check, granted, listed, refused


@requirement("EID-PAR-01")
def test_push_is_answered_as_it_should(par: Par, rule: Rule) -> Violations:
    check(par.troubles, "answer")
    if not par.offered:
        raise NotApplicable("the metadata has no pushed_authorization_request_endpoint")
    if par.status != 201:
        yield Violation(f"a good push is answered {par.status}", "201", f"{par.status} {par.error}")
    if not par.has_uri:
        yield Violation("there is no request_uri", "a string", "absent")
    least, most = rule.params["min_seconds"], rule.params["max_seconds"]
    if not par.integer or not least <= par.expires_in <= most:
        yield Violation("expires_in is out of range, or no integer", f"{least} to {most}", f"{par.expires_in:g}")
    if "no-store" not in par.cache_control.lower():
        yield Violation("the answer may be stored", "Cache-Control: no-store", par.cache_control or "none")


@requirement("EID-PAR-02", "EID-PAR-03", "EID-PAR-04", "EID-PAR-05", "EID-PAR-06", "EID-PAR-08", "EID-PAR-09")
def test_bad_pushes_bring_no_code(par: Par, rule: Rule) -> Violations:
    yield from refused(par.trials, rule.params["trials"])


@requirement("EID-PAR-10", "EID-PAR-11")
def test_incomplete_pushes_are_refused(par: Par, rule: Rule) -> Violations:
    yield from refused(par.trials, rule.params["trials"])


@requirement("EID-PAR-07")
def test_reload_before_login_works(par: Par, rule: Rule) -> Violations:
    yield from granted(par.trials, rule.params["trials"])


@requirement("EID-PAR-12")
def test_front_channel_shows_no_credential(authorization: Authorization) -> Violations:
    if not authorization.steps:
        raise Undecided(Reason.NOT_OBSERVABLE, "no step of a login was seen")
    for leak in authorization.leaks:
        yield Violation(f"the front channel shows a credential at {leak}", "none", leak)


@requirement("EID-AUT-01", "EID-AUT-04", "EID-AUT-13")
def test_bad_requests_bring_nothing(authorization: Authorization, rule: Rule) -> Violations:
    yield from refused(authorization.trials, rule.params["trials"])


@requirement("EID-AUT-02")
def test_iss_comes_with_every_answer(authorization: Authorization, service: Service) -> Violations:
    check(authorization.troubles, "answer-plain")
    issuer = service.settings["issuer"]
    errors = 0
    for name in ("plain", "refused", "no-prompt"):
        answer = authorization.answers.get(name)
        if answer is None or not (answer.has_code or answer.error):
            continue
        errors += bool(answer.error)
        if answer.iss is None:
            kind = f"error {answer.error}" if answer.error else "code"
            yield Violation(f"an answer with {kind} has no iss", issuer, "absent")
        elif answer.iss != issuer:
            yield Violation("iss is not the issuer", issuer, answer.iss)
    if "plain" not in authorization.answers:
        raise Undecided(Reason.NOT_OBSERVABLE, "no authorization response was seen")
    if not errors:
        raise Undecided(Reason.NOT_OBSERVABLE, "no error response reached the redirect URI")


@requirement("EID-AUT-03")
def test_state_comes_back_unchanged(authorization: Authorization) -> Violations:
    check(authorization.troubles, "answer-plain", "answer-long-state", "answer-no-state")
    for name in ("plain", "long-state", "no-state"):
        if (answer := authorization.answers.get(name)) is None:
            raise Undecided(Reason.NOT_OBSERVABLE, f"no authorization response was seen ({name})")
        expected = "same" if answer.sent_state else "absent"
        if answer.state != expected:
            what = (
                "a state of 500 characters"
                if name == "long-state"
                else "the state"
                if answer.sent_state
                else "no state"
            )
            yield Violation(f"{what} was sent, and the answer has {answer.state}", expected, answer.state)


@requirement("EID-AUT-05", "EID-AUT-11")
def test_wanted_answers_come(authorization: Authorization, rule: Rule) -> Violations:
    yield from granted(authorization.trials, rule.params["trials"])
    trial = authorization.trials.get("cancelled")
    if trial and "cancelled" in rule.params["trials"] and trial.outcome == "granted" and trial.error != "access_denied":
        yield Violation("a refusal is answered with another error", "access_denied", trial.error)


@requirement("EID-AUT-06")
def test_prompt_none_is_answered_without_page(authorization: Authorization, rule: Rule) -> Violations:
    check(authorization.troubles, "answer-no-prompt")
    if (answer := authorization.answers.get("no-prompt")) is None:
        raise Undecided(Reason.NOT_OBSERVABLE, "prompt=none was not tried")
    if answer.has_code:
        yield Violation("prompt=none brings a code to a browser without session", listed(rule.params["errors"]), "code")
    elif answer.error not in rule.params["errors"]:
        yield Violation(
            "prompt=none is not answered with its error", listed(rule.params["errors"]), answer.error or "a page"
        )


@requirement("EID-AUT-07")
def test_login_is_asked_for_again(authorization: Authorization) -> Violations:
    check(authorization.troubles, "again-prompt", "again-max_age")
    names = {"prompt": "prompt=login", "max_age": "max_age=1"}
    for name, text in names.items():
        if name not in authorization.reauthenticated:
            raise Undecided(Reason.NOT_OBSERVABLE, f"{text} was not tried")
        if not authorization.reauthenticated[name]:
            yield Violation(f"{text} asks for no credentials", "a login", "none")
        elif authorization.auth_time_moved.get(name) is False:
            yield Violation(f"{text} leaves auth_time where it was", "a later auth_time", "the same")
        elif name == "max_age" and authorization.auth_time_moved.get(name) is None:
            yield Violation("max_age was sent, and the ID token has no auth_time", "auth_time", "absent")


@requirement("EID-AUT-08")
def test_no_redirect_repeats_credentials(authorization: Authorization) -> Violations:
    yield from _redirects(authorization, forbidden=(307, 308), text="would repeat the post")


@requirement("EID-AUT-08-S")
def test_redirects_after_login_are_303(authorization: Authorization) -> Violations:
    yield from _redirects(authorization, forbidden=(301, 302), text="leaves the method open")


def _redirects(authorization: Authorization, *, forbidden: tuple[int, ...], text: str) -> Violations:
    if not authorization.steps:
        raise Undecided(Reason.NOT_OBSERVABLE, "no login was seen")
    if not authorization.credential_redirects:
        raise NotApplicable("no redirect answers a post of credentials")
    for status in authorization.credential_redirects:
        if status in forbidden:
            yield Violation(f"a redirect after a login {text}", "303", str(status))


@requirement("EID-AUT-09")
def test_authorization_endpoint_has_no_cors(authorization: Authorization) -> Violations:
    check(authorization.troubles, "cors")
    if authorization.allow_origin is None:
        raise Undecided(Reason.NOT_OBSERVABLE, "the endpoint was not asked from a foreign origin")
    for value in authorization.allow_origin:
        yield Violation("the authorization endpoint has a CORS field", "none", f"Access-Control-Allow-Origin: {value}")


@requirement("EID-AUT-10")
def test_login_pages_are_protected(authorization: Authorization) -> Violations:
    if not authorization.pages:
        raise Undecided(Reason.NOT_OBSERVABLE, "no login page was seen")
    fields = authorization.page_fields
    for page in range(authorization.pages):
        value = {name: values[page].lower() for name, values in fields.items()}
        if "frame-ancestors" not in value["content-security-policy"] and not value["x-frame-options"]:
            yield Violation(f"page {page + 1} may be framed", "frame-ancestors or X-Frame-Options", "neither")
        if "no-store" not in value["cache-control"]:
            yield Violation(
                f"page {page + 1} may be stored", "Cache-Control: no-store", value["cache-control"] or "none"
            )
        if not value["referrer-policy"]:
            yield Violation(f"page {page + 1} has no Referrer-Policy", "a policy", "none")


@requirement("EID-AUT-12")
def test_long_nonce_is_echoed(authorization: Authorization) -> Violations:
    check(authorization.troubles, "long-nonce")
    if authorization.nonce_echoed is None:
        raise Untested(NotTested.UNSUPPORTED, "no long nonce was tried")
    if not authorization.nonce_echoed:
        yield Violation("a nonce of 64 characters does not come back", "the same", "another, or none")
