"""Encrypted tokens: ours are read, a key of ours that is wrong decides nothing, and what is wrong itself is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.jwk import ECKey, RSAKey

from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.eid.op.evidence import UserInfo
from conformance.eid.op.jwe import CONTENT_ALGS, KEY_ALGS, Unreadable, decrypt
from conformance.eid.op.observe_userinfo import userinfo_record
from conformance.eid.op.settings import Client
from conformance.wire.jose import b64, jwk, unb64
from conformance.wire.jws import tampered
from conformance.wire.pem import private_pem

KEYS: dict[str, Any] = {"EC": ec.generate_private_key(ec.SECP256R1()), "RSA": rsa.generate_private_key(65537, 2048)}
OTHERS = {"EC": ec.generate_private_key(ec.SECP256R1()), "RSA": rsa.generate_private_key(65537, 2048)}
TEXT = "eyJ.inner.token"


def kind(alg: str) -> str:
    return "RSA" if alg.startswith("RSA") else "EC"


def client(private: object, alg: str = "", enc: str = "") -> Client:
    return Client("a", "none", "https://rp.example", decryption_key=private_pem(private), encryption=(alg, enc))


def token(alg: str, enc: str) -> str:
    """A token for KEYS, by a library that nobody here wrote."""
    public = jwk(KEYS[kind(alg)].public_key())
    key = ECKey.import_key(public) if kind(alg) == "EC" else RSAKey.import_key(public)
    return jwe.encrypt_compact({"alg": alg, "enc": enc}, TEXT.encode(), key, algorithms=[alg, enc])


PAIRS = [(alg, "A256GCM") for alg in KEY_ALGS] + [("ECDH-ES+A256KW", enc) for enc in CONTENT_ALGS]
MADE = {pair: token(*pair) for pair in PAIRS}


@pytest.mark.parametrize(("alg", "enc"), PAIRS)
def test_a_token_for_our_key_is_read(alg: str, enc: str) -> None:
    header, text = decrypt(MADE[alg, enc], client(KEYS[kind(alg)]))
    assert (header["alg"], header["enc"], text) == (alg, enc, TEXT)


@pytest.mark.parametrize("other", [*OTHERS.values(), ec.generate_private_key(ec.SECP384R1())])
@pytest.mark.parametrize(("alg", "enc"), PAIRS)
def test_another_key_decides_nothing(alg: str, enc: str, other: object) -> None:
    with pytest.raises(Undecided, match=r"client\.encryption\.key") as caught:
        decrypt(MADE[alg, enc], client(other, alg, enc))
    assert caught.value.reason is Reason.CONTROL_FAILED


def test_a_key_for_another_algorithm_than_registered_is_the_providers() -> None:
    with pytest.raises(Unreadable, match="ECDH-ES"):
        decrypt(MADE["RSA-OAEP", "A256GCM"], client(KEYS["EC"], "ECDH-ES+A256KW", "A256GCM"))


def header(change: Callable[[dict[str, object]], dict[str, object]]) -> Callable[[list[str]], list[str]]:
    return lambda parts: [b64(json.dumps(change(json.loads(unb64(parts[0])))).encode()), *parts[1:]]


WRONG: dict[str, Callable[[list[str]], list[str]]] = {
    "Extra data": lambda parts: ["e30x", *parts[1:]],
    "epk is no public key": header(lambda found: {name: found[name] for name in found if name != "epk"}),
    "epk is no": header(lambda found: {**found, "epk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}),
    "none that are read": header(lambda found: {**found, "enc": "A512"}),
    "alg 'dir'": header(lambda found: {**found, "alg": "dir"}),
    "zip": header(lambda found: {**found, "zip": "DEF"}),
    "the encrypted key": lambda parts: [parts[0], parts[1][:40], *parts[2:]],
    "the initialisation vector": lambda parts: [*parts[:2], parts[2][:-4], *parts[3:]],
    "the ciphertext": lambda parts: [*parts[:3], "", parts[4]],
    "the tag": lambda parts: [*parts[:4], parts[4][:20]],
    "base64url": lambda parts: [*parts[:4], "!"],
    "its content does not decrypt": lambda parts: tampered(".".join(parts)).split("."),
}


@pytest.mark.parametrize("message", WRONG)
def test_what_is_wrong_whatever_the_key_is_named(message: str) -> None:
    spoiled = ".".join(WRONG[message](MADE["ECDH-ES+A256KW", "A256GCM"].split(".")))
    with pytest.raises(Unreadable, match=message):
        decrypt(spoiled, client(KEYS["EC"]))


def test_without_a_key_or_the_algorithm_nothing_is_tested() -> None:
    with pytest.raises(Untested) as absent:
        decrypt(MADE["ECDH-ES", "A256GCM"], replace(client(KEYS["EC"]), decryption_key=b""))
    assert absent.value.reason is NotTested.NO_CREDENTIAL
    direct = ".".join(WRONG["alg 'dir'"](MADE["ECDH-ES", "A256GCM"].split(".")))
    with pytest.raises(Untested) as lacking:
        decrypt(direct, client(KEYS["EC"], "dir", "A256GCM"))
    assert lacking.value.reason is NotTested.UNSUPPORTED


@settings(deadline=None)  # it decrypts with RSA, and a busy machine takes its time
@given(st.sampled_from(list(MADE.values())), st.integers(0, 4), st.text(max_size=40), st.integers(0, 600))
def test_nothing_but_our_own_exceptions_comes_out(whole: str, number: int, piece: str, cut: int) -> None:
    parts = whole.split(".")
    parts[number] = f"{parts[number][:cut]}{piece}"
    for private in KEYS.values():
        try:
            decrypt(".".join(parts), client(private))
        except (Unreadable, Undecided, Untested):
            continue


def answered(body: bytes) -> Any:
    """A UserInfo answer."""
    exchange = SimpleNamespace(body=body, status=200)
    exchange.all = lambda name: ("application/jwt",) if name == "content-type" else ()
    return exchange


def recorded(exchange: Any, **of_client: Any) -> UserInfo:
    """What is recorded of UserInfo, where the ID token was read and UserInfo answers so."""
    own = replace(client(KEYS["EC"]), **of_client)
    provider = SimpleNamespace(client=own, endpoint=lambda _: "https://a/userinfo")
    made: Any = SimpleNamespace(provider=provider, keys=(), control=SimpleNamespace(claims={"sub": "a"}))
    return userinfo_record(made, {"answer": exchange}, {}, {})


def test_userinfo_that_our_key_does_not_open_decides_nothing() -> None:
    exchange = answered(MADE["ECDH-ES+A256KW", "A256GCM"].encode())
    for options, reason in (
        ({"decryption_key": private_pem(OTHERS["EC"])}, "control-failed"),
        ({"decryption_key": b""}, "no-credential"),
    ):
        assert recorded(exchange, **options).troubles["answer"][0] == reason


def test_userinfo_that_is_no_jwt_is_a_finding_and_says_nothing_of_its_subject() -> None:
    found = recorded(answered(b"junk"))
    assert found.jwt_problem
    assert found.troubles["sub"][0] == "not-observable"
    assert "answer" not in found.troubles
