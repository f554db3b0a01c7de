"""Sender-constrained tokens: good proofs (RFC 9449) and proofs that are wrong in one thing, at both kinds of endpoint;
and tokens that are bound to a certificate (RFC 8705 section 3), over another and over none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from conformance.core.model import Reason, Undecided
from conformance.eid.op.authentication import binding, call, confirmation, no_proofs, usual_auth, usual_proofs
from conformance.eid.op.certificates import read_over, read_over_another, unbound
from conformance.eid.op.evidence import Dpop, Trial, Troubles
from conformance.eid.op.jwe import Unreadable, part
from conformance.eid.op.preflight import Run, check_userinfo
from conformance.eid.op.provider import Proofs
from conformance.eid.op.session import ask_for, fresh_code, pushes, read_userinfo, redeem, visit
from conformance.eid.op.trials import answer_trial, pushed_trial, token_trial
from conformance.wire import dpop
from conformance.wire.jose import thumbprint
from conformance.wire.jws import new_key
from conformance.wire.oauth import json_object

Attempt = Callable[[Run], Trial]

AT_TOKEN = (
    *(
        "no-proof",
        "wrong-htm",
        "wrong-htu",
        "wrong-typ",
        "none",
        "private-jwk",
        "no-jti",
        "bad-signature",
        "two-headers",
    ),
    *("iat-past", "iat-future", "iat-10s-past", "iat-10s-future", "htu-query", "htu-fragment"),
)
"""Proofs at the token endpoint, by `dpop.wrong_proofs`."""

AT_USERINFO = ("no-proof", "no-ath", "wrong-ath", "other-key")
"""Proofs at the UserInfo endpoint."""


def wrong(run: Run, name: str) -> Proofs:
    """Proofs of one name by our key."""

    def proofs(method: str, url: str, token: str, nonce: str) -> Sequence[str]:
        # RFC 9449 section 4.3-11: a nonce of the server's may stand for iat, so an old proof says nothing with one.
        given = "" if name in ("iat-past", "iat-future") else nonce
        return dpop.wrong_proofs(name, run.provider.key, method, url, now=run.provider.now(), token=token, nonce=given)

    return proofs


def at_token(name: str) -> Attempt:
    """A good code with such a proof."""
    return lambda run: token_trial(redeem(run.provider, fresh_code(run.provider), proofs=wrong(run, name)))


def at_userinfo(name: str) -> Attempt:
    """A good token with such a proof."""

    def attempt(run: Run) -> Trial:
        token = run.control.tokens.text("access_token")
        exchange = read_userinfo(run.provider, token, proofs=wrong(run, name))
        return answer_trial(exchange, "userinfo", granted=exchange.status == 200)

    return attempt


def bearer(run: Run) -> Trial:
    """The bound token presented as a bearer token."""
    token = run.control.tokens.text("access_token")
    exchange = read_userinfo(run.provider, token, scheme="Bearer", proofs=no_proofs)
    return answer_trial(exchange, "userinfo", granted=exchange.status == 200)


def replayed(run: Run) -> Trial:
    """One proof sent twice to the UserInfo endpoint."""
    provider, token = run.provider, run.control.tokens.text("access_token")
    url = provider.endpoint("userinfo_endpoint")
    held: list[str] = []

    def once(method: str, where: str, value: str, nonce: str) -> Sequence[str]:
        made = usual_proofs(provider)(method, where, value, nonce)
        held[:] = list(made)
        return made

    first = read_userinfo(provider, token, proofs=once)
    if first.status != 200:
        raise Undecided(Reason.CONTROL_FAILED, "UserInfo refuses a good proof")
    exchange, _ = call(provider, url, (), proofs=lambda *_: tuple(held), method="GET", token=token, scheme="DPoP")
    return answer_trial(exchange, "userinfo", granted=exchange.status == 200)


def bound_by_parameter(run: Run) -> Trial:
    """A code asked for with dpop_jkt of one key, redeemed with another."""
    flight = fresh_code(run.provider, {"dpop_jkt": thumbprint(run.provider.key.public_jwk)})
    return token_trial(redeem(run.provider, flight, proofs=usual_proofs(run.provider, new_key())))


def bound_by_push(run: Run) -> Trial:
    """A code whose request was pushed with a proof of one key, redeemed with another."""
    provider = run.provider
    if not pushes(provider, provider.client):
        return Trial("absent", detail="the client does not push its requests")
    ask = ask_for(provider, proofs=usual_proofs(provider))
    if not ask.url:
        return pushed_trial(ask)
    return token_trial(redeem(provider, visit(provider, ask), proofs=usual_proofs(provider, new_key())))


TRIALS: Mapping[str, Attempt] = {
    **{name: at_token(name) for name in AT_TOKEN},
    **{f"userinfo-{name}": at_userinfo(name) for name in AT_USERINFO},
    "bearer": bearer,
    "replayed": replayed,
    "bound-by-parameter": bound_by_parameter,
    "bound-by-push": bound_by_push,
}
"""What is tried, by name."""


def scheme_case(run: Run) -> Trial:
    """UserInfo with the scheme of the Authorization field in the other case: wanted."""
    provider, token = run.provider, run.control.tokens.text("access_token")
    exchange = read_userinfo(provider, token, scheme="dpop" if provider.client.dpop else "bearer")
    return answer_trial(exchange, "userinfo", granted=exchange.status == 200)


CERTIFICATE_TRIALS: Mapping[str, Attempt] = {
    "no-certificate": unbound,
    "userinfo-no-certificate": lambda run: read_over(run, None),
    "userinfo-other-certificate": read_over_another,
}
"""What is tried where tokens are bound to a certificate."""


def attempt(run: Run, name: str) -> Trial:
    """One trial; those of proofs, or of certificates, only where the client's tokens are bound by them."""
    if name == "scheme-case":
        return scheme_case(run)
    means = binding(run.provider, run.provider.client)
    trials = {"dpop": TRIALS, "certificate": CERTIFICATE_TRIALS}.get(means, {})
    if name not in trials:
        return Trial("absent", detail=OTHERWISE.get(means) or not_bound(run))
    if name.startswith("userinfo-") or name == "bearer":
        check_userinfo(run)
    return trials[name](run)


OTHERWISE = {
    "dpop": "the client's tokens are bound by DPoP, not by certificate",
    "certificate": "the client's tokens are bound by certificate (RFC 8705), not by DPoP",
}


def not_bound(run: Run) -> str:
    """What shows that tokens are not bound."""
    metadata, client = run.provider.metadata, run.provider.client
    if client.certificate_bound is False:
        return "the manifest says that tokens are not bound to the certificate (client.certificate_bound)"
    if metadata.get("dpop_signing_alg_values_supported"):
        return "the manifest's client does not use DPoP (client.dpop)"
    if metadata.get("tls_client_certificate_bound_access_tokens") is True:
        return "the manifest's client has no certificate that tokens are bound to (client.client_certificate)"
    return "the metadata has neither dpop_signing_alg_values_supported nor tls_client_certificate_bound_access_tokens"


def bound(run: Run) -> bool | None:
    """Whether the access token names our key or certificate: in itself, else in its introspection; None where neither
    can be read.
    """
    provider, token = run.provider, run.control.tokens.text("access_token")
    name, own = confirmation(provider, provider.client)
    if not name:
        return None
    try:
        named = part(token.split(".")[1]).get("cnf")
    except (Unreadable, IndexError):
        url = provider.endpoint("introspection_endpoint")
        if not url:
            return None
        exchange, _ = call(provider, url, (("token", token),), auth=usual_auth(provider, provider.client))
        members = json_object(exchange)
        if exchange.status != 200 or members.get("active") is not True:
            return None
        named = members.get("cnf")
    return isinstance(named, dict) and named.get(name) == own


FACTS: Mapping[str, Callable[[Run], Any]] = {"bound": bound}


def record(run: Run, facts: Mapping[str, Any], trials: Mapping[str, Trial], troubles: Troubles) -> Dpop:
    """All that was seen of what tokens are bound by."""
    tokens = run.control.tokens
    means = binding(run.provider, run.provider.client)
    return Dpop(
        absent="" if means else not_bound(run),
        by_certificate=means == "certificate",
        token_type=tokens.text("token_type")[:40],
        bound=facts.get("bound"),
        challenged=run.control.challenged,
        retried=run.control.retried,
        trials=trials,
        troubles=troubles,
    )
