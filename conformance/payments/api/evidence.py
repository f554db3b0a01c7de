"""What can be seen of a payment API. No verdict words, no secret."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field


class Reply(Struct, frozen=True):
    """What one request was answered with.

    status: of HTTP, 0 where no answer was read; then `trouble` says why, as `reason: detail`, or `refused` how TLS
    refused the client's certificate, or that there is none. kind: the media type
    without parameters. form: `problem` for members of RFC 9457, `code` for a member that the manifest names, `json`
    for another object, `none`. code: `status` of a problem, or the value of that member. equals: an earlier probe whose
    answer had the same octets. state: the payment's status. amount, amount_kind: the amount as printed, and whether
    JSON prints it as `string`, `integer` or `number`. leaks: what the body shows and should not, by kind. fields: of
    the header, those about limits. sent: what was sent, in a few words.
    """

    status: int = 0
    kind: str = ""
    form: str = "none"
    code: str = ""
    equals: str = ""
    state: str = ""
    amount: str = ""
    amount_kind: str = ""
    leaks: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    sent: str = ""
    seconds: float = 0.0
    trouble: str = ""
    refused: str = ""


class Walk(Struct, frozen=True):
    """A list walked to its end. pages: the ids on each, in order. ended: the last page named no further one."""

    pages: tuple[tuple[str, ...], ...] = ()
    ended: bool = False


class Api(Struct, frozen=True):
    """One service as its probes saw it.

    stated: the manifest's choices by name. replies: see `answers`. counts: by probe, how often the service lists the
    reference that the probe used. at_once: by probe, how many of the requests sent at once were on their way
    together. walks: by name. token: there is an access token. binding: what the manifest says that it is bound by:
    `dpop`, `certificate`, or nothing. skipped, broken: by group, a reason of the closed lists and a
    detail.
    """

    stated: Mapping[str, str]
    answers: Mapping[str, Reply] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    at_once: Mapping[str, int] = field(default_factory=dict)
    walks: Mapping[str, Walk] = field(default_factory=dict)
    token: bool = False
    binding: str = ""
    skipped: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    broken: Mapping[str, tuple[str, str]] = field(default_factory=dict)
