"""This suite's own validator behind the harness contract: `python -m conformance.payments.iso20022.harness`.

Operation `iso20022.validate`: input `country` and `document` or `document_base64`; output `schema`; rejected with the
first rule that is broken as its code.
"""

from __future__ import annotations

import base64
import binascii
import json
import sys
from typing import IO, Any

from conformance import __version__
from conformance.core.profile import load_profile
from conformance.payments.iso20022.validate import Terms, terms_of, validate

OPERATION = "iso20022.validate"


def serve(lines: IO[str], out: IO[str]) -> None:
    """Answer each line until `stop` or the end."""
    terms = terms_of(load_profile("asean").requirements)
    for line in lines:
        message = json.loads(line)
        if message["type"] == "stop":
            return
        out.write(json.dumps(answer(message, terms)) + "\n")
        out.flush()


def answer(message: dict[str, Any], terms: Terms) -> dict[str, Any]:
    """The answer to one message."""
    if message["type"] == "start":
        return {"type": "started", "protocol": 1, "name": "asean-conformance", "version": __version__}
    seq = message["seq"]
    if message["operation"] != OPERATION:
        return {"type": "unsupported", "seq": seq, "reason": "no such operation"}
    try:
        octets = octets_of(message["input"])
    except (KeyError, binascii.Error) as error:
        return {"type": "error", "seq": seq, "message": f"no document: {error}"}
    verdict = validate(octets, str(message["input"].get("country", "")), terms)
    if verdict.accepted:
        return {"type": "output", "seq": seq, "output": {"schema": verdict.schema}}
    return {"type": "rejected", "seq": seq, "code": verdict.broken[0].rule}


def octets_of(given: dict[str, Any]) -> bytes:
    """The document of an input."""
    if "document_base64" in given:
        return base64.b64decode(given["document_base64"], validate=True)
    return str(given["document"]).encode("utf-8", "surrogatepass")


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)
