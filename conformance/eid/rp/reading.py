"""What the judges read logins with. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from conformance.core.model import NotApplicable, Reason, Undecided, Untested, Violation
from conformance.eid.rp.evidence import Login, Logins

WORDS: Mapping[str, str] = {
    "issuer_mismatch": "metadata that name another issuer than the one they were asked of",
    "resp_iss_wrong": "an authorization response whose iss is another issuer",
    "resp_iss_missing": "an authorization response without the promised iss",
    "state_wrong": "an authorization response with another state",
    "state_missing": "an authorization response without state",
    "iss_wrong": "an ID token of another issuer",
    "iss_missing": "an ID token without iss",
    "aud_wrong": "an ID token for another client",
    "aud_missing": "an ID token without aud",
    "aud_multi_untrusted": "an ID token for it and an unknown client",
    "azp_wrong": "an ID token whose azp is another client",
    "exp_past": "an ID token that expired ten minutes ago",
    "exp_missing": "an ID token without exp",
    "iat_missing": "an ID token without iat",
    "sub_missing": "an ID token without sub",
    "iat_future": "an ID token issued an hour ahead",
    "nbf_future": "an ID token that is valid in an hour",
    "nonce_wrong": "an ID token with another nonce",
    "nonce_missing": "an ID token without nonce",
    "alg_none": "an ID token with alg none",
    "sig_bad": "an ID token with a changed signature",
    "hs256_public_key": "an ID token signed with HS256 by our public key",
    "hs256_client_secret": "an ID token signed with HS256 by the client secret",
    "alg_unexpected": "an ID token signed with an algorithm that is not advertised",
    "embedded_jwk": "an ID token signed by a key in its own header",
    "crit_unknown": "an ID token with an unknown critical header parameter",
    "kid_unknown": "an ID token whose kid names no published key",
    "key_rotated": "an ID token by a new key that is published",
    "odd_key": "an ID token by a new key that is published beside one of an unknown type",
    "at_hash_wrong": "an ID token with a wrong at_hash",
    "ui_sub_wrong": "UserInfo of another subject",
    "acr_lower": "an ID token whose acr is below what was asked for",
    "sub_long": "a subject of more than 255 characters",
    "jwks_large": "a key set of a megabyte",
    "jwks_redirects": "a jwks_uri that redirects without end",
    "drip": "a token response that comes an octet at a time",
}
"""A case in words, for messages."""


def login_of(logins: Logins, name: str) -> Login:
    """A login by its case. Raises Undecided where there was none."""
    if name not in logins.logins:
        raise Undecided(Reason.INTERNAL, f"no login of the case {name}")
    return logins.logins[name]


def controlled(logins: Logins, *names: str) -> None:
    """Make sure that these good logins succeeded.

    Raises:
        Undecided: CONTROL_FAILED.
    """
    for name in names:
        control = login_of(logins, name)
        if control.outcome != "in":
            raise Undecided(Reason.CONTROL_FAILED, f"{name}, a login without any change: {control.summary}")


def refused(logins: Logins, cases: Iterable[str]) -> Iterator[Violation]:
    """None of these logins may have shown the marker.

    Raises:
        Undecided, Untested: of a case that decides nothing, once all were looked at.
        NotApplicable: where what every case changes is not used.
    """
    open_questions: list[Exception] = []
    absent: list[str] = []
    decided = 0
    for name in cases:
        login = login_of(logins, name)
        if login.outcome == "in":
            decided += 1
            yield Violation(f"logs in on {WORDS[name]}", "not logged in", login.summary)
            continue
        if login.outcome == "absent":
            absent.append(login.detail)
            continue
        try:
            _means_something(logins, name, login)
        except (Undecided, Untested) as trouble:
            open_questions.append(trouble)
            continue
        decided += 1
    if open_questions:
        raise open_questions[0]
    if not decided:
        raise NotApplicable("; ".join(dict.fromkeys(absent)))


def _means_something(logins: Logins, name: str, login: Login) -> None:
    """Raises where a login that did not succeed says nothing about its case."""
    login.check()
    controlled(logins, "control-first", "control-middle")
    if not login.reached:
        raise Undecided(Reason.NOT_OBSERVABLE, f"{name}: the relying party gave up before the change reached it")
