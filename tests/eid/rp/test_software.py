"""Authlib as a relying party, as its documentation has it for Flask; what it does differently was read in its source.

Version 1.9.10 (`authlib/integrations/base_client/sync_openid.py`, `flask_client/apps.py`). What is said here holds for
that code in that use; an application can check more than the library does.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.core.model import Status
from conformance.eid.trust import LEVEL_URI
from conformance.wire.own_tls import own_certificate
from tests.eid.rp.manifests import cells_of

ABSENT = [name for name in ("authlib", "flask") if importlib.util.find_spec(name) is None]
pytestmark = [
    pytest.mark.software,
    pytest.mark.skipif(bool(ABSENT), reason=f"not installed: {', '.join(ABSENT)}"),
]

EXPECTED: dict[str, tuple[Status, str]] = {
    "EID-RP-01": (Status.FAIL, 'the ID token is held against metadata["issuer"], and that against nothing'),
    "EID-RP-02": (Status.FAIL, "the parameter iss of the authorization response is not read"),
    "EID-RP-03": (Status.WARNING, "as EID-RP-02"),
    "EID-RP-08": (
        Status.WARNING,
        "aud must contain the client id; further values are not looked at. A wrong azp is refused",
    ),
    "EID-RP-17": (
        Status.NOT_APPLICABLE,
        "the documented use takes the claims of the ID token and asks for no UserInfo",
    ),
    "EID-RP-18": (Status.FAIL, "acr is left to the application, and this one compares nothing"),
    "EID-RP-19": (
        Status.WARNING,
        "requests, which it rests on, bounds the wait for each octet and not for the whole answer",
    ),
}
"""Requirement -> status and why, where it is not `pass`."""


def expected(requirement: str) -> Status:
    return EXPECTED.get(requirement, (Status.PASS, ""))[0]


@contextlib.contextmanager
def authlib(folder: Path, **settings: Any) -> Iterator[dict[str, Any]]:
    """The application as a process of its own, and the keys of its manifest."""
    for name, pem in zip(("c.pem", "k.pem"), own_certificate(), strict=True):
        (folder / name).write_bytes(pem)
    ports = []
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            holder = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            ports.append(holder.getsockname()[1])
    origin, issuer = (f"https://localhost:{port}" for port in ports)
    given = {
        "issuers": [issuer, f"{issuer}/second"],
        "client_secret": "a secret of nobody's, long enough for HS256",
        "origin": origin,
        "acr": f"{LEVEL_URI}substantial",
        "userinfo": False,
        "certificate": str(folder / "c.pem"),
        "key": str(folder / "k.pem"),
        "port": ports[0],
        **settings,
    }
    (folder / "app.json").write_text(json.dumps(given), encoding="utf-8")
    app = Path(__file__).with_name("rp_app.py")
    environment = {**os.environ, "REQUESTS_CA_BUNDLE": str(folder / "c.pem")}
    with subprocess.Popen(
        [sys.executable, str(app), str(folder / "app.json")], stdout=subprocess.PIPE, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield {
                "initiate_login_uri": f"{origin}/login",
                "redirect_uri": f"{origin}/callback",
                "marker": {"url": f"{origin}/home", "text": "Signed in as"},
                "trust": "c.pem",
                "callback": {
                    "listen": f"127.0.0.1:{ports[1]}",
                    "issuer": issuer,
                    "second_issuer": f"{issuer}/second",
                    "tls": {"certificate": "file:c.pem", "key": "file:k.pem"},
                },
                "id_token_signed_response_alg": "ES256",
                "answer_seconds": 6,
            }
        finally:
            process.kill()


def test_authlib_comes_out_as_its_source_says(tmp_path: Path) -> None:
    with authlib(tmp_path) as keys:
        cells = cells_of(tmp_path, keys)
    found = {id_: cell.status for id_, cell in cells.items()}
    assert found == {id_: expected(id_) for id_ in found}, [
        (cell.requirement, cell.status, cell.detail, cell.violations)
        for cell in cells.values()
        if cell.status is not expected(cell.requirement)
    ]
    assert len(found) == 20
    assert [each.message for each in cells["EID-RP-08"].violations] == [
        "logs in on an ID token for it and an unknown client"
    ]


def test_application_that_merges_userinfo_unseen_is_red(tmp_path: Path) -> None:
    """OpenID Connect Core section 5.3.2 leaves the comparison to who uses UserInfo; this application makes none."""
    with authlib(tmp_path, userinfo=True) as keys:
        cells = cells_of(tmp_path, keys, only=("EID-RP-17",))
    assert cells["EID-RP-17"].status is Status.FAIL
