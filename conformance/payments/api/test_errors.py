"""Errors: readable by machines, of the right status, and silent about what is inside."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Reason, Rule, Undecided, Violation, Violations
from conformance.payments.api.evidence import Api, Reply
from conformance.payments.api.reading import answered, controls, group, shown

CONTROLS = ("errors/right", "errors/right-after")


def _errors(api: Api, *names: str) -> dict[str, Reply]:
    """The replies of these groups that are errors, by probe."""
    return {
        probe: reply
        for probe, reply in api.answers.items()
        if probe.partition("/")[0] in names and not reply.trouble and reply.status >= 400
    }


@requirement("PAY-API-04")
def test_errors_are_machine_readable(api: Api, rule: Rule) -> Violations:
    """Every error has the declared form, and the media type that goes with it."""
    group(api, "errors")
    controls(api, *CONTROLS)
    declared = api.stated.get("errors", "problem")
    kind, expected = rule.params["kinds"][declared], f"{rule.params['kinds'][declared]} with its members"
    found = _errors(api, "errors")
    if not found:
        raise Undecided(Reason.NOT_OBSERVABLE, "not one request was refused")
    for probe, reply in found.items():
        if reply.kind != kind or reply.form != declared:
            yield Violation(f"answers {probe} in another form", expected, f"{shown(reply)}, {reply.form}")
        elif declared == "problem" and reply.code != str(reply.status):
            yield Violation(f"answers {probe} with another status member", str(reply.status), reply.code)


@requirement("PAY-API-05")
def test_bodies_of_any_shape_are_no_server_error(api: Api, rule: Rule) -> Violations:
    """A body that is no JSON is a client's error, and no body makes the service fail."""
    group(api, "hostile")
    controls(api, "hostile/right-after")
    for name in rule.params["bodies"]:
        reply = answered(api, f"hostile/{name}")
        if reply.status >= 500:
            yield Violation(f"fails on a body that is {name}", "below 500", shown(reply))
        elif name in rule.params["malformed"] and not 400 <= reply.status < 500:
            yield Violation(f"takes a body that is {name}", "4xx", shown(reply))


@requirement("PAY-API-06")
def test_type_version_and_method_have_their_statuses(api: Api, rule: Rule) -> Violations:
    """Another Content-Type is 415, an unknown version in Accept 406, another method 405."""
    group(api, "errors")
    controls(api, *CONTROLS)
    for name, status in rule.params["statuses"].items():
        reply = answered(api, f"errors/{name}")
        if reply.status != status:
            yield Violation(f"answers another {name} otherwise", f"HTTP {status}", shown(reply))


@requirement("PAY-API-10")
def test_errors_show_nothing_inside(api: Api) -> Violations:
    """No error shows a stack trace, SQL, an internal host, a token or a whole account number."""
    group(api, "errors")
    controls(api, "errors/right")
    found = _errors(api, "errors", "hostile")
    if not found:
        raise Undecided(Reason.NOT_OBSERVABLE, "not one request was refused")
    for probe, reply in found.items():
        for kind in reply.leaks:
            yield Violation(f"shows a {kind} in the answer to {probe}", "nothing of the kind", shown(reply))
