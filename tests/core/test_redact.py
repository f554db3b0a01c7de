"""Nothing secret is written: not what a manifest named, in any form, and not what looks like a secret."""

from __future__ import annotations

import base64
import json
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.core.codec import encode
from conformance.core.redact import PATTERNS, Redactor, luhn

SECRET = 'p@ss/w+rd "42"='


def registered(secret: str = SECRET, kind: str = "client-secret") -> Redactor:
    redactor = Redactor()
    redactor.register(secret, kind)
    return redactor


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        quote(SECRET, safe=""),
        quote(SECRET, safe="").lower(),
        quote(SECRET),
        quote_plus(SECRET),
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
        quote(base64.b64encode(SECRET.encode()).decode(), safe=""),
    ],
)
def test_registered_secret_is_found_in_every_form(form: str) -> None:
    redactor = registered()
    text = redactor.text(f"before {form} after")
    assert text.startswith("before [redacted:client-secret:")
    assert text.rstrip("=%3D").endswith(" after")
    assert redactor.counts == {"client-secret": 1}
    assert redactor.found(f"x{form}") == ("client-secret",)
    assert redactor.redact_json(encode({"a": form})) != encode({"a": form})


@given(st.text(min_size=0, max_size=9), st.binary(min_size=8, max_size=40), st.text(max_size=9))
def test_secret_inside_longer_base64_is_found(before: str, secret: bytes, after: str) -> None:
    """Basic credentials are base64 of `user:secret`: where the secret starts is not known."""
    text = secret.hex()
    whole = base64.b64encode((before + ":" + text + after).encode()).decode()
    assert "[redacted:secret:" in registered(text, "secret").text(whole)


def test_length_of_what_was_there_is_kept_and_no_digest() -> None:
    assert registered("abcdefgh").text("x abcdefgh y") == "x [redacted:client-secret:8] y"


def test_longest_secret_wins() -> None:
    redactor = registered("secret-1", "short")
    redactor.register("secret-12345", "long")
    assert redactor.text("secret-12345 secret-1") == "[redacted:long:12] [redacted:short:8]"


def test_a_text_that_was_clean_is_looked_at_again_with_the_next_secret() -> None:
    redactor = registered("another-secret")
    assert redactor.text("now hunter2-and-more") == "now hunter2-and-more"
    redactor.register("hunter2-and-more")
    assert redactor.text("now hunter2-and-more") == "now [redacted:secret:16]"


def test_redacting_twice_changes_nothing() -> None:
    redactor = registered()
    text = f"{SECRET} code=abc&state=1 S1234567D Bearer abc123def456"
    once = redactor.text(text)
    assert redactor.text(once) == once


def test_lines_of_a_registered_key_are_secrets() -> None:
    body = base64.b64encode(bytes(range(96))).decode()
    pem = f"-----BEGIN X-----\n{body[:64]}\n{body[64:]}\n-----END X-----\n"
    redactor = registered(pem, "key")
    for form in (body, body[:64], body[64:], pem.replace("\n", "\\n")):
        assert redactor.found(form), form


@pytest.mark.parametrize(("secret", "kind"), [("", "x"), ("abc", "Bad kind"), ("abc", "")])
def test_unusable_secret_is_refused(secret: str, kind: str) -> None:
    with pytest.raises(ValueError, match="cannot be redacted"):
        Redactor().register(secret, kind)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("private-key", "-----BEGIN PRIVATE KEY-----\nMIIE\nvg==\n-----END PRIVATE KEY-----"),
        ("private-key", "-----BEGIN RSA PRIVATE KEY-----\nMIIE no end"),
        ("jwt", "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"),
        ("jwt", "eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d"),
        ("card-number", "4111111111111111"),
        ("card-number", "4111 1111 1111 1111"),
        ("card-number", "5555-5555-5555-4444"),
        ("card-number", "3782 822463 10005"),
        ("national-number", "S1234567D"),
        ("national-number", "T0123456G"),
        ("national-number", "F1234567N"),
        ("national-number", "M1234567K"),
        ("national-number", "3171234506900001"),
        ("national-number", "3171235506900001"),
        ("national-number", "1101700230708"),
        ("national-number", "1-1017-00230-70-8"),
        ("national-number", "001099012345"),
        ("national-number", "900101-14-5677"),
        ("national-number", "900101145677"),
        ("national-number", "1234-5678-9012-3456"),
        ("national-number", "12/YGN(N)123456"),
    ],
)
def test_what_looks_like_a_secret_is_replaced(kind: str, text: str) -> None:
    redactor = Redactor()
    assert redactor.text(f"a {text}") == f"a [redacted:{kind}:{len(text)}]"
    assert redactor.counts == {kind: 1}
    data = encode({"a": f"x {text}"})
    assert Redactor().redact_json(data) == encode({"a": f"x [redacted:{kind}:{len(text)}]"})
    assert Redactor().redact_json(encode([text])) == encode([f"[redacted:{kind}:{len(text)}]"])


@pytest.mark.parametrize(
    "text",
    [
        "4000000000000001",  # no valid check digit
        "1764000000000000",  # a time in microseconds
        "1764000000000",
        "S1234567A",
        "9999999999999",
        "max-age=63072000; includeSubDomains",
        "0.4111111111111111",
        "d4111111111111111f",
        "2026-11-24T15:00:00+00:00",
        'Bearer realm="x", error="invalid_token"',
        'Basic realm="a long realm"',
        "basic constraints of the certificate",
        "eyJust a word",
        "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        "decode=1",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "1.3.6.1.5.5.7.3.1",
        "00" * 32,
    ],
)
def test_facts_are_left_alone(text: str) -> None:
    redactor = registered()
    assert redactor.text(text) == text
    assert redactor.counts == {}
    assert redactor.redact_json(encode({"kept": text})) == encode({"kept": text})


def test_credentials_and_parameters_lose_their_values_only() -> None:
    redactor = Redactor()
    assert redactor.text("Authorization: Bearer abc123def456") == "Authorization: Bearer [redacted:credentials:12]"
    assert redactor.text("Basic dXNlcjpwYXNz") == "Basic [redacted:credentials:12]"
    url = redactor.text("https://x/cb?state=1&code=SplxlOBe&iss=y#access_token=2YotnFZ")
    assert url == "https://x/cb?state=1&code=[redacted:parameter:8]&iss=y#access_token=[redacted:parameter:7]"


def test_secret_fields_are_replaced_and_cookies_keep_their_attributes() -> None:
    fields = (
        ("authorization", "Custom x"),
        ("Set-Cookie", "__Host-s=0123456789abcdef; Secure; HttpOnly; Path=/"),
        ("set-cookie", "empty=; Max-Age=0"),
        ("dpop", "x"),
        ("server", "nginx"),
    )
    assert Redactor().fields(fields) == (
        ("authorization", "[redacted:field:8]"),
        ("Set-Cookie", "__Host-s=[redacted:cookie:16]; Secure; HttpOnly; Path=/"),
        ("set-cookie", "empty=; Max-Age=0"),
        ("dpop", "[redacted:field:1]"),
        ("server", "nginx"),
    )


def test_members_of_a_record_are_replaced_by_name() -> None:
    redactor = registered("hunter22")
    record = {
        "access_token": "x",
        "keys": [{"kty": "EC", "x": "public", "d": "private"}, {"kty": "RSA", "n": "public", "p": "private"}],
        "d": "no key",
        "hunter22": ["hunter22", 1, None, True],
    }
    assert redactor.record(record) == {
        "access_token": "[redacted:field:1]",
        "keys": [
            {"kty": "EC", "x": "public", "d": "[redacted:field:7]"},
            {"kty": "RSA", "n": "public", "p": "[redacted:field:7]"},
        ],
        "d": "no key",
        "[redacted:client-secret:8]": ["[redacted:client-secret:8]", 1, None, True],
    }


def test_canonical_json_without_secrets_comes_back_as_it_is() -> None:
    data = encode({"code": "kept: our own member names are no secrets", "b": [1, 2.5, None], "a": "\u00e9"})
    assert registered().redact_json(data) is data


def test_canonical_json_stays_canonical() -> None:
    record = {"b": SECRET, "a": {"kty": "oct", "k": "private"}, "c": "\u00e9"}
    assert registered().redact_json(encode(record)) == encode(
        {"b": "[redacted:client-secret:15]", "a": {"kty": "oct", "k": "[redacted:field:7]"}, "c": "\u00e9"}
    )


@given(st.text(alphabet=st.sampled_from("0123456789-/ ()STFGMabcDN.=eyJ"), max_size=40))
def test_the_quick_look_misses_nothing_that_a_pattern_would_replace(text: str) -> None:
    """`redact_json` skips the patterns where the shape of the octets rules them out."""
    replaced = Redactor().text(text)
    data = encode({"v": text})
    assert Redactor().redact_json(data) == encode({"v": replaced})


def test_luhn() -> None:
    assert luhn("79927398713")
    assert not any(luhn(f"7992739871{digit}") for digit in "012456789")


@pytest.mark.parametrize(
    "bait", ["eyJ", "1", "1-", "4111 ", "Bearer ", "code=", "S1234567", "-----BEGIN PRIVATE KEY-----", "12/A"]
)
def test_patterns_are_linear(bait: str) -> None:
    """Four times the text takes about four times as long, whatever it repeats."""

    def seconds(size: int) -> float:
        text = bait * (size // len(bait))
        best = 9.0
        for _ in range(3):
            begun = time.perf_counter()
            for _, pattern, _ in PATTERNS:
                pattern.search("x" + text + "!")
            best = min(best, time.perf_counter() - begun)
        return best

    assert seconds(80_000) < 10 * seconds(20_000) + 0.005
