"""What was asked of one endpoint and what came back: the questions of a conversation, in waves.

An endpoint may refuse by hanging up, and so does one that has enough of us. Therefore a question at which it hung up
is asked once more; where the answers differ, neither counts.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeAlias

from conformance.core.area import Job
from conformance.core.model import Reason
from conformance.core.network import Address
from conformance.core.selector import Exchange, Failure
from conformance.tls.asks import MOST_HELLOS, details
from conformance.tls.hello import RANDOM_BYTES, Hello, Template, template
from conformance.tls.parse import Reply, read_reply

Got: TypeAlias = Reply | Failure
Talking: TypeAlias = Generator[list[Exchange], list[Got], None]

FIRST, LAST, UNION = "control", "control-after", "deny:union"

AGAIN: Final = 8
"""How many of the questions that are there to be accepted are asked again at most."""

HOPED: Final = (
    "TLSv1.2",
    "TLSv1.3",
    "grease",
    "large",
    "split",
    "retry",
    "aes128",
    "mandatory",
    "order",
    "group",
    "preferred",
    "pss",
    "TLS_",
)
"""How the questions begin that are there to be accepted."""

PATIENT: Final = frozenset({"unknown-version", "grease", "large", "split", "retry"})
"""Questions to which silence is an answer, so that it has to be given twice as well."""


@lru_cache(maxsize=2048)
def compiled(hello: Hello) -> Template:
    """The template of a hello, made once a process."""
    return template(hello)


@dataclass(slots=True)
class Talk:
    """What was asked and what came back, by the question's name; `FIRST` and `LAST` are the controls.

    control: the question that was asked again at the end.
    names: the server names of the questions that have one of their own.
    again: how many questions were asked twice. fickle: one of them was answered differently.
    struck: what was found when a forbidden set was struck down one by one: suites, and whether the list is whole.
    """

    job: Job
    address: Address
    server_name: bytes
    got: dict[str, tuple[Template, Got]] = field(default_factory=dict)
    struck: dict[str, tuple[list[int], bool]] = field(default_factory=dict)
    control: str = FIRST
    connections: int = 0
    names: dict[str, bytes] = field(default_factory=dict)
    again: int = 0
    fickle: bool = False
    _accepted: dict[str, Reply] = field(default_factory=dict)

    def ask(self, questions: Mapping[str, Hello], names: Mapping[str, bytes] | None = None) -> Talking:
        """As `wave`; where the endpoint hung up at a question that is there to be accepted, ask once more."""
        yield from self.wave(questions, names)
        hoped = [key for key in questions if _hung_up(key, self.got[key][1]) and key.startswith(HOPED)]
        room = max(AGAIN - self.again, 0)
        yield from self._once_more(hoped[:room])
        for key in hoped[room:]:
            made, got = self.got[key]
            self.take(key, made, Failure(Reason.FLAKY, f"{_reason(got)}, as at {AGAIN} other questions"))

    def confirm(self) -> Talking:
        """Ask the others once more at which the endpoint hung up, as far as there is room for."""
        rest = self._unconfirmed()
        yield from self._once_more(rest[: max(MOST_HELLOS - 1 - self.connections, 1)])
        # Where one question was answered differently the second time, hanging up says nothing anywhere.
        for key, (made, got) in list(self.got.items()) if self.fickle else ():
            if _hung_up(key, got):
                self.take(key, made, Failure(Reason.FLAKY, f"{_reason(got)}, as at other times it did not"))

    @property
    def to_confirm(self) -> bool:
        """Whether there is anything to ask once more."""
        return bool(self._unconfirmed())

    def _unconfirmed(self) -> list[str]:
        """The questions, other than those of `ask`, at which the endpoint hung up. The whole of the forbidden suites
        decides nothing then.
        """
        return [key for key, (_, got) in self.got.items() if _hung_up(key, got) and not key.startswith((*HOPED, UNION))]

    def _once_more(self, keys: list[str]) -> Talking:
        if not keys:
            return
        before = {key: self.got[key] for key in keys}
        self.again += len(keys)
        yield from self.wave({key: made.hello for key, (made, _) in before.items()})
        for key, (made, first) in before.items():
            second = self.got[key][1]
            if not _hung_up(key, second):
                self.fickle = True
                self.take(key, made, Failure(Reason.FLAKY, f"{_reason(first)}, then {_reason(second)}"))

    def wave(self, questions: Mapping[str, Hello], names: Mapping[str, bytes] | None = None) -> Talking:
        """Ask side by side, each with our server name unless `names` has another one for it, now or earlier."""
        if not questions:
            return
        self.names |= names or {}
        made = [(key, compiled(hello)) for key, hello in questions.items()]
        fresh = os.urandom(RANDOM_BYTES * len(made))
        own, ours = self.names, self.server_name
        exchanges = [
            Exchange(
                self.job.target,
                self.address,
                each.build(own.get(key, ours), fresh[at : at + RANDOM_BYTES]),
                read_reply,
            )
            for at, (key, each) in zip(range(0, len(fresh), RANDOM_BYTES), made, strict=True)
        ]
        self.connections += len(made)
        replies = yield exchanges
        for (key, each), reply in zip(made, replies, strict=True):
            self.take(key, each, reply)

    def take(self, key: str, made: Template, got: Got) -> None:
        """Let this be what came back at the question."""
        self.got[key] = made, got
        if isinstance(got, Reply) and not got.refused:
            self._accepted[key] = got
        else:
            self._accepted.pop(key, None)

    def reply(self, key: str) -> Reply | None:
        """The reply with which the server went on, None where it was not asked or did not."""
        return self._accepted.get(key)

    def offers(self, version: int, key: str) -> bool:
        """Whether the question of this name was answered in that version."""
        reply = self.reply(key)
        return reply is not None and reply.version == version

    def wants(self, prefix: str) -> tuple[str, ...]:
        """The details of the asks that begin so."""
        return details(self.job.asks, prefix)


def _hung_up(key: str, got: Got) -> bool:
    """Whether the connection ended without a byte for an answer."""
    if not isinstance(got, Failure) or got.received:
        return False
    return got.reason in (Reason.CLOSED, Reason.RESET) or (got.reason is Reason.TIMEOUT and key in PATIENT)


def _reason(got: Got) -> str:
    if isinstance(got, Failure):
        return str(got.reason)
    return f"alert {got.alert}" if got.refused else "a ServerHello"
