"""The page in a real browser: hostile text runs nothing there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from conformance.report.html import render_html
from tests.report.pages import PAYLOADS, hostile_profile, hostile_run, parse, skeleton
from tests.report.samples import matrix_of

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not on the path (Debian's package `chromium`)"),
]


def dump(page: str, folder: Path) -> str:
    """The DOM that the browser makes of a page, after its scripts ran."""
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={folder / 'profile'}", "--dump-dom", file.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def test_the_browser_would_run_a_script(tmp_path: Path) -> None:
    """The control: without it, the next test could pass in a browser that runs none."""
    page = f"<!DOCTYPE html><html><head><title>safe</title></head><body>{PAYLOADS['image']}</body></html>"
    assert "<title>owned</title>" in dump(page, tmp_path)


def test_the_policy_alone_would_stop_it(tmp_path: Path) -> None:
    """The second wall: even text that was not escaped runs nothing."""
    page = render_html(matrix_of())
    broken = page.replace("<main>", f"<main>{PAYLOADS['image']}{PAYLOADS['script']}")
    assert len(broken) > len(page)
    assert "<title>owned" not in dump(broken, tmp_path)


def test_hostile_text_runs_nothing(tmp_path: Path) -> None:
    """All payloads in one page; its elements in the browser are those that were written."""
    text = " ".join(payload for name, payload in PAYLOADS.items() if name != "surrogates")
    page = render_html(matrix_of(hostile_run(text), profile=hostile_profile(text)))
    dom = dump(page, tmp_path)
    title = parse(dom).xpath("string(//title)")
    assert title.startswith("Conformance matrix: asean ")
    assert not parse(dom).xpath("//script | //img | //body//*[@onerror or @onload or @onmouseover]")
    assert sorted(skeleton(dom)) == sorted(skeleton(page))
