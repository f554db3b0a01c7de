"""A declared command answers the signature cases of the vectors through the harness. It never knows what is due."""

from __future__ import annotations

import json
from pathlib import Path

from conformance.core.paths import vectors_dir
from conformance.payments.fspiop.evidence import Vector
from conformance.payments.fspiop.session import Session
from conformance.wire.harness import Harness, Limits

OPERATION = "fspiop.verify"


def vectors_of(session: Session) -> tuple[Vector, ...]:
    """Its answer to each case. It is given the request and the public key of its source, in PEM.

    Raises:
        Undecided: the command does not start, or does not keep the contract.
    """
    settings = session.service.settings
    folder = vectors_dir() / "payments"
    cases = json.loads((folder / "fspiop.json").read_bytes())["cases"]
    key = _public(json.loads((folder / "keys.json").read_bytes())["rsa_private"])
    limits = Limits(run_seconds=float(settings.get("run_seconds", 5.0)))
    found = []
    place = Path(session.target.path).parent
    with Harness(settings["command"], place, limits, passed=settings.get("environment", ())) as harness:
        for case in cases:
            if case["operation"] != OPERATION:
                continue
            reply = harness.run(OPERATION, {**case["input"], "public_key": key})
            found.append(
                Vector(case["id"], case["result"], case.get("control", ""), case["notes"], reply.word, reply.text[:300])
            )
    return tuple(found)


def _public(pem: str) -> str:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - when looking alone

    key = serialization.load_pem_private_key(pem.encode(), None).public_key()
    octets = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return octets.decode()
