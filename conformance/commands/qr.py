"""`conformance qr explain`: one payload, its tag tree and what is wrong with it, for people and for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from conformance.core.errors import ConfigError
from conformance.exits import Exit
from conformance.payments.qr.explain import Explanation, Row, as_json, explain
from conformance.payments.qr.findings import Finding
from conformance.payments.qr.image import SUFFIXES, payload_of
from conformance.payments.qr.recognise import registry
from conformance.payments.qr.schemes import shipped_schemes
from conformance.report.display import display

MAX_OCTETS = 2_000_000
VALUE_CHARACTERS = 120


def explain_payload(payload: str, file: Path | None, form: str) -> int:
    """Print the explanation of one payload; exit 1 where it breaks a MUST that its scheme does not allow.

    Raises:
        ConfigError: no payload, two of them, or a file that cannot be used.
    """
    given = _given(payload, file)
    explanation = explain(given, registry(shipped_schemes()))
    if form == "json":
        click.echo(json.dumps(as_json(explanation), indent=1, ensure_ascii=True))
    else:
        console = Console(highlight=False, soft_wrap=True)
        for line in _lines(explanation, datetime.now(UTC)):
            console.print(line)
    return Exit.FAIL if explanation.violated else Exit.OK


def _given(payload: str, file: Path | None) -> str | bytes:
    """The payload: as an argument, on the standard input, or in a file."""
    if bool(payload) == (file is not None):
        found = "neither PAYLOAD nor --file" if not payload else "both PAYLOAD and --file"
        raise ConfigError("qr explain", "", found, "one of them; PAYLOAD - reads the standard input")
    if file is None:
        return payload if payload != "-" else _text(sys.stdin.buffer.read(MAX_OCTETS + 1), "standard input")
    if file.suffix.lower() in SUFFIXES:
        return payload_of(file)
    try:
        with file.open("rb") as stream:
            return _text(stream.read(MAX_OCTETS + 1), str(file))
    except OSError as error:
        raise ConfigError(str(file), "", f"a file that cannot be read ({error.strerror})", "a payload") from None


def _text(octets: bytes, name: str) -> bytes:
    """One payload: a final line break is the file's, not the code's."""
    if len(octets) > MAX_OCTETS:
        raise ConfigError(name, "", f"more than {MAX_OCTETS:,} octets", "one payload")
    text = octets.removesuffix(b"\n").removesuffix(b"\r")
    if not text:
        raise ConfigError(name, "", "nothing", "one payload")
    return text


def _lines(explanation: Explanation, now: datetime) -> Iterator[Text]:
    """The explanation line by line."""
    yield Text("  offset  ID          length  value", style="dim")
    for row in explanation.rows:
        yield _row(row)
        yield from (_finding(each) for each in row.findings)
    if explanation.loose:
        yield Text("  on nothing that is there", style="dim")
        yield from (_finding(each) for each in explanation.loose)
    yield Text()
    yield from _summary(explanation, now)


def _row(row: Row) -> Text:
    text = Text(f"  {row.offset:>6}  ")
    text.append(f"{'  ' * row.depth}{row.path.rpartition('.')[2]}".ljust(12), style="bold cyan")
    text.append(f"{row.length:>6}  ", style="dim")
    if not row.template:
        text.append(display(row.value, VALUE_CHARACTERS), style="bold")
        text.append("  ")
    text.append(row.name, style="dim" if not row.template else "cyan")
    return text


def _finding(finding: Finding) -> Text:
    clause = finding.clause
    sign, style = ("\u2715", "bold red") if not clause.advice else ("!", "yellow")
    if finding.note:
        sign, style = "\u25c7", "dim"
    elif clause.layer.value == "cross-border":
        sign, style = "\u21a6", "magenta"
    section = f"EMVCo {clause.section}" if clause.section != "scheme" else "the scheme's table"
    text = Text(f"{'':26}")
    text.append(f"{sign} {display(finding.message, 300)}", style=style)
    if finding.expected:
        text.append(f"; expected {display(finding.expected, 200)}")
    where = f"at {finding.path or 'the root'}, offset {finding.offset}"
    text.append(f"  [{section}; {clause.requirement}; {where}]", style="dim")
    if finding.note:
        text.append(f" allowed or uncertain: {display(finding.note, 300)}", style="dim")
    return text


WORDS = {
    True: ("\u2713 holds", "green"),
    False: ("\u2715 does not hold", "red"),
    None: ("\u25cb cannot be told", "yellow"),
}


def _summary(explanation: Explanation, now: datetime) -> Iterator[Text]:
    said = explanation.verdicts
    schemes = ", ".join(explanation.schemes) or "none that is known"
    for name, verdict, what in (
        ("core", said.core, "EMV QRCPS MPM v1.1 alone, whatever the scheme allows"),
        ("dialect", said.dialect, f"the scheme's own document: {schemes}"),
        ("cross-border", said.cross_border, "what a reader abroad needs"),
    ):
        word, style = WORDS[verdict]
        text = Text(f"  {name:<14}")
        text.append(f"{word:<20}", style=style)
        text.append(what, style="dim")
        yield text
    facts = [f"{explanation.reading.characters:,} characters"]
    if explanation.crc:
        facts.append(f"the right CRC is {explanation.crc}")
    if explanation.expires:
        state = "expired" if explanation.expires < now else "expires"
        facts.append(f"{state} {explanation.expires.isoformat(timespec='seconds')}")
    yield Text("  " + "; ".join(facts), style="dim")
