"""The generator of `vectors/payments/webhook.json`: `python -m conformance.payments.api.vectors`. Deterministic.

Every negative is a right callback that differs in one thing. Signatures are HMAC-SHA256 and Ed25519, which have no
random part; the other algorithms are tried in the tests.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from conformance.core.paths import vectors_dir
from conformance.payments import detached_jws, webhook

SECRET, OTHER = b"example-hook-secret-1", b"example-hook-secret-2"
EVENT, TIME = "evt-0001", 1_795_744_800
BODY = '{"id":"evt-0001","type":"payment.completed","data":{"reference":"t1","amount":"1.00","name":"Kopi \u2615"}}'
KEY = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"webhook vectors").digest())
STRANGER = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"somebody else").digest())
HEADER = {"alg": "EdDSA", "iat": TIME, "jti": EVENT, "b64": False, "crit": ["b64"]}

HEAD = {
    "title": "Signed callbacks",
    "generator": "python -m conformance.payments.api.vectors",
    "note": "Every identifier is made up; the keys are made from published texts, so worth nothing.",
}


def all_cases() -> tuple[dict[str, Any], ...]:
    """Every case, in order; ids occur once."""
    return (*_hmac(), *_jws())


def public_key() -> str:
    """The JWS key, raw, in base64url."""
    return detached_jws.b64url(KEY.public_key().public_bytes_raw())


def _case(name: str, operation: str, given: Mapping[str, Any], notes: str, control: str = "") -> dict[str, Any]:
    right = {"group": "valid", "result": "output"}
    verdict = {"group": "changed", "result": "rejected", "control": control} if control else right
    return {"id": name, "operation": operation, **verdict, "notes": notes, "input": given}


def _hook(fields: Mapping[str, str], body: str, *secrets: bytes) -> dict[str, Any]:
    return {"secrets": [each.decode() for each in secrets or (SECRET,)], "fields": dict(fields), "body": body}


def _hmac() -> Iterator[dict[str, Any]]:
    """Standard Webhooks: right callbacks, then those with another id, time, body or signature."""
    right = webhook.sign_hmac([SECRET], EVENT, TIME, BODY.encode())
    both = webhook.sign_hmac([SECRET, OTHER], EVENT, TIME, BODY.encode())
    operation, control = "webhook.verify", "hook-right"
    yield _case(control, operation, _hook(right, BODY), "a right callback")
    yield _case("hook-two-keys", operation, _hook(both, BODY), "signed by two keys, the first known")
    yield _case("hook-second-key", operation, _hook(both, BODY, OTHER), "signed by two keys, the second known")
    yield _case("hook-either-key", operation, _hook(right, BODY, OTHER, SECRET), "two keys known, one signs")
    later = {**right, webhook.SIGNATURE: f"v1a,AAAA {right[webhook.SIGNATURE]}"}
    yield _case("hook-other-version", operation, _hook(later, BODY), "beside a signature of another version")
    empty = webhook.sign_hmac([SECRET], EVENT, TIME, b"")
    yield _case("hook-empty-body", operation, _hook(empty, ""), "no body")
    yield _case("hook-other-secret", operation, _hook(right, BODY, OTHER), "another secret", control)
    for name, fields, notes in _other_fields(right):
        yield _case(f"hook-{name}", operation, _hook({**right, **fields}, BODY), notes, control)
    for name, body, notes in _other_bodies():
        yield _case(f"hook-{name}", operation, _hook(right, body), notes, control)


def _other_fields(right: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, str], str]]:
    """Name, the header fields that differ, notes."""
    made = right[webhook.SIGNATURE]
    whole = hmac.new(SECRET, f"{EVENT}.{TIME}.".encode() + BODY.encode(), hashlib.sha256).digest()
    plain = hmac.new(SECRET, BODY.encode(), hashlib.sha256).digest()
    digest = hashlib.sha256(BODY.encode()).digest()
    moved = webhook.sign_hmac([SECRET], f"{EVENT}.1", TIME, BODY.encode())[webhook.SIGNATURE]
    yield "id", {webhook.ID: "evt-0002"}, "another id"
    yield "no-id", {webhook.ID: ""}, "no id"
    yield "timestamp", {webhook.TIMESTAMP: str(TIME + 1)}, "one second later"
    yield "timestamp-zero", {webhook.TIMESTAMP: f"0{TIME}"}, "a zero before the timestamp"
    yield "timestamp-text", {webhook.TIMESTAMP: "now"}, "a timestamp that is no number"
    yield "no-timestamp", {webhook.TIMESTAMP: ""}, "no timestamp"
    moved_fields = {webhook.SIGNATURE: moved, webhook.TIMESTAMP: f"1.{TIME}"}
    yield "dot-moved", moved_fields, "a dot that belongs to the id, moved into the timestamp"
    for name, signature, notes in (
        ("case", made.swapcase(), "letters in the other case"),
        ("cut", made[:-4], "the end missing"),
        ("hex", f"v1,{whole.hex()}", "in hex"),
        ("bare", made.removeprefix("v1,"), "without its version"),
        ("comma", f"v1,AAAA,{made.removeprefix('v1,')}", "two joined by a comma"),
        ("absent", "", "none"),
        ("body-only", f"v1,{base64.b64encode(plain).decode()}", "over the body alone"),
        ("unkeyed", f"v1,{base64.b64encode(digest).decode()}", "a digest without a key"),
    ):
        yield f"signature-{name}", {webhook.SIGNATURE: signature}, f"signature: {notes}"


def _other_bodies() -> Iterator[tuple[str, str, str]]:
    """Name, a body that is not the one signed, notes."""
    members = json.loads(BODY)
    backwards = dict(reversed(members.items()))
    yield "body-octet", BODY.replace("1.00", "1.01"), "one octet of the body"
    yield "body-space", BODY.replace(",", ", ", 1), "white space in the body"
    yield "body-line-end", f"{BODY}\n", "a line end after the body"
    yield "body-reordered", json.dumps(backwards, separators=(",", ":"), ensure_ascii=False), "another order of members"
    yield "body-escaped", json.dumps(members, separators=(",", ":")), "a character escaped"
    yield "body-empty", "", "no body"


def _encoded(header: Mapping[str, Any]) -> str:
    return detached_jws.b64url(json.dumps(header, separators=(",", ":")).encode())


def _made(header: Mapping[str, Any], key: Ed25519PrivateKey = KEY, *, encoded: bool | None = None) -> str:
    """A signature of the body under a header, whatever the header says."""
    text = _encoded(header)
    in_base64 = bool(header.get("b64", True)) if encoded is None else encoded
    octets = detached_jws.signing_input(text, BODY.encode(), encoded=in_base64)
    return f"{text}..{detached_jws.b64url(key.sign(octets))}"


def _jws() -> Iterator[dict[str, Any]]:
    """Detached JWS by RFC 7515 appendix F, and by RFC 7797 with `b64: false`."""
    operation, control = "jws.verify", "jws-unencoded"

    def given(text: str, body: str = BODY) -> dict[str, Any]:
        return {"key": public_key(), "body": body, "signature": text}

    right = _made(HEADER)
    yield _case(control, operation, given(right), "b64 false")
    plain = _made({"alg": "EdDSA", "iat": TIME})
    yield _case("jws-encoded", operation, given(plain), "b64 absent: the payload is signed in base64url")
    yield _case("jws-b64-true", operation, given(_made({**HEADER, "b64": True})), "b64 true, listed in crit")
    for name, body, notes in _other_bodies():
        if name != "body-reordered":
            yield _case(f"jws-{name}", operation, given(right, body), notes, control)
    for name, text, notes in (*_other_headers(right), *_other_forms(right)):
        yield _case(f"jws-{name}", operation, given(text), notes, control)


def _other_headers(right: str) -> Iterator[tuple[str, str, str]]:
    """Name, a signature whose header or key is another one, notes."""
    tail = right.partition("..")[2]
    none = _encoded({"alg": "none"})
    yield "other-key", _made(HEADER, STRANGER), "by another key"
    yield "header-time", f"{_encoded({**HEADER, 'iat': TIME + 1})}..{tail}", "another time in the header"
    yield "none", f"{none}..", "alg none, no signature"
    yield "none-signed", _made({"alg": "none"}), "alg none, signed all the same"
    yield "alg-hs256", _made({**HEADER, "alg": "HS256"}), "the header says HS256"
    yield "alg-absent", _made({"iat": TIME}), "no alg"
    yield "alg-list", _made({**HEADER, "alg": ["EdDSA"]}), "alg is a list"
    yield "crit-absent", _made({"alg": "EdDSA", "b64": False}), "b64 false without crit (RFC 7797 section 6)"
    yield "crit-unknown", _made({**HEADER, "crit": ["b64", "x"]}), "a critical member that nobody knows"
    yield "crit-empty", _made({"alg": "EdDSA", "crit": []}), "crit is empty (RFC 7515 section 4.1.11)"
    yield "b64-text", _made({**HEADER, "b64": "false"}, encoded=True), "b64 is a string"
    yield "b64-lie", _made(HEADER, encoded=True), "b64 false, the payload signed in base64url"
    twice = detached_jws.b64url(b'{"alg":"none","alg":"EdDSA"}')
    signed = KEY.sign(detached_jws.signing_input(twice, BODY.encode(), encoded=True))
    yield "twice", f"{twice}..{detached_jws.b64url(signed)}", "a member twice in the header (RFC 7515 section 4)"
    yield "no-json", f"{detached_jws.b64url(b'alg')}..{tail}", "a header that is no JSON"


def _other_forms(right: str) -> Iterator[tuple[str, str, str]]:
    """Name, a right signature written otherwise, notes."""
    head, _, tail = right.partition("..")
    yield "attached", f"{head}.{detached_jws.b64url(BODY.encode())}.{tail}", "the payload between the dots"
    yield "two-parts", f"{head}.{tail}", "one dot"
    yield "four-parts", f"{right}.x", "three dots"
    yield "padded", f"{right}==", "padding in base64url"
    yield "plain-base64", f"{head}..{tail.translate(str.maketrans('-_', '+/'))}", "the alphabet of plain base64"
    yield "line-end", f"{right}\n", "a line end after the signature"
    yield "cut", right[:-2], "the end of the signature missing"
    yield "longer", f"{right}AAAA", "three octets more"
    yield "empty", "", "nothing"


def vectors_file() -> Path:
    """Where they lie."""
    return vectors_dir() / "payments" / "webhook.json"


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
