"""`replay`, `report`, `matrix` and `diff` on a run of a real endpoint: offline, to the octet, and never on damage."""

from __future__ import annotations

import json
import shutil
import socket
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.core.replay import write_run
from conformance.core.results import read_results
from conformance.exits import Exit
from tests.commands.conftest import RED, Call, Served


@pytest.fixture
def stored(run_of_faulty: Path, tmp_path: Path) -> Path:
    """A copy of the run in another folder."""
    return Path(shutil.copytree(run_of_faulty, tmp_path / run_of_faulty.name))


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket")

    monkeypatch.setattr(socket, "socket", refuse)


@pytest.mark.usefixtures("offline")
def test_replay_of_a_copied_run_gives_the_same_octets_without_a_socket(call: Call, stored: Path) -> None:
    before = (stored / "results.ndjson").read_bytes()
    said = call("replay", stored, "--out", "again")
    assert said.code == Exit.FAIL
    cells = len(read_results(stored).cells)
    assert said.text.splitlines()[0] == f"replayed {cells} cells: identical to the stored ones"
    assert (Path("again") / "results.ndjson").read_bytes() == before
    assert (stored / "results.ndjson").read_bytes() == before
    assert call("replay", stored, "--format", "json").data == {"cells": cells, "changed": []}


@pytest.mark.usefixtures("offline")
def test_a_replayed_run_is_a_run(call: Call, stored: Path) -> None:
    """It can be reported, merged, compared and replayed again."""
    call("replay", stored, "--out", "again")
    assert call("report", "again").code == Exit.FAIL
    assert call("diff", stored, "again").text == "verdicts: none differs\n"
    assert call("matrix", stored, "again", "--out", "both").code == Exit.OK
    call("replay", "again", "--out", "thrice")
    for name in ("results.ndjson", "evidence.zip"):
        assert (Path("thrice") / name).read_bytes() == (Path("again") / name).read_bytes()


def test_replay_of_one_requirement_prints_it_and_leaves_the_others_out(call: Call, stored: Path) -> None:
    said = call("replay", stored, "--only", "TLS-VER-04")
    assert said.code == Exit.OK
    assert "replayed 1 cell: identical to the stored ones" in said.text
    assert "TLS-VER-03" not in said.text.partition("what keeps")[0]
    assert "not tested, deselected" in said.text


PROFILE = """id = "newer"
extends = "asean"
version = "2027.1"
title = "Newer"
status = "draft"

[[change]]
requirement = "TLS-HTT-02-S"
level = "MUST"

[[change]]
requirement = "TLS-VER-04"
params = { version = "TLSv1.0" }
[change.derogation]
authority = "this test"
until = 2999-01-01
reason = "it needs a parameter that changes a verdict"
"""


def test_replay_by_a_newer_profile_lists_every_changed_cell_and_why(call: Call, stored: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer.toml"
    newer.write_text(PROFILE, encoding="utf-8")
    said = call("replay", stored, "--profile", "./newer.toml", "--out", "again", "--format", "json")
    assert said.code == Exit.FAIL
    changed = {(each["requirement"], each["before"], each["after"], each["why"]) for each in said.data["changed"]}
    assert changed == {
        ("TLS-VER-04", "pass", "fail", "parameters changed"),
        ("TLS-HTT-02-S", "pass", "pass", "level SHOULD -> MUST"),
    }
    text = call("replay", stored, "--profile", "./newer.toml").text
    assert "xb-faulty service TLS-VER-04: pass -> fail (parameters changed)" in text
    assert "cells: 2 differ" in text
    # What was written is the run by the newer profile: it replays to itself.
    assert call("replay", "again").text.endswith("identical to the stored ones\n")
    assert read_results(Path("again")).header.profile_id == "newer"


def test_replay_by_the_stricter_tier_names_levels_dates_and_additions(call: Call, stored: Path) -> None:
    changed = call("replay", stored, "--profile", "asean-high", "--format", "json").data["changed"]
    why = {each["requirement"]: each["why"] for each in changed}
    assert why["TLS-HIGH-01"] == "requirement added"
    assert why["TLS-CIP-14"] == "level SHOULD -> MUST"
    assert set(RED).isdisjoint(why)


def test_replay_by_a_smaller_profile_names_what_is_gone(call: Call, stored: Path) -> None:
    changed = call("replay", stored, "--profile", "asean-survey", "--format", "json").data["changed"]
    assert {each["why"] for each in changed} == {"requirement removed"}
    assert all(each["after"] == "" for each in changed)


def test_replay_by_a_profile_that_asks_for_more_than_was_seen_is_no_verdict(call: Call, served: Served) -> None:
    call("run", "--target", served.faulty, "--profile", "asean-survey", "--out", "survey", "--quiet")
    said = call("replay", "survey", "--profile", "asean", "--out", "whole")
    cells = {cell.requirement: cell for cell in read_results(Path("whole")).cells}
    assert (cells["TLS-HTT-01"].status.value, cells["TLS-HTT-01"].reason) == ("not-tested", "unsupported")
    assert "the run did not look for http; run again by this profile" in cells["TLS-HTT-01"].detail
    assert cells["TLS-VER-03"].status.value == "fail"
    assert "internal" not in {cell.reason for cell in cells.values()}
    assert said.code == Exit.FAIL


def test_a_replayed_cell_that_differs_is_named(call: Call, stored: Path) -> None:
    """As it would be if the suite's judging had changed."""
    run = read_results(stored)
    changed = [cell.but(detail="x") if cell.requirement == "TLS-VER-04" else cell for cell in run.cells]
    write_run(replace(run, cells=tuple(changed)), stored)
    said = call("replay", stored)
    assert said.code == Exit.DIFFERS
    assert "xb-faulty service TLS-VER-04: pass -> pass (the suite's judging changed)" in said.text


def damage(stored: Path, name: str, first: int, last: int) -> None:
    octets = bytearray((stored / name).read_bytes())
    for position in range(first, min(last, len(octets))):
        octets[position] ^= 0x55
    (stored / name).write_bytes(octets)


@pytest.mark.parametrize("command", ["replay", "report", "matrix", "diff"])
@pytest.mark.parametrize(
    ("name", "first", "last"),
    [("evidence.zip", 60, 2000), ("evidence.zip", 0, 10**9), ("results.ndjson", 2000, 2010), ("results.ndjson", 0, 9)],
)
def test_a_damaged_run_is_refused_by_name(
    call: Call, stored: Path, *, command: str, name: str, first: int, last: int
) -> None:
    damage(stored, name, first, last)
    said = call(command, stored, *([stored] if command == "diff" else []))
    assert said.code == Exit.USAGE
    assert f"{stored / name}: " in said.text


def test_every_octet_of_the_archive_counts_or_says_nothing(call: Call, stored: Path) -> None:
    """A changed octet is refused, or the results come out the same; it never makes another verdict or a traceback."""
    whole = (stored / "evidence.zip").read_bytes()
    for position in range(30, len(whole), len(whole) // 12):
        damage(stored, "evidence.zip", position, position + 1)
        assert call("replay", stored).code in (Exit.USAGE, Exit.FAIL)
        (stored / "evidence.zip").write_bytes(whole)


def test_a_run_that_is_not_there_is_named(call: Call, stored: Path) -> None:
    for command in (["replay", "nix"], ["report", "nix"], ["matrix", "nix"], ["diff", "nix", "nix"]):
        said = call(*command)
        assert said.code == Exit.USAGE
        assert "nix: No such file or directory" in said.text
    (stored / "evidence.zip").unlink()
    for name in ("replay", "report", "matrix"):
        said = call(name, stored)
        assert said.code == Exit.USAGE
        assert "evidence.zip: No such file or directory; expected the evidence archive of a run" in said.text


def test_a_results_file_stands_for_its_folder(call: Call, stored: Path) -> None:
    file = stored / "results.ndjson"
    assert call("replay", file).text.endswith("identical to the stored ones\n")
    assert call("report", file).code == Exit.FAIL
    assert call("matrix", file).code == Exit.OK
    assert call("diff", file, stored).code == Exit.OK


def test_report_writes_the_files_anew(call: Call, stored: Path) -> None:
    before = {name: (stored / name).read_bytes() for name in ("matrix.html", "matrix.json", "matrix.csv", "junit.xml")}
    for name in before:
        (stored / name).unlink()
    said = call("report", stored, "--format", "json")
    assert said.code == Exit.FAIL
    assert {Path(path).name for path in said.data["written"]} == set(before)
    assert {name: (stored / name).read_bytes() for name in before} == before


def test_matrix_of_runs_of_two_countries_shows_all_members(call: Call, stored: Path, served: Served) -> None:
    call("run", "--target", served.good, "--out", "good", "--quiet")
    said = call("matrix", stored, "good", "--out", "both")
    assert said.code == Exit.OK
    assert said.text.startswith("2 runs merged: both/matrix.html, ")
    countries = json.loads(Path("both/matrix.json").read_text(encoding="utf-8"))["countries"]
    submitted = {country["code"]: country["submitted"] for country in countries}
    assert len(submitted) == 13
    assert {code for code, given in submitted.items() if given} == {"XA", "XB"}


def test_matrix_of_two_profiles_is_refused_with_the_difference(call: Call, stored: Path, served: Served) -> None:
    call("run", "--target", served.good, "--out", "high", "--quiet", "--profile", "asean-high", "--only", "TLS-VER-03")
    said = call("matrix", stored, "high")
    assert said.code == Exit.USAGE
    assert "high: profile: found asean-high " in said.text
    assert "which differs: " in said.text
    assert "statement, level SHOULD -> MUST, origin; " in said.text


def test_matrix_of_two_runs_of_one_service_is_refused(call: Call, stored: Path, served: Served) -> None:
    call("run", "--target", served.faulty, "--out", "anew", "--quiet", "--only", "TLS-VER-03")
    said = call("matrix", stored, "anew")
    assert said.code == Exit.USAGE
    assert "each service in one run, or equal cells" in said.text


@pytest.mark.parametrize(("as_of", "code"), [("yesterday", Exit.USAGE), ("2020-01-01", Exit.USAGE), ("2099-01-01", 0)])
def test_matrix_as_of_a_day(call: Call, stored: Path, as_of: str, code: int) -> None:
    assert call("matrix", stored, "--as-of", as_of, "--out", "m").code == code
    if code == 0:
        assert json.loads(Path("m/matrix.json").read_text(encoding="utf-8"))["countries"][-1]["stale"]


def test_diff_names_every_verdict_that_differs(call: Call, stored: Path) -> None:
    call("replay", stored, "--profile", "asean-high", "--out", "high")
    said = call("diff", stored, "high")
    assert said.code == Exit.DIFFERS
    assert said.text.splitlines()[0] == "xb-faulty service TLS-HIGH-01: no cell -> not-applicable (requirement added)"
    rows = call("diff", "high", stored, "--format", "json").data
    assert rows[0]["why"] == "requirement removed"
    assert rows[0]["after"] == ""


def test_reports_are_written_where_the_run_is_or_said_not_to_be(call: Call, stored: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    said = call("matrix", stored, "--out", "file")
    assert said.code == Exit.USAGE
    assert "--out: found file (" in said.text
    said = call("replay", stored, "--out", stored)
    assert said.code == Exit.USAGE
    assert "a folder that holds no run yet" in said.text


def test_the_archive_holds_no_clock_of_its_own(stored: Path) -> None:
    with zipfile.ZipFile(stored / "evidence.zip") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
