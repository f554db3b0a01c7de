"""The sandbox: fictitious countries on loopback, what they serve, and what must come of it.

`vectors/sandbox/<code>.toml` says of each service which conforming policy it starts from and which faults it has. What
must come out follows from the profile: a requirement that names one of the faults is violated, and so are those that
the file lists as collateral; what is not applicable or not tested is listed by hand; everything else passes.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Self, cast
from urllib.parse import urlsplit

from conformance.areas import AREAS
from conformance.core.area import Area, Kit, Stand
from conformance.core.errors import ConfigError, nearest
from conformance.core.model import Level, NotTested, Profile, Requirement, Status, Target
from conformance.core.network import Door, Limits
from conformance.core.paths import vectors_dir
from conformance.core.profile import load_profile, shipped_profiles
from conformance.core.replay import Change
from conformance.core.results import Run
from conformance.core.schema import load_document, schema_of
from conformance.core.target import load_target
from conformance.tls.policy import GOOD
from conformance.tls.sandbox import Front
from conformance.tls.sandbox_dns import NameServer, serve_dns
from conformance.tls.stage import authorities, client_keys, policy_of


@dataclass(frozen=True, slots=True)
class Expected:
    """What must come of one service beside what its faults say. Each a set of requirement ids, written by hand."""

    collateral: frozenset[str] = frozenset()
    not_applicable: frozenset[str] = frozenset()
    not_tested: frozenset[str] = frozenset()
    error: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Spec:
    """One target of the sandbox, its stands, and what must come of each, by the stand's id."""

    target: str
    country: str
    name: str
    stands: tuple[Stand, ...]
    claims: Mapping[str, bool] = field(default_factory=dict)
    expected: Mapping[str, Expected] = field(default_factory=dict)


def load_specs(folder: Path | None = None) -> tuple[Spec, ...]:
    """The countries of the sandbox, in the order of their codes.

    Raises:
        ConfigError: a file is not as its schema says.
    """
    return tuple(load_spec(path) for path in sorted((folder or vectors_dir() / "sandbox").glob("*.toml")))


def load_spec(path: Path) -> Spec:
    """One country."""
    data = load_document(path, "sandbox").data
    target = f"{data['country'].lower()}-sandbox"
    stands = tuple(
        Stand(
            target=target,
            country=data["country"],
            id=each["id"],
            role=each["role"],
            policy=each["policy"],
            faults=tuple(each["faults"]),
            serves=tuple(each.get("serves", ())),
            fronts=each.get("fronts", ""),
        )
        for each in data["service"]
    )
    expected = {
        each["id"]: Expected(**{kind: frozenset(each.get(kind, ())) for kind in Expected.__slots__})
        for each in data["service"]
    }
    return Spec(target, data["country"], data["name"], stands, data.get("claims", {}), expected)


def area_of(role: str) -> Area:
    """The area whose sandbox serves a role."""
    for area in AREAS:
        if role in area.roles:
            return area
    roles = [role for area in AREAS for role in area.roles]
    raise ConfigError("sandbox", "role", f'"{role}"', f"one of {', '.join(roles)}", nearest(role, roles))


def fault_area(name: str) -> Area:
    """The area that has a fault of this name.

    Raises:
        ConfigError: none has.
    """
    for area in AREAS:
        if name in area.faults():
            return area
    known = [fault for area in AREAS for fault in area.faults()]
    expected = "a fault; `conformance sandbox --list` names them"
    raise ConfigError("sandbox", "--fault", f'"{name}"', expected, nearest(name, known))


def stand_for(target: str, country: str, faults: tuple[str, ...]) -> Stand:
    """A service that has these faults, of the role that the requirements bind which name them.

    Raises:
        ConfigError: no requirement names one of them, or they are of services of different roles.
    """
    roles: dict[str, None] = {}
    serves: dict[str, None] = {}
    for name in shipped_profiles():
        for requirement in load_profile(name).requirements.values():
            if set(requirement.faults) & set(faults) and not requirement.derives:
                roles |= dict.fromkeys(requirement.roles[:1])
                serves |= dict.fromkeys(requirement.serves[:1])
    if len(roles) != 1:
        raise ConfigError("sandbox", "--fault", ", ".join(faults), "faults of services of one role")
    return Stand(target, country, "service", next(iter(roles)), "good", faults, tuple(serves))


class Sandbox:
    """Every stand of the specs, served while the context is open. targets: their manifests as loaded, in order.

    Args:
        specs: what to serve.
        folder: where manifests and the files that they name are written; None for one that goes with the context.
        trusted: the manifests name the sandbox's CA as their root, for whoever has not this sandbox's door.
    """

    def __init__(self, specs: Sequence[Spec], folder: Path | None = None, *, trusted: bool = False) -> None:
        self._specs, self._folder, self._trusted = specs, folder, trusted
        self._stack = contextlib.ExitStack()
        self.targets: tuple[Target, ...] = ()
        self.roots = Path()

    def __enter__(self) -> Self:
        """Start the servers."""
        with contextlib.ExitStack() as stack:
            folder = self._folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="conformance-")))
            folder.mkdir(parents=True, exist_ok=True)
            pki = authorities(keys_folder())
            self.roots = folder / "roots.pem"
            self.roots.write_bytes(pki.public_roots_pem)
            names = stack.enter_context(serve_dns({}))
            self.targets = tuple(self._target(stack, spec, folder / spec.target, names) for spec in self._specs)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop them."""
        self._stack.close()

    def door(self, limits: Limits | None = None) -> Door:
        """A way to the network for which the sandbox's CA is the public one."""
        return Door(ca_file=str(self.roots), limits=limits)

    def _target(self, stack: contextlib.ExitStack, spec: Spec, folder: Path, names: NameServer) -> Target:
        """Serve the stands of one country and load the manifest that describes them."""
        folder.mkdir(exist_ok=True)
        services, claims = [], dict(spec.claims)
        fronts = {stand.fronts: stand for stand in spec.stands if stand.fronts}
        staged: dict[str, Mapping[str, Any]] = {}
        for stand in sorted(spec.stands, key=lambda each: bool(each.fronts)):
            place = folder / stand.id
            place.mkdir(exist_ok=True)
            context = partial(server_context, fronts.get(stand.id))
            kit = Kit(place, keys_folder(), self.roots, context, names.announce)
            if stand.fronts:
                keys = at_the_place_of(staged[stand.fronts])
                keys |= client_keys(policy_of(stand), kit, authorities(keys_folder()))
            else:
                keys = dict(stack.enter_context(area_of(stand.role).stage(stand, kit)))
            staged[stand.id] = keys
            claims |= keys.pop("claims", {})
            entry = {"id": stand.id, "role": stand.role, "serves": list(stand.serves), **below(stand.id, keys)}
            if self._trusted and "trust" in schema_of(f"service-{stand.role}.json")["properties"]:
                entry.setdefault("trust", "../roots.pem")
            services.append(entry)
        path = folder / "manifest.toml"
        path.write_text(manifest(spec, names.address, claims, services), encoding="utf-8")
        return load_target(path)


def keys_folder() -> Path:
    """Where the sandbox keeps its keys for a day, so that it starts at once; none of them is trusted elsewhere."""
    return Path.home() / ".cache" / "asean-conformance"


def server_context(
    front: Stand | None = None, change: Callable[[ssl.SSLContext], None] = lambda _: None
) -> ssl.SSLContext:
    """TLS for a server named `localhost`, by the sandbox's CA, as the endpoint that fronts it has it. See `Kit`."""
    policy = policy_of(front) if front else GOOD
    return cast("ssl.SSLContext", Front(policy, authorities(keys_folder()), change))


def at_the_place_of(keys: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest keys of the TLS endpoint at which another service answers."""
    url = next(value for value in keys.values() if isinstance(value, str) and value.startswith("https://"))
    return {"address": f"127.0.0.1:{urlsplit(url).port}", "server_name": "localhost"}


FILE_KEYS = ("trust",)


def below(folder: str, value: Any, key: str = "") -> Any:
    """The keys of a service with the files that they name taken to lie in a folder beside the manifest."""
    if isinstance(value, Mapping):
        return {name: below(folder, each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [below(folder, each, key) for each in value]
    if isinstance(value, str) and value.startswith("file:"):
        return f"file:{folder}/{value.removeprefix('file:')}"
    return f"{folder}/{value}" if key in FILE_KEYS else value


def manifest(spec: Spec, resolver: str, claims: Mapping[str, bool], services: Sequence[Mapping[str, Any]]) -> str:
    """The target manifest of a country, as an operator would write it."""
    head = {"id": spec.target, "country": spec.country, "name": spec.name, "resolver": resolver}
    lines = ["[target]", *entries(head)]
    for service in services:
        lines += ["", "[[target.service]]", *entries(service)]
    return "\n".join([*lines, "", "[target.claims]", *entries(claims), ""])


def entries(table: Mapping[str, Any]) -> Iterator[str]:
    """A table's keys as lines of TOML."""
    return (f"{key} = {toml(value)}" for key, value in table.items())


def toml(value: Any) -> str:
    """A value as TOML writes it; strings as JSON does, which TOML reads alike."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


def differences(run: Run, specs: Sequence[Spec], profile: Profile) -> list[Change]:
    """Every cell whose status is not the one expected, every cell too many and every one that is missing."""
    observed_at = datetime.fromisoformat(run.header.observed_at)
    expected: dict[tuple[str, str, str], Status] = {}
    for spec in specs:
        for stand in spec.stands:
            for requirement in profile.requirements.values():
                if stand.role in requirement.roles:
                    key = (spec.target, stand.id, requirement.id)
                    expected[key] = expectation(requirement, stand, spec.expected[stand.id], observed_at)
    found = []
    for cell in run.cells:
        wanted = expected.pop(cell.key, None)
        if cell.reason != NotTested.DESELECTED and cell.status is not wanted:
            seen = (
                "; ".join(violation.message for violation in cell.violations) or f"{cell.reason} {cell.detail}".strip()
            )
            found.append(Change(cell.key, wanted.value if wanted else "", cell.status.value, seen))
    return found + [Change(key, status.value, "", "the run has no such cell") for key, status in expected.items()]


def expectation(requirement: Requirement, stand: Stand, expected: Expected, observed_at: datetime) -> Status:
    """What must come of one requirement on one stand."""
    listed = {
        Status.NOT_APPLICABLE: expected.not_applicable,
        Status.NOT_TESTED: expected.not_tested,
        Status.ERROR: expected.error,
    }
    for status, ids in listed.items():
        if requirement.id in ids:
            return status
    if not set(requirement.faults) & set(stand.faults) and requirement.id not in expected.collateral:
        return Status.PASS
    if requirement.level is Level.MAY:
        return Status.NOT_APPLICABLE
    if not requirement.level.binding or (requirement.in_force and observed_at.date() < requirement.in_force):
        return Status.WARNING
    return Status.FAIL
