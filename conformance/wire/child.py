"""A declared command as a child process: one line in, one line out, everything about it bounded.

The child gets a list of arguments and no shell, a short list of environment variables and no others, and a process
group of its own that is killed whole. It is an operator's own program: this contains accidents (a hang, a flood, a
crash), it is no jail. A process that leaves the group by `setsid` outlives it.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "JAVA_HOME")
"""What a child inherits, where it is set; nothing else, so no secret of the suite's user."""

_CHUNK = 65_536


class ChildError(Exception):
    """The child did not give the line that was due: what happened, as a fact. `late`: because its time was up."""

    def __init__(self, fact: str, *, late: bool = False) -> None:
        super().__init__(fact)
        self.fact = fact
        self.late = late


@dataclass(frozen=True, slots=True)
class Bounds:
    """Sizes in octets. output_bytes: of all lines of one child together. stderr_bytes: what is kept of its first."""

    line_bytes: int = 1_048_576
    output_bytes: int = 33_554_432
    stderr_bytes: int = 8_192


def environment(passed: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """The variables of `ENVIRONMENT` and those named in `passed`, as far as `given` has them."""
    return {name: given[name] for name in (*ENVIRONMENT, *passed) if name in given}


class Child:
    """A running command. `stderr`: the first octets of what it wrote there; `stderr_count`: how many in all.

    Args:
        command: the program and its arguments. A program with a slash is taken from `folder`.
        folder: the child's working directory.
        variables: its whole environment.
        bounds: see Bounds.

    Raises:
        ChildError: it cannot be started.
    """

    def __init__(self, command: Sequence[str], folder: Path, variables: Mapping[str, str], bounds: Bounds) -> None:
        self._bounds = bounds
        self._buffer = bytearray()
        self._received = 0
        self.stderr = bytearray()
        self.stderr_count = 0
        program = str(folder / command[0]) if "/" in command[0] else command[0]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - a list, no shell: the manifest declares it
                [program, *command[1:]],
                cwd=folder,
                env=dict(variables),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                close_fds=True,
            )
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise ChildError(f"{command[0]} cannot be started: {why}") from None
        self._ready = selectors.DefaultSelector()
        for pipe, mask in ((self._process.stdout, 1), (self._process.stderr, 1), (self._process.stdin, 2)):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
            if mask == selectors.EVENT_READ:
                self._ready.register(pipe, mask)

    def exchange(self, line: bytes, seconds: float) -> bytes:
        """Write one line and read one, both without their line feed.

        Raises:
            ChildError: it spoke without being asked, wrote too much, ended, or took more than `seconds`.
        """
        if self._buffer:
            raise ChildError("it wrote more than one line for a message")
        deadline = time.monotonic() + seconds
        self._write(line + b"\n", deadline)
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > self._bounds.line_bytes:
                raise ChildError(f"it wrote a line of more than {self._bounds.line_bytes} octets")
            self._turn(deadline)
        answer = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        if len(answer) > self._bounds.line_bytes:
            raise ChildError(f"it wrote a line of more than {self._bounds.line_bytes} octets")
        return answer.removesuffix(b"\r")

    def close(self, line: bytes = b"", seconds: float = 1.0) -> int | None:
        """Write a last line, close its input, give it `seconds` to end; then kill its group. Its exit status."""
        assert self._process.stdin is not None
        deadline = time.monotonic() + seconds
        with contextlib.suppress(ChildError):
            if line:
                self._write(line + b"\n", deadline)
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        while seconds and not self._ended() and time.monotonic() < deadline:
            try:
                self._turn(min(deadline, time.monotonic() + 0.02))
            except ChildError as error:
                if not error.late:
                    time.sleep(0.002)
        return self._kill()

    def _ended(self) -> bool:
        """Whether the leader of the group has ended; it is not reaped, so that its group's number stays taken."""
        if self._process.returncode is not None:
            return True
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None

    def _kill(self) -> int | None:
        ended = self._ended()
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        status = self._process.wait()
        self._ready.close()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        return status if ended else None

    def _write(self, data: bytes, deadline: float) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        left = memoryview(data)
        self._ready.register(stdin, selectors.EVENT_WRITE)
        try:
            while left:
                if self._turn(deadline):
                    left = left[os.write(stdin.fileno(), left[:_CHUNK]) :]
        except BrokenPipeError:
            raise ChildError(self._epitaph()) from None
        finally:
            self._ready.unregister(stdin)

    def _turn(self, deadline: float) -> bool:
        """Wait until something can be read or written and read it. Whether the input can be written to."""
        left = deadline - time.monotonic()
        events = self._ready.select(left) if left > 0 else []
        if not events:
            raise ChildError("its time was up", late=True)
        writable = False
        for key, _ in events:
            if key.fileobj is self._process.stdin:
                writable = True
            elif not (data := os.read(key.fd, _CHUNK)):
                self._ready.unregister(key.fileobj)
                if key.fileobj is self._process.stdout:
                    raise ChildError(self._epitaph())
            elif key.fileobj is self._process.stderr:
                self.stderr_count += len(data)
                self.stderr += data[: self._bounds.stderr_bytes - len(self.stderr)]
            else:
                self._take(data)
        return writable

    def _take(self, data: bytes) -> None:
        self._received += len(data)
        if self._received > self._bounds.output_bytes:
            raise ChildError(f"it wrote more than {self._bounds.output_bytes} octets in all")
        self._buffer += data

    def _epitaph(self) -> str:
        """How the child ended, as far as half a second shows it; the last of stderr is read on the way."""
        deadline = time.monotonic() + 0.5
        while not self._ended() and time.monotonic() < deadline:
            time.sleep(0.002)
        self._drain_stderr()
        if not self._ended():
            return "it closed its output"
        found = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
        if found is None or found.si_code == os.CLD_EXITED:
            return f"it ended with status {found.si_status if found else self._process.returncode}"
        return f"it was ended by {signal.Signals(found.si_status).name}"

    def _drain_stderr(self) -> None:
        assert self._process.stderr is not None
        with contextlib.suppress(OSError):
            data = os.read(self._process.stderr.fileno(), _CHUNK)
            self.stderr_count += len(data)
            self.stderr += data[: self._bounds.stderr_bytes - len(self.stderr)]
