"""The room of credential issuers as the core sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.core.area import Area, Job, Kit, Observed, Stand
from conformance.core.model import Service
from conformance.eid.issuer import evidence
from conformance.eid.issuer.asks import asks, budget
from conformance.eid.issuer.gaps import gaps

if TYPE_CHECKING:
    from conformance.core.network import Door


def _observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    from conformance.eid.issuer.observe import observe  # noqa: PLC0415 - sockets only when looking

    return observe(jobs, door)


def _reach(service: Service) -> tuple[tuple[str, str], ...]:
    return (("oidc", urlsplit(service.settings["credential_issuer"]).hostname or ""),)


def _faults() -> Mapping[str, str]:
    from conformance.eid.issuer.policy import FAULTS  # noqa: PLC0415 - only where they are served

    return FAULTS


def _stage(stand: Stand, kit: Kit) -> AbstractContextManager[Mapping[str, Any]]:
    from conformance.eid.issuer.stage import stage  # noqa: PLC0415 - as above

    return stage(stand, kit)


ISSUER = Area(
    name="eid",
    title="Credential issuers",
    roles=("credential-issuer",),
    observations={
        "issuer_metadata": evidence.IssuerMetadata,
        "signed_metadata": evidence.SignedMetadata,
        "code_flow": evidence.AuthorizationFlow,
        "nonces": evidence.Nonces,
        "issuance": evidence.Attempts,
        "attestations": evidence.Attestations,
        "issued": evidence.Issued,
        "issued_batch": evidence.Batch,
        "offer_codes": evidence.Codes,
        "status_list": evidence.StatusList,
        "issued_mdoc": evidence.Mdoc,
    },
    asks=asks,
    observe=_observe,
    judges=(
        "conformance.eid.issuer.test_authorization",
        "conformance.eid.issuer.test_issuers",
        "conformance.eid.issuer.test_issued",
    ),
    budget=budget,
    reach=_reach,
    faults=_faults,
    stage=_stage,
    gaps=gaps,
    active=frozenset(
        {
            "code_flow",
            "nonces",
            "issuance",
            "attestations",
            "issued",
            "issued_batch",
            "offer_codes",
            "status_list",
            "issued_mdoc",
        }
    ),
)
