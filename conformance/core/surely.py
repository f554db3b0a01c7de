"""Whether data is surely valid as a JSON Schema says: one compiled function, hundreds of times quicker than jsonschema.

A fleet has thousands of manifests, nearly all of them valid, and `jsonschema` makes objects to explain what is wrong
with those that are not. `surely` may say no to what is valid, never yes to what is not: a keyword that it does not
know, and a value of a kind that a keyword is not for, make it say no, and then `jsonschema` decides (schema.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

Check: TypeAlias = Callable[[Any], bool]

SAYS_NOTHING: Final = frozenset({"$schema", "title", "description", "writeOnly"})
"""Keywords that are for readers."""


OF_TYPE: Final[Mapping[str, frozenset[str]]] = {
    "object": frozenset({"properties", "additionalProperties", "required", "propertyNames", "minProperties"}),
    "array": frozenset({"items", "minItems", "maxItems"}),
    "string": frozenset({"enum", "pattern", "minLength", "maxLength"}),
}
"""Keywords whose checks say no to data of another type."""


def always(_: Any) -> bool:
    """Whatever it is."""
    return True


def never(_: Any) -> bool:
    """Not for us to say."""
    return False


def surely(schema: Any, formats: Mapping[str, Check]) -> Check:
    """The check that a schema comes to.

    Args:
        schema: without references.
        formats: what holds a string against each `format`.
    """
    if not isinstance(schema, Mapping):
        return always if schema is True else never
    checks: list[Check] = []
    for keyword, value in schema.items():
        if keyword in SAYS_NOTHING or _held_by_others(keyword, value, schema):
            continue
        if keyword in _OF_SCHEMAS:
            checks.append(_OF_SCHEMAS[keyword](value, schema, formats))
        elif keyword == "format":
            checks.append(formats.get(value, never))
        else:
            checks.append(_OF_VALUES.get(keyword, _unknown)(value))
    if len(checks) == 1:
        return checks[0]

    def whole(data: Any) -> bool:
        for check in checks:  # noqa: SIM110 - a generator would take longer than most checks
            if not check(data):
                return False
        return True

    return whole


def _held_by_others(keyword: str, value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether the checks of other keywords of the schema leave nothing for this one to say."""
    if keyword == "additionalProperties":
        return "properties" in schema
    return keyword == "type" and not OF_TYPE.get(str(value), frozenset()).isdisjoint(schema)


def _members(_: Any, schema: Mapping[str, Any], formats: Mapping[str, Check]) -> Check:
    """`properties` and `additionalProperties` together."""
    known = {name: surely(each, formats) for name, each in schema.get("properties", {}).items()}
    rest = surely(schema.get("additionalProperties", True), formats)

    def check(data: Any) -> bool:
        if type(data) is not dict:
            return False
        for name, value in data.items():  # noqa: SIM110 - as above
            if not known.get(name, rest)(value):
                return False
        return True

    return check


def _items(value: Any, _: Mapping[str, Any], formats: Mapping[str, Check]) -> Check:
    each = surely(value, formats)
    return lambda data: type(data) is list and all(map(each, data))


def _names(value: Any, _: Mapping[str, Any], formats: Mapping[str, Check]) -> Check:
    each = surely(value, formats)
    return lambda data: type(data) is dict and all(map(each, data))


def _all_of(value: Any, _: Mapping[str, Any], formats: Mapping[str, Check]) -> Check:
    checks = [surely(each, formats) for each in value]
    return lambda data: all(check(data) for check in checks)


_OF_SCHEMAS: Final[Mapping[str, Callable[[Any, Mapping[str, Any], Mapping[str, Check]], Check]]] = {
    "properties": _members,
    "additionalProperties": _members,
    "items": _items,
    "propertyNames": _names,
    "allOf": _all_of,
}

_TYPES: Final[Mapping[str, Check]] = {
    "object": lambda data: type(data) is dict,
    "array": lambda data: type(data) is list,
    "string": lambda data: type(data) is str,
    "boolean": lambda data: type(data) is bool,
    "integer": lambda data: type(data) is int,  # jsonschema takes 1.0 as well
    "number": lambda data: type(data) in (int, float),
}


def _enum(allowed: Any) -> Check:
    """Of strings alone: of others, JSON and Python disagree on what is equal."""
    words = frozenset(each for each in allowed if isinstance(each, str))
    return lambda data: type(data) is str and data in words


def _required(names: Any) -> Check:
    needed = frozenset(names)
    return lambda data: type(data) is dict and needed <= data.keys()


def _pattern(text: Any) -> Check:
    match = re.compile(text).fullmatch
    return lambda data: type(data) is str and match(data) is not None


def _unique(value: Any) -> Check:
    if not value:
        return always
    return lambda data: type(data) is list and all(type(x) is str for x in data) and len(set(data)) == len(data)


def _unknown(_: Any) -> Check:
    return never


_OF_VALUES: Final[Mapping[str, Callable[[Any], Check]]] = {
    "type": lambda name: _TYPES.get(name, never) if isinstance(name, str) else never,
    "enum": _enum,
    "required": _required,
    "pattern": _pattern,
    "uniqueItems": _unique,
    "minLength": lambda least: lambda data: type(data) is str and len(data) >= least,
    "maxLength": lambda most: lambda data: type(data) is str and len(data) <= most,
    "minItems": lambda least: lambda data: type(data) is list and len(data) >= least,
    "maxItems": lambda most: lambda data: type(data) is list and len(data) <= most,
    "minProperties": lambda least: lambda data: type(data) is dict and len(data) >= least,
    "maxProperties": lambda most: lambda data: type(data) is dict and len(data) <= most,
    "minimum": lambda least: lambda data: type(data) in (int, float) and data >= least,
    "maximum": lambda most: lambda data: type(data) in (int, float) and data <= most,
    "exclusiveMinimum": lambda bound: lambda data: type(data) in (int, float) and data > bound,
}
