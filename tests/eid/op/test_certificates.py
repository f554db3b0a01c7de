"""Clients with certificates: where they ask, what their tokens are bound by, and which trials say nothing of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.core.model import Target
from conformance.core.network import Door
from conformance.eid.op.authentication import binding, confirmation, no_auth, over, usual_auth
from conformance.eid.op.certificates import authentication_attempt
from conformance.eid.op.observe_dpop import attempt, not_bound
from conformance.eid.op.provider import ALIASED, Provider
from conformance.eid.op.settings import Client
from conformance.wire.client_certificates import CONFIRMATION, made

NOW = datetime(2026, 11, 28, tzinfo=UTC)
KEY, OTHER = (made(name, NOW - timedelta(days=1), NOW + timedelta(days=1)) for name in ("suite", "other"))
CLIENT = Client("suite", "tls_client_auth", "https://rp.example/callback", certificate=KEY)
PLAIN = replace(CLIENT, auth="private_key_jwt", certificate=None)
PUBLISHED = {each: f"https://op.example/{each}" for each in (*ALIASED, "authorization_endpoint")}


def provider(client: Client = CLIENT, **metadata: Any) -> Provider:
    target = Target("x", "XA", "x", ())
    return Provider(Door(), target, SimpleNamespace(), {**PUBLISHED, **metadata}, client)  # type: ignore[arg-type]


def test_aliases_are_for_clients_with_a_certificate_and_for_the_back_channel() -> None:
    aliases = {each: f"https://mtls.example/{each}" for each in PUBLISHED}
    found = provider(mtls_endpoint_aliases=aliases)
    assert {found.endpoint(each) for each in ALIASED} == {aliases[each] for each in ALIASED}
    assert found.endpoint("authorization_endpoint") == PUBLISHED["authorization_endpoint"]
    assert {found.endpoint(each, PLAIN) for each in PUBLISHED} == set(PUBLISHED.values())
    assert {found.published(each) for each in PUBLISHED} == set(PUBLISHED.values())


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), st.lists)


@given(JSON | st.dictionaries(st.sampled_from(sorted(ALIASED)), JSON))
def test_aliases_of_any_shape_lead_somewhere(aliases: Any) -> None:
    found = provider(mtls_endpoint_aliases=aliases)
    for each in ALIASED:
        given_alias = aliases.get(each) if isinstance(aliases, dict) else None
        assert found.endpoint(each) == (given_alias if isinstance(given_alias, str) else PUBLISHED[each])


PROMISED = {"tls_client_certificate_bound_access_tokens": True}


@pytest.mark.parametrize(
    ("client", "metadata", "means"),
    [
        (CLIENT, PROMISED, "certificate"),
        (CLIENT, {}, ""),
        (CLIENT, {"tls_client_certificate_bound_access_tokens": "true"}, ""),
        (replace(CLIENT, certificate_bound=True), {}, "certificate"),
        (replace(CLIENT, certificate_bound=False), PROMISED, ""),
        (replace(CLIENT, dpop=True), PROMISED, "dpop"),
        (PLAIN, PROMISED, ""),
        (replace(PLAIN, certificate=KEY), PROMISED, "certificate"),
    ],
)
def test_what_tokens_are_bound_by(client: Client, metadata: dict[str, Any], means: str) -> None:
    found = provider(client, **metadata)
    assert binding(found, client) == means
    member = {"certificate": CONFIRMATION, "dpop": "jkt", "": ""}[means]
    assert confirmation(found, client)[0] == member
    run: Any = SimpleNamespace(provider=found)
    name = "no-certificate" if means == "dpop" else "no-proof"
    assert attempt(run, name).outcome == "absent"
    assert not_bound(run)


def test_a_certificate_authenticates_where_it_is_the_way_and_only_there() -> None:
    found = provider()
    assert usual_auth(found, CLIENT)("").certificate == KEY
    assert no_auth(CLIENT)("").certificate is None
    assert no_auth(replace(PLAIN, certificate=KEY))("").certificate == KEY
    assert over(usual_auth(found, CLIENT), OTHER)("").certificate == OTHER
    assert usual_auth(found, CLIENT)("").pairs == (("client_id", "suite"),)


@pytest.mark.parametrize(
    ("client", "name", "outcome"),
    [
        (PLAIN, "other-certificate", "absent"),
        (CLIENT, "other-certificate", "untested"),
        (replace(CLIENT, auth="self_signed_tls_client_auth"), "other-certificate", "absent"),
        (CLIENT, "expired-certificate", "absent"),
        (CLIENT, "wrong-eku-certificate", "absent"),
        (
            replace(CLIENT, auth="self_signed_tls_client_auth", wrong_certificates={"expired": OTHER}),
            "expired-certificate",
            "absent",
        ),
        (CLIENT, "outside-alias", "absent"),
    ],
)
def test_what_cannot_be_tried_is_said(client: Client, name: str, outcome: str) -> None:
    run: Any = SimpleNamespace(provider=provider(client), second=None)
    trial = authentication_attempt(run, name)
    assert trial.outcome == outcome
    assert trial.detail
