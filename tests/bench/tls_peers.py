"""`python -m tests.bench.tls_peers`: our probe and sslyze in turn on the same servers.

Both find out versions, suites of each version, and groups. Printed for reference configurations A, B, E and G: CPU
seconds gross, and net of the same command without a target (starting Python and reading modules) in the same turn,
connections, and the ratios; then 20 targets in one process. Each line is minimum / median / maximum of the turns; net
is the median of their differences.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import click

from conformance.tls.pki import Pki
from tests.bench.measure import Cost, cost, enter_private_network, in_turn, median, passive_opens, spread
from tests.bench.proxy import counting_proxy
from tests.software.configurations import Configuration, load_configurations
from tests.software.launchers import ServerAbsent, serve
from tests.software.material import write_files
from tests.software.oracles import OracleAbsent, sslyze_command, sslyze_program

CONFIGURATIONS = ("A", "B", "E", "G")
MANY = 20
RESOLUTION = 0.01
"""Seconds of CPU time below which a difference between two runs of Python is noise: less counts as this much."""
IDLE = " without a target"
"""Behind a side's name: the same command, which starts and has nothing to do."""

Side = Callable[[tuple[str, ...]], list[str]]


@dataclass(frozen=True, slots=True)
class Bench:
    """What all comparisons share. private: the kernel's count of connections is ours alone."""

    sides: Mapping[str, Side]
    pki: Pki
    turns: int
    private: bool


def our_command(targets: tuple[str, ...]) -> list[str]:
    """Ours: the enumeration as a program."""
    return [sys.executable, "-m", "tests.software.enumeration", *targets]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.tls_peers", description=__doc__)
    parser.add_argument("--turns", type=int, default=5, help="how often each side runs (default 5)")
    parser.add_argument("configurations", nargs="*", help=f"reference configurations (default {CONFIGURATIONS})")
    options = parser.parse_args()
    private = enter_private_network("tests.bench.tls_peers", sys.argv[1:])
    sides: dict[str, Side] = {"ours": our_command}
    try:
        program = sslyze_program()
        sides["sslyze"] = lambda targets: sslyze_command(program, *targets)
    except OracleAbsent as absent:
        click.echo(f"without sslyze: {absent}")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(sides, Pki.cached(Path(folder) / "pki"), options.turns, private)
        known = load_configurations()
        for wanted in options.configurations or CONFIGURATIONS:
            compare(bench, f"configuration {wanted}", known[wanted], ("localhost",))
        hosts = tuple(f"127.0.0.{number}" for number in range(1, MANY + 1))
        compare(bench, f"{MANY} targets in one process, B with ECDSA", many(known["B"], hosts), hosts)
    return 0


def many(base: Configuration, hosts: tuple[str, ...]) -> Configuration:
    """The configuration on all these addresses, with its ECDSA certificate alone, so that signing is cheap."""
    listens = [f"{host}:{{port}} ssl http2" for host in hosts[1:]]
    directives = {**base.settings["directives"], "ssl_certificate": "{certificate0}", "ssl_certificate_key": "{key0}"}
    settings = {**base.settings, "directives": directives, "response": {**base.settings["response"], "listen": listens}}
    return replace(base, certificates=("good",), settings=settings)


def compare(bench: Bench, title: str, configuration: Configuration, hosts: tuple[str, ...]) -> None:
    """Run the sides on one server in turn, and print what they cost and how they compare."""
    click.echo(f"\n{title}: {configuration.software}")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        files = write_files(bench.pki, configuration.certificates, folder)
        try:
            port = stack.enter_context(serve(configuration, files)).port
        except ServerAbsent as absent:
            click.echo(f"  left out: {absent}")
            return
        count = passive_opens
        if not bench.private:
            proxy = stack.enter_context(
                counting_proxy(["127.0.0.1" if hosts[0] == "localhost" else h for h in hosts], port)
            )
            port, count = proxy.port, lambda: proxy.connections
        targets = tuple(f"{host}:{port}" for host in hosts)
        with_targets = {name: partial(cost, side(targets), count) for name, side in bench.sides.items()}
        idle = {name + IDLE: partial(cost, side(()), lambda: 0) for name, side in bench.sides.items()}
        show(in_turn(with_targets | idle, bench.turns), tuple(bench.sides))


def show(runs: Mapping[str, list[Cost]], names: Sequence[str]) -> None:
    """Print each side's costs, and the ratios of the medians."""
    gross, net, connections = {}, {}, {}
    for name in names:
        costs, idle = runs[name], runs[name + IDLE]
        gross[name] = median(each.cpu_seconds for each in costs)
        differences = [each.cpu_seconds - start.cpu_seconds for each, start in zip(costs, idle, strict=True)]
        net[name] = max(median(differences), RESOLUTION)
        connections[name] = median(each.connections for each in costs)
        below = "at most " if net[name] == RESOLUTION else ""
        click.echo(
            f"  {name:7} CPU s {spread(each.cpu_seconds for each in costs)}   net {below}{net[name]:.3f}   "
            f"wall s {spread(each.wall_seconds for each in costs)}   connections {int(connections[name])}   "
            f"peak MB {max(each.peak_megabytes for each in costs):.0f}"
        )
        click.echo(f"  {'':7} start-up, no target: CPU s {spread(each.cpu_seconds for each in idle)}")
    if len(names) == 2:
        ratios = [
            f"{what} {figures['sslyze'] / figures['ours']:.1f}"
            for what, figures in (("CPU gross", gross), ("CPU net", net), ("connections", connections))
        ]
        click.echo(f"  sslyze / ours: {', '.join(ratios)}")


if __name__ == "__main__":
    sys.exit(main())
