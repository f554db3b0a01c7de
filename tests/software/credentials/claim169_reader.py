"""claim169 behind the harness, with nothing around it but what its interface asks for."""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from typing import Any

import claim169  # type: ignore[import-untyped]

from conformance.wire import jose


def read(given: dict[str, Any]) -> dict[str, Any]:
    """The key that the code's own header names, of the issuer that it names: the library takes one key."""
    if given["format"] != "claim169":
        return {"type": "unsupported", "reason": given["format"]}
    try:
        about = claim169.inspect(given["qr"])
        keys = given["issuers"].get(about.issuer, {"keys": []})["keys"]
        named = [key for key in keys if key["kid"].encode() == bytes(about.key_id or b"")]
        if not named:
            return {"type": "rejected", "code": "key"}
        found = claim169.decode(given["qr"], **options(named[0]))
    except (claim169.Claim169Exception, ValueError):
        return {"type": "rejected", "code": "invalid"}
    data = found.claim169
    claims = {"full_name": data.full_name, "date_of_birth": data.date_of_birth}
    return {"type": "output", "output": {"claims": claims, "issuer": found.cwt_meta.issuer}}


def options(key: dict[str, Any]) -> dict[str, bytes]:
    if key["kty"] == "OKP":
        return {"verify_with_ed25519": jose.member(key, "x")}
    return {"verify_with_ecdsa_p256": b"\x04" + jose.member(key, "x") + jose.member(key, "y")}


def answer(message: dict[str, Any]) -> dict[str, Any]:
    if message["operation"] != "claim169_qr.verify":
        return {"type": "unsupported", "reason": "no such operation"}
    return read(message["input"])


for line in sys.stdin:
    question = json.loads(line)
    if question["type"] == "stop":
        break
    if question["type"] == "start":
        reply = {"type": "started", "protocol": 1, "name": "claim169", "version": version("claim169")}
    else:
        reply = {**answer(question), "seq": question["seq"]}
    sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()
