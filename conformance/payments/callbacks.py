"""What can be seen of the callbacks that a service sends to us. No verdict words, no secret."""

from __future__ import annotations

from msgspec import Struct


class Delivery(Struct, frozen=True):
    """One callback that arrived. plan: what our receiver did with this payment's callbacks. event: its id.

    at: seconds since the payment was asked for. answer: the status that we gave, 0 for none. digest: of the body, to
    tell equal ones. signature: `good`, `bad` or `absent`; keys: how many of the manifest's keys it verifies by.
    age: seconds between the covered timestamp and arrival, None where none is covered. state: the status it tells.
    """

    plan: str
    event: str
    at: float
    answer: int
    digest: str
    signature: str
    keys: int = 0
    age: float | None = None
    state: str = ""
    reason: str = ""


class Callbacks(Struct, frozen=True):
    """Callbacks to our receiver, and what the status query says of the payment whose callback was taken at once.

    refused: how the service answered where it did not accept one of the payments, empty where it accepted all.
    deliveries: in order of arrival. key_count: keys that the manifest names. canary: connections that the address got
    to which our receiver redirected. state: of the query; trouble: what kept the query from being answered.
    """

    key_count: int = 1
    deliveries: tuple[Delivery, ...] = ()
    refused: str = ""
    canary: int = 0
    state: str = ""
    trouble: str = ""
