"""Write the vectors: `python -m tests.eid.credentials.make`. The same code always writes the same files."""

from __future__ import annotations

import json
from typing import Any

from conformance.core.paths import vectors_dir
from tests.eid.credentials.make import dpop, id_token, jose, mdoc, qr, sd_jwt, status, vds

FILES = {
    "jws": jose,
    "id-token": id_token,
    "dpop": dpop,
    "sd-jwt-vc": sd_jwt,
    "mdoc": mdoc,
    "status-list": status,
    "identity-qr": qr,
    "digital-seal": vds,
}


def texts() -> dict[str, str]:
    return {name: written(module.make()) for name, module in FILES.items()}


def written(data: dict[str, Any]) -> str:
    """One case a line, so that a change of one case is a change of one line."""
    groups = data["groups"]
    head = json.dumps({**data, "groups": []}, indent=1, ensure_ascii=False)
    parts = []
    for group in groups:
        cases = ",\n   ".join(json.dumps(case, ensure_ascii=False) for case in group["cases"])
        parts.append(
            f'  {{"id": {json.dumps(group["id"])}, "says": {json.dumps(group["says"])}, "cases": [\n   {cases}\n  ]}}'
        )
    return head.replace('"groups": []', '"groups": [\n' + ",\n".join(parts) + "\n ]") + "\n"


if __name__ == "__main__":
    for name, text in texts().items():
        (vectors_dir() / "eid" / f"{name}.json").write_text(text, encoding="utf-8")
