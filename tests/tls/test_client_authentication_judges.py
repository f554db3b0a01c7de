"""The judges of client authentication: what counts as a refusal, and what stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conformance.core.model import NotApplicable, Reason, Rule, Service, Undecided, Untested, Violation
from conformance.tls import test_client_authentication as judges
from conformance.tls.evidence import ClientCertificates

ALERTS = ["certificate_required", "handshake_failure", "bad_certificate"]
RULES: dict[str, tuple[Callable[..., Iterator[Violation]], dict[str, Any]]] = {
    "TLS-MTL-01": (judges.test_a_client_certificate_is_requested, {}),
    "TLS-MTL-02": (judges.test_a_request_without_certificate_is_refused, {"alerts": ALERTS}),
    "TLS-MTL-03": (
        judges.test_a_wrong_certificate_is_refused,
        {
            "certificates": ["untrusted", "expired", "wrong-eku"],
            "alerts": [*ALERTS, "unknown_ca", "certificate_expired", "unsupported_certificate"],
        },
    ),
}
SERVICE = Service("api", "tls-endpoint", "127.0.0.1:1", "api.xa.test", settings={"mtls": True})
GOOD = {
    "trusted": "accepted 200",
    "none": "refused alert certificate_required",
    "untrusted": "refused alert unknown_ca",
    "expired": "refused alert certificate_expired",
    "wrong-eku": "refused alert unsupported_certificate",
}


def judge(
    requirement: str, *, requested: bool = True, without: tuple[str, ...] = (), **attempts: str
) -> list[Violation]:
    function, params = RULES[requirement]
    made = {**GOOD, **{name.replace("_", "-"): outcome for name, outcome in attempts.items()}}
    seen = ClientCertificates(
        declared=True, requested=requested, attempts={name: made[name] for name in made if name not in without}
    )
    return call(function, params, seen)


def call(
    function: Callable[..., Iterator[Violation]],
    params: dict[str, Any],
    seen: ClientCertificates,
    service: Service = SERVICE,
) -> list[Violation]:
    arguments: dict[str, Any] = {"client_certificates": seen, "service": service}
    if params:
        arguments["rule"] = Rule("x", params)
    return list(function(**arguments))


@pytest.mark.parametrize("requirement", RULES)
def test_conforming_endpoint_breaks_nothing(requirement: str) -> None:
    assert judge(requirement) == []


@pytest.mark.parametrize("requirement", RULES)
def test_refusal_by_status_conforms_as_well(requirement: str) -> None:
    assert (
        judge(requirement, none="refused 400", untrusted="refused 403", expired="refused 400", wrong_eku="refused 401")
        == []
    )


@pytest.mark.parametrize("requirement", RULES)
def test_empty_evidence_decides_nothing(requirement: str) -> None:
    function, params = RULES[requirement]
    with pytest.raises(Undecided):
        call(function, params, ClientCertificates(declared=True, requested=False))


@pytest.mark.parametrize("requirement", RULES)
def test_undeclared_client_authentication_is_not_judged(requirement: str) -> None:
    function, params = RULES[requirement]
    service = Service("api", "tls-endpoint", "127.0.0.1:1", "api.xa.test")
    with pytest.raises(NotApplicable):
        call(function, params, ClientCertificates(declared=False, requested=False), service)


@pytest.mark.parametrize(
    ("requirement", "changes", "words"),
    [
        ("TLS-MTL-01", {"requested": False, "none": "accepted 200"}, "requests no client certificate"),
        ("TLS-MTL-01", {"requested": False, "none": "refused 401"}, "requests no client certificate"),
        ("TLS-MTL-02", {"none": "accepted 200"}, "without a client certificate"),
        ("TLS-MTL-02", {"none": "accepted 204", "without": ("trusted",)}, "without a client certificate"),
        ("TLS-MTL-03", {"untrusted": "accepted 200"}, "is untrusted"),
        ("TLS-MTL-03", {"expired": "accepted 200"}, "is expired"),
        ("TLS-MTL-03", {"wrong_eku": "accepted 200"}, "for another purpose"),
    ],
)
def test_what_does_not_conform_is_one_violation(requirement: str, changes: dict[str, Any], words: str) -> None:
    (found,) = judge(requirement, **changes)
    assert words in found.message
    assert found.observed


def test_missing_request_shows_only_in_a_completed_handshake() -> None:
    with pytest.raises(Undecided):
        judge("TLS-MTL-01", requested=False, none="refused alert protocol_version")


@pytest.mark.parametrize("requirement", ["TLS-MTL-02", "TLS-MTL-03"])
@pytest.mark.parametrize("control", ["refused alert unknown_ca", "error timeout: x", "error certificate: not trusted"])
def test_refusal_counts_only_beside_a_control_that_gets_through(requirement: str, control: str) -> None:
    with pytest.raises(Undecided) as caught:
        judge(requirement, trusted=control)
    assert caught.value.reason is Reason.CONTROL_FAILED


def test_status_proves_nothing_where_the_control_gets_the_like() -> None:
    """A root that asks for a token answers 401 to everybody; an alert before it still tells the two apart."""
    with pytest.raises(Undecided) as caught:
        judge("TLS-MTL-02", none="refused 401", trusted="refused 401")
    assert caught.value.reason is Reason.CONTROL_FAILED
    assert judge("TLS-MTL-02", trusted="refused 401") == []
    with pytest.raises(Undecided):
        judge("TLS-MTL-02", none="accepted 404", trusted="accepted 404")


def test_without_a_control_only_the_alert_that_answers_no_certificate_counts() -> None:
    assert judge("TLS-MTL-02", without=("trusted",)) == []
    for outcome in ("refused 400", "accepted 302"):
        with pytest.raises(Untested):
            judge("TLS-MTL-02", none=outcome, without=("trusted",))
    with pytest.raises(Untested):
        judge("TLS-MTL-02", requested=False, without=("trusted",))
    with pytest.raises(Untested):
        judge("TLS-MTL-03", without=("trusted",))


@pytest.mark.parametrize(("requirement", "name"), [("TLS-MTL-02", "none"), ("TLS-MTL-03", "untrusted")])
@pytest.mark.parametrize(
    "outcome", ["refused alert internal_error", "error reset: x", "error", "nonsense", "accepted x"]
)
def test_other_ends_decide_nothing(requirement: str, name: str, outcome: str) -> None:
    changes: dict[str, Any] = {name: outcome}
    with pytest.raises(Undecided):
        judge(requirement, **changes)


def test_one_violation_stands_whatever_became_of_the_others() -> None:
    function, params = RULES["TLS-MTL-03"]
    seen = ClientCertificates(True, True, {**GOOD, "untrusted": "accepted 200", "expired": "error reset: x"})
    found = function(client_certificates=seen, service=SERVICE, rule=Rule("x", params))
    assert "untrusted" in next(found).message
    with pytest.raises(Undecided):
        next(found)


def test_certificate_that_was_not_at_hand_leaves_it_untested() -> None:
    with pytest.raises(Untested) as caught:
        judge("TLS-MTL-03", without=("expired", "wrong-eku"))
    assert "expired" in caught.value.detail
    assert "wrong-eku" in caught.value.detail
