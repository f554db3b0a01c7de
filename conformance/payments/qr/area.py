"""The QR room of the payments area as the core sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from conformance.core.area import Area, Job, Kit, Observed, Stand
from conformance.core.model import Service
from conformance.payments.qr import evidence
from conformance.payments.qr.asks import asks, budget
from conformance.payments.qr.gaps import gaps

if TYPE_CHECKING:
    from conformance.core.network import Door


def _observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    from conformance.payments.qr import observe, observe_reader  # noqa: PLC0415 - files and children only when looking

    given = tuple(jobs)
    yield from observe.observe([job for job in given if job.service.role == "qr-issuer"], door)
    yield from observe_reader.observe([job for job in given if job.service.role == "qr-reader"], door)


def _reach(service: Service) -> tuple[tuple[str, str], ...]:
    """Where a reader's command itself reaches, as the manifest says; payloads are files."""
    return tuple(("command", host) for host in service.settings.get("reaches", ()))


def _faults() -> Mapping[str, str]:
    from conformance.payments.qr.sandbox_issuer import ISSUER_FAULTS  # noqa: PLC0415 - only where they are served
    from conformance.payments.qr.sandbox_reader import READER_FAULTS  # noqa: PLC0415

    issuers = {name: fault.description for name, fault in ISSUER_FAULTS.items()}
    return issuers | {name: fault.description for name, fault in READER_FAULTS.items()}


def _stage(stand: Stand, kit: Kit) -> AbstractContextManager[Mapping[str, Any]]:
    from conformance.payments.qr.stage import stage  # noqa: PLC0415 - as above

    return stage(stand, kit)


QR = Area(
    name="payments",
    title="QR codes",
    roles=("qr-issuer", "qr-reader"),
    observations={"qr_payloads": evidence.Payloads, "qr_answers": evidence.Answers},
    asks=asks,
    observe=_observe,
    judges=(
        "conformance.payments.qr.test_payload_checksum",
        "conformance.payments.qr.test_payload_structure",
        "conformance.payments.qr.test_payload_values",
        "conformance.payments.qr.test_payload_templates",
        "conformance.payments.qr.test_payload_scheme",
        "conformance.payments.qr.test_reader_structure",
        "conformance.payments.qr.test_reader_values",
        "conformance.payments.qr.test_reader_schemes",
    ),
    budget=budget,
    reach=_reach,
    gaps=gaps,
    faults=_faults,
    stage=_stage,
)
