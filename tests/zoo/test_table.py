"""The table of README.md names tests for each of the 48 animals, and these are there, are run, and assert something."""

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
def module(path: str) -> ast.Module:
    """A module of the tests, parsed."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


@cache
def functions(path: str) -> dict[str, ast.FunctionDef]:
    """The functions of a module and those that it takes from other modules of the tests, by name."""
    found: dict[str, ast.FunctionDef] = {}
    for node in module(path).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("tests."):
            source = f"{node.module.replace('.', '/')}.py"
            names = {each.name for each in node.names} if (ROOT / source).is_file() else set()
            found |= {name: functions(source)[name] for name in names & functions(source).keys()} if names else {}
        elif isinstance(node, ast.FunctionDef):
            found[node.name] = node
    return found


def collected(path: str) -> set[str]:
    """The tests of a module that pytest collects and nothing skips."""
    return {
        node.name
        for node in module(path).body
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and not any(word in ast.dump(each) for each in node.decorator_list for word in ("'skip", "'xfail'"))
    }


def asserts(path: str, name: str, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a function asserts something, itself or by another that it calls."""
    node = functions(path).get(name)
    if node is None or name in seen:
        return False
    for each in ast.walk(node):
        if isinstance(each, ast.Assert) or (isinstance(each, ast.Attribute) and each.attr == "raises"):
            return True
        called = each.func.id if isinstance(each, ast.Call) and isinstance(each.func, ast.Name) else ""
        if called and asserts(path, called, seen | {name}):
            return True
    return False


def test_each_animal_has_a_line() -> None:
    assert sorted(ROWS) == [f"Z{number:02}" for number in range(1, 49)]


@pytest.mark.parametrize("animal", sorted(ROWS))
def test_tests_that_the_table_names_are_there_and_assert_something(animal: str) -> None:
    nodes = NODE.findall(ROWS[animal])
    assert nodes
    assert [f"{path}::{name}" for path, name in nodes if name not in collected(path)] == []
    assert [f"{path}::{name}" for path, name in nodes if not asserts(path, name)] == []
    assert NODE.sub("", ROWS[animal]).strip(" ,") == ""


def test_what_asserts_nothing_is_found_out() -> None:
    here = "tests/zoo/test_table.py"
    assert asserts(here, "test_each_animal_has_a_line")
    assert not asserts(here, "module")
    assert not asserts(here, "no_such_function")


def test_ids_in_names_of_tests_are_in_the_table() -> None:
    for path in sorted((ROOT / "tests" / "zoo").glob("test_*.py")):
        for name in collected(str(path.relative_to(ROOT))):
            for number in re.findall(r"(?:^test|_)_?z(\d\d)(?=_|$)", name):
                assert NODE.search(ROWS[f"Z{number}"]), name
