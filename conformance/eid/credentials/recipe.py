"""Vectors as recipes: a JSON value in which an object `{"$operator": operand}` stands for what it makes.

Tokens carry times, and most implementations take theirs from the system's clock, so a vector cannot hold the finished
token: it says how to make it, with times relative to the run, and fixed test keys. Making is deterministic: the same
recipe at the same second gives the same octets (ES256 by RFC 6979; RSA alone as RSASSA-PKCS1-v1_5 and OAEP excepted).

`vectors/eid/README.md` explains every operator. Values of recipes are JSON values, octets, and CBOR items.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import serialization

from conformance.core.paths import vectors_dir
from conformance.wire import jose

MAX_REPEATED = 16_777_216
"""Octets or characters that `$repeat` makes at most."""


class RecipeError(Exception):
    """A recipe that cannot be made: our own defect."""


class Kitchen:
    """Makes recipes at one time with one set of keys. `now`: seconds since 1970. `keys`: private keys by name."""

    def __init__(self, now: int, keys: Mapping[str, Any], shared: Mapping[str, Any] | None = None) -> None:
        self.now = now
        self.keys = keys
        self._recipes = dict(shared or {})
        self._made: dict[str, Any] = {}
        self._local: dict[str, Any] = {}

    def make(self, recipe: Any) -> Any:
        """What a recipe stands for.

        Raises:
            RecipeError: an operator or a name that does not exist, or an operand that does not fit.
        """
        if isinstance(recipe, Mapping):
            operator = next((name for name in recipe if name.startswith("$")), "")
            if not operator:
                return {name: self.make(each) for name, each in recipe.items()}
            if operator == "$let":
                return self._scoped(recipe["$let"], recipe["in"])
            if len(recipe) != 1 or operator not in OPERATORS:
                raise RecipeError(f"no operator {operator} with {len(recipe)} members")
            return OPERATORS[operator](self, recipe[operator])
        if isinstance(recipe, list):
            return [self.make(each) for each in recipe]
        return recipe

    def variable(self, name: str) -> Any:
        """The value of a name: of the nearest `$let`, else of the file's shared recipes, made once."""
        if name in self._local:
            return self._local[name]
        if name not in self._made:
            if name not in self._recipes:
                raise RecipeError(f"no recipe {name}")
            kept, self._local = self._local, {}
            self._made[name] = self.make(self._recipes[name])
            self._local = kept
        return self._made[name]

    def octets(self, recipe: Any) -> bytes:
        """What a recipe stands for, which must be octets or a text (in UTF-8)."""
        value = self.make(recipe)
        return value if isinstance(value, bytes) else str(value).encode()

    def key(self, name: Any) -> Any:
        """A private key by its name, or the octets that a recipe stands for, for HMAC."""
        if isinstance(name, str):
            if name not in self.keys:
                raise RecipeError(f"no key {name}")
            return self.keys[name]
        return None if name is None else self.octets(name)

    def _scoped(self, names: Mapping[str, Any], body: Any) -> Any:
        kept = self._local
        self._local = dict(kept)
        for name, recipe in names.items():
            self._local[name] = self.make(recipe)
        value = self.make(body)
        self._local = kept
        return value


@lru_cache(maxsize=1)
def vector_keys() -> Mapping[str, Any]:
    """The fixed test keys by name, from `vectors/eid/keys.json`. They are public: nobody may trust them."""
    data = json.loads((vectors_dir() / "eid" / "keys.json").read_bytes())
    return {name: _read_key(value) for name, value in data["keys"].items()}


def _read_key(value: Mapping[str, Any]) -> Any:
    return jose.unb64(value["k"]) if value["kty"] == "oct" else jose.private_key(value)


def _cat(kitchen: Kitchen, operand: Any) -> Any:
    parts = [kitchen.make(each) for each in operand]
    if all(isinstance(each, str) for each in parts):
        return "".join(parts)
    return b"".join(each if isinstance(each, bytes) else each.encode() for each in parts)


def _repeat(kitchen: Kitchen, operand: Any) -> Any:
    value, count = kitchen.make(operand[0]), operand[1]
    if len(value) * count > MAX_REPEATED:
        raise RecipeError(f"{len(value) * count} octets")
    return value * count


def _json_or_octets(kitchen: Kitchen, operand: Any) -> Any:
    value = kitchen.make(operand)
    return value if isinstance(value, bytes) else jose.octets(value)


def _jws(kitchen: Kitchen, operand: Any) -> str:
    """`header`, `payload`: JSON or octets. `key`: a name. `alg`: what is done, where the header says otherwise."""
    header, payload = kitchen.make(operand["header"]), _json_or_octets(kitchen, operand["payload"])
    key = kitchen.key(operand.get("key"))
    if "signature" in operand:
        text = f"{jose.b64(header if isinstance(header, bytes) else jose.octets(header))}.{jose.b64(payload)}"
        return f"{text}.{jose.b64(kitchen.octets(operand['signature']))}"
    return jose.compact(header, payload, key, operand.get("alg", ""))


def _sign(kitchen: Kitchen, operand: Any) -> bytes:
    return jose.sign(operand["alg"], kitchen.key(operand["key"]), kitchen.octets(operand["data"]))


def _jwk(kitchen: Kitchen, operand: Any) -> dict[str, Any]:
    """A name, or `key` with `private` and further `members`."""
    if isinstance(operand, str):
        return jose.jwk(kitchen.key(operand), kid=operand)
    members = kitchen.make(operand.get("members", {}))
    return jose.jwk(kitchen.key(operand["key"]), private=operand.get("private", False), **members)


def _spki(kitchen: Kitchen, operand: Any, encoding: serialization.Encoding) -> bytes:
    return bytes(
        kitchen.key(operand).public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


@lru_cache(maxsize=4)
def zeros(count: int, *, raw: bool) -> bytes:
    """A stream that inflates to `count` zero octets (whole MiB), in ZLIB format or as bare DEFLATE.

    One MiB is packed once and its blocks repeated: they end on an octet and refer to nothing before them.
    """
    mebibyte = 1_048_576
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    blocks = packer.compress(bytes(mebibyte)) + packer.flush(zlib.Z_FULL_FLUSH)
    stream = blocks * (count // mebibyte) + packer.flush()
    if raw:
        return stream
    # Adler-32 of n zeros: a is 1 and b is n (RFC 1950 section 8.2).
    return b"\x78\xda" + stream + ((count % 65_521) << 16 | 1).to_bytes(4, "big")


def _deflate(kitchen: Kitchen, operand: Any, window: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    return packer.compress(kitchen.octets(operand)) + packer.flush()


def _flip(kitchen: Kitchen, operand: Any) -> bytes:
    """`[octets, position]`: with the lowest bit of one octet turned over."""
    value = bytearray(kitchen.octets(operand[0]))
    value[operand[1]] ^= 1
    return bytes(value)


def _base45(kitchen: Kitchen, operand: Any) -> str:
    from conformance.eid.credentials.base45 import encode  # noqa: PLC0415

    return encode(kitchen.octets(operand))


def _cbor(name: str) -> Callable[[Kitchen, Any], Any]:
    def operator(kitchen: Kitchen, operand: Any) -> Any:
        from conformance.eid.credentials import recipe_cbor  # noqa: PLC0415 - cbor2 only where it is needed

        return recipe_cbor.OPERATORS[name](kitchen, operand)

    return operator


def _crypto(name: str) -> Callable[[Kitchen, Any], Any]:
    def operator(kitchen: Kitchen, operand: Any) -> Any:
        from conformance.eid.credentials import recipe_crypto  # noqa: PLC0415 - certificates only where needed

        return recipe_crypto.OPERATORS[name](kitchen, operand)

    return operator


def _halved(octets: bytes) -> bytes:
    """The left half of the SHA-256 of an ASCII text: `at_hash` for ES256 (OpenID Connect Core section 3.1.3.6)."""
    return hashlib.sha256(octets).digest()[:16]


OPERATORS: Mapping[str, Callable[[Kitchen, Any], Any]] = {
    "$now": lambda kitchen, operand: kitchen.now + operand,
    "$var": lambda kitchen, operand: kitchen.variable(operand),
    "$json": _json_or_octets,
    "$text": lambda kitchen, operand: kitchen.octets(operand).decode(),
    "$utf8": lambda kitchen, operand: kitchen.octets(operand),
    "$hex": lambda _, operand: bytes.fromhex(operand),
    "$b64": lambda kitchen, operand: jose.b64(kitchen.octets(operand)),
    "$base64": lambda kitchen, operand: base64.b64encode(kitchen.octets(operand)).decode(),
    "$base45": _base45,
    "$cat": _cat,
    "$repeat": _repeat,
    "$flip": _flip,
    "$tail": lambda kitchen, operand: kitchen.octets(operand)[1:],
    "$jws": _jws,
    "$sign": _sign,
    "$jwk": _jwk,
    "$thumbprint": lambda kitchen, operand: jose.thumbprint(_jwk(kitchen, operand)),
    "$pem": lambda kitchen, operand: _spki(kitchen, operand, serialization.Encoding.PEM),
    "$der": lambda kitchen, operand: _spki(kitchen, operand, serialization.Encoding.DER),
    "$sha256": lambda kitchen, operand: hashlib.sha256(kitchen.octets(operand)).digest(),
    "$digest": lambda kitchen, operand: jose.b64(hashlib.sha256(kitchen.octets(operand)).digest()),
    "$half_digest": lambda kitchen, operand: jose.b64(_halved(kitchen.octets(operand))),
    "$zlib": lambda kitchen, operand: _deflate(kitchen, operand, 15),
    "$deflate": lambda kitchen, operand: _deflate(kitchen, operand, -15),
    "$zlib_zeros": lambda _, operand: zeros(operand, raw=False),
    "$deflate_zeros": lambda _, operand: zeros(operand, raw=True),
    **{name: _cbor(name) for name in ("$cbor", "$map", "$tag", "$tdate", "$cose", "$cose_key")},
    **{name: _crypto(name) for name in ("$certificate", "$jwe")},
}
