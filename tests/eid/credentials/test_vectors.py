"""The files of vectors: written by their makers, explained, with controls, and answered as due by the sandbox."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.core.paths import vectors_dir
from conformance.core.profile import load_profile
from conformance.eid.credentials.checks import Checks
from conformance.eid.credentials.observe import narrowed
from conformance.eid.credentials.recipe import Kitchen, RecipeError, vector_keys
from conformance.eid.credentials.sandbox import answer
from conformance.eid.credentials.vectors import questions, source_of, sources
from tests.eid.credentials.make.__main__ import texts

GROUPS = [name for source in sources() for name in source.groups]
NOW = int(time.time())


def test_files_are_those_that_the_makers_write() -> None:
    for name, text in texts().items():
        assert (vectors_dir() / "eid" / f"{name}.json").read_text(encoding="utf-8") == text, name


def test_files_are_as_their_schema_says() -> None:
    schema = json.loads((vectors_dir() / "schema" / "eid-vectors.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    for source in sources():
        assert [error.message for error in Draft202012Validator(schema).iter_errors(source.data)] == []


def test_counts_ids_and_flags() -> None:
    cases = [case for source in sources() for group in source.groups.values() for case in group["cases"]]
    assert len(cases) >= 640
    assert [each for each, count in Counter(case["id"] for case in cases).items() if count > 1] == []
    for source in sources():
        used = {flag for group in source.groups.values() for case in group["cases"] for flag in case["flags"]}
        assert used <= set(source.data["notes"])
        assert "test_only" in source.data
    assert f"{len(cases)} cases" in (vectors_dir() / "eid" / "README.md").read_text(encoding="utf-8")


def test_every_group_is_asked_for_by_a_requirement_and_has_both_answers() -> None:
    requirements = load_profile("asean").requirements.values()
    asked = {group for each in requirements for group in each.params.get("groups", ()) if each.area == "eid"}
    assert set(GROUPS) <= asked
    for name in GROUPS:
        assert {case["expect"] for case in source_of(name).groups[name]["cases"]} == {"output", "rejected"}, name


@pytest.mark.parametrize("group", GROUPS)
def test_sandbox_answers_each_case_as_due_and_for_a_fitting_reason(group: str) -> None:
    source = source_of(group)
    for question in questions(group, NOW):
        given = json.loads(json.dumps(question.given))
        reply = answer(Checks(), source.data["operation"], given)
        where = f"{question.id} {question.says}: {str(reply)[:200]}"
        assert reply["type"] == question.due, where
        if question.due == "rejected":
            assert reply["code"] in question.reasons, where
        else:
            assert narrowed(reply["output"], question.wanted) == question.wanted, where


def test_making_is_deterministic() -> None:
    for source in sources():
        if source.name == "id-token":
            continue  # RSA-OAEP is not
        made: list[Any] = []
        for _ in range(2):
            kitchen = Kitchen(NOW, vector_keys(), source.data["shared"])
            cases = [case for group in source.groups.values() for case in group["cases"][:6]]
            made.append([kitchen.make({**source.data["input"], **case["input"]}) for case in cases])
        assert made[0] == made[1] or source.name == "jws", source.name  # PS256 is not either


def test_recipes_that_cannot_be_made_say_so() -> None:
    kitchen = Kitchen(0, vector_keys())
    for recipe in (
        {"$nothing": 1},
        {"$var": "absent"},
        {"$jwk": "absent"},
        {"$now": 1, "x": 2},
        {"$repeat": ["x", 10**9]},
        {"$jwe": {"header": {}, "plaintext": "", "key": "issuer"}},
    ):
        with pytest.raises(RecipeError):
            kitchen.make(recipe)


def test_scopes_of_names() -> None:
    kitchen = Kitchen(7, {}, {"a": {"$var": "b"}, "b": "shared"})
    assert kitchen.make({"$let": {"b": "near"}, "in": [{"$var": "b"}, {"$var": "a"}]}) == ["near", "shared"]
    assert kitchen.make({"x": {"$now": -2}, "y": [{"$digest": ""}]})["x"] == 5
