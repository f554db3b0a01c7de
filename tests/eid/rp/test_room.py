"""The room end to end: manifests, logins, evidence, verdicts; what a relying party does to us; what must never pass."""

from __future__ import annotations

import contextlib
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.commands.prepare import Request
from conformance.commands.proof import prove
from conformance.commands.run import execute
from conformance.core.area import Kit, Stand
from conformance.core.errors import ConfigError
from conformance.core.model import Status
from conformance.core.network import Limits
from conformance.core.target import load_target
from conformance.eid.rp.sandbox import Registered, RelyingParty
from conformance.eid.rp.stage import stage
from conformance.sandbox import Sandbox, Spec, below, keys_folder, server_context
from conformance.wire import serving
from conformance.wire.own_tls import own_certificate
from conformance.wire.serving import Response, reserved, serve
from tests.eid.rp.manifests import cells_of, manifest_text

COUNT = 20
QUICK = Limits(connect_seconds=2.0, read_seconds=2.0, total_seconds=3.0)


@contextlib.contextmanager
def party(folder: Path, *faults: str, policy: str = "good") -> Iterator[dict[str, Any]]:
    """A sandbox's relying party, and the keys of its manifest."""
    place = folder / "rp"
    place.mkdir()
    kit = Kit(place, keys_folder(), folder / "roots.pem", server_context, lambda *_: None)
    with Sandbox([], folder), stage(Stand("xa-rp", "XA", "rp", "relying-party", policy, faults), kit) as keys:
        yield {**below("rp", keys), "trust": "roots.pem"}


@contextlib.contextmanager
def site(respond: serving.Respond, folder: Path) -> Iterator[dict[str, Any]]:
    """A web site of our own, and the keys of a manifest that calls it a relying party."""
    certificate, key = own_certificate()
    (folder / "c.pem").write_bytes(certificate)
    (folder / "k.pem").write_bytes(key)
    with reserved() as listen, serve(respond, None) as port:
        yield {
            "initiate_login_uri": f"http://localhost:{port}/login",
            "redirect_uri": f"http://localhost:{port}/callback",
            "marker": {"url": f"http://localhost:{port}/home", "text": "Signed in as"},
            "callback": {
                "listen": listen,
                "issuer": f"https://localhost:{listen.rpartition(':')[2]}",
                "tls": {"certificate": "file:c.pem", "key": "file:k.pem"},
            },
        }


@pytest.mark.parametrize("policy", ["good", "pushed"])
def test_conforming_relying_parties_are_green(tmp_path: Path, policy: str) -> None:
    stands = (Stand("xa-rp", "XA", "rp", "relying-party", policy),)
    with Sandbox([Spec("xa-rp", "XA", "rp", stands)]) as sandbox:
        ran = execute(Request(out=tmp_path / "run"), sandbox.door(), sandbox.targets, front="loop", quiet=True)
    bad = [(c.requirement, c.status, c.detail, c.violations) for c in ran.run.cells if c.status is not Status.PASS]
    assert bad == []
    assert len(ran.run.cells) == COUNT


def octets_in(path: Path) -> bytes:
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def test_evidence_holds_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    verifier = RelyingParty._tokens

    def noted(self: RelyingParty, provider: Registered, code: str, verifier_: str) -> Any:
        sent.extend((code, verifier_, self.client_secret))
        return verifier(self, provider, code, verifier_)

    monkeypatch.setattr(RelyingParty, "_tokens", noted)
    with party(tmp_path) as keys:
        cells_of(tmp_path, keys, only=("EID-RP-05",))
    written = b"".join(octets_in(path) for path in (tmp_path / "run").rglob("*") if path.is_file())
    assert b"control-first" in written
    assert len(sent) == 9
    assert [text for text in sent if text.encode() in written] == []


def test_without_callback_nothing_is_tested(tmp_path: Path) -> None:
    with party(tmp_path) as keys:
        del keys["callback"]
        cells = cells_of(tmp_path, keys)
    assert {(cell.status, cell.reason) for cell in cells.values()} == {(Status.NOT_TESTED, "no-callback")}
    assert len(cells) == COUNT


def test_address_that_cannot_be_listened_on_is_no_callback(tmp_path: Path) -> None:
    with party(tmp_path) as keys:
        keys["callback"]["listen"] = "192.0.2.1:9443"
        cells = cells_of(tmp_path, keys, only=("EID-RP-04",))
    assert cells["EID-RP-04"].reason == "no-callback"
    assert "cannot listen" in cells["EID-RP-04"].detail


def test_without_second_issuer_its_metadata_are_not_tested(tmp_path: Path) -> None:
    with party(tmp_path) as keys:
        del keys["callback"]["second_issuer"]
        cells = cells_of(tmp_path, keys, only=("EID-RP-01", "EID-RP-12"))
    assert (cells["EID-RP-01"].status, cells["EID-RP-01"].reason) == (Status.NOT_TESTED, "unsupported")
    assert cells["EID-RP-12"].status is Status.PASS


def test_remote_relying_party_needs_an_authorisation(tmp_path: Path) -> None:
    with party(tmp_path) as keys:
        keys |= {"initiate_login_uri": "https://portal.example/login"}
        cells = cells_of(tmp_path, keys)
    assert {cell.reason for cell in cells.values()} == {"not-authorised"}


STARTER = """
import json, sys
from urllib.parse import quote
issuer = json.loads(sys.stdin.readline())["iss"]
print(sys.argv[1] + "?iss=" + quote(issuer, safe=""), flush=True)
"""


def test_login_is_started_by_a_command(tmp_path: Path) -> None:
    (tmp_path / "start.py").write_text(STARTER, encoding="utf-8")
    with party(tmp_path, "rp-alg-none") as keys:
        start = keys.pop("initiate_login_uri")
        keys["command"] = [sys.executable, "start.py", start]
        cells = cells_of(tmp_path, keys, only=("EID-RP-12", "EID-RP-16"))
    assert cells["EID-RP-12"].status is Status.FAIL
    assert cells["EID-RP-16"].status is Status.PASS


@pytest.mark.parametrize("body", ["import sys; sys.exit(3)", "print('x' * 20000)", "print('http://192.0.2.1/')"])
def test_command_that_starts_nothing_is_an_error(tmp_path: Path, body: str) -> None:
    (tmp_path / "start.py").write_text(body, encoding="utf-8")
    with party(tmp_path) as keys:
        del keys["initiate_login_uri"]
        keys["command"] = [sys.executable, "start.py"]
        cells = cells_of(tmp_path, keys, only=("EID-RP-12",))
    assert cells["EID-RP-12"].status is Status.ERROR
    assert cells["EID-RP-12"].reason in ("harness", "not-observable")


def html(text: str) -> Response:
    return Response(200, text.encode(), {"Content-Type": "text/html"})


def endless() -> Iterator[bytes]:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        yield b"x" * 10
        time.sleep(0.2)


@pytest.mark.parametrize(
    ("login", "reason", "says"),
    [
        (lambda _: html("a page"), "not-observable", "no authorization request came"),
        (lambda _: Response(302, b"", {"Location": "https://elsewhere.example/"}), "not-observable", "elsewhere"),
        (lambda _: Response(302, b"", {"Location": "/login"}), "not-observable", "redirects"),
        (lambda _: Response(200, pieces=endless()), "timeout", ""),
        (lambda _: html("x" * 5_000_000), "too-large", ""),
    ],
)
def test_login_that_is_never_started_is_an_error_within_bounds(
    tmp_path: Path, login: serving.Respond, reason: str, says: str
) -> None:
    began = time.monotonic()
    with site(lambda request: login(request) if request.path == "/login" else html("nobody"), tmp_path) as keys:
        cells = cells_of(tmp_path, keys, limits=QUICK)
    assert {(cell.status, cell.reason) for cell in cells.values()} == {(Status.ERROR, reason)}
    assert says in cells["EID-RP-12"].detail
    assert time.monotonic() - began < 20


def asking(keys: dict[str, Any], callback: serving.Respond, home: str = "nobody", **changes: str) -> serving.Respond:
    """A site that sends a request to us at once, and does nothing with the answer but `callback`."""

    def respond(request: serving.Request) -> Response:
        if request.path == "/login":
            params = {"response_type": "code", "client_id": "x", "redirect_uri": keys["redirect_uri"], **changes}
            query = "&".join(f"{name}={value}" for name, value in params.items())
            return Response(302, b"", {"Location": f"{keys['callback']['issuer']}/authorize?{query}"})
        return callback(request) if request.path == "/callback" else html(home)

    return respond


@pytest.mark.parametrize(
    ("callback", "home", "changes", "comes_to"),
    [
        (lambda _: html("welcome"), "nobody", {}, (Status.ERROR, "control-failed")),  # it never asks for the token
        (lambda _: Response(500), "nobody", {}, (Status.ERROR, "control-failed")),
        (lambda _: html("welcome"), "Signed in as ghost", {}, (Status.ERROR, "control-failed")),  # without a login
        (lambda _: Response(200, pieces=endless()), "nobody", {}, (Status.ERROR, "timeout")),
        (lambda _: html(""), "nobody", {"redirect_uri": "http://localhost:1/x"}, (Status.ERROR, "out-of-scope")),
        (lambda _: html(""), "nobody", {"response_type": "id_token"}, (Status.NOT_TESTED, "unsupported")),
        (lambda _: html(""), "nobody", {"response_mode": "fragment"}, (Status.NOT_TESTED, "unsupported")),
    ],
)
def test_callback_that_comes_to_nothing_is_no_pass(
    tmp_path: Path, callback: serving.Respond, home: str, changes: dict[str, str], comes_to: tuple[Status, str]
) -> None:
    keys: dict[str, Any] = {}

    def respond(request: serving.Request) -> Response:
        return asking(keys, callback, home, **changes)(request)

    with site(respond, tmp_path) as given:
        keys |= given
        keys["answer_seconds"] = 2
        cells = cells_of(tmp_path, keys, limits=QUICK)
    assert {(cell.status, cell.reason) for cell in cells.values()} == {comes_to}


def test_site_that_logs_everybody_in_is_red_and_never_green(tmp_path: Path) -> None:
    """It does not ask for tokens, and shows the marker to whoever came by its callback."""
    keys: dict[str, Any] = {}

    def respond(request: serving.Request) -> Response:
        if request.path == "/callback":
            return Response(303, b"", {"Location": "/home", "Set-Cookie": "in=1; Path=/"})
        if request.path == "/home":
            return html("Signed in as you" if "in=1" in request.fields.get("cookie", "") else "nobody")
        return asking(keys, lambda _: html(""))(request)

    with site(respond, tmp_path) as given:
        keys |= given
        cells = cells_of(tmp_path, keys)
    green = {name for name, cell in cells.items() if cell.status is Status.PASS}
    assert green == set()
    assert cells["EID-RP-12"].status is Status.FAIL


def test_strangers_at_our_provider_get_nothing(tmp_path: Path) -> None:
    import requests  # noqa: PLC0415

    found: list[int] = []
    keys: dict[str, Any] = {}

    def respond(request: serving.Request) -> Response:
        if request.path == "/login" and not found:
            issuer, verify = keys["callback"]["issuer"], str(tmp_path / "c.pem")
            for method, path, data in (
                ("POST", "/token", {"grant_type": "authorization_code", "code": "guessed"}),
                ("GET", "/userinfo", None),
                ("GET", "/admin", None),
            ):
                found.append(requests.request(method, issuer + path, data=data, verify=verify, timeout=5).status_code)
        return html("nobody")

    with site(respond, tmp_path) as given:
        keys |= given
        cells_of(tmp_path, keys, only=("EID-RP-12",))
    assert found == [400, 401, 404]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"marker": {"url": "https://localhost/home"}}, "marker"),
        ({"marker": {"url": "https://localhost/home", "status": 403}}, "status"),
        ({"redirect_uri": "javascript:alert(1)"}, "redirect_uri"),
        ({"command": "start"}, "command"),
        ({"client_secret": "no reference"}, "client_secret"),
        ({"id_token_signed_response_alg": "none"}, "alg"),
    ],
)
def test_manifests_are_held_against_their_schema(tmp_path: Path, change: dict[str, Any], where: str) -> None:
    keys: dict[str, Any] = {
        "redirect_uri": "https://localhost/cb",
        "marker": {"url": "https://localhost/", "text": "in as"},
    }
    (tmp_path / "manifest.toml").write_text(manifest_text({**keys, **change}), encoding="utf-8")
    with pytest.raises(ConfigError, match=where):
        load_target(tmp_path / "manifest.toml")


def test_some_faults_here_and_all_of_them_in_test_faults() -> None:
    for proof in prove(["rp-nonce", "rp-kid", "rp-waits-for-ever"]):
        assert proof.caught, proof.trouble


def test_login_that_nothing_starts_is_left_to_people(tmp_path: Path) -> None:
    with party(tmp_path) as keys:
        del keys["initiate_login_uri"]
        cells = cells_of(tmp_path, keys, only=("EID-RP-12",))
    assert (cells["EID-RP-12"].status, cells["EID-RP-12"].reason) == (Status.NOT_TESTED, "manual")


@pytest.mark.parametrize("spoil", ["certificate", "key"])
def test_certificate_of_ours_that_is_none_is_a_missing_credential(tmp_path: Path, spoil: str) -> None:
    with party(tmp_path) as keys:
        (tmp_path / "other").write_text("nothing of the kind", encoding="utf-8")
        keys["callback"]["tls"][spoil] = "file:other"
        cells = cells_of(tmp_path, keys, only=("EID-RP-12",))
    assert (cells["EID-RP-12"].status, cells["EID-RP-12"].reason) == (Status.NOT_TESTED, "no-credential")


def test_algorithm_that_is_not_registered_is_named_in_the_control(tmp_path: Path) -> None:
    with party(tmp_path) as keys:
        keys["id_token_signed_response_alg"] = "PS256"
        cells = cells_of(tmp_path, keys, only=("EID-RP-12",))
    assert cells["EID-RP-12"].reason == "control-failed"
    assert "PS256" in cells["EID-RP-12"].detail
