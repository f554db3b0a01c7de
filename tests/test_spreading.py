"""How the tests are spread over processes, and that a second chance is seen."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.conftest import SECOND_CHANCE, SLOWEST, place, pytest_terminal_summary, unit


@pytest.mark.parametrize(
    ("test", "whole"),
    [
        ("tests/test_faults.py::test_the_fault_is_caught[snap-api-1|snap-scale]", "tests/test_faults.py[snap-api-1]"),
        ("tests/test_faults.py::test_a_derived_row_is_red[derived|PAY-TLS-01-tls10]", "tests/test_faults.py[derived]"),
        ("tests/test_faults.py::test_every_requirement_names_a_fault", "tests/test_faults.py"),
        ("tests/wire/test_http.py::test_urls[a|b::c]", "tests/wire/test_http.py"),
    ],
)
def test_a_chunk_or_a_module_stays_in_one_process(test: str, whole: str) -> None:
    assert unit(test) == whole


def test_the_slowest_come_first() -> None:
    tests = ["tests/wire/test_http.py::a", "tests/commands/test_run.py::b", "tests/test_faults.py::c"]
    assert sorted(tests, key=place) == tests[::-1]
    assert place("tests/tls/test_parse.py::d") == len(SLOWEST)


class Terminal:
    """A terminal that keeps what is written."""

    def __init__(self, *reports: Any) -> None:
        self.stats, self.said = {"passed": list(reports)}, list[str]()

    def section(self, title: str) -> None:
        self.said.append(title)

    def write_line(self, line: str) -> None:
        self.said.append(line)


def report(name: str, when: str, *properties: tuple[str, str]) -> Any:
    return SimpleNamespace(nodeid=name, when=when, user_properties=list(properties))


def test_a_second_chance_is_told_once_with_what_was_wrong() -> None:
    properties = ((SECOND_CHANCE, "not caught: A"), ("other", "x"))
    reports = [report("a", when, *properties) for when in ("setup", "call", "teardown")]
    terminal = Terminal(*reports, report("b", "call"))
    pytest_terminal_summary(terminal)
    assert terminal.said == [SECOND_CHANCE, "a: not caught: A"]
    silent = Terminal(report("b", "call"))
    pytest_terminal_summary(silent)
    assert silent.said == []
