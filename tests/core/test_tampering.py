"""Z45 to Z47: a run that was killed, cut, flipped in a bit, edited or mixed up is refused, or shown to differ."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from conformance.core import engine
from conformance.core.engine import Settings
from conformance.core.model import Status
from conformance.core.network import Door
from conformance.core.plan import make_plan
from conformance.core.redact import Redactor
from conformance.core.replay import changes, replay
from conformance.core.results import RESULTS_NAME, ResultsError, Run, cell_lines, read_results, write_results
from conformance.core.store import EVIDENCE_NAME, MAX_EVIDENCE_BYTES, StoreError
from conformance.exits import Exit
from tests.core import demo
from tests.zoo.servers import serve, silent

MANIFEST = (
    '[target]\nid = "xa-kill"\ncountry = "XA"\nname = "Kill"\n[[target.service]]\nid = "main"\nrole = "tls-endpoint"\n'
)


def ran(folder: Path, acts: str = "violate") -> Run:
    folder.mkdir(exist_ok=True)
    targets = (demo.target(acts={"DEMO-01": acts}), demo.target("xb-b", "XB"))
    plan = make_plan(demo.profile(), targets, demo.judges(), today=demo.TODAY)
    engine.run(plan, Door(clock=lambda: demo.NOW), Settings(folder, Redactor()))
    return read_results(folder)


# Cut off


def test_results_cut_anywhere_are_refused(tmp_path: Path) -> None:
    whole = (ran(tmp_path).directory or tmp_path) / RESULTS_NAME
    data = whole.read_bytes()
    for end in range(len(data) - 1):  # without the last line feed nothing is lost
        whole.write_bytes(data[:end])
        with pytest.raises(ResultsError):
            read_results(tmp_path)


def test_results_with_a_flipped_bit_are_refused_wherever_it_is(tmp_path: Path) -> None:
    ran(tmp_path)
    whole = tmp_path / RESULTS_NAME
    data = whole.read_bytes()
    for at in range(len(data) - 1):
        whole.write_bytes(data[:at] + bytes((data[at] ^ 1 << at % 8,)) + data[at + 1 :])
        with pytest.raises(ResultsError):
            read_results(tmp_path)


def test_evidence_that_is_cut_or_flipped_is_refused_or_gives_the_same_cells(tmp_path: Path) -> None:
    """A bit in a time stamp of the archive changes nothing; whatever changes a byte of evidence is seen."""
    stored = ran(tmp_path)
    archive = tmp_path / EVIDENCE_NAME
    data = archive.read_bytes()
    chance = random.Random(46)
    refused = 0
    for _ in range(300):
        at = chance.randrange(len(data))
        cut = chance.random() < 0.2
        archive.write_bytes(
            data[:at] if cut else data[:at] + bytes((data[at] ^ 1 << chance.randrange(8),)) + data[at + 1 :]
        )
        try:
            again, _ = replay(tmp_path, demo.judges())
        except StoreError:
            refused += 1
            continue
        assert not cut
        assert again.cells == stored.cells
    assert refused > 150


@pytest.mark.parametrize("seconds", [1.5])
def test_z45_run_that_is_killed_leaves_nothing_that_could_be_taken_for_results(tmp_path: Path, seconds: float) -> None:
    with serve(silent, read=False) as server:
        (tmp_path / "m.toml").write_text(f'{MANIFEST}address = "{server.at}"\n', encoding="utf-8")
        arguments = ["run", "--target", "m.toml", "--out", "out", "--front", "loop", "--quiet", "--area", "tls"]
        command = [sys.executable, "-m", "conformance", *arguments]
        with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
            patience = time.monotonic() + 60
            while not server.hits and time.monotonic() < patience:
                time.sleep(0.01)
            assert server.hits
            time.sleep(seconds)
            os.kill(child.pid, signal.SIGKILL)
        assert child.returncode == -signal.SIGKILL
    assert (tmp_path / "out").is_dir()
    with pytest.raises(ResultsError):
        read_results(tmp_path / "out")
    for name in ("report", "replay"):
        ended = subprocess.run(
            [sys.executable, "-m", "conformance", name, "out"],
            cwd=tmp_path,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == Exit.USAGE
        assert b"Traceback" not in ended.stderr
        assert RESULTS_NAME.encode() in ended.stderr


def test_z46_full_disk_is_an_error_and_leaves_no_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(OSError, match="No space"):
        ran(tmp_path)
    with pytest.raises(ResultsError):
        read_results(tmp_path)


def test_z23_archive_that_swells_is_not_unpacked(tmp_path: Path) -> None:
    """64 MiB of zeros are a few kilobytes in an archive."""
    run = ran(tmp_path)
    name = f"evidence/{run.cells[0].evidence[0]}.json"
    with zipfile.ZipFile(tmp_path / EVIDENCE_NAME) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    with zipfile.ZipFile(tmp_path / EVIDENCE_NAME, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in members.items():
            archive.writestr(member, bytes(64 * 1024 * 1024) if member == name else data)
    assert (tmp_path / EVIDENCE_NAME).stat().st_size < 1024 * 1024
    with pytest.raises(StoreError, match="larger than"):
        replay(tmp_path, demo.judges())


# Edited


def rewritten(folder: Path, run: Run) -> None:
    """The results anew, with a footer that holds."""
    with (folder / RESULTS_NAME).open("wb") as stream:
        write_results(stream, run.header, [cell_lines(run.cells)], Counter(c.status.value for c in run.cells))


def test_z47_verdict_that_was_edited_with_its_footer_differs_from_the_replay(tmp_path: Path) -> None:
    stored = ran(tmp_path)
    edited = stored.cells[0].but(status=Status.PASS, reason="", violations=())
    rewritten(tmp_path, Run(stored.header, (edited, *stored.cells[1:])))
    again, _ = replay(tmp_path, demo.judges())
    found = changes(read_results(tmp_path), again, demo.profile(), demo.profile())
    assert [(each.key[2], each.before, each.after) for each in found] == [("DEMO-01", "pass", "fail")]


def test_z47_dropped_cell_is_refused(tmp_path: Path) -> None:
    stored = ran(tmp_path)
    rewritten(tmp_path, Run(stored.header, stored.cells[:-1]))
    with pytest.raises(ResultsError, match="not those that were planned"):
        read_results(tmp_path)


def test_z47_results_beside_the_evidence_of_another_run_differ_from_the_replay(tmp_path: Path) -> None:
    ran(tmp_path / "one", "violate")
    ran(tmp_path / "two", "hold")
    evidence = (tmp_path / "one" / EVIDENCE_NAME).read_bytes()
    (tmp_path / "two" / EVIDENCE_NAME).write_bytes(evidence)
    again, _ = replay(tmp_path / "two", demo.judges())
    found = changes(read_results(tmp_path / "two"), again, demo.profile(), demo.profile())
    assert [(each.key[2], each.before, each.after) for each in found] == [("DEMO-01", "pass", "fail")]


def test_evidence_that_no_replay_would_read_is_not_kept(tmp_path: Path) -> None:
    """One service that says too much does not make the run unreadable."""
    acts = {f"X-{n}": f"{n:x>60000}" for n in range(80)}
    targets = (demo.target(acts=acts), demo.target("xb-b", "XB"))
    plan = make_plan(demo.profile(), targets, demo.judges(), today=demo.TODAY)
    engine.run(plan, Door(clock=lambda: demo.NOW), Settings(tmp_path, Redactor()))
    run = read_results(tmp_path)
    assert {(c.status.value, c.reason) for c in run.cells if c.target == "xa-demo"} == {("error", "too-large")}
    assert {c.status.value for c in run.cells if c.target == "xb-b"} == {"pass"}
    again, _ = replay(tmp_path, demo.judges())
    assert again.cells == run.cells
    with zipfile.ZipFile(tmp_path / EVIDENCE_NAME) as archive:
        sizes = [each.file_size for each in archive.infolist() if each.filename.startswith("evidence/")]
    assert max(sizes) <= MAX_EVIDENCE_BYTES
