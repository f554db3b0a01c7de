"""The generator of `vectors/payments/snap.json`: `python -m conformance.payments.snap.vectors`. Deterministic.

What a right signature is comes from `signature.py`; the tests hold the family S1 to S9 against values that other
implementations agreed on. A negative is a right signature beside a request that differs in one thing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.core.paths import vectors_dir
from conformance.payments.snap import signature
from conformance.payments.snap.client import Draft, string_to_sign, throw_away_key
from conformance.payments.snap.mutations import ALTER, S8_QUERY, reordered, stripped
from conformance.payments.snap.signature import Dialect

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

SECRET, TOKEN, TIME = "secret-1", "tok", "2026-11-23T10:00:00+07:00"
INQUIRY, HISTORY = "/v1.0/balance-inquiry", "/v1.0/transaction-history"
S1 = '{"partnerReferenceNo":"2020102900000000000001","amount":{"value":"12345678.00","currency":"IDR"}}'

FAMILY: Mapping[str, tuple[str, str, str, str]] = {
    "s1": ("POST", INQUIRY, "", S1),
    "s2": ("POST", INQUIRY, "", json.dumps(json.loads(S1), indent=2)),
    "s3": ("POST", INQUIRY, "", '{"remark":"Transfer  Test"}'),
    "s4": ("POST", INQUIRY, "", '{"name":"Kopi Luwak \u2615"}'),
    "s5": ("POST", INQUIRY, "", '{"url":"https:\\/\\/x.id"}'),
    "s6": ("POST", INQUIRY, "", '{"n":1.0,"big":12345678901234567890}'),
    "s7": ("GET", HISTORY, "", ""),
    "s8": ("GET", HISTORY, S8_QUERY, ""),
    "s9": ("POST", INQUIRY, "", '{"b":"1","2":"x","1":"y"}'),
}
"""Case -> method, path, query, body."""

SAYS = {
    "s1": "a transaction body",
    "s2": "the same with line breaks and indents: the same signature",
    "s3": "two spaces inside a string",
    "s4": "a character beyond ASCII",
    "s5": "escaped slashes, which a serialiser may print otherwise",
    "s6": "1.0 and an integer beyond 64 bits",
    "s7": "no body",
    "s8": "no body, and a query that is neither sorted nor encoded",
    "s9": "members whose names are numbers, which some serialisers move",
}

DIALECTS: Mapping[str, Dialect] = {
    "hex": Dialect(encoding="hex"),
    "query-sorted": Dialect(query="sorted"),
    "query-decoded": Dialect(query="decoded"),
    "query-excluded": Dialect(query="excluded"),
    "empty-field": Dialect(empty_body="empty-field"),
    "asymmetric": Dialect(mode="asymmetric"),
    "asymmetric-hex": Dialect(mode="asymmetric", encoding="hex"),
}

HEAD = {
    "title": "Signatures of SNAP BI",
    "generator": "python -m conformance.payments.snap.vectors",
    "note": (
        "The standard names neither an encoding of X-SIGNATURE nor a canonical form of the query: `dialect` says which "
        "is meant. Every identifier is made up; the keys are those of keys.json."
    ),
}


def all_cases() -> tuple[dict[str, Any], ...]:
    """Every case, in order; ids occur once."""
    key = private_key()
    return (*_family(key), *_dialects(key), *_changes(key), *_bodies(key), *_forms(key), *_tokens(key))


def private_key() -> RSAPrivateKey:
    """The published key."""
    return throw_away_key()


def _draft(name: str) -> Draft:
    method, path, query, body = FAMILY[name]
    return Draft(method, path, query, body.encode(), TIME, "", TOKEN)


def _signed(what: Draft, dialect: Dialect, key: RSAPrivateKey) -> tuple[str, str]:
    """String-to-sign and signature."""
    text = string_to_sign(what, dialect)
    asymmetric = dialect.mode == "asymmetric"
    octets = signature.rsa_sha256(key, text) if asymmetric else signature.hmac_sha512(SECRET.encode(), text)
    return text, signature.encode(octets, dialect.encoding)


def _input(what: Draft, dialect: Dialect, **more: str) -> dict[str, Any]:
    asymmetric = dialect.mode == "asymmetric"
    credentials = {} if asymmetric else {"token": what.token, "secret": SECRET}
    return {
        "method": what.method,
        "path": what.path,
        "query": what.query,
        "body": what.body.decode(),
        "timestamp": what.timestamp,
        "dialect": asdict(dialect),
        **credentials,
        **more,
    }


def _case(name: str, operation: str, group: str, given: Mapping[str, Any], notes: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "group": group,
        "operation": operation,
        "result": "output",
        **more,
        "notes": notes,
        "input": given,
    }


def _pair(name: str, what: Draft, dialect: Dialect, key: RSAPrivateKey, notes: str) -> Iterator[dict[str, Any]]:
    """One case to sign and the same to verify."""
    text, made = _signed(what, dialect, key)
    output = {"string_to_sign": text, "signature": made}
    yield _case(f"{name}-sign", "snap.sign", "valid", _input(what, dialect), notes, output=output)
    yield _case(f"{name}-verify", "snap.verify", "valid", _input(what, dialect, signature=made), notes)


def _family(key: RSAPrivateKey) -> Iterator[dict[str, Any]]:
    for name in FAMILY:
        yield from _pair(name, _draft(name), Dialect(), key, SAYS[name])


def _dialects(key: RSAPrivateKey) -> Iterator[dict[str, Any]]:
    for label, dialect in DIALECTS.items():
        for name in ("s1", "s4", "s7", "s8"):
            yield from _pair(f"{label}-{name}", _draft(name), dialect, key, f"{SAYS[name]}; dialect {label}")


def _rejected(name: str, control: str, what: Draft, made: str, notes: str, **more: str) -> dict[str, Any]:
    dialect = Dialect(mode="asymmetric") if control.startswith("asymmetric") else Dialect()
    given = _input(what, dialect, signature=made) | more
    return _case(name, "snap.verify", "changed", given, notes, result="rejected", control=control)


def _changes(key: RSAPrivateKey) -> Iterator[dict[str, Any]]:
    """One component each: what is verified differs from what was signed."""
    for name in FAMILY:
        what = _draft(name)
        _, made = _signed(what, Dialect(), key)
        for part, alter in ALTER.items():
            notes = f"{name} with another {part}"
            if part == "secret":
                yield _rejected(f"{name}-{part}", f"{name}-verify", what, made, notes, secret=SECRET[::-1])
            else:
                changed = replace(what, **{part: alter(getattr(what, part))})
                yield _rejected(f"{name}-{part}", f"{name}-verify", changed, made, notes)
    dialect = Dialect(mode="asymmetric")
    what = _draft("s1")
    _, made = _signed(what, dialect, key)
    for part in ("method", "path", "query", "body", "timestamp"):
        changed = replace(what, **{part: ALTER[part](getattr(what, part))})
        name = f"asymmetric-s1-{part}"
        yield _rejected(name, "asymmetric-s1-verify", changed, made, f"RSA, another {part}")


def _bodies(key: RSAPrivateKey) -> Iterator[dict[str, Any]]:
    """Bodies that mean the same to a parser and are not the same, and some that differ by a hair."""
    tampered = {
        "s1-reordered": ("s1", reordered(_draft("s1").body), "the members in another order"),
        "s1-digit": ("s1", _draft("s1").body.replace(b"12345678", b"12345679"), "one digit of the amount"),
        "s1-empty": ("s1", b"", "no body"),
        "s1-null-member": ("s1", _draft("s1").body[:-1] + b',"x":null}', "one member more, null"),
        "s1-trailing-brace": ("s1", _draft("s1").body + b"}", "one octet more"),
        "s3-stripped": ("s3", stripped(_draft("s3").body), "without the white space inside the string"),
        "s3-one-space": ("s3", _draft("s3").body.replace(b"  ", b" "), "one space less inside the string"),
        "s4-escaped": ("s4", b'{"name":"Kopi Luwak \\u2615"}', "the character escaped"),
        "s5-unescaped": ("s5", b'{"url":"https://x.id"}', "the slashes not escaped"),
        "s6-integer": ("s6", b'{"n":1,"big":12345678901234567890}', "1 for 1.0"),
        "s6-rounded": ("s6", b'{"n":1.0,"big":12345678901234567000}', "the integer as a binary float rounds it"),
        "s9-sorted": ("s9", b'{"1":"y","2":"x","b":"1"}', "the members sorted"),
        "s7-object": ("s7", b"{}", "an empty object for no body"),
        "s7-null": ("s7", b"null", "null for no body"),
    }
    for name, (case, body, notes) in tampered.items():
        what = _draft(case)
        _, made = _signed(what, Dialect(), key)
        yield _rejected(name, f"{case}-verify", replace(what, body=body), made, notes)
    equal = {
        "s1-tabs": (S1.replace(",", ",\t").replace(":", " : "), "tabs and spaces outside strings"),
        "s1-line-end": (f"{S1}\r\n", "a line end after the body"),
    }
    _, made = _signed(_draft("s1"), Dialect(), key)
    for name, (spaced, notes) in equal.items():
        what = replace(_draft("s1"), body=spaced.encode())
        yield _case(name, "snap.verify", "valid", _input(what, Dialect(), signature=made), notes)


def _forms(key: RSAPrivateKey) -> Iterator[dict[str, Any]]:
    """Signatures that are written otherwise, or by another dialect than the one stated."""
    what = _draft("s1")
    text = string_to_sign(what, Dialect())
    octets = signature.hmac_sha512(SECRET.encode(), text)
    upper = string_to_sign(what, Dialect(), upper_digest=True)
    texts = {
        "empty": ("", "no signature"),
        "truncated": (signature.encode(octets[:-1], "base64"), "the last octet missing"),
        "prefix": (signature.encode(octets[:8] + bytes(56), "base64"), "right in its first 8 octets"),
        "longer": (signature.encode(octets + b"\0", "base64"), "one octet more"),
        "hex": (octets.hex(), "in hex where Base64 is stated"),
        "upper-digest": (
            signature.encode(signature.hmac_sha512(SECRET.encode(), upper), "base64"),
            "over the digest in upper case",
        ),
        "zeros": (signature.encode(bytes(64), "base64"), "zeros"),
        "garbage": ("%%%", "no Base64"),
    }
    for name, (given, notes) in texts.items():
        yield _rejected(f"s1-signature-{name}", "s1-verify", what, given, notes)
    listed = _draft("s8")
    for label in ("query-sorted", "query-decoded", "query-excluded"):
        other = replace(listed, query="toDate=2026-11-01T00%3A00%3A00&fromDate=a")
        _, wrong = _signed(other, DIALECTS[label], key)
        _, right = _signed(other, Dialect(), key)
        yield _case(
            f"s8-by-{label}-control", "snap.verify", "valid", _input(other, Dialect(), signature=right), "as sent"
        )
        yield _rejected(f"s8-by-{label}", f"s8-by-{label}-control", other, wrong, f"signed by {label}, stated as sent")
    _, wrong = _signed(_draft("s7"), DIALECTS["empty-field"], key)
    yield _rejected("s7-by-empty-field", "s7-verify", _draft("s7"), wrong, "an empty digest, SHA-256 of nothing stated")


def _tokens(key: RSAPrivateKey) -> Iterator[dict[str, Any]]:
    """Requests for a token: SHA256withRSA over client id and timestamp."""
    given = {"client_key": "example-client", "timestamp": TIME, "dialect": {"encoding": "base64"}}
    text = signature.token_string("example-client", TIME)
    made = signature.encode(signature.rsa_sha256(key, text), "base64")
    output = {"string_to_sign": text, "signature": made}
    yield _case("token-sign", "snap.sign", "valid", given, "a token request", output=output)
    yield _case("token-verify", "snap.verify", "valid", given | {"signature": made}, "a token request")
    for name, other, notes in (
        ("client", {"client_key": "example-clienu"}, "another client"),
        ("timestamp", {"timestamp": "2026-11-23T10:00:01+07:00"}, "one second later"),
        ("zone", {"timestamp": "2026-11-23T03:00:00Z"}, "the same moment in UTC"),
        ("signature", {"signature": made[:-8] + "AAAAAA=="}, "another end of the signature"),
    ):
        changed = given | {"signature": made} | other
        yield _case(
            f"token-{name}", "snap.verify", "changed", changed, notes, result="rejected", control="token-verify"
        )


def vectors_file() -> Path:
    """Where they lie."""
    return vectors_dir() / "payments" / "snap.json"


def text() -> str:
    """The file's text."""
    return json.dumps({**HEAD, "cases": list(all_cases())}, indent=1, ensure_ascii=True) + "\n"


def main() -> None:
    """Write the file where it differs."""
    file, made = vectors_file(), text()
    if not file.exists() or file.read_text(encoding="utf-8") != made:
        file.write_text(made, encoding="utf-8")
        sys.stdout.write(f"wrote {file}\n")


if __name__ == "__main__":
    main()
