"""Our archives are zips to everyone else: the standard library reads back what was written, past every 16-bit count."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from conformance.core.zips import ZipWriter


def written(path: Path, members: dict[str, bytes]) -> zipfile.ZipFile:
    writer = ZipWriter(path)
    for name, data in members.items():
        writer.add(name, data)
    writer.close()
    return zipfile.ZipFile(path)


MEMBERS = {"plan.json": b"{}", "evidence/ab.json": bytes(range(256)) * 400, "empty": b""}


def test_members_are_read_back(tmp_path: Path) -> None:
    with written(tmp_path / "a.zip", MEMBERS) as found:
        assert found.testzip() is None
        assert {name: found.read(name) for name in found.namelist()} == MEMBERS
        assert [each.date_time for each in found.infolist()] == [(1980, 1, 1, 0, 0, 0)] * 3
        assert {each.external_attr >> 16 for each in found.infolist()} == {0o100644}


def test_equal_members_make_equal_archives(tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        written(tmp_path / name, MEMBERS).close()
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_no_members_are_an_archive_too(tmp_path: Path) -> None:
    with written(tmp_path / "a.zip", {}) as found:
        assert found.namelist() == []


@pytest.mark.parametrize("number", [65_534, 65_535])
def test_more_members_than_a_zip_without_zip64_can_count(tmp_path: Path, number: int) -> None:
    with written(tmp_path / "a.zip", {f"{each:05}": b"x" for each in range(number)}) as found:
        assert len(found.namelist()) == number
        assert found.read(f"{number - 1:05}") == b"x"


def test_an_archive_that_is_longer_than_32_bits_say(tmp_path: Path) -> None:
    """A hole stands for the members before."""
    writer = ZipWriter(tmp_path / "a.zip")
    writer.add("near", b"x")
    hole = 0x1_0000_0000
    writer._file.seek(hole)
    writer._at = hole
    writer.add("far", b"y" * 100)
    writer.close()
    with zipfile.ZipFile(tmp_path / "a.zip") as found:
        assert found.testzip() is None
        assert found.read("far") == b"y" * 100


@pytest.mark.skipif(shutil.which("unzip") is None, reason="no unzip")
def test_unzip_finds_nothing_wrong(tmp_path: Path) -> None:
    written(tmp_path / "a.zip", MEMBERS).close()
    found = subprocess.run(["unzip", "-t", tmp_path / "a.zip"], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout
