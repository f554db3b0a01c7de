"""`list`, `explain`, `init`, `plan` and the help: enough to use the suite without reading further."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.core.profile import load_profile
from conformance.exits import MEANING, Exit
from tests.commands.conftest import ENVIRONMENT, Call, Served

COMMANDS = ("run", "list", "explain", "plan", "init", "replay", "report", "matrix", "diff", "sandbox")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_its_options(call: Call, command: str) -> None:
    said = call(command, "--help")
    assert said.code == 0
    assert "--format [text|json]" in said.text
    lines = re.findall(r"^  (?:-., )?--(\S+)(?: \S+)?\s*(.*)$", said.text, re.MULTILINE)
    assert len(lines) >= 2
    # A long option has its text on the next line.
    assert all(told or re.search(rf"--{re.escape(name)}.*\n {{20,}}\S", said.text) for name, told in lines)


def test_the_help_lists_the_commands_and_the_one_table_of_exit_codes(call: Call) -> None:
    said = call("--help")
    assert all(re.search(rf"^  {command} ", said.text, re.MULTILINE) for command in COMMANDS)
    assert all(f"    {code.value}  {meaning}" in said.text for code, meaning in MEANING.items())
    assert set(MEANING) == set(Exit)


def test_a_command_leaves_nothing_for_the_collector_to_search_at_its_end() -> None:
    program = (
        "import atexit, gc\n"
        "atexit.register(lambda: print('frozen', gc.get_freeze_count() > 10_000))\n"
        "from conformance.cli import main\n"
        "main(['list', '--area', 'general'])\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], env=ENVIRONMENT, capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout.endswith("\nfrozen True\n")


def test_list_names_each_requirement_once_and_counts(call: Call) -> None:
    said = call("list")
    profile = load_profile("asean")
    assert re.findall(r"^([A-Z][A-Z0-9-]+) ", said.text, re.MULTILINE) == list(profile.requirements)
    assert f"{len(profile.requirements)} requirements" in said.text
    assert profile.sha256[:16] in said.text


def test_list_as_json_has_what_a_machine_needs(call: Call) -> None:
    profile = load_profile("asean-high")
    rows = call("list", "--profile", "asean-high", "--format", "json").data
    assert [row["id"] for row in rows] == list(profile.requirements)
    for row in rows:
        made = profile.requirements[row["id"]]
        assert (row["rev"], row["title"], row["level"]) == (made.rev, made.title, made.level.value)
        assert (row["role"], row["faults"]) == (list(made.roles), list(made.faults))
        assert row["cite"][0]["doc"] == made.cite[0].doc


def test_list_of_one_area(call: Call) -> None:
    assert {row["area"] for row in call("list", "--area", "general", "--format", "json").data} == {"general"}


def test_list_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from conformance.cli import main\n"
        "try: main(['list'])\n"
        "except SystemExit: pass\n"
        "heavy = ('cryptography', 'requests', 'rich', 'jinja2', 'pytest', 'jsonschema', 'ssl', 'socket', 'dns')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60, env=ENVIRONMENT
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_explain_says_all_of_one_requirement(call: Call) -> None:
    said = call("explain", "tls-ver-03")
    made = load_profile("asean").requirements["TLS-VER-03"]
    for text in (made.title, made.statement, made.why, made.fix["nginx"], *map(str, made.cite), "--fault tls10"):
        assert text in said.text
    assert "conformance/tls/test_protocol_versions.py::test_obsolete_version_is_refused" in said.text
    assert call("explain", "TLS-VER-03", "--format", "json").data["statement"] == made.statement


@pytest.mark.parametrize(
    ("arguments", "found", "near"),
    [
        (["explain", "TLS-VER-3"], '"TLS-VER-3"', "TLS-VER-03"),
        (["list", "--area", "tsl"], '"tsl"', "tls"),
        (["list", "--profile", "asen"], '"asen"', "asean"),
        (["init", "tls-endpont"], '"tls-endpont"', "tls-endpoint"),
        (["init", "tls-endpoint", "--country", "SGP"], '"SGP"', "SG"),
        (["sandbox", "--fault", "tls-10"], '"tls-10"', "tls10"),
        (["sandbox", "--fault", "hsts-short"], '"hsts-short"', "short-hsts"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest(call: Call, arguments: list[str], found: str, near: str) -> None:
    said = call(*arguments)
    assert said.code == Exit.USAGE
    assert f"found {found}, expected " in said.text
    assert re.search(rf'nearest: "{near}', said.text)


def test_init_lists_the_roles_and_writes_a_manifest_that_can_be_planned(call: Call, tmp_path: Path) -> None:
    assert "tls-endpoint" in call("init").text.split()
    assert call("init", "--format", "json").data == call("init").text.split()
    said = call("init", "tls-endpoint", "--country", "my")
    assert said.code == 0
    file = tmp_path / "my-tls-endpoint.toml"
    assert f"conformance plan --target {file.name}" in said.text
    assert 'country = "MY"' in file.read_text(encoding="utf-8")
    assert call("plan", "--target", file).code == 0


def test_init_overwrites_nothing_and_names_a_place_it_cannot_write(call: Call, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text("mine", encoding="utf-8")
    assert call("init", "tls-endpoint", "--out", mine).code == Exit.USAGE
    assert mine.read_text(encoding="utf-8") == "mine"
    said = call("init", "tls-endpoint", "--out", mine / "below.toml")
    assert said.code == Exit.USAGE
    assert "a new file in a folder that can be written" in said.text
    assert call("init", "tls-endpoint", "--out", "a/b.toml", "--format", "json").data == {"written": ["a/b.toml"]}


def test_plan_of_the_template_names_the_rows_that_come_to_nothing_and_the_line_to_add(call: Call) -> None:
    call("init", "tls-endpoint")
    said = call("plan", "--target", "xa-tls-endpoint.toml")
    assert "at most " in said.text
    assert "nothing was sent" in said.text
    for rows, line in (
        ("2 cells: TLS-HTT-03, TLS-HTT-04", 'add plain_http = "host:80"'),
        ("1 cell: TLS-CRT-21", "add also = "),
        ("3 cells: TLS-MTL-01, TLS-MTL-02, TLS-MTL-03", "add mtls = true"),
        ("1 cell: GEN-CLM-01", "add tls13 = true"),
        ("TLS-EXT-10", "add serves = [...] of openid-provider, "),
    ):
        assert re.search(rf"{re.escape(rows)}[^\n]*\n    {re.escape(line)}", said.text), rows


def test_a_line_that_plan_names_takes_its_gap_away(call: Call, tmp_path: Path) -> None:
    call("init", "tls-endpoint")
    file = tmp_path / "xa-tls-endpoint.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("# plain_http", "plain_http").replace("# mtls", "mtls"), encoding="utf-8")
    said = call("plan", "--target", file)
    assert "TLS-HTT-03" not in said.text
    rows = "5 cells: TLS-EXT-03, TLS-EXT-11, TLS-EXT-11-S, TLS-EXT-12, TLS-MTL-03"
    assert f"not-tested(no-credential): the manifest does not say\n    {rows}" in said.text
    assert "add client_certificate = " in said.text


AUTHORISATION = """
[target.authorisation]
granted_by = "Example Agency"
reference = "letter 1"
not_before = 2020-01-01
not_after = {until}
hosts = ["{host}"]
kinds = ["{kind}"]
"""


@pytest.mark.parametrize(
    ("changes", "why", "line"),
    [
        (
            None,
            "holds no authorisation",
            r'add \[target.authorisation\] with granted_by, .* hosts = \["login.example"\]',
        ),
        ({"host": "other.example"}, "not among the authorised hosts", 'add "login.example" to hosts in'),
        ({"kind": "dns"}, "not among the authorised kinds", 'add "tls" to kinds in'),
        ({"until": "2021-01-01"}, "ended on 2021-01-01", "add the not_after of a renewed grant"),
        ({}, "active test; the authorisation says active = false", "add active = true to"),
    ],
)
def test_plan_says_what_the_authorisation_lacks(
    call: Call, tmp_path: Path, changes: dict[str, str] | None, why: str, line: str
) -> None:
    call("init", "tls-endpoint")
    file = tmp_path / "xa-tls-endpoint.toml"
    text = file.read_text(encoding="utf-8").replace("127.0.0.1:8443", "login.example:443")
    if changes is not None:
        facts = {"until": "2999-01-01", "host": "login.example", "kind": "tls"} | changes
        text += AUTHORISATION.format(**facts)
    file.write_text(text, encoding="utf-8")
    said = call("plan", "--target", file)
    assert re.search(rf"not-tested\(not-authorised\): [^\n]*{re.escape(why)}[^\n]*\n[^\n]*\n    {line}", said.text)


def test_plan_names_a_secret_that_leads_to_nothing(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUITE_CLIENT_KEY", raising=False)
    call("init", "tls-endpoint")
    file = tmp_path / "xa-tls-endpoint.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("# client_certificate", "client_certificate"), encoding="utf-8")
    said = call("plan", "--target", file)
    assert "client_certificate.key: the environment has no SUITE_CLIENT_KEY" in said.text
    assert "add export SUITE_CLIENT_KEY=..." in said.text
    assert "add the file client.pem beside the manifest" in said.text


def test_plan_as_json_says_the_same(call: Call, served: Served) -> None:
    plan = call("plan", "--target", served.good, "--only", "TLS-VER-0[1-5]", "--format", "json").data
    (service,) = plan["services"]
    assert service["asks"] == [f"versions:{v}" for v in ("SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")]
    assert service["connections_at_most"] == plan["connections_at_most"] > 0
    deselected = next(gap for gap in service["missing"] if gap["becomes"] == "not-tested(deselected)")
    assert len(deselected["requirements"]) == plan["cells"] - 5


def test_plan_without_a_target_is_refused(call: Call) -> None:
    said = call("plan")
    assert said.code == Exit.USAGE
    assert "conformance init ROLE" in said.text
