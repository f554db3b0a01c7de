"""The vectors of callbacks: as made, as their schema says, and answered alike by our own code and by others'."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from conformance.core.paths import vectors_dir
from conformance.payments import detached_jws, webhook
from conformance.payments.api import vectors

DATA: dict[str, Any] = json.loads(vectors.vectors_file().read_bytes())
CASES: dict[str, dict[str, Any]] = {case["id"]: case for case in DATA["cases"]}
KEY = ed25519.Ed25519PublicKey.from_public_bytes(detached_jws.unb64url(vectors.public_key()))


def test_the_file_is_what_the_generator_makes() -> None:
    assert vectors.vectors_file().read_text(encoding="utf-8") == vectors.text()


def test_the_file_is_as_its_schema_says() -> None:
    schema = json.loads((vectors_dir() / "schema" / "signatures.json").read_bytes())
    Draft202012Validator(schema).validate(DATA)


def test_ids_occur_once_and_every_negative_has_a_control() -> None:
    assert len(CASES) == len(DATA["cases"])
    negatives = [case for case in CASES.values() if case["result"] == "rejected"]
    assert len(negatives) >= 45
    for case in negatives:
        control = CASES[case["control"]]
        assert (control["operation"], control["result"]) == (case["operation"], "output")
        assert control["input"] != case["input"]


def answer(case: dict[str, Any]) -> bool:
    """Our own answer to a case."""
    asked = case["input"]
    if case["operation"] == "webhook.verify":
        secrets = [each.encode() for each in asked["secrets"]]
        return webhook.verify("standard-webhooks", secrets, asked["fields"], asked["body"].encode()).state == "good"
    try:
        detached_jws.verify(KEY, asked["body"].encode(), asked["signature"])
    except detached_jws.JwsError:
        return False
    return True


@pytest.mark.parametrize("name", CASES)
def test_our_own_code_answers_as_expected(name: str) -> None:
    assert answer(CASES[name]) is (CASES[name]["result"] == "output")


HOOKS = [name for name, case in CASES.items() if case["operation"] == "webhook.verify"]
HOOK_DISAGREE = {
    "hook-empty-body": "it verifies and then parses the body, which is not there",
    "hook-timestamp-zero": "it reads the timestamp as a number and signs that number, so a zero before it is lost",
}


@pytest.mark.parametrize("name", HOOKS)
def test_the_reference_library_of_standard_webhooks_agrees(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    library = pytest.importorskip("standardwebhooks.webhooks", reason="standardwebhooks is not installed")
    asked = CASES[name]["input"]
    monkeypatch.setattr(library.Webhook, "_Webhook__verify_timestamp", _at_any_time, raising=True)
    accepted = False
    for secret in asked["secrets"]:
        known = library.Webhook(f"whsec_{base64.b64encode(secret.encode()).decode()}")
        try:
            known.verify(asked["body"], asked["fields"])
        except (library.WebhookVerificationError, ValueError):
            continue
        accepted = True
    agrees = accepted is (CASES[name]["result"] == "output")
    assert agrees is (name not in HOOK_DISAGREE), (accepted, HOOK_DISAGREE.get(name))


def _at_any_time(_: Any, text: str) -> Any:
    """The library's time check, without the clock."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from standardwebhooks.webhooks import WebhookVerificationError  # noqa: PLC0415

    try:
        return datetime.fromtimestamp(float(text), tz=UTC)
    except ValueError:
        raise WebhookVerificationError("Invalid Signature Headers") from None


def test_the_published_example_of_standard_webhooks() -> None:
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = webhook.sign_hmac([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made[webhook.SIGNATURE] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_example_of_rfc_8037_appendix_a_4() -> None:
    raw = detached_jws.unb64url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
    signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    key = ed25519.Ed25519PublicKey.from_public_bytes(raw)
    text = f"eyJhbGciOiJFZERTQSJ9..{signature}"
    assert detached_jws.verify(key, b"Example of Ed25519 signing", text) == {"alg": "EdDSA"}


def test_the_signing_input_of_rfc_7797_section_4_2() -> None:
    header = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19"
    assert detached_jws.signing_input(header, b"$.02", encoded=False) == f"{header}.$.02".encode()


KEYS: dict[str, Any] = {
    "PS256": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
}


@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("encoded", [True, False])
def test_signatures_are_read_back_and_by_no_other_key(algorithm: str, encoded: bool) -> None:
    header = {"alg": algorithm} if encoded else {"alg": algorithm, "b64": False, "crit": ["b64"]}
    made = detached_jws.sign(KEYS[algorithm], b"octets \xff\x00", header)
    assert detached_jws.verify(KEYS[algorithm].public_key(), b"octets \xff\x00", made) == header
    for name, other in KEYS.items():
        if name != algorithm:
            with pytest.raises(detached_jws.JwsError):
                detached_jws.verify(other.public_key(), b"octets \xff\x00", made)
    with pytest.raises(detached_jws.JwsError):
        detached_jws.verify(KEYS[algorithm].public_key(), b"octets \xff\x01", made)


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("algorithm", KEYS)
def test_another_implementation_reads_ours_and_we_read_its(algorithm: str) -> None:
    jws = pytest.importorskip("joserfc.jws", reason="joserfc is not installed")
    jwk = pytest.importorskip("joserfc.jwk")
    kind = {"PS256": jwk.RSAKey, "EdDSA": jwk.OKPKey, "Ed25519": jwk.OKPKey}.get(algorithm, jwk.ECKey)
    key = kind.import_key(_pem(KEYS[algorithm]))
    header = {"alg": algorithm, "b64": False, "crit": ["b64"]}
    ours = detached_jws.sign(KEYS[algorithm], b'{"a":1}', header)
    read = jws.deserialize_compact(ours, key, payload=b'{"a":1}', algorithms=[algorithm])
    assert read.headers() == header
    theirs = jws.serialize_compact(header, b'{"a":1}', key, algorithms=[algorithm])
    head, _, rest = theirs.partition(".")
    detached = f"{head}..{rest.rpartition('.')[2]}"
    assert detached_jws.verify(KEYS[algorithm].public_key(), b'{"a":1}', detached) == header


def _pem(key: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization as s  # noqa: PLC0415

    octets: bytes = key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())
    return octets


@settings(deadline=None)
@given(st.text(max_size=200))
def test_verifying_raises_nothing_but_its_own_error(text: str) -> None:
    with pytest.raises(detached_jws.JwsError):
        detached_jws.verify(KEY, b"", text)


@settings(deadline=None)
@given(st.text(max_size=80), st.text(max_size=20), st.text(max_size=20), st.binary(max_size=40))
def test_callbacks_of_any_kind_are_read_without_error(signature: str, event: str, stamp: str, body: bytes) -> None:
    fields = {webhook.SIGNATURE: signature, webhook.ID: event, webhook.TIMESTAMP: stamp, webhook.JWS: signature}
    assert webhook.verify("standard-webhooks", [b"k"], fields, body).state in ("bad", "absent")
    assert webhook.verify("jws-detached", [KEY], fields, body).state in ("bad", "absent")


def test_hostile_headers_are_bounded() -> None:
    for text in ("." * 1_000_000, "a" * 1_000_000 + "..", detached_jws.b64url(b"[" * 3000) + ".."):
        with pytest.raises(detached_jws.JwsError):
            detached_jws.verify(KEY, b"", text)
