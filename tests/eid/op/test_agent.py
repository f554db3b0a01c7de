"""The user agent: single-page logins, the guard against loops, and where it refuses to go."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from conformance.core.model import Undecided
from conformance.eid.op.agent import MAX_HOPS, Errand, browse
from conformance.eid.op.settings import LoginStep, origin_of
from conformance.wire.cookies import Jar
from conformance.wire.exchange import HttpExchange

ISSUER = "https://op.example"
URI = "https://rp.example/cb"
Answer = tuple[int, dict[str, str], bytes]


def page(text: str) -> Answer:
    return 200, {"content-type": "text/html"}, text.encode()


def go(location: str, status: int = 303, **fields: str) -> Answer:
    return status, {"location": location, **{name.replace("_", "-"): value for name, value in fields.items()}}, b""


class Site:
    """Answers by path; keeps what was asked. An answer may be a function of the request."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, Any, Mapping[str, str]]] = []

    def send(
        self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, data: Any = None
    ) -> HttpExchange:
        self.asked.append((method, url, data, headers or {}))
        answer = self.answers[urlsplit(url).path]
        status, fields, body = answer(method, data) if callable(answer) else answer
        now = datetime.now(UTC)
        return HttpExchange(method, url, status, tuple(fields.items()), body, now, now, (2, ("127.0.0.1", 1)))


def errand(site: Site, *steps: LoginStep) -> Errand:
    return Errand(site.send, URI, steps, frozenset({origin_of(ISSUER)}), Jar())


def test_a_single_page_login_posts_json_and_goes_on_where_the_answer_says() -> None:
    def api(method: str, data: Any) -> Answer:
        assert method == "POST"
        assert json.loads(data) == {"user": "erika", "password": "x", "challenge": "c1"}
        return 200, {"content-type": "application/json"}, b'{"redirect_to": "/resume?c=c1"}'

    site = Site(
        {
            "/authorize": go("/login?challenge=c1"),
            "/login": page("<div id=app></div>"),
            "/api": api,
            "/resume": go(f"{URI}?code=1"),
        }
    )
    step = LoginStep(
        page="/login",
        post="/api",
        body={"user": "erika"},
        secrets={"password": "x"},
        copy=("challenge",),
        next_member="redirect_to",
    )
    landing = browse(errand(site, step), f"{ISSUER}/authorize")
    assert (landing.kind, landing.params, landing.typed) == ("callback", {"code": "1"}, 1)
    assert not [step for step in landing.steps if "erika" in repr(step)]


def test_a_json_step_may_name_where_to_go_on() -> None:
    site = Site({"/login": page(""), "/api": page(""), "/resume": go(f"{URI}?code=1")})
    step = LoginStep(page="/login", post="/api", secrets={"password": "x"}, next="/resume?c={challenge}")
    assert browse(errand(site, step), f"{ISSUER}/login?challenge=c9").kind == "callback"
    assert site.asked[-1][1] == f"{ISSUER}/resume?c=c9"


def test_a_json_step_that_leads_nowhere_says_so() -> None:
    site = Site({"/login": page(""), "/api": page("")})
    with pytest.raises(Undecided, match="does not say where to go on"):
        browse(errand(site, LoginStep(page="/login", post="/api")), f"{ISSUER}/login")


def test_pages_that_repeat_themselves_end() -> None:
    site = Site({"/login": page('<form method=post action="/login"><input name=user></form>')})
    landing = browse(errand(site, LoginStep(fields={"user": "erika"})), f"{ISSUER}/login")
    assert landing.kind == "loop"
    assert len(site.asked) == MAX_HOPS


def test_redirects_that_repeat_themselves_end() -> None:
    site = Site({"/a": go("/a")})
    assert browse(errand(site), f"{ISSUER}/a").kind == "loop"
    assert len(site.asked) == MAX_HOPS


def test_the_redirect_uri_is_never_asked() -> None:
    site = Site({"/authorize": go(f"{URI}?code=1&state=2")})
    landing = browse(errand(site), f"{ISSUER}/authorize")
    assert landing.params == {"code": "1", "state": "2"}
    assert [url for _, url, _, _ in site.asked] == [f"{ISSUER}/authorize"]


def test_a_form_that_posts_itself_to_the_redirect_uri_is_an_answer() -> None:
    text = f'<form method=post action="{URI}"><input type=hidden name=code value=7></form>'
    landing = browse(errand(Site({"/authorize": page(text)})), f"{ISSUER}/authorize")
    assert (landing.kind, landing.params) == ("callback", {"code": "7"})


@pytest.mark.parametrize(
    "location", ["https://evil.example/x", "http://op.example/x", f"{URI}evil", "https://op.example:8443/"]
)
def test_undeclared_origins_end_the_walk(location: str) -> None:
    site = Site({"/authorize": go(location)})
    landing = browse(errand(site), f"{ISSUER}/authorize")
    assert (landing.kind, landing.url) == ("left", location)
    assert len(site.asked) == 1


def test_a_form_that_posts_elsewhere_is_not_sent() -> None:
    site = Site({"/login": page('<form method=post action="https://debug.example/collect"><input name=user></form>')})
    with pytest.raises(Undecided, match="no declared origin"):
        browse(errand(site, LoginStep(fields={"user": "erika"})), f"{ISSUER}/login")
    assert len(site.asked) == 1


def test_a_redirect_that_would_repeat_a_post_is_recorded_and_not_repeated() -> None:
    site = Site(
        {
            "/login": lambda method, _: (
                page("<form method=post><input name=user></form>") if method == "GET" else go("/next", 307)
            ),
            "/next": go(f"{URI}?code=1"),
        }
    )
    landing = browse(errand(site, LoginStep(fields={"user": "erika"})), f"{ISSUER}/login")
    assert landing.redirects == (307,)
    assert site.asked[-1][0] == "GET"


def test_cookies_come_back_and_go() -> None:
    site = Site(
        {
            "/a": go("/b", set_cookie="s=1; Path=/; Secure"),
            "/b": go("/c", set_cookie="s=; Path=/; Max-Age=0"),
            "/c": go(f"{URI}?code=1"),
        }
    )
    browse(errand(site), f"{ISSUER}/a")
    assert [headers.get("Cookie", "") for _, _, _, headers in site.asked] == ["", "s=1", ""]


def test_the_button_decides_which_form() -> None:
    text = '<form action="/no"><button name=d value=no></form>'
    text += '<form method=post action="/yes"><button name=d value=yes></form>'
    site = Site({"/consent": page(text), "/yes": go(f"{URI}?code=1")})
    landing = browse(errand(site, LoginStep(button=("d", "yes"))), f"{ISSUER}/consent")
    assert landing.kind == "callback"
    assert site.asked[-1][2] == "d=yes"
