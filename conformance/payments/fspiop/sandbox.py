"""A hub that keeps the rules between two FSPs, and its named faults. Answers are a function of request and state."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from conformance.payments.detached_jws import JwsError, b64url, unb64url
from conformance.payments.fspiop import sandbox_rules as rules
from conformance.payments.fspiop.messages import TRANSFERS, written
from conformance.payments.fspiop.sandbox_delivery import Deliverer
from conformance.payments.fspiop.sandbox_rules import Asked, Refusal
from conformance.wire.serving import Request, Response

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

FAULTS: Final[Mapping[str, str]] = {
    "fspiop-headers-optional": "Date and Accept may be absent",
    "fspiop-any-version": "every version in Accept is accepted",
    "fspiop-versions-unlisted": "406 does not list the versions that are supported",
    "fspiop-answers-200": "POST /transfers is answered with 200",
    "fspiop-refusal-silent": "that the payee refused is not told to the payer",
    "fspiop-expiry-silent": "that a transfer expired is not told to the payer",
    "fspiop-signature-canonical": "a signature over a body that is not compact and sorted is refused",
    "fspiop-alg-none": "alg `none` is accepted",
    "fspiop-forward-reserialised": "transfers are passed on with their members sorted anew",
    "fspiop-lenient-body": "the body may be another than the one that is signed",
    "fspiop-lenient-target": "URI and method are not compared with the signed ones",
    "fspiop-lenient-parties": "FSPIOP-Source and FSPIOP-Destination are not compared with the signed ones",
    "fspiop-lenient-date": "Date is not compared with the signed one",
    "fspiop-amount-number": "an amount may be a JSON number",
    "fspiop-amount-zeros": "an amount may have trailing zeros",
    "fspiop-repeat-executes": "a repeated transfer is passed on to the payee again",
    "fspiop-repeat-silent": "the state of a repeated transfer is not told again",
    "fspiop-conflict-taken": "a used transferId with other content is answered with the earlier state",
    "fspiop-fulfilment-unchecked": "a transfer is committed by any fulfilment",
    "fspiop-late-fulfilment": "a transfer that expired is committed by its fulfilment",
    "fspiop-errors-html": "unknown resources and methods are answered with a page",
    "fspiop-malformed-bare": "a body that is no JSON is answered with 400 and nothing more",
}
RESERVED, COMMITTED, ABORTED = "RESERVED", "COMMITTED", "ABORTED"
WATCH_SECONDS = 0.05


@dataclass(slots=True)
class Held:
    """A transfer as the hub knows it. told: what the payer was told last."""

    asked: Asked
    state: str = RESERVED
    told: tuple[str, bytes] | None = None


@dataclass(slots=True)
class Hub:
    """The hub: the FSPs' keys, its faults and what it remembers. One lock guards what it remembers."""

    keys: Mapping[str, RSAPublicKey]
    out: Deliverer
    faults: frozenset[str] = frozenset()
    held: dict[str, Held] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, request: Request) -> Response:
        """The answer to a request, whatever it is."""
        try:
            steps = [each for each in request.path.split("/") if each]
            handler = self._route(request.method, steps)
            rules.check_headers(request, self.faults)
            rules.check_signature(request, self.keys, self.faults)
            with self.lock:
                return handler(request, steps)
        except Refusal as refusal:
            if "fspiop-malformed-bare" in self.faults and refusal.text == "the body is no JSON":
                return Response(400)
            if "fspiop-errors-html" in self.faults and refusal.status in (404, 405):
                return Response(refusal.status, b"<html>not here</html>", {"Content-Type": "text/html"})
            return rules.answer(refusal)

    def _route(self, method: str, steps: list[str]) -> Callable[[Request, list[str]], Response]:
        if steps[:1] != ["transfers"] or len(steps) > 3 or steps[2:] not in ([], ["error"]):
            raise Refusal(404, "3002", "unknown URI")
        if (found := ROUTES.get((len(steps), method))) is None:
            raise Refusal(405, "3000", "method not allowed")
        return lambda request, parts: found(self, request, parts)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Abort what expires, until the context ends."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(WATCH_SECONDS):
                now = datetime.now(UTC)
                with self.lock:
                    for held in self.held.values():
                        if held.state == RESERVED and held.asked.expiration <= now:
                            self.expire(held)

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def tell(self, held: Held, path: str, body: bytes) -> None:
        """Tell the payer what came of a transfer, and remember it."""
        held.told = (path, body)
        self.out.tell(held.asked.payer, path, body)

    def expire(self, held: Held) -> None:
        """A transfer that nobody fulfilled in time is aborted."""
        held.state = ABORTED
        if "fspiop-expiry-silent" not in self.faults:
            self.tell(held, f"{TRANSFERS}/{held.asked.id}/error", rules.error("3303", "transfer expired"))


def create(hub: Hub, request: Request, _: list[str]) -> Response:
    """POST /transfers: passed on to the payee; a repeated one tells the earlier state (section 3.2.5.1)."""
    asked = rules.asked(request.body, hub.faults)
    if asked.payer != request.fields["fspiop-source"]:
        raise Refusal(400, "3100", "payerFsp is not the source")
    before = hub.held.get(asked.id)
    if before is None:
        hub.held[asked.id] = Held(asked)
        reserialised = "fspiop-forward-reserialised" in hub.faults
        hub.out.pass_on(request, TRANSFERS, written(json.loads(request.body)) if reserialised else None)
    elif before.asked.content != asked.content and "fspiop-conflict-taken" not in hub.faults:
        text = "a transfer of this id has other content"
        hub.out.tell(asked.payer, f"{TRANSFERS}/{asked.id}/error", rules.error("3106", text))
    elif before.told and "fspiop-repeat-silent" not in hub.faults:
        hub.out.tell(asked.payer, *before.told)
        if "fspiop-repeat-executes" in hub.faults and before.asked.content == asked.content:
            hub.out.pass_on(request, TRANSFERS)
    return Response(200 if "fspiop-answers-200" in hub.faults else 202)


def read(hub: Hub, request: Request, steps: list[str]) -> Response:
    """GET /transfers/{ID}: the state, or that there is no such transfer, as a callback."""
    held, to, path = hub.held.get(steps[1]), request.fields["fspiop-source"], f"{TRANSFERS}/{steps[1]}"
    if held is None:
        hub.out.tell(to, f"{path}/error", rules.error("3208", "transfer ID not found"))
    else:
        hub.out.tell(to, path, written({"transferState": held.state}))
    return Response(202)


def fulfil(hub: Hub, request: Request, steps: list[str]) -> Response:
    """PUT /transfers/{ID} by the payee: committed, if the fulfilment is that of the condition and in time."""
    held, found = _own(hub, request, steps[1]), rules.members(request.body)
    if held.state == ABORTED and "fspiop-late-fulfilment" in hub.faults:
        held.state = RESERVED
    if held.state != RESERVED:
        raise Refusal(400, "3303" if held.state == ABORTED else "3100", f"the transfer is {held.state}")
    if not _fulfils(found, held.asked.condition) and "fspiop-fulfilment-unchecked" not in hub.faults:
        held.state = ABORTED
        hub.tell(held, f"{TRANSFERS}/{steps[1]}/error", rules.error("3100", "not the fulfilment of the condition"))
        return Response(200)
    held.state = COMMITTED
    held.told = (f"{TRANSFERS}/{steps[1]}", request.body)
    hub.out.pass_on(request, f"{TRANSFERS}/{steps[1]}")
    return Response(200)


def _fulfils(found: Mapping[str, Any], condition: str) -> bool:
    try:
        octets = unb64url(str(found.get("fulfilment", "")))
    except JwsError:
        return False
    return b64url(hashlib.sha256(octets).digest()) == condition


def refuse(hub: Hub, request: Request, steps: list[str]) -> Response:
    """PUT /transfers/{ID}/error by the payee."""
    held = _own(hub, request, steps[1])
    rules.members(request.body)
    if held.state == RESERVED:
        held.state = ABORTED
        held.told = (f"{TRANSFERS}/{steps[1]}/error", request.body)
        if "fspiop-refusal-silent" not in hub.faults:
            hub.out.pass_on(request, f"{TRANSFERS}/{steps[1]}/error")
    return Response(200)


def _own(hub: Hub, request: Request, name: str) -> Held:
    """The transfer, where the source is its payee."""
    held = hub.held.get(name)
    if held is None:
        raise Refusal(404, "3208", "transfer ID not found")
    if request.fields["fspiop-source"] != held.asked.payee:
        raise Refusal(403, "3000", "the source is not the payee")
    return held


ROUTES: Final[Mapping[tuple[int, str], Callable[[Hub, Request, list[str]], Response]]] = {
    (1, "POST"): create,
    (2, "GET"): read,
    (2, "PUT"): fulfil,
    (3, "PUT"): refuse,
}
"""Steps of the path and method -> what it does."""
