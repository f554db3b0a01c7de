"""The leaves by tags alone are those of the tree, whatever the document, or nothing is said of it."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from conformance.core.paths import vectors_dir
from conformance.payments.iso20022 import shapes, vectors
from conformance.payments.iso20022.evidence import Leaf
from conformance.payments.iso20022.harness import octets_of
from conformance.payments.iso20022.places import places_of
from conformance.payments.iso20022.samples import FIXED, PACS_008, Agreement, fill
from conformance.payments.iso20022.shapes import leaves_of, plain
from conformance.payments.iso20022.xml import XmlTrouble, flatten, parse

GOOD = fill(PACS_008, Agreement(), FIXED).decode()
CASES = json.loads((vectors_dir() / vectors.NAME).read_text(encoding="utf-8"))["cases"]

PLAIN_NAMES = st.sampled_from(["a", "b", "Cd", "Prtry"])
PLAIN_ATTRIBUTES = st.sampled_from(["", "", ' Ccy="XTS"', ' Ccy="SGD"', ' Ccy=""'])
PLAIN_TEXTS = st.sampled_from(["", "", "text", " ", "\n  ", "é", "\U0001f600", "]]", '"', "/"])

NAMES = st.one_of(PLAIN_NAMES, PLAIN_NAMES, PLAIN_NAMES, st.sampled_from(["Document", "é", "a-b", "a.b", "n" * 65]))
ATTRIBUTES = st.one_of(
    PLAIN_ATTRIBUTES,
    PLAIN_ATTRIBUTES,
    PLAIN_ATTRIBUTES,
    st.sampled_from(
        [" Ccy='XTS'", ' Ccy="a>b"', ' Ccy="&gt;"', ' Ccy = "A"', ' Ccy="\n"', ' Ccy="XTS" b="c"', ' b="c"']
    ),
    st.sampled_from([' b=">" Ccy="XTS"', ' b="&lt;"', ' xmlns="urn:other"', ' xmlns:x="urn:x" x:b="c"', " ", "\n"]),
)
ODD_BITS = ["\r\n", "\r", ">", "a > b", "&amp;", "&#62;", "]]&gt;", "<!-- c -->", "<!-- > -->", "<!-- <a> -->"]
ODD_BITS += [
    "<![CDATA[x]]>",
    "<![CDATA[<a>]]>",
    "<?p i?>",
    "<?p >?>",
    "<x/>",
    "<x />",
    "<x></x >",
    '<x Ccy="XTS">1</x>',
]
TEXTS = st.one_of(
    PLAIN_TEXTS,
    PLAIN_TEXTS,
    PLAIN_TEXTS,
    st.sampled_from(ODD_BITS),
    st.text(st.characters(exclude_categories=["C"], exclude_characters="<&]"), max_size=8),
)
PLAIN_PROLOGS = st.sampled_from(
    ["", '<?xml version="1.0" encoding="UTF-8"?>', "<?xml version='1.0'?>\n", "\ufeff", "\n"]
)
PROLOGS = st.one_of(
    PLAIN_PROLOGS,
    st.sampled_from(["<!-- c -->", "<?p i?>", '<?xml version="1.0"?><?p >?>', '<?xml version="1.0"?><!-- <a> -->']),
)
Strings = st.SearchStrategy[str]


def documents(prologs: Strings, roots: Strings, names: Strings, attributes: Strings, texts: Strings) -> Strings:
    """Documents of these parts. roots: the attributes of the root."""

    def element(children: Strings) -> Strings:
        inside = st.lists(st.tuples(texts, children), max_size=5).map(lambda each: "".join(map("".join, each)))
        return st.builds("<{0}{1}>{2}{3}</{0}>".format, names, attributes, inside, texts)

    inside = st.lists(st.recursive(element(st.just("")), element, max_leaves=12), max_size=4).map("".join)
    return st.builds("{0}<{1}{2}>{3}</{1}>".format, prologs, PLAIN_NAMES, roots, inside)


PLAIN_ROOTS = st.sampled_from(["", ' xmlns="urn:d"'])
ROOTS = st.sampled_from(
    ["", ' xmlns="urn:d"', ' xmlns="urn:d" xmlns:x="urn:x"', ' xmlns:x="urn:x"', " xmlns='d'", ' xmlns="a>b"']
)
PLAIN = documents(PLAIN_PROLOGS, PLAIN_ROOTS, PLAIN_NAMES, PLAIN_ATTRIBUTES, PLAIN_TEXTS)
DOCUMENTS = documents(PROLOGS, ROOTS, NAMES, ATTRIBUTES, TEXTS)
PLACES = [each.end() for each in re.finditer(">", GOOD)]


def plain_leaves(text: str) -> tuple[Leaf, ...] | None:
    found = plain(text)
    return leaves_of(*found) if found else None


def agree(text: str) -> bool | None:
    """Hold the leaves by the tags against those of the tree; False where nothing is said, None where it is no XML."""
    try:
        expected = flatten(parse(text.encode()))
    except (XmlTrouble, UnicodeEncodeError):
        return None
    found = plain_leaves(text)
    assert found is None or found == expected
    return found is not None


@given(PLAIN)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_plain_document_has_the_leaves_of_its_tree(text: str) -> None:
    assert agree(text) is not False


@given(DOCUMENTS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example("<a>></a>")
@example('<a><b Ccy="x>y</b>"></b></a>')
@example("<a><!-- > --></a>")
@example("<a><b>1</b><b>2</b><c/><b>3</b></a>")
@example('<?xml version="1.0"?><a Ccy="XTS">1</a>')
@example('<a xmlns="x"><a Ccy="XTS"> <b>1</b></a></a >')
@example("<a><b>]]&gt;</b></a>")
def test_any_document_has_the_leaves_of_its_tree_or_is_left_to_it(text: str) -> None:
    agree(text)


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(ODD_BITS)), min_size=1, max_size=3))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_put_into_a_message_is_read_alike(added: list[tuple[int, str]]) -> None:
    text = GOOD
    for place, odd in sorted(added, reverse=True):
        text = text[:place] + odd + text[place:]
    agree(text)


@given(st.integers(0, len(GOOD) - 1), st.sampled_from([*ODD_BITS, "<", "/", "&", '"', "]]>"]), st.integers(0, 30))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_damage_is_read_alike(place: int, new: str, gone: int) -> None:
    agree(GOOD[:place] + new + GOOD[place + gone :])


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_every_vector_has_the_leaves_of_its_tree(case: dict[str, dict[str, str]]) -> None:
    try:
        text = octets_of(case["input"]).decode()
    except UnicodeDecodeError:
        return
    agree(text)


def test_a_plain_message_needs_no_tree() -> None:
    assert agree(GOOD)
    assert agree(GOOD.replace("<GrpHdr>", "<GrpHdr ><!-- -->")) is False


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param("<a>1</a>" * 5_001, id="many"),
        pytest.param(f"{'<a>' * 20}1{'</a>' * 20}" * 1_250, id="many-tags"),
        pytest.param("<a>" * 40 + "1" + "</a>" * 40, id="deep"),
        pytest.param(f"<{'n' * 64}>" * 5 + "1" + f"</{'n' * 64}>" * 5, id="long-path"),
        pytest.param(f"<a>{'1' * 2_049}</a>", id="long-text"),
        pytest.param(f"<{'n' * 100_000}/>", id="long-name"),
    ],
)
def test_what_meets_a_limit_is_left_to_the_tree(inside: str) -> None:
    assert plain_leaves(f"<D>{inside}</D>") is None


def test_little_is_kept_of_strangers_messages() -> None:
    for number in range(shapes.KEPT * 2):
        plain_leaves(f"<D>{'<a>1</a>' * number}</D>")
    assert shapes._kept.cache_info().currsize == shapes.KEPT
    before = shapes._kept.cache_info().misses
    assert plain_leaves(f"<D>{'<a>1</a>' * 2_000}</D>")
    assert shapes._kept.cache_info().misses == before
    for number in range(shapes.KEPT_TURNS + 1):
        assert plain_leaves(f"<D><a{number}>1</a{number}></D>")
    assert len(shapes._TURNS) <= shapes.KEPT_TURNS


def test_a_date_time_that_is_repeated_is_a_time_as_the_first_is() -> None:
    paths = ("GrpHdr/CreDtTm", "CdtTrf/PrcgDtTm", "CdtTrf/PrcgDtTm[2]", "CdtTrf/DtTmX")
    assert places_of(paths, "").times == [0, 1, 2]
