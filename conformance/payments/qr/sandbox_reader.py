"""The sandbox's reader as a child of the harness: `python -m conformance.payments.qr.sandbox_reader [FAULT ...]`."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.payments.qr.crc import WAYS, crc16
from conformance.payments.qr.facts import Facts
from conformance.payments.qr.parse import MERCHANT_TEMPLATES
from conformance.payments.qr.reader import Habits, answer
from conformance.payments.qr.recognise import registry
from conformance.payments.qr.rules_structure import RESERVED_IDS
from conformance.payments.qr.rules_templates import RESERVED_SUB_IDS
from conformance.payments.qr.schemes import shipped_schemes


@dataclass(frozen=True, slots=True)
class Fault:
    """A habit that a reader should not have."""

    description: str
    changes: Mapping[str, Any]


def _ids(facts: Facts) -> list[str]:
    return [each.id for each in facts.reading.objects]


def _unknown(facts: Facts) -> bool:
    inner = {each.id for each in facts.root["62"].objects} if "62" in facts.root else set()
    known = MERCHANT_TEMPLATES | {f"{i:02}" for i in (*range(26), *range(52, 65), *range(80, 100))}
    return bool(set(_ids(facts)) - known or inner & RESERVED_SUB_IDS or RESERVED_IDS & facts.root.keys())


def _by_code_points(text: str) -> str:
    return f"{WAYS['over code points & 0xFF'](text):04X}"


def _crash() -> None:
    raise RuntimeError("no such scheme")


READER_FAULTS: Mapping[str, Fault] = {
    "qr-reads-any-crc": Fault("the CRC is not compared", {"compares": False}),
    "qr-reads-crc-unpadded": Fault(
        "the CRC is compared without its leading zeros", {"due": lambda text: f"{crc16(text.encode()):X}"}
    ),
    "qr-reads-upper-case-only": Fault("a CRC in lower case is refused", {"lower_case": False}),
    "qr-reads-code-points": Fault("the CRC is taken over code points", {"due": _by_code_points}),
    "qr-reads-01-only": Fault(
        "a payload format indicator but 01 is refused", {"refuses": lambda facts: facts.value("00") != "01"}
    ),
    "qr-reads-past-crc": Fault("what stands behind the CRC is ignored", {"ignores": frozenset({"last"})}),
    "qr-reads-overruns": Fault("a length that does not fit is cut to fit", {"overruns": True}),
    "qr-reads-repeats": Fault("the first of two values is taken", {"ignores": frozenset({"duplicate"})}),
    "qr-reads-ascending": Fault(
        "IDs that do not ascend are refused", {"refuses": lambda facts: _ids(facts)[:-1] != sorted(_ids(facts)[:-1])}
    ),
    "qr-reads-known-ids-only": Fault("reserved and unknown IDs are refused", {"refuses": _unknown}),
    "qr-pays-without-amount": Fault("a missing amount is not asked for", {"asks_amount": False}),
    "qr-reads-any-amount": Fault("the amount is not looked at", {"ignores": frozenset({"amount"})}),
    "qr-reads-any-currency": Fault(
        "the currency is not looked at", {"ignores": frozenset({"currency", "scheme-currency"})}
    ),
    "qr-reads-whole-codes-only": Fault("52, 59 and 60 are asked for whatever the scheme", {"whole": True}),
    "qr-reads-wrong-countries": Fault(
        "China, Indonesia and the Philippines are RC, RI and RP",
        {"refuses": lambda facts: facts.value("58") in ("CN", "ID", "PH") and facts.value("53") == "963"},
    ),
    "qr-reads-by-id": Fault("a scheme is found at its usual ID alone", {"usual": True}),
    "qr-crashes-on-other-schemes": Fault("a scheme that is not supported is a crash", {"unsupported": _crash}),
    "qr-reads-any-tip": Fault("tips are not looked at", {"ignores": frozenset({"tip"})}),
    "qr-reads-stars-as-text": Fault("*** is taken for a reference", {"asks_starred": False}),
    "qr-refuses-62-00": Fault(
        "62.00 is refused",
        {"refuses": lambda facts: "62" in facts.root and any(one.id == "00" for one in facts.root["62"].objects)},
    ),
    "qr-reads-expired": Fault("an expired code is read", {"minds_expiry": False}),
    "qr-lets-amount-change": Fault("the payer may change any amount", {"fixes_amount": False}),
    "qr-crashes-on-hostile": Fault("NUL in a code ends the reader", {}),
    "qr-hangs-on-hostile": Fault("long codes take their time", {}),
    "qr-changes-values": Fault(
        "values are upper-cased and lose their zeros", {"changes": lambda v: v.upper().strip("0")}
    ),
    "qr-refuses-long-names": Fault(
        "names of more than 20 characters are refused", {"refuses": lambda facts: len(facts.value("59")) > 20}
    ),
}


def habits_with(faults: tuple[str, ...]) -> Habits:
    """A sound reader's habits with these faults."""
    habits = Habits()
    for name in faults:
        changes = dict(READER_FAULTS[name].changes)
        changes["ignores"] = habits.ignores | changes.get("ignores", frozenset())
        habits = replace(habits, **changes)
    return habits


def reply(message: Mapping[str, Any], habits: Habits, faults: tuple[str, ...]) -> dict[str, Any] | None:
    """The answer to one message of the contract; None where it says stop."""
    match message.get("type"):
        case "start":
            return {"type": "started", "protocol": 1, "name": "sandbox-reader", "version": "1"}
        case "stop":
            return None
    given = message.get("input", {})
    payload = str(given.get("payload", ""))
    if "qr-crashes-on-hostile" in faults and "\0" in payload:
        os._exit(3)
    if "qr-hangs-on-hostile" in faults and len(payload) > 400_000:
        time.sleep(1.2)
    try:
        said = answer(str(message.get("operation", "")), given, KNOWN, habits)
    except Exception as error:  # noqa: BLE001 - the contract has a word for it
        said = {"type": "error", "message": f"{type(error).__name__}: {error}"}
    return {"seq": message.get("seq"), **said}


KNOWN = registry(shipped_schemes())


def main() -> None:
    """Answer each line of the standard input until it ends."""
    faults = tuple(sys.argv[1:])
    habits = habits_with(faults)
    for line in sys.stdin:
        said = reply(json.loads(line), habits, faults)
        if said is None:
            return
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
