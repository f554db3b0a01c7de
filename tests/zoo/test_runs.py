"""Whole runs on hostile servers: every cell of the area ends in `error` or `not-tested`, with its reason and in time.

The table covers Z01, Z02 and Z04 to Z09, Z11, Z12, Z37 and Z44 for the TLS area; the HTTP and transport layers have
tables of their own beside this module. The honest neighbour of each run is its benign twin: it must get the verdicts
that it gets alone.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import socket
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conformance.commands.reports import matrix_of, write_reports
from conformance.core.model import Reason, Status
from conformance.core.profile import load_profile
from conformance.report.display import display
from conformance.report.terminal import Shape, render_terminal
from conformance.tls.sandbox_http import GOOD
from tests.tls.chains import NOW
from tests.tls.endpoints import responding
from tests.zoo import runs
from tests.zoo.runs import BY_MANIFEST, HONEST, MOST_EVIDENCE, Seen, a_target, honest_context, judged
from tests.zoo.servers import (
    OK,
    Handler,
    answering,
    closed_port,
    dripping,
    endless,
    resetting,
    serve,
    silent,
)

MOST_SECONDS = 25.0
"""A run makes up to six waves of hellos, then handshakes and HTTP, each cut at 2.5 s here, silence at 0.6 s."""


def after_hello(handler: Handler) -> Handler:
    def handle(stream: socket.socket) -> None:
        stream.recv(65536)
        handler(stream)

    return handle


def record(kind: int, data: bytes) -> bytes:
    return bytes((kind, 3, 3)) + len(data).to_bytes(2, "big") + data


def message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


def sized(data: bytes, width: int = 2) -> bytes:
    return len(data).to_bytes(width, "big") + data


def server_hello(extensions: bytes = b"") -> bytes:
    """A ServerHello of TLS 1.2 with ECDHE_RSA_WITH_AES_128_GCM_SHA256."""
    return message(2, b"\3\3" + bytes(32) + b"\0\xc0\x2f\0" + (sized(extensions) if extensions else b""))


def flight(*certificates: bytes, extensions: bytes = b"") -> bytes:
    """A whole flight of TLS 1.2 in clear."""
    chain = message(11, sized(b"".join(sized(each, 3) for each in certificates), 3))
    exchange = message(12, b"\3\0\x1d\x20" + os.urandom(32) + b"\4\1" + sized(bytes(64)))
    data = server_hello(extensions) + chain + exchange + message(14, b"")
    return b"".join(record(22, data[at : at + 16000]) for at in range(0, len(data), 16000))


def alert(level: int, code: int) -> bytes:
    return record(21, bytes((level, code)))


def stalling(stream: socket.socket, raw: bytes) -> None:
    """Send, and then say nothing more."""
    stream.sendall(raw)
    silent(stream)


HTTP = b"HTTP/1.1 400 Bad Request\r\nStrict-Transport-Security: max-age=63072000\r\nContent-Length: 0\r\n\r\n"
NOTHING: dict[str, tuple[Handler, set[str]]] = {
    "z02-silence": (silent, {"timeout"}),
    "z04-reset": (resetting, {"reset"}),
    "z04-reset-after-hello": (after_hello(resetting), {"reset"}),
    "z04-closed": (lambda _: None, {"closed", "reset"}),
    "z04-closed-after-hello": (after_hello(lambda _: None), {"closed", "reset"}),
    "z05-drip": (after_hello(dripping(b"\x16\x03\x03\x3f\x00\x02\x00\x30\x00", b"\3", 0.1)), {"timeout"}),
    "z05-drip-of-a-header": (after_hello(dripping(b"\x16", b"\3", 0.2)), {"timeout", "tls-record"}),
    "z05-fast-drip": (
        after_hello(dripping(b"\x16\x03\x03\x3f\x00\x02\x00\x30\x00", b"\3", 0.0005)),
        {"timeout", "too-large"},
    ),
    "z05-whole-but-for-one-octet": (after_hello(lambda stream: stalling(stream, flight(b"x")[:-1])), {"timeout"}),
    "z06-http": (answering(HTTP), {"not-tls"}),
    "z06-http-after-hello": (after_hello(answering(OK)), {"not-tls"}),
    "z06-ssh": (answering(b"SSH-2.0-\x1b[2J\x9b31m\xe2\x80\xae\r\n"), {"not-tls"}),
    "z06-noise": (after_hello(answering(bytes(range(64, 256)) * 2)), {"not-tls"}),
    "z06-echo": (lambda stream: stream.sendall(stream.recv(65536)), {"tls-record"}),
    "z06-gigabyte-of-noise": (endless(b"", bytes(range(64, 256)) * 300), {"not-tls"}),
    "z06-gigabyte-of-zeros": (endless(b"", bytes(65536)), {"not-tls"}),
    "z06-gigabyte-of-records": (
        after_hello(endless(record(22, server_hello()), record(22, bytes(16000)))),
        {"too-large", "timeout", "tls-record"},
    ),
    "z07-endless-warnings": (after_hello(endless(b"", alert(1, 90) * 1000)), {"tls-record"}),
    "z07-fatal-alert": (after_hello(answering(alert(2, 40))), {"control-failed", "not-observable", "tls-alert"}),
    "z07-unknown-alert": (
        after_hello(answering(alert(2, 222))),
        {"control-failed", "not-observable", "tls-alert", "tls-record"},
    ),
    "z07-close-notify": (after_hello(answering(alert(1, 0))), {"control-failed", "not-observable", "closed"}),
    "z07-warning-and-end": (
        after_hello(answering(alert(1, 40))),
        {"control-failed", "not-observable", "closed", "tls-alert"},
    ),
    "z07-alert-of-three": (after_hello(answering(b"\x15\x03\x03\x00\x03\x02\x28\x00")), {"tls-record"}),
    "z08-empty-records": (after_hello(endless(b"", b"\x16\x03\x03\0\0" * 1000)), {"tls-record"}),
    "z08-record-beyond-the-limit": (after_hello(answering(record(22, bytes(16_384 + 2_049)))), {"tls-record"}),
    "z08-lengths-that-do-not-hold": (
        after_hello(answering(record(22, message(2, b"\3\3" + bytes(32) + b"\xff\xc0\x2f\0")))),
        {"tls-record"},
    ),
    "z08-hello-without-end": (after_hello(answering(record(22, b"\x02\xff\xff\xff" + bytes(100)))), {"tls-record"}),
    "z08-two-hellos": (after_hello(answering(record(22, server_hello() * 2))), {"tls-record"}),
    "z08-ssl2-hello": (after_hello(answering(b"\x80\x1c\x04" + bytes(27))), {"tls-record", "not-tls"}),
    "z09-endless-chain": (
        after_hello(endless(record(22, server_hello() + b"\x0b\xff\xff\xff\xff\xff\xfc"), record(22, bytes(16000)))),
        {"too-large", "tls-record"},
    ),
    "z09-chain-of-nothing": (after_hello(answering(flight(*[b""] * 80_000))), {"tls-record"}),
    "z09-chain-of-55000": (after_hello(answering(flight(*[b"x"] * 55_000))), {"tls-record"}),
    "z09-four-thousand-extensions": (
        after_hello(
            answering(flight(b"x", extensions=b"".join(code.to_bytes(2, "big") + b"\0\0" for code in range(4000))))
        ),
        {"tls-record"},
    ),
}


def contained(seen: Seen) -> None:
    """The common pass condition of the zoo."""
    assert seen.seconds < MOST_SECONDS
    assert seen.grown < 64 * 1024 * 1024
    assert max(map(len, seen.evidence.values())) <= MOST_EVIDENCE
    assert {cell.reason for cell in seen.cells.values() if cell.status is Status.ERROR} <= set(Reason)
    assert Reason.INTERNAL not in seen.reasons().values()
    assert_honest(seen)


def judged_otherwise(seen: Seen, *allowed: str) -> dict[str, tuple[str, str]]:
    """The cells that say something of the server, and those that the manifest alone decides left out."""
    return {
        name: (cell.status.value, cell.detail or cell.violations[0].message if cell.violations else cell.detail)
        for name, cell in seen.cells.items()
        if cell.status not in (Status.ERROR, Status.NOT_TESTED)
        and name not in allowed
        and not (cell.status is Status.NOT_APPLICABLE and name in BY_MANIFEST)
    }


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Status, str]]:
    """The honest server's verdicts without a neighbour."""
    with runs.honest() as target:
        runs.run(tmp_path_factory.mktemp("warm"), target)  # what is imported and generated once takes its time
        found = runs.run(tmp_path_factory.mktemp("alone"), target)
    return {cell.requirement: (cell.status, cell.reason) for cell in found.cells}


HONEST_VERDICTS: dict[str, tuple[Status, str]] = {}


@pytest.fixture(autouse=True)
def _remember(alone: dict[str, tuple[Status, str]]) -> None:
    HONEST_VERDICTS.update(alone)


def assert_honest(seen: Seen) -> None:
    assert {name: (cell.status, cell.reason) for name, cell in seen.honest.items()} == HONEST_VERDICTS


def test_benign_twin_is_green_where_it_conforms(alone: dict[str, tuple[Status, str]]) -> None:
    """The standard library does not refuse foreign protocols, and its defaults hold two CBC suites and no hybrid."""
    passed = {name for name, (status, _) in alone.items() if status is Status.PASS}
    assert len(passed) >= 55
    assert {"TLS-VER-01", "TLS-VER-06", "TLS-CIP-01", "TLS-CRT-01", "TLS-EXT-03", "TLS-HTT-01"} <= passed
    assert {name for name, (status, _) in alone.items() if status is Status.FAIL} == {"TLS-EXT-06"}


@pytest.mark.parametrize("name", NOTHING)
def test_server_that_gives_no_answer_gets_no_verdict(name: str, tmp_path: Path) -> None:
    handler, reasons = NOTHING[name]
    with serve(handler, read=False) as server:
        seen = judged(tmp_path, a_target(server.at))
        hits = server.hits
    contained(seen)
    assert judged_otherwise(seen) == {}
    assert {reason for cell, reason in seen.reasons().items() if cell != "TLS-CRT-19"} <= reasons
    assert hits <= 60
    for cell in seen.cells.values():
        assert display(cell.detail) == cell.detail, "what the server said is escaped where it is quoted"


def test_z01_closed_port_gets_no_verdict_and_one_attempt(tmp_path: Path) -> None:
    seen = judged(tmp_path, a_target(f"127.0.0.1:{closed_port()}"))
    contained(seen)
    assert judged_otherwise(seen) == {}
    assert set(seen.reasons().values()) <= {"refused", "out-of-scope"}


def test_z03_full_backlog_gets_no_verdict(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        queue = [socket.socket() for _ in range(4)]
        for waiting in queue:
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        time.sleep(0.05)
        seen = judged(tmp_path, a_target(f"127.0.0.1:{port}"))
        for waiting in queue:
            waiting.close()
    contained(seen)
    assert judged_otherwise(seen) == {}
    assert set(seen.reasons().values()) <= {"connect-timeout", "out-of-scope"}


# Servers that begin well


def turncoat(bad: Handler, good: Callable[[int], bool]) -> Handler:
    """An honest server for the connections that `good` picks by their number, and `bad` for the others."""
    context, respond, numbers = honest_context(), responding(GOOD), itertools.count()

    def handle(stream: socket.socket) -> None:
        if not good(next(numbers)):
            bad(stream)
            return
        with context.wrap_socket(stream, server_side=True) as secured:
            respond(secured)

    return handle


LATE: dict[str, tuple[Handler, set[str]]] = {
    "silence": (silent, {"timeout", "not-observable", "control-failed"}),
    "reset": (resetting, {"reset", "not-observable", "control-failed"}),
    "drip": (
        after_hello(dripping(b"\x16\x03\x03\x3f\x00\x02\x00\x30\x00", b"\3", 0.1)),
        {"timeout", "not-observable", "control-failed"},
    ),
    "http": (answering(OK), {"not-tls", "not-observable", "control-failed"}),
    "alert": (after_hello(answering(alert(2, 80))), {"control-failed", "not-observable", "tls-alert", "tls-record"}),
}


@pytest.mark.parametrize("name", LATE)
def test_server_that_answers_the_control_alone_gets_no_verdict(name: str, tmp_path: Path) -> None:
    """What comes after is no refusal, since the control that should stand behind it fails."""
    handler, reasons = LATE[name]
    with serve(turncoat(handler, lambda number: number < 1), read=False) as server:
        seen = judged(tmp_path, a_target(server.at))
    contained(seen)
    assert judged_otherwise(seen) == {}
    assert {reason for cell, reason in seen.reasons().items() if cell != "TLS-CRT-19"} <= reasons


REFUSALS = (
    "TLS-VER-01",
    "TLS-VER-02",
    "TLS-VER-03",
    "TLS-VER-04",
    "TLS-CIP-01",
    "TLS-CIP-02",
    "TLS-CIP-03",
    "TLS-CIP-04",
)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_z44_flapping_server_is_never_judged_by_a_connection_that_failed(
    share: float, seed: int, tmp_path: Path, alone: dict[str, tuple[Status, str]]
) -> None:
    """Whatever verdict there is, is the one that the same server gets when it does not flap."""
    chance = random.Random(seed)
    plan = [True, *(chance.random() < share for _ in range(300))]
    with serve(turncoat(resetting, plan.__getitem__), read=False) as server:
        seen = judged(tmp_path, a_target(server.at))
    contained(seen)
    wrong = {
        name: (cell.status, cell.reason, cell.detail)
        for name, cell in seen.cells.items()
        if cell.status in (Status.PASS, Status.FAIL, Status.WARNING) and (cell.status, cell.reason) != alone[name]
    }
    assert wrong == {}


# Certificates


def certificates(
    count: int, *, loop: bool = False, names: list[str] | None = None, common_name: str = "x"
) -> list[bytes]:
    """A chain of so many, each issued by the next; with `loop`, the last by the first. Not trusted by anybody."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(min(count, 4))]
    found = []
    for place in range(count):
        key, above = keys[place % len(keys)], (place + 1) % count if loop else place + 1
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name if not place else f"{place}")])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{above}" if above else common_name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(place + 1)
            .not_valid_before(NOW - timedelta(days=1))
            .not_valid_after(NOW + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=place > 0, path_length=None), critical=True)
        )
        if names:
            general = [x509.DNSName._init_without_validation(each) for each in names]
            builder = builder.add_extension(x509.SubjectAlternativeName(general), critical=False)
        signer = keys[(place + 1) % len(keys)]
        found.append(builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.DER))
    return found


CHAINS: dict[str, Callable[[], list[bytes]]] = {
    "z09-loop": lambda: certificates(2, loop=True),
    "z09-500-intermediates": lambda: certificates(500),
    "z09-240-KB": lambda: certificates(9, names=[f"{n}.{'x' * 60}.{'y' * 60}.{'z' * 60}.test" for n in range(120)]),
    "z11-noise": lambda: [os.urandom(5000)],
    "z11-truncated": lambda: [certificates(1)[0][:-20]],
    "z11-trailing": lambda: [certificates(1)[0] + b"\0"],
    "z11-empty-sequence": lambda: [b"\x30\0"],
    "z11-nested": lambda: [b"\x30\x80" * 30_000],
    "z11-unreadable-issuer": lambda: [*certificates(1), b"\x30\x03\x02\x01"],
    "z12-hostile-names": lambda: certificates(
        1,
        names=["a\0b.test", "\x1b[2J.test", "*.", "*.*.test", f"{'l' * 10_000}.test"],
        common_name="\x1b]52;c;x\x07\u202e<script>",
    ),
    "z12-escapes-in-every-name": lambda: certificates(9, names=["\x1b" * 250 for _ in range(100)]),
}


@pytest.mark.parametrize("name", CHAINS)
def test_hostile_chain_is_not_trusted_and_bounds_the_work(name: str, tmp_path: Path) -> None:
    raw = flight(*CHAINS[name]())
    with serve(after_hello(answering(raw)), read=False) as server:
        seen = judged(tmp_path, a_target(server.at))
    contained(seen)
    assert seen.cells["TLS-CRT-01"].status is not Status.PASS
    assert seen.cells["TLS-CRT-02"].status is not Status.PASS
    if name.startswith("z11") and name != "z11-unreadable-issuer":
        mine = [
            cell for number, cell in seen.cells.items() if number.startswith("TLS-CRT") and number not in BY_MANIFEST
        ]
        assert {(cell.status, cell.reason) for cell in mine if cell.requirement != "TLS-CRT-19"} <= {
            (Status.ERROR, "certificate"),
            (Status.ERROR, "not-observable"),
            (Status.NOT_TESTED, "dependency"),
        }


def test_z12_z37_hostile_names_reach_no_report_as_they_are(tmp_path: Path) -> None:
    raw = flight(*CHAINS["z12-hostile-names"]())
    with serve(after_hello(answering(raw)), read=False) as server:
        seen = judged(tmp_path, a_target(server.at))
    assert seen.run
    profile = load_profile("asean")
    texts = {path.name: path.read_text(encoding="utf-8") for path in write_reports([seen.run], profile, tmp_path)}
    texts["terminal"] = render_terminal(matrix_of([seen.run], profile), Shape(width=100, folder=str(tmp_path)))
    assert ".test" in texts["terminal"]
    for name in ("matrix.html", "matrix.csv", "junit.xml", "terminal"):
        text = texts[name]
        raw_ones = [each for each in text if (each < " " and each not in "\r\n\t") or "\x7f" <= each < "\xa0"]
        assert raw_ones == [], name
        assert "\u202e" not in text, name
    assert "<script>" not in texts["matrix.html"]


def test_server_that_repeats_one_answer_is_not_believed(tmp_path: Path) -> None:
    """One ServerHello for every hello: what was not offered is a violation, and no answer to the question."""
    share = b"\0\x2b\0\2\3\4" + b"\0\x33\0\x24\0\x1d\0\x20" + os.urandom(32)
    hello = message(2, b"\3\3" + os.urandom(32) + b"\0\x13\x01\0" + sized(share))
    with serve(after_hello(answering(record(22, hello) + record(23, os.urandom(500)))), read=False) as server:
        seen = judged(tmp_path, a_target(server.at))
    contained(seen)
    assert seen.cells["TLS-VER-14"].status is Status.FAIL
    assert seen.cells["TLS-GRP-07"].status in (Status.FAIL, Status.WARNING)
    undecided = [cell for name, cell in seen.cells.items() if name in REFUSALS]
    assert {(cell.status, cell.reason) for cell in undecided} == {(Status.ERROR, "not-observable")}
    assert not [name for name, cell in seen.cells.items() if name.startswith("TLS-CRT") and cell.status is Status.PASS]


# HTTP behind an honest handshake


def behind_tls(handler: Handler) -> Handler:
    """The handler, after a handshake and a request."""
    context = honest_context()

    def handle(stream: socket.socket) -> None:
        with context.wrap_socket(stream, server_side=True) as secured:
            if secured.recv(65536):
                handler(secured)

    return handle


HEAD = b"HTTP/1.1 200 OK\r\n"
HTTP_ANSWERS: dict[str, tuple[Handler, set[str]]] = {
    "z16-silence": (lambda _: time.sleep(2), {"timeout"}),
    "z17-drip-header": (dripping(HEAD + b"Server: x\r\nX-Long: "), {"timeout"}),
    "z17-cut-header": (answering(HEAD + b"Strict-Transp"), {"closed"}),
    "z18-endless-100": (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), {"too-large"}),
    "z19-101-headers": (answering(HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(101)) + b"\r\n"), {"framing"}),
    "z19-endless-header": (endless(HEAD, b"X: " + b"y" * 1000 + b"\r\n"), {"framing", "too-large"}),
    "z19-escapes": (
        answering(HEAD + b"".join(b"X-%d: %s\r\n" % (n, b"\xff" * 640) for n in range(99)) + b"\r\n"),
        {"too-large"},
    ),
    "z20-two-lengths": (answering(HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), {"framing"}),
    "z20-bare-lf": (answering(b"HTTP/1.1 200 OK\nX: y\n\n"), {"framing"}),
    "z37-control-octets": (answering(HEAD + b"X: \x1b[2J\r\n\r\n"), {"framing"}),
}


@pytest.mark.parametrize("name", HTTP_ANSWERS)
def test_hostile_http_decides_nothing_of_http_and_nothing_of_tls(
    name: str, tmp_path: Path, alone: dict[str, tuple[Status, str]]
) -> None:
    handler, reasons = HTTP_ANSWERS[name]
    with serve(behind_tls(handler), read=False) as server:
        seen = judged(tmp_path, a_target(server.at))
    contained(seen)
    for requirement in ("TLS-HTT-01", "TLS-HTT-02", "TLS-HTT-02-S"):
        cell = seen.cells[requirement]
        assert (cell.status, cell.reason in reasons | {"dependency"}) in (
            (Status.ERROR, True),
            (Status.NOT_TESTED, True),
        ), cell
    same = {n: (c.status, c.reason) for n, c in seen.cells.items() if not n.startswith("TLS-HTT")}
    assert same == {n: found for n, found in alone.items() if not n.startswith("TLS-HTT")}


PLAIN: dict[str, tuple[Handler, str]] = {
    "z02-silence": (silent, "timeout"),
    "z04-reset": (resetting, "reset"),
    "z16-drip": (dripping(HEAD + b"X: "), "timeout"),
    "z06-not-http": (answering(b"SSH-2.0-\x1b[2J\r\n"), "framing"),
    "z31-two-locations": (
        answering(
            b"HTTP/1.1 302 Found\r\nLocation: https://a.test/\r\nLocation: http://b.test/\r\nContent-Length: 0\r\n\r\n"
        ),
        "framing",
    ),
}


@pytest.mark.parametrize("name", PLAIN)
def test_hostile_plain_port_decides_nothing_of_the_redirect(name: str, tmp_path: Path) -> None:
    handler, reason = PLAIN[name]
    with (
        serve(turncoat(silent, lambda _: True), read=False) as server,
        serve(handler, read=name.startswith("z31")) as plain,
    ):
        seen = judged(tmp_path, a_target(server.at, plain_http=plain.at))
    contained(seen)
    cell = seen.cells["TLS-HTT-04"]
    assert (cell.status, cell.reason) == (Status.ERROR, reason)


# The run as a whole


def test_many_hostile_servers_do_not_disturb_an_honest_one(
    tmp_path: Path, alone: dict[str, tuple[Status, str]]
) -> None:
    """Twelve kinds at once, the honest one last in the plan."""
    kinds = list(NOTHING)[::3]
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(serve(NOTHING[name][0], read=False)) for name in kinds]
        neighbour = stack.enter_context(runs.honest())
        targets = [a_target(server.at, f"xb-{n}") for n, server in enumerate(servers)]
        begun = time.monotonic()
        found = runs.run(tmp_path, *targets, neighbour)
        seconds = time.monotonic() - begun
    honest = {cell.requirement: (cell.status, cell.reason) for cell in found.cells if cell.target == HONEST}
    assert honest == alone
    assert seconds < 2 * MOST_SECONDS
    hostile = [cell for cell in found.cells if cell.target != HONEST]
    assert {cell.target for cell in hostile} == {target.id for target in targets}
    assert not [cell for cell in hostile if cell.status in (Status.PASS, Status.FAIL, Status.WARNING)]


def test_no_targets_and_no_evidence_are_no_pass(tmp_path: Path) -> None:
    found = runs.run(tmp_path)
    assert found.cells == ()
