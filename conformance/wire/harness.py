"""The harness: an implementation in any language, asked through the standard input and output of a child process.

One message a line, each a JSON object in UTF-8 of at most `Bounds.line_bytes`. The suite writes, the child answers
every message but the last with exactly one line, in order:

    {"type": "start", "protocol": 1}                     {"type": "started", "protocol": 1, "name": "...",
                                                          "version": "..."}
    {"type": "run", "seq": 1, "operation": "jws.verify", {"type": "output", "seq": 1, "output": {...}}
     "input": {...}}                                  or {"type": "rejected", "seq": 1, "code": "signature"}
                                                      or {"type": "unsupported", "seq": 1, "reason": "..."}
                                                      or {"type": "error", "seq": 1, "message": "..."}
    {"type": "stop"}                                     (it ends)

`output`: the implementation accepted the input; `rejected`: it refused it, and says why by a word; `unsupported`: it
has no such operation, or not this variant of it; `error`: the harness itself failed. Refusal and failure are different
words, and a crash, a time-out or a line that breaks the contract are `error` as well: none of them can pass for a
refusal.

Before anything else an operation that nobody has is asked for. What answers it with another word than `unsupported`
would answer so to everything, and is not used.

Where a command may run: it runs on this machine as whoever runs the suite, so a manifest with a command is a program,
and is to be read like one. The command counts as leaving: a harness that itself reaches other hosts must name them
under `reaches` in the manifest, and each needs an authorisation of kind `command`; see `reach`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeAlias

from conformance.core.codec import encode
from conformance.core.model import Reason, Service, Undecided
from conformance.core.redact import Redactor
from conformance.wire.child import Bounds, Child, ChildError, environment
from conformance.wire.strict_json import strict_json

PROTOCOL = 1
UNKNOWN_OPERATION = "conformance.no-such-operation"

Word: TypeAlias = Literal["output", "rejected", "unsupported", "error"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and counts of one harness. total_seconds: from its first start to the last answer.

    restarts: how often a child that crashed, hung or broke the contract is started anew for the next question.
    """

    start_seconds: float = 15.0
    run_seconds: float = 5.0
    stop_seconds: float = 1.0
    total_seconds: float = 120.0
    restarts: int = 8
    bounds: Bounds = field(default_factory=Bounds)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one question. output: of `output` alone. text: the code, reason or message of the other words.

    broken: the child itself failed (it ended, hung, or broke the contract); its word is then `error`.
    """

    word: Word
    output: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Implementation:
    """What the child says it is."""

    name: str
    version: str


def reach(service: Service) -> tuple[tuple[str, str], ...]:
    """The (kind, host) pairs that a service's declared command dials, for the authorisation."""
    return tuple(("command", host) for host in service.settings.get("reaches", ()))


class Harness:
    """A child that answers questions while the context is open.

    Args:
        command: program and arguments, no shell; a program with a slash is taken from `folder`.
        folder: where it runs: the manifest's.
        limits: see Limits.
        passed: names of further environment variables that it gets, see `child.ENVIRONMENT`.
        variables: the environment to take them from; None for that of this process.
        redact: what its error output and its words go through before anybody keeps them.

    Raises:
        Undecided: HARNESS, on entering: it does not start, or does not keep the contract.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        limits: Limits | None = None,
        *,
        passed: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
        redact: Callable[[str], str] | None = None,
    ) -> None:
        self._command, self._folder = tuple(command), folder
        self._limits = limits or Limits()
        self._variables = environment(passed, os.environ if variables is None else variables)
        self._redact = redact or Redactor().text
        self._child: Child | None = None
        self._deadline = 0.0
        self._seq = 0
        self.restarts = 0
        self.stderr = ""
        self.implementation = Implementation("", "")

    def __enter__(self) -> Self:
        """Start the child and probe the contract."""
        self._deadline = time.monotonic() + self._limits.total_seconds
        try:
            self._start()
            self._probe()
        except BaseException:
            self._close()
            raise
        return self

    def _probe(self) -> None:
        answer = self.run(UNKNOWN_OPERATION, {})
        if answer.word != "unsupported":
            fact = f"{answer.word} {answer.text}".rstrip()
            raise Undecided(Reason.HARNESS, f"it answers an operation that nobody has with {fact}")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Stop the child and kill its process group."""
        self._close(b'{"type":"stop"}', self._limits.stop_seconds)

    def run(self, operation: str, given: Mapping[str, Any]) -> Reply:
        """Ask one question. Never raises for what the child does: that is a Reply `error`."""
        try:
            if self._child is None:
                self._restart()
            self._seq += 1
            question = {"type": "run", "seq": self._seq, "operation": operation, "input": given}
            return self._reply(self._exchange(question, self._limits.run_seconds))
        except ChildError as error:
            fact = "no answer within its time" if error.late else error.fact
        except Undecided as error:
            fact = error.detail
        self._close()
        return Reply("error", text=self._redact(fact), broken=True)

    def _restart(self) -> None:
        if self.restarts >= self._limits.restarts:
            raise Undecided(Reason.HARNESS, f"not started again: it failed {self.restarts + 1} times")
        self.restarts += 1
        self._start()

    def _start(self) -> None:
        try:
            self._child = Child(self._command, self._folder, self._variables, self._limits.bounds)
            started = self._exchange({"type": "start", "protocol": PROTOCOL}, self._limits.start_seconds)
        except ChildError as error:
            raise Undecided(Reason.HARNESS, self._redact(f"start: {error.fact}")) from None
        if started.get("type") != "started" or started.get("protocol") != PROTOCOL:
            raise Undecided(Reason.HARNESS, f'start: the answer is not {{"type": "started", "protocol": {PROTOCOL}}}')
        name, version = (self._words(started.get(key, ""), 80) for key in ("name", "version"))
        self.implementation = Implementation(name, version)

    def _exchange(self, message: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """One message each way. Raises ChildError, and Undecided for a line that is no JSON object."""
        assert self._child is not None
        left = min(seconds, self._deadline - time.monotonic())
        if left <= 0:
            raise ChildError(f"{self._limits.total_seconds:g} s for all questions are over", late=False)
        line = self._child.exchange(encode(message), left)
        try:
            value = strict_json(line, max_bytes=self._limits.bounds.line_bytes)
        except Undecided as error:
            raise Undecided(Reason.HARNESS, f"its line is no JSON: {error.detail}") from None
        if not isinstance(value, dict):
            raise Undecided(Reason.HARNESS, "its line is no JSON object")
        return value

    def _reply(self, message: Mapping[str, Any]) -> Reply:
        if message.get("seq") != self._seq or isinstance(message.get("seq"), bool):
            raise Undecided(Reason.HARNESS, f"its line does not answer question {self._seq}")
        match message:
            case {"type": "output", "output": dict() as output}:
                return Reply("output", output=output)
            case {"type": "rejected", "code": str() as code} if code:
                return Reply("rejected", text=self._words(code, 120))
            case {"type": "unsupported", "reason": str() as reason}:
                return Reply("unsupported", text=self._words(reason, 300))
            case {"type": "error", "message": str() as text}:
                return Reply("error", text=self._words(text, 300))
        raise Undecided(Reason.HARNESS, "its line is no answer that the contract knows")

    def _words(self, value: Any, count: int) -> str:
        return self._redact(value)[:count] if isinstance(value, str) else ""

    def _close(self, line: bytes = b"", seconds: float = 0.0) -> None:
        if self._child is None:
            return
        child, self._child = self._child, None
        child.close(line, seconds)
        text = bytes(child.stderr).decode("utf-8", "replace")
        self.stderr = self._redact(text)[: self._limits.bounds.stderr_bytes]
