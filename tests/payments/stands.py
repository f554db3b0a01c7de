"""Looking at one stand of the sandbox, without a run around it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from conformance.core.area import Area, Job, Observed, Stand
from conformance.core.model import Target
from conformance.core.network import Door
from conformance.payments.area import PAYMENTS
from conformance.sandbox import Sandbox, Spec
from tests.payments.judging import ids, profile


@contextlib.contextmanager
def served(role: str, policy: str = "good", faults: tuple[str, ...] = ()) -> Iterator[tuple[Target, Door]]:
    """The target of a stand, and a door that trusts its roots."""
    spec = Spec("xa-sandbox", "XA", "Test", (Stand("xa-sandbox", "XA", "svc", role, policy, faults),))
    with Sandbox([spec]) as sandbox:
        yield sandbox.targets[0], sandbox.door()


def asked(role: str) -> frozenset[str]:
    """Everything that the profile's requirements on a role ask for."""
    return frozenset().union(*(PAYMENTS.asks(profile().requirements[each]) for each in ids(role)))


def observed(area: Area, target: Target, door: Door, role: str) -> Observed:
    """What the area's observer makes of the target's one service."""
    job = Job(target, target.services[0], asked(role))
    (found,) = area.observe([job], door)
    return found


def texts(value: Any) -> Iterator[str]:
    """Every string in a record's plain form."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from (str(key), *texts(each))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
