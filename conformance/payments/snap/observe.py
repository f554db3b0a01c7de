"""Observing SNAP services: each group of probes once, its controls beside it, one service after the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from conformance.core.area import Job, Observed
from conformance.core.model import NotTested, Reason, Service, Undecided, Untested
from conformance.core.network import Door
from conformance.core.redact import Redactor
from conformance.payments.callbacks import Callbacks
from conformance.payments.side_by_side import side_by_side
from conformance.payments.snap import observe_requests, observe_state, observe_token
from conformance.payments.snap.client import Client, Operation
from conformance.payments.snap.evidence import Snap
from conformance.payments.snap.observe_callbacks import callbacks
from conformance.payments.snap.session import Session
from conformance.payments.snap.signature import dialect_of

GROUPS = {
    "token": observe_token.token,
    "family": observe_requests.family,
    "parts": observe_requests.parts,
    "encoding": observe_requests.encoding,
    "minify": observe_requests.minify,
    "query": observe_requests.query,
    "headers": observe_requests.headers,
    "times": observe_requests.times,
    "external": observe_state.external,
    "digits": observe_state.digits,
    "reference": observe_state.reference,
    "amounts": observe_state.amounts,
    "status": observe_state.status,
    "decode": observe_requests.decode,
    "expiry": observe_token.expiry,
}
"""Group -> how to look, in the order of looking: what takes a token's whole life ends last."""


def observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    """The result of each job, as soon as it is there."""
    return side_by_side(partial(_observed, door), jobs)


def _observed(door: Door, job: Job) -> Observed:
    now = door.now()
    records: dict[str, Any] = {}
    failures: dict[str, tuple[Reason | NotTested, str]] = {}
    names = {ask.partition(":")[0] for ask in job.asks}
    try:
        session = session_of(job, door)
    except Untested as trouble:
        return Observed(job, now, {}, dict.fromkeys(names, (trouble.reason, trouble.detail)))
    for name, look_at in (("snap", partial(look, asks=job.asks)), ("callbacks", _notified)):
        if name not in names:
            continue
        try:
            records[name] = look_at(session)
        except (Undecided, Untested) as trouble:
            failures[name] = (trouble.reason, trouble.detail)
    return Observed(job, now, records, failures, session.requests)


def _notified(session: Session) -> Callbacks:
    """Notifications, with the token of the other groups or one of its own.

    Raises:
        Untested: as `callbacks`.
        Undecided: as `callbacks`; CONTROL_FAILED, where no token was issued.
    """
    if not session.token and session.client.dialect.mode == "symmetric":
        observe_token.right(session, "callbacks/token")
        if not session.token:
            raise Undecided(Reason.CONTROL_FAILED, UNSIGNED)
    return callbacks(session)


def look(session: Session, asks: frozenset[str]) -> Snap:
    """Every group that was asked for.

    Raises:
        Undecided: the service cannot be reached.
    """
    wanted = {ask.partition(":")[2] for ask in asks}
    skipped: dict[str, tuple[str, str]] = {}
    broken: dict[str, tuple[str, str]] = {}
    short = None
    for group, look_at in GROUPS.items():
        if group not in wanted:
            continue
        if group not in ("token", "expiry") and not session.token and session.client.dialect.mode == "symmetric":
            broken[group] = (Reason.CONTROL_FAILED.value, UNSIGNED)
            continue
        try:
            if group == "expiry":
                observe_token.expiry(session, short)
            else:
                look_at(session)
            if group == "token" and "expiry" in wanted:
                short = observe_token.begin_expiry(session)
        except Untested as trouble:
            skipped[group] = (trouble.reason.value, trouble.detail)
        except Undecided as trouble:
            if group == "token":
                raise
            broken[group] = (trouble.reason.value, trouble.detail)
    return Snap(
        dialect=declared(session.service),
        token=session.token_facts,
        answers=dict(session.answers),
        counts=dict(session.counts),
        at_once=dict(session.at_once),
        skipped=skipped,
        broken=broken,
    )


UNSIGNED = "no token was issued, so no transaction could be signed"

DECLARED = ("window_seconds", "duplicate", "day_zone")
"""Choices that a manifest may state beside those of the signature."""


def declared(service: Service) -> Mapping[str, str]:
    """The dialect as the manifest states it, by name; what it does not state is absent."""
    given = service.settings["dialect"]
    chosen = {name: str(value) for name, value in dataclasses.asdict(dialect_of(given)).items()}
    return chosen | {name: str(given[name]) for name in DECLARED if name in given}


def session_of(job: Job, door: Door) -> Session:
    """A session without a token yet.

    Raises:
        Untested: NO_CREDENTIAL, where a key or secret is not at hand or is none.
    """
    settings = job.service.settings
    client = Client(
        client_key=settings["client_key"],
        partner_id=settings["partner_id"],
        channel_id=settings["channel_id"],
        dialect=dialect_of(settings["dialect"]),
        key=_private_key(settings["private_key"].reveal()),
        secret=settings["client_secret"].reveal().strip(b"\r\n") if "client_secret" in settings else b"",
        origin=settings.get("origin", ""),
    )
    if client.dialect.mode == "symmetric" and not client.secret:
        raise Untested(NotTested.NO_CREDENTIAL, "symmetric signatures need client_secret")
    redactor = Redactor()
    if client.secret:
        redactor.register(client.secret.decode("utf-8", "backslashreplace"))
    return Session(door, job.target, job.service, client, operations(settings["operations"]), redactor)


def operations(given: Mapping[str, Any]) -> Mapping[str, Operation]:
    """The operations that a manifest names."""
    return {
        name: Operation(
            path=each["path"],
            service=each.get("service", "73" if name == "token" else ""),
            method=each.get("method", "POST"),
            body=each.get("body", ""),
            query=each.get("query", ""),
        )
        for name, each in given.items()
    }


def _private_key(pem: bytes) -> Any:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415 - when looking alone

    from conformance.wire.pem import read_private_key  # noqa: PLC0415

    try:
        key = read_private_key(pem)
    except ValueError:
        raise Untested(NotTested.NO_CREDENTIAL, "private_key is no PEM of an unencrypted private key") from None
    if not isinstance(key, RSAPrivateKey):
        raise Untested(NotTested.NO_CREDENTIAL, "private_key is no RSA key")
    return key
