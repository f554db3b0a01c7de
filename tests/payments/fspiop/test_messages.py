"""Requests as they are built: forms of the specification, signatures that verify, and forgeries that do not."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from conformance.payments.detached_jws import b64url, unb64url
from conformance.payments.fspiop import bodies, messages, signature
from conformance.payments.fspiop.messages import FIELD, Change, Message, Terms, new_transfer
from conformance.payments.fspiop.outcomes import error_of
from conformance.payments.fspiop.sandbox_rules import UUID
from conformance.payments.fspiop.signature import AMOUNT, FspiopError, is_amount
from conformance.payments.snap.vectors import private_key

NOW = datetime(2026, 11, 28, 12, 0, 0, 7_000, tzinfo=timezone(timedelta(hours=7)))
TERMS = Terms("payeefsp", "XTS")
# API Definition v1.1, listing 24, its first alternative.
DATE_TIME = r"[1-9]\d{3}-(0[1-9]|1[0-2])-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}(Z|[+-][01]\d:[0-5]\d)"


def message(change: Change = messages.NONE, body: bytes = b"{}") -> Message:
    fields = messages.fields_of("POST", "/transfers", ("payerfsp", "payeefsp"), NOW, "1.0", accept=True)
    plain = Message("POST", "/transfers", messages.lower(fields), body)
    value = messages.signed(private_key(), plain, change)
    return Message("POST", "/transfers", {**plain.fields, FIELD: value}, body)


def verified(given: Message) -> bool:
    try:
        signature.verify(private_key().public_key(), given)
    except FspiopError:
        return False
    return True


def test_a_transfer_has_the_forms_of_the_specification() -> None:
    made = new_transfer("seed", NOW)
    assert UUID.fullmatch(made.id)
    assert made == new_transfer("seed", NOW) != new_transfer("other", NOW)
    assert b64url(hashlib.sha256(unb64url(made.fulfilment)).digest()) == made.condition
    assert len(made.condition) == 43
    members = messages.members_of(made, "payerfsp", TERMS)
    assert members["expiration"] == "2026-11-28T05:00:00.007Z"
    assert re.fullmatch(DATE_TIME, members["expiration"])
    assert AMOUNT.fullmatch(members["amount"]["amount"])
    assert "condition" not in messages.members_of(made, "payerfsp", TERMS, condition=None)


def test_the_header_fields_are_those_of_table_1() -> None:
    fields = messages.fields_of("POST", "/transfers", ("a", "b"), NOW, "1.1", accept=True)
    assert fields == {
        "Accept": "application/vnd.interoperability.transfers+json;version=1",
        "Content-Type": "application/vnd.interoperability.transfers+json;version=1.1",
        "Date": "Sat, 28 Nov 2026 05:00:00 GMT",
        "FSPIOP-Source": "a",
        "FSPIOP-Destination": "b",
        "FSPIOP-URI": "/transfers",
        "FSPIOP-HTTP-Method": "POST",
    }
    assert messages.fields_of("PUT", "/x", ("a", "b"), NOW, "1.1", accept=False)["Accept"] is None


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", *messages.FORGED])
def test_only_the_three_algorithms_verify(algorithm: str) -> None:
    assert verified(message(Change(algorithm=algorithm))) is (algorithm not in messages.FORGED)


@pytest.mark.parametrize("name", bodies.SHAPES)
def test_every_shape_is_the_same_transfer_and_verifies(name: str) -> None:
    members = messages.members_of(new_transfer("seed", NOW), "payerfsp", TERMS)
    body = bodies.SHAPES[name](members)
    assert body != messages.written(members)
    assert {key: value for key, value in json.loads(body).items() if key != "extensionList"} == members
    assert verified(message(body=body))


def test_no_amount_of_the_negatives_is_one() -> None:
    assert not any(is_amount(each) for each in bodies.AMOUNTS.values())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (None, ("", False, ())),
        ({}, ("", False, ())),
        ({"errorInformation": []}, ("", False, ())),
        ({"errorInformation": {"errorCode": 3001}}, ("", False, ())),
        ({"errorInformation": {"errorCode": "3001", "errorDescription": " "}}, ("3001", False, ())),
        ({"errorInformation": {"errorCode": "3001", "errorDescription": "x", "extensionList": []}}, ("3001", True, ())),
        (
            {
                "errorInformation": {
                    "errorCode": "3001",
                    "errorDescription": "x",
                    "extensionList": {
                        "extension": [{"key": "1", "value": "0"}, 7, {"key": 1}, {"key": "4", "value": "2"}]
                    },
                }
            },
            ("3001", True, ("1.0", "4.2")),
        ),
    ],
)
def test_errors_are_read_whatever_they_hold(body: object, expected: object) -> None:
    assert error_of(body) == expected  # type: ignore[arg-type]


def test_the_moment_is_told_in_utc() -> None:
    assert messages.date_time(NOW) == messages.date_time(NOW.astimezone(UTC))
