"""What people write wrong: the file, the key, what was found, what was expected, the nearest name; and nothing lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.commands import show
from conformance.core.judging import JudgeError
from conformance.exits import Exit
from tests.commands.conftest import Call, Served

MANIFEST = """[target]
id = "xa-mine"
country = "XA"
name = "Mine"

[[target.service]]
id = "portal"
role = "tls-endpoint"
address = "127.0.0.1:1"
server_name = "localhost"
"""

WRONG: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("toml", "[target]", "[target", ("line 1, column 8", "expected TOML")),
    ("key", "server_name", "servername", ('target.service "portal"', '"servername"', 'nearest: "server_name"')),
    ("top key", "name = ", "nam = ", ("target:", '"nam"', "expected one of", 'nearest: "name"')),
    ("role", "tls-endpoint", "tls-endpont", (".role", '"tls-endpont"', 'nearest: "tls-endpoint"')),
    ("country", '"XA"', '"Xa"', ("target.country", '"Xa"', 'nearest: "XA"')),
    ("address", "127.0.0.1:1", "127.0.0.1", (".address", "'127.0.0.1' is not host:port", "login.example:443")),
    ("type", '"Mine"', "7", ("target.name", "found 7", "expected a string")),
    ("trust", "server_name", 'trust = "nix.pem"\nserver_name', (".trust", "nix.pem: no such file")),
    (
        "secret",
        "server_name",
        'mtls = true\nclient_certificate = { certificate = "x", key = "hunter2" }\nserver_name',
        (),
    ),
    ("nothing", MANIFEST, "", ("no target", "the key target")),
)


@pytest.mark.parametrize("command", ["plan", "run"])
@pytest.mark.parametrize(("old", "new", "told"), [each[1:] for each in WRONG], ids=[each[0] for each in WRONG])
def test_a_wrong_manifest_is_named(
    call: Call, tmp_path: Path, *, command: str, old: str, new: str, told: tuple[str, ...]
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(MANIFEST.replace(old, new, 1), encoding="utf-8")
    said = call(command, "--target", file)
    assert said.code == Exit.USAGE
    assert said.text.startswith(f"conformance: {file}: ")
    assert all(each in said.text for each in told), said.text
    assert "hunter2" not in said.text
    assert not (tmp_path / "reports").exists()


def test_every_mistake_of_a_manifest_is_named_at_once(call: Call, tmp_path: Path) -> None:
    """Whoever writes a manifest mends it once; a key that is misspelt is one mistake and not two."""
    wrong = MANIFEST.replace("country", "county").replace("address", "adress").replace('"Mine"', "7")
    wrong += 'mtls = "yes"\n\n[[target.service]]\nid = "op"\nrole = "openid-provder"\n'
    file = tmp_path / "mine.toml"
    file.write_text(wrong, encoding="utf-8")
    said = call("run", "--target", file)
    assert said.code == Exit.USAGE
    lines = [line.removeprefix(f"conformance: {file}: ") for line in said.text.splitlines()]
    assert [line.split(",")[0] for line in lines] == [
        'target: found the unknown key "county"',
        "target.name: found 7",
        'target.service "op".role: found "openid-provder"',
        'target.service "portal": found the unknown key "adress"',
        'target.service "portal".mtls: found "yes"',
    ]


def test_a_manifest_that_is_none_is_named(call: Call, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_bytes(b"\xff")
    (tmp_path / "big.toml").write_bytes(b"#" * 1_000_001)
    (tmp_path / "folder").mkdir()
    for name, told in {
        "bad.toml": "line 1: found octet 0xff, expected UTF-8",
        "big.toml": "more than 1,000,000 octets",
        "bda.toml": 'no such file, expected a file; nearest: "bad.toml"',
        "folder": "a folder without a *.toml file",
    }.items():
        said = call("run", "--target", name)
        assert said.code == Exit.USAGE
        assert f"conformance: {name}: " in said.text
        assert told in said.text


def test_a_folder_of_folders_is_led_to_the_manifests(call: Call, served: Served) -> None:
    said = call("run", "--target", served.good.parent.parent)
    assert said.code == Exit.USAGE
    assert f'nearest: "{served.good.parent}' in said.text


def test_two_manifests_of_one_id_are_refused(call: Call, served: Served) -> None:
    said = call("run", "--target", served.good, "--target", served.good)
    assert said.code == Exit.USAGE
    assert 'target.id: found "xa-good"' in said.text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--only", "TLS-VER03"], 'nearest: "TLS-VER-03"'),
        (["--area", "tsl"], 'nearest: "tls"'),
        (["--profile", "asen"], 'nearest: "asean"'),
        (["--profile", "./nix.toml"], "no such file"),
        (["--waivers", "nix.toml"], "nix.toml: found no such file"),
        (["--baseline", "nix"], "nix: No such file or directory"),
        (["--front", "loops"], "'loops' is not one of"),
        (["--fail-on", "fial"], "'fial' is not one of"),
        (["--targets", "x"], "No such option"),
        (["extra"], "unexpected extra argument"),
    ],
)
def test_a_wrong_option_is_named_before_anything_is_sent(
    call: Call, served: Served, tmp_path: Path, arguments: list[str], told: str
) -> None:
    said = call("run", "--target", served.good, *arguments)
    assert said.code == Exit.USAGE
    assert told in said.text
    assert not (tmp_path / "reports").exists()


def file_in_the_way(folder: Path) -> Path:
    (folder / "file").write_bytes(b"")
    return folder / "file"


def below_a_file(folder: Path) -> Path:
    return file_in_the_way(folder) / "below"


@pytest.mark.parametrize(
    "out", [file_in_the_way, below_a_file, lambda _: Path("/proc/none"), lambda _: Path("/dev/full")]
)
def test_a_place_that_cannot_be_written_is_named_before_anything_is_sent(
    call: Call, served: Served, tmp_path: Path, out: Callable[[Path], Path]
) -> None:
    place = out(tmp_path)
    for command in (["run", "--target", served.good], ["run"]):
        said = call(*command, "--out", place)
        assert said.code == Exit.USAGE
        assert f"--out: found {place} (" in said.text
        assert "connection" not in said.text


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_without_permission_is_named(call: Call, served: Served, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o555)
    assert "Permission denied" in call("run", "--target", served.good, "--out", "locked").text


@pytest.mark.parametrize("name", ["results.ndjson", "evidence.zip"])
def test_a_run_is_never_overwritten(call: Call, served: Served, tmp_path: Path, name: str) -> None:
    """Not even one that was cut off before its results were written."""
    kept = tmp_path / "old" / name
    kept.parent.mkdir()
    kept.write_bytes(b"kept")
    said = call("run", "--target", served.good, "--out", "old")
    assert said.code == Exit.USAGE
    assert f"old, which holds {name}, expected a folder that holds no run yet" in said.text
    assert [path.name for path in kept.parent.iterdir()] == [name]
    assert kept.read_bytes() == b"kept"


def test_a_defect_of_the_suite_is_said_to_be_one(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise JudgeError("TLS-VER-03 has two judges")

    monkeypatch.setattr(show, "list_requirements", broken)
    said = call("list")
    assert said.code == Exit.INTERNAL
    assert said.text == "conformance: a defect of the suite: TLS-VER-03 has two judges\n"

    def worse(*_: object) -> None:
        raise ZeroDivisionError("division by zero\x1b[2J")

    monkeypatch.setattr(show, "list_requirements", worse)
    said = call("list")
    assert said.code == Exit.INTERNAL
    assert "internal error: ZeroDivisionError: division by zero\\x1b[2J" in said.text


def test_a_full_disk_is_said_to_be_one(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "reports/runs/x")

    monkeypatch.setattr(show, "list_requirements", full)
    said = call("list")
    assert said.code == Exit.USAGE
    assert said.text == "conformance: reports/runs/x: No space left on device\n"
