"""The configurations that real servers run in, each with the verdicts it must get: `expected/*.toml`, by hand.

A file is one piece of software. A configuration that `extends` another takes over its settings, certificates, manifest
and expectations, key by key, and then says what it changes; a directive of "" is taken out again.

What a requirement is not listed with must come out `pass` or `not-applicable`; where a configuration has a list
`not_applicable`, those are the only ones, and every requirement named nowhere must pass. `warning until 2027-07-01` is
`fail` from that day on. `reasons` says why a server cannot do better.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("expected")
STATUSES = frozenset({"pass", "warning", "fail", "error", "not-tested", "not-applicable"})
UNTIL = "warning until "


class ConfigurationError(Exception):
    """A file under `expected/` that does not say what it should."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """One way to run one server.

    certificates: variants of `material.py`, the first is `{certificate0}`. settings: what `launchers.py` reads for
    this software. manifest: keys of the service in the target manifest. claims: of the target.
    expected: requirement -> status, see the module's head. not_applicable: None where it is not listed.
    shows: the requirements for which this is the defect server.
    """

    id: str
    software: str
    why: str
    certificates: tuple[str, ...] = ("good",)
    settings: Mapping[str, Any] = field(default_factory=dict)
    manifest: Mapping[str, Any] = field(default_factory=dict)
    claims: Mapping[str, bool] = field(default_factory=dict)
    expected: Mapping[str, str] = field(default_factory=dict)
    not_applicable: frozenset[str] | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)
    shows: tuple[str, ...] = ()

    def allowed(self, requirement: str, today: date) -> frozenset[str]:
        """The statuses that the requirement may have on that day."""
        status = self.expected.get(requirement)
        if status is not None:
            if status.startswith(UNTIL):
                return frozenset({"warning" if today < date.fromisoformat(status.removeprefix(UNTIL)) else "fail"})
            return frozenset({status})
        if self.not_applicable is None:
            return frozenset({"pass", "not-applicable"})
        return frozenset({"not-applicable" if requirement in self.not_applicable else "pass"})


def load_configurations(folder: Path = FOLDER) -> dict[str, Configuration]:
    """Every configuration by id, in file order.

    Raises:
        ConfigurationError: a key, status or parent that does not exist, or an id twice.
    """
    found: dict[str, Configuration] = {}
    for file in sorted(folder.glob("*.toml")):
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        for entry in data["configuration"]:
            configuration = configured({"software": data["software"], **entry}, found, file.name)
            if configuration.id in found:
                raise ConfigurationError(f"{file.name}: {configuration.id} stands there twice")
            found[configuration.id] = configuration
    return found


def configured(entry: dict[str, Any], found: Mapping[str, Configuration], file: str) -> Configuration:
    """One entry, with what it extends."""
    name = entry.get("id", "an entry without id")
    unknown = set(entry) - {*Configuration.__slots__, "extends"}
    if unknown:
        raise ConfigurationError(f"{file}: {name} has unknown keys: {', '.join(sorted(unknown))}")
    parent = entry.pop("extends", "")
    if parent and parent not in found:
        raise ConfigurationError(f"{file}: {name} extends {parent}, which does not stand before it")
    base = found[parent] if parent else Configuration("", "", "")
    listed = entry.get("not_applicable")
    expected = merged(base.expected, entry.get("expected", {}))
    for requirement, status in expected.items():
        if not status.startswith(UNTIL) and status not in STATUSES:
            raise ConfigurationError(f"{file}: {name} expects {requirement} to be {status}")
    return Configuration(
        id=entry["id"],
        software=entry["software"],
        why=entry["why"],
        certificates=tuple(entry.get("certificates", base.certificates)),
        settings=merged(base.settings, entry.get("settings", {})),
        manifest=merged(base.manifest, entry.get("manifest", {})),
        claims=merged(base.claims, entry.get("claims", {})),
        expected=expected,
        not_applicable=base.not_applicable if listed is None else frozenset(listed),
        reasons=merged(base.reasons, entry.get("reasons", {})),
        shows=tuple(entry.get("shows", ())),
    )


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The base with the changes, table by table; an empty string takes the key out."""
    result = dict(base)
    for key, value in changes.items():
        if value == "":
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result
