"""The harness: what a child may do, and that nothing it does passes for a refusal."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.core.codec import encode
from conformance.core.model import Reason, Service, Undecided
from conformance.wire.child import Bounds
from conformance.wire.harness import Harness, Limits, reach

HEAD = """
import json, os, sys, time
def say(**message):
    sys.stdout.write(json.dumps(message) + "\\n"); sys.stdout.flush()
for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "start":
        say(type="started", protocol=1, name="demo", version="7")
        continue
    if message["type"] == "stop":
        break
    seq, operation, given = message["seq"], message["operation"], message["input"]
    if operation not in ("demo", "crash"):
        say(type="unsupported", seq=seq, reason="no " + operation)
        continue
"""
ECHO = """
    if given.get("bad"):
        say(type="rejected", seq=seq, code=given["bad"])
    else:
        say(type="output", seq=seq, output=given)
"""
QUICK = Limits(start_seconds=5, run_seconds=0.5, stop_seconds=0.5, total_seconds=20, restarts=2)


@contextlib.contextmanager
def harness(folder: Path, body: str, limits: Limits = QUICK, head: str = HEAD, **keys: object) -> Iterator[Harness]:
    (folder / "child.py").write_text(head + body)
    with Harness([sys.executable, "child.py"], folder, limits, **keys) as opened:  # type: ignore[arg-type]
        yield opened


def test_the_four_words(tmp_path: Path) -> None:
    with harness(tmp_path, ECHO) as child:
        assert (child.implementation.name, child.implementation.version) == ("demo", "7")
        assert child.run("demo", {"a": [1, "é"]}).output == {"a": [1, "é"]}
        refused = child.run("demo", {"bad": "signature"})
        assert (refused.word, refused.text) == ("rejected", "signature")
        assert child.run("other", {}).word == "unsupported"
    body = """
    say(type="error", seq=seq, message="internal")
"""
    with harness(tmp_path, body) as child:
        assert child.run("demo", {}).word == "error"
        assert not child.run("demo", {}).broken


@pytest.mark.parametrize(
    "answer",
    [
        'say(type="rejected", seq=seq, code="everything")',
        'say(type="output", seq=seq, output={})',
        'say(type="error", seq=seq, message="x")',
        "sys.exit(0)",
    ],
)
def test_child_that_does_not_say_unsupported_is_not_used(tmp_path: Path, answer: str) -> None:
    head = HEAD.replace('say(type="unsupported", seq=seq, reason="no " + operation)', answer)
    with pytest.raises(Undecided) as error, harness(tmp_path, ECHO, head=head):
        pass
    assert error.value.reason is Reason.HARNESS


@pytest.mark.parametrize(
    ("body", "fact"),
    [
        ("os.abort()", "ended by SIGABRT"),
        ("sys.exit(3)", "ended with status 3"),
        ("time.sleep(30)", "no answer within its time"),
        ("os.close(1); time.sleep(30)", "closed its output"),
        ("print('no json', flush=True)", "no JSON"),
        ("print('[]', flush=True)", "no JSON object"),
        ("print('[' * 1900, flush=True)", "depth"),
        ('print(\'{"seq": 1, "seq": 2}\', flush=True)', "duplicate member"),
        ('print(\'{"type": "output", "seq": NaN}\', flush=True)', "not a number"),
        ("say(type='rejected', seq=seq + 1, code='x')", "does not answer question"),
        ("say(type='rejected', seq=seq)", "no answer that the contract knows"),
        ("say(type='rejected', seq=seq, code='')", "no answer that the contract knows"),
        ("say(type='output', seq=seq, output='x')", "no answer that the contract knows"),
        ("print('x' * 3000, flush=True)", "more than 2000 octets"),
        ("sys.stdout.write('x' * 9000000); sys.stdout.flush()", "more than"),
        ("[print('x' * 50_000, file=sys.stderr, flush=True) for _ in range(100)]; sys.exit(4)", "status 4"),
    ],
)
def test_broken_child_is_an_error_and_never_a_refusal(tmp_path: Path, body: str, fact: str) -> None:
    limits = Limits(5, 2, 0.2, 20, 2, Bounds(line_bytes=2000, output_bytes=5000, stderr_bytes=1000))
    start = time.monotonic()
    with harness(tmp_path, f"\n    if operation == 'crash':\n        {body}; continue\n{ECHO}", limits) as child:
        answer = child.run("crash", {})
        assert (answer.word, answer.broken) == ("error", True)
        assert fact in answer.text
        assert len(child.stderr) <= 1000
        assert child.run("demo", {"after": 1}).output == {"after": 1}, "the next question is answered by a new child"
        assert child.restarts == 1
    assert time.monotonic() - start < 6


def test_second_line_for_one_question_is_an_error_of_the_next(tmp_path: Path) -> None:
    body = """
    both = [{"type": "output", "seq": seq, "output": {}}, {"type": "rejected", "seq": seq + 1, "code": "x"}]
    sys.stdout.write("".join(json.dumps(each) + chr(10) for each in both))
    sys.stdout.flush()
"""
    with harness(tmp_path, body) as child:
        assert child.run("demo", {}).word == "output"
        assert child.run("demo", {}).word == "error"


def test_restarts_and_total_time_are_bounded(tmp_path: Path) -> None:
    with harness(tmp_path, "\n    sys.exit(1)\n") as child:
        answers = [child.run("demo", {}) for _ in range(5)]
    assert all(answer.word == "error" for answer in answers)
    assert "not started again" in answers[-1].text
    with harness(tmp_path, "\n    time.sleep(0.3)\n" + ECHO, Limits(total_seconds=1, restarts=1)) as child:
        words = [child.run("demo", {}).word for _ in range(6)]
    assert (words[0], words[-1]) == ("output", "error")


def test_child_that_does_not_read_is_given_up(tmp_path: Path) -> None:
    head = 'import sys, time\nsys.stdin.readline()\nsys.stdout.write(\'{"type":"started","protocol":1}\\n\')\n'
    head += "sys.stdout.flush()\nfor line in sys.stdin:\n    time.sleep(60)\n"
    with pytest.raises(Undecided, match="no answer within its time"), harness(tmp_path, "", head=head):
        pass


def test_environment_is_a_short_list(tmp_path: Path) -> None:
    given = {"PATH": os.environ["PATH"], "SUITE_CANARY": "canary", "TOKEN": "secret", "HARNESS_MODE": "x"}
    body = "\n    say(type='output', seq=seq, output={'names': sorted(os.environ)})\n"
    with harness(tmp_path, body, variables=given, passed=("HARNESS_MODE",)) as child:
        names = child.run("demo", {}).output["names"]
    assert {"PATH", "HARNESS_MODE"} <= set(names)
    assert not {"SUITE_CANARY", "TOKEN"} & set(names)


def test_process_group_is_killed(tmp_path: Path) -> None:
    body = """
    import subprocess
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    say(type="output", seq=seq, output={"pid": left.pid})
"""
    with harness(tmp_path, body) as child:
        pid = child.run("demo", {}).output["pid"]
        os.kill(pid, 0)
    deadline = time.monotonic() + 5
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_secrets_are_redacted(tmp_path: Path) -> None:
    body = """
    print("canary-secret-1", file=sys.stderr, flush=True)
    say(type="rejected", seq=seq, code="canary-secret-1")
"""
    with harness(tmp_path, body, redact=lambda text: text.replace("canary-secret-1", "[redacted]")) as child:
        assert child.run("demo", {}).text == "[redacted]"
    assert "canary" not in child.stderr
    assert "[redacted]" in child.stderr


def test_command_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Undecided, match="cannot be started"), Harness(["./absent"], tmp_path, QUICK):
        pass


def test_declared_hosts_are_what_it_reaches() -> None:
    service = Service("lib", "credential-library", settings={"reaches": ("api.example",)})
    assert reach(service) == (("command", "api.example"),)
    assert reach(Service("lib", "credential-library")) == ()


def test_a_question_costs_well_below_a_millisecond_of_our_own(tmp_path: Path) -> None:
    with harness(tmp_path, ECHO) as child:
        start = time.process_time()
        for _ in range(200):
            assert child.run("demo", {"text": "x" * 2000}).word == "output"
        assert time.process_time() - start < 0.5
    assert encode({"a": 1}) == b'{"a":1}'
