"""The page: one file, no script, sign and word in every cell, nothing that leads nowhere, legible colours."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from itertools import pairwise

import pytest
from lxml import html

from conformance.core.model import Mark, Node, Status, Tree, Violation
from conformance.report.html import TEMPLATES, address, anchor, render_html
from conformance.report.matrix import Matrix
from conformance.report.signs import SIGNS, WORDS
from tests.report.pages import PAYLOADS, hostile_profile, hostile_run, parse, skeleton
from tests.report.samples import AS_OF, COUNTRIES, PROFILE, matrix_of, run_of, sandbox_matrix, with_cell

MATRIX = sandbox_matrix()
PAGE = render_html(MATRIX)
DOM = parse(PAGE)
STYLE = (TEMPLATES / "style.css").read_text(encoding="utf-8")


def full_matrix() -> Matrix:
    """Every country with two services, of all kinds."""
    codes = [*(country.code for country in COUNTRIES), "XA", "XB", "XC"]
    kinds = ("good", "mixed", "legacy")
    return matrix_of(run_of(*((code, kinds[number % 3], 2) for number, code in enumerate(codes))))


def test_the_policy_allows_our_style_and_nothing_else() -> None:
    policy = DOM.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    style = DOM.xpath("//style/text()")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert PAGE.index("Content-Security-Policy") < PAGE.index("<style>")


def test_nothing_runs_and_nothing_is_loaded() -> None:
    assert DOM.xpath("//script | //iframe | //object | //embed | //form | //link | //img | //base") == []
    names = {str(name) for element in DOM.iter() for name in element.attrib}
    assert not {name for name in names if name.startswith("on")}
    assert not names & {"style", "src", "srcset", "action", "formaction", "background", "ping"}
    assert not re.search(r"url\(|@import|expression\(|</", STYLE)


def test_links_lead_to_a_place_on_the_page_or_to_an_rfc() -> None:
    ids = DOM.xpath("//@id")
    assert len(ids) == len(set(ids))
    for link in DOM.xpath("//@href"):
        assert link.removeprefix("#") in ids or link.startswith("https://www.rfc-editor.org/rfc/rfc"), link


def body_rows(dom: html.HtmlElement) -> list[html.HtmlElement]:
    return list(dom.xpath("//table[@class='matrix']/tbody/tr[th/@scope='row']"))


def test_each_cell_has_sign_word_colour_basis_and_leads_to_its_evidence() -> None:
    for row, element in zip(MATRIX.rows, body_rows(DOM), strict=True):
        shown = [entry for entry in row.entries if entry.status is not None]
        for entry, cell in zip(shown, element.xpath("td"), strict=True):
            assert entry.status is not None
            text = " ".join(cell.text_content().split())
            assert cell.get("class") == entry.status.value
            assert text.startswith(f"{SIGNS[entry.status]} {WORDS[entry.status]}")
            assert text.endswith(row.requirement.basis.value)
            assert cell.xpath("a/@href") == [f"#{row.requirement.id}.{entry.country}"]
            assert DOM.get_element_by_id(f"{row.requirement.id}.{entry.country}").tag == "tbody"


def test_a_country_without_results_is_hatched_and_neutral() -> None:
    empty = DOM.xpath("//table[@class='matrix']//td[contains(@class, 'none')]")
    groups = MATRIX.groups
    assert len(empty) == 11 * len(groups)
    assert {cell.text_content() for cell in empty} == {"no submission"}
    assert {cell.get("class") for cell in empty} == {"none hatch"}
    assert {int(cell.get("rowspan")) for cell in empty} == {len(group.rows) + 1 for group in groups}


def test_the_table_is_one_for_a_screen_reader() -> None:
    table = DOM.xpath("//table[@class='matrix']")[0]
    assert table.xpath("caption")
    assert not [th for th in DOM.xpath("//th") if th.get("scope") not in ("col", "row", "rowgroup")]
    columns = len(MATRIX.columns) + 1
    assert len(table.xpath("thead/tr/th")) == columns
    for group, body in zip(MATRIX.groups, table.xpath("tbody"), strict=True):
        for number, row in enumerate(body.xpath("tr")):
            assert len(row) + (11 if number else 0) == columns, group.area
    assert DOM.get("lang") == "en"
    levels = [int(heading.tag[1]) for heading in DOM.xpath("//h1 | //h2 | //h3 | //h4")]
    assert all(deeper - above <= 1 for above, deeper in pairwise(levels))
    assert table.getparent().get("tabindex") == "0"
    assert not DOM.xpath("//svg[not(@aria-hidden='true')] | //i[not(@aria-hidden='true')]")


def test_the_head_says_what_was_judged_by_what_and_when() -> None:
    text = " ".join(DOM.xpath("//header[@class='top']")[0].text_content().split())
    for fact in ("2026-11-24 18:00 UTC", "asean 2026.1", PROFILE.sha256[:16], "0.1.0", "3 of 14 countries", "endorsed"):
        assert fact in text


def test_cards_state_counts_with_their_denominator() -> None:
    cards = [" ".join(card.text_content().split()) for card in DOM.xpath("//li[@class='card']")]
    assert len(cards) == 3
    assert "XA Sandbox" in cards[0]
    assert "conformant no MUST of 63 is violated or open" in cards[0]
    assert "non-conformant 3 of 63 MUST requirements fail" in cards[1]
    assert "3 fail" in cards[1]
    assert "of 95, basis L" in cards[1]
    assert len(DOM.xpath("//ul[@class='silent']/li")) == 11


def test_a_requirement_says_clause_why_fix_and_replay() -> None:
    section = DOM.get_element_by_id("TLS-VER-03")
    text = " ".join(section.text_content().split())
    requirement = PROFILE.requirements["TLS-VER-03"]
    for fact in (
        requirement.statement,
        requirement.why,
        *requirement.fix.values(),
        'version = "TLSv1.0"',
        "tls10",
        "RFC 8996 section 4",
        "conformance replay DIR --only TLS-VER-03",
        "MUST NOT",
    ):
        assert fact in text
    assert "https://www.rfc-editor.org/rfc/rfc8996#section-4" in section.xpath(".//@href")
    seen = " ".join(DOM.get_element_by_id("TLS-VER-03.XB").text_content().split())
    assert seen.startswith("XB xb-mixed/s0 \u2715 fail accepts TLSv1.0 expected a fatal alert seen TLS_RSA_WITH_AES")
    assert "evidence 3f2b8d7c0a91" in seen


def test_waivers_derogations_and_old_results_show_where_they_matter() -> None:
    waived = " ".join(DOM.get_element_by_id("TLS-EXT-03.XB").text_content().split())
    assert "waived" in waived
    assert "waiver W-2026-007 covers fail" in waived
    assert "waived until 2027-01-31" in waived
    requirements = dict(PROFILE.requirements)
    requirements["TLS-VER-01"] = replace(requirements["TLS-VER-01"], derogation="Agency X until 2027-01-01")
    profile = replace(PROFILE, requirements=requirements)
    dom = parse(render_html(matrix_of(run_of(("XA", "good", 1)), profile=profile, as_of=AS_OF + timedelta(days=40))))
    assert "\u2020" in body_rows(dom)[0].xpath("td")[0].text_content()
    assert "\u2020" not in body_rows(dom)[1].xpath("td")[0].text_content()
    assert "stale" in body_rows(dom)[1].xpath("td")[0].text_content()
    assert "undetermined" in dom.xpath("//li[@class='card']")[0].text_content()


TREE = Tree(
    "payload 1",
    (
        Node(0, 0, "00", "payload format indicator", 2, "01"),
        Node(0, 6, "26", "merchant", 18, ""),
        Node(1, 10, "00", "identifier", 11, "TEST.XA-PAY"),
        Node(0, 28, "63", "CRC", 4, "6DA0", (Mark(Status.FAIL, "violated, core", "EMVCo 4.7.3", "no match", "6DAA"),)),
    ),
    (Mark(Status.WARNING, "advice, core", "EMVCo 4.2.1.1", "no ID 59"),),
    left_out=7,
)


def test_a_tree_shows_where_what_is_wrong() -> None:
    run = run_of(("XA", "good", 1))
    violations = (Violation("payload 1: no match", tree=TREE), Violation("another"))
    page = render_html(matrix_of(with_cell(run, 0, status=Status.FAIL, violations=violations)))
    assert page.count('class="tree"') == 1
    table = parse(page).xpath("//table[@class='tree']")[0]
    rows = [" ".join(row.text_content().split()) for row in table.xpath("tbody/tr")]
    assert rows == [
        "0 00 2 01 payload format indicator",
        "6 26 18 merchant",
        "10 00 11 TEST.XA-PAY identifier",
        "28 63 4 6DA0 CRC",
        "\u2715 violated, core no match; expected 6DAA EMVCo 4.7.3",
        "and 7 more data objects",
        "on nothing that is there",
        "! advice, core no ID 59 EMVCo 4.2.1.1",
    ]
    assert table.xpath("tbody/tr[3]/th/@class") == ["depth1"]
    assert table.xpath(".//span[contains(@class, 'chip')]/@class") == ["chip fail", "chip warning"]
    assert table.getparent().tag == "details"
    assert table.getparent().get("open") is not None, "a closed one would not be printed"


def test_an_empty_matrix_and_a_bare_profile_render() -> None:
    assert "no submission" in render_html(matrix_of())
    bare = {i: replace(r, fix={}, params={}, cite=(), faults=(), needs=()) for i, r in PROFILE.requirements.items()}
    profile = replace(PROFILE, requirements=bare, statement="", survey=True)
    assert "survey" in render_html(matrix_of(run_of(("XA", "good", 1)), profile=profile))


def test_equal_results_give_equal_bytes_below_the_size_limit() -> None:
    page = render_html(full_matrix())
    assert page == render_html(full_matrix())
    assert len(page.encode()) < 1_500_000


def test_one_strange_service_cannot_swell_the_page() -> None:
    """600 characters of a string are shown, and 8 violations."""
    small, large = (render_html(matrix_of(hostile_run(text))) for text in ("x" * 600, "x" * 60_000))
    assert len(large) < len(small) * 1.1


@pytest.mark.parametrize("name", PAYLOADS)
def test_hostile_text_adds_no_element_and_no_attribute(name: str) -> None:
    text = PAYLOADS[name]
    results = [render_html(matrix_of(hostile_run(said), profile=hostile_profile(said))) for said in (text, "benign")]
    hostile, benign = map(skeleton, results)
    assert hostile == benign
    for link in parse(results[0]).xpath("//@href"):
        assert link.startswith(("#", "https://www.rfc-editor.org/rfc/rfc8996")), link
    results[0].encode("utf-8")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f\u2028\u2029]", results[0])


@pytest.mark.parametrize(
    ("doc", "section", "expected"),
    [
        ("RFC 9325", "3.1.1", "https://www.rfc-editor.org/rfc/rfc9325#section-3.1.1"),
        ("RFC 9325", "", "https://www.rfc-editor.org/rfc/rfc9325"),
        ("RFC 9846", "C.4", "https://www.rfc-editor.org/rfc/rfc9846#section-C.4"),
        ("RFC 9325", '"onclick=', "https://www.rfc-editor.org/rfc/rfc9325"),
        ("NIST SP 800-52r2", "3.1", ""),
        ("RFC 9325/../../x", "1", ""),
        ("javascript:alert(1)", "1", ""),
    ],
)
def test_clauses_lead_to_rfcs_alone(doc: str, section: str, expected: str) -> None:
    clause = replace(PROFILE.requirements["TLS-VER-03"].cite[0], doc=doc, section=section)
    assert address(clause) == expected


def test_anchors_hold_no_markup() -> None:
    assert anchor('A"><b> c', "XA") == "A___b__c.XA"


# Contrast. WCAG 2.2, 1.4.3 (text, 4.5:1) and 1.4.11 (what is no text, 3:1); luminance as its glossary defines it.


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, two: str) -> float:
    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def schemes() -> Iterator[tuple[str, dict[str, str]]]:
    """The custom properties that are colours, as each medium sees them."""
    blocks = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    light, dark, printed = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in blocks)
    yield "light", light
    yield "dark", light | dark
    yield "print", light | printed


PAIRS = [
    ("hatch-fg", "hatch-line-bg"),
    ("quiet-fg", "panel-bg"),
    ("quiet-fg", "page-bg"),
    ("link-fg", "panel-bg"),
    ("link-fg", "page-bg"),
    ("link-fg", "head-bg"),
    ("panel-fg", "head-bg"),
    ("head-fg", "panel-bg"),
    ("quiet-fg", "head-bg"),
    ("panel-fg", "panel-bg"),
]


def test_the_contrast_formula_is_the_standards() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert contrast("#777777", "#ffffff") < 4.5


@pytest.mark.parametrize(("name", "colours"), list(schemes()), ids=("light", "dark", "print"))
def test_text_is_legible_in_each_scheme(name: str, colours: dict[str, str]) -> None:
    pairs = [*((key, key.removesuffix("-fg") + "-bg") for key in colours if key.endswith("-fg")), *PAIRS]
    assert len(pairs) >= 20
    assert {status.value for status in Status} <= {key.removesuffix("-fg") for key in colours}
    found = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in found.items() if ratio < 4.5} == {}
    assert contrast(colours["focus"], colours["page-bg"]) >= 3
    assert contrast(colours["focus"], colours["panel-bg"]) >= 3


def test_every_colour_of_the_style_sheet_is_a_named_one() -> None:
    """A colour outside the pairs would escape the test above."""
    rules = re.sub(r":root \{.*?\}", "", STYLE, flags=re.DOTALL)
    assert re.findall(r"#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(", rules) == []
