"""The quick check says yes to our own files, and never to what jsonschema refuses."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.core.paths import profiles_dir
from conformance.core.schema import parse_toml, plain, valid, validator
from conformance.core.surely import surely

SCHEMAS = sorted(path.stem for path in (profiles_dir() / "schema").glob("*.json") if path.stem != "checked")
TEMPLATES = sorted((profiles_dir() / "targets").glob("*.toml"))
ODD: tuple[Any, ...] = (
    *("", " ", "x", "x" * 5000, "2026-13-01", "2026-11-24", "https://a.test/", "https://a.test/#x", "ID", "\n"),
    *(0, 1, -1, 1.0, 0.5, 10**9, True, False, [], ["x"], ["x", "x"], [1, True], {}, {"x": "x"}, {"id": "x"}),
)


def read(path: Path) -> Any:
    return plain(parse_toml(path.read_bytes(), str(path)), str(path))


def changed(data: Any, depth: int = 0) -> Iterator[Any]:
    """Data with one thing in it changed, absent or too much."""
    for odd in ODD:
        yield copy.deepcopy(odd)
    if isinstance(data, dict):
        yield {**data, "unknown": 1}
        for key in data:
            yield {name: value for name, value in data.items() if name != key}
            yield from ({**data, key: each} for each in changed(data[key], depth + 1))
    elif isinstance(data, list) and data:
        yield data * 2
        yield from ([each, *data[1:]] for each in changed(data[0], depth + 1))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_what_is_surely_valid_is_valid(path: Path) -> None:
    data = read(path)
    assert valid("target")(data)
    for each in changed(data):
        assert not valid("target")(each) or validator("target").is_valid(each), each
    for service in data["target"]["service"]:
        name = f"service-{service['role']}"
        assert valid(name)(service)
        for each in changed(service):
            assert not valid(name)(each) or validator(name).is_valid(each), each


@pytest.mark.parametrize("name", SCHEMAS)
def test_odd_values_are_no_more_valid_by_any_schema(name: str) -> None:
    for odd in ODD:
        assert not valid(name)(odd) or validator(name).is_valid(odd)


@pytest.mark.parametrize("schema", [{"not": {}}, {"type": ["string"]}, {"enum": [1]}, {"format": "x"}, False, None])
def test_what_it_does_not_know_it_does_not_vouch_for(schema: Any) -> None:
    assert not any(surely(schema, {})(each) for each in ODD)
