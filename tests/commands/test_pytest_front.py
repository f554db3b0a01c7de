"""The same requirement functions under plain pytest: chosen by -k, stopped by -x, run again by --lf, read by an IDE."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from conformance.areas import AREAS
from conformance.commands.prepare import Request
from conformance.commands.run import execute
from conformance.core import engine
from conformance.core.area import Observed
from conformance.core.judging import load_judges
from conformance.core.model import Cell, NotTested
from conformance.core.network import Door
from conformance.core.replay import replay
from conformance.core.results import read_results
from conformance.exits import Exit
from tests.commands.conftest import ENVIRONMENT, PACKAGE, RED, Served

VERSIONS = f"{PACKAGE.name}/tls/test_protocol_versions.py"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a pytest process ended."""

    code: int
    text: str


def under_pytest(folder: Path, *arguments: object) -> Ended:
    """Plain pytest in the folder that holds the package, as a user of the checkout calls it."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-o",
        f"cache_dir={folder / 'cache'}",
        "-c",
        os.devnull,
        "--rootdir",
        ".",
    ]
    done = subprocess.run(
        [*command, *map(str, arguments)],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=ENVIRONMENT,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return Ended(done.returncode, done.stdout + done.stderr)


def cells_of(folder: Path) -> dict[str, Cell]:
    return {cell.requirement: cell for cell in read_results(folder).cells}


def judged(folder: Path) -> set[str]:
    return {i for i, cell in cells_of(folder).items() if cell.reason != NotTested.DESELECTED}


def test_without_a_profile_no_requirement_is_collected(tmp_path: Path) -> None:
    ended = under_pytest(tmp_path, "--collect-only", "-q", VERSIONS)
    assert ended.code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "no tests" in ended.text


def test_every_cell_is_an_item_that_is_told_by_its_target(tmp_path: Path, served: Served) -> None:
    ended = under_pytest(
        tmp_path, "--profile", "asean", "--target", served.faulty, "--collect-only", "-q", "conformance"
    )
    items = re.findall(r"^(\S+)::(\w+)\[xb-faulty-service-([A-Z0-9-]+)\]$", ended.text, re.MULTILINE)
    assert len({i for _, _, i in items}) == len(items) > 70
    assert (VERSIONS, "test_obsolete_version_is_refused", "TLS-VER-03") in items
    assert not list(tmp_path.glob("**/results.ndjson"))


def test_k_chooses_and_what_is_left_out_is_written_as_deselected(tmp_path: Path, served: Served) -> None:
    arguments = ("--profile", "asean", "--target", served.faulty, "--out", tmp_path / "run")
    ended = under_pytest(tmp_path, *arguments, "-k", "TLS-VER-03 or TLS-VER-04", "conformance")
    assert ended.code == Exit.FAIL
    assert "1 failed, 1 passed" in ended.text
    for line in ("fail: TLS-VER-03 (MUST NOT) TLS 1.0 is refused", "expected: a fatal alert", "observed: TLSv1.0 TLS_"):
        assert line in ended.text
    assert f"read it with: conformance report {tmp_path / 'run'}" in ended.text
    assert judged(tmp_path / "run") == {"TLS-VER-03", "TLS-VER-04"}
    assert len(cells_of(tmp_path / "run")) > 70
    assert not read_results(tmp_path / "run").header.complete


def test_levels_are_marks_and_a_node_id_names_one_cell(tmp_path: Path, served: Served) -> None:
    node = f"{VERSIONS}::test_obsolete_version_is_refused[xb-faulty-service-TLS-VER-04]"
    arguments = ("--profile", "asean", "--target", served.faulty)
    ended = under_pytest(tmp_path, *arguments, "--out", tmp_path / "run", node)
    assert ended.code == Exit.OK
    assert judged(tmp_path / "run") == {"TLS-VER-04"}
    ended = under_pytest(tmp_path, *arguments, "--collect-only", "-q", "-m", "should", "conformance")
    assert "TLS-HTT-02-S]" in ended.text
    assert "TLS-VER-03]" not in ended.text


def test_lf_runs_what_failed_again(tmp_path: Path, served: Served) -> None:
    arguments = ("--profile", "asean", "--target", served.faulty, "-k", "TLS-VER or TLS-HTT", "conformance")
    assert under_pytest(tmp_path, *arguments, "--out", tmp_path / "one").code == Exit.FAIL
    ended = under_pytest(tmp_path, *arguments, "--lf", "--out", tmp_path / "two")
    assert ended.code == Exit.FAIL
    assert judged(tmp_path / "two") == set(RED)


def test_x_stops_the_report_at_the_first_failure_and_loses_no_verdict(tmp_path: Path, served: Served) -> None:
    arguments = ("--profile", "asean", "--target", served.faulty, "--out", tmp_path / "run", "-k", "TLS-VER")
    ended = under_pytest(tmp_path, *arguments, "-x", VERSIONS)
    assert ended.code == Exit.FAIL
    cells = cells_of(tmp_path / "run")
    assert cells["TLS-VER-03"].status.value == "fail"
    assert cells["TLS-VER-05"].status.value == "pass"
    assert cells["TLS-HTT-01"].reason == "deselected"
    assert "TLS-VER-05]" not in ended.text
    again, _ = replay(tmp_path / "run", load_judges(AREAS))
    assert again.cells == read_results(tmp_path / "run").cells


def test_junitxml_of_pytest_has_a_case_a_cell(tmp_path: Path, served: Served) -> None:
    file = tmp_path / "junit.xml"
    arguments = ("--profile", "asean", "--target", served.faulty, "--out", tmp_path / "run", f"--junitxml={file}")
    under_pytest(tmp_path, *arguments, "-k", "TLS-VER", "conformance")
    cases = ET.parse(file).findall(".//testcase")
    assert {case.get("name", "").rpartition("service-")[2] for case in cases} == {
        f"{i}]" for i in judged(tmp_path / "run")
    }
    (failed,) = [case for case in cases if case.find("failure") is not None]
    assert "TLS-VER-03]" in failed.get("name", "")
    assert {p.get("value") for case in cases for p in case.iter("property")} >= {"pass", "fail"}


def test_an_undecided_cell_is_an_error_and_not_a_failure(tmp_path: Path) -> None:
    manifest = tmp_path / "mine.toml"
    text = '[target]\nid = "xa-mine"\ncountry = "XA"\nname = "Mine"\n[[target.service]]\nid = "portal"\n'
    manifest.write_text(text + 'role = "tls-endpoint"\naddress = "127.0.0.1:1"\n', encoding="utf-8")
    arguments = ("--profile", "asean", "--target", manifest, "--out", tmp_path / "run", "-k", "TLS-VER-03", "-rA")
    ended = under_pytest(tmp_path, *arguments, "conformance")
    assert ended.code == Exit.UNDETERMINED
    assert "1 error" in ended.text
    assert "127.0.0.1 port 1" in ended.text


def test_workers_are_refused(tmp_path: Path, served: Served) -> None:
    ended = under_pytest(tmp_path, "-n", "2", "--profile", "asean", "--target", served.good, "conformance")
    assert ended.code == pytest.ExitCode.USAGE_ERROR
    assert "-n is refused" in ended.text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--profile", "asean"], "--profile needs --target FILE"),
        (["--profile", "asen", "--target", "x.toml"], 'nearest: "asean"'),
        (["--profile", "asean", "--target", "nix.toml"], "nix.toml: found no such file"),
        (["--profile", "asean", "--target", "GOOD", "--out", "/proc/none"], "--out: found /proc/none"),
        (["--profile", "asean", "--target", "GOOD", "--waivers", "nix.toml"], "nix.toml: found no such file"),
    ],
)
def test_what_is_wrong_is_a_usage_error(tmp_path: Path, served: Served, arguments: list[str], told: str) -> None:
    ended = under_pytest(tmp_path, *(str(served.good) if a == "GOOD" else a for a in arguments), "conformance")
    assert ended.code == pytest.ExitCode.USAGE_ERROR
    assert told in ended.text


@pytest.mark.parametrize("only", [(), ("TLS-VER-0*", "TLS-HTT-*")], ids=["whole", "part"])
def test_both_fronts_leave_the_same_octets(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, only: tuple[str, ...]
) -> None:
    """The second front is given what the first observed, since no two observations are equal."""
    seen: dict[str, list[Observed]] = {}
    original = engine._each
    now = datetime.now(UTC)
    door = Door(clock=lambda: now)

    def record(area: object, jobs: object, door: Door) -> object:
        if not seen:
            seen["observed"] = list(original(area, jobs, door))  # type: ignore[arg-type]
        return iter(seen["observed"])

    monkeypatch.setattr(engine, "_each", record)
    for front in ("pytest", "loop"):
        request = Request(targets=(served.good, served.faulty), only=only, out=tmp_path / front)
        execute(request, door, front=front, quiet=True)
    assert seen["observed"]
    for name in ("results.ndjson", "evidence.zip"):
        assert (tmp_path / "pytest" / name).read_bytes() == (tmp_path / "loop" / name).read_bytes()
    reasons = {cell.reason for cell in read_results(tmp_path / "loop").cells}
    assert ("deselected" in reasons) == bool(only)


def test_a_configuration_of_the_callers_pytest_changes_nothing(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n", encoding="utf-8")
    (tmp_path / "conftest.py").write_text("raise RuntimeError('read')\n", encoding="utf-8")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-k nothing")
    monkeypatch.chdir(tmp_path)
    request = Request(targets=(served.good,), only=("TLS-VER-03",), out=tmp_path / "run")
    ran = execute(request, Door(), front="pytest", quiet=True)
    assert {cell.status.value for cell in ran.run.cells} == {"pass", "not-tested"}
    assert os.environ["PYTEST_ADDOPTS"] == "-k nothing"
