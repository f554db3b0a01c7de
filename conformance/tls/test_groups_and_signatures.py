"""Groups and handshake signatures: RFC 9846 sections 4.3.3 and 9.1, RFC 9325 section 4.5, RFC 10024, RFC 9155."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, Reason, Rule, Undecided, Violation, Violations
from conformance.tls.evidence import Groups, Signatures, Versions
from conformance.tls.reading import given, known, require_version, violated


@requirement("TLS-GRP-01", "TLS-GRP-02", "TLS-GRP-04")
def test_group_is_supported(versions: Versions, groups: Groups, rule: Rule) -> Violations:
    """A TLS 1.3 hello that offers the group alone is answered with it.

    TLS 1.2 cannot decide this: there the list also constrains the certificate's curve (RFC 8422 section 5.1.1).
    """
    require_version(versions, "TLSv1.3")
    group = rule.params["group"]
    answer = known(groups.offered, group)
    if not answer.accepted:
        yield Violation(f"does not support {group}", group, answer.outcome)
    elif answer.group != group:
        raise Undecided(Reason.NOT_OBSERVABLE, f"the answer names another group or none: {answer.outcome}")


@requirement("TLS-GRP-05")
def test_hybrid_group_is_preferred(versions: Versions, groups: Groups, rule: Rule) -> Violations:
    """Of a classical and a hybrid group, offered in that order and without a share, the server selects the hybrid."""
    require_version(versions, "TLSv1.3")
    group, hybrids = rule.params["group"], rule.params["hybrids"]
    if not known(groups.offered, group).accepted:
        raise NotApplicable(f"{group} is not supported")
    answer = given(groups.preferred, "preferred")
    if not answer.accepted:
        raise Undecided(Reason.CONTROL_FAILED, f"a hello with a group that is supported was refused: {answer.outcome}")
    if not answer.group:
        raise Undecided(Reason.NOT_OBSERVABLE, f"the answer names no group: {answer.outcome}")
    if answer.group not in hybrids:
        yield Violation(f"selects {answer.group} where {group} is offered too", group, answer.outcome)


@requirement("TLS-GRP-06")
def test_small_finite_field_groups_are_refused(versions: Versions, groups: Groups, rule: Rule) -> Violations:
    """A TLS 1.3 hello that offers the group alone is refused."""
    require_version(versions, "TLSv1.3")
    for group in rule.params["groups"]:
        answer = known(groups.denied, group)
        if answer.accepted and answer.group != group:
            raise Undecided(Reason.NOT_OBSERVABLE, f"the answer names another group or none: {answer.outcome}")
        if answer.accepted:
            yield Violation(f"negotiates {group}", "a fatal alert", answer.outcome)


@requirement("TLS-GRP-03")
def test_small_groups_are_refused(groups: Groups) -> Violations:
    """A TLS 1.2 hello that offers only groups below 224 bits gets no ECDHE key exchange.

    A server with an ECDSA certificate is asked with the curves of certificates last: without its own no client verifies
    it (RFC 8422 section 5.1.1). So what it does not select there, it negotiates with no client that keeps to that.
    """
    denial = given(groups.small, "small")
    if denial.answer.accepted and denial.offenders and (found := violated(denial, "groups below 224 bits")):
        yield found


@requirement("TLS-SIG-01")
def test_legacy_signatures_are_refused(signatures: Signatures) -> Violations:
    """A hello that offers only SHA-1 and MD5 schemes is refused, or answered with another scheme."""
    denial = given(signatures.legacy, "legacy")
    if denial.answer.accepted and denial.answer.version != "TLSv1.2":
        raise NotApplicable(f"the hello is answered in {denial.answer.version}, where schemes are not negotiated")
    what = "handshake signatures with SHA-1 or MD5"
    if denial.answer.accepted and denial.offenders and (found := violated(denial, what)):
        yield found


@requirement("TLS-SIG-02")
def test_mandatory_scheme_is_supported(versions: Versions, signatures: Signatures) -> Violations:
    """A TLS 1.3 hello that offers only the mandatory schemes is accepted."""
    require_version(versions, "TLSv1.3")
    answer = given(signatures.mandatory, "mandatory")
    if not answer.accepted:
        yield Violation(
            "does not sign with a mandatory scheme in TLS 1.3",
            "rsa_pss_rsae_sha256 or ecdsa_secp256r1_sha256",
            answer.outcome,
        )
    elif answer.retry:
        raise Undecided(Reason.NOT_OBSERVABLE, "a HelloRetryRequest was sent, before which no scheme is selected")


@requirement("TLS-SIG-03")
def test_pss_is_offered_beside_pkcs1(versions: Versions, signatures: Signatures) -> Violations:
    """In TLS 1.2 an RSA key signs with RSA-PSS where that alone is offered.

    signature_algorithms_cert names PKCS #1 v1.5 beside, so that certificates that are signed with it keep no server
    from answering.
    """
    require_version(versions, "TLSv1.2")
    answer = given(signatures.rsa, "rsa")
    if not answer.accepted or not answer.signature_scheme.startswith("rsa_"):
        raise NotApplicable(f"no handshake of TLS 1.2 is signed with an RSA key: {answer.outcome}")
    if answer.signature_scheme.startswith("rsa_pss_"):
        return
    pss = given(signatures.pss, "pss")
    if not pss.accepted:
        yield Violation("signs with RSA PKCS #1 v1.5 only in TLS 1.2", "an rsa_pss scheme", answer.signature_scheme)
    elif not pss.signature_scheme.startswith("rsa_pss_"):
        raise Undecided(Reason.NOT_OBSERVABLE, f"the answer names another scheme or none: {pss.outcome}")
