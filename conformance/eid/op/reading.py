"""What the judges read evidence with. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.core.model import NotApplicable, NotTested, Reason, Undecided, Untested, Violation
from conformance.eid.op.evidence import Discovery, Trials, Troubles

WORDS: Mapping[str, str] = {
    "no-authentication": "a push without client authentication",
    "unpushed": "an authorization request that was not pushed",
    "request-uri-inside": "a request_uri inside a push",
    "other-client": "what was issued to another client",
    "used-twice": "a request_uri that was used",
    "expired": "what has expired",
    "no-challenge": "a request without code_challenge",
    "plain": "code_challenge_method plain",
    "no-method": "a code_challenge without method",
    "no-redirect-uri": "a request without redirect_uri",
    "by-get": "a request by GET",
    "other-host": "a redirect_uri at another host",
    "added-path": "a redirect_uri with a path added",
    "query": "a redirect_uri with a query added",
    "trailing-slash": "a redirect_uri with a slash added",
    "case": "a redirect_uri in another case",
    "userinfo": "a redirect_uri with userinfo",
    "fragment": "a redirect_uri with a fragment",
    "token": "response_type token",
    "id-token": "response_type id_token",
    "code-id-token": "response_type code id_token",
    "foreign-logout": "a foreign post_logout_redirect_uri",
    "foreign-error": "the foreign redirect_uri of an unknown client",
    "aud-other-server": "an assertion for another server",
    "aud-token-url": "an assertion for the token endpoint's URL",
    "aud-push-url": "an assertion for the PAR endpoint's URL",
    "aud-array": "an assertion with an array as aud",
    "unsigned": "an assertion with alg none",
    "foreign-key": "an assertion by a key that is not registered",
    "spoiled": "an assertion with a changed signature",
    "rs256": "an assertion with RS256",
    "no-exp": "an assertion without exp",
    "no-sub": "an assertion without sub",
    "no-iss": "an assertion without iss",
    "foreign-sub": "an assertion with another sub",
    "foreign-iss": "an assertion with another iss",
    "no-jti": "an assertion without jti",
    "replayed": "what was sent before",
    "ahead-120s": "an assertion from 120 s ahead",
    "long-lived": "an assertion that lasts a day",
    "unauthenticated": "a token request without client authentication",
    "wrong-secret": "a wrong client secret",
    "redeemed-twice": "a code that was redeemed",
    "revoked-by-reuse": "a token whose code was used again",
    "wrong-verifier": "a wrong code_verifier",
    "no-verifier": "a request without code_verifier",
    "verifier-without-challenge": "a code_verifier for a code without challenge",
    "other-redirect-uri": "another redirect_uri than was asked with",
    "repeated": "a repeated parameter",
    "as-json": "a JSON body",
    "password": "the resource owner password grant",
    "no-proof": "a request without DPoP proof",
    "other-certificate": "the certificate of another client",
    "untrusted-certificate": "a certificate that nobody trusts",
    "expired-certificate": "an expired certificate",
    "wrong-eku-certificate": "a certificate for another purpose",
    "outside-alias": "a client without its certificate, beside the alias of the token endpoint",
    "no-certificate": "a token request without the certificate that tokens are bound to",
    "userinfo-no-certificate": "a bound token without its certificate",
    "userinfo-other-certificate": "a bound token over another certificate",
    "bearer": "a bound token as a bearer token",
    "bound-by-parameter": "a code bound by dpop_jkt, with another key",
    "bound-by-push": "a code bound by the proof at the push, with another key",
    "token-in-query": "a token in the query",
    "more-scope": "a scope that was not granted",
}
"""A trial in words, for messages."""


def said(name: str) -> str:
    """A trial in words."""
    return WORDS.get(name, f"the attempt {name}")


def refused(trials: Trials, names: Iterable[str]) -> Iterator[Violation]:
    """Each of these attempts must have been refused.

    Raises:
        Undecided, Untested, NotApplicable: of an attempt that decides nothing, once all were looked at; where all are
            absent, and only then, NotApplicable.
    """
    yield from _wanted(trials, names, granted=False)


def granted(trials: Trials, names: Iterable[str]) -> Iterator[Violation]:
    """Each of these attempts must have been granted. Raises as `refused`."""
    yield from _wanted(trials, names, granted=True)


def _wanted(trials: Trials, names: Iterable[str], *, granted: bool) -> Iterator[Violation]:
    open_questions: list[Exception] = []
    absences: list[NotApplicable] = []
    decided = 0
    for name in names:
        if name not in trials:
            raise Undecided(Reason.INTERNAL, f"{name} was not tried")
        trial = trials[name]
        try:
            got = trial.granted
        except NotApplicable as absence:
            absences.append(absence)
            continue
        except (Undecided, Untested) as trouble:
            open_questions.append(trouble)
            continue
        decided += 1
        if got and not granted:
            yield Violation(f"accepts {said(name)}", "refused", trial.summary)
        elif granted and not got:
            yield Violation(f"refuses {said(name)}", "accepted", trial.summary)
    if open_questions:
        raise open_questions[0]
    if absences and not decided:
        raise absences[0]


def check(troubles: Troubles, *names: str) -> None:
    """Raise what kept one of these details from being seen.

    Raises:
        Undecided, Untested.
    """
    for name in names:
        if name in troubles:
            reason, detail = troubles[name]
            if reason in set(NotTested):
                raise Untested(NotTested(reason), detail)
            raise Undecided(Reason(reason), detail)


def problem(found: tuple[str, str] | None) -> None:
    """Raise what is wrong, if anything is."""
    if found is not None:
        check({"": found}, "")


def metadata(discovery: Discovery) -> Mapping[str, Any]:
    """The members of the metadata.

    Raises:
        Undecided: there are none.
    """
    problem(discovery.problem)
    if not discovery.metadata:
        raise Undecided(Reason.NOT_OBSERVABLE, "the metadata has no members")
    return discovery.metadata


def strings(members: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A member that is a list of strings; empty where it is absent.

    Raises:
        Undecided: JSON, where it is something else.
    """
    value = members.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Undecided(Reason.JSON, f"{name} is no list of strings")
    return tuple(value)


def listed(values: Iterable[str]) -> str:
    """Values in a few words."""
    return ", ".join(values) or "none"
