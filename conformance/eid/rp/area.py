"""The room of relying parties as the core sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.core import scope
from conformance.core.area import Area, Job, Kit, Observed, Stand
from conformance.core.model import Service
from conformance.eid.rp.asks import asks, budget
from conformance.eid.rp.evidence import Logins
from conformance.eid.rp.gaps import gaps

if TYPE_CHECKING:
    from conformance.core.network import Door


def _observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    from conformance.eid.rp.observe import observe  # noqa: PLC0415 - sockets and cryptography only when looking

    return observe(jobs, door)


def _reach(service: Service) -> tuple[tuple[str, str], ...]:
    given = service.settings
    urls = [given["redirect_uri"], given["marker"]["url"], *given.get("origins", ())]
    urls += [given["initiate_login_uri"]] if "initiate_login_uri" in given else []
    hosts = dict.fromkeys(scope.canonical_host(urlsplit(url).hostname or "") for url in urls)
    return (*(("oidc", host) for host in hosts), *(("command", host) for host in given.get("reaches", ())))


def _faults() -> Mapping[str, str]:
    from conformance.eid.rp.faults import FAULTS  # noqa: PLC0415 - only where they are served

    return FAULTS


def _stage(stand: Stand, kit: Kit) -> AbstractContextManager[Mapping[str, Any]]:
    from conformance.eid.rp.stage import stage  # noqa: PLC0415 - as above

    return stage(stand, kit)


RP = Area(
    name="eid",
    title="Relying parties",
    roles=("relying-party",),
    observations={"logins": Logins},
    asks=asks,
    observe=_observe,
    judges=(
        "conformance.eid.rp.test_responses",
        "conformance.eid.rp.test_id_tokens",
        "conformance.eid.rp.test_keys",
        "conformance.eid.rp.test_userinfo",
        "conformance.eid.rp.test_robustness",
    ),
    budget=budget,
    reach=_reach,
    faults=_faults,
    stage=_stage,
    active=frozenset({"logins"}),
    gaps=gaps,
)
