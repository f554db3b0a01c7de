"""`python -m tests.bench.fleet`: 5,000 loopback endpoints audited with profile asean-survey, judged and written.

One server stands for them all, on every address of 127/8 inside a private network namespace, on one core; the suite
runs on another. What answers is nginx with `--nginx`, else what nginx answered to the same hello (`recorded.py`), since
nginx takes longer to answer than the suite to ask. Printed: endpoints a second on the suite's core, of the whole
command and net of its start, how busy the server's core was (all of it: then the figure is the server's), peak memory,
connections, and how quick this Python is here and now.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import sys
import tempfile
import timeit
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from conformance.tls.pki import Pki
from tests.bench.measure import Cost, cost, cpu_seconds, enter_private_network, median, passive_opens, spread
from tests.bench.recorded import recorded
from tests.software.configurations import Configuration, load_configurations
from tests.software.launchers import serve
from tests.software.material import write_files

SERVER_CORE, SUITE_CORE = 0, 1
WARMING = 16
"""Endpoints of a run before the first that counts, in which the answers are recorded."""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.fleet", description=__doc__)
    parser.add_argument("--endpoints", type=int, default=5000, help="how many (default 5000)")
    parser.add_argument("--per-target", type=int, default=1, help="services in one manifest (default 1)")
    parser.add_argument("--turns", type=int, default=3, help="how often (default 3)")
    parser.add_argument("--nginx", action="store_true", help="ask nginx itself")
    options = parser.parse_args()
    if not enter_private_network("tests.bench.fleet", sys.argv[1:]):
        click.echo("the fleet needs a private network namespace, since its server listens on every address")
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "server").mkdir()
        files = write_files(Pki.cached(folder / "pki"), ("good",), folder / "server")
        with (
            serve(everywhere(load_configurations()["nginx-unstapled"]), files) as running,
            contextlib.nullcontext((running.port, running.pid)) if options.nginx else recorded(running.port) as found,
        ):
            port, pid = found
            pin(pid, SERVER_CORE)
            for count in (1, WARMING, options.endpoints):
                write_manifests(folder / f"targets-{count}", port, count, options.per_target)
            run(folder, WARMING, 0)
            start = [run(folder, 1, turn) for turn in range(options.turns)]
            before = cpu_seconds(pid)
            whole = [run(folder, options.endpoints, turn) for turn in range(options.turns)]
            busy = (cpu_seconds(pid) - before) / sum(each.wall_seconds for each in whole)
        click.echo(interpreter())
        show(options.endpoints, start, whole)
        click.echo(f"the server's core was busy for {busy:.0%} of the time")
        click.echo("verdicts of the last run: " + counts(folder / f"run-{options.endpoints}-{options.turns - 1}"))
    return 0


def interpreter() -> str:
    """Which Python runs, and how long it takes for a fixed task: builds differ by a fifth, machines by more."""
    seconds = min(timeit.repeat("for i in range(1_000_000): i + 1", number=1, repeat=5))
    return f"{platform.python_implementation()} {platform.python_version()}, a million additions in {seconds:.3f} s"


def everywhere(base: Configuration) -> Configuration:
    """The configuration on every address of the namespace, for whatever name."""
    return replace(
        base, settings={**base.settings, "reject": False, "plain": {}, "response": {"listen": "0.0.0.0:{port} ssl"}}
    )


def pin(pid: int, core: int) -> None:
    """Keep a process to one core, where there is more than one."""
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(pid, {core})


def write_manifests(folder: Path, port: int, count: int, per_target: int) -> None:
    """A manifest for every `per_target` endpoints."""
    folder.mkdir()
    endpoints = addresses(count)
    for number in range(0, count, per_target):
        text = f'[target]\nid = "fleet-{number}"\ncountry = "XA"\nname = "Fleet {number}"\n'
        for place in range(min(per_target, count - number)):
            text += (
                f'[[target.service]]\nid = "s{place}"\nrole = "tls-endpoint"\n'
                f'address = "{next(endpoints)}:{port}"\nserver_name = "localhost"\n'
            )
        (folder / f"{number:05}.toml").write_text(text, encoding="ascii")


def addresses(count: int) -> Iterator[str]:
    """So many addresses of 127/8."""
    for number in range(1, count + 1):
        yield f"127.{number >> 16}.{number >> 8 & 255}.{number & 255}"


def run(folder: Path, count: int, turn: int) -> Cost:
    """The command on so many endpoints."""
    command = [
        sys.executable,
        "-m",
        "conformance",
        "run",
        "--profile",
        "asean-survey",
        "--front",
        "loop",
        "--no-report",
        "--quiet",
        "--target",
        str(folder / f"targets-{count}"),
        "--out",
        str(folder / f"run-{count}-{turn}"),
    ]
    return cost(command, passive_opens, SUITE_CORE)


def show(endpoints: int, start: list[Cost], whole: list[Cost]) -> None:
    """Print the figures."""
    first = median(each.wall_seconds for each in start)
    click.echo(
        f"one endpoint: wall s {spread(each.wall_seconds for each in start)}, "
        f"{int(median(each.connections for each in start))} connections"
    )
    click.echo(
        f"{endpoints} endpoints on one core: wall s {spread((each.wall_seconds for each in whole), 2)}, "
        f"CPU s {spread((each.cpu_seconds for each in whole), 2)}"
    )
    click.echo(
        f"endpoints a second: {spread((endpoints / each.wall_seconds for each in whole), 0)}, "
        f"net of the start {spread((endpoints / (each.wall_seconds - first) for each in whole), 0)}"
    )
    connections = median(each.connections for each in whole)
    click.echo(
        f"peak MB {max(each.peak_megabytes for each in whole):.0f}, connections {int(connections)}, "
        f"{connections / endpoints:.1f} an endpoint"
    )


def counts(folder: Path) -> str:
    """How many cells of each status the results hold."""
    found: Counter[str] = Counter()
    with (folder / "results.ndjson").open(encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            found[entry.get("status", "")] += "requirement" in entry
    return ", ".join(f"{number} {status}" for status, number in found.most_common() if status)


if __name__ == "__main__":
    sys.exit(main())
