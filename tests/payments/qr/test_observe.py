"""What is read of a manifest and of its file of payloads, and how what cannot be read is said."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.core.area import Job
from conformance.core.codec import decode, encode
from conformance.core.model import NotTested, Reason, Service, Target, Undecided, Untested
from conformance.core.network import Door
from conformance.payments.qr import observe, observe_reader
from conformance.payments.qr.evidence import Answers, Payloads
from conformance.payments.qr.gaps import gaps
from tests.payments.qr.known import SOUND, STATIC


def job(tmp_path: Path, role: str = "qr-issuer", country: str = "XA", **settings: Any) -> Job:
    service = Service("codes", role, settings=settings)
    target = Target("t", country, "T", (service,), path=str(tmp_path / "manifest.toml"))
    return Job(target, service, frozenset({"qr_payloads"}))


def reader(tmp_path: Path, code: str, *groups: str, **settings: Any) -> Job:
    (tmp_path / "child.py").write_text(code, encoding="utf-8")
    made = job(tmp_path, "qr-reader", command=(sys.executable, "child.py"), **settings)
    return Job(made.target, made.service, frozenset(f"qr_answers:{group}" for group in groups))


def test_lines_of_a_text_file(tmp_path: Path) -> None:
    (tmp_path / "codes.txt").write_bytes(f"# ours\n{SOUND}\r\n\n{STATIC}\n".encode())
    seen = observe.payloads_of(job(tmp_path, payload_file="codes.txt", cross_border=True))
    assert [(item.name, item.reading.text, item.cross_border) for item in seen.items] == [
        ("line 2", SOUND, True),
        ("line 4", STATIC, True),
    ]


def test_octets_that_are_not_utf8_are_a_defect_of_that_payload(tmp_path: Path) -> None:
    (tmp_path / "codes.txt").write_bytes(SOUND.encode() + b"\n000201\xff\n")
    seen = observe.payloads_of(job(tmp_path, payload_file="codes.txt"))
    assert [[defect.kind for defect in item.reading.defects] for item in seen.items] == [[], ["encoding"]]
    assert decode(encode(seen), Payloads) == seen


def test_entries_of_a_json_file_and_of_the_manifest(tmp_path: Path) -> None:
    entries = [SOUND, {"name": "shop", "payload": STATIC, "cross_border": True}, {"payload": "\ud800"}]
    (tmp_path / "codes.json").write_text(json.dumps(entries), encoding="utf-8")
    inline = ({"name": "first", "payload": SOUND},)
    seen = observe.payloads_of(job(tmp_path, payload_file="codes.json", payloads=inline))
    assert [(item.name, item.cross_border) for item in seen.items] == [
        ("first", False),
        ("payload 1", False),
        ("shop", True),
        ("payload 3", False),
    ]
    assert seen.items[3].reading.defects[0].kind == "encoding"
    assert decode(encode(seen), Payloads) == seen


@pytest.mark.parametrize(
    ("name", "octets", "reason"),
    [
        ("gone.txt", None, Reason.NOT_OBSERVABLE),
        ("big.txt", b"0" * 2_000_001, Reason.TOO_LARGE),
        ("many.txt", b"00\n" * 1001, Reason.TOO_LARGE),
        ("long.txt", (b"0" * 7000 + b"\n") * 30, Reason.TOO_LARGE),
        ("bad.json", b"{", Reason.JSON),
        ("deep.json", b"[" * 100_000, Reason.JSON),
        ("object.json", b"{}", Reason.JSON),
        ("number.json", b"[1]", Reason.JSON),
        ("nested.json", b'[{"payload": 1}]', Reason.JSON),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, name: str, octets: bytes | None, reason: Reason) -> None:
    if octets is not None:
        (tmp_path / name).write_bytes(octets)
    with pytest.raises(Undecided) as caught:
        observe.payloads_of(job(tmp_path, payload_file=name))
    assert caught.value.reason is reason


def test_no_payload_is_not_tested(tmp_path: Path) -> None:
    with pytest.raises(Untested) as caught:
        observe.payloads_of(job(tmp_path))
    assert caught.value.reason is NotTested.NOT_PUBLISHED
    (observed,) = observe.observe([job(tmp_path)], Door())
    assert observed.failures["qr_payloads"][0] is NotTested.NOT_PUBLISHED


def test_the_sandboxes_schemes_are_known_there_alone(tmp_path: Path) -> None:
    inline = ({"payload": SOUND},)
    assert "XA" in {each.country for each in observe.payloads_of(job(tmp_path, payloads=inline)).schemes}
    real = observe.payloads_of(job(tmp_path, country="SG", payloads=inline))
    assert not any(each.country.startswith("X") for each in real.schemes)


CHILD = """
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "stop":
        break
    if message["type"] == "start":
        said = {"type": "started", "protocol": 1, "name": "stub", "version": "1"}
    elif message["operation"] not in ("qr.parse", "qr.validate"):
        said = {"type": "unsupported", "reason": "no"}
    else:
        said = ANSWER
    print(json.dumps({"seq": message.get("seq"), **said}), flush=True)
"""


def test_a_reader_that_is_no_program_is_undecided(tmp_path: Path) -> None:
    with pytest.raises(Undecided) as caught:
        observe_reader.answers_of(reader(tmp_path, "raise SystemExit(3)", "crc"))
    assert caught.value.reason is Reason.HARNESS


def test_no_command_is_not_tested(tmp_path: Path) -> None:
    with pytest.raises(Untested):
        observe_reader.answers_of(job(tmp_path, "qr-reader"))


def test_only_what_is_asked_for_is_asked_with_its_controls(tmp_path: Path) -> None:
    code = CHILD.replace("ANSWER", '{"type": "rejected", "code": "invalid"}')
    seen = observe_reader.answers_of(reader(tmp_path, code, "duplicate", schemes=("paynow",)))
    assert {answer.case.group for answer in seen.items} == {"duplicate", "valid"}
    assert {answer.case.scheme for answer in seen.items} == {"paynow"}
    assert (seen.implementation, seen.changes) == ("stub 1", ())


def test_what_a_reader_floods_is_not_kept(tmp_path: Path) -> None:
    flood = '{"type": "output", "output": {"fields": {**{str(i): "x" * 999 for i in range(100)}, "59": "y" * 9999}, '
    flood += '"scheme": "z" * 9999, "ask": ["54"] * 9999, "amount_editable": "yes"}}'
    seen = observe_reader.answers_of(reader(tmp_path, CHILD.replace("ANSWER", flood), "fixed-amount"))
    assert len(encode(seen)) < 60_000
    for answer in seen.items:
        assert set(answer.fields or ()) <= set(answer.case.fields)
        assert all(len(value) <= 300 for value in (answer.fields or {}).values())
        assert answer.editable is None
    assert decode(encode(seen), Answers) == seen


def test_what_a_manifest_leaves_out_is_named(tmp_path: Path) -> None:
    def named(country: str, **settings: Any) -> list[str]:
        made = job(tmp_path, country=country, **settings)
        return [each for gap in gaps(made.target, made.service) for each in gap.requirements]

    assert named("SG", payload_file="codes.txt") == ["PAY-QR-15"]
    assert named("SG", payload_file="codes.txt", cross_border=True) == []
    assert named("SG", payloads=({"payload": SOUND, "cross_border": True},)) == []
    assert named("SG", payload_file="codes.json") == []
