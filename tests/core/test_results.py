"""A results file that was cut, padded, edited or mixed is refused, with the line named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from conformance.core.model import Basis, Cell, Level, Status
from conformance.core.results import (
    BLOCK_BYTES,
    RESULTS_NAME,
    ResultsError,
    cell_lines,
    make_header,
    plan_digest,
    read_results,
    write_results,
)
from tests.core import demo


def cell(number: int, status: Status = Status.PASS, target: str = "xa-demo") -> Cell:
    return Cell("XA", target, "main", f"DEMO-{number:02}", 1, Level.MUST, status, Basis.LIVE)


def places(cells: Iterable[Cell]) -> list[tuple[str, str, list[str]]]:
    """What `plan_digest` takes, of these cells."""
    found: dict[tuple[str, str], list[str]] = {}
    for each in cells:
        found.setdefault((each.target, each.service), []).append(each.requirement)
    return [(*place, requirements) for place, requirements in found.items()]


def written(folder: Path, *cells: Cell, planned: Iterable[Cell] = ()) -> Path:
    header = make_header(
        demo.profile(),
        [demo.target()],
        observed_at="2026-11-24T12:00:00+00:00",
        plan_sha256=plan_digest(places(planned or cells)),
        complete=True,
        suite_version="0",
    )
    with (folder / RESULTS_NAME).open("wb") as stream:
        write_results(stream, header, [cell_lines(cells)], Counter(c.status.value for c in cells))
    return folder / RESULTS_NAME


def test_what_was_written_is_read(tmp_path: Path) -> None:
    cells = (cell(1), cell(2, Status.FAIL))
    run = read_results(written(tmp_path, *cells))
    assert run.cells == cells
    assert read_results(tmp_path).header == run.header


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


CASES = {
    "no footer": (lambda lines: lines[:-1], "line 3: no footer"),
    "header alone": (lambda lines: lines[:1], "no footer"),
    "empty": (lambda _: [], "empty"),
    "cut in a line": (lambda lines: [*lines[:2], lines[2][:20], lines[3]], "line 3"),
    "lost cell": (lambda lines: [lines[0], lines[1], lines[3]], "counts 2 cells"),
    "duplicate": (lambda lines: [lines[0], lines[1], lines[1], lines[3]], "line 3: duplicate of the cell in line 2"),
    "edited": (lambda lines: [lines[0], lines[1].replace(b'"pass"', b'"fail"'), *lines[2:]], "digest"),
    "edited header": (lambda lines: [lines[0].replace(b"2026-11-24", b"2026-12-24"), *lines[1:]], "line 4: .*digest"),
    "swapped": (lambda lines: [lines[0], lines[2], lines[1], lines[3]], "digest"),
    "no header": (lambda lines: lines[1:], "line 1"),
    "unknown status": (lambda lines: [lines[0], lines[1].replace(b'"pass"', b'"fine"'), *lines[2:]], "line 2"),
    "unknown level": (lambda lines: [lines[0], lines[1].replace(b'"MUST"', b'"MUSTN"'), *lines[2:]], "line 2.*level"),
    "unknown basis": (lambda lines: [lines[0], lines[1].replace(b'"L"', b'"Z"'), *lines[2:]], "line 2.*basis"),
    "not JSON": (lambda lines: [lines[0], b"<html>\n", *lines[2:]], "line 2"),
    "deep": (lambda lines: [lines[0], b"[" * 100_000 + b"\n", *lines[2:]], "line 2"),
}


@pytest.mark.parametrize("name", CASES)
def test_damaged_file_is_refused_with_its_line(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, cell(1), cell(2))
    damage, message = CASES[name]
    path.write_bytes(b"".join(damage(lines_of(path))))  # type: ignore[no-untyped-call]
    with pytest.raises(ResultsError, match=message):
        read_results(path)


@pytest.mark.parametrize("at", [2, 400, 999, 1001])
def test_line_is_named_wherever_it_stands(tmp_path: Path, at: int) -> None:
    """The file is read in blocks, of which this one has several."""
    path = written(tmp_path, *(cell(number) for number in range(1, 1001)))
    lines = lines_of(path)
    assert sum(map(len, lines)) > 2 * BLOCK_BYTES
    path.write_bytes(b"".join([*lines[: at - 1], b"{}\n", *lines[at:]]))
    with pytest.raises(ResultsError, match=f"line {at}: .*expected a cell"):
        read_results(path)
    other = lines[1] if at > 2 else lines[2]
    path.write_bytes(b"".join([*lines[: at - 1], other, *lines[at:]]))
    with pytest.raises(ResultsError, match=f"line {max(at, 3)}: duplicate of the cell in line 2"):
        read_results(path)


@pytest.mark.parametrize("stranger", [cell(1, target="xb-other"), cell(1).but(target="", service="", country="")])
def test_unknown_cell_is_refused(tmp_path: Path, stranger: Cell) -> None:
    with pytest.raises(ResultsError, match="line 2: unknown cell"):
        read_results(written(tmp_path, stranger))


def test_cells_that_were_not_planned_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, cell(1), cell(3), planned=(cell(1), cell(2)))
    with pytest.raises(ResultsError, match="not those that were planned"):
        read_results(path)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="No such file"):
        read_results(tmp_path / "nothing")
