"""JSON, CSV and JUnit: the same verdicts as the page, and nothing that a reader's program would act on."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata

import pytest
from lxml import etree

from conformance.core.model import Status
from conformance.report.csv import FORMULA, HEADER, guarded, render_csv
from conformance.report.json import render_json
from conformance.report.junit import render_junit
from tests.report.pages import PAYLOADS, hostile_profile, hostile_run
from tests.report.samples import COUNTRIES, PROFILE, matrix_of, sandbox_matrix

MATRIX = sandbox_matrix()
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def unseen(text: str) -> set[str]:
    return {character for character in text if unicodedata.category(character) in UNSEEN}


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def cases(text: str) -> list[etree._Element]:
    return list(etree.fromstring(text.encode()).iter("testcase"))


def test_csv_has_a_line_for_each_requirement_and_country() -> None:
    found = rows(render_csv(MATRIX))
    assert len(found) == len(PROFILE.requirements) * (len(COUNTRIES) + 3)
    for line, (row, entry) in zip(found, ((r, e) for r in MATRIX.rows for e in r.entries), strict=True):
        assert (line["requirement"], line["country"]) == (row.requirement.id, entry.country)
        assert line["status"] == (entry.status.value if entry.status else "no-submission")
        assert int(line["services"]) == sum(int(line[status.value]) for status in Status)
    assert set(HEADER) == set(found[0])


def test_csv_says_what_was_seen_and_by_what_it_was_judged() -> None:
    line = next(x for x in rows(render_csv(MATRIX)) if (x["requirement"], x["country"]) == ("TLS-VER-03", "XB"))
    assert line["facts"] == "xb-mixed/s0: accepts TLSv1.0"
    assert (line["status"], line["fail"], line["pass"], line["services"]) == ("fail", "1", "1", "2")
    assert (line["profile_sha256"], line["as_of"]) == (PROFILE.sha256, "2026-11-24T18:00:00+00:00")


def test_csv_lines_end_in_crlf_and_a_mark_is_written_where_asked() -> None:
    text = render_csv(MATRIX)
    assert text.count("\r\n") == text.count("\n") == len(PROFILE.requirements) * 14 + 1
    assert render_csv(MATRIX, bom=True) == "\ufeff" + text


@pytest.mark.parametrize("first", sorted(FORMULA), ids=ascii)
@pytest.mark.parametrize("lead", ["", " ", "\n ", "\u00a0"], ids=ascii)
def test_no_csv_field_begins_a_formula(lead: str, first: str) -> None:
    assert guarded(f"{lead}{first}1+1").startswith("'")
    assert guarded(f"x{first}1").startswith("x")


@pytest.mark.parametrize("name", PAYLOADS)
def test_hostile_text_stays_one_inert_csv_field(name: str) -> None:
    matrix = matrix_of(hostile_run(PAYLOADS[name]), profile=hostile_profile(PAYLOADS[name]))
    text = render_csv(matrix)
    assert unseen(text) == {"\r", "\n"}
    found = list(csv.reader(io.StringIO(text, newline="")))
    assert {len(line) for line in found} == {len(HEADER)}
    assert len(found) == len(PROFILE.requirements) * 12 + 1
    assert not [field for line in found for field in line if field.lstrip()[:1] in FORMULA]


def test_json_holds_every_verdict_and_statement() -> None:
    found = json.loads(render_json(MATRIX))
    assert (found["schema"], found["profile"]["sha256"]) == ("matrix_v1", PROFILE.sha256)
    assert [country["code"] for country in found["countries"]] == [column.code for column in MATRIX.columns]
    for row, entry in zip(MATRIX.rows, found["requirements"], strict=True):
        assert entry["id"] == row.requirement.id
        statuses = [one["status"] for one in entry["countries"].values()]
        assert statuses == [e.status.value if e.status else "no-submission" for e in row.entries]
    statements = {c["code"]: c["statements"]["tls"]["statement"] for c in found["countries"] if c["submitted"]}
    assert statements == {"XA": "conformant", "XB": "non-conformant", "XC": "non-conformant"}


@pytest.mark.parametrize("name", PAYLOADS)
def test_json_loses_nothing_and_shows_everything(name: str) -> None:
    text = render_json(matrix_of(hostile_run(PAYLOADS[name])))
    assert text.isascii()
    assert unseen(text) == {"\n"}
    assert not set(text) & {"<", ">"}
    service = json.loads(text)["requirements"][0]["countries"]["XA"]["services"][0]
    assert (service["target"], service["violations"][0]["observed"]) == (PAYLOADS[name],) * 2


def test_junit_counts_and_verdicts_agree() -> None:
    document = etree.fromstring(render_junit(MATRIX).encode())
    every = [cell for row in MATRIX.rows for entry in row.entries for cell in entry.cells]
    cells = {(cell.country, *cell.key): cell for cell in every}
    found = 0
    for suite in document.iter("testsuite"):
        assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
        for child, count in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert int(suite.get(count, "")) == len(suite.findall(f"testcase/{child}"))
        for case in suite.iter("testcase"):
            cell = cells[(*(suite.get("name") or "").split("/"), (case.get("name") or "").split()[0])]  # type: ignore[index]
            verdict = case.xpath("properties/property[@name='verdict']/@value")
            assert verdict == [cell.status.value]
            outcome = [str(child.tag) for child in case if child.tag != "properties"]
            assert (
                outcome
                == {
                    Status.PASS: [],
                    Status.WARNING: ["system-out"],
                    Status.FAIL: ["failure"],
                    Status.ERROR: ["error"],
                    Status.WAIVED: ["skipped"],
                    Status.NOT_TESTED: ["skipped"],
                    Status.NOT_APPLICABLE: ["skipped"],
                }[cell.status]
            )
            found += 1
    assert found == len(cells) == int(document.get("tests", ""))


def test_junit_says_level_expected_and_observed() -> None:
    case = next(
        c
        for c in cases(render_junit(MATRIX))
        if c.get("classname") == "xb.xb-mixed.s0.tls" and (c.get("name") or "").startswith("TLS-VER-03")
    )
    failure = case.find("failure")
    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("must not", "accepts TLSv1.0")
    assert failure.text is not None
    assert "RFC 8996 section 4" in failure.text
    assert "  expected: a fatal alert\n  observed: TLS_RSA_WITH_AES_128_CBC_SHA" in failure.text


@pytest.mark.parametrize("name", PAYLOADS)
def test_hostile_text_leaves_junit_well_formed_and_unchanged_in_shape(name: str) -> None:
    shapes = []
    for said in (PAYLOADS[name], "benign"):
        text = render_junit(matrix_of(hostile_run(said), profile=hostile_profile(said)))
        assert unseen(text) == {"\n"}
        document = etree.fromstring(text.encode())
        shapes.append([(element.tag, sorted(element.attrib)) for element in document.iter()])
    assert shapes[0] == shapes[1]
    assert not re.search(r"<!ENTITY|<!DOCTYPE|<!\[CDATA\[", text)
