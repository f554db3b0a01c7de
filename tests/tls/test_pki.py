"""The sandbox's certificates: each fault is one defect, and real TLS and the judges agree on which."""

from __future__ import annotations

import json
import ssl
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from conformance.core.model import NotApplicable, Undecided
from conformance.tls import pki
from conformance.tls.evidence import Certificate
from conformance.tls.pki import Material, Pki
from conformance.tls.recipes import CLIENTS, SERVERS
from tests.tls.chains import NAME, authorities, served
from tests.tls.test_certificate_judges import JUDGES, judge

RED = {
    "self-signed": {"TLS-CRT-01"},
    "untrusted-root": {"TLS-CRT-01"},
    "other-name": {"TLS-CRT-02"},
    "cn-only": {"TLS-CRT-02"},
    "expired": {"TLS-CRT-03"},
    "not-yet-valid": {"TLS-CRT-03"},
    "five-days-left": {"TLS-CRT-04"},
    "serial-1": {"TLS-CRT-13"},
    "partial-wildcard": {"TLS-CRT-24"},
    "hostile-names": {"TLS-CRT-24"},
    "long-validity": {"TLS-CRT-05"},
    "rsa1024": {"TLS-CRT-06"},
    "exponent-3": {"TLS-CRT-06-S"},
    "secp256k1": {"TLS-CRT-07"},
    "sha1-chain": {"TLS-CRT-08"},
    "missing-intermediate": {"TLS-CRT-09", "TLS-CRT-01"},
    "shuffled-chain": {"TLS-CRT-09"},
    "root-sent": {"TLS-CRT-09-S"},
    "client-auth-only": {"TLS-CRT-10"},
    "any-eku": {"TLS-CRT-10"},
    "key-encipherment-only": {"TLS-CRT-11"},
    "ca-leaf": {"TLS-CRT-12"},
    "no-sct": {"TLS-CRT-14"},
    "must-staple-unstapled": {"TLS-CRT-15"},
    "stale-staple": {"TLS-CRT-16"},
    "revoked-staple": {"TLS-CRT-16"},
    "no-revocation-pointer": {"TLS-CRT-18"},
    "internal-name": {"TLS-CRT-23"},
    "private-address": {"TLS-CRT-23"},
}
UNDECIDED = {"untrusted-root": {"TLS-CRT-09"}, "many-names": {"TLS-CRT-23", "TLS-CRT-24"}}
STAPLED = {"good-staple", "good-must-staple", "stale-staple", "revoked-staple"}
OPTION = "TLS-CRT-17"
"""A MAY, which asks for a staple and so is turned red by most variants."""
GREEN = set(SERVERS) - set(RED)


def verdicts(material: Material, server_name: str = NAME) -> tuple[set[str], set[str]]:
    """(requirements with a violation, requirements undecided) of what a server would present."""
    private = authorities().private_roots_pem + authorities().public_roots_pem
    chain = served(material, server_name, anchors_pem=private)
    red, undecided = set(), set()
    for requirement in JUDGES:
        try:
            if judge(requirement, Certificate(server_name, (chain,)), datetime.now(UTC)):
                red.add(requirement)
        except Undecided:
            undecided.add(requirement)
        except NotApplicable:
            continue
    return red, undecided


@pytest.mark.parametrize("name", sorted(SERVERS))
def test_each_variant_turns_only_its_own_requirement_red(name: str) -> None:
    material = authorities().variant(name, NAME)
    red, undecided = verdicts(material)
    assert (red - {OPTION}, undecided) == (RED.get(name, set()), UNDECIDED.get(name, set()))
    assert (OPTION not in red) == (name in STAPLED)


def test_every_judge_is_turned_red_by_a_variant() -> None:
    assert set().union(*RED.values()) == set(JUDGES) - {OPTION}
    assert {
        "good",
        "good-rsa",
        "private-root",
        "good-staple",
        "good-must-staple",
        "wildcard",
        "many-names",
    } == GREEN


@pytest.mark.parametrize("server_name", ["localhost", "127.0.0.1", "::1", "a.deep.name.test"])
def test_any_name_or_address_can_be_certified(server_name: str) -> None:
    assert verdicts(authorities().variant("good", server_name), server_name) == ({OPTION}, set())


def test_a_wildcard_needs_a_parent() -> None:
    with pytest.raises(ValueError, match="no wildcard covers localhost"):
        authorities().variant("wildcard", "localhost")


def test_a_variant_is_issued_once_a_name() -> None:
    first = authorities().variant("good", "once.test")
    assert authorities().variant("good", "once.test") is first
    assert authorities().variant("good", "twice.test") is not first


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, server_name: str) -> None:
    """A whole handshake in memory.

    Raises:
        ssl.SSLError: either side refused.
    """
    pipes = [ssl.MemoryBIO() for _ in range(4)]
    sides = [
        client.wrap_bio(pipes[0], pipes[1], server_hostname=server_name),
        server.wrap_bio(pipes[1], pipes[0], server_side=True),
    ]
    done = [False, False]
    for turn in range(20):
        try:
            sides[turn % 2].do_handshake()
            done[turn % 2] = True
        except ssl.SSLWantReadError:
            continue
    assert done == [True, True]


def server_context(material: Material, directory: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    file = directory / "server.pem"
    file.write_bytes(material.key_pem + material.certificate_pem)
    context.load_cert_chain(file)
    return context


def client_context(roots: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=roots.decode())
    return context


REFUSED_BY_OPENSSL = {
    "self-signed",
    "untrusted-root",
    "other-name",
    "expired",
    "not-yet-valid",
    "rsa1024",
    "secp256k1",
    "sha1-chain",
    "missing-intermediate",
    "client-auth-only",
}
# Versions of OpenSSL differ on a common name alone and on keyUsage; 100,000 names are not for a handshake.
NOT_ASKED_OF_OPENSSL = {"cn-only", "key-encipherment-only", "many-names"}


@pytest.mark.parametrize("name", sorted(set(SERVERS) - NOT_ASKED_OF_OPENSSL))
def test_openssl_takes_and_refuses_what_it_should(name: str, tmp_path: Path) -> None:
    """An independent client: it accepts every variant whose defect is none of path, name, date, purpose, strength."""
    roots = authorities().private_roots_pem + authorities().public_roots_pem
    client = client_context(roots)
    client.set_ciphers("DEFAULT:@SECLEVEL=2")
    server = server_context(authorities().variant(name, NAME), tmp_path)
    if name in REFUSED_BY_OPENSSL:
        with pytest.raises(ssl.SSLError):
            handshake(server, client, NAME)
    else:
        handshake(server, client, NAME)


@pytest.mark.parametrize("name", sorted(CLIENTS))
def test_client_certificates_are_what_their_names_say(name: str, tmp_path: Path) -> None:
    server = server_context(authorities().variant("good", NAME), tmp_path)
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_verify_locations(cadata=authorities().client_ca_pem.decode())
    client = client_context(authorities().public_roots_pem)
    file = tmp_path / "client.pem"
    material = authorities().client(name)
    file.write_bytes(material.key_pem + material.certificate_pem)
    client.load_cert_chain(file)
    if name == "trusted":
        handshake(server, client, NAME)
    else:
        with pytest.raises(ssl.SSLError):
            handshake(server, client, NAME)


def test_a_second_start_makes_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Pki.cached(tmp_path / "new" / "folder")
    monkeypatch.setattr(pki, "new_key", lambda name: pytest.fail(f"made a key for {name}"))
    second = Pki.cached(tmp_path / "new" / "folder")
    assert (second.keys, second.authorities, second.created) == (first.keys, first.authorities, first.created)


def test_keys_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    Pki.cached(tmp_path / "kept")
    assert stat.S_IMODE((tmp_path / "kept" / pki.FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o700
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == [pki.FILE, pki.LOCK]


@pytest.mark.parametrize("spoil", ["old", "future", "broken", "other", "missing-key"])
def test_what_is_old_or_not_ours_is_made_anew(spoil: str, tmp_path: Path) -> None:
    """Dates matter to half of the variants, so authorities live for a day."""
    first = Pki.cached(tmp_path)
    file = tmp_path / pki.FILE
    held = json.loads(file.read_text())
    if spoil in ("old", "future"):
        shift = timedelta(days=-1, minutes=-1) if spoil == "old" else timedelta(minutes=5)
        held["created"] = (datetime.now(UTC) + shift).isoformat()
    elif spoil == "missing-key":
        del held["keys"]["rsa1024"]
    file.write_text("{" if spoil == "broken" else "[]" if spoil == "other" else json.dumps(held))
    assert Pki.cached(tmp_path).public_roots_pem != first.public_roots_pem


def test_processes_that_start_at_once_share_their_authorities(tmp_path: Path) -> None:
    code = (
        f"from pathlib import Path; from conformance.tls.pki import Pki; "
        f"print(Pki.cached(Path({str(tmp_path)!r})).public_roots_pem.hex())"
    )
    started = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    printed = {process.communicate(timeout=60)[0] for process in started}
    assert len(printed) == 1
    assert all(process.returncode == 0 for process in started)
