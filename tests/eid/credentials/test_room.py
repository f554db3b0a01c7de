"""The room end to end: manifests, harness, evidence, verdicts; and implementations that must never pass."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

from conformance.commands.prepare import Request
from conformance.commands.proof import prove
from conformance.commands.run import execute
from conformance.core.area import Stand
from conformance.core.errors import ConfigError
from conformance.core.model import Cell, Status
from conformance.core.network import Door
from conformance.core.target import load_target
from conformance.eid.credentials.faults import FAULTS
from conformance.sandbox import Sandbox, Spec

ROLES = ("credential-library", "id-qr-reader")
COUNTS = {"credential-library": 45, "id-qr-reader": 5}

CHILD = """
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "stop":
        break
    if message["type"] == "start":
        reply = {"type": "started", "protocol": 1, "name": "child", "version": "0"}
    elif message["operation"] == "conformance.no-such-operation":
        reply = {"type": "unsupported", "seq": message["seq"], "reason": "no"}
    else:
        BODY
        reply["seq"] = message["seq"]
    print(json.dumps(reply), flush=True)
"""


def cells_of(tmp_path: Path, body: str, role: str, extra: str = "", only: tuple[str, ...] = ()) -> list[Cell]:
    (tmp_path / "child.py").write_text(CHILD.replace("BODY", body), encoding="utf-8")
    manifest = tmp_path / "manifest.toml"
    manifest.write_text(
        f'[target]\nid = "xa-x"\ncountry = "XA"\nname = "x"\n{extra}\n[[target.service]]\nid = "x"\nrole = "{role}"\n'
        f'command = ["{sys.executable}", "child.py"]\nrun_seconds = 2\n',
        encoding="utf-8",
    )
    request = Request(out=tmp_path / "run", only=only)
    return list(execute(request, Door(), (load_target(manifest),), front="loop", quiet=True).run.cells)


def test_conforming_implementations_are_green(tmp_path: Path) -> None:
    stands = tuple(Stand("xa-one", "XA", role, role, "good") for role in ROLES)
    with Sandbox([Spec("xa-one", "XA", "one", stands)]) as sandbox:
        ran = execute(Request(out=tmp_path / "run"), sandbox.door(), sandbox.targets, front="loop", quiet=True)
    bad = [(c.requirement, c.status, c.detail, c.violations[:1]) for c in ran.run.cells if c.status is not Status.PASS]
    assert bad == []
    assert Counter(cell.service for cell in ran.run.cells) == COUNTS
    assert {cell.basis for cell in ran.run.cells} == {"V"}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        ("reply = {'type': 'rejected', 'code': 'invalid'}", {"control-failed", "violated"}),
        ("reply = {'type': 'output', 'output': {}}", {"control-failed", "violated"}),
        ("sys.exit(1)", {"harness"}),
        ("reply = {'type': 'error', 'message': 'internal'}", {"harness"}),
        ("reply = {'type': 'unsupported', 'reason': 'not yet'}", {"unsupported"}),
        ("print('<html>', flush=True); continue", {"harness"}),
    ],
)
def test_no_answer_that_does_not_follow_the_input_passes(
    tmp_path: Path, role: str, body: str, allowed: set[str]
) -> None:
    cells = cells_of(tmp_path, body, role)
    assert len(cells) == COUNTS[role]
    assert {cell.reason for cell in cells} <= allowed
    assert all(cell.status not in (Status.PASS, Status.NOT_APPLICABLE) for cell in cells)


def test_command_that_cannot_be_started_is_an_error(tmp_path: Path) -> None:
    cells = cells_of(tmp_path, "no python", "id-qr-reader")
    assert {(cell.status, cell.reason) for cell in cells} == {(Status.ERROR, "harness")}


def test_command_that_reaches_elsewhere_needs_an_authorisation(tmp_path: Path) -> None:
    body = "reply = {'type': 'unsupported', 'reason': 'x'}"
    reaching = CHILD.replace("BODY", body)
    (tmp_path / "child.py").write_text(reaching, encoding="utf-8")
    for authorised, reason in ((False, "not-authorised"), (True, "unsupported")):
        table = (
            '[target.authorisation]\ngranted_by = "x"\nreference = "x"\nnot_before = 2020-01-01\n'
            'not_after = 2099-01-01\nhosts = ["verifier.example"]\nkinds = ["command"]\n'
        )
        manifest = tmp_path / "manifest.toml"
        manifest.write_text(
            f'[target]\nid = "xa-x"\ncountry = "XA"\nname = "x"\n{table if authorised else ""}[[target.service]]\n'
            f'id = "x"\nrole = "id-qr-reader"\ncommand = ["{sys.executable}", "child.py"]\n'
            'reaches = ["verifier.example"]\n',
            encoding="utf-8",
        )
        request = Request(out=tmp_path / f"run-{reason}")
        ran = execute(request, Door(), (load_target(manifest),), front="loop", quiet=True)
        assert {cell.reason for cell in ran.run.cells} == {reason}


def test_command_is_a_list_and_no_shell(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.toml"
    head = '[target]\nid = "xa-x"\ncountry = "XA"\nname = "x"\n[[target.service]]\nid = "x"\nrole = "id-qr-reader"\n'
    for command in ('"rm -rf /"', "[]", "[1]"):
        manifest.write_text(f"{head}command = {command}\n", encoding="utf-8")
        with pytest.raises(ConfigError):
            load_target(manifest)


@pytest.mark.parametrize(
    "fault", ["jws-none", "sdj-unreferenced", "kb-nonce", "tsl-bomb", "mdoc-digest", "idqr-escape"]
)
def test_some_faults_here_and_all_of_them_in_test_faults(fault: str) -> None:
    assert fault in FAULTS
    (proof,) = prove([fault])
    assert proof.caught, proof.trouble
