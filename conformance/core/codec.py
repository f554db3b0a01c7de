"""Records to and from canonical JSON: sorted keys, compact, UTF-8, so that equal records have equal bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar, cast

import msgspec

from conformance.core.secret import Secret

T = TypeVar("T")


def _unfrozen(value: Any) -> Any:
    """A frozen mapping as the encoder knows it; of a secret its reference alone."""
    if isinstance(value, MappingProxyType):
        return dict(value)
    if isinstance(value, Secret):
        return value.reference
    raise NotImplementedError(f"{type(value).__name__} has no JSON")


_ENCODER = msgspec.json.Encoder(order="sorted", enc_hook=_unfrozen)


_KEEPER = msgspec.json.Encoder(enc_hook=_unfrozen)


class CodecError(ValueError):
    """Bytes that are not the JSON of the record they should hold; the message names the path."""


def encode(record: object) -> bytes:
    """Canonical JSON of a record, mapping or list."""
    return _ENCODER.encode(record)


def encode_lines(records: Iterable[object]) -> bytes:
    """Canonical JSON of each record, in a line of its own."""
    return _ENCODER.encode_lines(records)


def encode_in_order(record: object) -> bytes:
    """JSON of a record with the keys of its mappings in their own order: a profile is read in the order of its file."""
    return _KEEPER.encode(record)


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, strict=True)


def decode(data: bytes, kind: type[T]) -> T:
    """The record of type `kind` that `data` holds.

    Raises:
        CodecError: not JSON, nested too deeply, or of another shape; says what was expected and where.
    """
    try:
        return cast("T", _decoder(cast("Hashable", kind)).decode(data))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise CodecError(str(error)) from None


def decode_each(lines: Iterable[bytes], kind: type[T]) -> list[T]:
    """The record that each of the lines holds.

    Raises:
        CodecError: as `decode`, of the first line that is none.
    """
    try:
        return [*map(_decoder(cast("Hashable", kind)).decode, lines)]
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise CodecError(str(error)) from None


def sha256(data: bytes) -> str:
    """Lower-case hex SHA-256."""
    return hashlib.sha256(data).hexdigest()
