"""Mandatory header fields, and versions of the resource (API Definition v1.1, sections 3.2.1 and 3.3.4)."""

from __future__ import annotations

import re

from conformance.core.area import requirement
from conformance.core.model import Rule, Violation, Violations
from conformance.payments.fspiop.evidence import Fspiop
from conformance.payments.fspiop.reading import controls, shown
from conformance.payments.groups import answered, group


@requirement("PAY-FSP-01")
def test_header_fields_and_versions_are_negotiated(fspiop: Fspiop, rule: Rule) -> Violations:
    """A field that is absent or malformed is answered with 400 and its code, a version with 406 and those there are."""
    group(fspiop, "headers")
    controls(fspiop, "headers/right", "headers/right-after")
    codes = rule.params["codes"]
    for probe in (*(f"no-{name}" for name in rule.params["absent"]), *(f"bad-{name}" for name in rule.params["bad"])):
        reply = answered(fspiop, f"headers/{probe}")
        also = rule.params["source_codes"] if probe == "no-FSPIOP-Source" else ()
        if reply.status != 400 or reply.code not in (*codes, *also):
            kind, _, name = probe.partition("-")
            what = f"{name} that is {'absent' if kind == 'no' else 'malformed'}"
            yield Violation(f"answers {what} otherwise", f"400 with one of {', '.join(codes)}", shown(reply))
    reply = answered(fspiop, "headers/version")
    if reply.status != 406 or reply.code not in rule.params["version_codes"]:
        expected = f"406 with {' or '.join(rule.params['version_codes'])}"
        yield Violation("answers a version that nobody has otherwise", expected, shown(reply))
    elif not any(re.fullmatch(r"[0-9]+[.][0-9]+", each) for each in reply.versions):
        listed = ", ".join(reply.versions) or "none"
        yield Violation("does not list the versions that it supports", "major as key, minor as value", listed)
