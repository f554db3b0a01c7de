"""FSPIOP signatures: the vectors as made, answered alike by our own code, and held against Mojaloop's own library."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import conformance
from conformance.core.paths import vectors_dir
from conformance.payments.fspiop import signature, vectors
from conformance.payments.fspiop.signature import FIELD, FspiopError, Message
from conformance.payments.snap.vectors import private_key

DATA: dict[str, Any] = json.loads(vectors.vectors_file().read_bytes())
CASES: dict[str, dict[str, Any]] = {case["id"]: case for case in DATA["cases"]}
KEY = private_key().public_key()
SIGNED = [name for name, case in CASES.items() if case["operation"] == "fspiop.verify"]


def message_of(case: dict[str, Any]) -> Message:
    asked = case["input"]
    return Message(asked["method"], asked["uri"], asked["fields"], asked["body"].encode())


def test_the_file_is_what_the_generator_makes_and_as_its_schema_says() -> None:
    assert vectors.vectors_file().read_text(encoding="utf-8") == vectors.text()
    schema = json.loads((vectors_dir() / "schema" / "signatures.json").read_bytes())
    Draft202012Validator(schema).validate(DATA)
    assert len(CASES) == len(DATA["cases"])
    for case in CASES.values():
        if case["result"] == "rejected":
            assert CASES[case["control"]]["result"] == "output"
            assert CASES[case["control"]]["operation"] == case["operation"]


def verified(message: Message, key: rsa.RSAPublicKey = KEY) -> bool:
    try:
        signature.verify(key, message)
    except FspiopError:
        return False
    return True


@pytest.mark.parametrize("name", CASES)
def test_our_own_code_answers_as_expected(name: str) -> None:
    case = CASES[name]
    if case["operation"] == "fspiop.amount":
        assert signature.is_amount(case["input"]["amount"]) is (case["result"] == "output")
    else:
        assert verified(message_of(case)) is (case["result"] == "output")


def test_another_key_and_a_short_key_are_refused() -> None:
    right = message_of(CASES["right"])
    assert not verified(right, rsa.generate_private_key(65537, 2048).public_key())
    short = rsa.generate_private_key(65537, 1024)
    request = Message("POST", "/quotes", {"fspiop-source": "a"}, b"{}")
    signed = Message("POST", "/quotes", {"fspiop-source": "a", FIELD: signature.sign(short, request)}, b"{}")
    with pytest.raises(FspiopError, match="1024 bits"):
        signature.verify(short.public_key(), signed)


@settings(deadline=None)
@given(
    st.text(max_size=200)
    | st.dictionaries(st.sampled_from(["protectedHeader", "signature"]), st.text()).map(json.dumps)
)
def test_verifying_raises_nothing_but_its_own_error(value: str) -> None:
    with pytest.raises(FspiopError):
        signature.verify(KEY, Message("POST", "/quotes", {FIELD: value}, b"{}"))


@pytest.mark.parametrize("value", ["[" * 100_000, '{"protectedHeader":' * 10_000, "{" * 70_000, "\0", '"' * 70_000])
def test_hostile_headers_are_bounded(value: str) -> None:
    with pytest.raises(FspiopError):
        signature.verify(KEY, Message("POST", "/quotes", {FIELD: value}, b"{}"))


FOLDER = Path(conformance.__file__).parent.parent / ".oracle" / "fspiop"
PROGRAM = """
const Validator = require('@mojaloop/sdk-standard-components').Jws.validator;
const quiet = new Proxy({}, { get: (_, name) => name === 'child' ? () => quiet : () => {} });
const asked = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const validator = new Validator({ logger: quiet, validationKeys: asked.keys });
const made = {};
for (const [name, given] of Object.entries(asked.cases)) {
  const headers = { ...given.fields, 'fspiop-uri': given.uri, 'fspiop-http-method': given.method };
  try { made[name] = validator.validate({ headers, body: JSON.parse(given.body) }); }
  catch (error) { made[name] = false; }
}
console.log('@@' + JSON.stringify(made));
"""

SORTED = "it serialises the parsed body with sorted members and verifies that, not the octets that arrived"
ONE = "it knows RS256 and ES256 alone"
FURTHER = "it compares no further protected field with the request's header (section 3.3, 3g)"
TWICE = "its JSON reader takes the last of two members of one name, which RFC 8259 section 4 leaves open"
DISAGREE = {
    "right-rs384": ONE,
    "right-rs512": ONE,
    "right-pretty": SORTED,
    "right-unsorted": SORTED,
    "right-escaped": SORTED,
    "right-numbers": SORTED,
    "right-not-json": SORTED,
    "body-space": SORTED,
    "body-reordered": SORTED,
    "header-extra-absent": FURTHER,
    "form-twice": TWICE,
}


@pytest.mark.software
def test_mojaloops_own_validator_agrees_or_differs_for_the_known_reason() -> None:
    node = shutil.which("node")
    if node is None or not (FOLDER / "done").exists():
        pytest.skip("node or @mojaloop/sdk-standard-components is not installed (.ci/install installs the latter)")
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    pem = KEY.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    asked = {
        "keys": {"payerfsp": pem, "otherfsp": pem},
        "cases": {name: CASES[name]["input"] for name in SIGNED},
    }
    done = subprocess.run(
        [node, "-e", PROGRAM],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        cwd=FOLDER,
        env={"PATH": os.environ["PATH"]},
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    made: dict[str, bool] = json.loads(done.stdout.rpartition("@@")[2])
    differing = {name for name in SIGNED if made[name] is not (CASES[name]["result"] == "output")}
    assert differing == set(DISAGREE), (sorted(differing - set(DISAGREE)), sorted(set(DISAGREE) - differing))
