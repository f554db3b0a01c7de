"""One login as our provider sees it: what it was asked, and what its answers are made of. Secrets stay in here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.core.model import Undecided
from conformance.wire.jws import SigningKey, random_id
from conformance.wire.strict_json import strict_json

MAX_EVENTS = 200


class Absent(Exception):  # noqa: N818 - an outcome, not an error
    """What a case would change is not used by the relying party; says what shows it."""

    def __init__(self, facts: str) -> None:
        super().__init__(facts)
        self.facts = facts


@dataclass(slots=True)
class Flight:
    """One login under way.

    issuer: that it is with. now: seconds since 1970. key: that signs; other_key: of another family, published too.
    lower_acr: a level below those that are asked for, empty for the project's own. params: of the authorization
    request. events: what was asked of us. absent: see Absent. verifier: as in `evidence.Asked`. over: nobody waits any
    more.
    """

    issuer: str
    now: int
    key: SigningKey
    other_key: SigningKey
    lower_acr: str = ""
    params: Mapping[str, str] | None = None
    pushed: bool = False
    events: list[str] = field(default_factory=list)
    absent: str = ""
    verifier: str = ""
    client_secret: str = field(default="", repr=False)
    over: bool = False
    token_path: str = field(default_factory=random_id, repr=False)
    access: str = field(default_factory=random_id, repr=False)
    subject: str = field(default_factory=lambda: f"subject{random_id(6).encode().hex()}")
    name: str = field(default_factory=lambda: f"Given{random_id(6).encode().hex()} Family")
    foreign_subject: str = field(default_factory=lambda: f"foreign{random_id(6).encode().hex()}")
    foreign_name: str = field(default_factory=lambda: f"Foreign{random_id(6).encode().hex()} Family")

    def saw(self, event: str) -> None:
        """Note what was asked of us."""
        if len(self.events) < MAX_EVENTS:
            self.events.append(event)

    @property
    def client_id(self) -> str:
        """The client of the request."""
        return (self.params or {}).get("client_id", "")

    @property
    def acr(self) -> tuple[str, ...]:
        """The values that the request asks for: `acr_values`, or `claims.id_token.acr` (OIDC Core section 5.5.1.1)."""
        params = self.params or {}
        found = [*params.get("acr_values", "").split(), *_claimed(params.get("claims", ""))]
        return tuple(dict.fromkeys(each[:200] for each in found[:10]))


def _claimed(text: str) -> list[str]:
    try:
        value: Any = strict_json(text.encode()) if text else {}
    except Undecided:
        return []
    for name in ("id_token", "acr"):
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, dict):
        return []
    values = value.get("values", [value.get("value")])
    return [each for each in values if isinstance(each, str)] if isinstance(values, list) else []


def request_object(text: str) -> dict[str, str]:
    """The members of a request object (RFC 9101), unverified: who sent it is not what is tested here."""
    from conformance.wire.jose import unb64  # noqa: PLC0415 - few send one

    pieces = text.split(".")
    try:
        value = strict_json(unb64(pieces[1]))
    except (IndexError, ValueError, Undecided):
        return {}
    if not isinstance(value, dict):
        return {}
    return {name: each if isinstance(each, str) else json.dumps(each) for name, each in value.items()}
