"""Requests over a certificate that should not do, or over none (RFC 8705), each beside the same one over ours."""

from __future__ import annotations

from collections.abc import Callable

from conformance.core.model import NotTested, Undecided
from conformance.eid.op.authentication import over, presenting, usual_auth
from conformance.eid.op.evidence import Trial
from conformance.eid.op.preflight import Run
from conformance.eid.op.provider import Auth
from conformance.eid.op.session import fresh_code, read_userinfo, redeem
from conformance.eid.op.settings import BY_CERTIFICATE
from conformance.eid.op.trials import answer_trial, token_trial, untested
from conformance.wire.client_certificates import ClientKey, let_in, this_hour, throw_away

DEFECTS = ("untrusted", "expired", "wrong-eku")


def tried(run: Run, attempt: Callable[[], Trial], control: Callable[[], bool]) -> Trial:
    """The attempt; where TLS refuses a client that has a certificate, `refused` at stage `tls`. Raises Undecided."""
    if run.provider.client.certificate is None:
        return attempt()
    found = let_in(attempt, control)
    return found if isinstance(found, Trial) else Trial("refused", "tls", detail=found)


def redeemed_by(run: Run, auth: Auth, url: str = "") -> Trial:
    """A code redeemed with an authentication that should not do; the same code with the right one is the control."""
    provider, flight = run.provider, fresh_code(run.provider)
    return tried(
        run,
        lambda: token_trial(redeem(provider, flight, auth=auth, url=url)),
        lambda: token_trial(redeem(provider, flight)).outcome == "granted",
    )


def redeemed_over(run: Run, certificate: ClientKey | None) -> Trial:
    """A code redeemed over a certificate that is not the client's; nothing else differs."""
    return redeemed_by(run, over(usual_auth(run.provider, run.provider.client), certificate))


def other_client(run: Run) -> Trial:
    """A code redeemed in our name over the certificate of our second client."""
    if run.second and run.second.certificate:
        return redeemed_over(run, run.second.certificate)
    if run.provider.client.auth == "tls_client_auth":
        return untested(NotTested.NO_CREDENTIAL, "the manifest names no second_client.client_certificate")
    return Trial("absent", detail="no other registered certificate is at hand; one of our own making stands for it")


def defective(defect: str) -> Callable[[Run], Trial]:
    """A code redeemed over a certificate with a defect. One that nobody trusts is made where the manifest has none."""

    def attempt(run: Run) -> Trial:
        client = run.provider.client
        certificate = client.wrong_certificates.get(defect)
        if certificate is None and defect == "untrusted":
            certificate = throw_away(this_hour(run.provider.door.now()), client.certificate)
        if certificate is None:
            return Trial("absent", detail=f"the manifest names no certificate that is {defect}")
        if defect != "untrusted" and client.auth == "self_signed_tls_client_auth":
            return Trial("absent", detail="RFC 8705 section 2.2: a registered certificate is not validated")
        return redeemed_over(run, certificate)

    return attempt


def outside_alias(run: Run) -> Trial:
    """A code redeemed with the client's name alone, at the token endpoint that asks for no certificate."""
    provider = run.provider
    url = provider.published("token_endpoint")
    if url == provider.endpoint("token_endpoint"):
        return Trial("absent", detail="the token endpoint has no alias")
    return redeemed_by(run, over(usual_auth(provider, provider.client), None), url)


ANYBODY = {
    "other-certificate": other_client,
    **{f"{defect}-certificate": defective(defect) for defect in DEFECTS},
    "outside-alias": outside_alias,
}
"""Trials of the authentication itself, by name."""


def authentication_attempt(run: Run, name: str) -> Trial:
    """One trial, where the client authenticates by certificate."""
    if run.provider.client.auth not in BY_CERTIFICATE:
        return Trial("absent", detail=f"the client authenticates with {run.provider.client.auth}")
    return ANYBODY[name](run)


def unbound(run: Run) -> Trial:
    """A code redeemed over no certificate by a client whose tokens are bound to its."""
    return redeemed_over(run, None)


def read_over(run: Run, certificate: ClientKey | None) -> Trial:
    """UserInfo with our token over a certificate that it is not bound to."""
    token = run.control.tokens.text("access_token")

    def attempt() -> Trial:
        exchange = read_userinfo(run.provider, token, auth=presenting(certificate))
        return answer_trial(exchange, "userinfo", granted=exchange.status == 200)

    return tried(run, attempt, lambda: read_userinfo(run.provider, token).status == 200)


def read_over_another(run: Run) -> Trial:
    """UserInfo with our token over the certificate of our second client, else over one of our own making.

    What refuses one of our own making may do so before it looks at the token; only 401 (RFC 8705 section 3) says more.
    """
    if run.second and run.second.certificate:
        return read_over(run, run.second.certificate)
    detail = "a certificate of our own making is refused before the token is looked at, and the manifest names no "
    detail += "second_client.client_certificate"
    try:
        trial = read_over(run, throw_away(this_hour(run.provider.door.now())))
    except Undecided as trouble:
        return untested(NotTested.NO_CREDENTIAL, f"{detail} ({trouble.reason})")
    if trial.outcome == "refused" and trial.status != 401:
        return untested(NotTested.NO_CREDENTIAL, detail)
    return trial
