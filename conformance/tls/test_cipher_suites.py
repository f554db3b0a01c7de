"""Cipher suites: RFC 9325 section 4, RFC 10015, RFC 7465, RFC 9846 section 9.1."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.core.area import requirement
from conformance.core.model import (
    NotApplicable,
    NotTested,
    Reason,
    Rule,
    Undecided,
    Untested,
    Violation,
    Violations,
)
from conformance.tls.evidence import Features, Suites, Versions
from conformance.tls.reading import given, known, require_version, violated

SETS = {
    "null": "suites without encryption",
    "anonymous": "anonymous key exchange",
    "export": "export or single-DES suites",
    "rc4": "RC4",
    "small-block": "suites with a 64-bit block or less than 128 bits",
    "rsa-key-transport": "RSA key transport",
    "dhe": "ephemeral finite-field Diffie-Hellman",
    "static-dh": "static Diffie-Hellman",
    "static-ecdh": "static ECDH",
    "cbc": "CBC suites",
    "ccm8": "suites with a tag of 64 bits",
    "not-allowed12": "suites that are not forward-secret AEAD",
    "not-allowed13": "TLS 1.3 suites outside the allow-list",
}


@requirement("TLS-CIP-01", "TLS-CIP-02", "TLS-CIP-03", "TLS-CIP-04", "TLS-CIP-05", "TLS-CIP-09", "TLS-CIP-09-S")
def test_forbidden_suites_are_refused(suites: Suites, rule: Rule) -> Violations:
    """A hello that offers only suites of the forbidden set is refused."""
    name = rule.params["deny"]
    if found := violated(known(suites.denied, name), SETS[name]):
        yield found


@requirement("TLS-CIP-06", "TLS-CIP-07")
def test_forbidden_suites_of_a_version_are_refused(versions: Versions, suites: Suites, rule: Rule) -> Violations:
    """As above, where the rule speaks of one protocol version."""
    require_version(versions, rule.params["version"])
    name = rule.params["deny"]
    denial = known(suites.denied, name)
    if found := violated(denial, SETS[name]):
        yield found


@requirement("TLS-CIP-08")
def test_dh_prime_is_long_enough(suites: Suites, rule: Rule) -> Violations:
    """Where DHE is negotiated, the prime has at least the rule's bits (RFC 9325 section 4.5)."""
    answer = known(suites.denied, "dhe").answer
    if not answer.accepted:
        raise NotApplicable("DHE is not negotiated")
    if not answer.dh_bits:
        raise Undecided(Reason.NOT_OBSERVABLE, "the ServerKeyExchange shows no prime")
    if answer.dh_bits < rule.params["min_bits"]:
        yield Violation(
            f"negotiates DHE with a {answer.dh_bits}-bit prime",
            f"at least {rule.params['min_bits']} bits",
            f"{answer.suite}, {answer.dh_bits} bits",
        )


@requirement("TLS-CIP-10")
def test_cbc_comes_with_encrypt_then_mac(suites: Suites, rule: Rule) -> Violations:
    """A CBC suite is negotiated only together with encrypt_then_mac (RFC 7366)."""
    denial = known(suites.denied, rule.params["deny"])
    if denial.answer.accepted and "encrypt_then_mac" not in denial.answer.extensions:
        yield Violation(
            f"negotiates CBC without encrypt_then_mac: {denial.answer.suite}",
            "encrypt_then_mac, or a fatal alert",
            denial.answer.outcome,
        )


@requirement("TLS-EXT-14")
def test_encrypt_then_mac_is_negotiated_with_cbc(suites: Suites, rule: Rule) -> Violations:
    """Where a CBC suite is negotiated, encrypt_then_mac is too (RFC 7366 section 2)."""
    answer = known(suites.denied, rule.params["deny"]).answer
    if not answer.accepted:
        raise NotApplicable("no CBC suite is negotiated")
    if rule.params["extension"] not in answer.extensions:
        yield Violation(
            f"does not negotiate {rule.params['extension']} with {answer.suite}",
            rule.params["extension"],
            ", ".join(answer.extensions) or "no extensions",
        )


@requirement("TLS-CIP-11")
def test_common_suite_is_supported(versions: Versions, suites: Suites, rule: Rule) -> Violations:
    """A TLS 1.2 hello with the two ECDHE-AES-128-GCM suites alone is accepted."""
    require_version(versions, rule.params["version"])
    answer = known(suites.offered, rule.params["offer"])
    if not answer.accepted:
        yield Violation(
            "does not negotiate ECDHE with AES-128-GCM in TLS 1.2",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 or TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            answer.outcome,
        )


@requirement("TLS-CIP-12", "TLS-CIP-12-S")
def test_mandatory_tls13_suites_are_supported(versions: Versions, suites: Suites, rule: Rule) -> Violations:
    """Each TLS 1.3 suite that the rule names is accepted when it is offered alone."""
    require_version(versions, "TLSv1.3")
    for suite in rule.params["offers"]:
        answer = known(suites.offered, suite)
        if not answer.accepted:
            yield Violation(f"does not negotiate {suite}", suite, answer.outcome)


@requirement("TLS-CIP-13")
def test_server_order_decides(suites: Suites, rule: Rule) -> Violations:
    """Where weaker suites remain, the server's order decides, not the client's (RFC 9325 section 4.2.1)."""
    if not any(known(suites.denied, name).answer.accepted for name in rule.params["weaker"]):
        raise NotApplicable("only forward-secret AEAD suites are offered, so the order is the client's to choose")
    if suites.order is None:
        raise NotApplicable("fewer than two suites are offered")
    first, second = suites.order
    if not first.accepted or not second.accepted:
        raise Undecided(Reason.CONTROL_FAILED, "a pair of accepted suites was refused when offered together")
    if first.suite != second.suite:
        yield Violation(
            "follows the client's order although weaker suites are offered",
            "the same suite in both orders",
            f"{first.suite}, then {second.suite}",
        )


@requirement("TLS-CIP-14")
def test_only_allowed_suites_are_offered(suites: Suites, rule: Rule) -> Violations:
    """The complement of the allow-list is refused, in TLS 1.2 and below and in TLS 1.3."""
    for name in rule.params["deny_any"]:
        if found := violated(known(suites.denied, name), SETS[name]):
            yield found


@requirement("TLS-CIP-15")
def test_short_tags_are_refused(suites: Suites, rule: Rule) -> Violations:
    """No suite of the mode that the rule names is negotiated, in TLS 1.2 and below nor in TLS 1.3."""
    cut = ""
    for name in rule.params["deny_any"]:
        denial = known(suites.denied, name)
        if not denial.answer.accepted:
            continue
        found = [each for each in denial.offenders if rule.params["mode"] in each]
        if found:
            yield Violation(f"negotiates {SETS['ccm8']}: {', '.join(found)}", "a fatal alert", denial.answer.outcome)
        elif not denial.complete:
            cut = f"{len(denial.offenders)} of {SETS[name]} were named, and there are more"
    if cut:
        raise Undecided(Reason.NOT_OBSERVABLE, cut)


@requirement("TLS-CIP-17")
def test_national_suites_stand_beside_common_ones(suites: Suites, rule: Rule) -> Violations:
    """In a version that negotiates a national suite, the suite that everybody has is negotiated too."""
    seen = {"TLSv1.2": _national12(suites), "TLSv1.3": _national13(suites, rule.params["ciphers"])}
    if not any(seen.values()):
        raise NotApplicable("no national suite is negotiated")
    for (version, national), common in zip(seen.items(), rule.params["common"], strict=True):
        answer = known(suites.offered, common)
        if national and not answer.accepted:
            yield Violation(f"negotiates {national} and no common suite in {version}", common, answer.outcome)


def _national12(suites: Suites) -> str:
    """A national suite of TLS 1.2, empty where none is negotiated."""
    if "national" not in suites.offered:
        raise Untested(NotTested.BUDGET, "national suites were not asked for: other questions had used up the hellos")
    answer = suites.offered["national"]
    return answer.suite if answer.accepted and answer.version == "TLSv1.2" else ""


def _national13(suites: Suites, ciphers: Sequence[str]) -> str:
    """As above, of TLS 1.3."""
    denial = known(suites.denied, "not-allowed13")
    offenders = denial.offenders if denial.answer.accepted else ()
    return next((each for each in offenders if any(cipher in each for cipher in ciphers)), "")


@requirement("TLS-CIP-16")
def test_extension_is_not_answered(versions: Versions, features: Features, rule: Rule) -> Violations:
    """The TLS 1.2 ServerHello does not answer the extension that the rule names."""
    require_version(versions, "TLSv1.2")
    answer = given(features.flight12, "flight12")
    if not answer.accepted:
        raise Undecided(Reason.CONTROL_FAILED, f"the TLS 1.2 hello was refused: {answer.outcome}")
    if rule.params["extension"] in answer.extensions:
        yield Violation(f"negotiates {rule.params['extension']}", "no such extension", ", ".join(answer.extensions))
