"""Malformed requests at every endpoint: whatever is sent, the answer is a clean refusal."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from conformance.core.model import Reason, Undecided
from conformance.eid.op.evidence import Mishap, Robustness, Trial, Troubles
from conformance.eid.op.forms import Page
from conformance.eid.op.preflight import Run
from conformance.eid.op.session import with_query
from conformance.eid.op.settings import origin_of
from conformance.wire.exchange import HttpExchange
from conformance.wire.oauth import FORM, media_type

_TRACES = (
    ("Python traceback", re.compile(rb"Traceback \(most recent call last\)")),
    ("Java stack trace", re.compile(rb"\bat [a-z][\w.$]{3,120}\([A-Z]\w{1,60}\.java:\d{1,6}\)")),
    ("Node stack trace", re.compile(rb"\bat [^\n]{1,120}\([^\n()]{1,200}\.[cm]?js:\d{1,6}:\d{1,6}\)")),
    (".NET stack trace", re.compile(rb"\bat [\w.]{3,120}\([^\n)]{0,120}\) in [^\n]{1,200}\.cs:line \d")),
    ("PHP error", re.compile(rb"(?:Fatal error|Warning): [^\n]{1,200} on line <?b?>?\d")),
    ("SQL error", re.compile(rb"(?:SQLSTATE\[|ORA-\d{5}|syntax error at or near)")),
)
"""What must never be shown, each pattern linear in bounded runs."""

LONG = "x" * 8000


def fuzz(run: Run) -> dict[str, tuple[str, str, bytes | None, Mapping[str, str]]]:
    """Twelve malformed requests: name -> (method, URL, body, header fields)."""
    provider = run.provider
    authorize, token = provider.endpoint("authorization_endpoint"), provider.endpoint("token_endpoint")
    client = provider.client.id
    posted = {"Content-Type": FORM}
    good = [("client_id", client), ("response_type", "code"), ("scope", "openid")]
    return {
        "no-parameters": ("GET", authorize, None, {}),
        "long-value": ("GET", with_query(authorize, [*good, ("state", LONG)]), None, {}),
        "nul-octet": ("GET", f"{with_query(authorize, good)}&state=%00%0d%0a", None, {}),
        "not-utf-8": ("GET", f"{with_query(authorize, good)}&state=%ff%fe", None, {}),
        "claims-no-json": ("GET", with_query(authorize, [*good, ("claims", '{"id_token":')]), None, {}),
        "request-no-jwt": ("GET", with_query(authorize, [*good, ("request", "a.b")]), None, {}),
        "request-uri-unknown": (
            "GET",
            with_query(authorize, [("client_id", client), ("request_uri", "urn:x:y")]),
            None,
            {},
        ),
        "token-no-body": ("POST", token, b"", posted),
        "token-binary": ("POST", token, bytes(range(256)), posted),
        "token-long": ("POST", token, f"grant_type={LONG}".encode(), posted),
        "token-basic-junk": (
            "POST",
            token,
            b"grant_type=authorization_code",
            {**posted, "Authorization": "Basic ????"},
        ),
        "userinfo-junk-jwt": ("GET", provider.endpoint("userinfo_endpoint"), None, {"Authorization": "Bearer a.b.c"}),
    }


def mishap(name: str) -> Callable[[Run], Mishap | None]:
    """One malformed request and what came of it."""

    def look(run: Run) -> Mishap | None:
        method, url, data, headers = fuzz(run)[name]
        if not url:
            return None
        try:
            certificate = run.provider.client.certificate if name.startswith(("token-", "userinfo-")) else None
            exchange = run.provider.send(url, method=method, headers=headers, data=data, certificate=certificate)
        except Undecided as trouble:
            if trouble.reason is Reason.OUT_OF_SCOPE:
                raise
            return Mishap(0, (), trouble.reason.value, trouble.detail)
        return Mishap(exchange.status, marks(exchange, run))

    return look


def marks(exchange: HttpExchange, run: Run) -> tuple[str, ...]:
    """What an answer shows that it must not."""
    found = [name for name, pattern in _TRACES if pattern.search(exchange.body)]
    if media_type(exchange) == "text/html":
        own = run.provider.settings.origins
        actions = [each.action for each in Page(exchange.body.decode("utf-8", "replace")).forms]
        away = [
            origin_of(each) for each in actions if each.startswith(("http:", "https:")) and origin_of(each) not in own
        ]
        found += [f"form to {scheme}://{host}" for scheme, host, _ in away]
    return tuple(dict.fromkeys(found))


NAMES = (
    *("no-parameters", "long-value", "nul-octet", "not-utf-8", "claims-no-json", "request-no-jwt"),
    *("request-uri-unknown", "token-no-body", "token-binary", "token-long", "token-basic-junk", "userinfo-junk-jwt"),
)
FACTS: Mapping[str, Callable[[Run], Any]] = {name: mishap(name) for name in NAMES}


def record(_: Run, facts: Mapping[str, Any], __: Mapping[str, Trial], troubles: Troubles) -> Robustness:
    """All answers."""
    return Robustness({name: found for name, found in facts.items() if found is not None}, troubles)
