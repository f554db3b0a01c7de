"""What each requirement needs to be seen, and what that costs. Pure.

An ask is `observation` or `observation:detail`. The plan is the union of the asks of all cells, so that a probe is sent
once however many requirements read its answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from conformance.core.model import Requirement

TLS12, TLS13, BOTH = "versions:TLSv1.2", "versions:TLSv1.3", "versions:TLSv1.3+TLSv1.2"
NOT_ALLOWED12, NOT_ALLOWED13 = "suites:deny:not-allowed12", "suites:deny:not-allowed13"
SECURITY_TXT: Final = "http:security.txt"
CERTIFICATE_COMPRESSION: Final = "features:certificate-compression"
FLIGHT12, FLIGHT13 = "features:flight12", "features:flight13"

_ROWS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    # `{name}` stands for a parameter of the requirement, each member where it is a list.
    ("TLS-VER-01 TLS-VER-02 TLS-VER-03 TLS-VER-04 TLS-VER-06 TLS-HIGH-01", ("versions:{version}",)),
    ("TLS-VER-05", ("versions:{one_of}",)),
    ("TLS-VER-10", ("versions:{versions}",)),
    ("TLS-VER-07", (TLS12, TLS13, BOTH)),
    ("TLS-VER-08 TLS-VER-11 TLS-VER-12 TLS-VER-13", ("tolerance:{probe}",)),
    ("TLS-VER-09", (TLS12, TLS13)),
    ("TLS-VER-14", ("tolerance:control",)),
    ("TLS-VER-15", ("versions:{versions}", "features:fallback")),
    ("TLS-CIP-01 TLS-CIP-02 TLS-CIP-03 TLS-CIP-04 TLS-CIP-05", ("suites:deny:{deny}",)),
    ("TLS-CIP-09 TLS-CIP-09-S TLS-CIP-10 TLS-EXT-14", ("suites:deny:{deny}",)),
    ("TLS-CIP-06 TLS-CIP-07", ("versions:{version}", "suites:deny:{deny}")),
    ("TLS-CIP-08", ("suites:deny:dhe",)),
    ("TLS-CIP-11", ("versions:{version}", "suites:offer:{offer}")),
    ("TLS-CIP-12 TLS-CIP-12-S", (TLS13, "suites:offer:{offers}")),
    ("TLS-CIP-13", ("suites:deny:{weaker}", "suites:order", TLS12)),
    ("TLS-CIP-14 TLS-CIP-15", ("suites:deny:{deny_any}",)),
    ("TLS-CIP-17", (TLS12, TLS13, NOT_ALLOWED13, "suites:offer:national", "suites:offer:{common}")),
    ("TLS-CIP-16 TLS-EXT-01 TLS-EXT-02 TLS-EXT-04", (TLS12, FLIGHT12)),
    ("TLS-GRP-01 TLS-GRP-02 TLS-GRP-04", (TLS13, "groups:offer:{group}")),
    ("TLS-GRP-03", ("groups:small", TLS12)),
    ("TLS-GRP-05", (TLS13, "groups:offer:{group}", "groups:preferred", "tolerance:retry")),
    ("TLS-GRP-06", (TLS13, "groups:deny:{groups}")),
    ("TLS-GRP-07", (TLS13, "tolerance:shares")),
    ("TLS-GRP-08", (TLS13, "tolerance:{probe}")),
    ("TLS-SIG-01", ("signatures:legacy",)),
    ("TLS-SIG-02", (TLS13, "signatures:mandatory")),
    ("TLS-SIG-03", (TLS12, "signatures:pss")),
    ("TLS-EXT-03", (TLS12, "features:renegotiation")),
    ("TLS-EXT-05", (TLS12, TLS13, FLIGHT12, FLIGHT13)),
    ("TLS-EXT-06", (TLS12, TLS13, FLIGHT12, FLIGHT13, "features:alpn-none")),
    ("TLS-EXT-07 TLS-EXT-08", ("names", TLS12, TLS13)),
    ("TLS-EXT-09", (TLS12, TLS13, FLIGHT12, FLIGHT13)),
    ("TLS-EXT-10", (TLS13, FLIGHT13)),
    ("TLS-EXT-11 TLS-EXT-11-S", (TLS12, TLS13, FLIGHT13, "features:renegotiation")),
    ("TLS-EXT-12", (TLS13, FLIGHT13, "features:resumption")),
    ("TLS-EXT-16", (TLS13, CERTIFICATE_COMPRESSION)),
    ("TLS-CRT-19", ("certificate", "caa", TLS12, TLS13)),
    ("TLS-CRT-21", ("addresses",)),
    ("TLS-CRT-01 TLS-CRT-02 TLS-CRT-03 TLS-CRT-05 TLS-CRT-06 TLS-CRT-06-S TLS-CRT-07", ("certificate", TLS12, TLS13)),
    ("TLS-CRT-08 TLS-CRT-09 TLS-CRT-09-S TLS-CRT-10 TLS-CRT-11 TLS-CRT-12 TLS-CRT-14", ("certificate", TLS12, TLS13)),
    (
        "TLS-CRT-15 TLS-CRT-16 TLS-CRT-17 TLS-CRT-18 TLS-CRT-23 TLS-CRT-04 TLS-CRT-13 TLS-CRT-24",
        ("certificate", TLS12, TLS13),
    ),
    ("TLS-MTL-01 TLS-MTL-02 TLS-MTL-03", ("client_certificates",)),
    ("TLS-HTT-01 TLS-HTT-02 TLS-HTT-02-S TLS-HTT-03 TLS-HTT-04 TLS-HTT-05", ("http",)),
    ("TLS-HTT-06", ("http", SECURITY_TXT)),
    ("TLS-MTL-04", ("versions:TLSv1.0", "versions:TLSv1.1", TLS12, TLS13, FLIGHT13)),
    ("GEN-CLM-01", (TLS12, TLS13, "groups:offer:X25519MLKEM768", FLIGHT12, FLIGHT13)),
)
ASKS: Final[Mapping[str, tuple[str, ...]]] = {each: needed for ids, needed in _ROWS for each in ids.split()}
_PARAMETER: Final = re.compile(r"\{(\w+)\}")

HELLO_OBSERVATIONS: Final = frozenset({"versions", "tolerance", "suites", "groups", "signatures", "features", "names"})
"""What ClientHellos show, with a control before and after; `certificate` is seen in the same answers."""

COSTS: Final[Mapping[str, int]] = {
    BOTH: 0,  # the control's answer
    FLIGHT12: 0,  # the answer to versions:TLSv1.2
    "tolerance:control": 0,
    "tolerance:shares": 2,
    "suites:order": 2,
    "features:resumption": 2,
    "signatures:pss": 2,
    "groups:small": 2,
    "names": 2,
    "certificate": 2,
    "client_certificates": 5,
    "http": 2,
    "caa": 0,
    "addresses": 0,  # one address is not asked again
}
"""Connections at most, where an ask does not cost one."""


HANDSHAKES: Final[Mapping[str, int]] = {
    FLIGHT13: 1,
    "features:renegotiation": 1,
    "features:resumption": 2,
    CERTIFICATE_COMPRESSION: 1,
    "certificate": 1,
    "names": 1,
    "client_certificates": 5,
    "http": 2,
    SECURITY_TXT: 1,
}
"""Of these, connections that are more than a hello."""

MOST_HELLOS: Final = 40
"""For any endpoint, the naming of offenders apart. What is left of them confirms refusals by hanging up."""


@lru_cache(maxsize=4096)
def details(asked: frozenset[str], prefix: str) -> tuple[str, ...]:
    """What follows the prefix in the asks that begin so, sorted."""
    return tuple(sorted(ask.removeprefix(prefix) for ask in asked if ask.startswith(prefix)))


@lru_cache(maxsize=1024)
def observations(asked: frozenset[str]) -> frozenset[str]:
    """The observations that the asks are of."""
    return frozenset(ask.partition(":")[0] for ask in asked)


def asks(requirement: Requirement) -> frozenset[str]:
    """The asks of one requirement.

    Raises:
        KeyError: the requirement is none of this area's.
    """
    found = frozenset(_filled(ASKS[requirement.id], requirement.params))
    return _KNOWN.setdefault(found, found)


_KNOWN: Final[dict[frozenset[str], frozenset[str]]] = {}
"""Equal asks are one object: a fleet plans thousands of services alike."""


def _filled(templates: Iterable[str], params: Mapping[str, Any]) -> Iterator[str]:
    for text in templates:
        found = _PARAMETER.search(text)
        if found is None:
            yield text
            continue
        value = params[found[1]]
        for each in (value,) if isinstance(value, str) else value:
            yield text.replace(found[0], each)


def budget(asked: frozenset[str]) -> int:
    """Connections to one service at most, the naming of offenders and further addresses apart."""
    names = observations(asked)
    controls = 2 if names & {*HELLO_OBSERVATIONS, "certificate"} else 0
    denied = sum(ask.startswith("suites:deny:") and ask != NOT_ALLOWED13 for ask in asked)
    union = denied > 1 and NOT_ALLOWED12 not in asked
    more = sum(HANDSHAKES.get(ask, 0) for ask in asked)
    hellos = controls + union + sum(COSTS.get(ask, 1) for ask in asked) - more
    return min(hellos, MOST_HELLOS) + more
