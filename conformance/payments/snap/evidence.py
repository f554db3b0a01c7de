"""What can be seen of a SNAP BI service: answers by probe, and neutral facts of its token. No verdict words."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field


class Answer(Struct, frozen=True):
    """What one request was answered with. No token and no signature is in it.

    service: the service code of the operation that was asked. status: of HTTP, 0 where no answer was read; then
    `trouble` says why, as `reason: detail`. code, message: `responseCode` and `responseMessage`, the latter cut at 200
    characters, its whole length beside it. kind: the media type without parameters. is_object: the body is a JSON
    object. state: `latestTransactionStatus`. equals: an earlier probe whose answer had the same octets. signed: the
    string-to-sign, the token masked. sent: the body, cut at 1,000 characters. asked_at: X-TIMESTAMP as sent.
    """

    service: str
    status: int = 0
    code: str = ""
    message: str = ""
    message_length: int = 0
    kind: str = ""
    is_object: bool = False
    state: str = ""
    equals: str = ""
    signed: str = ""
    sent: str = ""
    asked_at: str = ""
    stamp: str = ""
    trouble: str = ""


class TokenFacts(Struct, frozen=True):
    """What is kept of a token answer. expires_in, token_type: as printed in JSON, empty where absent."""

    length: int = 0
    token_type: str = ""
    expires_in: str = ""


class Snap(Struct, frozen=True):
    """One service as its probes saw it.

    dialect: what the manifest states where the standard leaves a choice, by name. answers: by `group/probe`.
    counts: by probe, how often the service's own history lists the reference that the probe used; absent where the
    manifest names no history. at_once: by probe, how many of the requests sent at once were on their way together, as
    rates and connections allowed. skipped: by group, why it was not tried: a member of NotTested and a detail.
    broken: by group, why its controls decide nothing: a member of Reason and a detail.
    """

    dialect: Mapping[str, str]
    token: TokenFacts = field(default_factory=TokenFacts)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    at_once: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    broken: Mapping[str, tuple[str, str]] = field(default_factory=dict)
