"""The generator of `vectors/payments/qr.json`: `python -m conformance.payments.qr.vectors`. Equal runs, equal bytes.

What a reader must extract is known from how a code was built, not from reading it with our own parser.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from msgspec.structs import asdict

from conformance.payments.qr.cases import Case, vectors_file
from conformance.payments.qr.vectors_emvco import emvco_cases
from conformance.payments.qr.vectors_schemes import scheme_cases

HEAD = {
    "title": "Merchant-presented QR codes",
    "generator": "python -m conformance.payments.qr.vectors",
    "note": (
        "Every identifier is made up and no code can be paid, but for the example of EMV QRCPS MPM v1.1 annex B.7, "
        "which is the standard's own. `invalid` stands for a refusal without a particular reason."
    ),
}


def all_cases() -> tuple[Case, ...]:
    """Every case with its id, in order.

    Raises:
        ValueError: two cases of one id, or a control that is none.
    """
    cases = (*emvco_cases(), *scheme_cases())
    by_id = {case.id: case for case in cases}
    if len(by_id) != len(cases):
        seen: set[str] = set()
        twice = sorted({case.id for case in cases if case.id in seen or seen.add(case.id)})  # type: ignore[func-returns-value]
        raise ValueError(f"ids that come twice: {', '.join(twice)}")
    for case in cases:
        control = by_id.get(case.control)
        if case.result == "rejected" and (control is None or control.result != "output"):
            raise ValueError(f"{case.id} has no control that is to be accepted")
    return cases


def plain(case: Case) -> dict[str, Any]:
    """A case as the file has it: what says nothing is left out."""
    defaults = asdict(Case("", "", "", "qr.parse", "", "any", ""))
    return {key: value for key, value in asdict(case).items() if value != defaults[key] or key in REQUIRED}


REQUIRED = ("id", "group", "scheme", "operation", "payload", "result", "notes")


def text() -> str:
    """The file's text."""
    data = {**HEAD, "cases": [plain(case) for case in all_cases()]}
    return json.dumps(data, indent=1, ensure_ascii=True) + "\n"


def main() -> None:
    """Write the file where it differs."""
    file, made = vectors_file(), text()
    if not file.exists() or file.read_text(encoding="utf-8") != made:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(made, encoding="utf-8")
        sys.stdout.write(f"wrote {file}\n")


if __name__ == "__main__":
    main()
