"""What one country issues against what another accepts, from evidence, and from the archive of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.commands.pairs import pairs_of
from conformance.commands.prepare import Request
from conformance.commands.run import execute
from conformance.core.area import Stand
from conformance.core.model import NotApplicable, Status, Undecided
from conformance.payments.iso20022.evidence import Answer, Exchange, Exchanges, Messages
from conformance.payments.iso20022.mutations import BY_NAME
from conformance.payments.iso20022.samples import FIXED, PACS_002, PACS_008, Agreement, fill
from conformance.payments.iso20022.xml import read_message
from conformance.payments.pairs import cross_messages
from conformance.sandbox import Sandbox, Spec


def payments(template: str = PACS_008) -> Messages:
    return Messages("XA", (read_message("pacs008.xml", fill(template, Agreement(), FIXED)),))


def gateway(status: str = "ACCC", table: dict[str, int] | None = None) -> Exchanges:
    answer = read_message("answer", fill(PACS_002, Agreement(), {**FIXED, "status": status}))
    control = Exchange("control-before", "M", "U", 202, answers=(Answer(0.1, answer),))
    return Exchanges({"control-before": control}, currencies=table or {})


def test_a_payment_that_fits_the_acceptor_s_table_is_no_violation() -> None:
    assert list(cross_messages(payments(), gateway(table={"XTS": 2}))) == []
    assert list(cross_messages(payments(), gateway())) == []


@pytest.mark.parametrize(
    ("name", "table", "message"),
    [
        ("version-08", {"XTS": 2}, "a version that the acceptor did not take"),
        ("currency-zzz", {"XTS": 2}, "an amount in a currency that the acceptor does not list"),
        ("decimals-one-too-many", {"XTS": 2}, "more decimals than the acceptor's table gives XTS"),
    ],
)
def test_a_payment_that_does_not_fit_is_one(name: str, table: dict[str, int], message: str) -> None:
    found = list(cross_messages(payments(BY_NAME[name].template), gateway(table=table)))
    assert [each.message for each in found] == [f"pacs008.xml: {message}"]


@pytest.mark.parametrize(
    ("messages", "exchanges", "end"),
    [
        (payments(), Exchanges({}), Undecided),
        (payments(), gateway("RJCT"), Undecided),
        (Messages("XA", ()), gateway(), NotApplicable),
    ],
)
def test_nothing_to_hold_against_each_other_decides_nothing(
    messages: Messages, exchanges: Exchanges, end: type[Exception]
) -> None:
    with pytest.raises(end):
        list(cross_messages(messages, exchanges))


def specs(*faults: str) -> list[Spec]:
    stands = {
        "XA": (Stand("xa", "XA", "messages", "iso20022-sender", "good", faults),),
        "XB": (Stand("xb", "XB", "ips", "ips-gateway", "good"),),
    }
    return [Spec(country.lower(), country, country, found) for country, found in stands.items()]


@pytest.mark.parametrize(
    ("faults", "status"), [((), Status.PASS), (("message-version-12",), Status.FAIL)], ids=["good", "other-version"]
)
def test_pairs_come_from_the_archive_of_a_run(faults: tuple[str, ...], status: Status, tmp_path: Path) -> None:
    with Sandbox(specs(*faults)) as sandbox:
        request = Request(profile="asean", out=tmp_path / "run")
        ran = execute(request, sandbox.door(), sandbox.targets, front="loop", quiet=True)
    found = pairs_of([ran.run])
    assert found is not None
    assert found.pairs["iso20022", "XA", "XB"].status is status
    assert found.pairs["iso20022", "XB", "XA"].reason == "role-missing"
    unarchived: Callable[..., Any] = replace
    without = pairs_of([unarchived(ran.run, directory=None)])
    assert without is not None
    assert without.pairs["iso20022", "XA", "XB"].status is (Status.ERROR if not faults else Status.FAIL)
