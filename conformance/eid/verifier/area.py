"""The room of credential verifiers as the core sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.core.area import Area, Gap, Job, Kit, Observed, Stand
from conformance.core.model import Service, Target
from conformance.eid.verifier import evidence
from conformance.eid.verifier.asks import asks, budget

if TYPE_CHECKING:
    from conformance.core.network import Door


def _observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    from conformance.eid.verifier.observe import observe  # noqa: PLC0415 - sockets only when looking

    return observe(jobs, door)


def _reach(service: Service) -> tuple[tuple[str, str], ...]:
    return (("oidc", urlsplit(service.settings["start"]).hostname or ""),)


def _faults() -> Mapping[str, str]:
    from conformance.eid.verifier.policy import FAULTS  # noqa: PLC0415 - only where they are served

    return FAULTS


def _stage(stand: Stand, kit: Kit) -> AbstractContextManager[Mapping[str, Any]]:
    from conformance.eid.verifier.stage import stage  # noqa: PLC0415 - as above

    return stage(stand, kit)


def _gaps(_: Target, service: Service) -> tuple[Gap, ...]:
    if "needed" in service.settings:
        return ()
    return (Gap(("EID-VP-05",), "not-tested(opt-in)", 'needed = ["family_name"], the claims that the purpose needs'),)


VERIFIER = Area(
    name="eid",
    title="Credential verifiers",
    roles=("credential-verifier",),
    observations={"vp_request": evidence.RequestFacts, "presentations": evidence.Presentations},
    asks=asks,
    observe=_observe,
    judges=("conformance.eid.verifier.test_verifiers",),
    budget=budget,
    reach=_reach,
    faults=_faults,
    stage=_stage,
    gaps=_gaps,
    active=frozenset({"vp_request", "presentations"}),
)
