"""Every violation as one change of a message: used by the vectors, by the sandbox's senders, and live.

A change is a list of (old, new) texts of the template; each old text stands in it exactly once. `breaks` names what an
independent reader must find: rules of `rules.py`, or `schema`, `version`, or a word of `Message.trouble`. A change
without it is one that must be accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from conformance.payments.iso20022.samples import TEMPLATES

Edit = tuple[str, str]
PACS, ACMT, STATUS, REPORT, NOTICE = "pacs.008", "acmt.023", "pacs.002", "acmt.024", "camt.054"
SCHEMA = ("schema",)


@dataclass(frozen=True, slots=True)
class Mutation:
    """One changed message. static: whether the message alone shows the violation, without clock, quote or history."""

    name: str
    of: str
    edits: tuple[Edit, ...]
    breaks: tuple[str, ...] = ()
    note: str = ""
    static: bool = True
    encoding: str = "utf-8"

    @property
    def template(self) -> str:
        """The template with the change made."""
        return edited(TEMPLATES[self.of], self.edits)


def edited(text: str, edits: tuple[Edit, ...]) -> str:
    """A text with each edit made.

    Raises:
        ValueError: an old text does not stand in it exactly once.
    """
    for old, new in edits:
        if (count := text.count(old)) != 1:
            raise ValueError(f"{old!r} stands {count} times")
        text = text.replace(old, new)
    return text


def _names(kind: str, text: str) -> Mutation:
    return Mutation(f"name-{kind}", PACS, (("{creditor_name}", text),), ("characters",))


LONG = "N" * 141
ISA = '<IntrBkSttlmAmt Ccy="{currency}">{amount}</IntrBkSttlmAmt>'
INSTRUCTED = '<InstdAmt Ccy="{currency}">{received}</InstdAmt>'
ENTITY = '<!DOCTYPE Document [<!ENTITY x SYSTEM "{entity_url}">]>'
BOMB = (
    '<!DOCTYPE Document [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">'
    '<!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;"><!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;">]>'
)
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
ADDRESS = "<PstlAdr><TwnNm>{town}</TwnNm><Ctry>{debtor_country}</Ctry></PstlAdr>"
PURPOSE = "<Purp><Cd>OTHR</Cd></Purp>"
CHARGE = """      <ChrgsInf>
        <Amt Ccy="{currency}">{charge_debtor}</Amt>
        <Agt><FinInstnId><BICFI>{debtor_agent}</BICFI></FinInstnId></Agt>
      </ChrgsInf>
"""
ACCEPTED = "<AccptncDtTm>{accepted}</AccptncDtTm>"


def _amount(new: str, currency: str = "{currency}") -> tuple[Edit, ...]:
    return ((ISA, f'<IntrBkSttlmAmt Ccy="{currency}">{new}</IntrBkSttlmAmt>'), ("<CtrlSum>{amount}</CtrlSum>", ""))


MUTATIONS: tuple[Mutation, ...] = (
    # Against the schema
    Mutation("xsd-unknown-element", PACS, (("<UETR>", "<Extra>x</Extra><UETR>"),), SCHEMA),
    Mutation(
        "xsd-order",
        PACS,
        (("      <CreDtTm>{created}</CreDtTm>\n", ""), ("<MsgId>", "<CreDtTm>{created}</CreDtTm><MsgId>")),
        SCHEMA,
    ),
    Mutation("xsd-long-name", PACS, (("{creditor_name}", LONG),), SCHEMA),
    Mutation("xsd-long-reference", PACS, (("{message_id}-E", "E" * 36),), SCHEMA),
    Mutation("xsd-priority", PACS, (("{priority}", "MEDM"),), SCHEMA),
    Mutation(
        "xsd-no-creditor-agent",
        PACS,
        (("<CdtrAgt><FinInstnId><BICFI>{creditor_agent}</BICFI></FinInstnId></CdtrAgt>", ""),),
        SCHEMA,
    ),
    Mutation(
        "xsd-two-bearers", PACS, (("<ChrgBr>SHAR</ChrgBr>", "<ChrgBr>SHAR</ChrgBr><ChrgBr>SHAR</ChrgBr>"),), SCHEMA
    ),
    Mutation("xsd-negative", PACS, _amount("-100.00"), SCHEMA),
    Mutation("xsd-exponent", PACS, _amount("1E2"), SCHEMA),
    Mutation("xsd-six-decimals", PACS, _amount("100.000001"), ("schema", "decimals")),
    Mutation("xsd-nineteen-digits", PACS, _amount("1234567890123456789"), SCHEMA),
    Mutation("xsd-lookup-without-id", ACMT, (("<Id>{message_id}-V</Id>", ""),), SCHEMA),
    Mutation("xsd-notice-without-account", NOTICE, (("<Acct>", "<Konto>"), ("</Acct>", "</Konto>")), SCHEMA),
    Mutation("xsd-report-without-answer", REPORT, (("<Vrfctn>{verified}</Vrfctn>", ""),), SCHEMA),
    Mutation("outline-long-status", STATUS, (("{status}", "ACCEPTED"),), ("schema", "statuses")),
    Mutation(
        "outline-order",
        STATUS,
        (("<TxSts>{status}</TxSts>", ""), ("<OrgnlUETR>", "<TxSts>{status}</TxSts><OrgnlUETR>")),
        SCHEMA,
    ),
    # Version
    Mutation("version-08", PACS, (("pacs.008.001.13", "pacs.008.001.08"),), ("version",)),
    Mutation("version-12", PACS, (("pacs.008.001.13", "pacs.008.001.12"),), ("version",)),
    Mutation("version-99", PACS, (("pacs.008.001.13", "pacs.008.001.99"),), ("version",)),
    Mutation("version-none", PACS, ((' xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.13"', ""),), ("version",)),
    # UETR
    Mutation("uetr-absent", PACS, (("        <UETR>{uetr}</UETR>\n", ""),), ("uetr",)),
    Mutation("uetr-version-1", PACS, (("{uetr}", "8a562c67-ca16-11ba-b074-65581be6f001"),), ("schema", "uetr")),
    Mutation("uetr-upper-case", PACS, (("{uetr}", "8A562C67-CA16-48BA-B074-65581BE6F001"),), ("schema", "uetr")),
    # Counts and sums
    Mutation("count-two", PACS, (("<NbOfTxs>1</NbOfTxs>", "<NbOfTxs>2</NbOfTxs>"),), ("number-of-transactions",)),
    Mutation("sum-off", PACS, (("<CtrlSum>{amount}</CtrlSum>", "<CtrlSum>{over}</CtrlSum>"),), ("control-sum",)),
    # Amounts and currencies
    Mutation("decimals-one-too-many", PACS, _amount("{fine}"), ("decimals",)),
    Mutation("decimals-sgd", PACS, _amount("100.123", "SGD"), ("decimals", "rate"), "the table gives SGD two"),
    Mutation("decimals-idr", PACS, _amount("100.50", "IDR"), ("decimals", "rate"), "Nexus gives IDR none"),
    Mutation("decimals-vnd", PACS, _amount("100.5", "VND"), ("decimals", "rate"), "VND has none"),
    Mutation("amount-plus", PACS, _amount("+100.00"), ("decimals",), "the schema takes a leading plus"),
    Mutation("currency-zzz", PACS, _amount("{amount}", "ZZZ"), ("currency",)),
    Mutation("amount-zero", PACS, _amount("0.00"), ("amount-positive", "rate")),
    Mutation(
        "amount-over-maximum",
        PACS,
        (*_amount("{over}"), (INSTRUCTED, '<InstdAmt Ccy="{currency}">{over_received}</InstdAmt>')),
        ("amount-maximum",),
    ),
    Mutation("received-off", PACS, (("{received}", "{off_received}"),), ("rate",)),
    Mutation("rate-off", PACS, (("{rate}", "{rate_off}"),), ("rate",), "by 1e-6 of the quote", static=False),
    # Characters
    _names("thai", "ตัวอย่าง"),
    _names("khmer", "ឧទាហរណ៍"),
    _names("burmese", "ဥပမာ"),
    _names("emoji", "Example \N{SLIGHTLY SMILING FACE}"),
    _names("nfd", "Exame\N{COMBINING ACUTE ACCENT}ple"),
    # References
    Mutation("reference-leading-slash", PACS, (("{message_id}-E", "/{message_id}"),), ("references",)),
    Mutation("reference-trailing-slash", PACS, (("{message_id}-E", "{message_id}/"),), ("references",)),
    Mutation("reference-double-slash", PACS, (("{message_id}-E", "A//{message_id}"),), ("references",)),
    Mutation("notice-reference-slash", NOTICE, (("{message_id}-1", "/{message_id}"),), ("references",)),
    # Identifiers
    Mutation(
        "bic-country-zz",
        PACS,
        (("<InstgAgt><FinInstnId><BICFI>{debtor_agent}", "<InstgAgt><FinInstnId><BICFI>SNDRZZX0"),),
        ("bic",),
    ),
    Mutation(
        "bic-lower-case",
        PACS,
        (("<InstgAgt><FinInstnId><BICFI>{debtor_agent}", "<InstgAgt><FinInstnId><BICFI>sndrxax0"),),
        ("schema", "bic"),
    ),
    Mutation("lei-check-digit", PACS, (("{lei}", "XTST00EXAMPLE0000000"),), ("lei",)),
    Mutation("country-unknown", PACS, (("{debtor_country}", "ZZ"),), ("country",)),
    # Codes
    Mutation("purpose-proprietary", PACS, ((PURPOSE, "<Purp><Prtry>RENT</Prtry></Purp>"),), ("proprietary",)),
    Mutation("purpose-zzzz", PACS, (("<Cd>OTHR</Cd>", "<Cd>ZZZZ</Cd>"),), ("purpose",)),
    Mutation("purpose-absent", PACS, ((PURPOSE, ""),), (), "a purpose may be left out"),
    Mutation(
        "purpose-salary", PACS, (("<Cd>OTHR</Cd>", "<Cd>SALA</Cd>"),), (), "a valid purpose is no reason to reject"
    ),
    # Addresses
    Mutation(
        "address-unstructured",
        PACS,
        ((ADDRESS, "<PstlAdr><AdrLine>1 Example Road, Exampletown</AdrLine></PstlAdr>"),),
        ("addresses",),
    ),
    # Times
    Mutation("time-without-offset", PACS, ((ACCEPTED, "<AccptncDtTm>{day}T00:00:00</AccptncDtTm>"),), ("offsets",)),
    Mutation("time-hour-24", PACS, ((ACCEPTED, "<AccptncDtTm>{day}T24:00:00Z</AccptncDtTm>"),), ("offsets",)),
    Mutation("time-a-day-old", PACS, ((ACCEPTED, "<AccptncDtTm>{yesterday}</AccptncDtTm>"),), ("age",), static=False),
    Mutation("time-a-day-ahead", PACS, ((ACCEPTED, "<AccptncDtTm>{tomorrow}</AccptncDtTm>"),), ("age",), static=False),
    # XML that no reader may follow
    Mutation("xml-doctype", PACS, ((HEAD, HEAD + "<!DOCTYPE Document>"),), ("doctype",)),
    Mutation("xml-external-entity", PACS, ((HEAD, HEAD + ENTITY), ("{creditor_name}", "&x;")), ("doctype",)),
    Mutation("xml-bomb", PACS, ((HEAD, HEAD + BOMB), ("{creditor_name}", "&f;")), ("doctype",)),
    Mutation("xml-utf-16", PACS, (("UTF-8", "UTF-16"),), ("encoding",), encoding="utf-16"),
    Mutation("xml-latin-1", PACS, (("UTF-8", "ISO-8859-1"),), ("encoding",), encoding="latin-1"),
    Mutation(
        "xml-cut-off", PACS, (("    </CdtTrfTxInf>\n  </FIToFICstmrCdtTrf>\n</Document>\n", ""),), ("not-well-formed",)
    ),
    # Settlement and charges
    Mutation(
        "settlement-by-agent", PACS, (("<SttlmMtd>CLRG</SttlmMtd>", "<SttlmMtd>INDA</SttlmMtd>"),), ("settlement",)
    ),
    Mutation("no-clearing-system", PACS, (("<ClrSys><Cd>{clearing_system}</Cd></ClrSys>", ""),), ("settlement",)),
    Mutation("charges-of-debtor", PACS, (("<ChrgBr>SHAR</ChrgBr>", "<ChrgBr>DEBT</ChrgBr>"),), ("charges",)),
    Mutation(
        "one-charge",
        PACS,
        ((CHARGE, ""),),
        ("charges",),
    ),
    # What the guideline makes mandatory, and the agents
    Mutation("no-instructed-amount", PACS, ((f"      {INSTRUCTED}\n", ""),), ("mandatory",)),
    Mutation(
        "no-debtor-account",
        PACS,
        (("<DbtrAcct><Id><Othr><Id>{debtor_account}</Id></Othr></Id></DbtrAcct>", ""),),
        ("mandatory",),
    ),
    Mutation(
        "no-creditor-account",
        PACS,
        (("<CdtrAcct><Id><Othr><Id>{creditor_account}</Id></Othr></Id></CdtrAcct>", ""),),
        ("mandatory",),
    ),
    Mutation("no-acceptance-time", PACS, ((f"<AddtlDtTm>{ACCEPTED}</AddtlDtTm>", ""),), ("mandatory",)),
    Mutation("blank-name", PACS, (("{creditor_name}", "   "),), ("mandatory",)),
    Mutation(
        "agent-without-id",
        PACS,
        (("<InstgAgt><FinInstnId><BICFI>{debtor_agent}</BICFI>", "<InstgAgt><FinInstnId><Nm>Example</Nm>"),),
        ("agents",),
    ),
    Mutation(
        "other-intermediary",
        PACS,
        (("<IntrmyAgt1><FinInstnId><BICFI>{intermediary_1}", "<IntrmyAgt1><FinInstnId><BICFI>SAPZXAX0"),),
        ("intermediary",),
        static=False,
    ),
    # Quotes
    Mutation("no-quote", PACS, (("        <QtId>{quote}</QtId>\n", ""),), ("quote",)),
    Mutation(
        "quote-unknown", PACS, (("{quote}", "8a562c67-ca16-48ba-b074-65581be6f0ff"),), ("quote-id",), static=False
    ),
    Mutation("quote-expired", PACS, (("{quote}", "{expired_quote}"),), ("quote-id",), static=False),
    # Status reports
    Mutation("status-without-reason", STATUS, (("{status}", "RJCT"),), ("reasons",)),
    Mutation(
        "status-two-reasons",
        STATUS,
        (("{status}", "RJCT"), ("{reasons}", 2 * "<StsRsnInf><Rsn><Cd>AM01</Cd></Rsn></StsRsnInf>")),
        ("reasons",),
    ),
    Mutation(
        "status-proprietary-reason",
        STATUS,
        (("{status}", "RJCT"), ("{reasons}", "<StsRsnInf><Rsn><Prtry>other</Prtry></Rsn></StsRsnInf>")),
        ("reasons", "proprietary"),
    ),
    Mutation("status-unknown", STATUS, (("{status}", "PDNG"),), ("statuses",)),
    # Lookups
    Mutation(
        "proxy-proprietary-type", ACMT, (("<Cd>{proxy_type}</Cd>", "<Prtry>PHONE</Prtry>"),), ("proxy", "proprietary")
    ),
    Mutation("proxy-unknown-type", ACMT, (("<Cd>{proxy_type}</Cd>", "<Cd>QQQQ</Cd>"),), ("proxy",)),
    Mutation(
        "lookup-without-country",
        ACMT,
        (("<PstlAdr><Ctry>{creditor_country}</Ctry></PstlAdr>", "<Nm>Example</Nm>"),),
        ("proxy",),
    ),
    Mutation(
        "lookup-of-nothing",
        ACMT,
        (("<Acct><Prxy><Tp><Cd>{proxy_type}</Cd></Tp><Id>{proxy}</Id></Prxy></Acct>", "<Pty><Nm>Example</Nm></Pty>"),),
        ("proxy",),
    ),
)

BY_NAME: Mapping[str, Mutation] = MappingProxyType({mutation.name: mutation for mutation in MUTATIONS})
