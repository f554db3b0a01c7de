"""`conformance run` from end to end on loopback: verdicts, files, exit codes, and what a stopped run leaves."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from conformance import sandbox
from conformance.core.model import NotTested, Status
from conformance.core.results import read_results
from conformance.exits import Exit
from conformance.sandbox import Expected, load_specs
from tests.commands.conftest import ENVIRONMENT, RED, Call, Served
from tests.commands.test_wrong_input import MANIFEST

FILES = {"results.ndjson", "evidence.zip", "matrix.html", "matrix.json", "matrix.csv", "junit.xml"}


def statuses(folder: Path) -> dict[str, str]:
    return {cell.requirement: cell.status.value for cell in read_results(folder).cells}


def test_a_conforming_service_exits_0_and_the_run_is_whole(call: Call, served: Served, tmp_path: Path) -> None:
    said = call("run", "--target", served.good, "--out", "run")
    assert said.code == Exit.OK
    assert {path.name for path in (tmp_path / "run").iterdir()} == FILES
    found = statuses(tmp_path / "run")
    assert set(found.values()) == {"pass", "not-applicable"}
    assert found["TLS-VER-03"] == "pass"
    assert "\u2713 conformant" in said.text


def test_the_report_says_what_failed_and_what_to_do(call: Call, served: Served, tmp_path: Path) -> None:
    said = call("run", "--target", served.faulty, "--out", "run")
    assert said.code == Exit.FAIL
    found = statuses(tmp_path / "run")
    assert {i for i, status in found.items() if status == "fail"} == set(RED)
    for text in (
        "\u2715 TLS-VER-03  MUST NOT  TLS 1.0 is refused",
        "clause       RFC 8996 section 4",
        "why          TLS 1.0 and 1.1 rest on SHA-1",
        "expected     a fatal alert",
        "seen         TLSv1.0 TLS_",
        "evidence     run/evidence.zip, evidence/",
        "fix nginx    ssl_protocols TLSv1.2 TLSv1.3;",
        "replay       conformance replay run --only TLS-VER-03",
        "\u2715 non-conformant",
        "run written to run\nmatrix: run/matrix.html\n\nwhat keeps results undetermined",
    ):
        assert text in said.text
    again = call("replay", "run", "--only", "TLS-VER-03")
    assert again.code == Exit.FAIL
    assert "seen         TLSv1.0 TLS_" in again.text


def test_only_judges_what_was_named_and_writes_the_rest(call: Call, served: Served, tmp_path: Path) -> None:
    said = call("run", "--target", served.faulty, "--out", "run", "--only", "tls-ver-0[45]", "--quiet")
    assert said.code == Exit.OK
    cells = read_results(tmp_path / "run").cells
    asked = {cell.requirement for cell in cells if cell.reason != NotTested.DESELECTED}
    assert asked == {"TLS-VER-04", "TLS-VER-05"}
    assert len(cells) > 70
    assert not read_results(tmp_path / "run").header.complete
    assert "run again without --only and --area" in said.text


def test_area_judges_one_area(call: Call, served: Served, tmp_path: Path) -> None:
    call("run", "--target", served.good, "--out", "run", "--area", "general", "--quiet")
    cells = read_results(tmp_path / "run").cells
    assert {cell.requirement for cell in cells if cell.reason != NotTested.DESELECTED} == {"GEN-CLM-01"}


def test_nothing_selected_has_its_own_code(call: Call, served: Served) -> None:
    said = call("run", "--target", served.good, "--area", "general", "--only", "TLS-VER-03", "--quiet")
    assert said.code == Exit.NOTHING


def test_json_says_what_was_written_and_the_exit_code(call: Call, served: Served, tmp_path: Path) -> None:
    said = call("run", "--target", served.faulty, "--only", "TLS-VER-0*", "--quiet", "--format", "json")
    assert said.data["exit"] == said.code == Exit.FAIL
    assert said.data["counts"]["fail"] == 1
    assert {Path(path).name for path in said.data["written"]} == FILES
    assert all((tmp_path / path).stat().st_size for path in said.data["written"])
    assert said.data["differences"] is None
    tree = ET.parse(tmp_path / said.data["directory"] / "junit.xml")
    assert len(tree.findall(".//failure")) == 1


def test_two_runs_in_one_second_lie_apart(call: Call, served: Served) -> None:
    arguments = ("run", "--target", served.good, "--only", "TLS-VER-03", "--quiet", "--no-report", "--format", "json")
    places = {call(*arguments).data["directory"] for _ in range(3)}
    assert len(places) == 3


WAIVER = """[[waiver]]
id = "{id}"
requirement = "{requirement}"
revs = [1]
target = "xb-faulty"
reason = "terminals in the field"
approved_by = "Example Agency"
issued = {issued}
expires = {expires}
"""


def test_a_waiver_tolerates_and_an_expired_one_does_not(call: Call, served: Served, tmp_path: Path) -> None:
    facts = {"id": "W-1", "requirement": "TLS-VER-03", "issued": "2020-01-01", "expires": "2999-01-01"}
    old = facts | {"id": "W-2", "requirement": "TLS-HTT-01", "expires": "2020-01-02"}
    (tmp_path / "w.toml").write_text(WAIVER.format(**facts) + WAIVER.format(**old), encoding="utf-8")
    arguments = ("run", "--target", served.faulty, "--waivers", "w.toml", "--quiet")
    both = ("--only", "TLS-VER-03", "--only", "TLS-HTT-01")
    assert call(*arguments, *both, "--out", "one").code == Exit.FAIL
    cells = {cell.requirement: cell for cell in read_results(tmp_path / "one").cells}
    assert (cells["TLS-VER-03"].status, cells["TLS-VER-03"].waiver) == (Status.WAIVED, "W-1")
    assert cells["TLS-HTT-01"].status is Status.FAIL
    assert cells["TLS-HTT-01"].notices == ("waiver W-2 expired 2020-01-02",)
    assert call(*arguments, "--only", "TLS-VER-03", "--out", "two").code == Exit.OK
    assert call(*arguments, "--only", "TLS-VER-03", "--out", "three", "--fail-on", "waived").code == Exit.FAIL


def test_a_waiver_for_an_unknown_requirement_is_refused(call: Call, served: Served, tmp_path: Path) -> None:
    facts = {"id": "W-1", "requirement": "TLS-VER-3", "issued": "2020-01-01", "expires": "2999-01-01"}
    (tmp_path / "w.toml").write_text(WAIVER.format(**facts), encoding="utf-8")
    said = call("run", "--target", served.faulty, "--waivers", "w.toml")
    assert said.code == Exit.USAGE
    assert 'w.toml: waiver "W-1".requirement: found "TLS-VER-3"' in said.text


def test_fail_on_chooses_which_verdicts_count(call: Call, served: Served) -> None:
    arguments = ("run", "--target", served.faulty, "--only", "TLS-VER-03", "--quiet")
    assert call(*arguments, "--fail-on", "error").code == Exit.OK
    assert call(*arguments, "--fail-on", "error", "--fail-on", "fail").code == Exit.FAIL


def test_a_baseline_counts_both_ways(call: Call, served: Served, tmp_path: Path) -> None:
    """A known failure that is still there is no news; one that is gone is, as is a new one."""
    faulty = ("run", "--target", served.faulty, "--only", "TLS-VER-0*", "--quiet")
    assert call(*faulty, "--out", "before").code == Exit.FAIL
    same = call(*faulty, "--out", "same", "--baseline", "before")
    assert same.code == Exit.OK
    assert "all 9 verdicts match the baseline before" in same.text
    # The same id on the conforming endpoint: what failed is mended.
    text = served.good.read_text(encoding="utf-8").replace("xa-good", "xb-faulty").replace('"XA"', '"XB"')
    text = text.replace("service.xb-faulty.test", "service.xa-good.test")
    mended = served.good.parent / "mended.toml"
    mended.write_text(text, encoding="utf-8")
    good = ("run", "--target", mended, "--only", "TLS-VER-0*", "--quiet")
    better = call(*good, "--out", "better", "--baseline", "before")
    assert better.code == Exit.DIFFERS
    assert "xb-faulty service TLS-VER-03: expected fail, got pass (another observation)" in better.text
    assert "1 verdict of 9 differs from the baseline before" in better.text
    worse = call(*faulty, "--out", "worse", "--baseline", "better", "--format", "json")
    assert worse.code == Exit.DIFFERS
    assert worse.data["differences"] == [
        {
            "key": ["xb-faulty", "service", "TLS-VER-03"],
            "expected": "pass",
            "got": "fail",
            "why": "another observation",
        }
    ]


def test_a_baseline_without_its_archive_and_one_of_another_target(
    call: Call, served: Served, tmp_path: Path, run_of_faulty: Path
) -> None:
    (tmp_path / "kept.ndjson").write_bytes((run_of_faulty / "results.ndjson").read_bytes())
    said = call("run", "--target", served.faulty, "--quiet", "--baseline", "kept.ndjson")
    assert said.code == Exit.OK
    said = call("run", "--target", served.good, "--only", "TLS-VER-03", "--quiet", "--baseline", "kept.ndjson")
    assert said.code == Exit.DIFFERS
    assert "xb-faulty service TLS-VER-03: expected fail, got no cell (service removed)" in said.text
    assert "xa-good service TLS-VER-03: expected no cell, got pass (service added)" in said.text


def test_a_damaged_baseline_is_refused_before_anything_is_sent(
    call: Call, served: Served, tmp_path: Path, run_of_faulty: Path
) -> None:
    whole = (run_of_faulty / "results.ndjson").read_bytes()
    (tmp_path / "cut.ndjson").write_bytes(whole[:-200])
    said = call("run", "--target", served.faulty, "--baseline", "cut.ndjson", "--out", "run")
    assert said.code == Exit.USAGE
    assert "no footer, so the run was cut off" in said.text
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("front", ["pytest", "loop"])
@pytest.mark.parametrize(
    ("address", "reason", "action"),
    [
        ("127.0.0.1:1", "refused", "start the service, or correct its address"),
        ("login.example:443", "not-authorised", "add or widen [target.authorisation]"),
        ("login.test:443", "not-authorised", "add or widen [target.authorisation]"),
    ],
)
def test_a_service_that_cannot_be_reached_is_undetermined(
    call: Call, tmp_path: Path, *, front: str, address: str, reason: str, action: str
) -> None:
    text = MANIFEST.replace("127.0.0.1:1", address)
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    said = call("run", "--target", "mine.toml", "--out", "run", "--front", front, "--quiet")
    assert said.code == Exit.UNDETERMINED
    assert reason in {cell.reason for cell in read_results(tmp_path / "run").cells}
    assert not {"pass", "fail", "warning"} & set(statuses(tmp_path / "run").values())
    assert f"{reason}: " in said.text
    assert f"-> {action}" in said.text


def test_a_name_that_does_not_resolve_is_undetermined(call: Call, tmp_path: Path) -> None:
    """The resolver of the manifest answers nothing: a closed port on loopback."""
    text = MANIFEST.replace("127.0.0.1:1", "login.test:443").replace("localhost", "login.test")
    text = text.replace('name = "Mine"', 'name = "Mine"\nresolver = "127.0.0.1:1"')
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    said = call("run", "--target", "mine.toml", "--out", "run", "--quiet", "--only", "TLS-VER-03")
    assert said.code == Exit.UNDETERMINED
    assert "error, dns: " in said.text
    assert "-> make the host's name resolve from here" in said.text


def test_a_secret_of_the_manifest_is_in_no_file(
    call: Call, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Known to the redactor by its manifest: here it is planted where evidence is taken, in the name of the service."""
    canary = "canary-7f3a9c41d2"
    monkeypatch.setenv("SUITE_CLIENT_KEY", canary)
    pair = '{ certificate = "env:SUITE_CLIENT_KEY", key = "env:SUITE_CLIENT_KEY" }'
    text = served.good.read_text(encoding="utf-8").replace(
        "[target.claims]", f"mtls = true\nclient_certificate = {pair}\n\n[target.claims]"
    )
    text = text.replace('name = "Good"', f'name = "Good {canary}"')
    manifest = served.good.parent / "secret.toml"
    manifest.write_text(text, encoding="utf-8")
    call("run", "--target", manifest, "--out", "run", "--quiet", "--only", "TLS-MTL-*")
    with zipfile.ZipFile(tmp_path / "run" / "evidence.zip") as archive:
        assert all(canary.encode() not in archive.read(name) for name in archive.namelist())
    monkeypatch.undo()


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    kept.append(server.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in kept:
            connection.close()


@pytest.mark.parametrize("front", ["pytest", "loop"])
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_is_written_and_says_so(tmp_path: Path, silent: int, sent: signal.Signals, front: str) -> None:
    text = MANIFEST.replace("127.0.0.1:1", f"127.0.0.1:{silent}")
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "conformance", "run", "--target", "mine.toml", "--out", "run", "--front", front]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True, env=ENVIRONMENT) as process:
        assert process.stderr
        assert "observing 1 service, at most " in process.stderr.readline()
        deadline = time.monotonic() + 30
        while not (tmp_path / "run" / "evidence.zip").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(sent)
        out, errors = process.communicate(timeout=60)
    assert process.returncode == Exit.UNDETERMINED, errors
    assert "stopped: what was not reached is not tested" in out
    assert "not tested, stopped: " in out
    run = read_results(tmp_path / "run")
    assert {cell.reason for cell in run.cells} == {"stopped"}
    assert not run.header.complete


def test_progress_off_a_terminal_is_plain_lines_on_stderr(tmp_path: Path, served: Served) -> None:
    command = [sys.executable, "-m", "conformance", "run", "--target", str(served.good), "--only", "TLS-VER-03"]
    command += ["--format", "json"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False, env=ENVIRONMENT
    )
    assert json.loads(done.stdout)["exit"] == done.returncode == 0
    lines = done.stderr.splitlines()
    assert lines[0].startswith("observing 1 service, at most ")
    assert lines[-1].startswith("observed: 1 of 1 service, ")
    assert lines[-1].endswith("last xa-good/service")
    assert "\x1b" not in done.stderr


def test_the_sandbox_comes_to_what_it_must(call: Call, tmp_path: Path) -> None:
    said = call("run", "--out", "run", "--quiet")
    assert said.code == Exit.OK
    cells = read_results(tmp_path / "run").cells
    assert said.text.splitlines()[-1] == f"all {len(cells)} verdicts match what the sandbox must come to"
    assert {cell.country for cell in cells} == {"XA", "XB", "XC"}


def test_a_sandbox_that_comes_to_something_else_is_named_cell_by_cell(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (conforming, *others) = load_specs()
    strange = replace(conforming, expected={**conforming.expected, "portal": Expected()})
    monkeypatch.setattr(sandbox, "load_specs", lambda: (strange, *others))
    said = call("run", "--out", "run", "--quiet", "--only", "TLS-CIP-08", "--only", "TLS-VER-03")
    assert said.code == Exit.DIFFERS
    assert "xa-sandbox portal TLS-CIP-08: expected pass, got not-applicable (DHE is not negotiated)" in said.text
    endpoints = sum(stand.role == "tls-endpoint" for spec in (strange, *others) for stand in spec.stands)
    assert said.text.splitlines()[-1] == f"1 verdict of {2 * endpoints} differs from what the sandbox must come to"
