"""A reader of our own, as the sandbox serves it: strict where EMVCo is, liberal where it asks for that.

What is reserved is ignored (1.4.4), lower-case digits of the CRC are read, and what the document of a recognised scheme
allows is no defect. `Habits` says what it does; a fault of the sandbox changes one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.payments.qr.check import check_facts
from conformance.payments.qr.crc import covered, crc_of
from conformance.payments.qr.expiry import expiry_of, parse_now
from conformance.payments.qr.facts import Facts, facts_of
from conformance.payments.qr.parse import read
from conformance.payments.qr.recognise import Match, Registry, guid_of
from conformance.payments.qr.tlv import DataObject

STRUCTURE = frozenset({"encoding", "size", "empty", "id", "length", "overrun", "duplicate", "first", "last"})
VALUES = frozenset({"amount", "currency", "scheme-currency", "country", "tip"})
MISSING = frozenset({"mandatory", "account"})

Reply = dict[str, Any]


class Refusal(Exception):  # noqa: N818 - an answer, no error
    """A code that is refused, with the contract's word for why."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What a reader does. The defaults are a sound reader's.

    due: the CRC that a text up to `6304` should have. ignores: rules that it does not keep. refuses: what it refuses
    besides. whole: it wants 52, 59 and 60 whatever the scheme allows. usual: it finds a scheme at its usual ID alone.
    """

    due: Callable[[str], str] = crc_of
    compares: bool = True
    lower_case: bool = True
    ignores: frozenset[str] = frozenset()
    refuses: Callable[[Facts], bool] = lambda _: False
    overruns: bool = False
    whole: bool = False
    usual: bool = False
    asks_amount: bool = True
    asks_starred: bool = True
    minds_expiry: bool = True
    fixes_amount: bool = True
    changes: Callable[[str], str] = str
    unsupported: Callable[[], None] = lambda: None


def answer(operation: str, given: Mapping[str, Any], known: Registry, habits: Habits) -> Reply:
    """The reply to one question, without its sequence number."""
    if operation not in ("qr.parse", "qr.validate"):
        return {"type": "unsupported", "reason": "qr.parse and qr.validate alone"}
    payload = given.get("payload")
    if not isinstance(payload, str):
        return {"type": "error", "message": "no payload"}
    try:
        facts = _parsed(payload, known, habits)
        output: Reply = {"fields": fields_of(facts.reading.objects)}
        if operation == "qr.validate":
            output |= _validated(facts, str(given.get("now", "")), habits)
    except Refusal as refusal:
        return {"type": "rejected", "code": str(refusal)}
    output["fields"] = {path: habits.changes(value) for path, value in output["fields"].items()}
    return {"type": "output", "output": output}


def fields_of(objects: Iterable[DataObject], path: str = "") -> dict[str, str]:
    """Path -> value of every data object, templates and what they hold alike."""
    found: dict[str, str] = {}
    for each in objects:
        where = f"{path}.{each.id}" if path else each.id
        found[where] = each.value
        if each.objects:
            found |= fields_of(each.objects, where)
    return found


def _parsed(payload: str, known: Registry, habits: Habits) -> Facts:
    """The facts of a payload that is sound as a text."""
    facts = facts_of(read(payload), known, sandbox=True)
    if habits.overruns and facts.root and "63" not in facts.root and any(not one.path for one in facts.reading.fatal):
        return facts
    kept = STRUCTURE - habits.ignores
    if any(finding.rule in kept for finding in check_facts(facts)) or "63" not in facts.root:
        raise Refusal("structure")
    if habits.compares:
        _compare(facts, habits)
    if habits.refuses(facts):
        raise Refusal("value")
    return facts


def _compare(facts: Facts, habits: Habits) -> None:
    """The CRC, in either letter case."""
    found = facts.root["63"]
    due, digits = habits.due(covered(facts.reading.text, found)), found.value
    if digits != due and not (habits.lower_case and digits.upper() == due):
        raise Refusal("crc")


def _validated(facts: Facts, now: str, habits: Habits) -> Reply:
    """What `qr.validate` says beside the fields."""
    for finding in check_facts(facts):
        if finding.rule in VALUES - habits.ignores:
            raise Refusal("value")
        if finding.rule in MISSING and (habits.whole or not finding.note):
            raise Refusal("missing")
    matches = [match for match in facts.matches if not habits.usual or match.object.id == _usual(match)]
    if not matches and not any("02" <= name <= "25" for name in facts.root):
        habits.unsupported()
        raise Refusal("unsupported-scheme")
    if habits.minds_expiry and _expired(facts, now):
        raise Refusal("expired")
    fixed = habits.fixes_amount and _fixed(facts)
    scheme = guid_of(matches[0].object) if matches else ""
    return {"scheme": scheme, "amount_editable": not fixed, "ask": _asked(facts, habits)}


def _usual(match: Match) -> str:
    return match.layout.template.usual.partition("-")[0]


def _expired(facts: Facts, now: str) -> bool:
    moment, ends = parse_now(now), expiry_of(facts)
    return moment is not None and ends is not None and moment > ends


def _fixed(facts: Facts) -> bool:
    """Whether the code fixes its amount: it is dynamic, or its scheme's flag says so."""
    if "54" not in facts.root:
        return False
    if facts.value("01") == "12":
        return True
    for match in facts.matches:
        name, value = match.layout.template.fixed_amount
        if any(each.id == name and each.value == value for each in match.object.objects):
            return True
    return False


def _asked(facts: Facts, habits: Habits) -> list[str]:
    """The paths that the payer is asked for."""
    asked = ["54"] if habits.asks_amount and "54" not in facts.root else []
    if habits.asks_starred and "62" in facts.root:
        asked += [f"62.{each.id}" for each in facts.root["62"].objects if each.value == "***"]
    return asked
