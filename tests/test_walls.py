"""Who may import whom, and that judging needs neither a network nor a clock nor an environment."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import conformance
from conformance.areas import AREAS

ROOT = Path(conformance.__file__).parent
AREA_NAMES = tuple(area.name for area in AREAS)
JUDGES = sorted(path for area in AREA_NAMES for path in (ROOT / area).rglob("test_*.py"))
OBSERVERS = sorted(path for area in AREA_NAMES for path in (ROOT / area).rglob("observe*.py"))
CORE = sorted((ROOT / "core").glob("*.py"))
REPORT = sorted((ROOT / "report").glob("*.py"))
EVERYTHING = sorted(ROOT.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module that the file imports, at its top or inside a function, and each name it takes from one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def dotted(path: Path) -> str:
    """The module that a file is."""
    return ".".join(("conformance", *path.relative_to(ROOT).with_suffix("").parts))


def offends(path: Path, *forbidden: str) -> list[str]:
    return [name for name in imports(path) if any(name == f or name.startswith(f"{f}.") for f in forbidden)]


def test_the_walls_are_looked_for_somewhere() -> None:
    assert len(JUDGES) >= 8
    assert len(OBSERVERS) >= 4
    assert len(CORE) >= 15


@pytest.mark.parametrize("path", JUDGES, ids=lambda path: path.name)
def test_judges_touch_neither_network_nor_clock(path: Path) -> None:
    observers = [dotted(other) for other in OBSERVERS]
    forbidden = (
        "socket",
        "ssl",
        "requests",
        "urllib3",
        "time",
        "os",
        "conformance.core.network",
        "conformance.core.selector",
        "conformance.wire",
        "dns",
        "subprocess",
        *observers,
    )
    assert offends(path, *forbidden) == []


@pytest.mark.parametrize("path", OBSERVERS, ids=lambda path: path.name)
def test_observers_know_no_profile_and_no_rule(path: Path) -> None:
    judges = [dotted(other) for other in JUDGES]
    forbidden = (
        "conformance.core.profile",
        "conformance.core.judge",
        "conformance.core.judging",
        "conformance.core.model.Rule",
        "conformance.core.model.Requirement",
        *judges,
    )
    assert offends(path, *forbidden) == []


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.name)
def test_the_core_imports_no_area(path: Path) -> None:
    forbidden = (
        "conformance.wire",
        "conformance.report",
        "conformance.cli",
        "conformance.plugin",
        "conformance.commands",
        "conformance.areas",
        *(f"conformance.{name}" for name in AREA_NAMES),
    )
    assert offends(path, *forbidden) == []


@pytest.mark.parametrize("path", REPORT, ids=lambda path: path.name)
def test_reports_are_made_from_the_core_alone(path: Path) -> None:
    own = [name for name in imports(path) if name.startswith("conformance.")]
    allowed = ("conformance.core", "conformance.report", "conformance.__version__")
    assert [name for name in own if not name.startswith(allowed)] == []


FRONT_ENDS = ("conformance.cli", "conformance.plugin", "conformance.commands")


@pytest.mark.parametrize(
    "path",
    [p for p in EVERYTHING if p.name not in ("cli.py", "plugin.py", "__main__.py") and p.parent.name != "commands"],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_nothing_imports_the_front_ends(path: Path) -> None:
    assert offends(path, *FRONT_ENDS) == []


SEALED = """
import os, socket, sys, time
from conformance.areas import AREAS
from conformance.core.judging import load_judges
from conformance.core.judge import Bundle, Case, judge_service
from conformance.core.profile import load_profile
from tests.eid.credentials.evidence import vectors
from tests.eid.issuer import evidence as issuer
from tests.eid.verifier import evidence as verifier
from tests.evidence import bundle, service, target, OBSERVED_AT

profile = load_profile("asean")
judges = load_judges(AREAS)
made = bundle()
eid = Bundle({"vectors": vectors(), **issuer.records(), **verifier.records()}, {}, OBSERVED_AT, {})

def forbidden(event, _):
    if event.startswith(("socket.", "subprocess.", "os.putenv", "open")):
        raise RuntimeError(f"judging did {event}")

def no(*_, **__):
    raise RuntimeError("judging looked at the clock or the environment")

time.time = time.monotonic = no
os.getenv = no
os.environ = None
sys.addaudithook(forbidden)
ROLES = {"tls-endpoint", "credential-library", "id-qr-reader", "credential-issuer", "credential-verifier"}
rules = tuple(r for r in profile.requirements.values() if ROLES & set(r.roles))
case = Case(target(), service(), rules, tuple(r.id for r in rules), {}, {})
cells = judge_service(case, judges, {"tls": made, "eid": eid})
internal = [f"{c.requirement} {c.detail}" for c in cells if c.reason == "internal"]
assert not internal, internal
assert sum(c.status == "pass" for c in cells) > 79, [(c.requirement, c.status, c.detail) for c in cells]
sys.stdout.write(f"judged {len(cells)}")
"""


def test_every_judge_runs_with_network_clock_and_environment_blocked() -> None:
    done = subprocess.run([sys.executable, "-c", SEALED], capture_output=True, text=True, cwd=ROOT.parent, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("judged ")
