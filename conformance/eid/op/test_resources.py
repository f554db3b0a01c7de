"""UserInfo, revocation, introspection, errors: EID-UI, EID-REV, EID-INT, EID-ERR."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, Reason, Rule, Undecided, Violation, Violations
from conformance.eid.op.evidence import Introspection, Revocation, Robustness, UserInfo
from conformance.eid.op.reading import check, listed, refused


def answered(userinfo: UserInfo) -> UserInfo:
    """The record, where a good request was answered.

    Raises:
        Undecided, NotApplicable.
    """
    if userinfo.absent:
        raise NotApplicable(userinfo.absent)
    check(userinfo.troubles, "answer")
    if userinfo.status != 200:
        raise Undecided(Reason.CONTROL_FAILED, f"UserInfo answers a good request with {userinfo.status}")
    return userinfo


@requirement("EID-UI-01")
def test_subject_is_the_id_tokens(userinfo: UserInfo) -> Violations:
    found = answered(userinfo)
    check(found.troubles, "sub")
    if found.same_sub is None:
        yield Violation("UserInfo has no sub", "the ID token's sub", "absent")
    elif not found.same_sub:
        yield Violation("UserInfo has another sub", "the ID token's sub", "another")


@requirement("EID-UI-02")
def test_bad_tokens_are_challenged(userinfo: UserInfo) -> Violations:
    if userinfo.absent:
        raise NotApplicable(userinfo.absent)
    check(userinfo.troubles, "challenges")
    if not userinfo.challenge:
        raise Undecided(Reason.NOT_OBSERVABLE, "no refusal was seen")
    for name, shown in userinfo.challenge.items():
        status, _, scheme = shown.partition(" ")
        if status != "401":
            yield Violation(f"a request {name.replace('-', ' ')} is answered {status}", "401", status)
        elif scheme.lower() not in ("bearer", "dpop"):
            yield Violation(
                f"a request {name.replace('-', ' ')} gets no challenge", "WWW-Authenticate", scheme or "none"
            )


@requirement("EID-UI-03")
def test_token_in_query_is_refused(userinfo: UserInfo, rule: Rule) -> Violations:
    if userinfo.absent:
        raise NotApplicable(userinfo.absent)
    yield from refused(userinfo.trials, rule.params["trials"])


@requirement("EID-UI-04")
def test_only_asked_claims_come(userinfo: UserInfo) -> Violations:
    if userinfo.absent:
        raise NotApplicable(userinfo.absent)
    check(userinfo.troubles, "minimal")
    if userinfo.minimal is None:
        raise Undecided(Reason.NOT_OBSERVABLE, "the scope openid alone was not tried")
    if userinfo.minimal:
        yield Violation("the scope openid alone brings data of a person", "none", listed(userinfo.minimal))


@requirement("EID-UI-05")
def test_claims_have_their_shape(userinfo: UserInfo) -> Violations:
    found = answered(userinfo)
    if not found.claims:
        raise Undecided(Reason.NOT_OBSERVABLE, "UserInfo holds no claims")
    for shape in found.shapes:
        yield Violation(f"a claim has another form: {shape}", "as OpenID Connect Core 5.1 has it", shape)


@requirement("EID-UI-06")
def test_signed_answers_are_whole(userinfo: UserInfo) -> Violations:
    found = answered(userinfo)
    if not found.jwt:
        raise NotApplicable(f"UserInfo answers with {found.media_type}")
    if found.jwt_problem:
        yield Violation("the signed answer does not verify", "by a published key", found.jwt_problem)
    for name in found.jwt_missing:
        yield Violation(f"the signed answer has no {name}", name, "absent")


@requirement("EID-REV-01")
def test_revocation_works(revocation: Revocation, rule: Rule) -> Violations:
    if revocation.absent:
        raise NotApplicable(revocation.absent)
    check(revocation.troubles, "own", "unknown")
    if revocation.status_own != 200:
        yield Violation(f"revoking an own token is answered {revocation.status_own}", "200", str(revocation.status_own))
    if revocation.status_unknown != 200:
        yield Violation(
            f"revoking an unknown token is answered {revocation.status_unknown}", "200", str(revocation.status_unknown)
        )
    if "own" not in revocation.trials:
        raise Undecided(Reason.NOT_OBSERVABLE, "no token was revoked")
    if revocation.trials["own"].outcome == "granted":
        yield Violation("a revoked token still works", "refused", revocation.trials["own"].summary)
    yield from refused(revocation.trials, rule.params["trials"])


@requirement("EID-INT-01")
def test_introspection_is_sound(introspection: Introspection) -> Violations:
    if introspection.absent:
        raise NotApplicable(introspection.absent)
    check(introspection.troubles, "own", "junk", "unauthenticated")
    if introspection.active_own is not True:
        yield Violation("our token is not active", "active: true", str(introspection.active_own))
    if introspection.active_junk is not False:
        yield Violation("junk is not inactive", "active: false", str(introspection.active_junk))
    if not introspection.refused_unauthenticated and introspection.status_unauthenticated not in (400, 401, 403):
        yield Violation("it answers without authentication", "401", str(introspection.status_unauthenticated))
    if introspection.active_own and introspection.expects_cnf and not introspection.cnf:
        yield Violation("what the token is bound to is not shown", f"cnf.{introspection.expected}", "another, or none")


@requirement("EID-INT-02")
def test_introspection_tells_others_nothing(introspection: Introspection) -> Violations:
    if introspection.absent:
        raise NotApplicable(introspection.absent)
    check(introspection.troubles, "disclosure")
    if introspection.disclosed is None:
        raise Undecided(Reason.NOT_OBSERVABLE, "no other client asked")
    if introspection.disclosed:
        yield Violation("an unrelated client is told of the subject", "none", listed(introspection.disclosed))


@requirement("EID-ERR-01")
def test_malformed_input_is_refused_cleanly(robustness: Robustness) -> Violations:
    if not robustness.answers:
        raise Undecided(Reason.NOT_OBSERVABLE, "nothing malformed was sent")
    open_question = None
    for name, answer in robustness.answers.items():
        if answer.reason:
            open_question = open_question or Undecided(Reason(answer.reason), f"{name}: {answer.detail}")
        elif answer.status >= 500:
            yield Violation(f"{name} is answered {answer.status}", "4xx", str(answer.status))
        for mark in answer.marks:
            yield Violation(f"{name} shows a {mark}", "none", mark)
    if open_question:
        raise open_question
