"""The TLS area as the core sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from conformance.core import scope
from conformance.core.area import Area, Job, Kit, Observed, Stand
from conformance.core.model import Service
from conformance.tls import evidence
from conformance.tls.asks import asks, budget
from conformance.tls.gaps import gaps

if TYPE_CHECKING:
    from conformance.core.network import Door


def _observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    from conformance.tls.observe import observe  # noqa: PLC0415 - sockets and cryptography only when looking

    return observe(jobs, door)


def _reach(service: Service) -> tuple[tuple[str, str], ...]:
    return (("tls", scope.split_address(service.address)[0]),)


def _faults() -> Mapping[str, str]:
    from conformance.tls.policy import FAULTS  # noqa: PLC0415 - servers only where they are served

    return {fault.name: fault.description for fault in FAULTS.values()}


def _stage(stand: Stand, kit: Kit) -> AbstractContextManager[Mapping[str, Any]]:
    from conformance.tls.stage import stage  # noqa: PLC0415 - as above

    return stage(stand, kit)


TLS = Area(
    name="tls",
    title="TLS",
    roles=("tls-endpoint",),
    observations={
        "versions": evidence.Versions,
        "tolerance": evidence.Tolerance,
        "suites": evidence.Suites,
        "groups": evidence.Groups,
        "signatures": evidence.Signatures,
        "features": evidence.Features,
        "names": evidence.Names,
        "certificate": evidence.Certificate,
        "client_certificates": evidence.ClientCertificates,
        "http": evidence.Http,
        "caa": evidence.Caa,
        "addresses": evidence.Addresses,
    },
    asks=asks,
    observe=_observe,
    judges=(
        "conformance.tls.test_protocol_versions",
        "conformance.tls.test_negotiation",
        "conformance.tls.test_cipher_suites",
        "conformance.tls.test_groups_and_signatures",
        "conformance.tls.test_extensions",
        "conformance.tls.test_certificates",
        "conformance.tls.test_revocation",
        "conformance.tls.test_client_authentication",
        "conformance.tls.test_http_binding",
        "conformance.tls.test_dns_records",
        "conformance.tls.test_addresses",
        "conformance.tls.test_claims",
    ),
    budget=budget,
    reach=_reach,
    faults=_faults,
    stage=_stage,
    active=frozenset({"client_certificates"}),
    gaps=gaps,
)
