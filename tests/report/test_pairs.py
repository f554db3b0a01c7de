"""Pairs of countries: the worst of both sides and of what came between them, and an absent side is not tested."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from conformance.core.model import Cell, NotTested, Status, Violation
from conformance.core.profile import load_profile
from conformance.report.csv import PAIRS, render_pairs_csv
from conformance.report.html import render_html
from conformance.report.json import document
from conformance.report.pairs import Crossing, PairMatrix, load_pairs, make_pairs
from tests.report.samples import WHOLE, cell_of
from tests.report.test_html import MATRIX

DATA = load_pairs()
KIND = next(kind for kind in DATA.kinds if kind.id == "iso20022")
COUNTRIES = ("SG", "TH", "XA", "XB")
FITS = Crossing("iso20022", "XA", "XB", "a/x", "b/y", Status.PASS)


def sides(**changed: Status) -> list[Cell]:
    """Every requirement of both sides passes for XA and XB, but for those named (`PAY_ISO_22`)."""
    found = []
    for number, (country, ids) in enumerate((("XA", KIND.issuer), ("XB", KIND.acceptor))):
        for requirement in ids:
            status = changed.get(requirement.replace("-", "_"), Status.PASS)
            found.append(cell_of(WHOLE.requirements[requirement], status, country, f"t{number}", f"s{number}"))
    return found


def pairs(cells: list[Cell], *crossings: Crossing) -> PairMatrix:
    return make_pairs(cells, crossings, COUNTRIES, DATA)


def test_a_pair_is_the_worst_of_both_sides_and_of_what_came_between_them() -> None:
    assert pairs(sides(), FITS).pairs["iso20022", "XA", "XB"].status is Status.PASS
    acceptor = pairs(sides(PAY_ISO_22=Status.FAIL), FITS).pairs["iso20022", "XA", "XB"]
    assert (acceptor.status, acceptor.detail) == (Status.FAIL, "XB PAY-ISO-22")
    issuer = pairs(sides(PAY_ISO_03_G=Status.WAIVED, PAY_ISO_22=Status.WARNING), FITS).pairs["iso20022", "XA", "XB"]
    assert (issuer.status, issuer.detail) == (Status.WAIVED, "XA PAY-ISO-03-G")
    crossing = replace(FITS, status=Status.FAIL, reason="violated", violations=(Violation("another currency"),))
    between = pairs(sides(), crossing).pairs["iso20022", "XA", "XB"]
    assert (between.status, between.reason, between.detail) == (Status.FAIL, "violated", "a/x before b/y")
    assert between.violations == (Violation("another currency"),)


def test_an_absent_side_is_not_tested_and_says_which() -> None:
    found = pairs(sides(), FITS).pairs
    assert found["iso20022", "XB", "XA"].detail == "no iso20022-sender of XB and no ips-gateway of XA"
    absent = found["iso20022", "XA", "SG"]
    assert (absent.status, absent.reason) == (Status.NOT_TESTED, NotTested.ROLE_MISSING)
    assert absent.detail == "no ips-gateway of SG"
    assert found["qr", "XA", "XB"].status is Status.NOT_TESTED


def test_a_cell_without_a_service_is_no_side() -> None:
    cells = [cell.but(service="", target="", status=Status.NOT_TESTED) for cell in sides()]
    assert pairs(cells, FITS).pairs["iso20022", "XA", "XB"].reason == NotTested.ROLE_MISSING


def test_without_evidence_a_pair_is_never_a_pass() -> None:
    found = pairs(sides()).pairs["iso20022", "XA", "XB"]
    assert found.status is Status.ERROR
    assert found.detail == "the evidence of both sides is not at hand"


def test_every_ordered_pair_is_there_once_and_none_with_itself() -> None:
    found = pairs(sides(), FITS).pairs
    assert len(found) == len(DATA.kinds) * len(COUNTRIES) * (len(COUNTRIES) - 1)
    assert all(one != two for _, one, two in found)


def test_what_is_known_of_a_pair_changes_no_verdict_and_has_a_source() -> None:
    live = pairs([]).pairs["iso20022", "SG", "TH"]
    assert live.link is not None
    assert live.link.state == "live"
    assert live.status is Status.NOT_TESTED
    assert all(link.source and link.confidence for link in DATA.links.values())
    assert ("qr", "TH", "MY") in DATA.links
    assert ("qr", "MY", "TH") in DATA.links
    assert not any(code.startswith("X") for _, *ends in DATA.links for code in ends)


@pytest.mark.parametrize("kind", DATA.kinds, ids=lambda kind: kind.id)
def test_the_requirements_of_each_side_are_the_profile_s_and_bind_its_role(kind: object) -> None:
    requirements = load_profile("asean").requirements
    for role, ids in ((kind.issuer_role, kind.issuer), (kind.acceptor_role, kind.acceptor)):  # type: ignore[attr-defined]
        for requirement in ids:
            assert role in requirements[requirement].roles, requirement


def test_page_document_and_table_say_the_same() -> None:
    found = pairs(sides(PAY_ISO_22=Status.FAIL), FITS)
    page = render_html(MATRIX, found)
    assert 'id="pairs"' in page
    assert "XB PAY-ISO-22" in page
    assert 'id="pairs"' not in render_html(MATRIX)
    listed = document(MATRIX, found)["pairs"]
    rows = list(csv.reader(io.StringIO(render_pairs_csv(found))))
    assert tuple(rows[0]) == PAIRS
    assert [row[:4] for row in rows[1:]] == [
        [each["kind"], each["issuer"], each["acceptor"], each["status"]] for each in listed
    ]
    assert "pairs" not in document(MATRIX)
    assert json.dumps(listed)


def test_what_services_say_is_inert_on_the_page_and_in_the_table() -> None:
    hostile = Violation("<script>alert(1)</script>", "=1+1", "\x1b[31m\u202e")
    crossing = replace(FITS, status=Status.FAIL, reason="violated", violations=(hostile,))
    found = pairs(sides(), crossing)
    page = render_html(MATRIX, found)
    assert "<script>" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "\x1b" not in render_pairs_csv(found)
