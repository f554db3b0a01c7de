"""Sender-constrained access tokens: RFC 9449 section 7, RFC 8705 section 3."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, NotTested, Reason, Rule, Undecided, Untested, Violation, Violations
from conformance.payments.api.evidence import Api
from conformance.payments.api.reading import answered, controls, done, group, shown

ALONE = {"dpop": "bearer", "certificate": "no-certificate"}
"""What tokens are bound by -> the probe that sends one alone."""


def _refused(api: Api, name: str) -> bool:
    """Whether a request with the token, and not with what it is bound to, was refused.

    Raises:
        Undecided: it was not sent, or its answer is neither the resource nor a refusal.
        Untested: a certificate of our own making was refused, and not with 401, which says nothing of the token.
    """
    reply = answered(api, f"constraint/{name}")
    if done(reply):
        return False
    if name == "made-certificate" and reply.status != 401:
        detail = "a certificate of our own making is refused before the token is looked at, and the manifest names no "
        raise Untested(NotTested.NO_CREDENTIAL, f"{detail}other_client_certificate")
    if not reply.refused and not 400 <= reply.status < 500:
        raise Undecided(Reason.NOT_OBSERVABLE, f"the request {name} was answered {shown(reply)}")
    return True


def _controlled(api: Api) -> None:
    """Return where the right requests before and after were carried out.

    Raises:
        NotApplicable: the manifest names no token.
        Undecided: they were not.
    """
    group(api, "constraint")
    if not api.token:
        raise NotApplicable("the manifest names no access_token")
    controls(api, "constraint/right", "constraint/right-after")


@requirement("PAY-TLS-04")
def test_bound_tokens_are_refused_elsewhere(api: Api, rule: Rule) -> Violations:
    """A token that is declared as bound is refused alone, and over another certificate or with another key."""
    _controlled(api)
    if not api.binding:
        raise NotApplicable("the manifest does not say what tokens are bound to (dpop_key, certificate_bound)")
    trouble: Undecided | Untested | None = None
    for name in rule.params["probes"][api.binding]:
        sent = "made-certificate" if f"constraint/{name}" not in api.answers and name == "other-certificate" else name
        try:
            if not _refused(api, sent):
                reply = answered(api, f"constraint/{sent}")
                yield Violation(f"takes a bound token: {rule.params['words'][name]}", "HTTP 401", shown(reply))
        except (Undecided, Untested) as error:
            trouble = trouble or error
    if trouble:
        raise trouble


@requirement("PAY-TLS-04-S")
def test_tokens_are_bound(api: Api) -> Violations:
    """The token alone is not enough."""
    _controlled(api)
    name = ALONE.get(api.binding) or ("no-certificate" if "constraint/no-certificate" in api.answers else "right")
    if not _refused(api, name):
        reply = answered(api, f"constraint/{name}")
        yield Violation("takes a token that whoever has it may send", "one bound to a key or certificate", shown(reply))
    elif not api.binding:
        detail = (
            "a request without our certificate is refused, and the manifest does not say that tokens are bound to it"
        )
        raise Undecided(Reason.NOT_OBSERVABLE, f"{detail} (certificate_bound)")
