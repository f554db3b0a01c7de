"""Servers start on ports of their own, say why they do not, and leave nothing behind."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.software import launchers
from tests.software.configurations import Configuration, ConfigurationError, load_configurations
from tests.software.launchers import ServerAbsent, ServerFailed, Software, serve
from tests.software.material import Files, issuers_pem, parameters_pem

LISTENER = """
import os, signal, socket, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    time.sleep(600)
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print(os.getpid(), flush=True)
while True:
    listener.accept()
"""


def software(script: str) -> Software:
    """Python as server software."""

    def command(binary: str, _: Mapping[str, Any], files: Files) -> list[str]:
        return [binary, "-c", script, files.fill("{port}")]

    return Software(lambda: sys.executable, command)


def configuration(name: str) -> Configuration:
    return Configuration("x", name, "")


def members(group: int) -> list[str]:
    """The processes of a group, zombies left aside."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, pgrp, *_ = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(pgrp) == group and state != "Z":
            found.append(stat.parent.name)
    return found


def test_a_server_is_gone_with_all_its_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even one that ignores SIGTERM and has a child."""
    monkeypatch.setattr(launchers, "SOFTWARE", {"python": software(LISTENER)})
    monkeypatch.setattr(launchers, "STOP_SECONDS", 0.2)
    with serve(configuration("python"), Files(tmp_path, {})) as running:
        assert len(members(running.pid)) == 2
        socket.create_connection(("127.0.0.1", running.port), 1).close()
    deadline = time.monotonic() + 5
    while members(running.pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not members(running.pid)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", running.port), 1)


def test_a_server_that_ends_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launchers, "SOFTWARE", {"python": software("raise SystemExit('no such directive')")})
    with pytest.raises(ServerFailed, match="no such directive"), serve(configuration("python"), Files(tmp_path, {})):
        pass


def test_a_server_whose_port_was_taken_tries_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = """
import os
if not os.path.exists("once"):
    open("once", "w").close()
    raise SystemExit("address in use")
"""
    monkeypatch.setattr(launchers, "SOFTWARE", {"python": software(script + LISTENER)})
    monkeypatch.setattr(launchers, "STOP_SECONDS", 0.2)
    with serve(configuration("python"), Files(tmp_path, {})) as running:
        assert (tmp_path / "once").exists()
        assert running.port


def test_software_that_is_absent_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launchers, "SYSTEM_FOLDERS", "/nowhere")
    with pytest.raises(ServerAbsent, match=r"haproxy is not installed \(Debian package haproxy; .ci/install"):
        launchers.SOFTWARE["haproxy"].binary()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param('id = "a"\nwhy = ""\nexpects = {}', "unknown keys: expects", id="key"),
        pytest.param('id = "a"\nwhy = ""\nextends = "b"', "extends b", id="parent"),
        pytest.param('id = "a"\nwhy = ""\nexpected = { X = "green" }', "X to be green", id="status"),
        pytest.param('id = "a"\nwhy = ""\n[[configuration]]\nid = "a"\nwhy = ""', "twice", id="twice"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "x.toml").write_text(f'software = "nginx"\n[[configuration]]\n{text}\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match=message):
        load_configurations(tmp_path)


def test_a_configuration_takes_over_and_takes_out(tmp_path: Path) -> None:
    text = (
        'software = "nginx"\n'
        '[[configuration]]\nid = "a"\nwhy = ""\nsettings = { one = 1, two = { x = 1, y = 2 } }\n'
        'expected = { X = "fail" }\n'
        'not_applicable = ["Y"]\n'
        '[[configuration]]\nid = "b"\nwhy = ""\nextends = "a"\nsettings = { one = "", two = { y = 3 } }\n'
    )
    (tmp_path / "x.toml").write_text(text, encoding="utf-8")
    found = load_configurations(tmp_path)["b"]
    assert found.settings == {"two": {"x": 1, "y": 3}}
    assert found.expected == {"X": "fail"}
    assert found.not_applicable == frozenset({"Y"})


def test_parameters_are_pkcs3() -> None:
    assert parameters_pem(23, 5).splitlines()[1] == b"MAYCARcCAQU="


def test_issuers_are_what_follows_the_leaf() -> None:
    one, two = (b"-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n" % name for name in (b"one", b"two"))
    assert issuers_pem(one + two) == two
    assert issuers_pem(one) == b""
