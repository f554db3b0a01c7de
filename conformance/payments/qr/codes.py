"""Codes of other standards, frozen with their date: ISO 4217 (list of 2026-01-01) and ISO 3166-1 (February 2026).

Codes that a payment never names are kept apart: XTS (963) is for tests, XXX (999) says that there is no currency.
"""

from __future__ import annotations

from collections.abc import Mapping

_ZERO = """
    108 152 174 262 324 352 392 410 548 600 646 704 800 940 950 952 953
"""
_TWO = """
    008 012 032 036 044 050 051 052 060 064 068 072 084 090 096 104 116 124 132 136 144 156 170 188 192 203 208
    214 222 230 232 238 242 270 292 320 328 332 340 344 348 356 360 364 376 388 396 398 404 408 417 418 422 426
    430 446 454 458 462 480 484 496 498 504 516 524 532 533 554 558 566 578 586 590 598 604 608 634 643 654 682
    690 702 706 710 728 748 752 756 760 764 776 780 784 807 818 826 834 840 858 860 882 886 901 924 925 926 928
    929 930 933 934 936 938 941 943 944 946 947 948 949 951 967 968 969 970 971 972 973 976 977 978 979 980 981
    984 985 986 997
"""
_THREE = """
    048 368 400 414 434 512 788
"""
_FOUR = """
    927 990
"""

CURRENCY_DECIMALS: Mapping[str, int] = {
    number: decimals for decimals, text in ((0, _ZERO), (2, _TWO), (3, _THREE), (4, _FOUR)) for number in text.split()
}
"""ISO 4217 numeric code of a currency -> the digits after its decimal point. Metals and funds codes are left out."""

TEST_CURRENCY = "963"
"""XTS: for the sandbox's countries alone."""

COUNTRIES = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
    MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
    TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
    """.split()  # noqa: SIM905 - 249 literals would fill a page
)
"""ISO 3166-1 alpha-2 codes."""

SANDBOX_COUNTRIES = frozenset(f"X{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
"""User-assigned codes: for the sandbox alone."""
