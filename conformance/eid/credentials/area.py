"""The room of credentials as the core sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from conformance.core.area import Area, Job, Kit, Observed, Stand
from conformance.core.model import Service
from conformance.eid.credentials.asks import asks, budget
from conformance.eid.credentials.evidence import Vectors

if TYPE_CHECKING:
    from conformance.core.network import Door


def _observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    from conformance.eid.credentials.observe import observe  # noqa: PLC0415 - cryptography only when looking

    return observe(jobs, door)


def _reach(service: Service) -> tuple[tuple[str, str], ...]:
    from conformance.wire.harness import reach  # noqa: PLC0415 - child processes only where there is one

    return reach(service)


def _faults() -> Mapping[str, str]:
    from conformance.eid.credentials.faults import FAULTS  # noqa: PLC0415 - only where they are served

    return FAULTS


def _stage(stand: Stand, kit: Kit) -> AbstractContextManager[Mapping[str, Any]]:
    from conformance.eid.credentials.stage import stage  # noqa: PLC0415 - as above

    return stage(stand, kit)


CREDENTIALS = Area(
    name="eid",
    title="Credentials",
    roles=("credential-library", "id-qr-reader"),
    observations={"vectors": Vectors},
    asks=asks,
    observe=_observe,
    judges=(
        "conformance.eid.credentials.test_jose",
        "conformance.eid.credentials.test_sd_jwt",
        "conformance.eid.credentials.test_status_lists",
        "conformance.eid.credentials.test_mdoc",
        "conformance.eid.credentials.test_identity_qr",
    ),
    budget=budget,
    reach=_reach,
    faults=_faults,
    stage=_stage,
)
