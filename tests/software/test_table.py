"""What `python -m tests.software.table` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.core.model import Basis, Cell, Level, Status, Violation
from tests.software import table
from tests.software.launchers import ServerAbsent
from tests.software.verifiers import VERIFIERS, Compared


def test_verdicts_are_shown_with_what_was_seen_and_why() -> None:
    cell = Cell(
        "XA", "t", "s", "EID-VP-01", 1, Level.MUST, Status.FAIL, Basis.LIVE, violations=(Violation("aud is another\n"),)
    )
    other = Cell("XA", "t", "s", "EID-VP-02", 1, Level.MUST, Status.PASS, Basis.LIVE)
    first, why, second, counts = table.verdicts([cell, other], {"EID-VP-01": "nobody named one"})
    assert first.split()[:5] == ["EID-VP-01", "fail", "aud", "is", "another\\n"]
    assert why.strip() == "why: nobody named one"
    assert second.split() == ["EID-VP-02", "pass"]
    assert counts.strip() == "1 fail, 1 pass"


def test_groups_are_counted_by_answer() -> None:
    found = Compared({("vds.verify", "vds-read"): Counter(output=3, rejected=2, error=1)}, {"vds-read-01": "rejected"})
    found.groups["vds.verify", "vds-signer"] = Counter(unsupported=4)
    head, read, signer, everything = table.groups(found)
    assert head.split() == ["operation", "group", *table.HEADS]
    assert read.split() == ["vds.verify", "vds-read", "6", "3", "2", "0", "1", "1"]
    assert signer.split() == ["vds.verify", "vds-signer", "4", "0", "0", "4", "0", "0"]
    assert everything.split() == ["all", "10", "3", "2", "4", "1", "1"]


def test_what_is_absent_is_left_out_and_the_others_are_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent(_: Path) -> Iterator[str]:
        raise ServerAbsent("node is not installed")

    def skipped(_: Path) -> Iterator[str]:
        pytest.skip("no node")

    shown = [table.Shown("a", absent), table.Shown("b", skipped), table.Shown("c", lambda _: iter(["  pass"]))]
    monkeypatch.setattr(table, "tables", lambda: iter(shown))
    table.main([])
    assert capsys.readouterr().out == "a\n  left out: node is not installed\n\nb\n  left out: no node\n\nc\n  pass\n\n"
    table.main(["C"])
    assert capsys.readouterr().out == "c\n  pass\n\n"


@pytest.mark.software
def test_reader_is_shown_as_its_disagreements_are_kept(tmp_path: Path) -> None:
    lines = list(table.behind_harness(next(each for each in VERIFIERS if each.name == "claim169"), tmp_path))
    assert not [line for line in lines if "not as kept" in line]
    assert any(line.split()[:2] == ["unsupported", "26"] for line in lines)
