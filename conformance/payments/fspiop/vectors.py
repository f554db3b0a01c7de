"""The generator of `vectors/payments/fspiop.json`: `python -m conformance.payments.fspiop.vectors`. Deterministic.

The section-4 example of the specification is not among them: its printed body and signature do not belong together.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.core.paths import vectors_dir
from conformance.payments.fspiop.signature import FIELD, Message, sign, written
from conformance.payments.snap.vectors import private_key

BODY = '{"amount":{"amount":"150","currency":"XTS"},"note":"Kopi \u2615","transactionId":"t-0001"}'
REQUEST = Message(
    "POST",
    "/quotes",
    {"fspiop-source": "payerfsp", "fspiop-destination": "payeefsp", "date": "Mon, 23 Nov 2026 03:00:00 GMT"},
    BODY.encode(),
)
RIGHT_AMOUNTS = ("0", "1", "0.1", "100.5", "0.0001", "123456789012345678", "1.0001", "10000")
WRONG_AMOUNTS = (
    *("100.50", "1.00000", "1.00001", "-1", "+1", "01", "", ".5", "5.", "1e3", "1,000", "1234567890123456789"),
    *(" 1", "1\n", "\u0661"),
)
AMOUNTS: Mapping[str, bool] = dict.fromkeys(RIGHT_AMOUNTS, True) | dict.fromkeys(WRONG_AMOUNTS, False)

HEAD = {
    "title": "FSPIOP signatures and amounts",
    "generator": "python -m conformance.payments.fspiop.vectors",
    "note": "Signature v1.1 sections 3.1 to 3.3; JSON Binding Rules section 4.1. The key is that of keys.json.",
}


def all_cases() -> tuple[dict[str, Any], ...]:
    """Every case, in order; ids occur once."""
    return (*_valid(), *_requests(), *_headers(), *_forms(), *_amounts())


def _case(name: str, message: Message, notes: str, control: str = "") -> dict[str, Any]:
    given = {
        "method": message.method,
        "uri": message.uri,
        "fields": dict(message.fields),
        "body": message.body.decode("utf-8"),
    }
    return _judged(name, "fspiop.verify", given, notes, control)


def _judged(name: str, operation: str, given: Mapping[str, Any], notes: str, control: str) -> dict[str, Any]:
    right = {"group": "valid", "result": "output"}
    verdict = {"group": "changed", "result": "rejected", "control": control} if control else right
    return {"id": name, "operation": operation, **verdict, "notes": notes, "input": dict(given)}


def _signed(message: Message, value: str | None = None, algorithm: str = "RS256", **more: Any) -> Message:
    made = sign(private_key(), message, algorithm, **more) if value is None else value
    return replace(message, fields={**message.fields, FIELD: made})


def _valid() -> Iterator[dict[str, Any]]:
    """Right requests, whatever the shape of their bodies."""
    yield _case("right", _signed(REQUEST), "a right request")
    for algorithm in ("RS384", "RS512"):
        yield _case(f"right-{algorithm.lower()}", _signed(REQUEST, None, algorithm), algorithm)
    bodies = {
        "pretty": (
            json.dumps(json.loads(BODY), indent=2, ensure_ascii=False),
            "line breaks and indents",
        ),
        "unsorted": ('{"z":1,"a":2}', "members not in order, signed as sent"),
        "escaped": ('{"u":"https:\\/\\/x.example","n":1.0}', "escapes and numbers that serialisers print otherwise"),
        "numbers": ('{"2":"x","1":"y"}', "members whose names are numbers"),
        "not-json": ("plain text", "no JSON"),
    }
    for name, (body, notes) in bodies.items():
        yield _case(f"right-{name}", _signed(replace(REQUEST, body=body.encode())), notes)
    fields = {name: text for name, text in REQUEST.fields.items() if name != "fspiop-destination"}
    yield _case("right-no-destination", _signed(replace(REQUEST, fields=fields)), "the destination is not known")
    yield _case("right-query", _signed(replace(REQUEST, uri="/parties?x=1&y=%20")), "a query")
    yield _case("right-date-free", _signed(REQUEST, Date=None), "Date is not protected")


def _requests() -> Iterator[dict[str, Any]]:
    """Requests that are not the one that was signed."""
    right = _signed(REQUEST)
    backwards = json.dumps(dict(reversed(json.loads(BODY).items())), separators=(",", ":"), ensure_ascii=False)
    bodies = {
        "digit": (BODY.replace("150", "151"), "one digit of the body"),
        "space": (BODY.replace(",", ", ", 1), "white space in the body"),
        "reordered": (backwards, "another order of members"),
        "empty": ("", "no body"),
    }
    for name, (body, notes) in bodies.items():
        yield _case(f"body-{name}", replace(right, body=body.encode()), notes, "right")
    yield _case("method", replace(right, method="PUT"), "another method", "right")
    yield _case("uri", replace(right, uri="/transfers"), "another path", "right")
    yield _case("uri-query", replace(right, uri="/quotes?x=1"), "a query more", "right")
    fields = {
        "source": ({"fspiop-source": "otherfsp"}, "another source"),
        "destination": ({"fspiop-destination": "otherfsp"}, "another destination"),
        "date": ({"date": "Mon, 23 Nov 2026 03:00:01 GMT"}, "another protected date"),
    }
    for name, (change, notes) in fields.items():
        yield _case(name, replace(right, fields={**right.fields, **change}), notes, "right")
    for name in ("date", FIELD):
        rest = {each: value for each, value in right.fields.items() if each != name}
        yield _case(f"no-{name}", replace(right, fields=rest), f"{name} is gone", "right")


def _headers() -> Iterator[dict[str, Any]]:
    """Protected headers that lack something, or name what is not allowed."""
    members: dict[str, dict[str, Any]] = {
        "no-uri": {"FSPIOP-URI": None},
        "no-method": {"FSPIOP-HTTP-Method": None},
        "no-source": {"FSPIOP-Source": None},
        "no-alg": {"alg": None},
        "method-lower": {"FSPIOP-HTTP-Method": "post"},
        "uri-whole": {"FSPIOP-URI": "https://hub.example/quotes"},
        "extra-absent": {"X-Other": "1"},
        "alg-none": {"alg": "none"},
        "alg-hs256": {"alg": "HS256"},
        "alg-ps256": {"alg": "PS256"},
        "alg-es256": {"alg": "ES256"},
        "alg-rs384": {"alg": "RS384"},
        "alg-lower": {"alg": "rs256"},
        "alg-list": {"alg": ["RS256"]},
    }
    for name, change in members.items():
        notes = ", ".join(f"{key} {'absent' if value is None else json.dumps(value)}" for key, value in change.items())
        yield _case(f"header-{name}", _signed(REQUEST, None, "RS256", **change), notes, "right")


def _forms() -> Iterator[dict[str, Any]]:
    """Values of FSPIOP-Signature that are written otherwise."""
    found = json.loads(_signed(REQUEST).fields[FIELD])
    head, tail = found["protectedHeader"], found["signature"]
    other = json.loads(written(private_key(), {"alg": "RS256"}, BODY.encode(), "RS256"))
    values = {
        "compact": f"{head}..{tail}",
        "no-json": "signature",
        "list": json.dumps([head, tail]),
        "no-header": json.dumps({"signature": tail}),
        "no-value": json.dumps({"protectedHeader": head}),
        "number": json.dumps({"protectedHeader": head, "signature": 1}),
        "padded": json.dumps({"protectedHeader": f"{head}==", "signature": tail}),
        "plain-base64": json.dumps({"protectedHeader": head, "signature": tail.translate(str.maketrans("-_", "+/"))}),
        "cut": json.dumps({"protectedHeader": head, "signature": tail[:-4]}),
        "long": json.dumps({"protectedHeader": head, "signature": tail + "A" * 512}),
        "twice": f'{{"protectedHeader":"{head}","signature":"AAAA","signature":"{tail}"}}',
        "other-header": json.dumps({"protectedHeader": head, "signature": other["signature"]}),
    }
    for name, value in values.items():
        yield _case(f"form-{name}", _signed(REQUEST, value), f"FSPIOP-Signature: {name}", "right")


def _amounts() -> Iterator[dict[str, Any]]:
    for number, (text, right) in enumerate(AMOUNTS.items()):
        control = "" if right else "amount-0"
        yield _judged(f"amount-{number}", "fspiop.amount", {"amount": text}, f"amount {json.dumps(text)}", control)
    yield _judged("amount-number", "fspiop.amount", {"amount": 100.5}, "a JSON number", "amount-0")


def vectors_file() -> Path:
    """Where they lie."""
    return vectors_dir() / "payments" / "fspiop.json"


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
