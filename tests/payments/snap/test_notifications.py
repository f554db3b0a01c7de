"""Notifications: right ones verify, and each change of one is told, alone and end to end."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.core.model import Status
from conformance.payments.snap import notification, sandbox_notify
from conformance.payments.snap.area import SNAP
from conformance.payments.snap.signature import Dialect
from conformance.payments.snap.vectors import private_key
from tests.payments.judging import judged
from tests.payments.stands import observed, served

PATH, TIME, BODY = "/v1.0/qr/qr-mpm-notify", "2026-11-23T10:00:00+07:00", b'{"latestTransactionStatus":"00"}'
KEY, OTHER = private_key(), rsa.generate_private_key(65537, 2048)
RIGHT = {
    "x-external-id": "12345678901234567890",
    "x-timestamp": TIME,
    "x-signature": notification.sign(KEY, PATH, TIME, BODY, Dialect()),
}


def verified(fields: dict[str, str], body: bytes = BODY, path: str = PATH, key: Any = KEY) -> str:
    return notification.verify([key.public_key()], path, fields, body, Dialect()).state


def test_a_right_notification_verifies_and_says_its_time() -> None:
    found = notification.verify([OTHER.public_key(), KEY.public_key()], PATH, RIGHT, BODY, Dialect())
    assert (found.state, found.keys, found.timestamp) == ("good", 1, 1_795_402_800)


def test_white_space_outside_strings_changes_nothing() -> None:
    assert verified(RIGHT, b'{ "latestTransactionStatus" : "00" }\n') == "good"


@pytest.mark.parametrize(
    ("fields", "body", "path"),
    [
        ({}, BODY.replace(b"00", b"06"), PATH),
        ({}, b"", PATH),
        ({}, BODY, "/v1.0/qr/qr-mpm-notify/x"),
        ({}, BODY, f"{PATH}?x=1"),
        ({"x-timestamp": "2026-11-23T10:00:01+07:00"}, BODY, PATH),
        ({"x-timestamp": "2026-11-23T03:00:00Z"}, BODY, PATH),
        ({"x-timestamp": "2026-11-23T10:00:00"}, BODY, PATH),
        ({"x-timestamp": ""}, BODY, PATH),
        ({"x-signature": RIGHT["x-signature"][:-4]}, BODY, PATH),
        ({"x-signature": "!"}, BODY, PATH),
    ],
)
def test_one_change_is_bad(fields: dict[str, str], body: bytes, path: str) -> None:
    assert verified({**RIGHT, **fields}, body, path) == "bad"


def test_another_key_is_bad_and_none_is_absent() -> None:
    assert verified(RIGHT, key=OTHER) == "bad"
    assert verified({**RIGHT, "x-signature": ""}) == "absent"


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["x-timestamp", "x-signature"]), st.text(max_size=60)), st.binary(max_size=60))
def test_notifications_of_any_kind_are_read_without_error(fields: dict[str, str], body: bytes) -> None:
    assert verified(fields, body) in ("bad", "absent")


Signs = Callable[..., str]


def over_another_body(right: Signs) -> Signs:
    return lambda key, path, moment, body, dialect: right(key, path, moment, body + b" x", dialect)


def by_another_key(right: Signs) -> Signs:
    return lambda _key, *rest: right(OTHER, *rest)


def nothing(_: Signs) -> Signs:
    return lambda *_: ""


@pytest.mark.parametrize("defect", [over_another_body, by_another_key, nothing])
def test_a_service_that_signs_wrongly_is_told(
    defect: Callable[[Signs], Signs], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.payments.snap.notification.sign", defect(notification.sign))
    with served("snap-api") as (target, door):
        found = observed(SNAP, target, door, "snap-api")
    assert judged("PAY-CB-01", found.records).status is Status.FAIL
    assert judged("PAY-CB-04", found.records).status is Status.PASS
    assert judged("PAY-SNP-12", found.records).status is Status.PASS


def test_a_service_that_says_nothing_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_notify.Notifier, "paid", lambda *_: None)
    with served("snap-api") as (target, door):
        found = observed(SNAP, target, door, "snap-api")
    assert judged("PAY-CB-01", found.records).status is Status.ERROR
    assert judged("PAY-SNP-01", found.records).status is Status.PASS


def test_a_service_that_tells_another_status_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = SimpleNamespace(dumps=lambda told: json.dumps({**told, "latestTransactionStatus": "06"}))
    monkeypatch.setattr("conformance.payments.snap.sandbox_notify.json", failed)
    with served("snap-api") as (target, door):
        found = observed(SNAP, target, door, "snap-api")
    assert judged("PAY-CB-04", found.records).status is Status.WARNING
