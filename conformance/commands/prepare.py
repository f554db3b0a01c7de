"""From what the user names to a plan: profile, targets, waivers, judges, output folder."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

from conformance.areas import AREAS
from conformance.core.codec import sha256
from conformance.core.engine import Progress, Settings
from conformance.core.errors import ConfigError, nearest
from conformance.core.judging import JudgeEntry, load_judges, match
from conformance.core.model import Profile, Target, Untested
from conformance.core.plan import Plan, Select, make_plan
from conformance.core.profile import load_profile
from conformance.core.redact import Redactor
from conformance.core.results import RESULTS_NAME
from conformance.core.store import EVIDENCE_NAME
from conformance.core.target import load_target, secrets_of
from conformance.core.waivers import Waiver, load_waivers

RUNS = Path("reports") / "runs"


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is asked to do. only: requirement ids or patterns (`TLS-CIP-*`); area: one area's name."""

    profile: str = "asean"
    targets: tuple[Path, ...] = ()
    only: tuple[str, ...] = ()
    area: str = ""
    waivers: Path | None = None
    out: Path | None = None
    enumerate: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan with what belongs to it."""

    plan: Plan
    waivers: tuple[Waiver, ...]
    waivers_sha256: str


def prepare(request: Request, now: datetime, targets: Iterable[Target] | None = None) -> Prepared:
    """Load everything and plan.

    Args:
        request: see Request.
        now: aware UTC; its day is the one authorisations are held against.
        targets: instead of the request's manifests, targets that are already loaded (the sandbox's).

    Raises:
        ConfigError: with file, key, what was found and what was expected.
        JudgeError: a defect of the suite.
    """
    profile = load_profile(request.profile)
    loaded = tuple(targets) if targets is not None else load_targets(request.targets)
    judges = judges_of(profile, loaded)
    waivers = load_waivers(request.waivers, profile) if request.waivers else ()
    digest = sha256(request.waivers.read_bytes()) if request.waivers else ""
    plan = make_plan(profile, loaded, judges, today=now.date(), select=selection(request, profile))
    return Prepared(plan, tuple(waivers), digest)


def judges_of(profile: Profile, targets: Iterable[Target] | None = None) -> dict[str, JudgeEntry]:
    """The judges of the requirements that bind a service of these targets, each checked against the profile.

    Without targets, or where none of theirs is bound, the judges of all. Of an area without any, none are loaded.

    Raises:
        JudgeError: a defect of the suite.
    """
    binding = tuple(profile.requirements.values())
    if targets is not None:
        roles = {service.role for target in targets for service in target.services}
        binding = tuple(each for each in binding if roles.intersection(each.roles)) or binding
    bound = {role for each in binding for role in each.roles}
    judges = load_judges(area for area in AREAS if bound.intersection(area.roles))
    match(profile, judges, binding)
    return dict(judges)


def load_targets(paths: Iterable[Path]) -> tuple[Target, ...]:
    """Every manifest named, folders meaning their `*.toml` files.

    Raises:
        ConfigError: a manifest is wrong, or two have the same id.
    """
    files: list[Path] = []
    for path in paths:
        files += manifests_in(path) if path.is_dir() else [path]
    targets: dict[str, Target] = {}
    for file in files:
        target = load_target(file)
        if target.id in targets:
            raise ConfigError(str(file), "target.id", f'"{target.id}"', f"an id that {targets[target.id].path} has not")
        targets[target.id] = target
    return tuple(targets.values())


def manifests_in(folder: Path) -> list[Path]:
    """The manifests of a folder.

    Raises:
        ConfigError: it has none; names one that lies a folder deeper.
    """
    found = sorted(folder.glob("*.toml"), key=lambda path: path.name)  # paths compare far slower than names
    if not found:
        deeper = next((str(path.parent) for path in sorted(folder.glob("*/*.toml"))), "")
        raise ConfigError(str(folder), "", "a folder without a *.toml file", "a manifest, or a folder of them", deeper)
    return found


def selection(request: Request, profile: Profile) -> Select | None:
    """The cells that the request selects, None for all.

    Raises:
        ConfigError: an id or pattern that names no requirement, or an area that the profile does not have.
    """
    if not request.only and not request.area:
        return None
    ids = set(profile.requirements)
    if request.area:
        areas = {requirement.area for requirement in profile.requirements.values()}
        if request.area not in areas:
            raise ConfigError(
                "--area", "", f'"{request.area}"', f"one of {', '.join(sorted(areas))}", nearest(request.area, areas)
            )
        ids = {i for i in ids if profile.requirements[i].area == request.area}
    if request.only:
        ids &= chosen(request.only, profile)
    return lambda key: key[2] in ids


def chosen(patterns: Iterable[str], profile: Profile) -> set[str]:
    """The requirement ids that the patterns name."""
    found: set[str] = set()
    for pattern in patterns:
        hits = {i for i in profile.requirements if fnmatchcase(i, pattern.upper())}
        if not hits:
            raise ConfigError(
                "--only",
                "",
                f'"{pattern}"',
                f"a requirement of profile {profile.id}",
                nearest(pattern.upper(), profile.requirements),
            )
        found |= hits
    return found


def output_folder(request: Request, now: datetime) -> Path:
    """The folder of the run, made and empty.

    Raises:
        ConfigError: it cannot be made, or holds a run already.
    """
    if request.out:
        return empty_folder(request.out)
    base = folder = RUNS / now.strftime("%Y%m%dT%H%M%SZ")
    number = 1
    while folder.exists():
        folder = base.with_name(f"{base.name}-{number}")
        number += 1
    return empty_folder(folder)


def empty_folder(folder: Path) -> Path:
    """The folder, made, for a run: it holds none yet, not even one that was cut off.

    Raises:
        ConfigError: it cannot be written, or holds a run already.
    """
    for name in (RESULTS_NAME, EVIDENCE_NAME):
        if os.path.lexists(folder / name):
            raise ConfigError("--out", "", f"{folder}, which holds {name}", "a folder that holds no run yet")
    return writable(folder)


def writable(folder: Path) -> Path:
    """The folder, made, after a file was written to it and taken away.

    Raises:
        ConfigError: it cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise ConfigError("--out", "", f"{folder} ({error.strerror})", "a folder that can be written") from None


def settings_of(prepared: Prepared, folder: Path, progress: Progress | None = None) -> Settings:
    """The engine's settings for a prepared run."""
    return Settings(folder, redactor_of(prepared.plan.targets), prepared.waivers, prepared.waivers_sha256, progress)


SHORTEST_SECRET = 4
"""A secret of fewer characters would take ordinary words and numbers out of the evidence, and hides nothing."""


def redactor_of(targets: Iterable[Target]) -> Redactor:
    """A redactor that knows every secret to which the manifests refer, as far as it can be read here."""
    redactor = Redactor()
    for target in targets:
        for secret in secrets_of(target):
            with contextlib.suppress(Untested):
                for text in secret_texts(secret.reveal().decode("utf-8", "replace")):
                    redactor.register(text)
    return redactor


def secret_texts(text: str) -> list[str]:
    """What of a secret must not be written: of PEM the private keys alone, since certificates are public evidence."""
    if "-----BEGIN " in text:
        return PRIVATE_KEYS.findall(text)
    return [stripped] if len(stripped := text.strip()) >= SHORTEST_SECRET else []


PRIVATE_KEYS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL)
