"""The wheel and the sdist: whole, and usable where there is no checkout."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def build(source: Path, kind: str, folder: Path) -> Path:
    """Build one distribution of the source tree, without a network: hatchling is in the dependency group `tests`."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True, timeout=120)
    (made,) = folder.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the wheel as installed, and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def conformance(installed: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-P", "-m", "conformance", *arguments],
        cwd=cwd,
        env=environment | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def data_files() -> Iterator[str]:
    for folder in ("profiles", "vectors"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(ROOT).as_posix()


def test_the_wheel_holds_every_profile_template_schema_and_vector(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {f"conformance/data/{name}" for name in data_files()} <= names
    assert {"conformance/py.typed", "conformance/pytest.ini", "conformance/report/templates/style.css"} <= names
    assert not [name for name in names if name.startswith(("tests/", "docs/")) or name.endswith(".pyc")]


def test_an_installed_wheel_works_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    listed = conformance(installed, tmp_path, "list")
    assert listed.returncode == 0, listed.stderr
    assert "TLS-VER-03" in listed.stdout
    ran = conformance(installed, tmp_path, "run", "--only", "TLS-VER-*", "--out", "run", "--quiet")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "match what the sandbox must come to" in ran.stdout
    assert (tmp_path / "run" / "matrix.html").stat().st_size > 10_000
    made = conformance(installed, tmp_path, "init", "tls-endpoint")
    assert made.returncode == 0, made.stderr
    replayed = conformance(installed, tmp_path, "replay", "run", "--out", "again")
    assert "identical to the stored ones" in replayed.stdout
    assert (tmp_path / "again" / "results.ndjson").read_bytes() == (tmp_path / "run" / "results.ndjson").read_bytes()


def test_plain_pytest_finds_the_requirements_of_an_installed_wheel(installed: Path, tmp_path: Path) -> None:
    """Outside the checkout the plugin is named, and `--pyargs conformance` names the requirements."""
    conformance(installed, tmp_path, "init", "tls-endpoint")
    command = [sys.executable, "-P", "-m", "pytest", "-p", "conformance.plugin", "--profile", "asean"]
    command += ["--target", "xa-tls-endpoint.toml"]
    done = subprocess.run(
        [*command, "--collect-only", "-q", "--pyargs", "conformance"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "test_obsolete_version_is_refused[xa-endpoint-portal-TLS-VER-03]" in done.stdout, done.stdout + done.stderr


def test_the_sdist_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    sdist = build(ROOT, "sdist", tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "source")  # our own archive; Python before 3.11.4 has no filters
    (source,) = (tmp_path / "source").iterdir()
    assert {"tests", "docs", "tox.ini", "README.md", "LICENSE"} <= {path.name for path in source.iterdir()}
    again = build(source, "wheel", tmp_path / "again")
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as two:
        assert {i.filename: i.CRC for i in one.infolist()} == {i.filename: i.CRC for i in two.infolist()}


BOUND = re.compile(r"([A-Za-z0-9_.-]+)[>=]=([0-9][0-9.]*)")


def lower_bounds() -> dict[str, str]:
    """Name -> lowest version, of what runs and of what the tests need."""
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["tests"]]
    matches = {text: BOUND.fullmatch(text.strip()) for text in wanted}
    assert all(matches.values()), [text for text, match in matches.items() if not match]
    return {match[1].lower(): match[2] for match in matches.values() if match}


def test_the_lowest_versions_that_are_tested_are_the_lower_bounds() -> None:
    """`tox -e tests-lowest` installs tests/lowest.txt."""
    lines = (ROOT / "tests" / "lowest.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    assert pinned == lower_bounds()


def test_the_version_is_one() -> None:
    import conformance as package  # noqa: PLC0415 - a function here has that name

    assert distribution("asean-conformance").version == package.__version__
