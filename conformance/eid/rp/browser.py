"""The user's browser: redirects by hand, declared origins alone, and it never asks our own provider over the network.

Where a redirect leads to our authorization endpoint, the request is read from its URL and answered in this process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from conformance.core.model import Reason, Target, Undecided
from conformance.core.network import Door
from conformance.eid.rp.settings import Settings
from conformance.wire.cookies import Jar
from conformance.wire.exchange import HttpExchange
from conformance.wire.http import fetch, split_url

MAX_HOPS = 12
FORM = "application/x-www-form-urlencoded"
REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a walk ended.

    kind: `asked`, at our authorization endpoint with `params`; `page`; `left`, for an origin that is not declared.
    status: of the last answer. url: of the last page, or where it would lead.
    """

    kind: Literal["asked", "page", "left"]
    status: int
    url: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Browser:
    """One browser, for one login. bodies: of the pages that it was shown, the last few."""

    door: Door
    target: Target
    settings: Settings
    jar: Jar = field(default_factory=Jar)
    bodies: list[bytes] = field(default_factory=list)

    def walk(self, url: str, *, form: Mapping[str, str] | None = None, seconds: float | None = None) -> Stop:
        """Ask for a URL, or post a form to it, and follow where it leads. seconds: that each answer may take.

        Raises:
            Undecided: what kept an answer from being read; NOT_OBSERVABLE after MAX_HOPS redirects.
        """
        deadline = self.door.monotonic() + max(seconds or 0.0, self.door.limits.total_seconds)
        for _ in range(MAX_HOPS):
            if (ended := self._ours(url)) is not None:
                return ended
            if split_url(url)[:3] not in self.settings.origins:
                return Stop("left", 0, _place(url))
            exchange = self._fetch(url, form, deadline, seconds)
            if exchange.status not in REDIRECTS or not (locations := exchange.all("location")):
                self.bodies = [*self.bodies[-3:], exchange.body]
                return Stop("page", exchange.status, _place(url))
            form = form if exchange.status in (307, 308) else None
            url = urljoin(url, locations[0]).partition("#")[0]
        raise Undecided(Reason.NOT_OBSERVABLE, f"more than {MAX_HOPS} redirects, the last to {_place(url)}")

    def answer(self, params: Mapping[str, str], mode: str) -> Stop:
        """Bring the authorization response to the redirect URI."""
        uri, seconds = self.settings.redirect_uri, self.settings.answer_seconds
        if mode == "form_post":
            return self.walk(uri, form=params, seconds=seconds)
        return self.walk(f"{uri}{'&' if '?' in uri else '?'}{urlencode(params)}", seconds=seconds)

    def is_logged_in(self) -> bool:
        """Whether the marker shows."""
        marker = self.settings.marker
        stop = self.walk(marker.url)
        return stop.kind == "page" and marker.shows(stop.status, self.bodies[-1])

    def shows(self, text: str) -> bool:
        """Whether a page that it was shown has this text."""
        return any(text.encode() in body for body in self.bodies)

    def _fetch(self, url: str, form: Mapping[str, str] | None, deadline: float, patience: float | None) -> HttpExchange:
        headers = {"Accept": "text/html,application/xhtml+xml", **self.jar.header(url)}
        if form is not None:
            headers["Content-Type"] = FORM
        exchange = fetch(
            self.door,
            self.target,
            url,
            method="GET" if form is None else "POST",
            headers=headers,
            data=None if form is None else urlencode(form),
            kind="oidc",
            verify=self.door.ca_file if self.settings.verify == "public" else self.settings.verify,
            deadline=deadline,
            patience=patience,
        )
        self.jar.take(url, exchange)
        return exchange

    def _ours(self, url: str) -> Stop | None:
        """The request, where a URL is our authorization endpoint."""
        bare, _, query = url.partition("?")
        issuers = filter(None, (self.settings.issuer, self.settings.second_issuer))
        if bare not in [f"{issuer.rstrip('/')}/authorize" for issuer in issuers]:
            return None
        pairs = parse_qsl(query[:100_000], keep_blank_values=True)[:100]
        return Stop("asked", 0, bare, dict(pairs))


def _place(url: str) -> str:
    """A URL without its parameters, which may be secrets."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "[no URL]"
    return f"{parts.scheme}://{parts.netloc}{parts.path}"[:300]
