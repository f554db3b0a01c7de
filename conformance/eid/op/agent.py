"""The user agent: redirects by hand, declared origins alone, declared login steps alone, a guard against loops.

It stops where the authorization response leaves for the redirect URI, and never requests that URI. What it went through
is kept as steps without any value that could be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from conformance.core.model import Reason, Undecided
from conformance.eid.op.evidence import Step
from conformance.eid.op.forms import Form, Page
from conformance.eid.op.settings import LoginStep, origin_of
from conformance.wire.cookies import Jar
from conformance.wire.exchange import HttpExchange
from conformance.wire.oauth import FORM, form, media_type

MAX_HOPS = 12
HARMLESS = frozenset({"error", "iss", "response_type", "prompt", "scope", "response_mode", "max_age"})
PAGE_FIELDS = ("cache-control", "x-frame-options", "content-security-policy", "referrer-policy")

Send = Callable[..., HttpExchange]
"""`send(url, method=..., headers=..., data=...)`: one exchange with the provider."""


@dataclass(frozen=True, slots=True)
class Landing:
    """Where the user agent ended.

    kind: `callback` at the redirect URI, with `params` (of query, fragment or a form that posts itself); `left` for an
    origin that is not declared, `url` says which; `page`: a page that no declared step answers, or an error page;
    `loop`: more than MAX_HOPS. typed: how often credentials were sent. redirects: statuses of redirects that answered
    a post of credentials.
    """

    kind: str
    status: int = 0
    url: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    repeated: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    typed: int = 0
    redirects: tuple[int, ...] = ()
    exchange: HttpExchange | None = None
    jar: Jar = field(default_factory=Jar)


@dataclass(frozen=True, slots=True)
class Errand:
    """What the user agent is to do.

    redirect_uri: where to stop; elsewhere: another prefix to stop at, for attacks on it. login: the steps, in the order
    in which they are looked at on each page. origins: declared ones.
    """

    send: Send
    redirect_uri: str
    login: tuple[LoginStep, ...]
    origins: frozenset[tuple[str, str, int]]
    jar: Jar
    pause: Callable[[], None] = lambda: None


@dataclass(slots=True)
class _Trip:
    """One walk in progress."""

    errand: Errand
    steps: list[Step] = field(default_factory=list)
    redirects: list[int] = field(default_factory=list)
    typed: int = 0

    def landed(self, kind: str, **found: Any) -> Landing:
        return Landing(
            kind,
            steps=tuple(self.steps),
            typed=self.typed,
            redirects=tuple(self.redirects),
            jar=self.errand.jar,
            **found,
        )


def browse(errand: Errand, url: str) -> Landing:
    """Walk from an authorization request to wherever it ends.

    Raises:
        Undecided: what kept an exchange from being read.
    """
    trip = _Trip(errand)
    request: tuple[str, str, Any, bool] = ("GET", url, None, False)
    for _ in range(MAX_HOPS):
        method, url, data, typing = request
        exchange = _exchange(trip, method, url, data)
        if exchange.status in (301, 302, 303, 307, 308) and (locations := exchange.all("location")):
            if typing:
                trip.redirects.append(exchange.status)
            target = urljoin(url, locations[0]) if not locations[0].startswith(errand.redirect_uri) else locations[0]
            if (ended := _arrived(trip, exchange, target)) is not None:
                return ended
            request = ("GET", target.partition("#")[0], None, False)
            continue
        following = _answer(trip, exchange, url)
        if isinstance(following, Landing):
            return following
        request = following
    return trip.landed("loop", url=url)


def _exchange(trip: _Trip, method: str, url: str, data: Any) -> HttpExchange:
    errand = trip.errand
    if origin_of(url) not in errand.origins:
        raise Undecided(Reason.OUT_OF_SCOPE, f"{place(url)} is at no declared origin")
    headers = {"Accept": "text/html,application/xhtml+xml", **errand.jar.header(url)}
    body: str | None = None
    sent: tuple[str, ...] = ()
    if isinstance(data, Mapping):
        import json  # noqa: PLC0415 - only for single-page logins

        headers["Content-Type"], body, sent = "application/json", json.dumps(data), tuple(data)
    elif data is not None:
        headers["Content-Type"], body, sent = FORM, form(data), tuple(name for name, _ in data)
    exchange = errand.send(url, method=method, headers=headers, data=body)
    errand.jar.take(url, exchange)
    locations = exchange.all("location")
    trip.steps.append(
        Step(
            method=method,
            url=place(url),
            status=exchange.status,
            location=place(urljoin(url, locations[0])) if locations else "",
            sent=tuple(name[:60] for name in sent[:20]),
            page=tuple((name, exchange.all(name)[0][:300]) for name in PAGE_FIELDS if exchange.all(name)),
            is_page=exchange.status == 200 and media_type(exchange) == "text/html",
        )
    )
    return exchange


def _arrived(trip: _Trip, exchange: HttpExchange, target: str) -> Landing | None:
    """The end of the walk, where a redirect leads to the redirect URI or away."""
    redirect_uri = trip.errand.redirect_uri
    if target.startswith(redirect_uri) and target[len(redirect_uri) :][:1] in ("", "?", "#", "&"):
        params, repeated = parameters(target)
        return trip.landed(
            "callback", status=exchange.status, url=target, params=params, repeated=repeated, exchange=exchange
        )
    known = origin_of(target) in trip.errand.origins
    return None if known else trip.landed("left", status=exchange.status, url=target, exchange=exchange)


def pairs_of(text: str) -> list[tuple[str, str]]:
    """The parameters of a query or fragment, at most 50."""
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=200)[:50]
    except ValueError:
        return []


def parameters(url: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """The parameters of query and fragment, the first of each name, and the names that stand there twice."""
    parts = urlsplit(url)
    pairs = pairs_of(parts.query) + pairs_of(parts.fragment)
    found: dict[str, str] = {}
    repeated = []
    for name, value in pairs:
        if name in found:
            repeated.append(name)
        else:
            found[name] = value
    return found, tuple(repeated)


def _answer(trip: _Trip, exchange: HttpExchange, url: str) -> Landing | tuple[str, str, Any, bool]:
    """The request that a declared step makes of a page, or the end."""
    text = exchange.body.decode("utf-8", "replace") if media_type(exchange) == "text/html" else ""
    page = Page(text)
    for each in page.forms:
        if urljoin(url, each.action).startswith(trip.errand.redirect_uri):  # response_mode=form_post
            return trip.landed(
                "callback", status=exchange.status, url=each.action, params=each.fields, exchange=exchange
            )
    if exchange.status >= 400:
        return trip.landed("page", status=exchange.status, url=url, exchange=exchange)
    for step in trip.errand.login:
        if step.page:
            if urlsplit(url).path.startswith(step.page):
                return _json_step(trip, step, url)
        elif (request := _form_step(step, page, url)) is not None:
            if step.secrets or step is trip.errand.login[0]:
                trip.errand.pause()
                trip.typed += 1
                return (*request[:3], True)
            return request
    return trip.landed("page", status=exchange.status, url=url, exchange=exchange)


def _form_step(step: LoginStep, page: Page, url: str) -> tuple[str, str, Any, bool] | None:
    if step.link:
        found = next((link for link in page.links if step.link in link), None)
        return ("GET", urljoin(url, found), None, False) if found is not None else None
    for each in page.forms:
        if _fits(step, each):
            wanted = {**each.fields, **step.fields, **step.secrets}
            pairs = [*wanted.items(), *([step.button] if step.button and step.button[0] else [])]
            target = urljoin(url, each.action) if each.action else url
            if each.method != "POST":
                return "GET", f"{target.partition('?')[0]}?{form(pairs)}", None, False
            return "POST", target, pairs, False
    return None


def _fits(step: LoginStep, each: Form) -> bool:
    if step.form and step.form != each.id and not each.action.endswith(step.form):
        return False
    if step.button and step.button not in each.buttons:
        return False
    return all(name in each.fields for name in (*step.fields, *step.secrets))


def _json_step(trip: _Trip, step: LoginStep, url: str) -> tuple[str, str, Any, bool]:
    """Post the step's body as JSON, and go where it or the answer says."""
    asked = dict(pairs_of(urlsplit(url).query))
    body = {**step.body, **step.secrets, **{name: asked.get(name, "") for name in step.copy}}
    trip.errand.pause()
    trip.typed += bool(step.secrets)
    answer = _exchange(trip, "POST", urljoin(url, step.post), body)
    following = step.next
    if step.next_member:
        from conformance.wire.oauth import json_object  # noqa: PLC0415

        said = json_object(answer).get(step.next_member)
        following = said if isinstance(said, str) else following
    for name, value in asked.items():
        following = following.replace("{" + name + "}", value)
    if not following:
        raise Undecided(Reason.CONTROL_FAILED, f"the login step at {step.page} does not say where to go on")
    return "GET", urljoin(url, following), None, False


def place(url: str) -> str:
    """Origin and path with the names of the parameters, values of harmless ones; long path segments are left out."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "[no URL]"
    path = "/".join("{id}" if len(each) >= 16 else each for each in parts.path.split("/"))
    names = []
    for name, value in pairs_of(parts.query) + pairs_of(parts.fragment):
        shown = f"={value[:80]}" if name in HARMLESS and not re.search(r"[A-Za-z0-9_-]{40,}", value) else ""
        names.append(f"{name[:40]}{shown}")
    return f"{parts.scheme}://{parts.netloc}{path}" + (f"?{'&'.join(names)}" if names else "")
