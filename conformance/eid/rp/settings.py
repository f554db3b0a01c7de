"""What a manifest says of a relying party, as the observers use it."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.core.model import NotTested, Reason, Service, Target, Undecided, Untested
from conformance.core.scope import split_address
from conformance.wire.http import split_url
from conformance.wire.own_tls import context_of

Origin = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Marker:
    """What a page shows to who is logged in: a text, or where there is none a status."""

    url: str
    text: str = ""
    status: int = 0

    def shows(self, status: int, body: bytes) -> bool:
        """Whether an answer shows it."""
        return self.text.encode() in body if self.text else status == self.status


@dataclass(frozen=True, slots=True)
class Settings:
    """The service. verify: `public` or the path of a file of roots. listen: where our provider is served.

    context: TLS of our provider, None where TLS is ended in front of it. answer_seconds: how long the answer to a
    callback is waited for. cooldown_seconds: between logins for which the relying party must fetch our keys again.
    """

    issuer: str
    second_issuer: str
    listen: tuple[str, int]
    context: ssl.SSLContext | None = field(repr=False)
    start: str
    command: tuple[str, ...]
    environment: tuple[str, ...]
    redirect_uri: str
    marker: Marker
    origins: frozenset[Origin]
    verify: str
    folder: Path
    alg: str
    lower_acr: str
    answer_seconds: float
    cooldown_seconds: float


def settings_of(target: Target, service: Service) -> Settings:
    """The service's settings.

    Raises:
        Untested: NO_CALLBACK, where the manifest names none; NO_CREDENTIAL, where its key cannot be read.
        Undecided: OUT_OF_SCOPE, for a URL that is none.
    """
    given = service.settings
    callback = given.get("callback")
    if not callback:
        raise Untested(NotTested.NO_CALLBACK, "the manifest has no callback, which says where our provider listens")
    folder, trust = Path(target.path).parent, given.get("trust", "public")
    urls = [given["redirect_uri"], given["marker"]["url"], *given.get("origins", ())]
    start = given.get("initiate_login_uri", "")
    command = tuple(given.get("command", ()))
    if not start and not command:
        raise Untested(NotTested.MANUAL, "the manifest names neither initiate_login_uri nor command")
    return Settings(
        issuer=callback["issuer"],
        second_issuer=_second(callback),
        listen=split_address(callback["listen"]),
        context=context_of(callback.get("tls")),
        start=start,
        command=command,
        environment=tuple(given.get("environment", ())),
        redirect_uri=given["redirect_uri"],
        marker=Marker(given["marker"]["url"], given["marker"].get("text", ""), given["marker"].get("status", 0)),
        origins=frozenset(split_url(url)[:3] for url in (*urls, *filter(None, (start,)))),
        verify=trust if trust == "public" else str(folder / trust),
        folder=folder,
        alg=given.get("id_token_signed_response_alg", "RS256"),
        lower_acr=given.get("lower_acr", ""),
        answer_seconds=float(given.get("answer_seconds", 10)),
        cooldown_seconds=float(given.get("key_cooldown_seconds", 0)),
    )


def _second(callback: Mapping[str, Any]) -> str:
    """The second issuer, which must be served by the same listener."""
    second = str(callback.get("second_issuer", ""))
    if second and urlsplit(second)[:2] != urlsplit(callback["issuer"])[:2]:
        raise Undecided(Reason.OUT_OF_SCOPE, "callback.second_issuer is not at the origin of callback.issuer")
    return second
