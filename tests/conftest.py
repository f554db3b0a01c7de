"""How the suite's own tests are spread over processes, and what was proved only the second time.

`tox -e tests` gives each core a process (`-n`). A module's tests stay together, since they share what they have
started; the proofs of faults are spread by chunks. What takes longest comes first, so that no process waits at the end.
"""

from __future__ import annotations

from typing import Any

import pytest

SLOWEST = ("tests/test_faults.py", "tests/software/", "tests/commands/", "tests/zoo/", "tests/eid/", "tests/payments/")
"""Where the tests are that take longest, in this order; the others come after them."""
SECOND_CHANCE = "proved the second time"
"""Name of a test's property. Its value says what was wrong the first time."""


def place(nodeid: str) -> int:
    """Where a test comes among the others."""
    return next((number for number, start in enumerate(SLOWEST) if nodeid.startswith(start)), len(SLOWEST))


def unit(nodeid: str) -> str:
    """What runs in one process: a chunk of faults, as test_faults.py names them, or a module."""
    module, _, test = nodeid.partition("::")
    return f"{module}[{test.partition('[')[2].partition('|')[0]}]" if "|" in test and module == SLOWEST[0] else module


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first."""
    items.sort(key=lambda item: place(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Units go to whichever process is free, in the order of the tests."""
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]  # noqa: PLC0415 - not always there

    class Units(LoadFileScheduling):  # type: ignore[misc]
        """As for files, with units in their place."""

        def _split_scope(self, nodeid: str) -> str:
            return unit(nodeid)

    config.option.loadscopereorder = False
    return Units(config, log)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say what was proved only the second time: once is tolerated, and never unseen."""
    reports = [each for kind in ("passed", "failed") for each in terminalreporter.stats.get(kind, ())]
    found = [
        f"{report.nodeid}: {value}"
        for report in reports
        for name, value in report.user_properties
        if name == SECOND_CHANCE and report.when == "call"
    ]
    if found:
        terminalreporter.section(SECOND_CHANCE)
        terminalreporter.write_line("\n".join(found))
