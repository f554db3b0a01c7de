"""What each requirement needs to be seen, as asks `observation:detail`; and what asks cost. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from conformance.core.model import Requirement

PASSIVE = frozenset({"discovery", "jwks", "cors", "levels", "trust"})
"""Observations that need no login."""

SLOW = frozenset({"par:expired", "token:expired"})
"""Asks that wait for something to expire."""

TRIALS = "*"
"""Stands for the trials that the requirement's parameter `trials` names."""

NEEDS: Mapping[str, tuple[str, ...]] = {
    **{f"EID-DISC-{number:02}": ("discovery",) for number in (1, 2, 5, 6, 7, 8, 9, 10, 11, 14, 15)},
    "EID-DISC-03": ("discovery:oauth",),
    "EID-DISC-04": ("discovery:places",),
    "EID-DISC-12": ("discovery", "jwks"),
    "EID-DISC-13": ("levels",),
    "EID-DISC-16": ("token:*",),
    **{f"EID-JWKS-{number:02}": ("jwks",) for number in (1, 2, 3, 4, 5, 7)},
    "EID-PAR-01": ("par:answer",),
    **{f"EID-PAR-{number:02}": ("par:*",) for number in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11)},
    "EID-PAR-12": ("authorization:answer-plain",),
    **{f"EID-AUT-{number:02}": ("authorization:*",) for number in (1, 4, 5, 11, 13)},
    "EID-AUT-02": ("authorization:answer-plain", "authorization:answer-refused", "authorization:answer-no-prompt"),
    "EID-AUT-03": ("authorization:answer-plain", "authorization:answer-long-state", "authorization:answer-no-state"),
    "EID-AUT-06": ("authorization:answer-no-prompt",),
    "EID-AUT-07": ("authorization:again-prompt", "authorization:again-max_age"),
    **{f"EID-AUT-{number}": ("authorization:answer-plain",) for number in ("08", "08-S", "10")},
    "EID-AUT-09": ("authorization:cors",),
    "EID-AUT-12": ("authorization:long-nonce",),
    **{
        f"EID-CLI-{number}": ("client_authentication:*",)
        for number in ("01", "02", "02-S", "03", "04", "05", "06", "07", "08", "09", "10")
    },
    **{f"EID-TOK-{number:02}": ("token:*",) for number in (1, 2, 3, 4, 5, 6, 7, 10, 11)},
    "EID-TOK-08": ("token:answer",),
    "EID-TOK-09": ("token:errors",),
    "EID-TOK-12": ("refresh:*", "refresh:rotation"),
    "EID-TOK-13": ("token:samples",),
    "EID-TOK-14": ("token:samples",),
    "EID-TOK-15": ("token:parallel",),
    **{f"EID-DPOP-{number:02}": ("dpop:*",) for number in (1, 3, 4, 5, 6, 7, 8, 9, 11)},
    "EID-DPOP-02": ("dpop:bound",),
    "EID-DPOP-10": ("dpop:bound",),
    "EID-HIGH-01": ("discovery", "dpop:bound"),
    **{f"EID-IDT-{number:02}": ("id_token:plain",) for number in (1, 2, 4, 5, 6, 8)},
    "EID-IDT-03": ("id_token:plain", "id_token:no-nonce"),
    "EID-IDT-07": ("id_token:plain", "id_token:again"),
    "EID-LOA-01": ("assurance:acr-values", "assurance:essential", "levels"),
    "EID-LOA-02": ("assurance:acr-values", "assurance:essential", "levels"),
    "EID-LOA-03": ("assurance:*",),
    "EID-LOA-04": ("levels",),
    "EID-LOA-05": ("assurance:on-request",),
    "EID-LOA-06": ("assurance:verified-claims",),
    "EID-UI-01": ("userinfo:answer",),
    "EID-UI-02": ("userinfo:challenges",),
    "EID-UI-03": ("userinfo:*",),
    "EID-UI-04": ("userinfo:minimal",),
    "EID-UI-05": ("userinfo:answer",),
    "EID-UI-06": ("userinfo:answer",),
    "EID-REV-01": ("revocation:own", "revocation:unknown", "revocation:*"),
    "EID-INT-01": ("introspection:own", "introspection:junk", "introspection:unauthenticated"),
    "EID-INT-02": ("introspection:disclosure",),
    "EID-COR-01": ("cors",),
    "EID-ERR-01": tuple(
        f"robustness:{name}"
        for name in (
            *("no-parameters", "long-value", "nul-octet", "not-utf-8", "claims-no-json", "request-no-jwt"),
            *("request-uri-unknown", "token-no-body", "token-binary", "token-long", "token-basic-junk"),
            "userinfo-junk-jwt",
        )
    ),
    "EID-TRU-01": ("trust",),
    "EID-TRU-02": ("trust",),
}
"""Requirement -> its asks."""

OVER = (
    *("unauthenticated", "outside-alias", "other-certificate", "untrusted-certificate", "expired-certificate"),
    "wrong-eku-certificate",
)
"""Trials of client authentication that are asked twice, and once more as they should be, where TLS hangs up."""

COSTS: Mapping[str, int] = {
    **{f"client_authentication:{name}": 8 for name in OVER},
    "dpop:no-certificate": 8,
    "discovery:places": 13,
    "cors": 7,
    "token:samples": 60,
    "token:parallel": 12,
    "dpop:replayed": 2,
    "robustness": 1,
}
"""Connections of asks that cost another number than FLOW."""

FLOW, LOGIN = 5, 10
"""Connections of one flow of a logged-in user, and of a whole login."""


def asks(requirement: Requirement) -> frozenset[str]:
    """The asks of a requirement."""
    trials = requirement.params.get("trials", ())
    found: set[str] = set()
    for need in NEEDS[requirement.id]:
        observation, _, detail = need.partition(":")
        found |= {f"{observation}:{trial}" for trial in trials} if detail == TRIALS else {need}
    return frozenset(found)


def details(asked: Iterable[str]) -> dict[str, frozenset[str]]:
    """Observation -> the details that were asked for."""
    found: dict[str, set[str]] = {}
    for ask in sorted(asked):
        observation, _, detail = ask.partition(":")
        found.setdefault(observation, set()).update({detail} if detail else ())
    return {observation: frozenset(wanted) for observation, wanted in found.items()}


def budget(asked: frozenset[str]) -> int:
    """How many connections the asks cost at most."""
    if not asked:
        return 0
    active = any(ask.partition(":")[0] not in PASSIVE for ask in asked)
    known = (COSTS.get(ask, COSTS.get(ask.partition(":")[0], FLOW)) for ask in asked)
    return 3 + (LOGIN if active else 0) + sum(known)
