"""A profile: the catalogue, one file an area, and overlays on top, resolved into one frozen value with a digest.

What an overlay may do is in `core/overlay.py`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from conformance.core.codec import encode, sha256
from conformance.core.errors import ConfigError, nearest, shown
from conformance.core.judging import JudgeError, order
from conformance.core.model import Basis, Clause, Level, Profile, Requirement
from conformance.core.overlay import apply_change
from conformance.core.paths import profiles_dir
from conformance.core.schema import Document, frozen, load_document

WORDS = re.compile(r"\b(?:MUST NOT|MUST|SHOULD NOT|SHOULD|MAY)\b")
"""The requirement words of BCP 14 in a statement."""


def load_profile(name: str | Path) -> Profile:
    """The resolved profile.

    Args:
        name: a shipped profile (`asean`, `asean-high`, ...), or the path of a profile's file or folder.

    Raises:
        ConfigError: with file, key, what was found and what was expected.
    """
    path = _find(name)
    return _shipped(path) if path in shipped_profiles().values() else _load(path, ())


@lru_cache(maxsize=8)
def _shipped(path: Path) -> Profile:
    """Profiles that come with the suite are read once a process: half the start of a sandbox went into reading them."""
    return _load(path, ())


def shipped_profiles() -> dict[str, Path]:
    """Name -> file of the profiles that come with the suite."""
    folder = profiles_dir()
    bases = {path.parent.name: path for path in folder.glob("*/profile.toml")}
    overlays = {path.stem: path for path in folder.glob("*.toml") if path.stem not in ("countries", "pairs")}
    return dict(sorted((bases | overlays).items()))


def _find(name: str | Path) -> Path:
    text = str(name)
    if isinstance(name, Path) or "/" in text or text.endswith(".toml"):
        path = Path(name)
        return path / "profile.toml" if os.path.isdir(path) else path  # noqa: PTH112 - no name makes it raise
    shipped = shipped_profiles()
    if text not in shipped:
        raise ConfigError("profile", "", shown(text), f"one of {', '.join(shipped)}, or a file", nearest(text, shipped))
    return shipped[text]


def _load(path: Path, above: tuple[Path, ...]) -> Profile:
    """One profile file. above: the overlays that led to it, each resolved."""
    document = load_document(path, lambda data: "overlay" if "extends" in data else "profile")
    if path.resolve() in above:
        names = " -> ".join(each.name for each in (*above, path))
        raise ConfigError(str(path), "extends", f"the cycle {names}", "a chain that ends")
    if "extends" not in document.data:
        return _sealed(document, _catalogue(document))
    base = _load(_extended(document), (*above, path.resolve()))
    return _sealed(document, _overlaid(document, base), base)


def _extended(document: Document) -> Path:
    """The file that an overlay names: a shipped profile, or a path relative to the overlay."""
    name: str = document.data["extends"]
    if name.endswith(".toml"):
        return document.path.parent / name
    shipped = shipped_profiles()
    if name not in shipped:
        expected = f"one of {', '.join(shipped)}, or a file"
        raise ConfigError(document.name, "extends", shown(name), expected, nearest(name, shipped))
    return shipped[name]


def _catalogue(document: Document) -> dict[str, Requirement]:
    """The requirements of a base profile, in the order of its catalogue files."""
    found: dict[str, Requirement] = {}
    for name in document.data["catalogues"]:
        part = load_document(document.path.parent / name, "catalogue")
        origin = f"{document.path.parent.name}/{name}"
        _add(found, part, part.data["requirement"], origin, part.data["area"])
    return found


def _overlaid(document: Document, base: Profile) -> dict[str, Requirement]:
    """The requirements of a base with an overlay's changes, additions and selection."""
    found = dict(base.requirements)
    changed: set[str] = set()
    for change in document.data.get("change", ()):
        requirement_id = change["requirement"]
        where = f"change {shown(requirement_id)}"
        _known(document, where, requirement_id, found, base)
        if requirement_id in changed:
            raise ConfigError(document.name, where, "a second change of it", "one change a requirement")
        changed.add(requirement_id)
        made = apply_change(found[requirement_id], change, document.name, where)
        found[requirement_id] = replace(made, params=frozen(made.params), origin=document.path.name)
    _add(found, document, document.data.get("requirement", ()), document.path.name)
    if "only" not in document.data:
        return found
    for requirement_id in document.data["only"]:
        _known(document, "only", requirement_id, found, base)
    wanted = frozenset(document.data["only"])
    return {requirement_id: found[requirement_id] for requirement_id in found if requirement_id in wanted}


def _known(document: Document, where: str, requirement_id: str, found: Iterable[str], base: Profile) -> None:
    if requirement_id not in found:
        expected = f"a requirement of {base.id}@{base.version}"
        raise ConfigError(document.name, where, shown(requirement_id), expected, nearest(requirement_id, found))


def _add(
    found: dict[str, Requirement], document: Document, entries: Iterable[Mapping[str, Any]], origin: str, area: str = ""
) -> None:
    """Read entries into `found`, in order."""
    for entry in entries:
        made = _requirement(entry, origin, area)
        where = f"requirement {shown(made.id)}"
        if made.id in found:
            other = found[made.id].origin
            raise ConfigError(document.name, where, f"an id that {other} has already", "an id never used before")
        _consistent(made, document.name, where)
        found[made.id] = made


def _requirement(entry: Mapping[str, Any], origin: str, area: str) -> Requirement:
    in_force = entry.get("in_force")
    return Requirement(
        id=entry["id"],
        rev=entry["rev"],
        title=entry["title"],
        statement=entry["statement"],
        level=Level(entry["level"]),
        area=entry.get("area", area),
        roles=tuple(entry["roles"]),
        cite=tuple(Clause(**clause) for clause in entry["cite"]),
        why=entry["why"],
        fix=frozen(entry["fix"]),
        faults=tuple(entry["faults"]),
        params=frozen(entry.get("params", {})),
        serves=tuple(entry.get("serves", ())),
        needs=tuple(entry.get("needs", ())),
        basis=Basis(entry.get("basis", "L")),
        in_force=date.fromisoformat(in_force) if in_force else None,
        in_force_note=entry.get("in_force_note", ""),
        fake_only=entry.get("fake_only", False),
        derives=tuple(entry.get("derives", ())),
        collateral=frozen(entry.get("collateral", {})),
        tighten=frozen(entry.get("tighten", {})),
        origin=origin,
    )


def _consistent(made: Requirement, name: str, where: str) -> None:
    """Check what a schema cannot say of one entry."""
    words = set(WORDS.findall(made.statement))
    if words != {made.level.value}:
        found = f"{' and '.join(sorted(words)) or 'no requirement word'}"
        raise ConfigError(name, f"{where}.statement", found, f"{made.level} alone, as its level")
    if bool(made.in_force) != bool(made.in_force_note):
        raise ConfigError(name, where, "in_force or in_force_note alone", "both, or neither")
    for key in made.tighten:
        if key not in made.params:
            raise ConfigError(name, f"{where}.tighten", shown(key), "one of its params", nearest(key, made.params))
    for fault in made.collateral:
        if fault not in made.faults:
            near = nearest(fault, made.faults)
            raise ConfigError(name, f"{where}.collateral", shown(fault), "one of its faults", near)


def _sealed(document: Document, requirements: Mapping[str, Requirement], base: Profile | None = None) -> Profile:
    """The profile, checked as a whole, with its digest."""
    data = document.data
    survey = bool(data.get("survey", base.survey if base else False))
    if survey != (("only" in data) or bool(base and base.survey)):
        expected = "both: a subset is a survey, and nothing else is"
        raise ConfigError(document.name, "survey", "survey or only alone", expected)
    max_age_days = data.get("max_age_days", base.max_age_days if base else 0)
    if base and max_age_days > base.max_age_days:
        expected = f"at most {base.max_age_days}, as {base.id} has"
        raise ConfigError(document.name, "max_age_days", str(max_age_days), expected)
    _whole(document.name, requirements, survey=survey)
    made = Profile(
        id=data["id"],
        version=data["version"],
        title=data["title"],
        status=data["status"],
        max_age_days=max_age_days,
        requirements=MappingProxyType(dict(requirements)),
        sha256="",
        extends=(*base.extends, f"{base.id}@{base.version}") if base else (),
        survey=survey,
        statement=data.get("statement", base.statement if base else ""),
    )
    return replace(made, sha256=digest(made))


def _whole(name: str, requirements: Mapping[str, Requirement], *, survey: bool) -> None:
    """Check what entries say of one another."""
    for made in requirements.values():
        others = [("needs", made.needs)]
        if not survey:  # a fault turns red what a survey may leave out
            others += [(f"collateral.{fault}", ids) for fault, ids in made.collateral.items()]
        for key, ids in others:
            for other in ids:
                if other not in requirements:
                    where = f"requirement {shown(made.id)}.{key}"
                    near = nearest(other, requirements)
                    raise ConfigError(name, where, shown(other), "a requirement of this profile", near)
    try:
        order(requirements)
    except JudgeError as error:
        raise ConfigError(name, "needs", str(error), "no cycle") from None


def digest(profile: Profile) -> str:
    """SHA-256 of the canonical JSON of a resolved profile without its digest."""
    return sha256(encode(replace(profile, sha256="")))
