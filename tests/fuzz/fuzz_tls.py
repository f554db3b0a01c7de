"""The readers of what TLS endpoints say, under coverage-guided fuzzing: anything but our own error is a crash.

atheris is not among the test dependencies; it is run by hand, from the checkout, with as much time as there is:

    python -m pip install atheris
    python -m tests.fuzz.fuzz_tls                          # all readers, until stopped
    python -m tests.fuzz.fuzz_tls -max_total_time=60       # a minute
    python -m tests.fuzz.fuzz_tls CORPUS -runs=1000000     # keeps what it finds in the folder CORPUS

The first byte of an input says which reader gets the rest. `python -m tests.fuzz.fuzz_tls --seeds FOLDER` writes inputs
to begin with. tests/tls/test_parse.py holds the same promises against hypothesis in every test run.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

from conformance.core.model import Undecided
from conformance.tls.answers import answer
from conformance.tls.caa import issuer_domain, organisations, permission
from conformance.tls.certificate_facts import Unreadable, facts, read
from conformance.tls.client_hello import parse_client_hello, read_opening
from conformance.tls.evidence import CaaRecord
from conformance.tls.flight_hello import parse_server_hello
from conformance.tls.hello import template
from conformance.tls.hsts import HstsError, parse_hsts
from conformance.tls.parse import ParseError, parse_reply
from conformance.tls.probes import PROBES
from conformance.wire.strict_json import strict_json
from tests.tls.answers import SEEDS

TEMPLATES = [template(hello) for hello in PROBES.values()]


def replies(data: bytes) -> None:
    """What a server says in clear, and what is written of it."""
    probe, data = data[:1], data[1:]
    found = parse_reply(data, eof=bool(probe and probe[0] & 1))
    if found is not None:
        answer(found, TEMPLATES[probe[0] % len(TEMPLATES) if probe else 0], controlled=True)


def certificate(data: bytes) -> None:
    """One certificate and what it says."""
    facts(read(data))


def hellos(data: bytes) -> None:
    """Hellos as the sandbox and the flight readers see them."""
    read_opening(data)
    parse_client_hello(data)
    parse_server_hello(data)


def texts(data: bytes) -> None:
    """Header values and CAA records."""
    text = data.decode("utf-8", "replace")
    issuer_domain(text)
    organisations(text)
    permission([CaaRecord(len(data) % 256, text[:10], text)], wildcard=False)
    parse_hsts(text)


def json(data: bytes) -> None:
    """Documents, strictly."""
    strict_json(data, 64, 10_000)


READERS: tuple[Callable[[bytes], None], ...] = (replies, certificate, hellos, texts, json)
OURS = (ParseError, Unreadable, HstsError, Undecided, ValueError)
"""ValueError is what `parse_server_hello` documents; the others' own errors are subclasses of it or stand here."""


def one_input(data: bytes) -> None:
    """Give an input to its reader."""
    if not data:
        return
    reader = READERS[data[0] % len(READERS)]
    try:
        reader(data[1:])
    except OURS as error:
        if type(error) in (ValueError, UnicodeError) and reader is not hellos:
            raise


def seeds() -> dict[str, bytes]:
    """Inputs to begin with."""
    found = {f"reply-{number}": b"\0\0" + raw for number, raw in enumerate(SEEDS)}
    found |= {
        "hsts": b'\3max-age="63072000"; includeSubDomains',
        "caa": b"\3ca.example; account=1",
        "json": b'\4{"a":[1]}',
    }
    return found


def main(arguments: list[str]) -> None:
    """Write seeds, or fuzz until stopped."""
    if arguments[1:2] == ["--seeds"]:
        folder = Path(arguments[2])
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in seeds().items():
            (folder / name).write_bytes(data)
        return
    atheris = importlib.import_module("atheris")  # by hand only, see above
    atheris.instrument_all()
    atheris.Setup(arguments, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
