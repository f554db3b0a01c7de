"""What ClientHellos show: the questions to one endpoint as a conversation, and the answers as records.

A broad control hello goes first and last. If the first is not answered at all, nothing more is sent. Then come the
questions whose wording depends on nothing, then those that depend on the first answers, then, where a hello that should
have been refused was not, the naming of what was accepted.

Forbidden suites are first offered all together: a clean refusal of the whole answers for every part of it. Whatever
else comes back, each set is asked by itself.

An endpoint may refuse by hanging up, and so does one that has enough of us. Therefore a question at which it hung up
is asked once more; where the answers differ, neither counts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from hashlib import sha256
from types import MappingProxyType
from typing import Final, TypeAlias

from conformance.core.area import Job
from conformance.core.model import Reason
from conformance.core.network import Address
from conformance.core.selector import Conversation, Exchange, Failure
from conformance.tls import probes
from conformance.tls.answers import answer, unoffered
from conformance.tls.asks import details
from conformance.tls.codepoints import GROUP_CODES, GROUPS, SCHEMES, SUITES
from conformance.tls.codepoints import name_of as name
from conformance.tls.evidence import Answer, Denial, Groups, Signatures, Suites, Tolerance, Versions
from conformance.tls.hello import RANDOM_BYTES, TLS12, TLS13, Hello, Template, server_name_extension, template
from conformance.tls.parse import Reply, read_reply
from conformance.tls.probes import CONTROL, LEGACY_SCHEMES, PROBES, SMALL_GROUPS
from conformance.tls.server_names import as_address
from conformance.tls.suites import SETS, suite

Got: TypeAlias = Reply | Failure
Talking: TypeAlias = Generator[list[Exchange], list[Got], None]

FIRST, LAST, UNION = "control", "control-after", "deny:union"
HANDSHAKE_FAILURE, PROTOCOL_VERSION, INSUFFICIENT_SECURITY = 40, 70, 71
NO_COMMON: Final = frozenset({HANDSHAKE_FAILURE, PROTOCOL_VERSION, INSUFFICIENT_SECURITY})
"""Alerts that say: nothing of this. Another alert may complain of the hello's length, so it answers for no part."""

MOST_HELLOS: Final = 40
"""For any endpoint, the naming of offenders apart. What is left of them confirms refusals by hanging up."""

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
    "TLS_",
)
"""How the questions begin that are there to be accepted."""

MOST_UNOFFERED: Final = 100
PATIENT: Final = frozenset({"unknown-version", "grease", "large", "split", "retry"})
"""Questions to which silence is an answer, so that it has to be given twice as well."""

AES128GCM12: Final = frozenset({0xC02B, 0xC02F})
SHARES: Final = ("share-1", "share-2")
NEVER_REGISTERED: Final = ".invalid"
"""RFC 6761 section 6.4."""


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

    def ask(self, questions: Mapping[str, Hello], names: Mapping[str, bytes] | None = None) -> Talking:
        """As `wave`; where the endpoint hung up at a question that is there to be accepted, ask once more."""
        yield from self.wave(questions, names)
        hoped = [key for key in questions if _hung_up(key, self.got[key][1]) and key.startswith(HOPED)]
        room = max(AGAIN - self.again, 0)
        yield from self._once_more(hoped[:room])
        for key in hoped[room:]:
            made, got = self.got[key]
            self.got[key] = made, Failure(Reason.FLAKY, f"{_reason(got)}, as at {AGAIN} other questions")

    def confirm(self) -> Talking:
        """Ask the others once more at which the endpoint hung up, as far as there is room for."""
        rest = [key for key, (_, got) in self.got.items() if _hung_up(key, got) and not key.startswith(HOPED)]
        yield from self._once_more(rest[: max(MOST_HELLOS - 1 - self.connections, 1)])
        # Where one question was answered differently the second time, hanging up says nothing anywhere.
        for key, (made, got) in self.got.items():
            if self.fickle and _hung_up(key, got):
                self.got[key] = made, Failure(Reason.FLAKY, f"{_reason(got)}, as at other times it did not")

    def _once_more(self, keys: list[str]) -> Talking:
        before = {key: self.got[key] for key in keys}
        self.again += len(keys)
        yield from self.wave({key: made.hello for key, (made, _) in before.items()})
        for key, (made, first) in before.items():
            second = self.got[key][1]
            if not _hung_up(key, second):
                self.fickle = True
                self.got[key] = made, Failure(Reason.FLAKY, f"{_reason(first)}, then {_reason(second)}")

    def wave(self, questions: Mapping[str, Hello], names: Mapping[str, bytes] | None = None) -> Talking:
        """Ask side by side, each with our server name unless `names` has another one for it, now or earlier."""
        if not questions:
            return
        self.names |= names or {}
        made = [(key, compiled(hello)) for key, hello in questions.items()]
        fresh = os.urandom(RANDOM_BYTES * len(made))
        exchanges = [
            Exchange(
                self.job.target,
                self.address,
                each.build(
                    self.names.get(key, self.server_name),
                    fresh[RANDOM_BYTES * place : RANDOM_BYTES * (place + 1)],
                ),
                read_reply,
            )
            for place, (key, each) in enumerate(made)
        ]
        self.connections += len(made)
        replies = yield exchanges
        for (key, each), reply in zip(made, replies, strict=True):
            self.got[key] = (each, reply)

    def reply(self, key: str) -> Reply | None:
        """The reply with which the server went on, None where it was not asked or did not."""
        found = self.got.get(key)
        if found is None or isinstance(found[1], Failure) or found[1].refused:
            return None
        return found[1]

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


def name_extension(server_name: str) -> bytes:
    """The server_name extension; none for an IP address (RFC 6066 section 3)."""
    return b"" if as_address(server_name) else server_name_extension(server_name)


def converse(job: Job, address: Address, offenders: int) -> Conversation[Talk]:
    """Ask one endpoint all that the job's asks need of hellos.

    Args:
        job: what to look at, and what for.
        address: where to connect.
        offenders: how many of a forbidden set are named at most.
    """
    talk = Talk(job, address, name_extension(job.service.server_name))
    yield from talk.wave({FIRST: CONTROL})
    if isinstance(talk.got[FIRST][1], Failure):
        return talk
    first = opening(job.asks, named=bool(talk.server_name))
    own = {"unknown": name_extension(f"x{os.urandom(6).hex()}{NEVER_REGISTERED}")} if "unknown" in first else {}
    yield from talk.ask(first, own)
    yield from talk.ask(dict(_second(talk)))
    yield from talk.ask(dict(_third(talk)))
    yield from talk.confirm()
    yield from _name_offenders(talk, offenders)
    # A server that knows none of the newer versions refuses the broad hello: any hello that it accepted will do.
    talk.control = next((key for key in (FIRST, *PROBES) if talk.reply(key)), FIRST)
    yield from talk.wave({LAST: talk.got[talk.control][0].hello})
    return talk


@lru_cache(maxsize=256)
def opening(asks: frozenset[str], *, named: bool) -> Mapping[str, Hello]:
    """Questions whose wording depends on nothing. named: the service has a server name."""
    return MappingProxyType(dict(_opening(asks, named=named)))


def _opening(asks: frozenset[str], *, named: bool) -> Iterator[tuple[str, Hello]]:
    for version in details(asks, "versions:"):
        if version in PROBES:
            yield version, PROBES[version]
    for probe in details(asks, "tolerance:"):
        if probe in PROBES and probe != FIRST:
            yield probe, PROBES[probe]
    denied = _denied(asks)
    if len(denied) == 1:
        yield f"deny:{denied[0]}", probes.deny(SETS[denied[0]])
    elif denied:
        yield UNION, probes.deny(_union(denied))
    for ask, key in (("groups:small", "small"), ("signatures:legacy", "legacy"), ("features:alpn-none", "alpn-none")):
        if ask in asks:
            yield key, PROBES[key]
    if "names" in asks and named:
        yield "unknown", PROBES["unknown"]


def _denied(asks: frozenset[str]) -> list[str]:
    """The forbidden sets of TLS 1.2 and below."""
    return [each for each in details(asks, "suites:deny:") if each != "not-allowed13"]


@lru_cache(maxsize=64)
def _union_of(names: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(code for each in names for code in SETS[each]))


def _union(names: Iterable[str]) -> tuple[int, ...]:
    """The suites of all these sets, those first that the first set has first."""
    found = tuple(names)
    return SETS["not-allowed12"] if "not-allowed12" in found else _union_of(found)


def _second(talk: Talk) -> Iterator[tuple[str, Hello]]:
    """Questions that the first answers make necessary."""
    yield from _each_denied(talk)
    if "aes128gcm12" in talk.wants("suites:offer:"):
        reply = talk.reply("TLSv1.2")
        if reply is None or reply.suite not in AES128GCM12:
            yield "aes128gcm12", PROBES["aes128gcm12"]
    if talk.offers(TLS13, "TLSv1.3"):
        yield from _about13(talk)
    old = talk.reply("TLSv1.2")
    key = _key(old)
    if "groups:small" in talk.job.asks and talk.reply("small") is None and key == "ECDSA":
        yield "small-with-curves", probes.small_with_curves()
    if "certificate" in talk.job.asks and old and old.version == TLS12 and key:
        yield "other-key", probes.of_key("RSA" if key == "ECDSA" else "ECDSA")


def _key(reply: Reply | None) -> str:
    """The type of the key that authenticates the suite: `RSA`, `ECDSA`, or nothing."""
    found = suite(reply.suite) if reply else None
    return found.authentication if found and found.authentication in ("RSA", "ECDSA") else ""


def _each_denied(talk: Talk) -> Iterator[tuple[str, Hello]]:
    """Each forbidden set by itself, unless all of them were refused together."""
    found = talk.got.get(UNION)
    if found is None or _refused(found[1]):
        return
    for each in _denied(talk.job.asks):
        yield f"deny:{each}", probes.deny(SETS[each])


def _refused(got: Got) -> bool:
    """Whether the answer is an alert that answers for every part of the offer."""
    return isinstance(got, Reply) and got.refused and got.alert in NO_COMMON


def _about13(talk: Talk) -> Iterator[tuple[str, Hello]]:
    """What is asked of a server of TLS 1.3, without what the answers that are there already show."""
    seen = [reply for key in talk.got if (reply := talk.reply(key)) and reply.version == TLS13]
    suites = {name(SUITES, reply.suite) for reply in seen}
    groups = {name(GROUPS, reply.group) for reply in seen if reply.group >= 0}
    for each in talk.wants("suites:offer:"):
        if each != "aes128gcm12" and each not in suites:
            yield each, probes.suite13(each)
    for each in talk.wants("groups:offer:"):
        if each not in groups and each in GROUP_CODES:
            yield f"group:{each}", probes.group13(each)
    if "signatures:mandatory" in talk.job.asks:
        yield "mandatory", PROBES["mandatory"]
    if "suites:deny:not-allowed13" in talk.job.asks:
        yield "deny:not-allowed13", probes.deny13(SETS["not-allowed13"])
    if "tolerance:shares" in talk.job.asks and not _comparable(shares(talk)):
        for key in SHARES:
            yield key, probes.plain_shares()


def _third(talk: Talk) -> Iterator[tuple[str, Hello]]:
    """The same pair of suites in both orders, where weaker suites were accepted.

    ChaCha20 is left out: OpenSSL can give it precedence whatever else decides (SSL_OP_PRIORITIZE_CHACHA).
    """
    if "suites:order" not in talk.job.asks:
        return
    denied = [f"deny:{each}" for each in _denied(talk.job.asks)]
    picks = [talk.reply(key) for key in ("TLSv1.2", "aes128gcm12", *denied)]
    codes = [reply.suite for reply in picks if reply and reply.version == TLS12]
    found = list(dict.fromkeys(code for code in codes if (each := suite(code)) and each.cipher != "CHACHA20"))
    if len(found) >= 2:
        yield "order-1", probes.pair(found[0], found[1])
        yield "order-2", probes.pair(found[1], found[0])


def _name_offenders(talk: Talk, most: int) -> Talking:
    """Strike what was accepted and ask again, all sets side by side, until they are refused or enough are named."""
    forbidden: dict[str, tuple[int, ...]] = {f"deny:{each}": SETS[each] for each in talk.wants("suites:deny:")}
    open_sets: dict[str, list[int]] = {}
    for key, codes in forbidden.items():
        reply = talk.reply(key)
        if reply and reply.suite in codes:
            open_sets[key] = [reply.suite]
    asked = 0
    while open_sets:
        asked += 1
        for key in [key for key, found in open_sets.items() if len(found) >= most or len(found) == len(forbidden[key])]:
            found = open_sets.pop(key)
            talk.struck[key] = found, len(found) == len(forbidden[key])
        deny = {key: probes.deny13 if key == "deny:not-allowed13" else probes.deny for key in open_sets}
        questions = {
            f"{key}-{asked}": deny[key](tuple(code for code in forbidden[key] if code not in found))
            for key, found in open_sets.items()
        }
        yield from talk.wave(questions)
        for key in list(open_sets):
            reply = talk.reply(f"{key}-{asked}")
            if reply and reply.suite in forbidden[key] and reply.suite not in open_sets[key]:
                open_sets[key].append(reply.suite)
            else:
                got = talk.got[f"{key}-{asked}"][1]
                talk.struck[key] = open_sets.pop(key), isinstance(got, Reply) and got.refused


def shares(talk: Talk) -> tuple[tuple[str, str, str], ...]:
    """(question, group, SHA-256) of the server's key share in every ServerHello of TLS 1.3 that has one."""
    return tuple(
        (key, name(GROUPS, reply.group), sha256(reply.share).hexdigest())
        for key in sorted(talk.got)
        if (reply := talk.reply(key)) and reply.version == TLS13 and not reply.retry and reply.share
    )


def _comparable(found: tuple[tuple[str, str, str], ...]) -> bool:
    """Whether two of the shares are of one group. The last control will be answered as the first was."""
    groups = [group for _, group, _ in found]
    return len(set(groups)) < len(groups)


class Reading:
    """Records from a talk that has ended. controlled: whether a control was accepted before and after."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.controlled = talk.reply(talk.control) is not None and talk.reply(LAST) is not None
        self._answers: dict[str, Answer] = {}

    def answer(self, key: str) -> Answer | None:
        """The answer to the question of this name, None where it was not asked."""
        if key not in self._answers:
            if key not in self.talk.got:
                return None
            made, got = self.talk.got[key]
            self._answers[key] = answer(got, made, controlled=self.controlled)
        return self._answers[key]

    def answers(self, keys: Mapping[str, str]) -> dict[str, Answer]:
        """Answers by the name on the left; those that were not asked are left out."""
        return {each: found for each, key in keys.items() if (found := self.answer(key)) is not None}

    def versions(self) -> Versions:
        """See `evidence.Versions`."""
        asked = self.talk.wants("versions:")
        return Versions(self.answers({each: each if each in PROBES else FIRST for each in asked}))

    def tolerance(self) -> Tolerance:
        """See `evidence.Tolerance`."""
        asked = [each for each in self.talk.wants("tolerance:") if each in PROBES]
        found = [
            f"{key}: {each}"
            for key, (made, got) in self.talk.got.items()
            if isinstance(got, Reply)
            for each in unoffered(got, made)
        ]
        compared = shares(self.talk) if "tolerance:shares" in self.talk.job.asks else ()
        return Tolerance(self.answers({each: each for each in asked}), tuple(sorted(found)[:MOST_UNOFFERED]), compared)

    def suites(self) -> Suites:
        """See `evidence.Suites`."""
        denied = {each: denial for each in self.talk.wants("suites:deny:") if (denial := self._denial(each))}
        offered = {each: found for each in self.talk.wants("suites:offer:") if (found := self._offered(each))}
        first, second = self.answer("order-1"), self.answer("order-2")
        return Suites(denied, offered, (first, second) if first and second else None)

    def _denial(self, each: str) -> Denial | None:
        key = f"deny:{each}"
        if found := self.answer(key):
            codes, complete = self.talk.struck.get(key, ([], True))
            return Denial(found, tuple(name(SUITES, code) for code in codes), complete)
        # The whole was refused cleanly. What stands for TLS 1.3 is asked only where there is TLS 1.3.
        whole = self._without13() if each == "not-allowed13" else self.answer(UNION)
        return Denial(whole) if whole else None

    def _offered(self, each: str) -> Answer | None:
        """The answer to the suite alone, or to a hello that offered more and was answered with it."""
        if each == "aes128gcm12":
            return self.answer(each) or self.answer("TLSv1.2")
        if (found := self.answer(each)) is not None:
            return found
        return next(self._shown(lambda reply: name(SUITES, reply.suite) == each), None) or self._without13()

    def _without13(self) -> Answer | None:
        """Why nothing more was asked of TLS 1.3: the answer of a server that did not go on with it."""
        found = self.answer("TLSv1.3")
        return None if found is None or self.talk.offers(TLS13, "TLSv1.3") else found

    def _shown(self, fits: Callable[[Reply], bool]) -> Iterator[Answer]:
        """The answers of TLS 1.3 that fit."""
        for key in self.talk.got:
            reply = self.talk.reply(key)
            if reply and reply.version == TLS13 and fits(reply) and (found := self.answer(key)):
                yield found

    def groups(self) -> Groups:
        """See `evidence.Groups`."""
        offered = {}
        for each in self.talk.wants("groups:offer:"):
            shown = next(self._shown(partial(_is_of, each)), None)
            if found := self.answer(f"group:{each}") or shown or self._without13():
                offered[each] = found
        return Groups(offered, self._small())

    def _small(self) -> Denial | None:
        """What decides is the hello that carries the certificate's curve too, where that was needed."""
        names = {name(GROUPS, code) for code in SMALL_GROUPS}
        found, old = self.answer("small"), self.answer("TLSv1.2")
        if found and found.kind != "accepted" and old and old.kind in ("silent", "broken"):
            return Denial(old)  # whether there is a certificate on a curve is not known
        return _accepted_of(self.answer("small-with-curves") or found, "group", names)

    def signatures(self) -> Signatures:
        """See `evidence.Signatures`."""
        names = {name(SCHEMES, code) for code in LEGACY_SCHEMES}
        legacy = _accepted_of(self.answer("legacy"), "signature_scheme", names)
        mandatory = self.answer("mandatory")
        if mandatory is None and "signatures:mandatory" in self.talk.job.asks:
            mandatory = self._without13()
        return Signatures(legacy, mandatory, ())


def _is_of(group: str, reply: Reply) -> bool:
    return name(GROUPS, reply.group) == group


def _accepted_of(found: Answer | None, attribute: str, names: set[str]) -> Denial | None:
    """A denial whose offender is what the answer names, where that is one of the forbidden names."""
    if found is None:
        return None
    chosen = getattr(found, attribute)
    return Denial(found, (chosen,), complete=False) if chosen in names else Denial(found)
