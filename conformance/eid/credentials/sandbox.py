"""The sandbox's verifier behind the harness: a child process that keeps the contract of `conformance/wire/harness.py`.

`python -m conformance.eid.credentials.sandbox FAULT...` answers every operation of the room; each fault leaves one
check out. It is there to be caught, and is nobody's library.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import IO, Any

from conformance.eid.credentials.checks import Checks, Refused, Unsupported

OPERATIONS: Mapping[str, tuple[str, str]] = {
    "jws.verify": ("sandbox_jws", "jws_verify"),
    "id_token.validate": ("sandbox_jws", "id_token_validate"),
    "dpop.verify": ("sandbox_jws", "dpop_verify"),
    "sd_jwt_vc.verify": ("sandbox_sd_jwt", "sd_jwt_vc_verify"),
    "status_list.check": ("sandbox_status", "status_list_check"),
    "mdoc.verify": ("sandbox_mdoc", "mdoc_verify"),
    "claim169_qr.verify": ("sandbox_qr", "claim169_qr_verify"),
    "vds.verify": ("sandbox_vds", "vds_verify"),
}
"""Operation -> module and function, imported when first asked for."""


def answer(checks: Checks, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to one question, without its number."""
    if operation not in OPERATIONS:
        return {"type": "unsupported", "reason": f"no operation {operation}"}
    module, name = OPERATIONS[operation]
    verify: Callable[[Checks, Mapping[str, Any]], dict[str, Any]]
    verify = getattr(import_module(f"conformance.eid.credentials.{module}"), name)
    try:
        return {"type": "output", "output": verify(checks, given)}
    except Refused as refusal:
        return {"type": "rejected", "code": refusal.code}
    except Unsupported as gap:
        return {"type": "unsupported", "reason": str(gap)}
    except Exception as error:  # noqa: BLE001 - the contract's word for a failure that is our own
        return {"type": "error", "message": f"{type(error).__name__}: {error}"[:300]}


def serve(faults: Sequence[str], lines: IO[str], out: IO[str]) -> None:
    """Answer line by line until `stop`."""
    checks = Checks(frozenset(faults))
    for line in lines:
        message = json.loads(line)
        match message["type"]:
            case "start":
                reply = {"type": "started", "protocol": 1, "name": "sandbox verifier", "version": "1"}
            case "run":
                reply = {**answer(checks, message["operation"], message["input"]), "seq": message["seq"]}
            case _:
                return
        out.write(json.dumps(reply) + "\n")
        out.flush()


if __name__ == "__main__":
    serve(sys.argv[1:], sys.stdin, sys.stdout)
