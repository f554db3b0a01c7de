"""`conformance qr explain`: the tree of each scheme's code, coloured or plain, and a clear word for what is no code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conformance.cli import main
from conformance.exits import Exit
from conformance.payments.qr.build import payload
from conformance.payments.qr.explain import explain
from conformance.payments.qr.vectors_bases import BASES
from tests.payments.qr.known import ANNEX_B7, KNOWN, SOUND, dynamic


def said(*words: str, given: bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["qr", "explain", *words], input=given)


@pytest.mark.parametrize("scheme", BASES)
def test_a_sound_code_of_each_scheme(scheme: str) -> None:
    result = said(payload(BASES[scheme].static))
    assert result.exit_code == Exit.OK, result.output
    assert "\u2715 the" not in result.output
    assert "\x1b" not in result.output  # plain where it is no terminal


def test_every_data_object_has_a_row_with_its_offset() -> None:
    made = explain(ANNEX_B7, KNOWN)
    for row in made.rows:
        assert ANNEX_B7[row.offset : row.offset + 2] == row.path.rpartition(".")[2]
        assert len(row.value) == row.length
    assert [row.path for row in made.rows][:6] == ["00", "01", "29", "29.00", "29.05", "31"]


def test_a_scheme_opens_what_emvco_does_not() -> None:
    rows = {row.path: row.value for row in explain(payload(BASES["vietqr"].static), KNOWN).rows}
    assert rows["38.01.00"] == "999999"


def test_a_violation_stands_at_its_tag_and_offset() -> None:
    text = dynamic(("54", "1e3"))
    result = said(text)
    assert result.exit_code == Exit.FAIL
    assert f"at 54, offset {text.index('54031e3')}" in result.output
    assert "PAY-QR-12-G" in result.output
    assert "EMVCo 4.7.4" in result.output


def test_json_has_all_of_it() -> None:
    result = said(dynamic(("54", "1e3")), "--format", "json")
    data = json.loads(result.output)
    assert result.exit_code == Exit.FAIL
    (found,) = [each for each in data["findings"] if each["rule"] == "amount"]
    assert (found["path"], found["requirement"], found["layer"]) == ("54", "PAY-QR-12-G", "core")
    assert data["verdicts"] == {"core": False, "dialect": False, "cross_border": False}
    assert data["schemes"] == ["Sandbox XA pay"]


def test_the_same_from_a_file_and_from_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "code.txt"
    file.write_text(f"{ANNEX_B7}\n", encoding="utf-8")
    assert said(ANNEX_B7).output == said("--file", str(file)).output == said("-", given=ANNEX_B7.encode()).output


def test_an_expiry_is_said() -> None:
    assert "expires 2030-01-31T15:59:59" in said(payload(BASES["sandbox-xa"].dynamic)).output


@pytest.mark.parametrize(
    ("words", "given", "text"),
    [
        ((), None, "neither PAYLOAD nor --file"),
        (("000201", "--file", "x"), None, "both PAYLOAD and --file"),
        (("--file", "no-such-file"), None, "cannot be read"),
        (("--file", "."), None, "cannot be read"),
        (("-",), b"", "nothing"),
        (("-",), b"0" * 2_000_001, "more than 2,000,000 octets"),
    ],
)
def test_a_mistake_in_the_command(words: tuple[str, ...], given: bytes | None, text: str) -> None:
    result = said(*words, given=given)
    assert result.exit_code == Exit.USAGE
    assert text in result.output


@pytest.mark.parametrize("given", [b"\xff\xfe", b"0" * 1_000_000, b"\0" * 40, b"https://example.test", b"[" * 100_000])
def test_what_is_no_code_is_explained_too(given: bytes) -> None:
    result = said("-", given=given)
    assert result.exit_code == Exit.FAIL
    assert "does not hold" in result.output
    assert len(result.output) < 20_000


def test_characters_that_act_on_a_terminal_are_shown_as_escapes() -> None:
    result = said("-", given=dynamic(("59", "A\x1b[31m\u202eB")).encode())
    assert "\x1b" not in result.output
    assert "\u202e" not in result.output
    assert "A\\x1b[31m\\u202eB" in result.output


def test_colour_where_it_is_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[" in said(SOUND).output


@pytest.fixture
def pictures(tmp_path: Path) -> dict[str, Path]:
    """The annex's example, which cannot be paid, as PNG and SVG."""
    segno = pytest.importorskip("segno", reason="segno draws the codes")
    pytest.importorskip("zxingcpp", reason="the extra qr-image is not installed")
    pytest.importorskip("resvg_py", reason="the extra qr-image is not installed")
    code = segno.make(ANNEX_B7, error="m", encoding="utf-8", eci=True)
    found = {kind: tmp_path / f"code.{kind}" for kind in ("png", "svg")}
    for path in found.values():
        code.save(str(path), scale=4)
    return found


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_an_image_of_a_code(pictures: dict[str, Path], kind: str) -> None:
    assert said("--file", str(pictures[kind])).output == said(ANNEX_B7).output


def test_images_that_show_no_code(pictures: dict[str, Path], tmp_path: Path) -> None:
    octets = pictures["png"].read_bytes()
    broken = {
        "cut.png": octets[:100],
        "text.png": b"no image",
        "empty.svg": b"<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'/>",
        "entity.svg": b"<!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><svg>&a;</svg>",
        "text.svg": b"no image",
        "huge.svg": b"<svg xmlns='http://www.w3.org/2000/svg' width='1000000' height='1000000'/>",
    }
    for name, content in broken.items():
        (tmp_path / name).write_bytes(content)
        result = said("--file", str(tmp_path / name))
        assert result.exit_code == Exit.USAGE, (name, result.output)


def test_a_picture_of_too_many_pixels(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="the extra qr-image is not installed")
    pytest.importorskip("zxingcpp", reason="the extra qr-image is not installed")
    path = tmp_path / "wide.png"
    image.new("1", (6000, 6000)).save(path)
    result = said("--file", str(path))
    assert result.exit_code == Exit.USAGE
    assert "6000 x 6000 pixels" in result.output
