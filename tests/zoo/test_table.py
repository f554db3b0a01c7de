"""The table of README.md names tests that are there, for at least 30 of the 48 animals."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (Z\d\d) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
ROWS = {found[1]: found[3].strip() for found in ROW.finditer((Path(__file__).parent / "README.md").read_text("utf-8"))}
NODE = re.compile(r"`([^`:]+)::([^`]+)`")


@cache
def functions(path: str) -> frozenset[str]:
    """The test functions of a module."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_each_animal_has_a_line() -> None:
    assert sorted(ROWS) == [f"Z{number:02}" for number in range(1, 49)]
    assert sum(bool(NODE.search(cell)) for cell in ROWS.values()) >= 30


@pytest.mark.parametrize("animal", sorted(ROWS))
def test_tests_that_the_table_names_are_there(animal: str) -> None:
    cell = ROWS[animal]
    nodes = NODE.findall(cell)
    assert nodes or cell.startswith("not here: ")
    assert [f"{path}::{name}" for path, name in nodes if name not in functions(path)] == []
    assert NODE.sub("", cell).strip(" ,") == "" or cell.startswith("not here: ")


def test_ids_in_names_of_tests_are_in_the_table() -> None:
    for path in sorted((ROOT / "tests" / "zoo").glob("test_*.py")):
        for name in functions(str(path.relative_to(ROOT))):
            for number in re.findall(r"(?:^test|_)_?z(\d\d)(?=_|$)", name):
                assert NODE.search(ROWS[f"Z{number}"]), name
