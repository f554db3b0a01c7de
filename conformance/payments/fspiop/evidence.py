"""What can be seen of an FSPIOP hub: answers by probe, and what came of each transfer. No verdict words, no secret."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field


class Reply(Struct, frozen=True):
    """How one request was answered. status: 0 where no answer was read; `trouble` then says why, as `reason: detail`.

    kind: the media type without parameters. code: `errorInformation.errorCode`, empty where the body has none.
    described: whether an errorDescription stands beside it. versions: of its extension list, as `major.minor`.
    sent: method, path and the body, cut at 600 characters.
    """

    status: int = 0
    kind: str = ""
    code: str = ""
    described: bool = False
    versions: tuple[str, ...] = ()
    sent: str = ""
    trouble: str = ""


class Callback(Struct, frozen=True):
    """One request that arrived for the payer. at: seconds since the probe was sent. after: since the expiration.

    error: it came to the path that ends in /error. state: `transferState`. code: of `errorInformation`.
    fulfilled: its fulfilment is that of the condition.
    """

    method: str
    error: bool
    at: float
    after: float
    state: str = ""
    code: str = ""
    fulfilled: bool = False


class Outcome(Struct, frozen=True):
    """What arrived at our address because of one probe. awaited: whether we listened for the payer at all.

    played: whether the payee is us, so that `forwarded` counts the requests that were passed on to it; intact: what
    the payer's signature shows of the first of them: `good`, `bad`, `absent`, or empty where none was passed on.
    """

    awaited: bool = False
    played: bool = False
    forwarded: int = 0
    intact: str = ""
    reason: str = ""
    callbacks: tuple[Callback, ...] = ()


class Vector(Struct, frozen=True):
    """What an implementation answered to one case of vectors/payments/fspiop.json. word: of the harness's contract."""

    id: str
    due: str
    control: str
    notes: str
    word: str
    text: str = ""


class Fspiop(Struct, frozen=True):
    """One hub as its probes saw it.

    stated: what the manifest states where the standard leaves a choice, by name. answers, outcomes: by `group/probe`.
    vectors: where the manifest names a command, its answers; they stand for the groups `signatures` and `altered`.
    skipped: by group, why it was not tried: a member of NotTested and a detail. broken: by group, why it decides
    nothing: a member of Reason and a detail.
    """

    stated: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Reply] = field(default_factory=dict)
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    vectors: tuple[Vector, ...] = ()
    skipped: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    broken: Mapping[str, tuple[str, str]] = field(default_factory=dict)
