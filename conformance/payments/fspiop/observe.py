"""Observing FSPIOP hubs: each group of probes once, with its controls; several hubs side by side."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from math import inf
from typing import Any
from urllib.parse import urlsplit

from conformance.core.area import Job, Observed
from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.core.network import Door
from conformance.core.redact import Redactor
from conformance.payments.authority import may_change_state
from conformance.payments.fspiop import messages, observe_requests, observe_transfers
from conformance.payments.fspiop.asks import COSTS
from conformance.payments.fspiop.evidence import Fspiop, Outcome
from conformance.payments.fspiop.listener import Inbox, listening
from conformance.payments.fspiop.messages import Party, Terms
from conformance.payments.fspiop.observe_vectors import vectors_of
from conformance.payments.fspiop.outcomes import outcome
from conformance.payments.fspiop.session import Session
from conformance.payments.side_by_side import side_by_side

GROUPS: Mapping[str, Callable[[Session], None]] = {
    "headers": observe_requests.headers,
    "signatures": observe_requests.signatures,
    "altered": observe_requests.altered,
    "amounts": observe_requests.amounts,
    "errors": observe_requests.errors,
    "results": observe_transfers.results,
    "repeats": observe_transfers.repeats,
    "fulfilment": observe_transfers.fulfilment,
}
"""Group -> how to look. `expiry` begins before them and ends after them."""

BY_VECTORS = ("signatures", "altered")
STOPPERS = (Reason.DNS, Reason.REFUSED, Reason.CONNECT_TIMEOUT, Reason.OUT_OF_SCOPE, Reason.NOT_TLS, Reason.CERTIFICATE)
SETTLE_SECONDS = 0.15
"""How long, after the last thing that is due, one too many is waited for."""


def observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    """The result of each job, as soon as it is there."""
    return side_by_side(partial(_observed, door), jobs)


def _observed(door: Door, job: Job) -> Observed:
    now, connections = door.now(), 0
    try:
        session = session_of(job, door)
        try:
            record = look(session, frozenset(ask.partition(":")[2] for ask in job.asks))
        finally:
            connections = session.requests
    except (Undecided, Untested) as trouble:
        return Observed(job, now, {}, {"fspiop": (trouble.reason, trouble.detail)}, connections)
    return Observed(job, now, {"fspiop": record}, {}, connections)


def look(session: Session, wanted: frozenset[str]) -> Fspiop:
    """Every group that is wanted.

    Raises:
        Undecided: the hub cannot be reached, our own address cannot be opened, or a command does not keep its contract.
        Untested: NOT_AUTHORISED.
    """
    settings = session.service.settings
    may_change_state(session.target, urlsplit(str(settings["base_url"])).hostname or "")
    by_command = bool(settings.get("command")) and bool(wanted & set(BY_VECTORS))
    vectors = vectors_of(session) if by_command else ()
    live = [name for name in COSTS if name in wanted and not (by_command and name in BY_VECTORS)]
    skipped: dict[str, tuple[str, str]] = {}
    broken: dict[str, tuple[str, str]] = {}
    callback = settings.get("callback")
    with listening(callback["listen"]) if callback else contextlib.nullcontext() as inbox:
        session.inbox = inbox
        looks: dict[str, Callable[[Session], None]] = {"expiry": observe_transfers.begin_expiry, **GROUPS}
        ends = {"expiry end": observe_transfers.end_expiry} if "expiry" in live else {}
        for name, look_at in [*((name, looks[name]) for name in live), *ends.items()]:
            group = name.partition(" ")[0]
            if group in skipped or group in broken:
                continue
            try:
                look_at(session)
            except Untested as trouble:
                skipped[group] = (trouble.reason.value, trouble.detail)
            except Undecided as trouble:
                broken[group] = (trouble.reason.value, trouble.detail)
            _reachable(session)
        _settle(session)
        found = _outcomes(session, inbox)
    stated = {"signatures": str(settings.get("signatures", "validated")), "wait_seconds": f"{session.wait_seconds:g}"}
    return Fspiop(stated, dict(session.answers), found, vectors, skipped, broken)


def _reachable(session: Session) -> None:
    """Raises Undecided, where the very first request met no server."""
    first = next(iter(session.answers.values()), None)
    if first is not None and first.trouble:
        reason, _, detail = first.trouble.partition(": ")
        if Reason(reason) in STOPPERS:
            raise Undecided(Reason(reason), detail)


def _settle(session: Session) -> None:
    """Wait until each transfer that was accepted came to something, and then for one thing too many."""
    if session.inbox is None:
        return
    until = time.monotonic() + session.wait_seconds
    for name, given in session.followed.items():
        if given.until == inf and time.monotonic() < until:
            session.until_forwarded(name)
    time.sleep(SETTLE_SECONDS)


def _outcomes(session: Session, inbox: Inbox | None) -> dict[str, Outcome]:
    if inbox is None:
        return {}
    arrivals, payee = inbox.arrivals(), session.payee.fsp if session.payee else ""
    epoch = session.door.now().timestamp() - time.monotonic()
    key = session.payer.key.public_key()
    return {
        name: outcome(given, arrivals, payee, key, given.transfer.expiration.timestamp() - epoch)
        for name, given in session.followed.items()
    }


def session_of(job: Job, door: Door) -> Session:
    """A session with the keys at hand.

    Raises:
        Untested: NO_CREDENTIAL.
    """
    settings = job.service.settings
    payer = _party(settings["payer"])
    payee = _party(settings["payee"]) if "key" in settings["payee"] else None
    terms = Terms(
        settings["payee"]["fsp"],
        settings["currency"],
        settings.get("amount", "1"),
        settings.get("ilp_packet", messages.PACKET),
        settings.get("version", "1.0"),
    )
    redactor, pair = Redactor(), settings.get("client_certificate")
    token = settings["access_token"].reveal().decode("ascii", "replace").strip() if "access_token" in settings else ""
    if token:
        redactor.register(token)
    certificate = (pair["certificate"].reveal(), pair["key"].reveal()) if pair else None
    return Session(door, job.target, job.service, payer, payee, terms, redactor, token, certificate)


def _party(given: Mapping[str, Any]) -> Party:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415 - when looking alone

    from conformance.wire.pem import read_private_key  # noqa: PLC0415

    try:
        key = read_private_key(given["key"].reveal())
    except ValueError:
        raise Untested(NotTested.NO_CREDENTIAL, f"the key of {given['fsp']} is no PEM of a private key") from None
    if not isinstance(key, RSAPrivateKey):
        raise Untested(NotTested.NO_CREDENTIAL, f"the key of {given['fsp']} is no RSA key")
    return Party(given["fsp"], key)
