"""Hellos that a server must cope with, and answers it must not invent: RFC 9846 sections 4.2, 5.1 and 9.3, RFC 8701."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, Reason, Rule, Undecided, Violation, Violations
from conformance.tls.evidence import Tolerance, Versions
from conformance.tls.reading import known, require_version, tolerates

HELLOS = {
    "unknown-version": "a hello that offers unknown versions beside known ones",
    "grease": "a hello with GREASE values",
    "large": "a hello of 3,000 bytes",
    "split": "a hello in two TCP segments",
    "retry": "a hello that asks for a HelloRetryRequest",
}


@requirement("TLS-VER-08", "TLS-VER-11", "TLS-VER-12", "TLS-VER-13")
def test_hello_is_answered(tolerance: Tolerance, rule: Rule) -> Violations:
    """The hello that the rule names is answered like the plain one was."""
    probe = rule.params["probe"]
    answer = known(tolerance.answers, probe)
    if not tolerates(answer):
        yield Violation(f"does not answer {HELLOS[probe]}", "a ServerHello, as for the control", answer.outcome)


@requirement("TLS-VER-14")
def test_selection_was_offered(tolerance: Tolerance) -> Violations:
    """Nothing is selected that the hello did not offer, in any answer of the run."""
    for selection in tolerance.unoffered:
        yield Violation("selects what was not offered", "a selection from the hello", selection)
    if not any(answer.kind == "accepted" and answer.controlled for answer in tolerance.answers.values()):
        raise Undecided(Reason.CONTROL_FAILED, "no control hello was accepted before and after, so little was selected")


@requirement("TLS-GRP-07")
def test_key_shares_are_fresh(versions: Versions, tolerance: Tolerance) -> Violations:
    """No two connections are answered with the same key share."""
    require_version(versions, "TLSv1.3")
    if len(tolerance.shares) < 2:
        raise Undecided(Reason.NOT_OBSERVABLE, f"{len(tolerance.shares)} key shares were seen; comparing takes two")
    seen: dict[tuple[str, str], str] = {}
    for probe, group, share in tolerance.shares:
        if (group, share) in seen:
            yield Violation(
                f"reuses its {group} key share",
                "a fresh key share for each connection",
                f"the same share for {seen[group, share]} and {probe}",
            )
            return
        seen[group, share] = probe
    if len({group for group, _ in seen}) == len(seen):
        raise Undecided(Reason.NOT_OBSERVABLE, "no two shares of one group were seen")


@requirement("TLS-GRP-08")
def test_retry_request_is_sent(versions: Versions, tolerance: Tolerance, rule: Rule) -> Violations:
    """A TLS 1.3 hello without a key share is answered with a HelloRetryRequest."""
    require_version(versions, "TLSv1.3")
    answer = known(tolerance.answers, rule.params["probe"])
    if not tolerates(answer) or not answer.retry:
        yield Violation("sends no HelloRetryRequest", "HelloRetryRequest", answer.outcome)
    elif not answer.group:
        raise NotApplicable("the HelloRetryRequest asks for a cookie only")
