"""Messages of made-up parties, as templates and filled in. No account, name or identifier in them is anybody's.

A template is the message's XML with `{names}`; `fill` gives it values. Where a sandbox country is both sides' own, all
currencies are XTS. BICs carry a `0` in the eighth place, which marks a code for tests (ISO 9362).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from types import MappingProxyType
from xml.sax.saxutils import escape

from conformance.payments.iso20022.codes import lei_with_check_digits

LEI = lei_with_check_digits("XTST00EXAMPLE00000")
QUOTE = "0f0e0d0c-0b0a-4908-8706-050403020100"
EXPIRED_QUOTE = "0f0e0d0c-0b0a-4908-8706-0504030201ff"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What both sides of a test agreed on, as a manifest declares it. rate: received for one that is sent."""

    currency: str = "XTS"
    decimals: int = 2
    amount: str = "100.00"
    received: str = "99.00"
    maximum: str = "50000.00"
    charge_debtor: str = "0.50"
    charge_creditor: str = "1.00"
    rate: str = "1.000000"
    quote: str = QUOTE
    expired_quote: str = ""
    clearing_system: str = "XAI"
    debtor_agent: str = "SNDRXAX0"
    creditor_agent: str = "RCVRXBX0"
    intermediary_1: str = "SAPAXAX0"
    intermediary_2: str = "SAPBXBX0"
    intermediary_account_1: str = "FXP-XA-TEST"
    intermediary_account_2: str = "FXP-XB-TEST"
    debtor_name: str = "Example Payer"
    creditor_name: str = "Example Payee"
    debtor_account: str = "PAYER-TEST-ACCOUNT"
    creditor_account: str = "PAYEE-TEST-ACCOUNT"
    debtor_country: str = "XA"
    creditor_country: str = "XB"
    town: str = "Exampletown"
    lei: str = LEI


PACS_008 = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.13">
  <FIToFICstmrCdtTrf>
    <GrpHdr>
      <MsgId>{message_id}</MsgId>
      <CreDtTm>{created}</CreDtTm>
      <NbOfTxs>1</NbOfTxs>
      <CtrlSum>{amount}</CtrlSum>
      <SttlmInf><SttlmMtd>CLRG</SttlmMtd><ClrSys><Cd>{clearing_system}</Cd></ClrSys></SttlmInf>
      <PmtTpInf><InstrPrty>{priority}</InstrPrty></PmtTpInf>
    </GrpHdr>
    <CdtTrfTxInf>
      <PmtId>
        <InstrId>{message_id}-I</InstrId>
        <EndToEndId>{message_id}-E</EndToEndId>
        <TxId>{message_id}-T</TxId>
        <UETR>{uetr}</UETR>
      </PmtId>
      <IntrBkSttlmAmt Ccy="{currency}">{amount}</IntrBkSttlmAmt>
      <IntrBkSttlmDt>{day}</IntrBkSttlmDt>
      <AddtlDtTm><AccptncDtTm>{accepted}</AccptncDtTm></AddtlDtTm>
      <InstdAmt Ccy="{currency}">{received}</InstdAmt>
      <AgrdRate>
        <UnitCcy>{currency}</UnitCcy><QtdCcy>{currency}</QtdCcy>
        <PreAgrdXchgRate>{rate}</PreAgrdXchgRate>
        <QtId>{quote}</QtId>
      </AgrdRate>
      <ChrgBr>SHAR</ChrgBr>
      <ChrgsInf>
        <Amt Ccy="{currency}">{charge_debtor}</Amt>
        <Agt><FinInstnId><BICFI>{debtor_agent}</BICFI></FinInstnId></Agt>
      </ChrgsInf>
      <ChrgsInf>
        <Amt Ccy="{currency}">{charge_creditor}</Amt>
        <Agt><FinInstnId><BICFI>{creditor_agent}</BICFI></FinInstnId></Agt>
      </ChrgsInf>
      <InstgAgt><FinInstnId><BICFI>{debtor_agent}</BICFI></FinInstnId></InstgAgt>
      <InstdAgt><FinInstnId><BICFI>{intermediary_1}</BICFI></FinInstnId></InstdAgt>
      <IntrmyAgt1><FinInstnId><BICFI>{intermediary_1}</BICFI></FinInstnId></IntrmyAgt1>
      <IntrmyAgt1Acct><Id><Othr><Id>{intermediary_account_1}</Id></Othr></Id></IntrmyAgt1Acct>
      <IntrmyAgt2><FinInstnId><BICFI>{intermediary_2}</BICFI></FinInstnId></IntrmyAgt2>
      <IntrmyAgt2Acct><Id><Othr><Id>{intermediary_account_2}</Id></Othr></Id></IntrmyAgt2Acct>
      <Dbtr>
        <Nm>{debtor_name}</Nm>
        <PstlAdr><TwnNm>{town}</TwnNm><Ctry>{debtor_country}</Ctry></PstlAdr>
      </Dbtr>
      <DbtrAcct><Id><Othr><Id>{debtor_account}</Id></Othr></Id></DbtrAcct>
      <DbtrAgt><FinInstnId><BICFI>{debtor_agent}</BICFI><LEI>{lei}</LEI></FinInstnId></DbtrAgt>
      <CdtrAgt><FinInstnId><BICFI>{creditor_agent}</BICFI></FinInstnId></CdtrAgt>
      <Cdtr>
        <Nm>{creditor_name}</Nm>
        <PstlAdr><TwnNm>{town}</TwnNm><Ctry>{creditor_country}</Ctry></PstlAdr>
      </Cdtr>
      <CdtrAcct><Id><Othr><Id>{creditor_account}</Id></Othr></Id></CdtrAcct>
      <Purp><Cd>OTHR</Cd></Purp>
      <RmtInf><Ustrd>Conformance test, no payment</Ustrd></RmtInf>
    </CdtTrfTxInf>
  </FIToFICstmrCdtTrf>
</Document>
"""

PACS_002 = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.002.001.15">
  <FIToFIPmtStsRpt>
    <GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>{created}</CreDtTm></GrpHdr>
    <TxInfAndSts>
      <OrgnlGrpInf>
        <OrgnlMsgId>{original}</OrgnlMsgId>
        <OrgnlMsgNmId>pacs.008.001.13</OrgnlMsgNmId>
      </OrgnlGrpInf>
      <OrgnlUETR>{uetr}</OrgnlUETR>
      <TxSts>{status}</TxSts>
      {reasons}
      <ClrSysRef>{reference}</ClrSysRef>
      <OrgnlTxRef><IntrBkSttlmAmt Ccy="{currency}">{amount}</IntrBkSttlmAmt></OrgnlTxRef>
    </TxInfAndSts>
  </FIToFIPmtStsRpt>
</Document>
"""

REASON = "<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>"

ACMT_023 = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:acmt.023.001.04">
  <IdVrfctnReq>
    <Assgnmt>
      <MsgId>{message_id}</MsgId>
      <CreDtTm>{created}</CreDtTm>
      <Cretr><Pty><Nm>{debtor_name}</Nm></Pty></Cretr>
      <FrstAgt><FinInstnId><BICFI>{debtor_agent}</BICFI></FinInstnId></FrstAgt>
      <Assgnr><Agt><FinInstnId><BICFI>{debtor_agent}</BICFI></FinInstnId></Agt></Assgnr>
      <Assgne><Agt><FinInstnId><PstlAdr><Ctry>{creditor_country}</Ctry></PstlAdr></FinInstnId></Agt></Assgne>
    </Assgnmt>
    <Vrfctn>
      <Id>{message_id}-V</Id>
      <PtyAndAcctId><Acct><Prxy><Tp><Cd>{proxy_type}</Cd></Tp><Id>{proxy}</Id></Prxy></Acct></PtyAndAcctId>
    </Vrfctn>
  </IdVrfctnReq>
</Document>
"""

ACMT_024 = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:acmt.024.001.04">
  <IdVrfctnRpt>
    <Assgnmt>
      <MsgId>{message_id}</MsgId>
      <CreDtTm>{created}</CreDtTm>
      <Assgnr><Agt><FinInstnId><BICFI>{creditor_agent}</BICFI></FinInstnId></Agt></Assgnr>
      <Assgne><Agt><FinInstnId><BICFI>{debtor_agent}</BICFI></FinInstnId></Agt></Assgne>
    </Assgnmt>
    <OrgnlAssgnmt><MsgId>{original}</MsgId></OrgnlAssgnmt>
    <Rpt>
      <OrgnlId>{original}-V</OrgnlId>
      <Vrfctn>{verified}</Vrfctn>
      {result}
    </Rpt>
  </IdVrfctnRpt>
</Document>
"""

ACCOUNT = (
    "<UpdtdPtyAndAcctId><Acct><Id><Othr><Id>{creditor_account}</Id></Othr></Id><Nm>{name}</Nm></Acct>"
    "<Agt><FinInstnId><BICFI>{creditor_agent}</BICFI></FinInstnId></Agt></UpdtdPtyAndAcctId>"
)

CAMT_054 = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.13">
  <BkToCstmrDbtCdtNtfctn>
    <GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>{created}</CreDtTm></GrpHdr>
    <Ntfctn>
      <Id>{message_id}-N</Id>
      <CreDtTm>{created}</CreDtTm>
      <Acct><Id><Othr><Id>{intermediary_account_1}</Id></Othr></Id><Ccy>{currency}</Ccy></Acct>
      <Ntry>
        <NtryRef>{message_id}-1</NtryRef>
        <Amt Ccy="{currency}">{amount}</Amt>
        <CdtDbtInd>CRDT</CdtDbtInd>
        <Sts><Cd>BOOK</Cd></Sts>
        <BookgDt><DtTm>{created}</DtTm></BookgDt>
        <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>RRTP</SubFmlyCd></Fmly></Domn></BkTxCd>
      </Ntry>
    </Ntfctn>
  </BkToCstmrDbtCdtNtfctn>
</Document>
"""

TEMPLATES: Mapping[str, str] = MappingProxyType(
    {
        "pacs.008": PACS_008,
        "pacs.002": PACS_002,
        "acmt.023": ACMT_023,
        "acmt.024": ACMT_024,
        "camt.054": CAMT_054,
    }
)

FIXED: Mapping[str, str] = MappingProxyType(
    {
        "message_id": "XA-2026-11-28-0001",
        "uetr": "8a562c67-ca16-48ba-b074-65581be6f001",
        "created": "2026-11-28T01:00:00Z",
        "accepted": "2026-11-28T00:59:58Z",
        "day": "2026-11-28",
        "priority": "HIGH",
        "original": "XA-2026-11-28-0001",
        "status": "ACCC",
        "reasons": "",
        "reference": "CLR-1",
        "proxy_type": "MBNO",
        "proxy": "+000-5550100",
        "verified": "true",
        "result": "",
        "yesterday": "2026-11-27T00:59:58Z",
        "tomorrow": "2026-11-29T00:59:58Z",
        "entity_url": "http://127.0.0.1:9/x",
    }
)
"""Values of a message that is not sent: always the same, so that files made of them are."""


def values(agreement: Agreement, own: Mapping[str, str]) -> dict[str, str]:
    """What a template's names stand for, with the derived amounts that violations use."""
    terms = {name: escape(str(value)) for name, value in asdict(agreement).items()}
    rate = Decimal(agreement.rate)
    over = Decimal(agreement.maximum) + Decimal(1).scaleb(-agreement.decimals)
    return {
        **terms,
        "over": f"{over}",
        "over_received": f"{over * rate - Decimal(agreement.charge_creditor):.{agreement.decimals}f}",
        "fine": f"{agreement.amount}{'.' if not agreement.decimals else ''}1",
        "off_received": f"{Decimal(agreement.received) - Decimal(2).scaleb(-agreement.decimals)}",
        "rate_off": f"{rate + Decimal('0.000001')}",
        **own,
    }


def fill(template: str, agreement: Agreement, own: Mapping[str, str]) -> bytes:
    """A template with its names replaced, as octets."""
    return template.format_map(values(agreement, own)).encode()
