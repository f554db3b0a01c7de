"""What a command costs: wall and CPU seconds, memory, and the connections that a server accepted meanwhile.

Connections are the kernel's own count (PassiveOpens of /proc/net/snmp) in a private network namespace, in which nothing
but the measured command connects. Where there is no such namespace, a proxy counts (`proxy.py`).
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

INSIDE = "CONFORMANCE_BENCH_NAMESPACE"
Counter = Callable[[], int]
"""How many connections were accepted so far."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a command cost. cpu_seconds: user and system, of the whole process tree that it waited for."""

    wall_seconds: float
    cpu_seconds: float
    peak_megabytes: float
    connections: int
    code: int


def enter_private_network(module: str, arguments: Sequence[str]) -> bool:
    """Run the module again in a network namespace of its own, where that is allowed; the call then does not return.

    Returns:
        Whether we are inside one.
    """
    if os.environ.get(INSIDE):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return True
    unshare = shutil.which("unshare")
    for options in (["--net"], ["--map-root-user", "--net"]):
        if unshare is None or shutil.which("ip") is None:
            break
        if subprocess.run([unshare, *options, "true"], capture_output=True, check=False).returncode == 0:
            command = [unshare, *options, sys.executable, "-m", module, *arguments]
            os.execve(unshare, command, {**os.environ, INSIDE: "1"})
    sys.stderr.write("no private network namespace (unshare --net)\n")
    return False


def cpu_seconds(pid: int) -> float:
    """User and system time of another process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def passive_opens() -> int:
    """The connections accepted in this network namespace so far."""
    names, values = (
        line.split()
        for line in Path("/proc/self/net/snmp").read_text(encoding="ascii").splitlines()
        if line.startswith("Tcp:")
    )
    return int(values[names.index("PassiveOpens")])


def cost(command: Sequence[str], count: Counter, core: int | None = None) -> Cost:
    """Run a command to its end, on one core where that is given."""
    pinned = ["taskset", "--cpu-list", str(core), *command] if core is not None and shutil.which("taskset") else command
    before = count()
    start = time.perf_counter()
    process = subprocess.Popen(pinned, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    error = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    connections = count() - before
    if process.returncode < 0:
        raise RuntimeError(f"{command[0]} was killed: {error.decode(errors='replace')[-500:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, connections, process.returncode)


def in_turn(sides: Mapping[str, Callable[[], Cost]], turns: int) -> dict[str, list[Cost]]:
    """Each side's costs, the sides taking turns, so that a busy neighbour hits all of them."""
    found: dict[str, list[Cost]] = {name: [] for name in sides}
    for _ in range(turns):
        for name, side in sides.items():
            found[name].append(side())
    return found


def spread(values: Iterable[float], digits: int = 3) -> str:
    """Minimum, median and maximum, `0.10 / 0.12 / 0.20`."""
    listed = sorted(values)
    return " / ".join(f"{value:.{digits}f}" for value in (listed[0], statistics.median(listed), listed[-1]))


def median(values: Iterable[float]) -> float:
    """The median."""
    return statistics.median(values)
