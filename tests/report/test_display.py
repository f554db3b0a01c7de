"""Text from elsewhere: what acts on a reader's program becomes what the reader can see."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.display import display


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("accepts TLSv1.0", "accepts TLSv1.0"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x1b]52;c;ZXZpbA==\x07", "\\x1b]52;c;ZXZpbA==\\x07"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("a\x00b\x7fc\x9bd", "a\\x00b\\x7fc\\x9bd"),
        ("safe\u202egpj.exe", "safe\\u202egpj.exe"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("pay\u200bpal\ufeff", "pay\\u200bpal\\ufeff"),
        ("line\u2028paragraph\u2029", "line\\u2028paragraph\\u2029"),
        ("\ud800\udfff", "\\ud800\\udfff"),
        ("\ue000\U000f0000", "\\ue000\\U000f0000"),
        ("\U000e0041", "\\U000e0041"),
        ("a\u00a0b\u00ad", "a\\xa0b\\xad"),
        ("\u3164\u2800\ufe0f", "\\u3164\\u2800\\ufe0f"),
        ("กรุงเทพ พนมเปញ Đà Nẵng ນະຄອນ", "กรุงเทพ พนมเปញ Đà Nẵng ນະຄອນ"),
        ("", ""),
    ],
    ids=range(16),
)
def test_what_cannot_be_seen_is_shown(text: str, shown: str) -> None:
    assert display(text) == shown


@given(st.text(st.characters(), max_size=60))
def test_nothing_invisible_comes_through(text: str) -> None:
    """For any code points, lone surrogates included: one line, of UTF-8, without a control or format character."""
    shown = display(text)
    shown.encode("utf-8")
    assert shown.splitlines() in ([shown], [])
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(st.text(max_size=60))
def test_showing_twice_changes_nothing(text: str) -> None:
    assert display(display(text)) == display(text)


def test_what_is_too_long_is_counted() -> None:
    assert display("x" * 30, 10) == "x" * 10 + "... (20 more characters)"
    assert display("\x1b" * 30, 2) == "\\x1b\\x1b... (28 more characters)"
