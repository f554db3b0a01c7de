"""What `conformance plan` announces beside what a run gives: a service of the sandbox without keys of its manifest."""

from __future__ import annotations

import contextlib
import re
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.commands.prepare import Request
from conformance.commands.run import execute
from conformance.core import scope
from conformance.core.area import Area, Stand
from conformance.core.model import Status, Target
from conformance.core.network import Door
from conformance.core.profile import load_profile
from conformance.payments import authority
from conformance.sandbox import Sandbox, Spec, area_of

RULES = load_profile("asean").requirements.keys()
SOMETHING = (Status.PASS, Status.WARNING)


@dataclass(frozen=True, slots=True)
class Stood:
    """A stand that is served, its target, and a door that trusts its roots."""

    area: Area
    target: Target
    door: Door

    def without(self, *keys: str, **changed: Any) -> Target:
        """The target without keys of its manifest (`client.key` for a key of a key), and with others changed."""
        service = self.target.services[0]
        settings = {**service.settings, **changed}
        for key in keys:
            outer, _, inner = key.partition(".")
            if inner:
                settings[outer] = {name: value for name, value in settings[outer].items() if name != inner}
            else:
                del settings[outer]
        return replace(self.target, services=(replace(service, settings=settings),))

    def announced(self, target: Target) -> dict[str, str]:
        """Requirement -> what it is announced to come to. Nothing is announced to come to two things."""
        found: dict[str, str] = {}
        for gap in self.area.gaps(target, target.services[0]):
            assert gap.add
            for each in RULES & set(gap.requirements):
                assert found.setdefault(each, gap.becomes) == gap.becomes, each
        return found

    def filled(self, target: Target) -> Target:
        """The target with every line that is announced, as often as there is a new one."""
        seen: set[str] = set()
        while lines := {gap.add for gap in self.area.gaps(target, target.services[0])} - seen:
            seen |= lines
            for table, keys in map(parsed, sorted(lines)):
                service = target.services[0]
                outer = {table: {**service.settings.get(table, {}), **keys}} if table else keys
                target = replace(target, services=(replace(service, settings={**service.settings, **outer}),))
        return target

    def came(self, target: Target, *only: str) -> dict[str, str]:
        """Requirement -> what it comes to in a run, as gaps have it; what passes or warns is left out."""
        with tempfile.TemporaryDirectory() as folder:
            request = Request(profile="asean", out=Path(folder) / "run", only=only)
            ran = execute(request, self.door, [target], front="loop", quiet=True)
        judged = ran.prepared.plan.services[0].judged
        return {
            cell.requirement: f"{cell.status}({cell.reason})"
            if cell.reason not in ("", "violated")
            else f"{cell.status}"
            for cell in ran.run.cells
            if cell.requirement in judged and cell.status not in SOMETHING
        }


@contextlib.contextmanager
def stood(role: str, policy: str = "good") -> Iterator[Stood]:
    """A stand of the sandbox, whose manifest is complete but for what takes long."""
    stand = Stand("xy-gaps", "XY", "svc", role, policy)
    with Sandbox([Spec("xy-gaps", "XY", "Test", (stand,))]) as sandbox:
        yield Stood(area_of(role), sandbox.targets[0], sandbox.door())


def parsed(line: str) -> tuple[str, dict[str, Any]]:
    """(the table of the service that a line is for, empty for the service itself; what the line says as TOML)."""
    table = re.search(r" under \[target\.service\.(\w+)\]", line)
    return table[1] if table else "", tomllib.loads(line[: end_of_toml(line)])


def end_of_toml(line: str) -> int:
    """Where the TOML of a line ends, and words about it begin."""
    for end in (len(line), *(found.start() for found in reversed(list(re.finditer(r", | under | and | \(", line))))):
        with contextlib.suppress(tomllib.TOMLDecodeError):
            tomllib.loads(line[:end])
            return end
    raise AssertionError(line)


def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have payments created as at a host that is not this machine, where an authorisation must allow it."""
    other = SimpleNamespace(canonical_host=lambda _: "bank.example", TABLE=scope.TABLE)
    other.literal, other.is_localhost = (lambda _: None), (lambda _: False)
    monkeypatch.setattr(authority, "scope", other)
