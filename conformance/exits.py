"""Exit codes: the one table. `conformance --help` and the README print it from here."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from conformance.core.model import Cell, NotTested, Status


class Exit(IntEnum):
    """What the process says when it ends."""

    OK = 0
    FAIL = 1
    USAGE = 2
    INTERNAL = 3
    UNDETERMINED = 4
    NOTHING = 5
    UNVERIFIED = 6
    DIFFERS = 7


MEANING = {
    Exit.OK: "every MUST that was selected passes or is not applicable, or the baseline matches",
    Exit.FAIL: "at least one MUST fails",
    Exit.USAGE: "a mistake in the command, a profile, a manifest or a results file",
    Exit.INTERNAL: "a defect of the suite",
    Exit.UNDETERMINED: "no MUST fails, but at least one could not be decided",
    Exit.NOTHING: "nothing was selected",
    Exit.UNVERIFIED: "a verification failed",
    Exit.DIFFERS: "the verdicts differ from the baseline",
}

FAIL_ON = ("fail", "error", "not-tested", "warning", "waived")
DEFAULT_FAIL_ON = ("fail", "error", "not-tested")


def exit_of(cells: Iterable[Cell], fail_on: Iterable[str] = DEFAULT_FAIL_ON) -> Exit:
    """The exit code of a run: of what was selected, and for `error` and `not-tested` of what is binding.

    `warning` and `waived` exit like a fail where they are asked for.
    """
    wanted = set(fail_on)
    selected = {(cell.level, cell.status) for cell in cells if cell.reason != NotTested.DESELECTED}
    if not selected:
        return Exit.NOTHING
    found = {status for level, status in selected if level.binding or status not in (Status.ERROR, Status.NOT_TESTED)}
    if found & wanted & {"fail", "warning", "waived"}:
        return Exit.FAIL
    if found & wanted & {"error", "not-tested"}:
        return Exit.UNDETERMINED
    return Exit.OK
