"""What must hold of the messages that a sender hands in. Each rule of `rules.py` is judged under its requirement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, Reason, Rule, Undecided, Violation, Violations
from conformance.payments.iso20022 import rules, rules_text
from conformance.payments.iso20022.evidence import Message, Messages
from conformance.payments.iso20022.facts import Facts, Finding

OURS = frozenset({"unreadable", "too-large", "too-deep", "too-many"})
"""Troubles that say nothing about a message: a limit of this suite, or a file that is not there."""


@requirement(
    *("PAY-ISO-03-G", "PAY-ISO-06-G", "PAY-ISO-07-G", "PAY-ISO-08-G", "PAY-ISO-09-G", "PAY-ISO-10-G", "PAY-ISO-11-G"),
    *("PAY-ISO-12-G", "PAY-ISO-13-S", "PAY-ISO-14-G", "PAY-ISO-16-G", "PAY-ISO-17-G", "PAY-ISO-18-G", "PAY-ISO-19-G"),
    "PAY-PRX-01-G",
)
def test_messages_keep_the_rules(messages: Messages, rule: Rule) -> Violations:
    """No message breaks a rule of this requirement. Messages of other versions or kinds are another's business."""
    checks = rules.of(rule.id)
    wanted = {kind for check in checks for kind in check.messages}
    known = [facts for facts in _read(messages) if facts.kind in wanted and facts.message.schema != "none"]
    terms = {**rule.params}
    if messages.currencies and "currencies" in terms:
        terms["currencies"] = messages.currencies
    hidden = 0
    for facts in known:
        for check in checks:
            for finding in rules.findings(check, facts, terms):
                if rules_text.REDACTED in finding.observed:
                    hidden += 1
                else:
                    yield _violation(facts.message, finding)
    if hidden:
        raise Undecided(Reason.NOT_OBSERVABLE, f"{hidden} values look like secrets and were not kept")
    _complete(messages)
    if not known:
        raise NotApplicable(f"no {' or '.join(sorted(wanted))} of a known version was handed in")


@requirement("PAY-ISO-01-G")
def test_messages_are_valid_by_their_schema(messages: Messages) -> Violations:
    """Every message that can be read is valid; what is not well-formed is not."""
    checked = 0
    for message in messages.files:
        if message.trouble in ("not-well-formed", "empty"):
            yield Violation(f"{message.name} is not well-formed XML", "well-formed XML", message.detail)
        checked += message.schema != "none"
        for error in message.schema_errors:
            what = "the schema" if message.schema == "xsd" else "the outline of the schema"
            yield Violation(f"{message.name} breaks {what}", _version(message), f"line {error.line}: {error.message}")
    _complete(messages)
    if not checked:
        raise Undecided(Reason.NOT_OBSERVABLE, "no message of a version whose schema is known")


@requirement("PAY-ISO-02-G")
def test_messages_are_of_a_listed_version(messages: Messages, rule: Rule) -> Violations:
    """Every message that can be read has a namespace of the list."""
    for facts in _read(messages):
        for finding in rules_text.version(facts, rule.params):
            yield _violation(facts.message, finding)
    _complete(messages)
    if not any(True for _ in _read(messages)):
        raise Undecided(Reason.NOT_OBSERVABLE, "no message could be read")


@requirement("PAY-ISO-15-G")
def test_messages_are_plain_xml(messages: Messages) -> Violations:
    """No message declares a document type or is in another encoding than UTF-8."""
    for message in messages.files:
        if message.trouble == "doctype":
            yield Violation(f"{message.name} has a document type declaration", "none", message.detail)
        if message.trouble == "encoding":
            yield Violation(f"{message.name} is not in UTF-8", "UTF-8", message.detail)
    _complete(messages)


@requirement("PAY-ISO-04-G")
def test_a_resend_is_the_same_message(messages: Messages) -> Violations:
    """Payments with the same UETR and MsgId have the same content."""
    resends = 0
    for (uetr, message_id), sent in _by_key(messages).items():
        resends += len(sent) - 1
        for other in sent[1:]:
            if other.message.leaves != sent[0].message.leaves:
                what = f"{other.message.name} differs from {sent[0].message.name} under the same UETR and MsgId"
                yield Violation(what, "the same message", f"{uetr} {message_id}")
    _complete(messages)
    if not resends:
        raise NotApplicable("no message was handed in twice")


@requirement("PAY-ISO-05-G")
def test_a_uetr_belongs_to_one_message(messages: Messages) -> Violations:
    """Payments with different MsgIds have different UETRs."""
    ids: dict[str, set[str]] = defaultdict(set)
    for uetr, message_id in _by_key(messages):
        ids[uetr].add(message_id)
    for uetr, found in ids.items():
        if len(found) > 1:
            yield Violation("one UETR is used under several MsgIds", "one MsgId", f"{uetr}: {', '.join(sorted(found))}")
    _complete(messages)
    if sum(len(found) for found in ids.values()) < 2:
        raise NotApplicable("fewer than two payments were handed in")


def _by_key(messages: Messages) -> dict[tuple[str, str], list[Facts]]:
    """Payments by UETR and MsgId, those that have both."""
    found: dict[tuple[str, str], list[Facts]] = defaultdict(list)
    for facts in _read(messages):
        if facts.kind != "pacs.008":
            continue
        message_id = facts.text("FIToFICstmrCdtTrf/GrpHdr/MsgId")
        for place in facts.transactions:
            if (uetr := facts.text(f"{place}PmtId/UETR")) and message_id:
                found[uetr, message_id].append(facts)
    return found


def _read(messages: Messages) -> Iterator[Facts]:
    """The messages that could be read. A sender that hands in none is told so by `_complete`."""
    return (Facts(message, messages.country) for message in messages.files if not message.trouble)


def _complete(messages: Messages) -> None:
    """Raise Undecided where a message could not be read for a reason of ours, or there is none."""
    if not messages.files:
        raise Undecided(Reason.NOT_OBSERVABLE, "no message was handed in")
    for message in messages.files:
        if message.trouble in OURS:
            reason = Reason.TOO_LARGE if message.trouble != "unreadable" else Reason.NOT_OBSERVABLE
            raise Undecided(reason, f"{message.name}: {message.trouble}: {message.detail}")


def _version(message: Message) -> str:
    return message.namespace.rpartition(":")[2]


def _violation(message: Message, finding: Finding) -> Violation:
    observed = f"{finding.path}: {finding.observed}" if finding.path else finding.observed
    return Violation(f"{message.name}: {finding.message}", finding.expected, observed)
