"""The strings-to-sign, against values that other implementations agreed on and against the grammar of JSON."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.payments.snap import signature
from conformance.payments.snap.client import Draft, string_to_sign
from conformance.payments.snap.mutations import ALTER, earlier, with_addition
from conformance.payments.snap.signature import Dialect
from conformance.payments.snap.vectors import FAMILY

# From public implementations and by hand, none of it by this code; secret-1, tok, 2026-11-23T10:00:00+07:00.
AGREED = {
    "s1": "YtA/EPZ+vXWg7aE4iF69QHwRYjMXyCB7S9egG+sPqVLJW5wzd/j0XsmyJvpjCleEsCeTzghJP42clP7zV2H15g==",
    "s2": "YtA/EPZ+vXWg7aE4iF69QHwRYjMXyCB7S9egG+sPqVLJW5wzd/j0XsmyJvpjCleEsCeTzghJP42clP7zV2H15g==",
    "s3": "P0BLixneztpua3frHuwvoZTM/+6pPk0kmprwIqx+fH/8LExntqoExZ9wCEY5NmUVQqc/00Pm2+QN3ekMzblzNg==",
    "s4": "qWWVExjhAi1+r1B9dtr64IWycWClIF08ygNdiTbsQ25I1WTf1ZF7XuqIjUNO6AVSVSJjN8JZGjYu/bZn/HHhOQ==",
    "s5": "x0hmQjiFfT2thmF/X91PJXct1D4aNyvsrPjwBfatpefpFNYwzicsv+JpUObThngNHUFRmivetcIL1L7vLfRcTg==",
    "s6": "TIGUMq+gk2loWSt+Rrl7lQhGJhUZEh06obH7g18mfVkKJh3dEHbirow9cFI9l8MR32ZY+Ehmfa//o7HA080LfA==",
    "s7": "nAcgbe2NSYNlHPuEplL62LrQz3ETlqcUBjh3QeTgYwwGyOaqdvnH2hEflTLomTBg9BvQm/CSCzORK/cQ7PuC9w==",
    "s8": "3UUiFUAoTl0g+DxzjP6fspx3IMahpG/ZwfYDQ+GUN3CCCkPRfV1RnQVTMetVr3v45+908eqxqZp7TDp5TCsixg==",
    "s9": "xRYV07uW6AnDGo4zJvExOGUvv3thih7epzJBrav2iRnOkQbWDd1bM+1CvlCB1KwaJJP9V2+tjTC5t8cXDTeKmw==",
}


def draft(name: str) -> Draft:
    method, path, query, body = FAMILY[name]
    return Draft(method, path, query, body.encode(), "2026-11-23T10:00:00+07:00", "", "tok")


def symmetric(what: Draft, dialect: Dialect | None = None, secret: bytes = b"secret-1") -> str:
    return signature.encode(signature.hmac_sha512(secret, string_to_sign(what, dialect or Dialect())), "base64")


@pytest.mark.parametrize("name", AGREED)
def test_the_family_has_the_agreed_signatures(name: str) -> None:
    assert symmetric(draft(name)) == AGREED[name]


def test_an_empty_hash_field_gives_the_other_known_signature() -> None:
    assert symmetric(draft("s7"), Dialect(empty_body="empty-field")).startswith("w3P5wBS6PwEIBoXC5jo14hI+")


def test_a_second_known_example() -> None:
    body = b'{"partnerReferenceNo":"2026112300000001","amount":{"value":"12300.00","currency":"IDR"}}'
    what = Draft("POST", "/v1.0/qr/qr-mpm-generate", "", body, "2026-11-23T09:00:00+07:00", "", "example-token")
    assert string_to_sign(what, Dialect()) == (
        "POST:/v1.0/qr/qr-mpm-generate:example-token:"
        "36f1162b39057a45a8251069d43f9698a42747fa8d9c2fe1106f366d19d64b4c:2026-11-23T09:00:00+07:00"
    )
    assert symmetric(what, secret=b"example-client-secret") == (
        "GHztZbEYhyWe6VqGzoepVEO8aVXJDfxXonMEsAev3ViyAVsjvlAa7N5YNUrK2okJniMyfc0WEEmaQWwql6z/dQ=="
    )


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        (Dialect(), "/p?b=2%20&a=1"),
        (Dialect(query="sorted"), "/p?a=1&b=2%20"),
        (Dialect(query="decoded"), "/p?b=2 &a=1"),
        (Dialect(query="excluded"), "/p"),
    ],
)
def test_the_query_enters_as_the_dialect_says(dialect: Dialect, expected: str) -> None:
    assert signature.endpoint_url("/p", "b=2%20&a=1", dialect) == expected
    assert signature.endpoint_url("/p", "", dialect) == "/p"


def test_without_a_token_there_is_no_field_for_it() -> None:
    text = string_to_sign(draft("s7"), Dialect(mode="asymmetric"))
    assert text.split(":", 3)[:3] == ["GET", "/v1.0/transaction-history", signature.body_digest(b"", Dialect())]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(values, st.sampled_from([None, 1, 3]), st.booleans())
def test_minify_is_what_a_compact_serialiser_prints(value: object, indent: int | None, ascii_only: bool) -> None:
    spaced = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    compact = json.dumps(value, separators=(",", ":"), ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert signature.minify(spaced) == compact


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_minify_takes_any_octets_and_is_idempotent(octets: bytes) -> None:
    once = signature.minify(octets)
    assert signature.minify(once) == once
    assert [each for each in once if each not in b" \t\r\n"] == [each for each in octets if each not in b" \t\r\n"]


def test_minify_is_linear_on_hostile_octets() -> None:
    for octets in (b'"' * 1_000_000, b'\\"' * 500_000, b'"' + b"\\" * 1_000_000, b" " * 1_000_000, b"[" * 1_000_000):
        signature.minify(octets)


def test_a_string_that_does_not_end_keeps_its_spaces() -> None:
    assert signature.minify(b'{ "a" : "b  c') == b'{"a":"b  c'


@pytest.mark.parametrize(
    "text", ["2026-11-23T10:00:00", "2026-11-23T10:00:00+0700", "2026-11-23T24:00:01Z", "", "\u0661"]
)
def test_a_timestamp_of_another_form_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        signature.read_stamp(text)


def test_timestamps_are_written_and_read() -> None:
    moment = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
    assert signature.stamp(moment, "offset") == "2026-11-23T10:00:00+07:00"
    assert signature.stamp(moment, "utc") == "2026-11-23T03:00:00Z"
    assert signature.read_stamp("2026-11-23T10:00:00+07:00") == signature.read_stamp("2026-11-23T03:00:00Z") == moment
    assert earlier("2026-11-23T03:00:00Z") == "2026-11-23T02:59:59Z"
    assert earlier("2026-11-23T10:00:00+07:00") == "2026-11-23T09:59:59+07:00"


@pytest.mark.parametrize("part", [part for part in ALTER if part != "secret"])
def test_each_alteration_changes_the_string_to_sign(part: str) -> None:
    from dataclasses import replace  # noqa: PLC0415

    what = draft("s1")
    other = replace(what, **{part: ALTER[part](getattr(what, part))})
    assert string_to_sign(what, Dialect()) != string_to_sign(other, Dialect())


def test_an_addition_leaves_the_rest_as_it_is() -> None:
    assert with_addition('{"a":1.0}', '{"x":"\\/"}') == '{"a":1.0,"additionalInfo":{"x":"\\/"}}'
    assert with_addition("{ }", "1") == '{"additionalInfo":1}'


@pytest.mark.parametrize("encoding", ["base64", "hex"])
@settings(deadline=None)
@given(octets=st.binary(max_size=80))
def test_encodings_are_read_back(encoding: signature.Encoding, octets: bytes) -> None:
    assert signature.decode(signature.encode(octets, encoding), encoding) == octets


@settings(deadline=None)
@given(st.text(max_size=60))
def test_decoding_raises_nothing_but_its_own_error(text: str) -> None:
    for encoding in ("base64", "hex"):
        with contextlib.suppress(ValueError):
            signature.decode(text, encoding)
