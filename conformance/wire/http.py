"""HTTP exchanges through the door: `fetch` one, `follow` redirects by hand, `evidence` of what was answered.

`requests` builds the request, this module's adapter carries it: it dials the address that the door permitted (server
name and Host stay those of the URL), reads the answer strictly (`framing.py`), and gives up at the total deadline with
`Undecided(TIMEOUT)` whatever had been parsed by then. Nothing comes from the environment, nothing is kept between two
exchanges, nothing is retried, and no redirect is followed unless its host was declared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from msgspec.structs import replace

from conformance import __version__
from conformance.core import scope
from conformance.core.model import Reason, Target, Undecided
from conformance.core.network import Door
from conformance.core.redact import SECRET_FIELDS
from conformance.wire.adapter import DoorAdapter, Pem, Verify, Way
from conformance.wire.exchange import Hop, HttpEvidence, HttpExchange, evidence
from conformance.wire.strict_json import strict_json

__all__ = ["Hop", "HttpEvidence", "HttpExchange", "evidence", "fetch", "follow", "split_url", "strict_json"]

USER_AGENT = f"asean-conformance/{__version__} (authorised conformance test)"

ACCEPT_ENCODING = "gzip, deflate"

# Fields that may go on to another origin when a redirect leads there. Everything else might be a credential.
_HARMLESS_FIELDS = frozenset({"accept", "accept-language"})
_URL = re.compile(r"[!#$&-;=?-Z_a-z~%\[\]]+")


def split_url(url: str) -> tuple[str, str, int, SplitResult]:
    """(scheme, canonical host, port, parts) of an absolute http or https URL in plain ASCII without userinfo.

    Raises:
        Undecided: OUT_OF_SCOPE, for any other text.
    """
    shown = ascii(url[:120])
    if not _URL.fullmatch(url):
        raise Undecided(Reason.OUT_OF_SCOPE, f"{shown} is no URL in plain ASCII")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Undecided(Reason.OUT_OF_SCOPE, f"{shown} is no URL") from None
    if parts.scheme not in ("http", "https"):
        raise Undecided(Reason.OUT_OF_SCOPE, f"{shown} is neither http nor https")
    if "@" in parts.netloc or not parts.hostname or port == 0:
        raise Undecided(Reason.OUT_OF_SCOPE, f"{shown} has {'userinfo' if '@' in parts.netloc else 'no host or port'}")
    host = scope.canonical_host(parts.hostname)
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80), parts


def fetch(
    door: Door,
    target: Target,
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    data: Any = None,
    kind: str = "http",
    server_name: str | None = None,
    address: str | None = None,
    client_certificate: tuple[Pem, Pem] | None = None,
    verify: Verify = "public",
    deadline: float | None = None,
    body: bool = True,
    throttled: bool = False,
    lines: tuple[tuple[str, str], ...] = (),
    patience: float | None = None,
    gate: Callable[[Callable[[], None]], None] | None = None,
) -> HttpExchange:
    """One request and its answer.

    Args:
        door: The way out.
        target: Whose authorisation covers it.
        url: Absolute; see `split_url`.
        method: GET, POST, ...
        headers: Added to Host, User-Agent, Accept-Encoding and Connection; they may replace the first.
        data: Octets, text, or a mapping which is sent as a form.
        kind: What the authorisation must allow.
        server_name: Asked for (SNI) and matched with the certificate instead of the URL's host.
        address: `host:port` to dial instead of the URL's, as a manifest states it.
        client_certificate: (certificate, key). Presented in this exchange only.
        verify: See Verify. False takes any certificate and any protocol version.
        deadline: On the door's monotonic clock; never later than `limits.total_seconds` from now.
        body: False stops after the head, so that large pages cost nothing.
        throttled: A 429 is an answer like others, for who looks at throttling itself.
        lines: Further header fields, sent as they are after the others; names may repeat. No line breaks in them.
        patience: Seconds that an answer may take to begin and to end, in place of the door's limits.
        gate: Called when the connection stands, with what writes the request, and returns when that is written: who
            sends several at once has them wait in it.

    Raises:
        Undecided: what kept the exchange from being read whole and clearly. A 429 answer is RATE_LIMIT, and what its
            Retry-After asks for is kept.
        ValueError: a credential would be sent unverified.
    """
    sent = dict(headers or {})
    if verify is False and (
        client_certificate or data or any(name.lower() in SECRET_FIELDS for name, _ in (*sent.items(), *lines))
    ):
        raise ValueError("credentials and content are sent to verified servers only")
    if any(mark in f"{name}{value}" for name, value in lines for mark in "\r\n\0"):
        raise ValueError("a header field with a line break")
    scheme, host, port, parts = split_url(url)
    way = Way(
        door=door,
        target=target,
        kind=kind,
        dial=scope.split_address(address) if address else (host, port),
        tls=scheme == "https",
        server_name=server_name or host,
        client_certificate=client_certificate,
        verify=verify,
        deadline=deadline,
        body=body,
        lines=lines,
        patience=patience,
        gate=gate,
    )
    base = {"Host": parts.netloc, "User-Agent": USER_AGENT, "Accept-Encoding": ACCEPT_ENCODING, "Connection": "close"}
    named = {name.lower() for name in sent}
    sent = {name: value for name, value in base.items() if name.lower() not in named} | sent
    # Not a Session: it would read the environment, keep cookies, and look into the Location of every answer.
    try:
        request = requests.Request(method, url, headers=sent, data=data).prepare()
    except requests.RequestException as error:
        raise Undecided(Reason.OUT_OF_SCOPE, f"requests cannot build it: {type(error).__name__}") from None
    adapter = DoorAdapter(way)
    adapter.send(request)
    exchange = adapter.exchange
    assert exchange is not None
    if not (throttled and exchange.status == 429):
        _heed_retry_after(door, exchange)
    return exchange


def follow(
    door: Door,
    target: Target,
    url: str,
    *,
    hosts: frozenset[str] = frozenset(),
    addresses: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    client_certificate: tuple[Pem, Pem] | None = None,
    deadline: float | None = None,
    **options: Any,
) -> HttpExchange:
    """GET, and follow redirects by hand through the door.

    A redirect is followed to the same host or one of `hosts` (canonical). On the way to another origin all header
    fields that might be credentials and the client certificate stay behind. A redirect from https to http is not
    followed: the answer is returned with `stopped = "downgrade"`. One deadline holds for all hops.

    Args:
        door: As for `fetch`.
        target: As for `fetch`.
        url: As for `fetch`.
        headers: As for `fetch`.
        client_certificate: As for `fetch`.
        deadline: As for `fetch`.
        **options: As for `fetch`.
        hosts: Other hosts that the caller declared.
        addresses: `host:port` of a URL to the `host:port` that is dialled for it.

    Raises:
        Undecided: as `fetch`; OUT_OF_SCOPE for an undeclared host; FRAMING for two Location fields; NOT_OBSERVABLE
            after `limits.redirect_count` hops.
    """
    deadline = deadline or door.monotonic() + door.limits.total_seconds
    hops: list[Hop] = []
    sent = dict(headers or {})
    scheme, first_host, port, _ = split_url(url)
    origin, allowed = (scheme, first_host, port), hosts | {first_host}
    while True:
        where = split_url(url)[:3]
        if where != origin:
            sent = {name: value for name, value in sent.items() if name.lower() in _HARMLESS_FIELDS}
            client_certificate = None
            options.pop("server_name", None)
            options.pop("address", None)
        mapped = (addresses or {}).get(f"{where[1]}:{where[2]}")
        chosen = {**options, "address": mapped} if mapped else options
        exchange = fetch(
            door, target, url, headers=sent, client_certificate=client_certificate, deadline=deadline, **chosen
        )
        stopped, following = _next_url(exchange, allowed)
        if not following:
            return replace(exchange, hops=tuple(hops), stopped=stopped)
        hops.append(Hop(exchange.status, url, exchange.all("location")[0]))
        if len(hops) > door.limits.redirect_count:
            raise Undecided(Reason.NOT_OBSERVABLE, f"more than {door.limits.redirect_count} redirects")
        url = following


def _next_url(exchange: HttpExchange, allowed: frozenset[str]) -> tuple[str, str]:
    """(why not to go on, "") or ("", the absolute URL that a redirect leads to)."""
    if exchange.status not in (301, 302, 303, 307, 308):
        return "", ""
    locations = exchange.all("location")
    if len(locations) > 1:
        raise Undecided(Reason.FRAMING, f"{len(locations)} Location fields")
    if not locations:
        return "no-location", ""
    if not _URL.fullmatch(locations[0]):
        raise Undecided(Reason.OUT_OF_SCOPE, f"redirect to {locations[0][:120]!a}, no URL in plain ASCII")
    try:
        parts = urlsplit(locations[0])
        # `http:///host` and `http:path` are relative to us and absolute to browsers.
        url = "" if parts.scheme and not parts.netloc else urljoin(exchange.url, locations[0])
    except ValueError:
        raise Undecided(Reason.OUT_OF_SCOPE, f"redirect to {locations[0][:120]!a}, no URL") from None
    scheme, host, _, _ = split_url(url)
    if host not in allowed:
        raise Undecided(Reason.OUT_OF_SCOPE, f"redirect to the undeclared host {host}")
    if exchange.url.startswith("https:") and scheme == "http":
        return "downgrade", ""
    return "", url.partition("#")[0]


def _heed_retry_after(door: Door, exchange: HttpExchange) -> None:
    """Keep away as long as a 429 or 503 asks (RFC 9110 section 10.2.3, seconds only). 429 decides nothing."""
    if exchange.status not in (429, 503):
        return
    asked = exchange.all("retry-after")
    if asked and re.fullmatch(r"[0-9]{1,6}", asked[0]):
        door.defer(exchange.address, float(asked[0]))
    if exchange.status == 429:
        raise Undecided(Reason.RATE_LIMIT, f"429, Retry-After {ascii(asked[0][:40]) if asked else 'absent'}")
