"""The sandbox's credential issuer: what it knows while it runs, and how it answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from conformance.wire.jws import SigningKey, new_key, random_id

CONFIGURATION, VCT = "person", "https://credentials.example/person"
LICENCE, DOCTYPE, NAMESPACE = "licence", "org.iso.18013.5.1.mDL", "org.iso.18013.5.1"
CLIENT, CALLBACK, PROVIDER = "wallet", "https://wallet.example/callback", "https://wallet-provider.example"
TX_CODE = "493536"
MAX_WRONG = 5
"""Wrong transaction codes after which an offer's code is dead."""

Reply: TypeAlias = tuple[int, Any, Mapping[str, str]]
"""Status, body (octets as they are, anything else as JSON) and fields."""

NO_STORE = {"Cache-Control": "no-store"}


@dataclass(slots=True)
class Issuer:
    """One issuer while it runs.

    code, spare: the pre-authorized codes of its two offers, each good once; `renewed` is told when there are new ones.
    wrong: wrong transaction codes so far, by code. dpop: tokens are bound to a key. attester: the public JWK of the
    wallets' provider. nonce_seconds: how long a nonce is good. nonces: when each was given. pushed: request_uri ->
    code challenge. places: how many places of the status list are taken.
    """

    faults: frozenset[str]
    key: SigningKey = field(default_factory=lambda: new_key("ES256", "issuer"))
    identifier: str = ""
    certificate: bytes = b""
    code: str = field(default_factory=random_id)
    spare: str = field(default_factory=random_id)
    renewed: Callable[[], None] = lambda: None
    wrong: dict[str, int] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    dpop: bool = False
    attester: Mapping[str, Any] = field(default_factory=dict)
    nonce_seconds: float = 300.0
    nonces: dict[str, float] = field(default_factory=dict)
    pushed: dict[str, str] = field(default_factory=dict)
    places: int = 0

    def has(self, fault: str) -> bool:
        """Whether it has this fault."""
        return f"vci-{fault}" in self.faults

    def knows(self, nonce: Any) -> bool:
        """Whether a nonce was given not long ago."""
        given = self.nonces.get(nonce) if isinstance(nonce, str) else None
        lasts = self.has("nonce-lasts")
        return given is not None and (lasts or time.monotonic() - given < self.nonce_seconds)

    def renew(self, code: str) -> None:
        """Make a new offer in place of one whose code is used up."""
        if code == self.code:
            self.code = random_id()
        elif code == self.spare:
            self.spare = random_id()
        self.renewed()
