"""The tag tree in a violation: what `qr explain` prints, for violated payloads alone, and bounded."""

from __future__ import annotations

import msgspec

from conformance.core.codec import encode
from conformance.core.model import Status, Tree
from conformance.payments.qr import tree
from conformance.payments.qr.broken import MAX_TREES
from conformance.payments.qr.evidence import Payload
from conformance.payments.qr.explain import explain
from conformance.payments.qr.facts import facts_of
from conformance.payments.qr.parse import MAX_CHARACTERS, read
from tests.payments.qr.known import KNOWN, SOUND, dynamic
from tests.payments.qr.test_judges import outcome, payloads

WRONG_CRC = f"{SOUND[:-1]}{'0' if SOUND[-1] != '0' else '1'}"


def only_tree(requirement: str, *texts: str) -> Tree:
    (found,) = [each.tree for each in outcome(requirement, payloads(*texts)).violations if each.tree]
    return found


def test_the_tree_is_what_qr_explain_prints() -> None:
    seen, explained = only_tree("PAY-QR-01", SOUND, WRONG_CRC), explain(WRONG_CRC, KNOWN)
    assert seen.title == "payload 2"
    shown = [(n.offset, n.depth, n.id, n.length, n.name, n.value) for n in seen.nodes]
    assert shown == [
        (r.offset, r.depth, r.path.rpartition(".")[2], r.length, r.name, "" if r.template else r.value)
        for r in explained.rows
    ]
    marked = [(node.id, mark) for node in seen.nodes for mark in node.marks]
    assert [(name, mark.status, mark.word) for name, mark in marked] == [("63", Status.FAIL, "violated, core")]
    assert marked[0][1].clause == "EMVCo 4.7.3.1; PAY-QR-01"


def test_what_is_absent_is_marked_beside_the_tree() -> None:
    seen = only_tree("PAY-QR-26", dynamic(without=("59",)))
    assert [mark.message for mark in seen.marks] == ["no ID 59"]
    assert next(node for node in seen.nodes if node.id == "63").marks == ()


def test_a_sound_payload_has_no_tree_and_a_violated_one_has_one() -> None:
    assert outcome("PAY-QR-01", payloads(SOUND)).violations == ()
    twice = dynamic(without=("59", "60"))
    found = outcome("PAY-QR-26", payloads(twice)).violations
    assert [each.tree is not None for each in found] == [True, False]


def test_few_payloads_of_a_cell_have_a_tree() -> None:
    found = outcome("PAY-QR-01", payloads(*[WRONG_CRC] * 40)).violations
    assert [each.tree is not None for each in found] == [True] * MAX_TREES + [False] * (40 - MAX_TREES)


def test_readiness_abroad_is_said_of_payloads_for_abroad_alone() -> None:
    text = dynamic(without=("53",))
    for cross_border in (False, True):
        found = outcome("PAY-QR-26", payloads(text, cross_border=cross_border)).violations[0].tree
        assert found
        words = {mark.word for mark in found.marks} | {mark.word for node in found.nodes for mark in node.marks}
        assert ("violated, cross-border" in words) is cross_border


def test_the_tree_of_a_long_payload_is_bounded() -> None:
    """The largest payload with the shortest data objects, and long values in every one of them."""
    for text in ("0100" * (MAX_CHARACTERS // 4), "0002X1" * (MAX_CHARACTERS // 6), "99991" + "9" * 7000):
        found = outcome("PAY-QR-07-G", payloads(text)).violations + outcome("PAY-QR-08-G", payloads(text)).violations
        trees = [each.tree for each in found if each.tree]
        assert trees
        for each in trees:
            assert len(each.nodes) <= tree.MAX_NODES
            assert all(len(node.value) <= 99 and len(node.marks) <= tree.MAX_MARKS for node in each.nodes)
            assert len(encode(each)) < 100_000
            assert each.left_out == 0 or len(each.nodes) == tree.MAX_NODES


def test_texts_of_marks_are_cut() -> None:
    item = Payload("p", cross_border=False, reading=read(WRONG_CRC))
    explained = explain(WRONG_CRC, KNOWN)
    facts = facts_of(item.reading, KNOWN, sandbox=True)
    (finding,) = explained.findings
    long = msgspec.structs.replace(finding, message="m" * 5000, expected="e" * 5000, note="n" * 5000)
    (mark,) = [mark for node in tree.tree_of(item, facts, (long,)).nodes for mark in node.marks]
    assert mark.status is Status.NOT_APPLICABLE
    assert {len(text) for text in (mark.message, mark.expected, mark.note)} == {tree.MAX_TEXT}
