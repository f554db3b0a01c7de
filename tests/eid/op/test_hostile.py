"""Whatever an issuer answers, the run ends in bounded time and memory with a reason, and nothing turns red for it."""

from __future__ import annotations

import json
import resource
import time
import zlib
from pathlib import Path

import pytest

from conformance.core.area import Job, Observed
from conformance.core.model import Reason, Service, Target
from conformance.core.network import Door
from conformance.eid.op import observe
from conformance.eid.op.jwe import Unreadable, decrypt
from conformance.eid.op.settings import Client
from conformance.wire.jose import b64
from conformance.wire.jws import new_key
from tests.eid.op.hostile import Answer, document, door, endless, look, plain, serve

METADATA = "/.well-known/openid-configuration"
KEY = {**new_key().public_jwk, "use": "sig", "alg": "ES256"}

DOCUMENTS: dict[str, tuple[Answer, Reason]] = {
    "html": (plain(b"<html><p>Welcome</p></html>", "text/html"), Reason.JSON),
    "gigabyte": (endless("application/json", b'{"issuer":"', b"x" * 65_536), Reason.TOO_LARGE),
    "says-gigabyte": (plain(b"{", Content_Length="1073741824"), Reason.TOO_LARGE),
    "endless-whitespace": (endless("application/json", b"", b" " * 4096), Reason.TOO_LARGE),
    "nested": (plain(b"[" * 100_000), Reason.JSON),
    "duplicate-members": (plain(b'{"issuer":"https://a","issuer":"https://b"}'), Reason.JSON),
    "not-a-number": (plain(b'{"issuer":NaN}'), Reason.JSON),
    "a-list": (plain(b"[1]"), Reason.JSON),
    "not-utf-8": (plain(b'{"issuer":"\xff"}'), Reason.JSON),
    "long-integer": (plain(b'{"n":' + b"9" * 5000 + b"}"), Reason.JSON),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_metadata_that_cannot_be_read_is_an_error(name: str, tmp_path: Path) -> None:
    answer, reason = DOCUMENTS[name]
    begin, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with serve({METADATA: answer}) as issuer:
        observed = look(issuer, tmp_path, "jwks", "token:answer")
    assert observed.failures["jwks"][0] is reason
    assert observed.failures["token"][0] is reason
    assert not observed.records.get("jwks")
    assert time.monotonic() - begin < 6
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64_000


def test_the_benign_twin_is_read(tmp_path: Path) -> None:
    keys = plain(json.dumps({"keys": [{**KEY, "kid": "a"}]}).encode())
    with serve({METADATA: document(), "/jwks": keys}) as issuer:
        observed = look(issuer, tmp_path, "discovery", "jwks")
    assert observed.failures == {}
    assert observed.records["discovery"].metadata["issuer"] == issuer
    assert observed.records["jwks"].count == 1


def test_fifty_redirects_are_not_followed(tmp_path: Path) -> None:
    def again(handler: object, issuer: str) -> None:
        handler.server.hops = getattr(handler.server, "hops", 0) + 1  # type: ignore[attr-defined]
        plain(b"", status=302, Location=f"{issuer}/r{handler.server.hops}")(handler, issuer)  # type: ignore[attr-defined,arg-type]

    with serve({"*": again}) as issuer:
        observed = look(issuer, tmp_path, "discovery")
    assert observed.failures["discovery"][0] is Reason.NOT_OBSERVABLE
    assert "redirects" in observed.failures["discovery"][1]


def test_a_redirect_to_another_host_is_not_followed(tmp_path: Path) -> None:
    with serve({METADATA: plain(b"", status=302, Location="https://127.0.0.1:1/x")}) as issuer:
        observed = look(issuer, tmp_path, "discovery")
    assert observed.failures["discovery"][0] is Reason.OUT_OF_SCOPE


def test_a_silent_issuer_times_out(tmp_path: Path) -> None:
    def silent(*_: object) -> None:
        time.sleep(4)

    begin = time.monotonic()
    with serve({METADATA: silent}) as issuer:
        observed = look(issuer, tmp_path, "discovery")
        elapsed = time.monotonic() - begin
    assert observed.failures["discovery"][0] is Reason.TIMEOUT
    assert elapsed < 3.5


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(
            json.dumps({"keys": [{**KEY, "kid": str(n)} for n in range(10_000)]}).encode(),
            Reason.TOO_LARGE,
            id="10000-keys",
        ),
        pytest.param(b'{"keys":[{"kty":"EC","kty":"RSA"}]}', Reason.JSON, id="duplicate-members"),
        pytest.param(b'{"keys":' + b"[" * 100_000, Reason.JSON, id="nested"),
        pytest.param(b"<html>", Reason.JSON, id="html"),
        pytest.param(b'{"keys":{}}', Reason.JSON, id="no-list"),
    ],
)
def test_keys_that_cannot_be_read_are_an_error(body: bytes, reason: Reason, tmp_path: Path) -> None:
    with serve({METADATA: document(), "/jwks": plain(body)}) as issuer:
        observed = look(issuer, tmp_path, "jwks", "discovery")
    assert observed.failures["jwks"][0] is reason
    assert observed.records["discovery"].metadata


def test_strange_keys_leave_rows_of_facts(tmp_path: Path) -> None:
    odd = [
        1,
        None,
        "x",
        {},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "RSA", "n": "!", "e": 3},
        {"kid": 5},
    ]
    with serve({METADATA: document(), "/jwks": plain(json.dumps({"keys": odd}).encode())}) as issuer:
        observed = look(issuer, tmp_path, "jwks")
    assert len(observed.records["jwks"].keys) == len(odd)


def test_endpoints_elsewhere_are_not_dialled(tmp_path: Path) -> None:
    elsewhere = document(token_endpoint="https://10.0.0.1/token", jwks_uri="https://192.0.2.1/jwks")
    with serve({METADATA: elsewhere}) as issuer:
        observed = look(issuer, tmp_path, "discovery:places", "jwks", "cors")
    assert observed.failures["jwks"][0] is Reason.OUT_OF_SCOPE
    assert observed.records["discovery"].places["token_endpoint"].reason == "out-of-scope"
    assert observed.failures["cors"][0] is Reason.OUT_OF_SCOPE


LOGIN = [{"fields": {"user": "erika"}}]
CLIENT = {"id": "suite", "auth": "none", "redirect_uri": "https://rp.example/cb", "scope": "openid"}

PAGES: dict[str, tuple[Answer, str]] = {
    "endless": (endless("text/html", b"<html>", b"<p>" * 4096), "octets on the wire"),
    "loop": (
        plain(b'<form method="post" action="/authorize"><input name="user"></form>', "text/html"),
        "repeat themselves",
    ),
    "no-form": (plain(b"<p>Hello</p>", "text/html"), "no step of login answers"),
    "leaves": (plain(b"", status=302, Location="https://elsewhere.example/x?code=1"), "login_origins"),
    "unknown-client": (plain(b"<p>unknown client</p>", "text/html", status=400), "check client.id"),
    "posts-away": (
        plain(b'<form method="post" action="https://debug.example/collect"><input name="user"></form>', "text/html"),
        "no declared origin",
    ),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_login_that_does_not_end_says_what_to_mend(name: str, tmp_path: Path) -> None:
    answer, advice = PAGES[name]
    keys = plain(json.dumps({"keys": [{**KEY, "kid": "a"}]}).encode())
    with serve({METADATA: document(), "/jwks": keys, "/authorize": answer}) as issuer:
        observed = look(issuer, tmp_path, "token:answer", "jwks", login=LOGIN, client=CLIENT)
    assert advice in observed.failures["token"][1]
    assert isinstance(observed.failures["token"][0], Reason)
    assert observed.records["jwks"].count == 1


def test_a_compressed_token_is_not_decompressed() -> None:
    header = b64(json.dumps({"alg": "ECDH-ES", "enc": "A256GCM", "zip": "DEF"}).encode())
    bomb = b64(zlib.compress(b"0" * 10_000_000))
    with pytest.raises(Unreadable, match="zip"):
        decrypt(f"{header}..{b64(b'iv')}.{bomb}.{b64(b'tag')}", Client("a", "none", "https://rp.example"))


def test_a_defect_on_one_provider_does_not_lose_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = observe.observe_one

    def broken(job: Job, door: Door) -> Observed:
        if job.target.id == "xa-1":
            raise ZeroDivisionError("a token")
        return honest(job, door)

    monkeypatch.setattr(observe, "observe_one", broken)
    with serve({METADATA: document()}) as issuer:
        service = Service("op", "openid-provider", settings={"issuer": issuer})
        jobs = [Job(Target(f"xa-{n}", "XA", "x", (service,)), service, frozenset({"discovery"})) for n in range(9)]
        found = {each.job.target.id: each for each in observe.observe(jobs, door(tmp_path))}
    assert len(found) == 9
    assert found["xa-1"].failures == {"discovery": (Reason.INTERNAL, "the observer broke: ZeroDivisionError")}
    assert [name for name, each in found.items() if each.failures] == ["xa-1"]
