"""Levels of assurance: EID-LOA."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, NotTested, Reason, Rule, Undecided, Untested, Violation, Violations
from conformance.eid.op.evidence import Assurance, Levels
from conformance.eid.op.reading import check, listed, problem, refused


def answers(assurance: Assurance) -> dict[str, str]:
    """The acr that came, by how it was asked for.

    Raises:
        Untested, Undecided: none was asked for.
    """
    check(assurance.troubles, "acr-values", "essential")
    if not assurance.requested:
        raise Untested(NotTested.NO_CREDENTIAL, "the manifest names no level of assurance to ask for (acr)")
    if not assurance.answers:
        raise Undecided(Reason.NOT_OBSERVABLE, "no ID token was seen")
    return dict(assurance.answers)


@requirement("EID-LOA-01")
def test_requested_level_is_answered(assurance: Assurance, levels: Levels) -> Violations:
    for how, acr in answers(assurance).items():
        if not acr:
            yield Violation(
                f"a level was asked for by {how}, and the ID token has no acr", assurance.requested, "absent"
            )
        elif levels.advertised is not None and acr not in levels.advertised:
            yield Violation(f"acr {acr} is not advertised", listed(levels.advertised), acr)


@requirement("EID-LOA-02")
def test_level_is_not_lower(assurance: Assurance, levels: Levels, rule: Rule) -> Violations:
    problem(levels.problem)
    order = {name: position for position, name in enumerate(rule.params["order"])}
    wanted = levels.levels.get(assurance.requested, ())
    found = answers(assurance)
    if len(wanted) != 1:
        raise Undecided(Reason.CONTROL_FAILED, f"the map has {len(wanted)} levels for {assurance.requested}")
    for how, acr in found.items():
        given = levels.levels.get(acr, ())
        if acr and len(given) != 1:
            yield Violation(f"acr {acr} stands for no one level", wanted[0], f"{len(given)} entries in the map")
        elif acr and order[given[0]] < order[wanted[0]]:
            yield Violation(f"{wanted[0]} was asked for by {how}, and {given[0]} came", wanted[0], given[0])
    if not any(found.values()):
        raise Undecided(Reason.NOT_OBSERVABLE, "no ID token has an acr")


@requirement("EID-LOA-03")
def test_level_that_cannot_be_met_is_an_error(assurance: Assurance, rule: Rule) -> Violations:
    yield from refused(assurance.trials, rule.params["trials"])


@requirement("EID-LOA-04")
def test_acr_is_a_level(levels: Levels) -> Violations:
    problem(levels.problem)
    if not levels.advertised:
        raise NotApplicable("acr_values_supported is absent or empty")
    for value in levels.advertised:
        if value in levels.factors:
            yield Violation(f"{value} is a factor", "a level; factors go to amr", "a factor of the map")
        elif len(levels.levels.get(value, ())) > 1:
            yield Violation(f"{value} has several levels", "one entry in the map", listed(levels.levels[value]))


@requirement("EID-LOA-05")
def test_time_and_methods_come_on_request(assurance: Assurance) -> Violations:
    check(assurance.troubles, "on-request")
    if assurance.auth_time is None or assurance.amr is None:
        raise Undecided(Reason.NOT_OBSERVABLE, "they were not asked for")
    for name, came in (("auth_time", assurance.auth_time), ("amr", assurance.amr)):
        if not came:
            yield Violation(f"{name} was asked for and did not come", name, "absent")


@requirement("EID-LOA-06")
def test_verified_claims_say_how(assurance: Assurance, rule: Rule) -> Violations:
    check(assurance.troubles, "verified-claims")
    if assurance.verified_claims is None:
        yield Violation("the metadata offers no verified_claims", "verified_claims_supported", "absent")
        return
    missing = [name for name in rule.params["members"] if name not in assurance.verified_claims]
    if missing:
        yield Violation(f"verified_claims lack {listed(missing)}", listed(rule.params["members"]), "absent")
