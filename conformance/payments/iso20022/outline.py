"""The structure of pacs.002.001.15 as far as this profile reads it, in our own words.

Its genuine schema ships with no package that may be redistributed (see `schemas/ORIGIN.md`). An outline lists, for the
elements that matter here, which children they may have, in which order and how often, and the form of the leaves.
Elements that no entry describes are taken as they are, so a document that fits the outline may still break the schema.
A test compares this table with the classes that a binding of another hand generated from the genuine schema.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from conformance.payments.iso20022.evidence import SchemaError

if TYPE_CHECKING:
    from lxml.etree import _Element

MANY = 1_000_000
Child = tuple[str, int, int, str]
"""(name, fewest, most, form or the name of an entry or empty)."""

FORMS: Mapping[str, str] = {
    "text35": r"(?s).{1,35}",
    "text105": r"(?s).{1,105}",
    "code4": r"(?s).{1,4}",
    "uetr": r"[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89ab][a-f0-9]{3}-[a-f0-9]{12}",
    "datetime": r"-?[0-9]{4,}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?",
    "digits15": r"[0-9]{1,15}",
    "amount": r"(?=[+-]?[0-9.]{1,19}$)\+?[0-9]*(\.[0-9]{0,5})?",
}

PACS_002_001_15: Mapping[str, tuple[Child, ...]] = {
    "Document": (("FIToFIPmtStsRpt", 1, 1, "report"),),
    "report": (
        ("GrpHdr", 1, 1, "header"),
        ("OrgnlGrpInfAndSts", 0, MANY, "group"),
        ("TxInfAndSts", 0, MANY, "transaction"),
        ("SplmtryData", 0, MANY, ""),
    ),
    "header": (
        ("MsgId", 1, 1, "text35"),
        ("CreDtTm", 1, 1, "datetime"),
        ("InstgAgt", 0, 1, ""),
        ("InstdAgt", 0, 1, ""),
        ("OrgnlBizQry", 0, 1, ""),
    ),
    "group": (
        ("OrgnlMsgId", 1, 1, "text35"),
        ("OrgnlMsgNmId", 1, 1, "text35"),
        ("OrgnlCreDtTm", 0, 1, "datetime"),
        ("OrgnlNbOfTxs", 0, 1, "digits15"),
        ("OrgnlCtrlSum", 0, 1, ""),
        ("GrpSts", 0, 1, "code4"),
        ("StsRsnInf", 0, MANY, "reason"),
        ("NbOfTxsPerSts", 0, MANY, ""),
    ),
    "transaction": (
        ("StsId", 0, 1, "text35"),
        ("OrgnlGrpInf", 0, 1, "original"),
        ("OrgnlInstrId", 0, 1, "text35"),
        ("OrgnlEndToEndId", 0, 1, "text35"),
        ("OrgnlTxId", 0, 1, "text35"),
        ("OrgnlUETR", 0, 1, "uetr"),
        ("TxSts", 0, 1, "code4"),
        ("StsRsnInf", 0, MANY, "reason"),
        ("ChrgsInf", 0, MANY, ""),
        ("AccptncDtTm", 0, 1, "datetime"),
        ("PrcgDt", 0, 1, ""),
        ("FctvIntrBkSttlmDt", 0, 1, ""),
        ("AcctSvcrRef", 0, 1, "text35"),
        ("ClrSysRef", 0, 1, "text35"),
        ("CdtSttlmKey", 0, 1, ""),
        ("InstgAgt", 0, 1, ""),
        ("InstdAgt", 0, 1, ""),
        ("OrgnlTxRef", 0, 1, "reference"),
        ("SplmtryData", 0, MANY, ""),
    ),
    "original": (
        ("OrgnlMsgId", 1, 1, "text35"),
        ("OrgnlMsgNmId", 1, 1, "text35"),
        ("OrgnlCreDtTm", 0, 1, "datetime"),
    ),
    "reason": (("Orgtr", 0, 1, ""), ("Rsn", 0, 1, "choice"), ("AddtlInf", 0, MANY, "text105")),
    "choice": (("Cd", 0, 1, "code4"), ("Prtry", 0, 1, "text35")),
    "reference": (
        ("IntrBkSttlmAmt", 0, 1, "amount"),
        ("Amt", 0, 1, ""),
        ("IntrBkSttlmDt", 0, 1, ""),
        ("ReqdColltnDt", 0, 1, ""),
        ("ReqdExctnDt", 0, 1, ""),
        ("CdtrSchmeId", 0, 1, ""),
        ("SttlmInf", 0, 1, ""),
        ("PmtTpInf", 0, 1, ""),
        ("PmtMtd", 0, 1, ""),
        ("MndtRltdInf", 0, 1, ""),
        ("RmtInf", 0, 1, ""),
        ("UltmtDbtr", 0, 1, ""),
        ("Dbtr", 0, 1, ""),
        ("DbtrAcct", 0, 1, ""),
        ("DbtrAgt", 0, 1, ""),
        ("DbtrAgtAcct", 0, 1, ""),
        ("CdtrAgt", 0, 1, ""),
        ("CdtrAgtAcct", 0, 1, ""),
        ("Cdtr", 0, 1, ""),
        ("CdtrAcct", 0, 1, ""),
        ("UltmtCdtr", 0, 1, ""),
        ("Purp", 0, 1, ""),
    ),
}

OUTLINES: Mapping[str, Mapping[str, tuple[Child, ...]]] = {"pacs.002.001.15": PACS_002_001_15}
_COMPILED = {name: re.compile(pattern) for name, pattern in FORMS.items()}


def differences(root: _Element, namespace: str, outline: Mapping[str, tuple[Child, ...]]) -> list[SchemaError]:
    """Where a document does not fit an outline."""
    errors: list[SchemaError] = []
    if root.tag != f"{{{namespace}}}Document":
        return [SchemaError(root.sourceline or 0, "the root element is not Document")]
    _compare(root, "Document", namespace, outline, errors)
    return errors


def _compare(
    element: _Element,
    entry: str,
    namespace: str,
    outline: Mapping[str, tuple[Child, ...]],
    errors: list[SchemaError],
) -> None:
    """Hold the children of an element against its entry; a stranger ends the comparison, since order is lost there."""
    children, position = outline[entry], 0
    counts = dict.fromkeys((name for name, *_ in children), 0)
    for child in element:
        name = str(child.tag).removeprefix(f"{{{namespace}}}")
        while position < len(children) and children[position][0] != name:
            position += 1
        line = child.sourceline or 0
        if position == len(children):
            errors.append(SchemaError(line, f"Element '{name[:60]}': not expected here"))
            return
        counts[name] += 1
        _, _, most, form = children[position]
        if counts[name] > most:
            errors.append(SchemaError(line, f"Element '{name}': more than {most}"))
        if form in outline:
            _compare(child, form, namespace, outline, errors)
        elif form and not _COMPILED[form].fullmatch(child.text or ""):
            errors.append(SchemaError(line, f"Element '{name}': not of the form {form}"))
    for name, fewest, *_ in children:
        if counts[name] < fewest:
            errors.append(SchemaError(element.sourceline or 0, f"Missing child element: {name}"))
