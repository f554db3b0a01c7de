"""One login at our provider: started, answered with what its case says, and held against the marker."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from msgspec.structs import replace

from conformance.core.area import Job
from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.core.network import Door
from conformance.eid.rp.browser import Browser, Stop
from conformance.eid.rp.cases import CASES, Case
from conformance.eid.rp.evidence import Asked, Login
from conformance.eid.rp.flight import Flight
from conformance.eid.rp.provider import Provider
from conformance.eid.rp.settings import Settings
from conformance.wire.child import Bounds, Child, ChildError, environment

COMMAND_SECONDS = 20.0


@dataclass(slots=True)
class Look:
    """One job in progress. seen: state, nonce and code_challenge of each login; they never leave this process."""

    job: Job
    door: Door
    settings: Settings
    provider: Provider
    seen: dict[str, set[str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def repeats(self, values: dict[str, str]) -> tuple[str, ...]:
        """Which of these values an earlier login had, and remember them."""
        with self.lock:
            found = tuple(name for name, value in values.items() if value and value in self.seen.get(name, set()))
            for name, value in values.items():
                self.seen.setdefault(name, set()).add(value)
        return found


@dataclass(slots=True)
class _Walk:
    """A login under way: what is known of it so far."""

    case: Case
    flight: Flight
    browser: Browser
    stage: str = "start"
    status: int = 0
    asked: Asked | None = None


def log_in(look: Look, name: str, *, alone: bool) -> Login:
    """One login, whatever comes of it."""
    case, began = CASES[name], look.door.monotonic()
    flight = look.provider.begin(case, int(look.door.now().timestamp()), alone=alone)
    walk = _Walk(case, flight, Browser(look.door, look.job.target, look.settings))
    try:
        login = _outcome(look, walk)
    except Undecided as trouble:
        login = Login("undecided", trouble.reason.value, trouble.detail[:300])
    except Untested as trouble:
        login = Login("untested", trouble.reason.value, trouble.detail[:300])
    except Exception as error:  # noqa: BLE001 - one case must not take the others with it
        login = Login("undecided", Reason.INTERNAL.value, f"{name}: {type(error).__name__}: {error}"[:300])
    finally:
        look.provider.end(flight)
    if flight.absent:
        login = Login("absent", detail=flight.absent)
    shown = (("subject", flight.subject), ("name", flight.name))
    foreign = any(walk.browser.shows(text) for text in (flight.foreign_subject, flight.foreign_name))
    asked = replace(walk.asked, verifier=flight.verifier) if walk.asked else None
    return replace(
        login,
        stage=walk.stage,
        status=walk.status,
        reached=case.proof in {*flight.events, *(("callback",) if walk.stage in ("callback", "marker") else ())},
        seconds=round(look.door.monotonic() - began, 3),
        fetched=tuple(flight.events),
        shows=tuple(kind for kind, text in shown if walk.browser.shows(text)) + (("foreign",) if foreign else ()),
        asked=asked,
    )


def _outcome(look: Look, walk: _Walk) -> Login:
    """Raises Undecided, where the login does not come to an end that says something."""
    browser, flight = walk.browser, walk.flight
    stop = browser.walk(_start(look, look.provider.start_issuer(walk.case)))
    walk.status = stop.status
    if stop.kind != "asked":
        if walk.case.proof != "metadata" or "metadata" not in flight.events or stop.kind != "page":
            raise Undecided(Reason.NOT_OBSERVABLE, f"no authorization request came: {_ended(stop)}")
    else:
        walk.stage = "authorization"
        params = look.provider.resolve(flight, stop.params)
        walk.asked = _asked(look, flight, params)
        _usable(look, params)
        answer = look.provider.authorize(flight, walk.case, params)
        walk.stage = "callback"
        stop = browser.answer(answer, params.get("response_mode", "query"))
        walk.status = stop.status
    logged_in = browser.is_logged_in()
    walk.stage = "marker" if logged_in else walk.stage
    return Login("in" if logged_in else "out")


def _usable(look: Look, params: Mapping[str, str]) -> None:
    """Raises what keeps us from answering a request."""
    if params.get("redirect_uri") != look.settings.redirect_uri:
        raise Undecided(Reason.OUT_OF_SCOPE, "the request's redirect_uri is not the one that the manifest declares")
    if params.get("response_type") != "code":
        asked = ascii(params.get("response_type", ""))[:60]
        raise Untested(NotTested.UNSUPPORTED, f"the request asks for response_type {asked}; only code is tested")
    if params.get("response_mode", "query") not in ("query", "form_post"):
        raise Untested(NotTested.UNSUPPORTED, "the request asks for a response_mode other than query and form_post")


def _start(look: Look, issuer: str) -> str:
    """Where the browser begins: the login is started as by a third party (OIDC Core section 4), or by the command."""
    settings = look.settings
    if settings.start:
        return f"{settings.start}{'&' if '?' in settings.start else '?'}iss={quote(issuer, safe='')}"
    child = None
    try:
        child = Child(
            settings.command, settings.folder, environment(settings.environment, os.environ), Bounds(line_bytes=8192)
        )
        line = child.exchange(json.dumps({"iss": issuer}).encode(), COMMAND_SECONDS)
    except ChildError as error:
        raise Undecided(Reason.HARNESS, f"the command that starts a login: {error.fact}") from None
    finally:
        if child is not None:
            child.close()
    return line.decode("ascii", "replace").strip()


def _asked(look: Look, flight: Flight, params: Mapping[str, str]) -> Asked:
    flight.params = params
    values = {name: params.get(name, "") for name in ("state", "nonce", "code_challenge")}
    method = params.get("code_challenge_method", "plain") if values["code_challenge"] else ""
    return Asked(
        response_type=params.get("response_type", "")[:40],
        method=method[:40],
        state=len(values["state"]),
        nonce=len(values["nonce"]),
        repeats=look.repeats(values),
        acr=flight.acr,
        pushed=flight.pushed,
    )


def _ended(stop: Stop) -> str:
    if stop.kind == "left":
        return f"it leads to {stop.url}, which is neither our issuer nor a declared origin"
    return f"{stop.url} answers {stop.status}"
