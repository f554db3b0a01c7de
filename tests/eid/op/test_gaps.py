"""What `plan` announces of providers whose manifest leaves things out is what a run gives."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.core.profile import load_profile
from conformance.eid.op.gaps import ASSERTIONS, EITHER, LOGGED_IN, PROOFS
from conformance.eid.op.observe_clients import attempt
from conformance.eid.op.settings import Client
from tests.gaps import RULES, Stood, stood

IN_CLEAR = {"EID-UI-06": "not-applicable"}
"""What comes to nothing since the provider answers UserInfo without a signature, which no manifest changes."""

TOGETHER = ("second_client", "refuse", "acr", "acr_map", "trust_list", "subject_type", "client.rsa_key")


@pytest.fixture(scope="module")
def good() -> Iterator[Stood]:
    with stood("openid-provider") as found:
        yield found


def test_a_complete_manifest_leaves_nothing_out() -> None:
    with stood("openid-provider", "encrypted") as found:
        assert found.announced(found.without(slow=True)) == {}
        waited = dict.fromkeys(("EID-PAR-08", "EID-TOK-07"), "not-tested(opt-in)")
        assert found.announced(found.target) == waited


def test_what_is_announced_comes(good: Stood) -> None:
    target = good.without(*TOGETHER)
    assert good.came(target) == good.announced(target) | IN_CLEAR


@pytest.mark.parametrize("key", ["acr", "trust_keys", "second_client.key"])
def test_a_key_is_announced_alone(good: Stood, key: str) -> None:
    target = good.without(key)
    only = good.announced(target).keys() - good.announced(good.target).keys()
    assert only
    assert good.came(target, *only) == {each: good.announced(target)[each] for each in only}


@pytest.mark.parametrize("keys", [("login",), ("client",), ("client.key",), ("client", "acr_map")], ids=",".join)
def test_without_a_login_nothing_active_runs(good: Stood, keys: tuple[str, ...]) -> None:
    target = good.without(*keys)
    found = good.announced(target)
    assert good.came(target) == found
    assert found.keys() >= RULES & set(LOGGED_IN)


@pytest.mark.parametrize("policy", ["good", "baseline", "mtls"])
def test_the_lines_take_the_gaps_away(policy: str) -> None:
    with stood("openid-provider", policy) as found:
        for keys in (TOGETHER[:-1], ("client", "login", "trust_keys"), ("second_client",)):
            assert found.announced(found.filled(found.without(*keys))) == {}


def test_tokens_that_cannot_be_read_turn_nothing_red() -> None:
    with stood("openid-provider", "encrypted") as found:
        assert found.came(found.without("client.encryption")) == dict.fromkeys(
            RULES & set(LOGGED_IN), "not-tested(no-credential)"
        )


def test_a_public_client_has_no_credential_to_be_wrong(good: Stood) -> None:
    client = good.target.services[0].settings["client"]
    target = good.without(client={**client, "auth": "none"})
    found = [each for each in good.announced(target) if each.startswith("EID-CLI-")]
    assert set(found) == {*ASSERTIONS, "EID-CLI-10"}
    public: Any = SimpleNamespace(provider=SimpleNamespace(client=Client("suite", "none", "https://rp.example")))
    trials = [name for each in found for name in load_profile("asean").requirements[each].params["trials"]]
    assert {attempt(public, name).outcome for name in trials} == {"absent"}


def test_a_client_without_proofs_and_assertions() -> None:
    with stood("openid-provider", "baseline") as found:
        announced = found.announced(found.target)
        came = found.came(found.target)
        absent = {each for each in came if each.startswith("EID-PAR-")} - announced.keys() | set(IN_CLEAR)
        assert announced.keys() >= {*ASSERTIONS, *PROOFS}
        assert came == announced | dict.fromkeys(absent, "not-applicable")


def test_clients_with_a_certificate() -> None:
    with stood("openid-provider", "mtls") as found:
        came = found.came(found.target)
        assert found.announced(found.target).keys() >= {*ASSERTIONS, *set(PROOFS) - set(EITHER)}
        assert came == found.announced(found.target) | IN_CLEAR
        second = found.target.services[0].settings["second_client"]
        target = found.without(second_client={**second, "auth": "none", "client_certificate": None})
        assert found.announced(target)["EID-CLI-10"] == "not-tested(no-credential)"
        both = dict.fromkeys(("EID-CLI-10", "EID-DPOP-07"), "not-tested(no-credential)")
        assert found.came(target, *both) == both
        unbound = found.without(client={**found.target.services[0].settings["client"], "certificate_bound": False})
        assert found.came(unbound, *PROOFS) == dict.fromkeys(PROOFS, "not-applicable")
        assert {each for each in found.announced(unbound) if each in PROOFS} == set(PROOFS)
