"""The room of payment APIs as the core sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.core import scope
from conformance.core.area import Area, Job, Kit, Observed, Stand
from conformance.core.model import Service
from conformance.payments.api.asks import asks, budget
from conformance.payments.api.evidence import Api
from conformance.payments.api.gaps import gaps
from conformance.payments.callbacks import Callbacks

if TYPE_CHECKING:
    from conformance.core.network import Door


def _observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    from conformance.payments.api.observe import observe  # noqa: PLC0415 - sockets and cryptography only when looking

    return observe(jobs, door)


def _reach(service: Service) -> tuple[tuple[str, str], ...]:
    host = urlsplit(str(service.settings["base_url"])).hostname or ""
    dialled = (("http", scope.split_address(service.address)[0]),) if service.address else ()
    return (("http", scope.canonical_host(host)), *dialled)


def _faults() -> Mapping[str, str]:
    from conformance.payments.api.sandbox import FAULTS  # noqa: PLC0415 - servers only where they are served

    return FAULTS


def _stage(stand: Stand, kit: Kit) -> AbstractContextManager[Mapping[str, Any]]:
    from conformance.payments.api.stage import stage  # noqa: PLC0415 - as above

    return stage(stand, kit)


API = Area(
    name="payments",
    title="Payment APIs",
    roles=("payment-api",),
    observations={"api": Api, "callbacks": Callbacks},
    asks=asks,
    observe=_observe,
    judges=(
        "conformance.payments.api.test_repeats",
        "conformance.payments.api.test_errors",
        "conformance.payments.api.test_limits",
        "conformance.payments.api.test_data",
        "conformance.payments.api.test_callbacks",
    ),
    budget=budget,
    reach=_reach,
    faults=_faults,
    stage=_stage,
    active=frozenset({"api", "callbacks"}),
    gaps=gaps,
)
