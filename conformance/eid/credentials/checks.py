"""What the sandbox's verifier is made of: checks with names, of which a fault leaves one out."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.core.model import Undecided
from conformance.wire.jose import unb64
from conformance.wire.strict_json import strict_json

MAX_INFLATED = 1_048_576
"""Octets that a compressed part may inflate to."""


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """The input is refused; `code` is a word of the vocabulary of `vectors/eid/README.md`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unsupported(Exception):  # noqa: N818 - an answer, not an error
    """The verifier has no such variant."""


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks of one operation. left_out: names of those that are not made: the faults of a stand."""

    left_out: frozenset[str] = frozenset()

    def must(self, name: str, holds: bool, code: str) -> None:  # noqa: FBT001 - reads as a sentence
        """Refuse with `code` unless it holds, or the check of this name is left out."""
        if not holds and name not in self.left_out:
            raise Refused(code)

    def lacks(self, name: str) -> bool:
        """Whether the check of this name is left out."""
        return name in self.left_out


def read_json(octets: bytes, *, twice: bool = False, limit: int = MAX_INFLATED) -> Any:
    """A JSON value read strictly. twice: of two equal members the first one counts, as no RFC allows."""
    try:
        return strict_json(octets, max_bytes=limit)
    except Undecided as error:
        if twice and error.detail.startswith("duplicate member"):
            return json.loads(octets, object_pairs_hook=lambda pairs: dict(reversed(pairs)))
        raise Refused("size" if error.detail.startswith(("depth", "size")) else "malformed") from None


def read_object(octets: bytes, *, twice: bool = False, limit: int = MAX_INFLATED) -> Mapping[str, Any]:
    """A JSON object read strictly."""
    value = read_json(octets, twice=twice, limit=limit)
    if not isinstance(value, dict):
        raise Refused("malformed")
    return value


def read_b64(text: Any, code: str = "malformed") -> bytes:
    """The octets of base64url in its one spelling."""
    if not isinstance(text, str):
        raise Refused(code)
    try:
        return unb64(text)
    except ValueError:
        raise Refused(code) from None


def inflate(octets: bytes, window: int, code: str, limit: int = MAX_INFLATED) -> bytes:
    """What a whole stream inflates to, up to a limit. window: 15 for ZLIB, -15 for bare DEFLATE."""
    stream = zlib.decompressobj(window)
    try:
        value = stream.decompress(octets, limit + 1)
    except zlib.error:
        raise Refused(code) from None
    if len(value) > limit:
        raise Refused("size")
    if not stream.eof or stream.unused_data:
        raise Refused(code)
    return value


def is_time(value: Any) -> bool:
    """Whether a value is a NumericDate (RFC 7519 section 2)."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_text(value: Any) -> bool:
    """Whether a value is a text that is not empty."""
    return isinstance(value, str) and value != ""
