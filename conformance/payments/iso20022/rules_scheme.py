"""What the scheme makes mandatory beyond the XSD: settlement, charges, parties, agents, quote, status, proxies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.payments.iso20022 import codes
from conformance.payments.iso20022.facts import Facts, Finding

HEADER = "FIToFICstmrCdtTrf/GrpHdr/"
METHOD = f"{HEADER}SttlmInf/SttlmMtd"
CLEARING = f"{HEADER}SttlmInf/ClrSys/Cd"
_REASON = re.compile("[A-Z]{2}[A-Z0-9]{2}")


def settlement(facts: Facts, terms: Mapping[str, Any]) -> Iterator[Finding]:
    """Settlement is by clearing, and the clearing system is named by a code."""
    if (method := facts.text(METHOD)) != terms["method"]:
        yield Finding("another settlement method is named", METHOD, terms["method"], method)
    if not facts.text(CLEARING):
        yield Finding("no clearing system is named", CLEARING, "a code", "none")


def charges(facts: Facts, terms: Mapping[str, Any]) -> Iterator[Finding]:
    """Charges are shared, and both agents' charges stand in the message."""
    for place in facts.transactions:
        if (bearer := facts.text(path := f"{place}ChrgBr")) != terms["bearer"]:
            yield Finding("charges are borne in another way", path, terms["bearer"], bearer)
        found = len(facts.repeated(f"{place}ChrgsInf"))
        if found != terms["charges"]:
            yield Finding("another number of charges is given", f"{place}ChrgsInf", str(terms["charges"]), str(found))


def mandatory(facts: Facts, terms: Mapping[str, Any]) -> Iterator[Finding]:
    """What the scheme's guideline needs is present and not blank."""
    known = facts.places.known
    for place in facts.transactions:
        for name in terms["elements"]:
            if (path := f"{place}{name}") not in known:
                yield Finding(f"{name} is missing", path, "present", "none")
    if any(map(str.isspace, facts.texts)):
        for leaf in facts.message.leaves:
            if leaf.text.isspace():
                yield Finding("an element is blank", leaf.path, "text", "white space")


def agents(facts: Facts, _: Mapping[str, Any]) -> Iterator[Finding]:
    """Every agent that is named is identified by a BIC, an LEI or a clearing member id."""
    for place in facts.transactions:
        for name in ("InstgAgt", "InstdAgt", "IntrmyAgt1", "IntrmyAgt2", "DbtrAgt", "CdtrAgt"):
            path = f"{place}{name}/FinInstnId"
            if facts.text(f"{path}/BICFI") or not facts.has(path):
                continue
            if not facts.text(f"{path}/LEI") and not facts.text(f"{path}/ClrSysMmbId/MmbId"):
                expected = "BICFI or LEI or ClrSysMmbId/MmbId"
                yield Finding(f"{name} has neither BIC, LEI nor member id", path, expected, "none")


def quote(facts: Facts, _: Mapping[str, Any]) -> Iterator[Finding]:
    """The rate is agreed, with the id of the quote it comes from."""
    for place in facts.transactions:
        for name in ("AgrdRate/PreAgrdXchgRate", "AgrdRate/QtId"):
            if not facts.text(path := f"{place}{name}"):
                yield Finding(f"{name} is missing", path, "present", "none")


def addresses(facts: Facts, _: Mapping[str, Any]) -> Iterator[Finding]:
    """The addresses of debtor and creditor are structured as far as town and country."""
    for place in facts.transactions:
        for party in ("Dbtr", "Cdtr"):
            address = f"{place}{party}/PstlAdr"
            if (facts.text(f"{address}/TwnNm") and facts.text(f"{address}/Ctry")) or not facts.has(address):
                continue
            missing = " and no ".join(name for name in ("TwnNm", "Ctry") if not facts.text(f"{address}/{name}"))
            yield Finding(f"{party}: the address has no {missing}", address, "TwnNm and Ctry", "")


def reasons(facts: Facts, _: Mapping[str, Any]) -> Iterator[Finding]:
    """A transaction that is rejected has exactly one reason, and it is an ISO code."""
    for place in facts.transactions:
        if facts.text(f"{place}TxSts") != "RJCT":
            continue
        given = facts.repeated(f"{place}StsRsnInf")
        found = [facts.text(f"{reason}Rsn/Cd") for reason in given]
        if len(given) != 1:
            yield Finding("a rejection has not exactly one reason", f"{place}StsRsnInf", "1", str(len(given)))
        for code in found:
            if not _REASON.fullmatch(code):
                what = "the reason of a rejection is no ISO code"
                yield Finding(what, f"{place}StsRsnInf/Rsn/Cd", "four capitals and digits", code or "none")


def statuses(facts: Facts, terms: Mapping[str, Any]) -> Iterator[Finding]:
    """A status is one that the scheme knows."""
    for place in facts.transactions:
        if (status := facts.text(path := f"{place}TxSts")) not in terms["statuses"]:
            yield Finding("a status is not one of the scheme's", path, ", ".join(terms["statuses"]), status)


def proxy(facts: Facts, terms: Mapping[str, Any]) -> Iterator[Finding]:
    """A lookup names the proxy's type by an external code, and the country where it is to be looked up."""
    for place in facts.transactions:
        base = f"{place}PtyAndAcctId/Acct/"
        if not facts.has(f"{base}Prxy"):
            if not facts.has(f"{base}Id"):
                yield Finding("a lookup names neither proxy nor account", f"{base}Prxy", "Prxy or Id", "none")
            continue
        if (kind := facts.text(path := f"{base}Prxy/Tp/Cd")) not in terms["proxy_types"]:
            expected = ", ".join(terms["proxy_types"])
            yield Finding("the proxy's type is no external code", path, expected, kind or "none")
    path = "IdVrfctnReq/Assgnmt/Assgne/Agt/FinInstnId/PstlAdr/Ctry"
    if not codes.is_country(facts.text(path), facts.country):
        yield Finding("a lookup names no destination country", path, "ISO 3166-1", facts.text(path) or "none")
