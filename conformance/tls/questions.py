"""Which hellos an endpoint is asked, and after which answers.

Forbidden suites are first offered all together: a clean refusal of the whole answers for every part of it, and a suite
that is selected answers for the sets that it is in. Whatever else comes back, each other set is asked by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from conformance.tls import probes
from conformance.tls.asks import MOST_HELLOS, details
from conformance.tls.codepoints import GROUP_CODES, GROUPS, SUITE_CODES, SUITES, VERSIONS
from conformance.tls.codepoints import name_of as name
from conformance.tls.hello import TLS12, TLS13, Hello
from conformance.tls.parse import Reply
from conformance.tls.probes import PROBES
from conformance.tls.suites import SETS, suite
from conformance.tls.talk import FIRST, UNION, Got, Talk

HANDSHAKE_FAILURE, PROTOCOL_VERSION, INSUFFICIENT_SECURITY = 40, 70, 71
NO_COMMON: Final = frozenset({HANDSHAKE_FAILURE, PROTOCOL_VERSION, INSUFFICIENT_SECURITY})
"""Alerts that say: nothing of this. Another alert may complain of the hello's length, so it answers for no part."""

AES128GCM12: Final = frozenset({0xC02F, 0xC02B})
SHARES: Final = ("share-1", "share-2")
HYBRIDS: Final = frozenset({4587, 4588, 4589})
"""SecP256r1MLKEM768, X25519MLKEM768, SecP384r1MLKEM1024 (RFC 10024)."""

NEWEST: Final = ("TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1.0", "SSLv3")


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


def second(talk: Talk) -> Iterator[tuple[str, Hello]]:
    """Questions that the first answers make necessary."""
    yield from _each_denied(talk)
    if "aes128gcm12" in talk.wants("suites:offer:"):
        reply = talk.reply("TLSv1.2")
        if reply and reply.version == TLS12 and reply.suite not in AES128GCM12:
            yield "aes128gcm12", PROBES["aes128gcm12"]
    if talk.offers(TLS13, "TLSv1.3"):
        yield from _about13(talk)
    old = talk.reply("TLSv1.2")
    key = _key(old)
    if "groups:small" in talk.job.asks and talk.reply("small") is None and key == "ECDSA":
        yield "small-with-curves", probes.small_with_curves()
    if {"certificate", "signatures:pss"} & talk.job.asks and old and old.version == TLS12 and key:
        yield "other-key", probes.of_key("RSA" if key == "ECDSA" else "ECDSA")


def _key(reply: Reply | None) -> str:
    """The type of the key that authenticates the suite: `RSA`, `ECDSA`, or nothing."""
    found = suite(reply.suite) if reply else None
    return found.authentication if found and found.authentication in ("RSA", "ECDSA") else ""


def _each_denied(talk: Talk) -> Iterator[tuple[str, Hello]]:
    """Each forbidden set by itself, unless all of them were refused together, or the whole answered for it."""
    found = talk.got.get(UNION)
    if found is None or _refused(found[1]):
        return
    for each in _denied(talk.job.asks):
        if f"deny:{each}" not in talk.got:
            yield f"deny:{each}", probes.deny(SETS[each])


def share_out(talk: Talk) -> None:
    """Take the answer to all forbidden suites for the answer to each set that holds the one that was selected, and to
    the set that is the whole.
    """
    found = talk.got.get(UNION)
    if found is None or _refused(found[1]):
        return
    reply, whole = talk.reply(UNION), found[0].hello.suites
    for each in _denied(talk.job.asks):
        if whole == SETS[each] or (reply and reply.suite in SETS[each]):
            talk.take(f"deny:{each}", *found)


def _refused(got: Got) -> bool:
    """Whether the answer is an alert that answers for every part of the offer."""
    return isinstance(got, Reply) and got.refused and got.alert in NO_COMMON


def _about13(talk: Talk) -> Iterator[tuple[str, Hello]]:
    """What is asked of a server of TLS 1.3, without what the answers that are there already show."""
    seen = [reply for key in talk.got if (reply := talk.reply(key)) and reply.version == TLS13]
    suites = {name(SUITES, reply.suite) for reply in seen}
    groups = {name(GROUPS, reply.group) for reply in seen if reply.group >= 0}
    for each in talk.wants("suites:offer:"):
        if each in SUITE_CODES and each not in suites:
            yield each, probes.suite13(each)
    yield from _about_groups13(talk, groups)
    if "signatures:mandatory" in talk.job.asks:
        yield "mandatory", PROBES["mandatory"]
    if "suites:deny:not-allowed13" in talk.job.asks:
        yield "deny:not-allowed13", probes.deny13(SETS["not-allowed13"])
    if "tolerance:shares" in talk.job.asks and not _comparable(shares(talk)):
        for key in SHARES:
            yield key, probes.plain_shares()


def _about_groups13(talk: Talk, seen: set[str]) -> Iterator[tuple[str, Hello]]:
    """As above, of groups. seen: those that were selected."""
    for each in talk.wants("groups:offer:"):
        if each not in seen and each in GROUP_CODES:
            yield f"group:{each}", probes.group13(each)
    for each in talk.wants("groups:deny:"):
        if each in GROUP_CODES:
            yield f"deny-{each}", probes.group13(each)
    retry = talk.reply("retry")
    if "groups:preferred" in talk.job.asks and retry and retry.version == TLS13 and retry.group in HYBRIDS:
        yield "preferred", PROBES["preferred"]


def rsa_key(talk: Talk) -> str:
    """The question that TLS 1.2 answered with an RSA certificate, empty where none was."""
    asked = ((key, talk.reply(key)) for key in ("TLSv1.2", "other-key"))
    return next((key for key, reply in asked if reply and reply.version == TLS12 and _key(reply) == "RSA"), "")


def third(talk: Talk) -> Iterator[tuple[str, Hello]]:
    """Questions that the answers to those of `second` make necessary."""
    signed = talk.reply(rsa_key(talk))
    if "signatures:pss" in talk.job.asks and signed and signed.scheme in probes.PKCS1_SCHEMES:
        yield "pss", probes.pss()
    yield from _ordered(talk)


def optional(talk: Talk) -> Iterator[tuple[str, Hello]]:
    """What is asked for requirements of level MAY: last, and only where there is room for it."""
    room = MOST_HELLOS - 1 - talk.connections - talk.to_confirm
    wanted = list(_optional(talk))
    yield from wanted[: max(room, 0)]


def _optional(talk: Talk) -> Iterator[tuple[str, Hello]]:
    if "suites:offer:national" in talk.job.asks:
        yield "national", PROBES["national"]
    if "features:fallback" in talk.job.asks:
        versions = [each for each in NEWEST if (reply := talk.reply(each)) and name(VERSIONS, reply.version) == each]
        if len(versions) > 1:
            yield "fallback", probes.fallback(versions[1])


def _ordered(talk: Talk) -> Iterator[tuple[str, Hello]]:
    """The same pair of suites in both orders, where weaker suites were accepted: in the hello of TLS 1.2 among others,
    if one of them was selected there, and then the other way round.

    ChaCha20 is left out: OpenSSL can give it precedence whatever else decides (SSL_OP_PRIORITIZE_CHACHA).
    """
    if "suites:order" not in talk.job.asks:
        return
    denied = [f"deny:{each}" for each in _denied(talk.job.asks)]
    picks = [talk.reply(key) for key in ("TLSv1.2", "aes128gcm12", *denied)]
    codes = [reply.suite for reply in picks if reply and reply.version == TLS12]
    found = list(dict.fromkeys(code for code in codes if (each := suite(code)) and each.cipher != "CHACHA20"))
    if len(found) < 2:
        return
    first, second = _as_offered(found[0], found[1])
    if not first or picks[0] is None or picks[0].suite != found[0]:
        first, second = found[0], found[1]
        yield "order-1", probes.pair(first, second)
    yield "order-2", probes.pair(second, first)


def _as_offered(one: int, other: int) -> tuple[int, int]:
    """Two suites in the order in which the hello of TLS 1.2 offers them; zeros where it does not offer both."""
    offered = PROBES["TLSv1.2"].suites
    if one not in offered or other not in offered:
        return 0, 0
    return (one, other) if offered.index(one) < offered.index(other) else (other, one)


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
