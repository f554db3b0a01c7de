"""The SNAP room as the core sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.core import scope
from conformance.core.area import Area, Job, Kit, Observed, Stand
from conformance.core.model import Service
from conformance.payments.callbacks import Callbacks
from conformance.payments.snap.asks import asks, budget
from conformance.payments.snap.evidence import Snap
from conformance.payments.snap.gaps import gaps

if TYPE_CHECKING:
    from conformance.core.network import Door


def _observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    from conformance.payments.snap.observe import observe  # noqa: PLC0415 - sockets and cryptography only when looking

    return observe(jobs, door)


def _reach(service: Service) -> tuple[tuple[str, str], ...]:
    host = urlsplit(str(service.settings["base_url"])).hostname or ""
    dialled = (("http", scope.split_address(service.address)[0]),) if service.address else ()
    return (("http", scope.canonical_host(host)), *dialled)


def _faults() -> Mapping[str, str]:
    from conformance.payments.snap.sandbox import FAULTS  # noqa: PLC0415 - servers only where they are served

    return FAULTS


def _stage(stand: Stand, kit: Kit) -> AbstractContextManager[Mapping[str, Any]]:
    from conformance.payments.snap.stage import stage  # noqa: PLC0415 - as above

    return stage(stand, kit)


SNAP = Area(
    name="payments",
    title="SNAP BI",
    roles=("snap-api",),
    observations={"snap": Snap, "callbacks": Callbacks},
    asks=asks,
    observe=_observe,
    judges=(
        "conformance.payments.snap.test_token",
        "conformance.payments.snap.test_signature",
        "conformance.payments.snap.test_idempotency",
        "conformance.payments.snap.test_answers",
    ),
    budget=budget,
    reach=_reach,
    faults=_faults,
    stage=_stage,
    active=frozenset({"snap", "callbacks"}),
    gaps=gaps,
)
