"""The room of ISO 20022 messages and instant payment gateways as the core sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.core.area import Area, Job, Kit, Observed, Stand
from conformance.core.model import Service
from conformance.payments.iso20022 import evidence
from conformance.payments.iso20022.asks import GATEWAY, SENDER, asks, budget
from conformance.payments.iso20022.gaps import gaps

if TYPE_CHECKING:
    from conformance.core.network import Door


def _observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    from conformance.payments.iso20022.observe import observe  # noqa: PLC0415 - sockets and lxml only when looking

    return observe(jobs, door)


def _reach(service: Service) -> tuple[tuple[str, str], ...]:
    """The host of a gateway; a sender is never dialled."""
    if service.role == SENDER:
        return ()
    return (("http", urlsplit(str(service.settings["base"])).hostname or ""),)


def _faults() -> Mapping[str, str]:
    from conformance.payments.iso20022.stage import faults  # noqa: PLC0415 - servers only where they are served

    return faults()


def _stage(stand: Stand, kit: Kit) -> AbstractContextManager[Mapping[str, Any]]:
    from conformance.payments.iso20022.stage import stage  # noqa: PLC0415 - as above

    return stage(stand, kit)


ISO20022 = Area(
    name="payments",
    title="ISO 20022 messages and gateways",
    roles=(SENDER, GATEWAY),
    observations={
        "messages": evidence.Messages,
        "exchanges": evidence.Exchanges,
        "lookups": evidence.Lookups,
        "burst": evidence.Burst,
        "canary": evidence.Canary,
    },
    asks=asks,
    observe=_observe,
    judges=(
        "conformance.payments.iso20022.test_messages",
        "conformance.payments.iso20022.test_gateway",
        "conformance.payments.iso20022.test_lookups",
    ),
    budget=budget,
    reach=_reach,
    faults=_faults,
    stage=_stage,
    active=frozenset({"exchanges", "lookups", "burst", "canary"}),
    gaps=gaps,
)
