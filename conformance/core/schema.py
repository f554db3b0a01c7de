"""Files that people write: read as TOML and held against a JSON Schema of `profiles/schema/`.

A shipped file whose SHA-256 stands in `schema/checked.json` was validated when that list was made, which a test
repeats. Any other file, an edited shipped one included, is validated each time. `jsonschema` costs a third of the
start-up time, so it is imported only for what is not surely valid (`surely.py`), and says what is wrong with it. No
`$ref` leaves the folder of schemas.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import tomli

from conformance.core import scope
from conformance.core.errors import ConfigError, nearest, shown
from conformance.core.model import Undecided
from conformance.core.paths import profiles_dir
from conformance.core.surely import Check, surely

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

MAX_OCTETS = 1_000_000
FIRST_OCTETS = 16_384
"""What is read first: room for the largest file, made for every small one, costs more than reading it."""
MOST_TOLD = 19
"""Mistakes of a file that are told beside the first."""

CHECKED = "checked.json"


@dataclass(frozen=True, slots=True)
class Document:
    """A file that is valid as its schema says. data: dates are `YYYY-MM-DD`. name: the file, for messages."""

    name: str
    path: Path
    data: Mapping[str, Any]
    sha256: str


Parts = Callable[[Mapping[str, Any]], Iterator[tuple[str, tuple[str | int, ...]]]]
"""Given a file's tables, valid or not: schemas that parts of them have beside the file's own, and where they lie."""


def load_document(
    path: Path, schema: str | Callable[[Mapping[str, Any]], str], parts: Parts = lambda _: iter(())
) -> Document:
    """Read a TOML file and hold it against `profiles/schema/<schema>.json`.

    Args:
        path: the file.
        schema: the schema's name, or what names it when given the file's tables.
        parts: see Parts.

    Raises:
        ConfigError: it cannot be read, is no TOML in UTF-8, is too large, or breaks the schema.
    """
    octets = read_octets(path)
    digest = hashlib.sha256(octets).hexdigest()
    data = plain(parse_toml(octets, str(path)), str(path))
    schema = schema if isinstance(schema, str) else schema(data)
    document = Document(str(path), path, data, digest)
    if not is_checked(document, schema):
        found = [*mistakes(data, schema, str(path))]
        for each, at in parts(data):
            found += mistakes(data, each, str(path), at)
        refuse(found)
    return document


def is_checked(document: Document, schema: str) -> bool:
    """Whether the document is a shipped file that is known to be valid."""
    return document.sha256 in checked_digests().get(schema, ())


def read_octets(path: Path) -> bytes:
    """The octets of a file.

    Raises:
        ConfigError: there is none, it cannot be read, or it is larger than MAX_OCTETS.
    """
    try:
        with path.open("rb") as file:
            octets = file.read(FIRST_OCTETS)
            if len(octets) == FIRST_OCTETS:
                octets += file.read(MAX_OCTETS + 1 - FIRST_OCTETS)
    except FileNotFoundError:
        raise ConfigError(str(path), "", "no such file", "a file", _neighbour(path)) from None
    except IsADirectoryError:
        raise ConfigError(str(path), "", "a folder", "a file") from None
    except (OSError, ValueError) as error:
        trouble = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(str(path), "", f"a file that cannot be opened ({trouble})", "a file") from None
    if len(octets) > MAX_OCTETS:
        raise ConfigError(str(path), "", f"more than {MAX_OCTETS:,} octets", "a smaller file")
    return octets


def _neighbour(path: Path) -> str:
    try:
        return nearest(path.name, (each.name for each in path.parent.iterdir()))
    except (OSError, ValueError):
        return ""


def parse_toml(octets: bytes, name: str) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        ConfigError: it is not UTF-8, or no TOML; with line and column.
    """
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise ConfigError(name, f"line {line}", f"octet 0x{octets[error.start]:02x}", "UTF-8") from None
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        what, _, where = str(error).partition(" (at ")
        raise ConfigError(name, where.rstrip(")"), f"{what[:1].lower()}{what[1:200]}", "TOML") from None
    except RecursionError:
        raise ConfigError(name, "", "values nested too deeply", "TOML") from None
    except ValueError as error:  # an integer of more digits than Python reads
        raise ConfigError(name, "", str(error)[:200], "TOML") from None


def plain(data: Any, name: str) -> Any:
    """TOML's values as JSON has them: dates as `YYYY-MM-DD`; times and numbers that JSON lacks are refused."""
    if is_plain(data):
        return data

    def walk(value: Any, path: tuple[str | int, ...]) -> Any:
        match value:
            case dict():
                return {key: walk(each, (*path, key)) for key, each in value.items()}
            case list():
                return [walk(each, (*path, position)) for position, each in enumerate(value)]
            case float() if not math.isfinite(value):
                raise ConfigError(name, place(data, path), str(value), "a number")
            case str() | bool() | int() | float():
                return value
            case date() if not isinstance(value, datetime):
                return value.isoformat()
        raise ConfigError(name, place(data, path), f"the time {value}", "a date, YYYY-MM-DD (in UTC)")

    return walk(data, ())


def is_plain(value: Any) -> bool:
    """Whether a value is one of JSON as it is."""
    match value:
        case str() | bool() | int():
            return True
        case dict():
            return all(map(is_plain, value.values()))
        case list():
            return all(map(is_plain, value))
    return False


NOTHING: Mapping[str, Any] = MappingProxyType({})


def frozen(value: Any) -> Any:
    """A value of a file that nobody can change: mappings read-only, lists as tuples."""
    if isinstance(value, Mapping):
        return NOTHING if not value else MappingProxyType({key: frozen(each) for key, each in value.items()})
    if isinstance(value, list | tuple):
        return tuple(frozen(each) for each in value)
    return value


@cache
def checked_digests() -> Mapping[str, tuple[str, ...]]:
    """Schema name -> SHA-256 of the shipped files that are known to be valid."""
    try:
        listed: dict[str, list[str]] = json.loads((profiles_dir() / "schema" / CHECKED).read_bytes())
    except (OSError, ValueError):
        return {}
    return {schema: tuple(digests) for schema, digests in listed.items()}


def validate(data: Any, schema: str, name: str) -> None:
    """Hold data against a schema.

    Raises:
        ConfigError: of the first thing that is wrong, with the others.
    """
    refuse(mistakes(data, schema, name))


def refuse(found: Iterable[ConfigError]) -> None:
    """Raise the first mistake, with the others; one for each place and finding."""
    told = [*{(each.key, each.found): each for each in found}.values()]
    if told:
        told[0].others = tuple(told[1 : 1 + MOST_TOLD])
        raise told[0]


def mistakes(data: Any, schema: str, name: str, at: tuple[str | int, ...] = ()) -> Iterator[ConfigError]:
    """What is wrong with data, or the part of it that lies `at` this path: what tells most first."""
    part = data
    for step in at:
        part = part[step]
    if valid(schema)(part):
        return
    for error in sorted(_leaves(validator(schema).iter_errors(part)), key=_rank):
        yield from _explained(error, data, name, at)


def marked(value: Any, schema: Mapping[str, Any], wrap: Callable[[str], Any]) -> Any:
    """A valid value with every string that its schema marks `writeOnly` wrapped: such strings refer to secrets."""
    schema = _resolved(schema)
    if isinstance(value, str) and schema.get("writeOnly"):
        return wrap(value)
    if isinstance(value, Mapping):
        known, rest = schema.get("properties", {}), schema.get("additionalProperties")
        rest = rest if isinstance(rest, Mapping) else {}
        return {key: marked(each, known.get(key, rest), wrap) for key, each in value.items()}
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        return [marked(each, schema["items"], wrap) for each in value]
    return value


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a schema refers to by `file.json#/$defs/name`, the file always named; itself where it does not."""
    while reference := schema.get("$ref"):
        file, _, name = reference.partition("#/$defs/")
        schema = schema_of(file)["$defs"][name]
    return schema


@cache
def schema_of(file: str) -> Mapping[str, Any]:
    """A schema of `profiles/schema/` by its file name."""
    read: Mapping[str, Any] = json.loads((profiles_dir() / "schema" / file).read_bytes())
    return read


@cache
def valid(schema: str) -> Check:
    """What says that data is surely valid by a schema, by its name; see `surely.py`."""
    return surely(_filled(schema_of(f"{schema}.json"), f"{schema}.json"), FORMATS)


@cache
def validator(schema: str) -> Draft202012Validator:
    """What holds data against a schema, by its name. References are filled in, since following each costs most."""
    from jsonschema import Draft202012Validator, FormatChecker  # noqa: PLC0415 - see the module's head
    from jsonschema.validators import extend  # noqa: PLC0415

    formats = FormatChecker(formats=())
    for name, holds in FORMATS.items():
        formats.checks(name)(holds)
    whole: Any = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]
    made: Draft202012Validator = whole(_filled(schema_of(f"{schema}.json"), f"{schema}.json"), format_checker=formats)
    return made


def _filled(node: Any, file: str) -> Any:
    """A schema with every `$ref` replaced by what it points to; ours are local and not recursive."""
    if isinstance(node, list):
        return [_filled(each, file) for each in node]
    if not isinstance(node, Mapping):
        return node
    if "$ref" in node:
        name, _, path = node["$ref"].partition("#/")
        found: Any = schema_of(name or file)
        for step in filter(None, path.split("/")):
            found = found[step]
        return _filled(found, name or file)
    return {key: _filled(value, file) for key, value in node.items() if key != "$defs"}


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    """The keyword `pattern`, all of ours being whole-string: Python's `$` would let a final line break pass."""
    from jsonschema.exceptions import ValidationError  # noqa: PLC0415 - see the module's head

    if isinstance(instance, str) and not re.fullmatch(pattern, instance):
        yield ValidationError("does not match")


def is_date(value: object) -> bool:
    """Whether a value is a date of the form YYYY-MM-DD. What is no string is the business of `type`."""
    if not isinstance(value, str):
        return True
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def is_url(value: object) -> bool:
    """Whether a value is an http or https URL with a plain host and without user, password, fragment or white space."""
    if not isinstance(value, str):
        return True
    try:
        parts = urlsplit(value)
        scope.canonical_host(parts.hostname or "")
        port = parts.port
    except (ValueError, Undecided):
        return False
    plain_text = value.isascii() and value.isprintable() and " " not in value and "#" not in value
    return plain_text and parts.scheme in ("http", "https") and "@" not in parts.netloc and port != 0


FORMATS: Mapping[str, Callable[[object], bool]] = {"date": is_date, "url": is_url}


def _leaves(errors: Iterator[ValidationError]) -> Iterator[ValidationError]:
    for error in errors:
        yield from _leaves(iter(error.context)) if error.context else (error,)


def _rank(error: ValidationError) -> tuple[int, int, str]:
    """What tells most comes first: unknown keys, then absent ones, then values, each in the order of the file."""
    kinds = {"additionalProperties": 0, "required": 1}
    return (kinds.get(str(error.validator), 2), len(error.absolute_path), str(list(error.absolute_path)))


def _explained(error: ValidationError, data: Any, name: str, at: tuple[str | int, ...] = ()) -> Iterator[ConfigError]:
    """The mistakes behind one error of a schema: each key that is unknown or absent is one."""
    where = place(data, (*at, *error.absolute_path))
    allowed: Any = error.validator_value
    instance: Any = error.instance
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
    known = tuple(schema.get("properties", ()))
    match error.validator:
        case "additionalProperties":
            choice = f"one of {', '.join(sorted(known))}" if len(known) <= 12 else "a key of the schema"
            for key in instance:
                if key not in known:
                    yield ConfigError(name, where, f"the unknown key {shown(key)}", choice, nearest(key, known))
            return
        case "required":
            strange = [each for each in instance if each not in known]
            absent = next(key for key in allowed if error.message.startswith(f"{key!r} is a required"))
            if not any(nearest(each, known) == absent for each in strange):  # else it was told as the unknown key
                yield ConfigError(name, where, f"no {absent}", f"the key {absent}")
            return
    found = "a value that is not shown" if schema.get("writeOnly") else shown(error.instance)
    near = ""
    if error.validator == "enum" and isinstance(error.instance, str):
        near = nearest(error.instance, (each for each in allowed if isinstance(each, str)))
    yield ConfigError(name, where, found, _expectation(error, schema), near)


_TYPES = {
    "object": "a table",
    "array": "a list",
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}

_EXPECTED: Mapping[str, Callable[[Any], str]] = {
    "type": lambda allowed: _TYPES.get(str(allowed), str(allowed)),
    "enum": lambda allowed: f"one of {', '.join(map(str, allowed))}",
    "const": shown,
    "format": {"date": "a date, YYYY-MM-DD", "url": "an http or https URL"}.__getitem__,
    "minimum": lambda allowed: f"at least {allowed}",
    "exclusiveMinimum": lambda allowed: f"more than {allowed}",
    "maximum": lambda allowed: f"at most {allowed}",
    "minLength": lambda allowed: f"at least {allowed} character{'s' * (allowed > 1)}",
    "maxLength": lambda allowed: f"at most {allowed} characters",
    "minItems": lambda allowed: f"at least {allowed}",
    "maxItems": lambda allowed: f"at most {allowed}",
    "minProperties": lambda allowed: f"at least {allowed} key{'s' * (allowed > 1)}",
    "uniqueItems": lambda _: "each value once",
}
"""A keyword of JSON Schema -> what it asks for, in words."""


def _expectation(error: ValidationError, schema: Mapping[str, Any]) -> str:
    keyword = str(error.validator)
    if keyword in _EXPECTED:
        return _EXPECTED[keyword](error.validator_value)
    hint = str(schema.get("description", ""))
    return hint[:1].lower() + hint[1:] if hint else f"{keyword} {shown(error.validator_value)}"


_NAMES = ("id", "requirement", "code")


def place(data: Any, path: Any) -> str:
    """A path in a file as people find it: `requirement "TLS-VER-03".params`, `target.service 2.role`."""
    parts: list[str] = []
    for step in path:
        data = data[step]
        if not isinstance(step, int):
            parts.append(str(step))
            continue
        label = next((data[key] for key in _NAMES if isinstance(data, dict) and isinstance(data.get(key), str)), None)
        parts[-1] += f" {shown(label) if label is not None else step + 1}"
    return ".".join(parts)
