"""The faults of the sandbox's gateway: rules that it does not keep, and quirks in how it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Fault:
    """description; ignores: names of rules that are not kept; quirk: another thing that `gateway.py` knows by name."""

    description: str
    ignores: frozenset[str] = frozenset()
    quirk: str = ""


def _ignores(description: str, *rules: str) -> Fault:
    return Fault(description, frozenset(rules))


def _quirk(description: str, quirk: str) -> Fault:
    return Fault(description, quirk=quirk)


FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        "gateway-skips-schema": _ignores("messages are not held against their schema", "schema"),
        "gateway-any-version": _ignores("messages of any version are processed", "version"),
        "gateway-no-uetr": _ignores("payments without a UETR are processed", "uetr"),
        "gateway-resend-is-duplicate": _quirk("an exact resend is rejected as a duplicate", "resend-duplicate"),
        "gateway-pays-resend": _quirk("an exact resend is paid again", "resend-pays"),
        "gateway-known-uetr": _ignores("a UETR is taken again under another MsgId", "known-uetr"),
        "gateway-miscounts": _ignores("NbOfTxs and CtrlSum are not looked at", "number-of-transactions", "control-sum"),
        "gateway-any-decimals": _ignores("amounts may have any decimals", "decimals"),
        "gateway-any-currency": _ignores("amounts may be in any currency", "currency"),
        "gateway-zero-amount": _ignores("amounts may be zero", "amount-positive", "rate"),
        "gateway-any-amount": _ignores("amounts may be above the maximum", "amount-maximum"),
        "gateway-any-rate": _ignores("the rate need not be the quoted one", "quote-rate", "rate"),
        "gateway-question-marks": _quirk("other characters are replaced by question marks", "question-marks"),
        "gateway-any-characters": _ignores("text in any script is taken, and no table is published", "characters"),
        "gateway-slashes": _ignores("references may begin with slashes", "references"),
        "gateway-any-bic": _ignores("BICs of no country are taken", "bic"),
        "gateway-any-lei": _ignores("check digits of LEIs are not looked at", "lei"),
        "gateway-proprietary-codes": _ignores("proprietary codes are taken", "proprietary"),
        "gateway-refuses-purpose": _quirk("a payment with the purpose SALA is rejected", "refuses-purpose"),
        "gateway-unstructured-address": _ignores("addresses in free text are taken", "addresses"),
        "gateway-local-time": _ignores("date-times without offset are taken", "offsets"),
        "gateway-stale-payment": _ignores("payments accepted a day ago are taken", "age"),
        "gateway-reads-doctype": _quirk("document types are read and entities replaced", "reads-doctype"),
        "gateway-fetches-entity": _quirk("the address of an external entity is called", "fetches-entity"),
        "gateway-late": _quirk("the final status of urgent payments comes after its time", "late-high"),
        "gateway-late-normal": _quirk("the final status of normal payments comes after its time", "late-normal"),
        "gateway-no-reason": _quirk("rejections have no reason", "no-reason"),
        "gateway-two-reasons": _quirk("rejections have two reasons", "two-reasons"),
        "gateway-any-settlement": _ignores("any settlement method is taken", "settlement"),
        "gateway-any-charges": _ignores("charges may be borne in any way", "charges"),
        "gateway-missing-elements": _ignores("what the scheme makes mandatory may be missing", "mandatory"),
        "gateway-any-intermediary": _ignores("any intermediary agent is taken", "intermediary"),
        "gateway-any-agent": _ignores("agents need no identifier", "agents"),
        "gateway-any-quote": _ignores("the quote need not be there, known or in time", "quote", "quote-id"),
        "gateway-calls-anywhere": _quirk("answers go to any address that a message names", "calls-anywhere"),
        "gateway-answers-twice": _quirk("each final status comes twice", "twice"),
        "gateway-unsigned": _quirk("answers are not signed", "unsigned"),
        "gateway-answers-elsewhere": _quirk("an answer comes under the address of an earlier message", "elsewhere"),
        "gateway-other-amount": _quirk("answers repeat another amount", "other-amount"),
        "lookup-other-id": _quirk("answers to lookups name another lookup", "lookup-other-id"),
        "lookup-same-code": _quirk("every proxy that is not found has the same code", "lookup-same-code"),
        "lookup-names-blocked": _quirk("the name behind a blocked proxy is told", "lookup-names-blocked"),
        "lookup-slow-blocked": _quirk("lookups of blocked proxies take longer", "lookup-slow-blocked"),
        "lookup-whole-name": _quirk("names are shown whole", "lookup-whole-name"),
        "lookup-unlimited": _quirk("one payer may look up any number of proxies", "lookup-unlimited"),
    }
)


def combined(names: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """(rules not kept, quirks) of several faults."""
    chosen = [FAULTS[name] for name in names]
    return (
        frozenset().union(*(each.ignores for each in chosen)),
        frozenset(each.quirk for each in chosen if each.quirk),
    )
