"""A message is judged as if nothing had been kept of those before it, and as its tree says, whatever it is."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.core.paths import vectors_dir
from conformance.core.profile import load_profile
from conformance.payments.iso20022 import places, shapes, vectors
from conformance.payments.iso20022.evidence import MAX_NAMESPACE, Message
from conformance.payments.iso20022.facts import Facts, Finding
from conformance.payments.iso20022.harness import octets_of
from conformance.payments.iso20022.mutations import MUTATIONS
from conformance.payments.iso20022.rules import BY_KIND, asked
from conformance.payments.iso20022.rules_text import version
from conformance.payments.iso20022.samples import FIXED, PACS_008, TEMPLATES, Agreement, fill
from conformance.payments.iso20022.schemas import check_structure
from conformance.payments.iso20022.validate import VERSION, Broken, terms_of, validate
from conformance.payments.iso20022.xml import XmlTrouble, flatten, namespace_of, parse, read

TERMS = terms_of(load_profile("asean").requirements)
CASES = json.loads((vectors_dir() / vectors.NAME).read_text(encoding="utf-8"))["cases"]
GOOD = fill(PACS_008, Agreement(), FIXED)
LEAF = re.compile(rb">([^<>]{1,80})</")
ELEMENT = re.compile(rb"\s*<([A-Za-z0-9]+)(?: Ccy=\"XTS\")?>(?:(?!<\1>)[\s\S])*?</\1>")

HOSTILE: Mapping[str, bytes] = {
    "nothing": b"",
    "blank": b" \n",
    "mark": b"\xef\xbb\xbf" + GOOD,
    "mark-alone": b"\xef\xbb\xbf",
    "declaration-alone": b'<?xml version="1.0" encoding="UTF-8"?>',
    "declared-latin": GOOD.replace(b"UTF-8", b"latin-1"),
    "declared-lower": GOOD.replace(b'"UTF-8"', b"'utf-8'"),
    "declared-twice": GOOD[:39] + GOOD,
    "not-declared": GOOD[39:],
    "doctype": b"<!DOCTYPE Document>" + GOOD[39:],
    "doctype-behind-a-comment": GOOD[:39] + b"<!-- --> <!DOCTYPE Document>" + GOOD[39:],
    "doctype-behind-blanks": b"\n <!DOCTYPE Document []>" + GOOD[39:],
    "instruction-ahead": GOOD[:39] + b"<?p <a>?>" + GOOD[39:],
    "nul": GOOD.replace(b"Payer", b"Pay\0r"),
    "not-utf-8": GOOD.replace(b"Payer", b"Pay\xffr"),
    "control": GOOD.replace(b"Payer", b"Pay\x01r"),
    "carriage-returns": GOOD.replace(b"\n", b"\r\n"),
    "comment-in-a-leaf": GOOD.replace(b"Example Payer", b" <!-- --> "),
    "comment-with-tags": GOOD.replace(b"<ChrgBr>", b"<!-- <Purp></Purp> --><ChrgBr>"),
    "comment-at-the-end": GOOD + b"<!-- </Document> -->",
    "cdata": GOOD.replace(b"Example Payer", b"<![CDATA[</Nm><Nm>]]>"),
    "reference": GOOD.replace(b"Example Payer", b"Example &amp; Payer"),
    "blank-reference": GOOD.replace(b"Example Payer", b" &#32; "),
    "greater": GOOD.replace(b"Example Payer", b"Example > Payer"),
    "greaters-as-tags": GOOD.replace(b"Example Payer", b">Nm>x>/Nm>"),
    "text-between": GOOD.replace(b"<ChrgBr>", b" x <ChrgBr>"),
    "child-in-a-leaf": GOOD.replace(b"Example Payer", b" <Nm>x</Nm> "),
    "blank-in-a-leaf": GOOD.replace(b"Example Payer", b" \n "),
    "empty-leaf": GOOD.replace(b"Example Payer", b""),
    "empty-element": GOOD.replace(b"<Nm>Example Payer</Nm>", b"<Nm/>"),
    "empty-bic": GOOD.replace(b"<InstgAgt><FinInstnId><BICFI>SNDRXAX0<", b"<InstgAgt><FinInstnId><BICFI><"),
    "empty-agent": GOOD.replace(b"<InstgAgt><FinInstnId><BICFI>SNDRXAX0</BICFI>", b"<InstgAgt><FinInstnId>"),
    "empty-quote": GOOD.replace(b"<QtId>0f0e0d0c-0b0a-4908-8706-050403020100</QtId>", b"<QtId></QtId>"),
    "prefix": re.sub(b"<(/?)(?=[A-Z])", b"<\\1x:", GOOD).replace(b"xmlns=", b"xmlns:x="),
    "attribute": GOOD.replace(b"<ChrgBr>", b'<ChrgBr a="b">'),
    "currency-elsewhere": GOOD.replace(b"<ChrgBr>", b'<ChrgBr Ccy="XTS">'),
    "currency-gone": GOOD.replace(b'<InstdAmt Ccy="XTS">', b"<InstdAmt>"),
    "root-of-another-name": GOOD.replace(b"Document", b"Dokument"),
    "long-namespace": GOOD.replace(b"pacs.008.001.13", b"pacs.008.001.13" + b"x" * 300),
    "blank-namespace": GOOD.replace(b"pacs.008.001.13", b"pacs.008.001.13\n"),
    "two-roots": GOOD + GOOD[39:],
    "no-end": GOOD[:-4],
    "deep": b"<D>" + b"<a>" * 70 + b"1" + b"</a>" * 70 + b"</D>",
    "many": b"<D>" + b"<a>1</a>" * 5_001 + b"</D>",
    "large": b"<D>" + b" " * 1_048_576 + b"</D>",
    "long-text": GOOD.replace(b"Example Payer", b"x" * 3_000),
    "ends-alone": b"</a></b>",
    "no-tags": b"text",
    "greaters": b">>>>",
}


def exactly(octets: bytes) -> Message:
    """A message as the whole tree has it."""
    digest = hashlib.sha256(octets).hexdigest()
    try:
        root = parse(octets)
        leaves = flatten(root)
    except XmlTrouble as trouble:
        return Message("message", len(octets), digest, trouble.kind, trouble.detail)
    schema, errors = check_structure(root, namespace_of(root))
    return Message("message", len(octets), digest, "", "", namespace_of(root)[:MAX_NAMESPACE], schema, errors, leaves)


def broken(message: Message, country: str) -> list[Broken]:
    """What every rule says of a message, each asked."""
    if message.trouble:
        return [Broken(message.trouble, "FF01", Finding(message.detail or message.trouble))]
    facts = Facts(message, country)
    if found := [Broken("version", "FF01", finding) for finding in version(facts, TERMS[VERSION])]:
        return found
    found = [Broken("schema", "FF01", Finding(each.message, f"line {each.line}")) for each in message.schema_errors]
    for rule in BY_KIND[facts.kind]:
        found += [Broken(rule.name, rule.code, finding) for finding in rule.check(facts, TERMS[rule.requirement])]
    return found


def agree(octets: bytes, country: str = "XA") -> None:
    """Hold what is read and judged against the tree and every rule. Nothing is forgotten in between."""
    expected = exactly(octets)
    assert read("message", octets)[0] == expected
    verdict = validate(octets, country, TERMS)
    assert verdict.schema == ("none" if expected.trouble else expected.schema)
    assert list(verdict.broken) == broken(expected, country)


@pytest.mark.parametrize("twice", ["first", "again"])
def test_every_vector_is_judged_as_its_tree_by_every_rule(twice: str) -> None:
    for case in CASES:
        agree(octets_of(case["input"]), case["input"]["country"])
        agree(octets_of(case["input"]), "SG" if twice == "again" else "XA")


def test_every_mutation_is_judged_as_its_tree_by_every_rule_in_any_order() -> None:
    made = [fill(each.template, Agreement(), FIXED) for each in MUTATIONS]
    made += [fill(template, Agreement(), FIXED) for template in TEMPLATES.values()]
    for seed in range(3):
        random.Random(seed).shuffle(made)
        for octets in made:
            agree(octets)


@pytest.mark.parametrize("name", HOSTILE)
def test_what_strangers_send_is_judged_as_its_tree_by_every_rule(name: str) -> None:
    assert HOSTILE[name] != GOOD
    agree(GOOD)
    agree(HOSTILE[name])
    agree(GOOD)


VALUES = {each[1] for case in CASES for each in LEAF.finditer(octets_of(case["input"]))} | {b"", b" ", b"1", b"ZZ"}
CHANGES = st.lists(st.tuples(st.integers(0, 60), st.sampled_from(sorted(VALUES))), min_size=1, max_size=3)


@given(CHANGES, st.sampled_from(["XA", "SG"]))
@settings(max_examples=300, deadline=None)
def test_any_values_in_one_shape_are_judged_by_every_rule(changes: list[tuple[int, bytes]], country: str) -> None:
    octets = GOOD
    for place, value in changes:
        found = list(LEAF.finditer(octets))
        here = found[place % len(found)]
        octets = octets[: here.start(1)] + value + octets[here.end(1) :]
    agree(octets, country)


@given(st.lists(st.tuples(st.integers(0, 200), st.sampled_from(["drop", "twice"])), min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_any_elements_left_out_or_repeated_are_judged_by_every_rule(changes: list[tuple[int, str]]) -> None:
    octets = GOOD
    for place, what in changes:
        found = list(ELEMENT.finditer(octets, 150))
        if found:
            here = found[place % len(found)]
            octets = octets[: here.start()] + (here[0] * 2 if what == "twice" else b"") + octets[here.end() :]
    agree(octets)


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=3), st.integers(0, 40))
@settings(max_examples=300, deadline=None)
def test_any_damage_is_judged_as_its_tree_by_every_rule(place: int, new: bytes, gone: int) -> None:
    agree(GOOD[:place] + new + GOOD[place + gone :])


def test_rules_that_are_settled_are_asked_again_where_a_code_the_country_or_the_terms_are_others() -> None:
    places.forget()
    shapes.forget()
    facts, terms = _asked()[0]
    assert asked(facts, terms) == BY_KIND["pacs.008"], "nothing is known of these paths yet"
    names = [{rule.name for rule in asked(facts, terms)} for facts, terms in _asked()]
    assert "bic" not in names[0]
    assert all("bic" in each for each in names[1:2])
    assert "country" in names[2]
    assert "settlement" in names[3]
    assert names[4] == names[0]


def _asked() -> list[tuple[Facts, Mapping[str, Mapping[str, Any]]]]:
    good, bad = (Facts(exactly(each)) for each in (GOOD, GOOD.replace(b"SNDRXAX0", b"sndrxax0")))
    good, abroad = Facts(good.message, "XA"), Facts(good.message, "SG")
    other = {**TERMS, "PAY-ISO-17-G": {**TERMS["PAY-ISO-17-G"], "method": "INDA"}}
    return [(good, TERMS), (Facts(bad.message, "XA"), TERMS), (abroad, TERMS), (good, other), (good, TERMS)]


def test_currencies_settle_rules_where_no_tags_tell_them_apart() -> None:
    """A comment leaves a message to its tree: there messages with the same paths share what is kept."""
    plain = GOOD.replace(b"<ChrgBr>", b"<!-- --><ChrgBr>")
    agree(plain)
    agree(plain.replace(b'<InstdAmt Ccy="XTS">', b'<InstdAmt Ccy="ZZZ">'))
    agree(plain)


def test_little_is_kept_of_what_settles_rules() -> None:
    for number in itertools.islice(itertools.count(), 100):
        validate(GOOD.replace(b"OTHR", b"%04d" % number), "XA", TERMS)
        validate(GOOD.replace(b"OTHR", b"%0600d" % number), "XA", TERMS)
    message, shape = read("message", GOOD)
    kept = Facts(message, "XA", shape).places.asked
    assert 0 < len(kept) <= 16
    assert max(len(text) for alike in kept for text in alike) <= 512


def test_what_is_forgotten_is_worked_out_again() -> None:
    agree(GOOD)
    shapes.forget()
    places.forget()
    agree(GOOD)
