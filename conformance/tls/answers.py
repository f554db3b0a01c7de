"""From what was read to evidence: names for code points, and what was selected although it was not offered."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import Final

from conformance.core.model import Reason
from conformance.core.selector import Failure
from conformance.tls.codepoints import ALERTS, COMPRESSIONS, EXTENSIONS, GROUPS, SCHEMES, SSL2_KINDS, SUITES, VERSIONS
from conformance.tls.codepoints import name_of as name
from conformance.tls.evidence import Answer, Kind
from conformance.tls.hello import ALPN, Template
from conformance.tls.parse import MOST_DETAIL, TLS12, TLS13, Reply, displayable

COOKIE: Final = 44
MOST_DIGESTS: Final = 32
UNDECIDING: Final = frozenset({Reason.NOT_TLS, Reason.TLS_RECORD})
"""Ways to be broken that are still an answer to the hello; the others say nothing about it."""


def answer(got: Reply | Failure, template: Template, *, controlled: bool) -> Answer:
    """One answer as evidence. Nothing stands behind an exchange that never connected or ran out of time half-way."""
    if isinstance(got, Failure):
        return _failed(got, controlled=controlled)
    if got.refused and got.kinds is None and not got.version:
        return _refused(got.alert, got.received, controlled)
    received = shown(got.received)
    if got.refused and got.kinds is None:
        return Answer(
            "refused",
            alert=name(ALERTS, got.alert, 2),
            detail=f"after a ServerHello with {name(SUITES, got.suite)}",
            controlled=controlled,
            unoffered=unoffered(got, template),
            received=received,
        )
    if got.kinds is not None:
        return _ssl2(got, template, controlled=controlled)
    old = got.version <= TLS12
    return Answer(
        "accepted",
        version=name(VERSIONS, got.version),
        suite=name(SUITES, got.suite),
        group=name(GROUPS, got.group) if got.group >= 0 else "",
        retry=got.retry,
        extensions=tuple([name(EXTENSIONS, code) for code in got.extensions]),
        alpn=_protocol(got) if ALPN in got.extensions else "",
        compression=name(COMPRESSIONS, got.compression, 2),
        signature_scheme=name(SCHEMES, got.scheme) if got.scheme >= 0 else "",
        unoffered=unoffered(got, template),
        random_tail=got.random[24:].hex() if old else "",
        share=sha256(got.share).hexdigest() if got.share else "",
        dh_bits=got.dh_bits,
        chain=tuple([sha256(each).hexdigest() for each in got.chain[:MOST_DIGESTS]]),
        staple=got.staple is not None,
        certificate_request=got.certificate_request,
        controlled=controlled,
        received=received,
    )


@lru_cache(maxsize=1024)  # a sweep is refused thousands of times in a few ways
def _refused(alert: int, octets: bytes, controlled: bool) -> Answer:  # noqa: FBT001 - positional for the cache
    """The answer of a server that sent an alert alone."""
    received = shown(octets)
    if alert == 0:
        return Answer("closed", reason=Reason.CLOSED, detail="close_notify", controlled=controlled, received=received)
    return Answer("refused", alert=name(ALERTS, alert, 2), controlled=controlled, received=received)


def shown(data: bytes) -> str:
    """Octets in hexadecimal, so marked that no run of digits in them is taken for somebody's number and redacted."""
    return f"0x{data.hex()}" if data else ""


def _failed(got: Failure, *, controlled: bool) -> Answer:
    kind: Kind = "broken"
    if not got.received and got.reason is Reason.TIMEOUT:
        kind = "silent"
    elif not got.received and got.reason in (Reason.CLOSED, Reason.RESET):
        kind = "closed"
    counts = kind != "broken" or got.reason in UNDECIDING
    return Answer(
        kind,
        reason=got.reason,
        detail=got.detail[:MOST_DETAIL],
        controlled=controlled and counts,
        received=shown(got.received[:160]),
    )


def _ssl2(got: Reply, template: Template, *, controlled: bool) -> Answer:
    received = shown(got.received)
    if got.refused:
        return Answer("refused", alert=f"SSLv2 error {got.alert}", controlled=controlled, received=received)
    kinds = got.kinds or ()
    return Answer(
        "accepted",
        version=name(VERSIONS, got.version),
        suite=name(SSL2_KINDS, kinds[0], 6) if kinds else "",
        unoffered=unoffered(got, template),
        chain=tuple(sha256(each).hexdigest() for each in got.chain),
        controlled=controlled,
        received=received,
    )


def unoffered(got: Reply, template: Template) -> tuple[str, ...]:
    """What the server selected or sent although the hello did not offer it (RFC 9846 section 4.2.3)."""
    hello = template.hello
    if not got.version:
        return ()
    if got.kinds is not None:
        return tuple(f"cipher kind {name(SSL2_KINDS, kind, 6)}" for kind in got.kinds if kind not in hello.kinds)
    found = []
    if got.version > hello.legacy_version and got.version not in hello.versions:
        found.append(f"version {name(VERSIONS, got.version)}")
    if got.suite not in hello.suites:
        found.append(f"suite {name(SUITES, got.suite)}")
    if got.compression not in hello.compressions:
        found.append(f"compression {name(COMPRESSIONS, got.compression, 2)}")
    if got.group >= 0 and got.group not in hello.groups and (hello.groups or got.version >= TLS13):
        found.append(f"group {name(GROUPS, got.group)}")
    if got.scheme >= 0 and got.scheme not in hello.schemes and hello.schemes:
        found.append(f"signature scheme {name(SCHEMES, got.scheme)}")
    found += [
        f"extension {name(EXTENSIONS, code)}"
        for code in got.extensions
        if code not in template.offered and not (got.retry and code == COOKIE)
    ]
    if ALPN in got.extensions and (protocol := _protocol(got)) not in hello.protocols and hello.protocols:
        found.append(f"protocol {protocol}")
    return tuple(found)


def _protocol(got: Reply) -> str:
    """The protocol that ALPN selects; its length prefixes are not worth an error of their own."""
    return displayable(got.extensions[ALPN][3:], 32)
