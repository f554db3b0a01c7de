"""Whole runs of the profile on servers of the zoo: planned, observed, stored, read back, judged and written.

Every hostile server stands beside an honest one in the same run, so that a run that says `error` to everything fails,
and so does one in which a hostile neighbour changes what is said of the other.
"""

from __future__ import annotations

import contextlib
import resource
import ssl
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from conformance.commands.prepare import judges_of
from conformance.core import engine
from conformance.core.engine import Settings
from conformance.core.model import Cell, Service, Status, Target
from conformance.core.network import Door, Limits
from conformance.core.plan import Plan, make_plan
from conformance.core.profile import load_profile
from conformance.core.redact import Redactor
from conformance.core.results import Run, read_results
from conformance.core.store import EVIDENCE_NAME
from conformance.tls.sandbox_http import GOOD
from tests.tls.chains import NAME
from tests.tls.endpoints import public_roots, responding, server_context
from tests.zoo.servers import serve

LIMITS = Limits(connect_seconds=0.5, read_seconds=0.6, total_seconds=2.5, dns_seconds=0.4, patience_seconds=3.0)
"""Long enough for an honest server on a busy machine."""
PATIENT = replace(LIMITS, read_seconds=5.0, total_seconds=10.0)
"""For servers that are slow in nothing."""
HONEST = "xa-honest"
HOSTILE = "xb-hostile"
MOST_EVIDENCE = 256 * 1024

BY_MANIFEST = frozenset({"TLS-CRT-21", "TLS-MTL-01", "TLS-MTL-02", "TLS-MTL-03", "GEN-CLM-01", "TLS-EXT-08"})
"""Not applicable by what the manifest says, whatever the server does: one address, no client authentication, no
claims."""


@dataclass(frozen=True)
class Seen:
    """What a run on one hostile server came to. seconds: of the whole run; grown: octets of memory it took at most."""

    cells: dict[str, Cell]
    honest: dict[str, Cell]
    evidence: dict[str, bytes] = field(repr=False)
    seconds: float = 0.0
    grown: int = 0
    run: Run | None = field(default=None, repr=False)

    @property
    def statuses(self) -> set[Status]:
        return {cell.status for cell in self.cells.values()}

    def reasons(self) -> dict[str, str]:
        return {name: cell.reason for name, cell in self.cells.items() if cell.status is Status.ERROR}


def a_service(address: str, **settings: Any) -> Service:
    name = settings.pop("server_name", NAME)
    return Service("main", "tls-endpoint", address, name, ("openid-provider",), settings)


def a_target(address: str, name: str = HOSTILE, **settings: Any) -> Target:
    return Target(name, name[:2].upper(), name, (a_service(address, **settings),))


def honest_context() -> ssl.SSLContext:
    """TLS 1.2 and 1.3 by OpenSSL, with a chain that the door's roots trust."""
    context = server_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


@contextlib.contextmanager
def honest() -> Iterator[Target]:
    """An honest endpoint."""
    with serve(responding(GOOD), tls=honest_context(), read=False) as server:
        yield a_target(server.at, HONEST)


@cache
def planned() -> Any:
    profile = load_profile("asean")
    return profile, judges_of(profile)


def plan_of(*targets: Target, door: Door) -> Plan:
    profile, judges = planned()
    return make_plan(profile, targets, judges, today=door.now().date())


def a_door(limits: Limits = LIMITS, **options: Any) -> Door:
    return Door(limits=limits, ca_file=public_roots(), **options)


def run(folder: Path, *targets: Target, door: Door | None = None) -> Run:
    """The engine's loop over the whole profile."""
    door = door or a_door()
    engine.run(plan_of(*targets, door=door), door, Settings(folder, Redactor()))
    return read_results(folder)


def resident() -> int:
    """The most memory that this process has had, in octets."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def judged(folder: Path, hostile: Target, *, door: Door | None = None) -> Seen:
    """One run on the hostile target and, after it in the plan, an honest one."""
    begun, memory = time.monotonic(), resident()
    with honest() as neighbour:
        found = run(folder, hostile, neighbour, door=door)
    seconds = time.monotonic() - begun
    with zipfile.ZipFile(folder / EVIDENCE_NAME) as archive:
        evidence = {name: archive.read(name) for name in archive.namelist() if name.startswith("evidence/")}
    return Seen(
        {cell.requirement: cell for cell in found.cells if cell.target == hostile.id},
        {cell.requirement: cell for cell in found.cells if cell.target == HONEST},
        evidence,
        seconds,
        resident() - memory,
        found,
    )
