"""Reading a rendered page, and text that tries to be more than text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lxml import html

from conformance.core.model import Basis, Cell, Clause, Mark, Node, Profile, Status, Tree, Violation
from conformance.core.results import Run, ServiceSummary, TargetSummary
from tests.report.samples import OBSERVED_AT, PROFILE, header_of

PAYLOADS = {
    "script": "<script>document.title='owned'</script>",
    "image": '"><img src=x onerror="document.title=\'owned\'">',
    "attribute": "' onmouseover='document.title=\"owned\"' x='",
    "link": "javascript:document.title='owned'",
    "data": "data:text/html,<script>document.title='owned'</script>",
    "style": "</style><script>document.title='owned'</script><style>",
    "title": "</title><script>document.title='owned'</script>",
    "comment": "--><script>document.title='owned'</script><!--",
    "cdata": "]]><script>document.title='owned'</script><![CDATA[",
    "svg": "<svg/onload=document.title='owned'>",
    "template": "{{ 7*7 }}{% raw %}{{ self }}",
    "markup": "[bold red]x[/bold red] [link=https://x.test]y[/link]",
    "escape": "\x1b[2J\x1b[31mred\x1b]0;owned\x07",
    "clipboard": "\x1b]52;c;ZXZpbA==\x07\x9b31m",
    "bidi": "safe\u202egpj.exe\u2066x",
    "nul": "a\x00b\x01\x0b\x7f\ufffe\uffff\ud800",
    "newline": "a\r\nb\nc\u2028d\u2029e\u0085f",
    "formula": "=cmd|' /C calc'!A0",
    "formula-tab": "\t=1+1",
    "formula-space": "  =1+1",
    "formula-wide": "\uff1dcmd",
    "formula-at": "@SUM(1,1)",
    "formula-plus": "+1+cmd|' /C calc'!A0",
    "formula-minus": "-2+3",
    "quote": 'a","=1+1","b\r\n=1+1',
    "surrogates": "\udcff" * 3,
}


def hostile_tree(text: str) -> Tree:
    """A tree in which whatever could come from elsewhere is `text`: one node of each depth."""
    marks = (Mark(Status.FAIL, text, text, text, text, text),)
    return Tree(text, tuple(Node(depth, 0, text, text, len(text), text, marks) for depth in range(3)), marks, 1)


def hostile_run(text: str) -> Run:
    """A run in which whatever could come from elsewhere is `text`: one cell of each status."""
    target = TargetSummary(text, "XA", text, (ServiceSummary(text, text, text, text),), text)
    statuses = list(Status)
    cells = tuple(
        Cell(
            country="XA",
            target=text,
            service=text,
            requirement=requirement.id,
            rev=requirement.rev,
            level=requirement.level,
            status=statuses[number % len(statuses)],
            basis=Basis.LIVE,
            reason=text,
            detail=text,
            violations=(Violation(text, text, text, hostile_tree(text)),),
            evidence=(text,),
            waiver=text,
            underlying=text,
            notices=(text,),
        )
        for number, requirement in enumerate(PROFILE.requirements.values())
    )
    header = replace(header_of([target]), suite_version=text, observed_at=OBSERVED_AT)
    return Run(header, cells, Path("runs") / text.replace("/", "_").replace("\x00", "_"))


def hostile_profile(text: str) -> Profile:
    """The profile with an overlay's words in it."""
    fix = text.replace("\n", " ")  # its lines are broken on purpose
    requirements = {
        requirement.id: replace(
            requirement,
            title=text,
            statement=text,
            why=text,
            fix={"nginx": fix, text: fix},
            faults=(text,),
            params={"version": text},
            cite=(Clause(text, text, text), Clause("RFC 8996", text, text)),
            derogation=text,
            in_force_note=text,
        )
        for requirement in PROFILE.requirements.values()
    }
    return replace(PROFILE, title=text, statement=text, version=text, requirements=requirements)


def parse(page: str) -> html.HtmlElement:
    """The DOM."""
    return html.document_fromstring(page.encode(), parser=html.HTMLParser(encoding="utf-8"))


def skeleton(page: str) -> list[tuple[str, tuple[str, ...]]]:
    """Every element with the names of its attributes, in document order."""
    return [(str(element.tag), tuple(sorted(map(str, element.attrib)))) for element in parse(page).iter()]
