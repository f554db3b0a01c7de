"""A payment API that keeps the rules, and its named faults. Answers are a function of request and state."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs

from conformance.payments import webhook
from conformance.payments.api import sandbox_rules as rules
from conformance.payments.api.sandbox_rules import Problem, Token
from conformance.wire.serving import Request, Response

FAULTS: Final[Mapping[str, str]] = {
    "api-replay-executes": "the same octets sent twice create two payments",
    "api-key-ignores-body": "an idempotency key that was used is answered with the first payment, whatever the body",
    "api-race": "equal requests that arrive at once create a payment each",
    "api-errors-html": "errors are HTML",
    "api-problem-status": "the status member of a problem is not the HTTP status",
    "api-malformed-500": "a body that is no JSON is answered with 500",
    "api-nested-500": "a deeply nested body is answered with 500",
    "api-any-type": "a body of any Content-Type is read",
    "api-any-accept": "any Accept is answered with JSON",
    "api-method-404": "another method is answered with 404",
    "api-throttle-silent": "429 comes without Retry-After",
    "api-throttle-forwarded": "the limit is kept for what X-Forwarded-For says",
    "api-throttle-fields": "RateLimit and RateLimit-Policy are not sent",
    "api-amount-number": "amounts are JSON numbers in answers",
    "api-amount-float": "an amount that is a JSON number is taken",
    "api-amount-rounded": "amounts go through a binary float",
    "api-pages-unstable": "the list is in another order each time",
    "api-pages-unbounded": "a page may be as large as asked for",
    "api-pages-endless": "the last page names a next one",
    "api-leaks-trace": "an error shows a stack trace",
    "api-leaks-token": "an error shows the access token",
    "api-callback-unsigned": "callbacks are not signed",
    "api-callback-reserialised": "callbacks are signed over another serialisation of the body",
    "api-callback-stale-time": "callbacks carry a time of an hour ago",
    "api-callback-one-key": "callbacks are signed by the first of the two keys alone",
    "api-retry-new-id": "a callback that is sent again has another id",
    "api-retry-never": "a callback that was refused is not sent again",
    "api-callback-redirected": "redirects of callbacks are followed",
    "api-callback-disagrees": "callbacks tell failure while the status is completed",
    "api-receiver-unverified": "the receiver takes callbacks with any signature",
    "api-receiver-unsigned": "the receiver takes callbacks without a signature",
    "api-receiver-stale": "the receiver takes callbacks of ten minutes ago",
    "api-receiver-once": "the receiver answers a repeated callback with 500",
    "api-register-any": "any address is taken for callbacks",
    "api-register-mapped": "a private address wrapped in IPv6 is taken for callbacks",
    "api-late-pending": "a late callback sets a completed payment back to pending",
    "api-token-unbound": "access tokens are bound to nothing",
    "api-token-as-bearer": "a token that is bound to a key is taken as a bearer token",
    "api-token-any-key": "a token that is bound to a key is taken with a proof of another",
    "api-token-any-certificate": "a token that is bound to a certificate is taken over another",
}

RACE_SECONDS = 0.25
"""Between looking for a key and keeping it, where that is a fault: long enough for a busy machine."""
MAX_PAGE, LIMIT, WINDOW_SECONDS = 6, 10, 60


@dataclass(slots=True)
class Payment:
    """A payment. told: a callback has set its status."""

    id: str
    reference: str
    amount: str
    status: str = "pending"
    told: bool = False


@dataclass(slots=True)
class Service:
    """The API: its token, its faults, what it remembers. One lock guards that.

    token: the client's. origin: its own.
    receiver_secret: of callbacks to it. created: called with each new payment, to send callbacks.
    verify: whether a request's detached signature is right, None where none is asked for.
    """

    token: Token
    receiver_secret: bytes
    faults: frozenset[str] = frozenset()
    created: Callable[[Payment], None] = lambda _: None
    verify: Callable[[Request], bool] | None = None
    minor_units: bool = False
    origin: str = ""
    now: Callable[[], float] = time.time
    payments: list[Payment] = field(default_factory=list)
    keys: dict[str, tuple[bytes, Response | None]] = field(default_factory=dict)
    events: set[str] = field(default_factory=set)
    spent: dict[str, list[float]] = field(default_factory=dict)
    walks: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, request: Request) -> Response:
        """The answer to a request, whatever it is."""
        try:
            return self._answer(request)
        except Problem as problem:
            return self._problem(request, problem)

    def _answer(self, request: Request) -> Response:
        for pattern, methods in ROUTES:
            if match := re.fullmatch(pattern, request.path):
                if request.method not in methods:
                    if "api-method-404" in self.faults:
                        raise Problem(404, "No such operation")
                    raise Problem(405, "No such method", {"Allow": ", ".join(methods)})
                if request.path != "/webhooks":
                    rules.check_token(request, self.token, self.origin, self.now(), self.faults)
                rules.check_accept(request, self.faults)
                return methods[request.method](self, request, *match.groups())
        raise Problem(404, "No such resource")

    def _problem(self, request: Request, problem: Problem) -> Response:
        if "api-errors-html" in self.faults:
            return Response(problem.status, b"<html>Error</html>", {"Content-Type": "text/html", **problem.fields})
        status = problem.status + ("api-problem-status" in self.faults)
        body = {"type": "about:blank", "title": problem.title, "status": status}
        if "api-leaks-trace" in self.faults and problem.status == 404:
            body["detail"] = 'Traceback (most recent call last): File "/srv/app.py", line 7'
        if "api-leaks-token" in self.faults and problem.status != 401:
            body["detail"] = request.fields.get("authorization", "")
        fields = {"Content-Type": "application/problem+json", **problem.fields}
        return Response(problem.status, json.dumps(body).encode(), fields)

    def shown(self, payment: Payment) -> dict[str, Any]:
        """A payment as it is printed."""
        amount: Any = payment.amount
        if "api-amount-number" in self.faults:
            amount = float(amount)
        elif "api-amount-rounded" in self.faults:
            amount = f"{float(amount) * 1.0000001:.2f}"
        elif self.minor_units:
            amount = int(amount)
        return {"id": payment.id, "reference": payment.reference, "amount": amount, "status": payment.status}


def created(service: Service, payment: Payment) -> Response:
    """201 with the payment."""
    return answer(service.shown(payment), 201)


def answer(body: Mapping[str, Any], status: int = 200, fields: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(status, json.dumps(body).encode(), {"Content-Type": "application/json", **(fields or {})})


def create(service: Service, request: Request) -> Response:
    """A payment, once for each Idempotency-Key."""
    rules.check_type(request, service.faults)
    if service.verify and not service.verify(request):
        raise Problem(401, "The signature is not one of this body")
    body = rules.json_object(request.body, service.faults)
    amount = rules.amount_of(body, service.faults, minor_units=service.minor_units)
    key = request.fields.get("idempotency-key", "")
    if not key:
        raise Problem(400, "Idempotency-Key is absent")
    racing = "api-race" in service.faults
    with service.lock:
        known = None if "api-replay-executes" in service.faults else service.keys.get(key)
        if known is None and not racing:
            service.keys[key] = (request.body, None)
    if known is not None:
        if known[0] != request.body and "api-key-ignores-body" not in service.faults:
            raise Problem(422, "The Idempotency-Key belongs to another body")
        if known[1] is None:
            raise Problem(409, "A request with this Idempotency-Key is being carried out")
        return known[1]
    if racing:
        time.sleep(RACE_SECONDS)
    with service.lock:
        payment = Payment(f"p{len(service.payments):06d}", str(body.get("reference", ""))[:64], amount)
        service.payments.append(payment)
        response = created(service, payment)
        service.keys[key] = (request.body, response)
    service.created(payment)
    return response


def listed(service: Service, request: Request) -> Response:
    """Payments, newest last, in pages; those of one reference where one is asked for."""
    asked = {name: values[0] for name, values in parse_qs(request.query).items()}
    with service.lock:
        found = [each for each in service.payments if asked.get("reference", each.reference) == each.reference]
    if "reference" in asked:
        return answer({"data": [service.shown(each) for each in found]})
    start = int(asked["after"]) if asked.get("after", "").isdigit() else 0
    size = int(asked["limit"][:6]) if asked.get("limit", "").isdigit() else MAX_PAGE
    size = size if "api-pages-unbounded" in service.faults else max(1, min(size, MAX_PAGE))
    if "api-pages-unstable" in service.faults:
        service.walks += 1
        found = found[service.walks % 3 :] + found[: service.walks % 3]
    page, body = found[start : start + size], dict[str, Any]()
    body["data"] = [service.shown(each) for each in page]
    if start + size < len(found) or "api-pages-endless" in service.faults:
        body["next"] = f"/payments?after={start + size if start + size < len(found) else start}&limit={size}"
    return answer(body)


def shown(service: Service, _: Request, name: str) -> Response:
    """One payment."""
    with service.lock:
        found = next((each for each in service.payments if each.id == name), None)
    if found is None:
        raise Problem(404, "No such payment")
    return answer(service.shown(found))


def quote(service: Service, request: Request) -> Response:
    """A read that is limited: ten a minute for each client."""
    who = "client"
    if "api-throttle-forwarded" in service.faults:
        who = request.fields.get("x-forwarded-for", who)
    now = service.now()
    with service.lock:
        spent = [each for each in service.spent.get(who, ()) if each > now - WINDOW_SECONDS]
        service.spent[who] = [*spent, now][-LIMIT - 1 :]
    left = max(0, LIMIT - len(spent) - 1)
    fields = {"RateLimit": f'"default";r={left};t={WINDOW_SECONDS}', "RateLimit-Policy": f'"default";q={LIMIT};w=60'}
    if "api-throttle-fields" in service.faults:
        fields = {}
    if len(spent) >= LIMIT:
        retry = {} if "api-throttle-silent" in service.faults else {"Retry-After": str(WINDOW_SECONDS)}
        raise Problem(429, "Too many requests", fields | retry)
    return answer({"rate": "1.00"}, 200, fields)


def receive(service: Service, request: Request) -> Response:
    """A callback to us: verified, and carried out once."""
    verified = webhook.verify("standard-webhooks", [service.receiver_secret], request.fields, request.body)
    lenient = "api-receiver-unverified" in service.faults and verified.state == "bad"
    lenient |= "api-receiver-unsigned" in service.faults and verified.state == "absent"
    if verified.state != "good" and not lenient:
        raise Problem(401, "The signature is not one of this body")
    stale = verified.state == "good" and abs(service.now() - verified.timestamp) > 300
    if stale and "api-receiver-stale" not in service.faults:
        raise Problem(400, "The timestamp is too far off")
    event = request.fields.get(webhook.ID, "")
    with service.lock:
        known = event in service.events
        service.events.add(event)
    if known:
        if "api-receiver-once" in service.faults:
            raise Problem(500, "Duplicate event")
        return answer({"received": True})
    data = rules.json_object(request.body, frozenset()).get("data")
    told = data if isinstance(data, dict) else {}
    with service.lock:
        for payment in service.payments:
            if payment.reference == told.get("reference") and rules.may_become(payment.status, told, service.faults):
                payment.status, payment.told = str(told["status"]), True
    return answer({"received": True})


def registered(service: Service, request: Request) -> Response:
    """An address for callbacks."""
    rules.check_type(request, service.faults)
    rules.check_url(str(rules.json_object(request.body, frozenset()).get("url", "")), service.faults)
    return answer({"registered": True}, 201)


ROUTES: Final[tuple[tuple[str, Mapping[str, Callable[..., Response]]], ...]] = (
    (r"/payments", {"POST": create, "GET": listed}),
    (r"/payments/([A-Za-z0-9]{1,64})", {"GET": shown}),
    (r"/quotes", {"GET": quote}),
    (r"/webhooks", {"POST": receive}),
    (r"/callbacks", {"POST": registered}),
)
"""Path -> method -> what answers."""
