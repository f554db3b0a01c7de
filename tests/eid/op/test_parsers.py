"""What reads what a provider says: no exception but its own, and bounded."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.eid.op.agent import parameters, place
from conformance.eid.op.forms import Page
from conformance.eid.op.id_tokens import REQUIRED, facts, half_hash
from conformance.eid.op.observe_authorization import ATTACKS
from conformance.eid.op.observe_userinfo import is_birthdate, shapes
from conformance.eid.op.settings import Client, origin_of
from conformance.wire.cookies import Jar
from conformance.wire.jose import b64
from conformance.wire.jws import SigningKey, compact, new_key

CLIENT = Client("suite", "none", "https://rp.example/cb")
KEY = new_key("ES256", "es")
PUBLISHED = [{**KEY.public_jwk, "kid": "es", "use": "sig"}]


@given(st.text())
def test_any_page_is_read(text: str) -> None:
    page = Page(f"<form>{text}</form><a href='{text}'>")
    assert len(page.forms) <= 20
    assert len(page.links) <= 200


def test_a_form_has_its_fields_and_buttons() -> None:
    page = Page(
        '<form id=f action="/go" method=post><input type=hidden name=csrf value="1&amp;2"><input name=user>'
        "<input type=checkbox name=stay><input type=checkbox name=ok checked><button name=b value=v>Go</button>"
        '<input type=submit name=c value=w><input type=button name=no value=no></form><input name=outside><a href="/x">'
    )
    (form,) = page.forms
    assert form.fields == {"csrf": "1&2", "user": "", "stay": "", "ok": "on"}
    assert form.buttons == [("b", "v"), ("c", "w")]
    assert (form.method, form.action, form.id) == ("POST", "/go", "f")
    assert page.links == ["/x"]


@given(st.text())
def test_any_url_has_a_place_and_an_origin(url: str) -> None:
    assert len(place(url)) < 10_000 + 10 * len(url)
    assert len(origin_of(url)) == 3


@given(st.text(alphabet="abcdefghijklmnop0123456789", min_size=16, max_size=40))
def test_a_place_shows_no_value(secret: str) -> None:
    shown = place(f"https://a.example/login/{secret}?code={secret}&state={secret}&iss=https://a.example#token={secret}")
    assert secret not in shown
    assert "iss=https://a.example" in shown


def test_parameters_are_those_of_query_and_fragment() -> None:
    assert parameters("https://a/cb?code=1&code=2#state=3") == ({"code": "1", "state": "3"}, ("code",))


def test_cookies_are_sent_where_they_belong() -> None:
    jar = Jar({("a.example", "/", "s"): "1", ("a.example", "/login", "t"): "2", ("b.example", "/", "u"): "3"})
    assert jar.header("https://a.example/login/x") == {"Cookie": "t=2; s=1"}
    assert jar.header("https://a.example/loginx") == {"Cookie": "s=1"}
    assert jar.header("https://c.example/") == {}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(st.text() | st.lists(st.text(alphabet="eyJhbGciOiJFUzI1NiJ9-_."), max_size=6).map(".".join))
def test_any_token_has_facts(token: str) -> None:
    found, claims = facts(token, CLIENT, PUBLISHED, now=0, nonce="n", access_token="a")
    assert not found.verified
    assert claims == {}


@given(st.dictionaries(st.sampled_from([*REQUIRED, "nonce", "azp", "acr", "amr", "auth_time", "at_hash"]), json_values))
def test_any_claims_have_facts(claims: dict[str, Any]) -> None:
    found, _ = facts(compact(KEY, claims), CLIENT, PUBLISHED, now=0, nonce="n", access_token="a")
    assert found.verified, found.trouble
    assert set(found.missing) == {name for name in REQUIRED if name not in claims}


@given(st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "jwk", "zip"]), json_values))
def test_any_header_has_facts(header: dict[str, Any]) -> None:
    token = f"{b64(json.dumps(header).encode())}.{b64(b'{}')}.{b64(b'x')}"
    found, _ = facts(token, CLIENT, PUBLISHED, now=0, nonce=None, access_token="a")
    assert not found.verified


def test_a_good_token_is_all_there() -> None:
    claims = {"iss": "https://a", "sub": "s", "aud": "suite", "exp": 400, "iat": 100, "nonce": "n"}
    claims["at_hash"] = half_hash("ES256", "token")
    found, _ = facts(compact(KEY, claims), CLIENT, PUBLISHED, now=101, nonce="n", access_token="token")
    assert (found.verified, found.nonce, found.audience_contains, found.at_hash) == (True, "same", True, True)
    assert (found.lifetime_seconds, found.age_seconds, found.expires_in_seconds) == (300, 1, 299)


@pytest.mark.parametrize(
    ("key", "header", "trouble"),
    [
        pytest.param(new_key("ES256", "es"), {}, "does not verify", id="other-key"),
        pytest.param(KEY, {"kid": "unknown"}, "no published key", id="unknown-kid"),
        pytest.param(KEY, {"alg": "none"}, "alg is none", id="none"),
        pytest.param(KEY, {"crit": ["exp"]}, "crit", id="crit"),
        pytest.param(SigningKey(KEY.private, "ES256", ""), {}, "", id="no-kid-one-key"),
    ],
)
def test_a_forged_token_does_not_verify(key: SigningKey, header: dict[str, Any], trouble: str) -> None:
    found, _ = facts(compact(key, {"sub": "s"}, header), CLIENT, PUBLISHED, now=0, nonce=None, access_token="")
    assert found.verified is (not trouble)
    assert trouble in found.trouble


@pytest.mark.parametrize(
    ("sub", "kind"), [("S1234567D", "national-number"), ("S1234567A", ""), ("8f14e45fceea167a5a36dedd4bea2543", "")]
)
def test_a_national_number_is_known_by_its_form(sub: str, kind: str) -> None:
    found, _ = facts(compact(KEY, {"sub": sub}), CLIENT, PUBLISHED, now=0, nonce=None, access_token="")
    assert found.sub_pattern == kind


@pytest.mark.parametrize("value", ["1990-02-03", "1990", "0000-02-29"])
def test_birthdates(value: str) -> None:
    assert is_birthdate(value)


@pytest.mark.parametrize("value", ["1990/02/03", "03-02-1990", "1990-02-30", "", 1990, None, "1990-2-3"])
def test_what_is_no_birthdate(value: Any) -> None:
    assert not is_birthdate(value)


def test_shapes_name_the_claim_and_not_its_value() -> None:
    found = shapes({"birthdate": "secret", "name#th": "", "address": {"country": "Thailand"}, "given_name": "Ann"})
    assert [each.partition(":")[0] for each in found] == ["birthdate", "name#th", "address.country"]
    assert not [each for each in found if "secret" in each or "Thailand" in each]


@pytest.mark.parametrize("uri", ["https://rp.example/cb", "https://rp.example/", "https://rp.example/a/b?x=1"])
@pytest.mark.parametrize("name", ATTACKS)
def test_every_attack_differs_from_the_registered_uri(name: str, uri: str) -> None:
    without_letters = name == "case" and uri.endswith("/")
    assert (ATTACKS[name](uri) == uri) is without_letters
