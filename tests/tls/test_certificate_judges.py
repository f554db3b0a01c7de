"""Each certificate judge: where it finds nothing, where it finds its violation, and that it decides nothing blindly."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from conformance.core.area import MARK
from conformance.core.model import NotApplicable, Reason, Rule, Service, Undecided, Violation
from conformance.tls import test_certificates, test_revocation
from conformance.tls.clocks import OUTDATED, compared
from conformance.tls.evidence import Certificate, Staple
from tests.tls.chains import CHAIN, ISSUER, LEAF, NAME, NOW, observed

PARAMS: dict[str, dict[str, Any]] = {
    "TLS-CRT-04": {"min_days": 14, "short_days": 47, "short_share": 3},
    "TLS-CRT-13": {"max_octets": 20, "min_octets": 7},
    "TLS-CRT-05": {
        "limits": [
            {"from": "2020-09-01", "days": 398},
            {"from": "2026-03-15", "days": 200},
            {"from": "2027-03-15", "days": 100},
            {"from": "2029-03-15", "days": 47},
        ]
    },
    "TLS-CRT-06": {"min_bits": 2048, "min_exponent": 3},
    "TLS-CRT-06-S": {"min_exponent": 65537},
    "TLS-CRT-07": {"curves": ["secp256r1", "secp384r1", "secp521r1"]},
    "TLS-CRT-08": {"hashes": ["sha1", "md5"]},
    "TLS-CRT-14": {"minimum": 2},
    "TLS-CRT-15": {"skew_seconds": 300},
    "TLS-CRT-16": {"skew_seconds": 300},
    "TLS-CRT-23": {"suffixes": ["local", "home.arpa"]},
    "TLS-CRT-18": {"short_lived": [{"from": "2024-03-15", "days": 10}, {"from": "2026-03-15", "days": 7}]},
}
JUDGES: dict[str, Callable[..., Iterator[Violation]]] = {
    requirement: function
    for module in (test_certificates, test_revocation)
    for function in vars(module).values()
    for requirement in getattr(function, MARK, ())
}
SERVICE = Service("portal", "tls-endpoint", "127.0.0.1:1", NAME)
RSA: dict[str, Any] = {"key_type": "RSA", "key_bits": 2048, "curve": "", "exponent": 65537}
STAPLE = Staple(
    "successful",
    "good",
    matches=True,
    signature_verified=True,
    this_update="2026-11-23T12:00:00Z",
    next_update="2026-11-30T12:00:00Z",
)
EMPTY = Certificate(NAME, ())
NO_CHAIN = Certificate(NAME, (replace(CHAIN, certificates=()),))
UNREADABLE = Certificate(
    NAME,
    (
        replace(
            CHAIN,
            certificates=(ISSUER,),
            unreadable=("0: ValueError: bad",),
            trusted=False,
            name_matches=False,
            publicly_trusted=False,
        ),
    ),
)


def judge(requirement: str, certificate: Certificate, now: datetime = NOW) -> list[Violation]:
    """What the requirement's judge finds."""
    function = JUDGES[requirement]
    given = {
        "certificate": certificate,
        "rule": Rule(requirement, PARAMS.get(requirement, {})),
        "observed_at": now,
        "service": SERVICE,
    }
    return list(function(**{name: given[name] for name in inspect.signature(function).parameters}))


def stapled(**changes: Any) -> Certificate:
    return observed(staple=replace(STAPLE, **changes))


HOLDS = {
    "TLS-CRT-06": observed(RSA),
    "TLS-CRT-06-S": observed(RSA),
    "TLS-CRT-15": observed({"must_staple": True}, staple=STAPLE),
    "TLS-CRT-16": stapled(),
    "TLS-CRT-17": stapled(),
}
BREAKS = [
    ("TLS-CRT-01", observed(trusted=False, trust_detail="CN=x is self-signed and no anchor"), "no path"),
    ("TLS-CRT-02", observed({"dns_names": ("other.test",)}, name_matches=False), "does not cover"),
    ("TLS-CRT-02", observed({"dns_names": (), "name_count": 0}, name_matches=False), "does not cover"),
    ("TLS-CRT-03", observed({"not_after": "2026-11-24T11:59:59Z"}), "has expired"),
    ("TLS-CRT-03", observed({"not_before": "2026-11-24T12:00:01Z"}), "not valid yet"),
    ("TLS-CRT-03", observed(certificates=(LEAF, replace(ISSUER, not_after="2026-11-01T00:00:00Z"))), "CN=Issuer"),
    ("TLS-CRT-04", observed({"not_before": "2026-09-01T00:00:00Z", "not_after": "2026-12-08T11:59:59Z"}), "about to"),
    ("TLS-CRT-04", observed({"not_before": "2026-11-01T00:00:00Z", "not_after": "2026-12-01T00:00:00Z"}), "about to"),
    ("TLS-CRT-13", observed({"serial_positive": False}), "not positive"),
    ("TLS-CRT-13", observed({"serial_octets": 21}), "too long"),
    ("TLS-CRT-13", observed({"serial_octets": 6}), "too short"),
    ("TLS-CRT-24", observed({"dns_names": (NAME, "w*.xa.test")}), "left-most"),
    ("TLS-CRT-24", observed({"dns_names": (NAME, "*.*.test")}), "left-most"),
    ("TLS-CRT-24", observed({"dns_names": (NAME, "*.")}), "left-most"),
    ("TLS-CRT-05", observed({"not_before": "2026-04-01T00:00:00Z", "not_after": "2026-10-18T23:59:59Z"}), "too long"),
    ("TLS-CRT-06", observed({**RSA, "key_bits": 1024}), "short"),
    ("TLS-CRT-06", observed({**RSA, "exponent": 1}), "exponent"),
    ("TLS-CRT-06", observed({**RSA, "exponent": 65538}), "exponent"),
    ("TLS-CRT-06-S", observed({**RSA, "exponent": 3}), "exponent"),
    ("TLS-CRT-07", observed({"curve": "secp256k1"}), "another curve"),
    ("TLS-CRT-07", observed({"curve": "explicit"}), "another curve"),
    ("TLS-CRT-08", observed({"signature_hash": "sha1"}), "signed with sha1"),
    ("TLS-CRT-08", observed(certificates=(LEAF, replace(ISSUER, signature_hash="md5"))), "issuer CN=Issuer"),
    ("TLS-CRT-08", observed({"signature_hash": "sha1", "self_issued": True}), "signed with sha1"),
    ("TLS-CRT-09", observed(missing_issuer=True, trusted=False, certificates=(LEAF,)), "not sent"),
    ("TLS-CRT-09", observed(order="certificate 2 does not certify certificate 1"), "not in order"),
    ("TLS-CRT-09-S", observed(root_sent=True), "root certificate is sent"),
    ("TLS-CRT-10", observed({"extended_key_usage": ("clientAuth",)}), "lacks serverAuth"),
    ("TLS-CRT-10", observed({"extended_key_usage": None}), "lacks serverAuth"),
    ("TLS-CRT-10", observed({"extended_key_usage": ("serverAuth", "anyExtendedKeyUsage")}), "anyExtendedKeyUsage"),
    ("TLS-CRT-11", observed({"key_usage": ("keyEncipherment",)}), "keyUsage"),
    ("TLS-CRT-11", observed(suite="TLS_RSA_WITH_AES_128_CBC_SHA"), "keyUsage"),
    ("TLS-CRT-11", observed({"key_usage": ()}), "keyUsage"),
    ("TLS-CRT-12", observed({"is_ca": True}), "CA"),
    ("TLS-CRT-14", observed(scts=1), "too few"),
    ("TLS-CRT-15", observed({"must_staple": True}), "without a staple"),
    ("TLS-CRT-15", observed({"must_staple": True}, staple=replace(STAPLE, next_update="")), "valid staple"),
    ("TLS-CRT-16", stapled(certificate_status="revoked"), "does not say good"),
    ("TLS-CRT-16", stapled(matches=False), "another certificate"),
    ("TLS-CRT-16", stapled(signature_verified=False), "not signed"),
    ("TLS-CRT-16", stapled(next_update="2026-11-24T11:55:00Z"), "out of date"),
    ("TLS-CRT-16", stapled(next_update=""), "no nextUpdate"),
    ("TLS-CRT-16", stapled(this_update="2026-11-24T12:05:01Z"), "not valid yet"),
    ("TLS-CRT-16", observed(staple=Staple("unauthorized")), "no status"),
    ("TLS-CRT-17", observed(), "no OCSP response"),
    ("TLS-CRT-18", observed({"crl_urls": ()}), "no revocation pointer"),
    *(
        ("TLS-CRT-23", observed({"dns_names": (NAME, name)}), "internal names")
        for name in ("intranet", "db.local", "DB.LOCAL", "*.local", "printer.home.arpa", "local")
    ),
    *(
        ("TLS-CRT-23", observed({"ip_addresses": (address,)}), "internal names")
        for address in ("10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "127.0.0.1", "fd00::1", "fe80::1")
    ),
]


@pytest.mark.parametrize("requirement", sorted(JUDGES))
def test_what_conforms_is_not_accused(requirement: str) -> None:
    assert judge(requirement, HOLDS.get(requirement, observed())) == []


@pytest.mark.parametrize(
    ("requirement", "certificate", "words"),
    BREAKS,
    ids=[f"{requirement}-{number}" for number, (requirement, *_) in enumerate(BREAKS)],
)
def test_what_does_not_conform_is_one_violation(requirement: str, certificate: Certificate, words: str) -> None:
    (found,) = judge(requirement, certificate)
    assert words in found.message
    assert found.expected
    assert found.observed


def test_every_judge_is_seen_to_fail() -> None:
    assert {requirement for requirement, *_ in BREAKS} == set(JUDGES)
    assert set(JUDGES) == {
        f"TLS-CRT-{number}"
        for number in (
            "01",
            "02",
            "03",
            "04",
            "05",
            "06",
            "06-S",
            "07",
            "08",
            "09",
            "09-S",
            "10",
            "11",
            "12",
            "13",
            "14",
            "15",
            "16",
            "17",
            "18",
            "23",
            "24",
        )
    }


@pytest.mark.parametrize("requirement", sorted(JUDGES))
@pytest.mark.parametrize(
    ("certificate", "reason"),
    [
        (EMPTY, Reason.NOT_OBSERVABLE),
        (NO_CHAIN, Reason.NOT_OBSERVABLE),
        (UNREADABLE, Reason.CERTIFICATE),
    ],
    ids=["no-chains", "empty-chain", "unreadable-leaf"],
)
def test_nothing_to_read_decides_nothing(requirement: str, certificate: Certificate, reason: Reason) -> None:
    with pytest.raises(Undecided) as caught:
        judge(requirement, certificate)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("requirement", "certificate"),
    [
        ("TLS-CRT-05", observed(publicly_trusted=False)),
        ("TLS-CRT-05", observed({"not_before": "2020-08-31T23:59:59Z"})),
        ("TLS-CRT-06", observed()),
        ("TLS-CRT-06-S", observed()),
        ("TLS-CRT-07", observed(certificates=(replace(LEAF, **RSA),))),
        ("TLS-CRT-09", observed(certificates=(replace(LEAF, self_issued=True),), trusted=False)),
        ("TLS-CRT-09-S", observed(certificates=(replace(LEAF, self_issued=True),), trusted=False)),
        ("TLS-CRT-14", observed(publicly_trusted=False, scts=0)),
        ("TLS-CRT-15", observed()),
        ("TLS-CRT-16", observed()),
        ("TLS-CRT-18", observed({"crl_urls": (), "not_after": "2026-11-07T23:59:59Z"})),
    ],
    ids=str,
)
def test_an_option_that_is_not_offered_is_not_applicable(requirement: str, certificate: Certificate) -> None:
    with pytest.raises(NotApplicable):
        judge(requirement, certificate)


@pytest.mark.parametrize(
    ("requirement", "certificate"),
    [
        ("TLS-CRT-01", observed(trusted=False, trust_undecided="key too large")),
        ("TLS-CRT-01", observed(trusted=False, unreadable=("1: ValueError: bad",))),
        ("TLS-CRT-05", observed(publicly_trusted=False, public_undecided="key too large")),
        ("TLS-CRT-06", observed(RSA, unreadable=("1: ValueError: bad",))),
        ("TLS-CRT-08", observed({"signature_hash": "", "signature_algorithm": "1.2.3"})),
        ("TLS-CRT-08", observed(unreadable=("32: 500 certificates were sent, 32 are read",))),
        ("TLS-CRT-09", observed(trusted=False)),
        ("TLS-CRT-09", observed(unreadable=("1: ValueError: bad",))),
        ("TLS-CRT-11", observed(suite="")),
        ("TLS-CRT-16", observed(staple=Staple("unreadable"))),
        ("TLS-CRT-16", observed(staple=replace(STAPLE, signature_verified=False), missing_issuer=True)),
        ("TLS-CRT-15", observed({"must_staple": True}, staple=Staple("unreadable"))),
    ],
    ids=str,
)
def test_what_was_not_seen_is_undecided(requirement: str, certificate: Certificate) -> None:
    with pytest.raises(Undecided):
        judge(requirement, certificate)


def limits(days: int, first: str) -> list[tuple[str, timedelta, bool]]:
    """The validity allowed from a day on, to the second, and one second more."""
    return [
        (f"{first}T00:00:00Z", timedelta(days=days, seconds=-1), True),
        (f"{first}T00:00:00Z", timedelta(days=days), False),
    ]


@pytest.mark.parametrize(
    ("not_before", "difference", "allowed"),
    [
        *limits(398, "2020-09-01"),
        *limits(200, "2026-03-15"),
        *limits(100, "2027-03-15"),
        *limits(47, "2029-03-15"),
        ("2026-03-14T23:59:59Z", timedelta(days=398, seconds=-1), True),
        ("2027-03-14T23:59:59Z", timedelta(days=200, seconds=-1), True),
        ("2029-03-14T23:59:59Z", timedelta(days=100, seconds=-1), True),
    ],
)
def test_the_day_of_issuance_decides_the_limit_to_the_second(
    not_before: str, difference: timedelta, *, allowed: bool
) -> None:
    """BR 6.3.2: both ends count, so a difference of 200 days is a validity of 200 days and one second."""
    end = datetime.fromisoformat(not_before) + difference
    leaf = {"not_before": not_before, "not_after": end.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    assert (judge("TLS-CRT-05", observed(leaf)) == []) is allowed


@pytest.mark.parametrize("moment", [LEAF.not_before, LEAF.not_after])
def test_both_ends_of_the_validity_period_are_in_it(moment: str) -> None:
    end = datetime.fromisoformat(moment)
    outside = timedelta(seconds=-1 if moment == LEAF.not_before else 1)
    alone = observed(certificates=(LEAF,))
    assert judge("TLS-CRT-03", alone, end) == []
    assert judge("TLS-CRT-03", alone, end + outside)


def test_an_expired_issuer_that_the_path_does_not_need_is_left_aside() -> None:
    """Servers send cross-signed certificates that expired years ago; clients go round them."""
    extra = replace(ISSUER, sha256="ee", not_after="2021-09-30T00:00:00Z")
    assert judge("TLS-CRT-03", observed(certificates=(LEAF, ISSUER, extra))) == []


def test_a_short_lived_certificate_is_one_of_seven_days_to_the_second() -> None:
    leaf = {"crl_urls": (), "not_after": "2026-11-08T00:00:00Z"}
    assert judge("TLS-CRT-18", observed(leaf))


def test_a_staple_may_be_ahead_by_the_skew_to_the_second() -> None:
    assert judge("TLS-CRT-16", stapled(this_update="2026-11-24T12:05:00Z", next_update="2026-11-24T12:05:01Z")) == []


def test_a_root_signed_with_sha1_is_left_aside() -> None:
    root = replace(ISSUER, subject="CN=Root", self_issued=True, signature_hash="sha1")
    assert judge("TLS-CRT-08", observed(certificates=(LEAF, ISSUER, root))) == []


def test_the_chain_at_fault_is_named_where_there_are_two() -> None:
    good, bad = replace(CHAIN, scheme="ECDSA"), replace(CHAIN, scheme="RSA", certificates=(replace(LEAF, is_ca=True),))
    (found,) = judge("TLS-CRT-12", Certificate(NAME, (good, bad)))
    assert found.message.startswith("RSA chain: ")


def test_a_chain_that_cannot_be_read_hides_no_violation_of_the_other() -> None:
    """The violation comes first, so that the engine can mark the fail as incomplete."""
    bad = replace(CHAIN, scheme="RSA", certificates=(replace(LEAF, is_ca=True),))
    both = Certificate(NAME, (replace(UNREADABLE.chains[0], scheme="ECDSA"), bad))
    judged = JUDGES["TLS-CRT-12"](certificate=both)
    assert next(judged).message == "RSA chain: leaf is a CA"
    with pytest.raises(Undecided):
        next(judged)


def test_one_applicable_chain_of_two_is_judged() -> None:
    private = replace(CHAIN, scheme="RSA", publicly_trusted=False, scts=0)
    public = replace(CHAIN, scheme="ECDSA", scts=0)
    assert len(judge("TLS-CRT-14", Certificate(NAME, (private, public)))) == 1


def test_a_short_certificate_is_renewed_after_two_thirds_of_its_life() -> None:
    """Of 30 days ten must be left, and of 90 fourteen: what is left on the day itself is enough."""
    for starts, ends in (
        ("2026-11-04T12:00:00Z", "2026-12-04T12:00:00Z"),
        ("2026-09-09T12:00:00Z", "2026-12-08T12:00:00Z"),
    ):
        assert judge("TLS-CRT-04", observed({"not_before": starts, "not_after": ends})) == []


def test_an_expired_certificate_is_not_about_to_expire() -> None:
    with pytest.raises(NotApplicable):
        judge("TLS-CRT-04", observed({"not_after": "2026-11-24T11:59:59Z"}))


def test_a_private_authority_may_count() -> None:
    assert judge("TLS-CRT-13", observed({"serial_octets": 1}, publicly_trusted=False)) == []


def test_a_wildcard_is_for_neither_e_id_nor_payments() -> None:
    wild = observed({"dns_names": ("*.xa.test",)})
    assert judge("TLS-CRT-24", wild) == []
    entry = {"certificate": wild, "service": dataclasses.replace(SERVICE, serves=("openid-provider",))}
    (found,) = JUDGES["TLS-CRT-24"](**entry)
    assert "has a wildcard" in found.message


@pytest.mark.parametrize(
    "facts",
    [
        {"dns_names": (NAME, "local.example", "xlocal", "homearpa.example")[:2]},
        {"dns_names": (NAME, "xhome.arpa.example", "*.gov.example")},
        {"dns_names": (NAME, "=cmd()", "\x1b[31m", "")},
        {"ip_addresses": ("8.8.8.8", "2001:4860:4860::8888")},
    ],
)
def test_public_names_are_not_taken_for_internal_ones(facts: dict[str, Any]) -> None:
    assert judge("TLS-CRT-23", observed(facts)) == []


@pytest.mark.parametrize(
    ("own", "facts"),
    [
        ("db.local", {"dns_names": ("db.local",)}),
        ("localhost", {"dns_names": ("LOCALHOST",)}),
        ("10.0.0.1", {"ip_addresses": ("10.0.0.1",)}),
    ],
)
def test_the_name_under_test_may_be_internal(own: str, facts: dict[str, Any]) -> None:
    made = observed({"dns_names": (), **facts})
    assert judge("TLS-CRT-23", replace(made, server_name=own)) == []
    assert judge("TLS-CRT-23", made)


def test_names_that_were_not_kept_leave_internal_ones_undecided() -> None:
    with pytest.raises(Undecided, match="200 names"):
        judge("TLS-CRT-23", observed({"name_count": 200}))


YEARS = timedelta(days=3650)
CLOCKED = {
    "TLS-CRT-03": observed(),
    "TLS-CRT-04": observed(),
    "TLS-CRT-15": observed({"must_staple": True}, staple=STAPLE),
    "TLS-CRT-16": stapled(),
}


@pytest.mark.parametrize("wrong", [YEARS, -YEARS])
@pytest.mark.parametrize("requirement", CLOCKED)
def test_z48_what_depends_on_whose_clock_is_right_is_undecided(requirement: str, wrong: timedelta) -> None:
    """Ten years on every certificate has expired; the endpoint's Date says that it is our clock, or its own."""
    ours = replace(CLOCKED[requirement], ahead=-int(wrong.total_seconds()))
    theirs = replace(CLOCKED[requirement], ahead=int(wrong.total_seconds()))
    assert judge(requirement, CLOCKED[requirement]) == []
    if (requirement, wrong) == ("TLS-CRT-04", -YEARS):  # then more than enough is left by either
        assert judge(requirement, ours, NOW + wrong) == judge(requirement, theirs) == []
        return
    with pytest.raises(Undecided, match="clock") as caught:
        judge(requirement, ours, NOW + wrong)
    assert caught.value.reason is Reason.CONTROL_FAILED
    with pytest.raises(Undecided, match="clock"):
        judge(requirement, theirs)


@pytest.mark.parametrize("ahead", [-YEARS.days * 86_400, -301, -300, 0, 300, 301, 86_400])
def test_z48_what_both_clocks_say_stands(ahead: int) -> None:
    expired = observed({"not_before": "2010-01-01T00:00:00Z", "not_after": "2011-01-01T00:00:00Z"})
    assert len(judge("TLS-CRT-03", replace(expired, ahead=ahead))) == 1
    if abs(ahead) < YEARS.days * 86_400:
        assert judge("TLS-CRT-03", replace(observed(), ahead=ahead)) == []


def test_z48_clocks_that_differ_a_little_are_one() -> None:
    """Five minutes are what the profile allows a clock; a certificate that expired four minutes ago has expired."""
    just = observed({"not_after": "2026-11-24T11:56:00Z"})
    assert len(judge("TLS-CRT-03", replace(just, ahead=-300))) == 1
    with pytest.raises(Undecided, match="differ by 301 s"):
        judge("TLS-CRT-03", replace(just, ahead=-301))


@pytest.mark.parametrize(("detail", "doubted"), [(f"the anchor CN=Root {OUTDATED}", True), ("", False)])
def test_z48_an_anchor_that_is_out_of_date_by_one_clock_alone_shows_nothing(detail: str, doubted: bool) -> None:
    chain = observed(trusted=False, publicly_trusted=False, trust_detail=detail)
    for ahead in (0, 300):
        assert len(judge("TLS-CRT-01", compared(chain, ahead))) == 1
    if not doubted:
        assert len(judge("TLS-CRT-01", compared(chain, -301))) == 1
        return
    for requirement in ("TLS-CRT-01", "TLS-CRT-05", "TLS-CRT-14"):
        with pytest.raises(Undecided, match="differs by 301 s"):
            judge(requirement, compared(chain, -301))
