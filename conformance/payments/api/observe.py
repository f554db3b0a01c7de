"""Observing payment APIs: each group of probes once, with its controls; several services side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from conformance.core.area import Job, Observed
from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.core.network import Door
from conformance.core.redact import Redactor
from conformance.core.secret import Secret
from conformance.payments.api import observe_errors, observe_payments, observe_receiver, observe_tokens
from conformance.payments.api.asks import COSTS
from conformance.payments.api.evidence import Api, Walk
from conformance.payments.api.observe_callbacks import callbacks
from conformance.payments.api.session import Operation, Session
from conformance.payments.side_by_side import side_by_side
from conformance.wire.client_certificates import ClientKey, read_pair
from conformance.wire.jws import KeyFormatError, SigningKey, load_key

Found = dict[str, Any]
"""What groups find beside answers: fields of Api by name."""

GROUPS: Mapping[str, Callable[[Session, Found], None]] = {
    "repeats": observe_payments.repeats,
    "at-once": observe_payments.at_once,
    "errors": observe_errors.errors,
    "hostile": observe_errors.hostile,
    "amounts": observe_payments.amounts,
    "receiver": observe_receiver.receiver,
    "order": observe_receiver.order,
    "register": observe_receiver.register,
    "constraint": observe_tokens.constraint,
    "pages": observe_payments.pages,
    "throttle": observe_errors.throttle,
}
"""Group -> how to look, in the order of asks.COSTS."""

STOPPERS = frozenset({Reason.OUT_OF_SCOPE, Reason.DNS, Reason.REFUSED, Reason.CONNECT_TIMEOUT, Reason.CERTIFICATE})
"""Where the first request ends so, every other would."""


def observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    """The result of each job, as soon as it is there."""
    return side_by_side(partial(_observed, door), jobs)


def _observed(door: Door, job: Job) -> Observed:
    now = door.now()
    try:
        session = session_of(job, door)
    except Untested as trouble:
        names = {ask.partition(":")[0] for ask in job.asks}
        return Observed(job, now, {}, dict.fromkeys(names, (trouble.reason, trouble.detail)))
    records: dict[str, Any] = {}
    failures: dict[str, tuple[Reason | NotTested, str]] = {}
    # Callbacks first: a list can be walked when there are payments, and nothing can when a limit is met.
    for name, look_at in (("callbacks", callbacks), ("api", partial(look, asks=job.asks))):
        if not any(ask.partition(":")[0] == name for ask in job.asks):
            continue
        try:
            records[name] = look_at(session)
        except (Undecided, Untested) as trouble:
            failures[name] = (trouble.reason, trouble.detail)
    return Observed(job, now, records, failures, session.requests)


def look(session: Session, asks: frozenset[str]) -> Api:
    """Every group that was asked for.

    Raises:
        Undecided: the service cannot be reached.
    """
    wanted = {ask.partition(":")[2] for ask in asks}
    found: Found = {"walks": dict[str, Walk]()}
    skipped: dict[str, tuple[str, str]] = {}
    broken: dict[str, tuple[str, str]] = {}
    for group in COSTS:
        if group not in wanted:
            continue
        try:
            GROUPS[group](session, found)
        except Untested as trouble:
            skipped[group] = (trouble.reason.value, trouble.detail)
        except Undecided as trouble:
            broken[group] = (trouble.reason.value, trouble.detail)
        _reachable(session)
    return Api(
        stated={name: str(value) for name, value in session.service.settings["dialect"].items()},
        answers=dict(session.answers),
        counts=dict(session.counts),
        at_once=dict(session.at_once),
        token=bool(session.token),
        skipped=skipped,
        broken=broken,
        **found,
    )


def _reachable(session: Session) -> None:
    """Raises Undecided, where the very first request met no server."""
    first = next(iter(session.answers.values()), None)
    if first is not None and first.trouble:
        reason, _, detail = first.trouble.partition(": ")
        if Reason(reason) in STOPPERS:
            raise Undecided(Reason(reason), detail)


def session_of(job: Job, door: Door) -> Session:
    """A session with everything that the manifest refers to at hand.

    Raises:
        Untested: NO_CREDENTIAL.
    """
    settings = job.service.settings
    redactor = Redactor()
    token = _text(settings.get("access_token"))
    if token:
        redactor.register(token)
    key = settings.get("signing_key")
    return Session(
        door,
        job.target,
        job.service,
        {
            name: Operation(each["path"], each.get("method", "GET"), each.get("body", ""))
            for name, each in _operations(job)
        },
        redactor,
        token=token,
        key=_private_key(key.reveal()) if key else None,
        algorithm=settings["dialect"].get("signature_algorithm", "PS256"),
        certificate=_pair(settings, "client_certificate"),
        other_certificate=_pair(settings, "other_client_certificate"),
        dpop_key=_dpop_key(settings.get("dpop_key")),
        bound=bool(settings.get("certificate_bound", False)),
    )


def _pair(settings: Mapping[str, Any], name: str) -> ClientKey | None:
    return read_pair(name, settings[name]) if name in settings else None


def _dpop_key(secret: Secret | None) -> SigningKey | None:
    try:
        return load_key(secret.reveal()) if secret else None
    except KeyFormatError as error:
        raise Untested(NotTested.NO_CREDENTIAL, f"dpop_key does not load: {error}") from None


def _operations(job: Job) -> Iterable[tuple[str, Any]]:
    return tuple(job.service.settings["operations"].items())


def _text(secret: Secret | None) -> str:
    return secret.reveal().decode("ascii", "replace").strip() if secret else ""


def _private_key(pem: bytes) -> Any:
    from conformance.wire.pem import read_private_key  # noqa: PLC0415 - when looking alone

    try:
        return read_private_key(pem)
    except ValueError:
        raise Untested(NotTested.NO_CREDENTIAL, "signing_key is no PEM of an unencrypted private key") from None
