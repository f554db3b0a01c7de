"""What can be seen of ISO 20022 messages and gateways. Frozen records of JSON types, no verdict words."""

from __future__ import annotations

from msgspec import Struct, field

MAX_NAMESPACE = 200
"""Characters that are kept of a namespace."""


class Leaf(Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """An element without children; in JSON a list of three, since a message has hundreds. It refers to texts alone, so
    the garbage collector need not look at it.

    path: local names from the one below Document on, joined by `/`; the second and
    later of equal neighbours carry `[2]`, `[3]`, ... currency: its attribute Ccy.
    """

    path: str
    text: str
    currency: str = ""


class SchemaError(Struct, frozen=True):
    """What a schema says about a line."""

    line: int
    message: str


class Message(Struct, frozen=True):
    """One XML message as read.

    trouble: why it was not read: `unreadable` (no such file), `empty`, `too-large`, `encoding`, `doctype`,
    `not-well-formed`, `too-deep`, `too-many`; empty where it was. detail: more of it.
    namespace: of the root element. schema: what its structure was held against: `xsd` (the genuine schema), `outline`
    (our list of what this profile reads of it), `none`.
    """

    name: str
    octets: int
    sha256: str = ""
    trouble: str = ""
    detail: str = ""
    namespace: str = ""
    schema: str = "none"
    schema_errors: tuple[SchemaError, ...] = ()
    leaves: tuple[Leaf, ...] = ()


class Messages(Struct, frozen=True):
    """The messages that a sender handed in. country: of the target. currencies: decimals by currency, as declared."""

    country: str
    files: tuple[Message, ...]
    currencies: dict[str, int] = field(default_factory=dict)


class Answer(Struct, frozen=True):
    """One request to our callback address. signature: `absent`, `unknown` (we hold no key), `good` or `bad`."""

    after_seconds: float
    message: Message
    signature: str = "unknown"


class Exchange(Struct, frozen=True):
    """One message that was sent, and everything that came of it.

    status: of the HTTP answer, 0 where there was none; trouble says why. answers: in order of arrival.
    priority: InstrPrty of the message. amount, currency: that it was to settle. elsewhere: answers to it that came
    under the address of another message.
    """

    case: str
    message_id: str
    uetr: str
    status: int = 0
    trouble: str = ""
    priority: str = "HIGH"
    amount: str = ""
    currency: str = ""
    answers: tuple[Answer, ...] = ()
    elsewhere: int = 0


class Stray(Struct, frozen=True):
    """A request to our callback address that belongs to no message that was sent. path: the last part, shortened."""

    path: str
    octets: int
    after_seconds: float


class Exchanges(Struct, frozen=True):
    """All payments that were sent to a gateway, by the name of their case.

    currencies: decimals by currency as `GET /currencies` answered, empty where it did not. signed: the manifest
    declares that answers are signed. seconds: within how many of them it declares the final status to come, by
    InstrPrty. transliterates: it declares a published table. entity_connections: how often the address of the external
    entity that was sent was called. dropped: requests to our address beyond what we keep.
    """

    cases: dict[str, Exchange]
    strays: tuple[Stray, ...] = ()
    signed: bool = False
    seconds: dict[str, float] = field(default_factory=dict)
    currencies: dict[str, int] = field(default_factory=dict)
    transliterates: bool = False
    entity_connections: int = 0
    dropped: int = 0


class Lookup(Struct, frozen=True):
    """One proxy that was looked up. kind: `registered`, `unknown`, `deregistered` or `blocked`."""

    kind: str
    exchange: Exchange


class Lookups(Struct, frozen=True):
    """All proxies that were looked up, in order.

    masked_name: as declared. full_name_declared; full_name_seen: it stood in an answer.
    """

    lookups: tuple[Lookup, ...]
    masked_name: str = ""
    full_name_declared: bool = False
    full_name_seen: bool = False
    signed: bool = False


class Burst(Struct, frozen=True):
    """Lookups of different proxies by one payer, one after the other. limit: as declared, 0 where it is not."""

    limit: int
    exchanges: tuple[Exchange, ...]


class Canary(Struct, frozen=True):
    """What became of a message that named another callback address than the registered one.

    local: our listener can be reached by the gateway, so that silence shows something. connections: to the canary.
    control: the exchange with the registered address.
    """

    local: bool
    connections: int
    exchange: Exchange
    control: Exchange
