"""The nouns: levels, statuses, requirements, targets, violations, cells. Standard library and msgspec only.

Everything here is frozen. A requirement says what must hold, a rule is a requirement as one resolved profile asks for
it, a violation is a fact a judge yields, a cell is the verdict of one requirement on one service of one target.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, TypeAlias

from msgspec import Struct
from msgspec.structs import replace


class Word(StrEnum):
    """A closed list of words. A member equals its text, so it has the hash of its text; Enum's own is of the name."""

    __hash__ = str.__hash__


class Level(Word):
    """The requirement words of BCP 14 (RFC 2119, RFC 8174)."""

    MUST = "MUST"
    MUST_NOT = "MUST NOT"
    SHOULD = "SHOULD"
    SHOULD_NOT = "SHOULD NOT"
    MAY = "MAY"

    @property
    def binding(self) -> bool:
        """Whether a violation blocks conformance."""
        return self in (Level.MUST, Level.MUST_NOT)


class Status(Word):
    """The seven verdicts, best first: the roll-up of several is the last of them in this order."""

    NOT_APPLICABLE = "not-applicable"
    PASS = "pass"  # noqa: S105 - a verdict, no password
    WARNING = "warning"
    WAIVED = "waived"
    NOT_TESTED = "not-tested"
    ERROR = "error"
    FAIL = "fail"


class Basis(Word):
    """What a verdict rests on. Never mixed in a count."""

    LIVE = "L"
    VECTORS = "V"
    DOCUMENT = "D"
    RECOMPUTED = "R"
    LINT = "E"


class NotTested(Word):
    """The closed list of reasons why a cell did not run."""

    NO_TARGET = "no-target"
    NOT_PUBLISHED = "not-published"
    NOT_AUTHORISED = "not-authorised"
    NO_CREDENTIAL = "no-credential"
    NO_CALLBACK = "no-callback"
    ROLE_MISSING = "role-missing"
    UNSUPPORTED = "unsupported"
    OPT_IN = "opt-in"
    DEPENDENCY = "dependency"
    DESELECTED = "deselected"
    BUDGET = "budget"
    STOPPED = "stopped"
    MANUAL = "manual"


class Reason(Word):
    """The closed list of reasons why a cell is `error`: we looked and could not decide."""

    DNS = "dns"
    REFUSED = "refused"  # the TCP connection was refused
    CONNECT_TIMEOUT = "connect-timeout"
    TIMEOUT = "timeout"  # the total deadline passed, whatever had been parsed by then
    RESET = "reset"
    CLOSED = "closed"  # end of stream where an answer was due
    NOT_TLS = "not-tls"
    TLS_RECORD = "tls-record"
    TLS_ALERT = "tls-alert"  # the handshake an observation needs was refused
    CERTIFICATE = "certificate"  # a certificate that cannot be parsed
    FRAMING = "framing"  # HTTP that two readers would cut differently
    ENCODING = "encoding"
    TOO_LARGE = "too-large"
    JSON = "json"
    OUT_OF_SCOPE = "out-of-scope"  # an address or host that the authorisation does not cover
    RATE_LIMIT = "rate-limit"
    NOT_OBSERVABLE = "not-observable"
    CONTROL_FAILED = "control-failed"
    FLAKY = "flaky"
    HARNESS = "harness"
    INTERNAL = "internal"  # our own defect


class NotApplicable(Exception):  # noqa: N818 - an outcome, not an error
    """Raised by a judge when the option is not offered; says the facts that show it."""

    def __init__(self, facts: str) -> None:
        super().__init__(facts)
        self.facts = facts


class Undecided(Exception):  # noqa: N818 - an outcome, not an error
    """Raised when what was observed decides nothing; becomes `error` with this reason."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail


class Untested(Exception):  # noqa: N818 - an outcome, not an error
    """Raised by an observer or a judge when a closed-list reason keeps the cell from running."""

    def __init__(self, reason: NotTested, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Clause:
    """Where a requirement comes from. `note` carries what is uncertain or ours."""

    doc: str
    section: str = ""
    note: str = ""

    def __str__(self) -> str:
        text = f"{self.doc} section {self.section}" if self.section else self.doc
        return f"{text} ({self.note})" if self.note else text


@dataclass(frozen=True, slots=True)
class Mark:
    """What is wrong at one node of a tree. status: whose sign and colour it has. word: what it is, in a word or two.

    clause: what it breaks. note: why it does not count, empty where it does.
    """

    status: Status
    word: str
    clause: str
    message: str
    expected: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """One line of a tree. depth: 0 at the root. offset, length: in characters. value: empty for a template."""

    depth: int
    offset: int
    id: str
    name: str
    length: int
    value: str
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Tree:
    """What was seen, taken apart, for reports to show. marks: on nothing that is there. left_out: nodes not listed."""

    title: str
    nodes: tuple[Node, ...]
    marks: tuple[Mark, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Violation:
    """One fact that breaks a requirement: what was seen, beside what was expected.

    tree: what it was found in, on the first violation of each such thing and on few of a cell.
    """

    message: str
    expected: str = ""
    observed: str = ""
    tree: Tree | None = None


Violations: TypeAlias = Iterator[Violation]
"""What a judge is: a generator of violations, none where the requirement holds."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One entry of a resolved profile.

    `in_force` is the first day (UTC) on which a violated MUST is `fail`; before it, `warning`. `None`: always.
    `serves`, where not empty, limits the requirement to services whose `serves` names one of these roles.
    `needs` names requirements without which the observation itself means nothing.
    `derives` names (with `*`) requirements of another role whose cells at the same place decide this one (derive.py).
    `tighten` says how an overlay may change each parameter: `min`, `max`, `subset`, `superset`; others it may not.
    `collateral` maps a fault's name to the other requirements which that fault also turns red.
    `derogation` and `origin` are set by overlays: the latter names the profile file an entry was last changed by.
    """

    id: str
    rev: int
    title: str
    statement: str
    level: Level
    area: str
    roles: tuple[str, ...]
    cite: tuple[Clause, ...]
    why: str
    fix: Mapping[str, str]
    faults: tuple[str, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    serves: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    derives: tuple[str, ...] = ()
    basis: Basis = Basis.LIVE
    in_force: date | None = None
    in_force_note: str = ""
    fake_only: bool = False
    collateral: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tighten: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""
    derogation: str = ""


class Rule(Struct, frozen=True):
    """What a judge is told: the parameters of one requirement, and nothing about levels or verdicts."""

    id: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Profile:
    """A resolved profile: frozen, in file order, with the SHA-256 of its canonical JSON."""

    id: str
    version: str
    title: str
    status: str
    max_age_days: int
    requirements: Mapping[str, Requirement]
    sha256: str
    extends: tuple[str, ...] = ()
    survey: bool = False  # a subset for sweeps: its statement is always `undetermined`
    statement: str = ""  # what the profile says of itself: whose it is, and who endorses it


URLS = ("issuer", "credential_issuer", "base_url", "base", "start", "initiate_login_uri")
"""The settings that say where a service is that has no address."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service of a target, as its manifest declares it.

    `address` is `host:port`; `server_name` the name that is asked for (SNI) and that certificates are matched with.
    `settings` holds what one area alone reads (for TLS: `plain_http`, `trust`, `mtls`, `http`, ...), already validated.
    """

    id: str
    role: str
    address: str = ""
    server_name: str = ""
    serves: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def whereabouts(self) -> str:
        """What people know it by: address, URL up to its path, or program; empty where the manifest hands in files.

        Of a command no argument and no folder, since results are published.
        """
        urls = [self.settings[name] for name in URLS if name in self.settings]
        if self.address or urls:
            return self.address or str(urls[0]).partition("?")[0]
        return f"command {self.settings['command'][0].rpartition('/')[2]}" if "command" in self.settings else ""


@dataclass(frozen=True, slots=True)
class Authorisation:
    """Who allowed which traffic, where and until when."""

    granted_by: str
    reference: str
    not_before: date
    not_after: date
    hosts: tuple[str, ...]
    kinds: tuple[str, ...]
    active: bool = False
    state_changing: bool = False
    max_rps: float = 2.0
    private_addresses: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """A manifest: the services of one operator in one country, what it claims, and what we may do.

    `resolver` is `host:port` of the DNS server to ask, empty for the system's. `path` is the file, for messages.
    """

    id: str
    country: str
    name: str
    services: tuple[Service, ...]
    authorisation: Authorisation | None = None
    claims: Mapping[str, bool] = field(default_factory=dict)
    resolver: str = ""
    path: str = ""
    sha256: str = ""


class Cell(Struct, frozen=True, gc=False):
    """The verdict of one requirement on one service. Holds no clock, duration or run id, so replays are identical.

    A struct, since a fleet has tens of thousands; it holds nothing that could lead back to it, so it is not searched.

    `reason` is a member of NotTested or Reason, `violated`, `not-in-force`, or empty; `detail` says it in a sentence.
    `underlying` is the status that a waiver covers; `incomplete` marks a fail whose judging could not finish.
    `evidence` holds the SHA-256 of each evidence record read.
    """

    country: str
    target: str
    service: str
    requirement: str
    rev: int
    level: Level
    status: Status
    basis: Basis
    reason: str = ""
    detail: str = ""
    violations: tuple[Violation, ...] = ()
    evidence: tuple[str, ...] = ()
    waiver: str = ""
    underlying: str = ""
    notices: tuple[str, ...] = ()
    incomplete: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """(target, service, requirement): unique in a run."""
        return (self.target, self.service, self.requirement)

    def but(self, **changes: Any) -> Cell:
        """The cell with other values."""
        return replace(self, **changes)
