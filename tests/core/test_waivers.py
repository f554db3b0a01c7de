"""Waiver files: what is loaded, and what each mistake is called. What a waiver does is in `test_judge.py`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from conformance.core.errors import ConfigError
from conformance.core.profile import load_profile
from conformance.core.waivers import Waiver, load_waivers

WAIVER = """
[[waiver]]
id = "XA-2026-003"
requirement = "TLS-VER-03"
revs = [1]
target = "xa-login"
reason = "kiosks until they are replaced"
approved_by = "Example Agency"
issued = 2026-10-01
expires = 2027-01-31
"""


def load(tmp_path: Path, text: str) -> tuple[Waiver, ...]:
    path = tmp_path / "waivers.toml"
    path.write_text(text, encoding="utf-8")
    return load_waivers(path, load_profile("asean"))


def test_a_waiver_is_read_whole(tmp_path: Path) -> None:
    assert load(tmp_path, WAIVER) == (
        Waiver(
            id="XA-2026-003",
            requirement="TLS-VER-03",
            revs=(1,),
            target="xa-login",
            reason="kiosks until they are replaced",
            approved_by="Example Agency",
            issued=date(2026, 10, 1),
            expires=date(2027, 1, 31),
        ),
    )


def test_a_waiver_of_one_day_is_a_waiver(tmp_path: Path) -> None:
    """Both days count."""
    assert load(tmp_path, WAIVER.replace("2027-01-31", "2026-10-01"))


@pytest.mark.parametrize(
    ("old", "new", "key", "near"),
    [
        ("TLS-VER-03", "TLS-VRE-03", 'waiver "XA-2026-003".requirement', "TLS-VER-03"),
        ("revs = [1]", "revs = [1, 2]", 'waiver "XA-2026-003".revs', ""),
        ("revs = [1]", "revs = []", 'waiver "XA-2026-003".revs', ""),
        ("2027-01-31", "2026-09-30", 'waiver "XA-2026-003".expires', ""),
        ("2027-01-31", "2027-01-31T00:00:00+08:00", 'waiver "XA-2026-003".expires', ""),
        ("2027-01-31", '"31.1.2027"', 'waiver "XA-2026-003".expires', ""),
        ("2027-01-31", '"2027-W04-7"', 'waiver "XA-2026-003".expires', ""),
        ("reason =", "raeson =", 'waiver "XA-2026-003"', "reason"),
        ('"xa-login"', '"../xa"', 'waiver "XA-2026-003".target', ""),
        ('"xa-login"', '"xa-login\\n"', 'waiver "XA-2026-003".target', ""),
        ('"Example Agency"', '""', 'waiver "XA-2026-003".approved_by', ""),
    ],
    ids=["requirement", "rev", "no-rev", "order", "time", "date", "week", "key", "target", "newline", "nobody"],
)
def test_a_wrong_waiver_is_named(tmp_path: Path, old: str, new: str, key: str, near: str) -> None:
    assert old in WAIVER
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, WAIVER.replace(old, new))
    assert (caught.value.key, caught.value.nearest) == (key, near)


def test_a_waiver_has_an_id_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a second waiver of this id"):
        load(tmp_path, WAIVER + WAIVER)


def test_a_file_without_waivers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="found no waiver"):
        load(tmp_path, "")
