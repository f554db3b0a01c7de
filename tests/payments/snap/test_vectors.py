"""The vectors: as their generator makes them, as their schema says, and answered alike by our own code."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.core.paths import vectors_dir
from conformance.payments.snap import oracle, vectors

DATA: dict[str, Any] = json.loads(vectors.vectors_file().read_bytes())
CASES: dict[str, dict[str, Any]] = {case["id"]: case for case in DATA["cases"]}
KEY = vectors.private_key()


def test_the_file_is_what_the_generator_makes() -> None:
    assert vectors.vectors_file().read_text(encoding="utf-8") == vectors.text()


def test_the_file_is_as_its_schema_says() -> None:
    schema = json.loads((vectors_dir() / "schema" / "signatures.json").read_bytes())
    Draft202012Validator(schema).validate(DATA)


def test_ids_occur_once_and_every_negative_has_a_control() -> None:
    assert len(CASES) == len(DATA["cases"])
    for case in CASES.values():
        if case["result"] == "rejected":
            control = CASES[case["control"]]
            assert (control["operation"], control["result"]) == ("snap.verify", "output")
            assert control["input"] != case["input"]


def test_there_are_enough() -> None:
    counts = Counter((case["operation"], case["result"]) for case in CASES.values())
    assert counts["snap.verify", "rejected"] >= 90
    assert counts["snap.sign", "output"] >= 30


@pytest.mark.parametrize("name", CASES)
def test_our_own_code_answers_as_expected(name: str) -> None:
    case = CASES[name]
    if case["operation"] == "snap.sign":
        assert oracle.sign(case["input"], KEY) == case["output"]
    else:
        assert oracle.verify(case["input"], KEY) is (case["result"] == "output")
