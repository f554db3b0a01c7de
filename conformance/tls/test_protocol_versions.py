"""Protocol versions: RFC 9325 section 3.1.1, RFC 8996, RFC 9846 section 4.3.1."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, NotTested, Rule, Undecided, Untested, Violation, Violations
from conformance.tls.evidence import Features, Versions
from conformance.tls.reading import known, offers, require_version


@requirement("TLS-VER-01", "TLS-VER-02", "TLS-VER-03", "TLS-VER-04", "TLS-HIGH-01")
def test_obsolete_version_is_refused(versions: Versions, rule: Rule) -> Violations:
    """The endpoint does not negotiate the version that the rule names.

    A hello of an old version may be answered with a still older one: that is the older version's finding.
    """
    version = rule.params["version"]
    answer = known(versions.answers, version)
    if answer.accepted and answer.version == version:
        yield Violation(f"accepts {version}", "a fatal alert", answer.outcome)


@requirement("TLS-VER-05")
def test_one_current_version_is_supported(versions: Versions, rule: Rule) -> Violations:
    """At least one of the versions that the rule names is negotiated."""
    undecided: Undecided | None = None
    outcomes = []
    for version in rule.params["one_of"]:
        try:
            if offers(versions, version):
                return
        except Undecided as trouble:
            undecided = trouble
        outcomes.append(f"{version}: {known(versions.answers, version).outcome}")
    if undecided:
        raise undecided
    yield Violation("negotiates no current version", f"one of {', '.join(rule.params['one_of'])}", "; ".join(outcomes))


@requirement("TLS-VER-06")
def test_version_is_supported(versions: Versions, rule: Rule) -> Violations:
    """The version that the rule names is negotiated."""
    version = rule.params["version"]
    if not offers(versions, version):
        yield Violation(f"does not negotiate {version}", version, known(versions.answers, version).outcome)


@requirement("TLS-VER-07")
def test_newest_version_is_preferred(versions: Versions, rule: Rule) -> Violations:
    """Offered both, the endpoint selects the newer."""
    prefer = rule.params["prefer"]
    for version in ("TLSv1.2", "TLSv1.3"):
        require_version(versions, version)
    answer = known(versions.answers, "TLSv1.3+TLSv1.2")
    if not answer.accepted or answer.version != prefer:
        yield Violation(f"does not select {prefer} when both are offered", prefer, answer.outcome)


@requirement("TLS-VER-10")
def test_refusal_is_an_alert(versions: Versions, rule: Rule) -> Violations:
    """A hello of a version that is not negotiated is answered with a fatal alert (RFC 9846 section 6.2).

    Raises:
        NotApplicable: none was refused.
    """
    refused = False
    for version in rule.params["versions"]:
        answer = known(versions.answers, version)
        if answer.accepted:
            continue
        refused = True
        if answer.kind == "closed":
            yield Violation(f"refuses {version} without a word", "a fatal alert", answer.outcome)
    if not refused:
        raise NotApplicable(f"no hello of {' or '.join(rule.params['versions'])} was refused")


@requirement("TLS-VER-15")
def test_fallback_is_recognised(versions: Versions, features: Features, rule: Rule) -> Violations:
    """A hello of the second newest version that says that it is a second try is refused (RFC 7507 section 3)."""
    offered = [version for version in rule.params["versions"] if offers(versions, version)]
    if len(offered) < 2:
        raise NotApplicable(f"no version but {', '.join(offered) or 'none'} is offered, so there is nothing to fall to")
    answer = features.fallback
    if answer is None:
        raise Untested(NotTested.BUDGET, "it was not asked: other questions had used up the hellos")
    alert = rule.params["alert"]
    if answer.accepted:
        yield Violation(f"goes on with TLS_FALLBACK_SCSV in {offered[1]}", f"alert {alert}", answer.outcome)
    elif answer.alert != alert:
        yield Violation("refuses TLS_FALLBACK_SCSV in another way", f"alert {alert}", answer.outcome)


@requirement("TLS-VER-09")
def test_downgrade_sentinel_is_set(versions: Versions, rule: Rule) -> Violations:
    """A TLS 1.3 server that negotiates 1.2 ends its random with the sentinel (RFC 9846 section 4.2.3)."""
    for version in ("TLSv1.3", "TLSv1.2"):
        require_version(versions, version)
    tail = known(versions.answers, "TLSv1.2").random_tail
    if not tail:
        raise NotApplicable("the TLS 1.2 answer shows no random")
    if tail != rule.params["sentinel"]:
        yield Violation("sets no downgrade sentinel in TLS 1.2", rule.params["sentinel"], tail)
