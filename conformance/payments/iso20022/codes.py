"""Code lists as they were frozen here, and what is made of them.

COUNTRIES: ISO 3166-1 alpha-2 as of 2026-02 (249 codes). PURPOSES: ExternalPurpose1Code of the ISO 20022 External Code
Sets as published in June 2018, values alone. The set grows each quarter and codes are rarely withdrawn, so the profile
can add to it (`params.added`); a code that is in neither is said to be unknown to the list of that date.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

COUNTRIES = frozenset(
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA "
    "CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA "
    "GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP "
    "KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS "
    "MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS "
    "RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW "
    "TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW".split()
)
KOSOVO = "XK"
"""User-assigned, and in use in BICs of institutions there."""

PURPOSES_OF = "2018-06"
PURPOSES = frozenset(
    "ACCT ADCS ADMG ADVA AEMP AGRT AIRB ALLW ALMY ANNI ANTS AREN B112 BBSC BCDM BCFG BECH BENE BEXP BFWD BKDF BKFE BKFM "
    "BKIP BKPP BLDM BNET BOCE BONU BR12 BUSB CAFI CASH CBFF CBFR CBLK CBTV CCHD CCIR CCPC CCPM CCRD CCSM CDBL CDCB CDCD "
    "CDCS CDDP CDEP CDOC CDQC CFDI CFEE CGDD CHAR CLPR CMDT COLL COMC COMM COMP COMT CORT COST CPKC CPYR CRDS CRPR CRSP "
    "CRTL CSDB CSLP CVCF DBTC DCRD DEPT DERI DIVD DMEQ DNTS DSMT DVPM ECPG ECPR ECPU EDUC ELEC ENRG EPAY EQPT EQUS ESTX "
    "ETUP EXPT EXTD FACT FAND FCOL FCPM FEES FERB FIXI FNET FORW FREX FUTR FWBC FWCC FWLV FWSB FWSC FXNT GASB GDDS GDSV "
    "GFRP GOVI GOVT GSCB GSTX GVEA GVEB GVEC GVED GWLT HEDG HLRP HLST HLTC HLTI HREC HSPC HSTX ICCP ICRF IDCP IHRP INPC "
    "INPR INSC INSM INSU INTC INTE INTX INVS IVPT LBIN LBRI LCOL LFEE LICF LIFI LIMA LMEQ LMFI LMRK LOAN LOAR LREB LREV "
    "LSFL LTCF MAFC MARF MARG MBSB MBSC MCDM MCFG MDCS MGCC MGSC MP2B MP2P MSVC MTUP NETT NITX NOWS NWCH NWCM OCCC OCDM "
    "OCFG OFEE OPBC OPCC OPSB OPSC OPTN OTCD OTHR OTLC PADD PAYR PEFC PENO PENS PHON POPE PPTI PRCP PRME PTSP PTXP RCKE "
    "RCPT RDTX REBT REFU RELG RENT REOD REPO RHBS RIMB RINP RLWY ROYA RPBC RPCC RPNT RPSB RPSC RRBN RVPM RVPO SALA SAVG "
    "SBSC SCIE SCIR SCRP SCVE SECU SEPI SERV SHBC SHCC SHSL SLEB SLOA SLPI SPLT SPSP SSBE STDY SUBS SUPP SWBC SWCC SWFP "
    "SWPP SWPT SWRS SWSB SWSC SWUF TAXR TAXS TBAN TBAS TBBC TBCC TBIL TCSC TELI TLRF TLRR TMPG TPRI TPRP TRAD TRCP TREA "
    "TRFD TRNC TRPT TRVC UBIL UNIT VATX VIEW WEBI WHLD WTER".split()
)

SANDBOX_CURRENCY = "XTS"
_SANDBOX_COUNTRY = re.compile("X[A-Z]")
_BIC = re.compile("[A-Z0-9]{4}([A-Z]{2})[A-Z0-9]{2}([A-Z0-9]{3})?")
_LEI = re.compile("[A-Z0-9]{18}[0-9]{2}")


def is_sandbox(country: str) -> bool:
    """Whether a country is one of the sandbox's: XA to XZ, which ISO 3166-1 leaves to its users."""
    return bool(_SANDBOX_COUNTRY.fullmatch(country))


def is_country(code: str, own: str) -> bool:
    """Whether a code is a country's. XA to XZ are, for a target whose own country is one of them."""
    return code in COUNTRIES or code == KOSOVO or (is_sandbox(own) and is_sandbox(code))


def currencies(table: Mapping[str, int], own: str) -> Mapping[str, int]:
    """Decimals by currency as agreed, with the sandbox's currency where the target's own country is the sandbox's."""
    if is_sandbox(own):
        return {**table, SANDBOX_CURRENCY: table.get(SANDBOX_CURRENCY, 2)}
    return {code: decimals for code, decimals in table.items() if code != SANDBOX_CURRENCY}


def bic_trouble(text: str, own: str) -> str:
    """What is wrong with a BIC (ISO 9362: 8 or 11 capitals and digits, a country at 5 and 6); empty where nothing is."""
    match = _BIC.fullmatch(text)
    if not match:
        return "not 8 or 11 capitals and digits"
    return "" if is_country(match[1], own) else f"{match[1]} is no country of ISO 3166-1"


def lei_trouble(text: str) -> str:
    """What is wrong with an LEI (ISO 17442, check digits of ISO/IEC 7064 MOD 97-10); empty where nothing is."""
    if not _LEI.fullmatch(text):
        return "not 18 capitals and digits with two check digits"
    return "" if int("".join(str(int(each, 36)) for each in text)) % 97 == 1 else "its check digits do not verify"


def lei_with_check_digits(first: str) -> str:
    """An LEI of 18 characters and the two check digits that go with them."""
    return f"{first}{98 - int(''.join(str(int(each, 36)) for each in first + '00')) % 97:02}"
