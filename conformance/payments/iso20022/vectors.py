"""The vectors of ISO 20022 messages: `python -m conformance.payments.iso20022.vectors`, always the same octets.

What must come of each is written beside it, in `mutations.py` and here, and is never taken from the validator.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.core.paths import vectors_dir
from conformance.payments.iso20022.codes import lei_with_check_digits
from conformance.payments.iso20022.mutations import HEAD, MUTATIONS, edited
from conformance.payments.iso20022.samples import FIXED, TEMPLATES, Agreement, fill

NAME = "payments/iso20022.json"
NOT_XSD = frozenset({"schema"})
Edits = Sequence[tuple[str, str]]

SINGAPORE = Agreement(
    currency="SGD",
    rate="3.450000",
    received="344.00",
    debtor_agent="SNDRSGS0XXX",
    creditor_agent="RCVRMYK0XXX",
    intermediary_1="SAPASGS0XXX",
    intermediary_2="SAPBMYK0XXX",
    debtor_country="SG",
    creditor_country="MY",
)
"""A payment between two real countries and made-up institutions: 100.00 SGD come to 345.00 MYR, less a charge of 1."""

TO_RINGGIT: Edits = (
    ('<InstdAmt Ccy="{currency}">', '<InstdAmt Ccy="MYR">'),
    ("<QtdCcy>{currency}</QtdCcy>", "<QtdCcy>MYR</QtdCcy>"),
    ('<Amt Ccy="{currency}">{charge_creditor}', '<Amt Ccy="MYR">{charge_creditor}'),
)


def case(
    name: str, octets: bytes, breaks: Sequence[str], notes: str, *, schema: str = "xsd", country: str = "XA"
) -> dict[str, Any]:
    """One vector. schema: what its structure can be held against. breaks: what an independent reader must find."""
    given: dict[str, str] = {"country": country}
    try:
        given["document"] = octets.decode()
    except UnicodeDecodeError:
        given["document_base64"] = base64.b64encode(octets).decode()
    unread = any(each in UNREAD for each in breaks)
    made: dict[str, Any] = {
        "id": name,
        "group": "hostile" if unread else "invalid" if breaks else "valid",
        "operation": "iso20022.validate",
        "result": "rejected" if breaks else "output",
        "notes": notes,
        "input": given,
        "output": {
            "schema": "none" if unread or "version" in breaks else schema,
            "structure_valid": not unread and "schema" not in breaks,
            "breaks": sorted(breaks),
        },
    }
    if breaks:
        made["control"] = CONTROLS[schema_of(name)]
    return made


UNREAD = frozenset({"empty", "too-large", "encoding", "doctype", "not-well-formed", "too-deep", "too-many"})
CONTROLS: Mapping[str, str] = {
    "pacs.008": "valid-pacs-008",
    "pacs.002": "valid-pacs-002",
    "acmt.023": "valid-acmt-023",
    "acmt.024": "valid-acmt-024",
    "camt.054": "valid-camt-054",
    "singapore": "valid-singapore-malaysia",
}
_KINDS = {mutation.name: mutation.of for mutation in MUTATIONS}


def schema_of(name: str) -> str:
    """Which control a vector belongs to."""
    return "singapore" if name.startswith("singapore") else _KINDS.get(name, "pacs.008")


def structure(kind: str) -> str:
    """What a message of a kind can be held against."""
    return "outline" if kind == "pacs.002" else "xsd"


def cases() -> Iterator[dict[str, Any]]:
    """Every vector, controls first."""
    for kind, template in TEMPLATES.items():
        octets = fill(template, Agreement(), FIXED)
        yield case(CONTROLS[kind], octets, (), f"a {kind} that keeps every rule", schema=structure(kind))
    octets = fill(edited(TEMPLATES["pacs.008"], tuple(TO_RINGGIT)), SINGAPORE, FIXED)
    yield case(CONTROLS["singapore"], octets, (), "two currencies at a rate, less a charge", country="SG")
    for mutation in MUTATIONS:
        if mutation.static:
            octets = fill(mutation.template, Agreement(), FIXED).decode().encode(mutation.encoding)
            notes = mutation.note or (f"breaks {', '.join(mutation.breaks)}" if mutation.breaks else "is allowed")
            yield case(mutation.name, octets, mutation.breaks, notes, schema=structure(mutation.of))
    yield from values()
    yield from countries()
    yield from documents()


def changed(name: str, edits: Edits, breaks: Sequence[str], notes: str) -> dict[str, Any]:
    """A changed pacs.008 of XA."""
    return case(name, fill(edited(TEMPLATES["pacs.008"], tuple(edits)), Agreement(), FIXED), breaks, notes)


def values() -> Iterator[dict[str, Any]]:
    """Values at the edges of the rules, most of them taken by the schema."""
    instructing = "<InstgAgt><FinInstnId><BICFI>{debtor_agent}"
    for bic, breaks, notes in (
        ("SNDRXAX0XXX", (), "eleven characters"),
        ("SNDRXKX0", (), "XK is in use in BICs"),
        ("SNDRSGS0", (), "a real country"),
        ("SNDRXAX0XX", ("schema", "bic"), "ten characters"),
        ("SNDRX1X0", ("schema", "bic"), "a digit in the country"),
        ("SNDRUKX0", ("bic",), "UK is no code of ISO 3166-1"),
        ("1234XAX0", (), "digits in the first four, which ISO 9362 allows since 2014"),
    ):
        yield changed(f"bic-{bic.lower()}", ((instructing, f"<InstgAgt><FinInstnId><BICFI>{bic}"),), breaks, notes)
    good = lei_with_check_digits("549300EXAMPLE00000")
    for lei, breaks, notes in (
        (good, (), "check digits that verify"),
        (f"{good[:18]}{(int(good[18:]) + 1) % 100:02}", ("lei",), "one more"),
        (good[1] + good[0] + good[2:], ("lei",), "two characters changed over"),
        (good.lower(), ("schema", "lei"), "lower case"),
        (good[:19], ("schema", "lei"), "nineteen characters"),
    ):
        yield changed(f"lei-{notes.replace(' ', '-')}", (("{lei}", lei),), breaks, notes)
    for amount, received, breaks, notes in (
        ("100", "99.00", (), "no decimals"),
        ("100.0", "99.0", (), "one decimal"),
        ("00100.00", "99.00", (), "leading zeros, which XML Schema allows"),
        ("0.01", "0.01", ("rate",), "less than the charge"),
        ("50000.00", "49999.00", (), "the maximum"),
        ("50000.01", "49999.01", ("amount-maximum",), "above the maximum"),
        ("100.00", "99.01", ("rate",), "off by one unit"),
        ("100.00", "100.00", ("rate",), "the charge was forgotten"),
        ("100.000", "99.00", ("decimals",), "a third decimal that is zero"),
        ("100,00", "99.00", ("schema",), "a comma"),
        ("1 00.00", "99.00", ("schema",), "a space"),
        ("NaN", "99.00", ("schema",), "no number"),
        ("\uff11\uff10\uff10", "99.00", ("schema", "characters"), "full-width digits"),
    ):
        edits = (("<CtrlSum>{amount}</CtrlSum>", ""), ("{amount}", amount), ("{received}", received))
        yield changed(f"amount-{slug(notes)}", edits, breaks, notes)
    nothing = (
        ("<CtrlSum>{amount}</CtrlSum>", ""),
        ("{amount}", "0.00"),
        ("{received}", "0.00"),
        ("{charge_creditor}", "0.00"),
    )
    yield changed("amount-of-nothing", nothing, ("amount-positive",), "nothing less no charge is nothing")
    for moment, breaks, notes in (
        ("2026-11-28T07:59:58+07:00", (), "an offset"),
        ("2026-11-28T00:59:58.123Z", (), "milliseconds"),
        ("2026-11-28T00:59:58-00:00", (), "an unknown local offset, as RFC 3339 writes it"),
        ("2026-11-28T00:59:58", ("offsets",), "no zone"),
        ("2026-11-28T24:00:00Z", ("offsets",), "an hour too many"),
        ("2026-11-28T23:59:60Z", ("schema",), "a leap second, which XML Schema has not"),
        ("2026-11-28 00:59:58Z", ("schema",), "a space for the T"),
        ("2026-02-30T00:00:00Z", ("schema",), "no such day"),
    ):
        yield changed(f"time-{slug(notes)}", (("{accepted}", moment),), breaks, notes)
    for text, breaks, notes in (
        ("O'Example-Payee, (Test) + Co. 100%", (), "every kind of printable ASCII"),
        ("Exampl\u00e9", ("characters",), "Latin-1, precomposed"),
        ("Example\u200b", ("characters",), "a zero-width space"),
        ("\u202eeeyaP", ("characters",), "a right-to-left override"),
        ("Example&#10;Payee", ("characters",), "a line break"),
        ("&#38;#60;script&#38;#62;", (), "escaped markup is text"),
        ("E" * 140, (), "140 characters"),
    ):
        yield changed(f"name-{slug(notes)}", (("{creditor_name}", text),), breaks, notes)


def slug(text: str) -> str:
    """A note as part of an id."""
    return "-".join("".join(each if each.isalnum() and each.isascii() else " " for each in text.lower()).split())


def countries() -> Iterator[dict[str, Any]]:
    """XA to XZ and XTS are the sandbox's alone: in a target of any other country they are unknown."""
    own = fill(TEMPLATES["pacs.008"], Agreement(), FIXED)
    wrong = ("bic", "country", "currency")
    yield case("sandbox-message-in-singapore", own, wrong, "XA and XTS in a target of Singapore", country="SG")
    yield case("sandbox-message-in-xz", own, (), "XA in a target of XZ", country="XZ")
    for name, edits, breaks, notes in (
        ("singapore-ringgit-sen", (("{received}", "344.001"),), ("decimals",), "MYR with three decimals"),
        ("singapore-rate-low", (("{rate}", "3.449000"),), ("rate",), "a rate that does not give the amount"),
        ("singapore-half-rupiah", (('"MYR">{received}', '"IDR">1179999.50'),), ("decimals", "rate"), "half a rupiah"),
    ):
        text = edited(edited(TEMPLATES["pacs.008"], tuple(TO_RINGGIT)), edits)
        yield case(name, fill(text, SINGAPORE, FIXED), breaks, notes, country="SG")


def documents() -> Iterator[dict[str, Any]]:
    """The document itself: what is XML, what is none, and what no reader may follow."""
    good = fill(TEMPLATES["pacs.008"], Agreement(), FIXED)
    text = good.decode()
    body = text.removeprefix(HEAD)
    space = 'xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.13"'
    prefixed = body.replace("</", "</p:").replace("<p:", "<").replace("<", "<p:").replace("<p:/p:", "</p:")
    deep = body.replace("<Ustrd>", f"<Ustrd>{'<a>' * 100}").replace("</Ustrd>", f"{'</a>' * 100}</Ustrd>")
    deeper = body.replace("<Ustrd>", f"<Ustrd>{'<a>' * 1000}").replace("</Ustrd>", f"{'</a>' * 1000}</Ustrd>")
    wide = body.replace("<RmtInf>", f"<RmtInf>{'<Ustrd>x</Ustrd>' * 5001}")
    for name, octets, breaks, notes in (
        ("document-byte-order-mark", b"\xef\xbb\xbf" + good, (), "the mark of UTF-8"),
        ("document-no-declaration", body.encode(), (), "no XML declaration"),
        ("document-comments", f"{HEAD}<!-- <!DOCTYPE x> -->{body}".encode(), (), "a DOCTYPE in a comment is none"),
        ("document-instruction", f"{HEAD}<?x <!DOCTYPE y>?>{body}".encode(), (), "nor in an instruction"),
        ("document-cdata", text.replace("Example Payee", "<![CDATA[Example Payee]]>").encode(), (), "CDATA is text"),
        ("document-prefix", prefixed.replace(space, space.replace("xmlns", "xmlns:p")).encode(), (), "a prefix"),
        ("document-empty", b"", ("empty",), "nothing"),
        ("document-blank", b" \r\n\t", ("empty",), "white space"),
        ("document-json", b'{"Document": {}}', ("not-well-formed",), "JSON"),
        ("document-html", b"<!doctype html><title>502</title>", ("doctype",), "an error page"),
        ("document-late-doctype", f"{HEAD}<!-- x --><!DOCTYPE y>{body}".encode(), ("doctype",), "after a comment"),
        ("document-parameter-entity", f'{HEAD}<!DOCTYPE y [<!ENTITY % z "">]>{body}'.encode(), ("doctype",), "a DTD"),
        ("document-unknown-entity", text.replace("Example Payee", "&x;").encode(), ("not-well-formed",), "no DTD"),
        ("document-two-roots", good + b"<a/>", ("not-well-formed",), "two roots"),
        ("document-nul", good.replace(b"Example Payee", b"A\0B"), ("encoding",), "a NUL octet"),
        ("document-nul-reference", good.replace(b"Example Payee", b"&#0;"), ("not-well-formed",), "as a reference"),
        ("document-surrogate", good.replace(b"Example Payee", b"&#xD800;"), ("not-well-formed",), "a surrogate"),
        ("document-cut-utf-8", good.replace(b"Example Payee", b"\xe2\x82"), ("encoding",), "UTF-8 that is cut off"),
        ("document-long-form", good.replace(b"Example Payee", b"\xc0\xae"), ("encoding",), "a longer form of a point"),
        ("document-windows", text.replace("UTF-8", "windows-1252").encode(), ("encoding",), "another declaration"),
        ("document-utf-7", text.replace("UTF-8", "UTF-7").encode(), ("encoding",), "UTF-7"),
        ("document-utf-32", good.decode().encode("utf-32"), ("encoding",), "UTF-32"),
        ("document-no-namespace-uri", text.replace(space, 'xmlns="urn:x"').encode(), ("version",), "of nobody"),
        ("document-unclosed", text.replace("</Document>", "").encode(), ("not-well-formed",), "a missing end"),
        (
            "document-same-attribute",
            text.replace('Ccy="XTS"', 'Ccy="XTS" Ccy="XTS"').encode(),
            ("not-well-formed",),
            "twice",
        ),
        ("document-100-deep", deep.encode(), ("too-deep",), "a hundred levels"),
        ("document-1000-deep", deeper.encode(), ("not-well-formed",), "a thousand levels"),
        ("document-5001-wide", wide.encode(), ("too-many",), "too many elements"),
    ):
        yield case(name, octets, breaks, notes)


def document() -> str:
    """The text of the file."""
    made = {
        "title": "ISO 20022 messages",
        "generator": "python -m conformance.payments.iso20022.vectors",
        "note": "Parties, accounts and identifiers are made up. `breaks` are rules of conformance/payments/iso20022/"
        "rules.py, or schema, version, or why the document is not read. structure_valid with result rejected: "
        "the schema takes it and a rule does not. Status reports are held against an outline of ours, no schema.",
        "cases": list(cases()),
    }
    return json.dumps(made, indent=1, ensure_ascii=True) + "\n"


def main() -> None:
    """Write the file."""
    path = vectors_dir() / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document(), encoding="utf-8")
    sys.stdout.write(f"wrote {path}\n")


if __name__ == "__main__":
    main()
