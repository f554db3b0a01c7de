"""The vectors of ISO 20022 messages: as their schema says, always the same, and judged as they say."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.core.paths import vectors_dir
from conformance.core.profile import load_profile
from conformance.payments.iso20022 import vectors
from conformance.payments.iso20022.harness import octets_of
from conformance.payments.iso20022.rules import RULES
from conformance.payments.iso20022.validate import terms_of, validate

FILE = vectors_dir() / vectors.NAME
CASES: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))["cases"]
BY_ID = {case["id"]: case for case in CASES}
TERMS = terms_of(load_profile("asean").requirements)


def test_the_file_is_as_its_schema_says() -> None:
    schema = json.loads((vectors_dir() / "schema" / "iso20022.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(json.loads(FILE.read_text(encoding="utf-8")))
    assert len(BY_ID) == len(CASES)


def test_the_generator_writes_the_same_octets() -> None:
    assert vectors.document() == FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", BY_ID)
def test_each_vector_is_judged_as_it_says(name: str) -> None:
    case = BY_ID[name]
    verdict = validate(octets_of(case["input"]), case["input"]["country"], TERMS)
    found = {broken.rule for broken in verdict.broken}
    assert sorted(found) == case["output"]["breaks"]
    assert verdict.schema == case["output"]["schema"]
    assert verdict.accepted == (case["result"] == "output")


def test_each_control_is_a_valid_vector_and_every_group_has_some() -> None:
    for case in CASES:
        if "control" in case:
            assert BY_ID[case["control"]]["result"] == "output"
    assert Counter(case["group"] for case in CASES).keys() == {"valid", "invalid", "hostile"}


def test_every_rule_is_broken_alone_by_one_vector_at_least() -> None:
    alone = {case["output"]["breaks"][0] for case in CASES if len(case["output"]["breaks"]) == 1}
    assert {rule.name for rule in RULES} | {"schema", "version"} <= alone


WRONG_BUT_VALID = (
    "decimals-sgd",
    "decimals-vnd",
    "currency-zzz",
    "amount-zero",
    "amount-plus",
    "name-thai",
    "name-emoji",
    "bic-country-zz",
    "lei-check-digit",
    "time-without-offset",
    "time-hour-24",
    "purpose-zzzz",
    "blank-name",
)
"""What the genuine schema is known to let through: each must be taken by it here, and caught by a rule."""


@pytest.mark.parametrize("name", WRONG_BUT_VALID)
def test_what_the_schema_lets_through_is_caught_by_a_rule(name: str) -> None:
    output = BY_ID[name]["output"]
    assert output["schema"] == "xsd"
    assert output["structure_valid"]
    assert output["breaks"]


def test_many_are_taken_by_the_schema_and_wrong_all_the_same() -> None:
    wrong = [case for case in CASES if case["output"]["structure_valid"] and case["result"] == "rejected"]
    broken = [case for case in CASES if not case["output"]["structure_valid"] and case["group"] == "invalid"]
    assert len(wrong) >= 50
    assert len(broken) >= 20


def test_our_own_validator_answers_the_vectors_through_the_harness() -> None:
    wire = pytest.importorskip("conformance.wire.harness", reason="the harness contract is not here yet")
    command = [sys.executable, "-m", "conformance.payments.iso20022.harness"]
    root = Path(vectors.__file__).parents[3]
    with wire.Harness(command, root) as harness:
        for case in CASES[::7]:
            reply = harness.run(case["operation"], case["input"])
            assert reply.word == case["result"], (case["id"], reply)
            assert reply.word == "output" or reply.text in case["output"]["breaks"]
