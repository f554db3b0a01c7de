"""The sandbox in a process of its own: its servers and the suite have a core each.

python -m conformance.commands.apart FOLDER      serves until its standard input ends
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from conformance.core.model import Target
from conformance.core.network import Door, Limits
from conformance.core.target import load_target

STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Apart:
    """The sandbox as the suite sees it. roots: PEM file of its CA."""

    targets: tuple[Target, ...]
    roots: Path

    def door(self, limits: Limits | None = None) -> Door:
        """A way to the network for which the sandbox's CA is the public one."""
        return Door(ca_file=str(self.roots), limits=limits)


@contextlib.contextmanager
def sandbox_apart(meanwhile: Callable[[], object] = lambda: None) -> Iterator[Apart]:
    """Serve XA, XB and XC until the context ends; `meanwhile` is called while the servers start.

    Raises:
        RuntimeError: the sandbox did not start; what it said stands on standard error.
    """
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        command = [sys.executable, "-m", "conformance.commands.apart", folder]
        # A session of its own: Ctrl-C is for the suite, which then lets the sandbox end.
        with subprocess.Popen(  # noqa: S603 - ourselves
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        ) as process:
            assert process.stdin
            assert process.stdout
            try:
                meanwhile()
                line = process.stdout.readline()
                if not line:
                    raise RuntimeError("the sandbox did not start")
                said = json.loads(line)
                yield Apart(tuple(load_target(Path(each)) for each in said["manifests"]), Path(said["roots"]))
            finally:
                process.stdin.close()
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()


def main(folder: Path) -> None:
    """Serve, say where, and end with the standard input: whoever started it may have gone.

    The process ends as it stands. Its folder is its parent's, and the kernel closes its sockets sooner than fifty
    accept loops end in turn.
    """
    from conformance.sandbox import Sandbox, load_specs  # noqa: PLC0415 - the suite needs no servers

    specs = load_specs()
    with Sandbox(specs, folder) as sandbox:
        manifests = [str(folder / spec.target / "manifest.toml") for spec in specs]
        sys.stdout.write(json.dumps({"manifests": manifests, "roots": str(sandbox.roots)}) + "\n")
        sys.stdout.flush()
        gc.freeze()  # servers and keys stay as long as the process
        sys.stdin.read()
        os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
