"""Canonical JSON: what it refuses."""

from __future__ import annotations

import pytest

from conformance.core import codec


def test_a_type_without_json_is_refused_by_name() -> None:
    assert codec.encode({"b": 1, "a": 2}) == b'{"a":2,"b":1}'
    with pytest.raises(NotImplementedError, match="object has no JSON"):
        codec.encode({"x": object()})
