"""What the manifest of an OpenID provider may leave out, and which requirements then come to nothing.

Of a provider that has what a requirement is about: what its metadata do not offer, only a run can see.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.core.area import Gap, in_order, left_out
from conformance.core.model import Service, Target
from conformance.eid.op.asks import NEEDS, PASSIVE

CREDENTIAL, PUBLISHED = "not-tested(no-credential)", "not-tested(not-published)"
CLIENT = "[target.service.client]"
LOGGED_IN = tuple(each for each, needs in NEEDS.items() if any(need.partition(":")[0] not in PASSIVE for need in needs))
"""Requirements that need a login."""

KEYS: Mapping[str, str] = {
    "private_key_jwt": "key",
    "client_secret_basic": "secret",
    "client_secret_post": "secret",
    "tls_client_auth": "client_certificate",
    "self_signed_tls_client_auth": "client_certificate",
}
"""Way of authentication -> the key of the client that it needs."""

ASSERTIONS = (*(f"EID-CLI-{number:02}" for number in range(1, 10)), "EID-CLI-02-S")
PROOFS = tuple(f"EID-DPOP-{number:02}" for number in range(1, 11))
EITHER = ("EID-DPOP-01", "EID-DPOP-02", "EID-DPOP-06", "EID-DPOP-07")
"""Requirements of bound tokens, whether by DPoP or by certificate."""
OTHER_CLIENT = ("EID-PAR-05", "EID-TOK-03", "EID-TOK-12", "EID-REV-01", "EID-INT-02")
MAPPED, ON_LIST = ("EID-DISC-13", "EID-LOA-02", "EID-LOA-04"), ("EID-TRU-01", "EID-TRU-02")

OF_LOGIN: Mapping[str, Gap] = {
    "slow": Gap(("EID-PAR-08", "EID-TOK-07"), "not-tested(opt-in)", "slow = true, to wait some minutes for expiry"),
    "second_client": Gap(
        OTHER_CLIENT,
        CREDENTIAL,
        'second_client = { id = "suite-2", key = "env:SUITE_KEY_2", redirect_uri = "https://rp-2.example/callback" }',
    ),
    "refuse": Gap(("EID-AUT-05",), CREDENTIAL, 'refuse = [{ link = "/abort" }], as the user refuses there'),
    "client.encryption": Gap(
        ("EID-IDT-08",),
        "not-applicable",
        f'encryption = {{ key = "env:SUITE_ENCRYPTION_KEY", alg = "ECDH-ES+A256KW", enc = "A256CBC-HS512" }} under '
        f"{CLIENT}, if the client is registered for encrypted ID tokens",
    ),
}
"""Key of the manifest -> its gap, where a login is described."""


def gaps(target: Target, service: Service) -> tuple[Gap, ...]:
    """The gaps of one provider."""
    del target
    return in_order(_gaps(service.settings))


def _gaps(given: Mapping[str, Any]) -> Iterator[Gap]:
    if line := _login(given):
        yield Gap(LOGGED_IN, CREDENTIAL, line)
    else:
        yield from left_out(given, OF_LOGIN)
        yield from _bound(given["client"])
        yield from _assertions(given["client"])
        yield from _certificates(given)
        second = given.get("second_client")
        if second and (line := _key("second_client", second)):
            yield Gap(OTHER_CLIENT, CREDENTIAL, line)
    yield from _signed(given)
    if not given.get("subject_type"):
        line = 'subject_type = "pairwise", if the national law asks for pairwise subjects'
        yield Gap(("EID-DISC-15",), "not-applicable", line)


def _login(given: Mapping[str, Any]) -> str:
    """The line without which nobody can log in, empty where none lacks."""
    client = given.get("client")
    if not client:
        return 'client = { id = "suite", key = "env:SUITE_KEY", redirect_uri = "https://rp.example/callback" }'
    if line := _key("client", client):
        return line
    if not given.get("login"):
        return 'login = [{ fields = { login = "erika" }, secrets = { password = "env:SUITE_PASSWORD" } }]'
    return ""


def _key(name: str, client: Mapping[str, Any]) -> str:
    """The line for the key or secret that a client lacks to authenticate, empty where it has it."""
    needed = KEYS.get(client.get("auth", "private_key_jwt"), "")
    if not needed or needed in client:
        return ""
    place = f"under [target.service.{name}]"
    if needed == "client_certificate":
        return f"{needed} = {_pair('suite-2' if name == 'second_client' else 'suite')} {place}"
    variable = f"SUITE_{needed}{'_2' if name == 'second_client' else ''}".upper()
    return f'{needed} = "env:{variable}" {place}'


def _pair(name: str) -> str:
    """A certificate and its key as a manifest refers to them."""
    return f'{{ certificate = "file:{name}.pem", key = "file:{name}.key" }}'


def _bound(client: Mapping[str, Any]) -> Iterator[Gap]:
    """What needs tokens that are bound. Whether the provider binds them to a certificate, only its metadata say."""
    if client.get("dpop"):
        return
    line = f"dpop = true under {CLIENT}, if the provider binds tokens"
    certified = client.get("client_certificate") and client.get("certificate_bound", True)
    yield Gap(tuple(each for each in PROOFS if not (certified and each in EITHER)), "not-applicable", line)
    if not certified:
        yield Gap(("EID-HIGH-01",), "not-tested(opt-in)", line)


def _certificates(given: Mapping[str, Any]) -> Iterator[Gap]:
    """What needs a certificate of another client."""
    second = given.get("second_client") or {}
    if given["client"].get("auth") == "tls_client_auth" and not second.get("client_certificate"):
        line = f"client_certificate = {_pair('suite-2')} under [target.service.second_client]"
        yield Gap(("EID-CLI-10",), CREDENTIAL, line if second else OF_LOGIN["second_client"].add)


def _assertions(client: Mapping[str, Any]) -> Iterator[Gap]:
    auth = client.get("auth", "private_key_jwt")
    if auth != "private_key_jwt":
        line = f'auth = "private_key_jwt" and key = "env:SUITE_KEY" under {CLIENT}, if the provider takes assertions'
        yield Gap((*ASSERTIONS, "EID-CLI-10") if auth == "none" else ASSERTIONS, "not-applicable", line)
    elif "rsa_key" not in client:
        line = f'rsa_key = "env:SUITE_RSA_KEY" under {CLIENT}, registered as the first key is'
        yield Gap(("EID-CLI-04",), CREDENTIAL, line)


def _signed(given: Mapping[str, Any]) -> Iterator[Gap]:
    """What needs the country's signed data, and a level to ask for."""
    keys = 'trust_keys = "file:trust-keys.json", who may sign the map of levels and the trust list'
    if not given.get("acr_map"):
        yield Gap(MAPPED, PUBLISHED, 'acr_map = "file:acr-map.jws", the country\'s signed map of levels')
    elif not given.get("trust_keys"):
        yield Gap(MAPPED, CREDENTIAL, keys)
    if not given.get("trust_list"):
        yield Gap(ON_LIST, PUBLISHED, 'trust_list = "file:trust-list.jws", the country\'s signed trust list')
    elif not given.get("trust_keys"):
        yield Gap(ON_LIST, CREDENTIAL, keys)
    if not given.get("acr"):
        yield Gap(
            ("EID-LOA-01", "EID-LOA-02"), CREDENTIAL, 'acr = "...", the acr value to ask for, as the provider spells it'
        )
