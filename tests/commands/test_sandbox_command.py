"""`conformance sandbox` serves until it is stopped, and what it serves can be checked from elsewhere."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.areas import AREAS
from conformance.core.profile import load_profile, shipped_profiles
from conformance.core.results import read_results
from conformance.exits import Exit
from tests.commands.conftest import ENVIRONMENT, Call


@contextmanager
def sandbox(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "conformance", "sandbox", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, stdout=pipe, stderr=pipe, text=True, env=ENVIRONMENT) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_faulty_service_is_served_until_stopped(call: Call, tmp_path: Path, sent: signal.Signals) -> None:
    arguments = ("--fault", "tls10", "--fault", "short-hsts", "--out", "served", "--format", "json")
    with sandbox(tmp_path, *arguments) as process:
        assert process.stdout
        (line,) = [process.stdout.readline()]
        (manifest,) = json.loads(line)["manifests"]
        said = call("run", "--target", manifest, "--out", "run", "--quiet")
        assert said.code == Exit.FAIL
        process.send_signal(sent)
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (0, "stopped\n")
    red = {cell.requirement for cell in read_results(tmp_path / "run").cells if cell.status.value == "fail"}
    assert red == {"TLS-VER-03", "TLS-HTT-01"}
    assert call("run", "--target", manifest, "--quiet", "--only", "TLS-VER-03").code == Exit.UNDETERMINED


def test_whole_sandbox_says_how_to_check_it(tmp_path: Path) -> None:
    with sandbox(tmp_path, "--out", "served") as process:
        assert process.stdout
        lines = [process.stdout.readline().rstrip()]
        while lines[-1] and lines[-1] != "serving until Ctrl-C":
            lines.append(process.stdout.readline().rstrip())
        assert {line.split()[0] for line in lines[:-2]} == {"XA", "XB", "XC"}
        assert lines[-2].startswith("check it with:  conformance run --target served/xa-sandbox/manifest.toml")
        assert all((tmp_path / path).is_file() for path in lines[-2].split()[6::2])


def test_list_names_every_fault_with_what_it_turns_red(call: Call) -> None:
    rows = {row["fault"]: row for row in call("sandbox", "--list", "--format", "json").data}
    assert set(rows) == {fault for area in AREAS for fault in area.faults()}
    for name in shipped_profiles():
        for requirement in load_profile(name).requirements.values():
            assert all(requirement.id in rows[fault]["requirements"] for fault in requirement.faults)
    text = call("sandbox", "--list").text
    assert all(fault in text for fault in rows)


def test_out_that_is_a_file_is_refused(call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    said = call("sandbox", "--out", "file")
    assert said.code == Exit.USAGE
    assert "--out: found file" in said.text
