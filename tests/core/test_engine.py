"""The run accounts for every service, whatever its observer does, and replays to the same bytes."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.core import engine
from conformance.core.engine import Audit, AuditError, Settings
from conformance.core.model import Level, Status, Target
from conformance.core.network import Door
from conformance.core.plan import Plan, Select, make_plan
from conformance.core.redact import Redactor
from conformance.core.replay import changes, replay, write_run
from conformance.core.results import RESULTS_NAME, Run, read_results
from conformance.core.store import EVIDENCE_NAME, SMALL_BYTES, StoreError, add_member
from tests.core import demo


def plan_of(targets: Iterable[Target], select: Select | None = None) -> Plan:
    return make_plan(demo.profile(), tuple(targets), demo.judges(), today=demo.TODAY, select=select)


def door() -> Door:
    return Door(clock=lambda: demo.NOW)


def ran(folder: Path, *targets: Target, select: Select | None = None) -> Run:
    folder.mkdir(exist_ok=True)
    engine.run(plan_of(targets, select), door(), Settings(folder, Redactor()))
    return read_results(folder)


def statuses(run: Run) -> dict[tuple[str, str], str]:
    return {(cell.target, cell.requirement): cell.status.value for cell in run.cells}


def test_every_planned_cell_is_written_in_plan_order(tmp_path: Path) -> None:
    run = ran(tmp_path, demo.target("xb-b", "XB", acts={"DEMO-01": "violate"}), demo.target("xa-a"))
    assert list(statuses(run).items()) == [
        (("xb-b", "DEMO-01"), "fail"),
        (("xb-b", "DEMO-02"), "pass"),
        (("xa-a", "DEMO-01"), "pass"),
        (("xa-a", "DEMO-02"), "pass"),
    ]
    assert run.header.complete


@pytest.mark.parametrize("setting", ["lost", "broken"])
def test_service_that_the_observer_loses_is_an_internal_error(tmp_path: Path, setting: str) -> None:
    run = ran(tmp_path, demo.target("xa-a"), demo.target("xb-b", "XB", **{setting: True}))
    assert statuses(run)["xa-a", "DEMO-01"] == "pass"
    lost = [cell for cell in run.cells if cell.target == "xb-b"]
    assert [(cell.status, cell.reason) for cell in lost] == [(Status.ERROR, "internal")] * 2


def test_stop_writes_the_rest_as_not_tested(tmp_path: Path) -> None:
    run = ran(tmp_path, demo.target("xa-a"), demo.target("xb-b", "XB", stop=True))
    assert statuses(run)["xa-a", "DEMO-01"] == "pass"
    assert {cell.reason for cell in run.cells if cell.target == "xb-b"} == {"stopped"}
    assert not run.header.complete


def test_audit_fails_when_a_service_is_unaccounted_for() -> None:
    with pytest.raises(AuditError, match="planned 3 services, finished 1, failed 1"):
        Audit(3, finished=1, failed=1).close()


def test_run_that_loses_a_service_in_the_engine_itself_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgetful(area: object, jobs: list[object], door: object) -> Iterable[object]:
        return iter(())

    monkeypatch.setattr(engine, "_each", forgetful)
    with pytest.raises(AuditError):
        ran(tmp_path, demo.target())


def test_deselected_cells_are_written_and_the_run_is_incomplete(tmp_path: Path) -> None:
    run = ran(tmp_path, demo.target(), select=lambda key: key[2] == "DEMO-01")
    assert [(c.status.value, c.reason) for c in run.cells] == [("pass", ""), ("not-tested", "deselected")]
    assert not run.header.complete


def test_unauthorised_host_is_not_tested_and_never_asked(tmp_path: Path) -> None:
    target = demo.target()
    away = replace(target, services=(replace(target.services[0], address="login.example:443"),))
    run = ran(tmp_path, away)
    assert {(c.status.value, c.reason) for c in run.cells} == {("not-tested", "not-authorised")}
    assert not zipfile.ZipFile(tmp_path / EVIDENCE_NAME).read("index.json").strip(b"[]\n")


def test_replay_in_another_folder_is_byte_identical(tmp_path: Path) -> None:
    ran(tmp_path / "one", demo.target(acts={"DEMO-01": "violate", "DEMO-02": "unclear"}), demo.target("xb-b", "XB"))
    moved = tmp_path / "two"
    moved.mkdir()
    (moved / EVIDENCE_NAME).write_bytes((tmp_path / "one" / EVIDENCE_NAME).read_bytes())
    run, _ = replay(moved, demo.judges())
    write_run(run, moved)
    assert (moved / RESULTS_NAME).read_bytes() == (tmp_path / "one" / RESULTS_NAME).read_bytes()


def test_equal_runs_make_equal_archives_that_anybody_may_read(tmp_path: Path) -> None:
    for name in ("one", "two"):
        ran(tmp_path / name, demo.target())
    assert (tmp_path / "one" / EVIDENCE_NAME).read_bytes() == (tmp_path / "two" / EVIDENCE_NAME).read_bytes()
    with zipfile.ZipFile(tmp_path / "one" / EVIDENCE_NAME) as archive:
        assert {each.external_attr >> 16 for each in archive.infolist()} == {0o100644}


def test_what_is_small_is_stored_as_it_is(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        add_member(archive, "small", bytes(SMALL_BYTES - 1))
        add_member(archive, "large", bytes(SMALL_BYTES))
        kinds = {each.filename: each.compress_type for each in archive.infolist()}
    assert kinds == {"small": zipfile.ZIP_STORED, "large": zipfile.ZIP_DEFLATED}


def test_replay_keeps_deselection_and_stops(tmp_path: Path) -> None:
    stored = ran(tmp_path, demo.target(), demo.target("xb-b", "XB", stop=True), select=lambda key: key[2] == "DEMO-01")
    again, _ = replay(tmp_path, demo.judges())
    assert again.cells == stored.cells


def test_replay_by_a_newer_profile_names_each_change_and_why(tmp_path: Path) -> None:
    before = ran(tmp_path, demo.target(acts={"DEMO-02": "violate"}))
    newer = demo.profile(demo.demand(1), demo.demand(2, Level.MUST, rev=2), demo.demand(3))
    after, _ = replay(tmp_path, demo.judges(), profile=newer)
    found = changes(before, after, demo.profile(), newer)
    assert [(c.key[2], c.before, c.after, c.why) for c in found] == [
        ("DEMO-02", "warning", "fail", "rev 1 -> 2, level SHOULD -> MUST"),
        ("DEMO-03", "", "pass", "requirement added"),
    ]


def rewritten(folder: Path, name: str, data: bytes) -> None:
    old = zipfile.ZipFile(folder / EVIDENCE_NAME)
    members = {info: old.read(info) for info in old.namelist()}
    old.close()
    with zipfile.ZipFile(folder / EVIDENCE_NAME, "w") as new:
        for member, content in members.items():
            new.writestr(member, data if member == name else content)


def test_changed_evidence_is_refused(tmp_path: Path) -> None:
    run = ran(tmp_path, demo.target(acts={"DEMO-01": "violate"}))
    name = f"evidence/{run.cells[0].evidence[0]}.json"
    with zipfile.ZipFile(tmp_path / EVIDENCE_NAME) as archive:
        evidence = json.loads(archive.read(name))
    evidence["records"]["thing"]["acts"]["DEMO-01"] = "hold"
    rewritten(tmp_path, name, json.dumps(evidence).encode())
    with pytest.raises(StoreError, match="was changed"):
        replay(tmp_path, demo.judges())


@pytest.mark.parametrize("name", ["plan.json", "profile.json", "targets.json", "index.json"])
def test_damaged_memory_is_refused_by_name(tmp_path: Path, name: str) -> None:
    ran(tmp_path, demo.target())
    rewritten(tmp_path, name, b'{"a":')
    with pytest.raises(StoreError):
        replay(tmp_path, demo.judges())


def test_archive_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / EVIDENCE_NAME).write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(StoreError, match="expected the evidence archive"):
        replay(tmp_path, demo.judges())
