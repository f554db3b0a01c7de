"""What arrived at our address, by the probe that it is because of. Pure but for verifying signatures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from conformance.payments.fspiop import signature
from conformance.payments.fspiop.evidence import Callback, Outcome
from conformance.payments.fspiop.messages import FIELD, TRANSFERS, Message, Transfer
from conformance.payments.fspiop.signature import FspiopError
from conformance.wire.strict_json import members

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from conformance.payments.fspiop.listener import Arrival

MAX_CALLBACKS, MAX_VERSIONS = 8, 16


class Given(Protocol):
    """A probe whose transfer is followed between two monotonic times."""

    transfer: Transfer
    since: float
    until: float


def error_of(body: Mapping[str, Any] | None) -> tuple[str, bool, tuple[str, ...]]:
    """Code, whether a description stands beside it, and the versions of the extension list (listing 5)."""
    found = (body or {}).get("errorInformation")
    if not isinstance(found, dict):
        return "", False, ()
    code, said, more = found.get("errorCode"), found.get("errorDescription"), found.get("extensionList")
    listed = more.get("extension") if isinstance(more, dict) else None
    versions = [
        f"{each['key'][:8]}.{each['value'][:8]}"
        for each in (listed if isinstance(listed, list) else ())[:MAX_VERSIONS]
        if isinstance(each, dict) and isinstance(each.get("key"), str) and isinstance(each.get("value"), str)
    ]
    return code if isinstance(code, str) else "", isinstance(said, str) and bool(said.strip()), tuple(versions)


def _during(given: Given, arrivals: Iterable[Arrival]) -> list[Arrival]:
    return [each for each in arrivals if given.since <= each.at < given.until]


def forwards(given: Given, arrivals: Iterable[Arrival]) -> list[Arrival]:
    """The requests by which the transfer was passed on to the payee."""
    own = given.transfer.id.encode()
    return [each for each in _during(given, arrivals) if each.uri == TRANSFERS and own in each.body]


def results(given: Given, arrivals: Iterable[Arrival], payee: str) -> list[Arrival]:
    """What came about the transfer for the payer; what is addressed to the payee is not for it."""
    paths = (given.transfer.path, f"{given.transfer.path}/error")
    found = [each for each in _during(given, arrivals) if each.uri.partition("?")[0] in paths]
    return [each for each in found if not payee or each.fields.get("fspiop-destination") != payee]


def outcome(given: Given, arrivals: Iterable[Arrival], payee: str, key: RSAPublicKey, expires_at: float) -> Outcome:
    """What came of a probe.

    Args:
        given: The probe's transfer.
        arrivals: Everything that arrived.
        payee: Our name as the payee, empty where we are none.
        key: The payer's.
        expires_at: The transfer's expiration, monotonic.
    """
    kept = tuple(arrivals)
    passed = forwards(given, kept)
    intact, reason = _intact(passed[0], key) if passed else ("", "")
    callbacks = tuple(_callback(given, each, expires_at) for each in results(given, kept, payee)[:MAX_CALLBACKS])
    return Outcome(
        awaited=True,
        played=bool(payee),
        forwarded=len(passed),
        intact=intact,
        reason=reason,
        callbacks=callbacks,
    )


def _intact(arrival: Arrival, key: RSAPublicKey) -> tuple[str, str]:
    if not arrival.fields.get(FIELD):
        return "absent", ""
    try:
        signature.verify(key, Message(arrival.method, arrival.uri, arrival.fields, arrival.body))
    except FspiopError as error:
        return "bad", str(error)
    return "good", ""


def _callback(given: Given, arrival: Arrival, expires_at: float) -> Callback:
    body = members(arrival.body)
    state, fulfilment = ((body or {}).get(name) for name in ("transferState", "fulfilment"))
    return Callback(
        method=arrival.method,
        error=arrival.uri.partition("?")[0].endswith("/error"),
        at=round(arrival.at - given.since, 3),
        after=round(arrival.at - expires_at, 3),
        state=state[:40] if isinstance(state, str) else "",
        code=error_of(body)[0][:40],
        fulfilled=fulfilment == given.transfer.fulfilment,
    )
