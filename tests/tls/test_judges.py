"""Judges of versions, negotiation, suites, groups, signatures, extensions: green, red, and never green on nothing.

One table: the requirement, the evidence that breaks it, and what it must come to. A second test gives every judge
empty records; a third gives it answers that decide nothing.
"""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from conformance.areas import AREAS
from conformance.core.judge import Bundle, Case, judge_service
from conformance.core.judging import load_judges, order
from conformance.core.model import Cell, Level, Status
from conformance.core.profile import load_profile
from conformance.tls.evidence import (
    Answer,
    Denial,
    Features,
    Groups,
    Names,
    Resumption,
    Signatures,
    Suites,
    Tolerance,
    Versions,
)
from tests.evidence import (
    BROKEN,
    CLOSED,
    DENIED,
    OBSERVED_AT,
    REFUSED,
    SILENT,
    TLS12,
    TLS13,
    UNCONTROLLED,
    answered,
    bundle,
    records,
    service,
    target,
)

JUDGES = load_judges(AREAS)
PROFILE = load_profile("asean")
MINE = ("versions", "tolerance", "suites", "groups", "signatures", "features", "names")
TLS = {i: each for i, each in PROFILE.requirements.items() if each.roles == ("tls-endpoint",) and i in JUDGES}
IDS = tuple(i for i in TLS if set(JUDGES[i].observations) <= set(MINE))


def cells(made: Bundle, **changes: Any) -> dict[str, Cell]:
    case = Case(target(), service(**changes), tuple(TLS.values()), order(TLS), {}, {})
    return {cell.requirement: cell for cell in judge_service(case, JUDGES, {"tls": made})}


def test_conforming_evidence_is_green() -> None:
    found = cells(bundle())
    assert {
        i: (c.status.value, c.detail) for i, c in found.items() if c.status not in (Status.PASS, Status.NOT_APPLICABLE)
    } == {}
    assert sum(found[i].status is Status.PASS for i in IDS) >= 35


def versions(**changes: Answer) -> dict[str, Any]:
    names = {
        "ssl2": "SSLv2",
        "ssl3": "SSLv3",
        "tls10": "TLSv1.0",
        "tls11": "TLSv1.1",
        "tls12": "TLSv1.2",
        "tls13": "TLSv1.3",
        "both": "TLSv1.3+TLSv1.2",
    }
    answers = dict(records()["versions"].answers) | {names[key]: value for key, value in changes.items()}
    return {"versions": Versions(answers)}


def tolerance(probe: str, answer: Answer, **changes: Any) -> dict[str, Any]:
    made = records()["tolerance"]
    return {"tolerance": replace(made, answers={**made.answers, probe: answer}, **changes)}


def denied(name: str, answer: Answer = TLS12, *offenders: str) -> dict[str, Any]:
    made = records()["suites"]
    return {"suites": replace(made, denied={**made.denied, name: Denial(answer, offenders)})}


def offered(name: str, answer: Answer = REFUSED) -> dict[str, Any]:
    made = records()["suites"]
    return {"suites": replace(made, offered={**made.offered, name: answer})}


def grouped(name: str, **changes: Any) -> dict[str, Any]:
    made = records()["groups"]
    return {"groups": replace(made, offered={**made.offered, name: REFUSED}, **changes)}


def groups(**changes: Any) -> dict[str, Any]:
    return {"groups": replace(records()["groups"], **changes)}


def signed(scheme: str, pss: Answer | None = None) -> dict[str, Any]:
    return {"signatures": replace(records()["signatures"], rsa=answered(signature_scheme=scheme), pss=pss)}


def national(**common: Answer) -> dict[str, Any]:
    """ARIA in TLS 1.2, and the answers to what everybody has."""
    made = records()["suites"]
    return {"suites": replace(made, offered={**made.offered, "national": answered(suite="TLS_X_ARIA"), **common})}


def features(**changes: Any) -> dict[str, Any]:
    return {"features": replace(records()["features"], **changes)}


def flight13(**changes: Any) -> dict[str, Any]:
    return features(flight13=replace(records()["features"].flight13, **changes))


def names(**changes: Any) -> dict[str, Any]:
    return {"names": replace(records()["names"], **changes)}


NO_EMS = answered(extensions=("renegotiation_info",))
RED: list[tuple[str, dict[str, Any], str]] = [
    ("TLS-VER-01", versions(ssl2=Answer("accepted", version="SSLv2")), "accepts SSLv2"),
    ("TLS-VER-02", versions(ssl3=answered(version="SSLv3")), "accepts SSLv3"),
    ("TLS-VER-03", versions(tls10=answered(version="TLSv1.0")), "accepts TLSv1.0"),
    ("TLS-VER-04", versions(tls11=answered(version="TLSv1.1")), "accepts TLSv1.1"),
    ("TLS-VER-05", versions(tls12=REFUSED, tls13=REFUSED), "no current version"),
    ("TLS-VER-06", versions(tls13=REFUSED), "does not negotiate TLSv1.3"),
    ("TLS-VER-07", versions(both=TLS12), "does not select TLSv1.3"),
    ("TLS-VER-08", tolerance("unknown-version", REFUSED), "unknown versions"),
    ("TLS-VER-09", versions(tls12=answered(random_tail="00" * 8)), "no downgrade sentinel"),
    ("TLS-VER-10", versions(tls10=CLOSED), "refuses TLSv1.0 without a word"),
    ("TLS-VER-10", versions(tls11=CLOSED), "refuses TLSv1.1 without a word"),
    ("TLS-VER-11", tolerance("grease", CLOSED), "GREASE"),
    ("TLS-MTL-04", versions(tls12=replace(TLS12, certificate_request=True)), "requests a client certificate"),
    ("TLS-MTL-04", flight13(certificate_request=True), "requests a client certificate"),
    ("TLS-VER-12", tolerance("large", SILENT), "3,000 bytes"),
    ("TLS-VER-13", tolerance("split", BROKEN), "two TCP segments"),
    ("TLS-VER-15", features(fallback=TLS12), "goes on with TLS_FALLBACK_SCSV in TLSv1.2"),
    ("TLS-VER-15", features(fallback=REFUSED), "in another way"),
    ("TLS-VER-14", tolerance("grease", TLS13, unoffered=("grease: suite X",)), "not offered"),
    *(
        (f"TLS-CIP-{number}", denied(name, TLS12, "TLS_X"), "TLS_X")
        for number, name in (
            ("01", "null"),
            ("02", "anonymous"),
            ("03", "export"),
            ("04", "rc4"),
            ("05", "small-block"),
            ("06", "rsa-key-transport"),
            ("07", "dhe"),
            ("09", "static-dh"),
            ("09-S", "static-ecdh"),
        )
    ),
    ("TLS-CIP-08", denied("dhe", answered(dh_bits=1024)), "1024-bit"),
    ("TLS-CIP-10", denied("cbc"), "without encrypt_then_mac"),
    ("TLS-CIP-11", offered("aes128gcm12"), "AES-128-GCM"),
    ("TLS-CIP-12", offered("TLS_AES_128_GCM_SHA256"), "does not negotiate TLS_AES_128_GCM_SHA256"),
    ("TLS-CIP-12-S", offered("TLS_CHACHA20_POLY1305_SHA256"), "does not negotiate TLS_CHACHA20"),
    (
        "TLS-CIP-13",
        {"suites": replace(denied("not-allowed12")["suites"], order=(TLS12, answered(suite="TLS_B")))},
        "client's order",
    ),
    ("TLS-CIP-14", denied("not-allowed13", TLS13), "allow-list"),
    ("TLS-CIP-14", denied("not-allowed12"), "not forward-secret AEAD"),
    ("TLS-CIP-15", denied("ccm8", TLS12, "TLS_X_CCM_8"), "TLS_X_CCM_8"),
    ("TLS-CIP-15", denied("not-allowed13", TLS13, "TLS_Y", "TLS_AES_128_CCM_8_SHA256"), "TLS_AES_128_CCM_8_SHA256"),
    ("TLS-CIP-17", national(aes128gcm12=REFUSED), "TLS_X_ARIA and no common suite in TLSv1.2"),
    (
        "TLS-CIP-17",
        {
            "suites": replace(
                offered("TLS_AES_128_GCM_SHA256")["suites"],
                denied={**records()["suites"].denied, "not-allowed13": Denial(TLS13, ("TLS_SM4_GCM_SM3",))},
            )
        },
        "TLS_SM4_GCM_SM3 and no common suite in TLSv1.3",
    ),
    ("TLS-CIP-16", features(flight12=answered(extensions=("truncated_hmac",))), "truncated_hmac"),
    ("TLS-GRP-01", grouped("secp256r1"), "secp256r1"),
    ("TLS-GRP-02", grouped("x25519"), "x25519"),
    (
        "TLS-GRP-03",
        {"groups": replace(records()["groups"], small=Denial(answered(group="secp192r1"), ("secp192r1",)))},
        "224 bits",
    ),
    ("TLS-GRP-04", grouped("X25519MLKEM768"), "X25519MLKEM768"),
    ("TLS-GRP-05", groups(preferred=TLS13), "selects x25519"),
    ("TLS-GRP-06", groups(denied={"ffdhe2048": replace(TLS13, group="ffdhe2048")}), "ffdhe2048"),
    (
        "TLS-GRP-07",
        {"tolerance": replace(records()["tolerance"], shares=(("a", "x25519", "s"), ("b", "x25519", "s")))},
        "reuses its x25519 key share",
    ),
    ("TLS-GRP-08", tolerance("retry", REFUSED), "no HelloRetryRequest"),
    (
        "TLS-SIG-01",
        {"signatures": replace(records()["signatures"], legacy=Denial(TLS12, ("rsa_pkcs1_sha1",)))},
        "SHA-1 or MD5",
    ),
    ("TLS-SIG-02", {"signatures": replace(records()["signatures"], mandatory=REFUSED)}, "mandatory scheme"),
    ("TLS-SIG-03", signed("rsa_pkcs1_sha256", REFUSED), "PKCS #1 v1.5 only"),
    ("TLS-EXT-01", features(flight12=NO_EMS), "extended_master_secret"),
    ("TLS-EXT-02", features(flight12=answered(extensions=())), "renegotiation_info"),
    (
        "TLS-EXT-03",
        features(renegotiation=replace(records()["features"].renegotiation, asked=10, accepted=10)),
        "without limit",
    ),
    ("TLS-EXT-04", features(flight12=answered(compression="DEFLATE")), "compression"),
    ("TLS-EXT-05", flight13(alpn=""), "does not negotiate ALPN"),
    ("TLS-EXT-06", features(alpn_none=TLS13), "without a common ALPN"),
    ("TLS-EXT-06", features(alpn_none=REFUSED), "in another way"),
    ("TLS-EXT-07", names(named_matches=False, unknown=TLS12, unknown_leaf="aa"), "ignores the server name"),
    ("TLS-EXT-08", names(unknown=TLS12), "a name it does not serve"),
    ("TLS-EXT-08", names(unknown=REFUSED), "in another way"),
    ("TLS-EXT-09", features(flight12=answered(extensions=("heartbeat",))), "heartbeat in TLSv1.2"),
    ("TLS-EXT-09", flight13(extensions=("heartbeat",)), "heartbeat in TLSv1.3"),
    ("TLS-EXT-14", denied("cbc"), "does not negotiate encrypt_then_mac"),
    ("TLS-EXT-16", features(certificate_compression=""), "does not compress"),
    ("TLS-EXT-10", flight13(early_data=True), "0-RTT"),
    ("TLS-EXT-12", features(resumption=Resumption("resumed")), "without a key exchange"),
    ("TLS-EXT-12", features(resumption=Resumption("full handshake", "resumed")), "without a key exchange"),
    ("TLS-EXT-11", flight13(ticket_lifetime_seconds=8 * 86400), "691200 s"),
    ("TLS-EXT-11-S", features(ticket12_lifetime_seconds=2 * 86400), "172800 s"),
    ("GEN-CLM-01", versions(tls13=REFUSED), "claims tls13 = true"),
]


@pytest.mark.parametrize(("requirement_id", "changes", "message"), RED, ids=[f"{r[0]}-{r[2]}" for r in RED])
def test_broken_evidence_is_red(requirement_id: str, changes: dict[str, Any], message: str) -> None:
    cell = cells(bundle(**changes))[requirement_id]
    if TLS[requirement_id].level is Level.MAY:
        assert cell.status is Status.NOT_APPLICABLE
        assert message in cell.detail
        return
    assert cell.status in (Status.FAIL, Status.WARNING), (cell.status, cell.detail)
    assert message in cell.violations[0].message + cell.violations[0].observed
    assert cell.violations[0].expected
    assert cell.violations[0].observed


def test_every_requirement_here_has_a_red_case() -> None:
    assert set(IDS) - {row[0] for row in RED} == set()


EMPTY = {
    "versions": Versions({}),
    "tolerance": Tolerance({}),
    "suites": Suites(),
    "groups": Groups(),
    "signatures": Signatures(),
    "features": Features(),
    "names": Names(),
}


@pytest.mark.parametrize("requirement_id", IDS)
def test_empty_evidence_is_never_a_pass(requirement_id: str) -> None:
    cell = cells(bundle(**EMPTY))[requirement_id]
    assert cell.status in (Status.ERROR, Status.NOT_TESTED), (cell.status, cell.detail)
    assert cell.reason != "internal", cell.detail


def everything(answer: Answer) -> dict[str, Any]:
    """Every hello of the run answered alike."""
    made = records()
    denial = Denial(answer)
    return {
        "versions": Versions(dict.fromkeys(made["versions"].answers, answer)),
        "tolerance": Tolerance(dict.fromkeys(made["tolerance"].answers, answer)),
        "suites": Suites(dict.fromkeys(made["suites"].denied, denial), dict.fromkeys(made["suites"].offered, answer)),
        "groups": Groups(dict.fromkeys(made["groups"].offered, answer), denial, answer),
        "signatures": Signatures(denial, answer),
        "features": Features(answer, None, answer),
        "names": Names(answer, answer, answer),
    }


@pytest.mark.parametrize(
    "answer",
    [UNCONTROLLED, replace(SILENT, controlled=False), replace(BROKEN, controlled=False)],
    ids=["refuses everything", "silent", "broken"],
)
@pytest.mark.parametrize("requirement_id", IDS)
def test_answers_that_decide_nothing_are_neither_pass_nor_fail(requirement_id: str, answer: Answer) -> None:
    cell = cells(bundle(**everything(answer)))[requirement_id]
    assert cell.status in (Status.ERROR, Status.NOT_TESTED), (cell.status, cell.detail)


def test_tls13_alone_makes_what_speaks_of_tls12_not_applicable() -> None:
    found = cells(
        bundle(
            **versions(tls12=REFUSED),
            suites=replace(records()["suites"], denied=dict.fromkeys(records()["suites"].denied, DENIED)),
        )
    )
    for requirement_id in (
        "TLS-VER-07",
        "TLS-VER-09",
        "TLS-CIP-06",
        "TLS-CIP-07",
        "TLS-CIP-11",
        "TLS-EXT-01",
        "TLS-EXT-02",
        "TLS-EXT-03",
        "TLS-EXT-04",
        "TLS-CIP-16",
    ):
        assert found[requirement_id].status is Status.NOT_APPLICABLE, requirement_id


def test_old_hello_answered_with_an_older_version_is_the_older_ones_finding() -> None:
    found = cells(bundle(**versions(tls11=answered(version="TLSv1.0"))))
    assert found["TLS-VER-04"].status is Status.PASS


def test_must_of_2026_warns_before_its_date() -> None:
    requirement = PROFILE.requirements["TLS-CIP-07"]
    assert requirement.in_force is not None
    assert requirement.in_force > OBSERVED_AT.date()
    cell = cells(bundle(**denied("dhe", TLS12, "TLS_X")))["TLS-CIP-07"]
    assert (cell.status, cell.reason) == (Status.WARNING, "not-in-force")


def test_ip_address_has_no_name_to_refuse() -> None:
    assert cells(bundle(**names(unknown=TLS12)), server_name="127.0.0.1")["TLS-EXT-08"].status is Status.NOT_APPLICABLE


FOREIGN = ("suite TLS_RSA_WITH_RC4_128_SHA",)
ODD: list[tuple[str, dict[str, Any], Status, str]] = [
    # What was selected although it was not offered answers another question than the one that was asked.
    ("TLS-VER-03", versions(tls10=answered(unoffered=("version TLSv1.2",))), Status.ERROR, "not-observable"),
    ("TLS-VER-06", versions(tls13=replace(TLS13, unoffered=FOREIGN)), Status.ERROR, "not-observable"),
    ("TLS-CIP-01", denied("null", answered(unoffered=FOREIGN)), Status.ERROR, "not-observable"),
    (
        "TLS-CIP-12",
        offered("TLS_AES_128_GCM_SHA256", replace(TLS13, unoffered=FOREIGN)),
        Status.ERROR,
        "not-observable",
    ),
    ("TLS-VER-08", tolerance("unknown-version", replace(TLS13, unoffered=FOREIGN)), Status.ERROR, "not-observable"),
    # An endpoint that answers one question in two ways.
    ("TLS-VER-03", versions(tls10=Answer("broken", reason="flaky")), Status.ERROR, "flaky"),
    ("TLS-VER-11", tolerance("grease", Answer("broken", reason="flaky")), Status.ERROR, "flaky"),
    (
        "TLS-VER-14",
        {"tolerance": Tolerance({"control": replace(TLS13, controlled=False)})},
        Status.ERROR,
        "control-failed",
    ),
    # Answers that name something else than was asked for, or nothing yet.
    ("TLS-GRP-02", {"groups": Groups({"x25519": replace(TLS13, group="secp256r1")})}, Status.ERROR, "not-observable"),
    (
        "TLS-GRP-02",
        {"groups": Groups({"x25519": replace(TLS13, group="", retry=True)})},
        Status.ERROR,
        "not-observable",
    ),
    # What is not there to be judged.
    ("TLS-GRP-05", grouped("X25519MLKEM768", preferred=TLS13), Status.NOT_APPLICABLE, ""),
    ("TLS-GRP-05", groups(preferred=REFUSED), Status.ERROR, "control-failed"),
    ("TLS-GRP-05", groups(preferred=replace(TLS13, group="")), Status.ERROR, "not-observable"),
    ("TLS-GRP-06", groups(denied={"ffdhe2048": TLS13}), Status.ERROR, "not-observable"),
    ("TLS-SIG-03", signed("rsa_pkcs1_sha256", answered(signature_scheme="rsa_pss_rsae_sha256")), Status.PASS, ""),
    ("TLS-SIG-03", signed("rsa_pkcs1_sha256", answered()), Status.ERROR, "not-observable"),
    ("TLS-SIG-03", signed("rsa_pkcs1_sha256"), Status.ERROR, "not-observable"),
    ("TLS-SIG-03", signed("ecdsa_secp256r1_sha256"), Status.NOT_APPLICABLE, ""),
    ("TLS-SIG-03", {"signatures": Signatures(DENIED, TLS13, (), REFUSED)}, Status.NOT_APPLICABLE, ""),
    ("TLS-EXT-14", denied("cbc", answered(extensions=("encrypt_then_mac",))), Status.PASS, ""),
    ("TLS-EXT-12", features(resumption=Resumption("resumed with key_share")), Status.PASS, ""),
    ("TLS-EXT-12", features(resumption=Resumption("full handshake", "full handshake")), Status.NOT_APPLICABLE, ""),
    ("TLS-EXT-12", flight13(ticket_seen=False), Status.NOT_APPLICABLE, ""),
    ("TLS-EXT-12", features(resumption=None, troubles={"resumption": "reset: x"}), Status.ERROR, "reset"),
    (
        "TLS-EXT-16",
        features(certificate_compression=None, troubles={"certificate_compression": "tls-alert: x"}),
        Status.ERROR,
        "tls-alert",
    ),
    ("TLS-EXT-16", versions(tls13=REFUSED), Status.NOT_APPLICABLE, ""),
    ("TLS-EXT-14", denied("cbc", REFUSED), Status.NOT_APPLICABLE, ""),
    ("TLS-CIP-15", denied("not-allowed13", TLS13, "TLS_AEGIS_256_SHA512"), Status.PASS, ""),
    (
        "TLS-CIP-15",
        {
            "suites": replace(
                records()["suites"],
                denied={
                    **records()["suites"].denied,
                    "not-allowed13": Denial(TLS13, ("TLS_AEGIS_256_SHA512",), complete=False),
                },
            )
        },
        Status.ERROR,
        "not-observable",
    ),
    ("TLS-CIP-17", national(), Status.PASS, ""),
    ("TLS-CIP-17", {}, Status.NOT_APPLICABLE, ""),
    (
        "TLS-CIP-17",
        {
            "suites": replace(
                records()["suites"],
                offered={name: each for name, each in records()["suites"].offered.items() if name != "national"},
            )
        },
        Status.NOT_TESTED,
        "budget",
    ),
    ("TLS-VER-15", features(fallback=None), Status.NOT_TESTED, "budget"),
    ("TLS-VER-15", {**features(fallback=TLS12), **versions(tls13=REFUSED)}, Status.NOT_APPLICABLE, ""),
    ("TLS-SIG-01", {"signatures": Signatures(Denial(answered(version="TLSv1.1")))}, Status.NOT_APPLICABLE, ""),
    ("TLS-SIG-02", {"signatures": Signatures(DENIED, replace(TLS13, retry=True))}, Status.ERROR, "not-observable"),
    ("TLS-EXT-07", names(named_matches=False, unknown=TLS13, unknown_leaf=""), Status.ERROR, "not-observable"),
]


@pytest.mark.parametrize(("requirement", "changes", "status", "reason"), ODD)
def test_answer_beside_the_question_decides_nothing(
    requirement: str, changes: dict[str, Any], status: Status, reason: str
) -> None:
    cell = cells(bundle(**changes))[requirement]
    assert (cell.status, cell.reason) == (status, reason), cell
