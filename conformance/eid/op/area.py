"""The room of OpenID providers as the core sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.core.area import Area, Job, Kit, Observed, Stand
from conformance.core.model import Service
from conformance.eid.op import evidence
from conformance.eid.op.asks import PASSIVE, asks, budget
from conformance.eid.op.gaps import gaps

if TYPE_CHECKING:
    from conformance.core.network import Door

OBSERVATIONS: Mapping[str, type] = {
    "discovery": evidence.Discovery,
    "jwks": evidence.Jwks,
    "cors": evidence.Cors,
    "levels": evidence.Levels,
    "trust": evidence.TrustEntry,
    "par": evidence.Par,
    "authorization": evidence.Authorization,
    "client_authentication": evidence.ClientAuthentication,
    "token": evidence.Token,
    "dpop": evidence.Dpop,
    "id_token": evidence.IdToken,
    "assurance": evidence.Assurance,
    "userinfo": evidence.UserInfo,
    "refresh": evidence.Refresh,
    "revocation": evidence.Revocation,
    "introspection": evidence.Introspection,
    "robustness": evidence.Robustness,
}


def _observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    from conformance.eid.op.observe import observe  # noqa: PLC0415 - sockets and cryptography only when looking

    return observe(jobs, door)


def _reach(service: Service) -> tuple[tuple[str, str], ...]:
    urls = (service.settings["issuer"], *service.settings.get("login_origins", ()))
    return tuple(("oidc", (urlsplit(url).hostname or "").lower()) for url in urls)


def _faults() -> Mapping[str, str]:
    from conformance.eid.op.policy import FAULTS  # noqa: PLC0415 - servers only where they are served

    return {fault.name: fault.description for fault in FAULTS.values()}


def _stage(stand: Stand, kit: Kit) -> AbstractContextManager[Mapping[str, Any]]:
    from conformance.eid.op.stage import stage  # noqa: PLC0415 - as above

    return stage(stand, kit)


OP = Area(
    name="eid",
    title="OpenID providers",
    roles=("openid-provider",),
    observations=OBSERVATIONS,
    asks=asks,
    observe=_observe,
    judges=(
        "conformance.eid.op.test_metadata",
        "conformance.eid.op.test_keys",
        "conformance.eid.op.test_authorization",
        "conformance.eid.op.test_clients",
        "conformance.eid.op.test_tokens",
        "conformance.eid.op.test_dpop",
        "conformance.eid.op.test_id_tokens",
        "conformance.eid.op.test_assurance",
        "conformance.eid.op.test_resources",
    ),
    budget=budget,
    reach=_reach,
    faults=_faults,
    stage=_stage,
    active=frozenset(OBSERVATIONS) - PASSIVE,
    gaps=gaps,
)
