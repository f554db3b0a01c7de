"""Our signatures beside those of generators that nobody here wrote, on S1 to S9. Each signs in a process of its own.

All of them take the body as values and serialise it themselves, so each disagreement is one of what the clause forbids
(minify removes white space; it does not serialise again) or of what they cannot be given (no body). They are judged by
hand in DISAGREE; a disagreement that goes away fails the test as well.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import conformance
from conformance.payments.snap import signature
from conformance.payments.snap.vectors import FAMILY, private_key
from tests.payments.snap.test_signature import AGREED

FOLDER = Path(conformance.__file__).parent.parent / ".oracle" / "snap"

PYTHON = """
import json, sys
asked = json.load(sys.stdin)
{imports}
made = {{}}
for name, (method, url, body) in asked["cases"].items():
    try:
        made[name] = {call}
    except Exception as error:
        made[name] = f"raises {{type(error).__name__}}"
made["token"] = {token}
print("@@" + json.dumps(made))
"""

NODE = """
const asked = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const made = {};
IMPORTS
for (const [name, [method, url, body]] of Object.entries(asked.cases)) {
  try { made[name] = CALL; } catch (error) { made[name] = `raises ${error.name}`; }
}
made.token = TOKEN;
console.log('@@' + JSON.stringify(made));
"""

PROGRAMS: Mapping[str, str] = {
    "doku-python 1.1.72": PYTHON.format(
        imports="from doku_python_library.src.services.token_service import TokenService as T",
        call="T.generate_symmetric_signature(method, url, 'tok', json.loads(body), asked['time'], 'secret-1')",
        token="T.create_signature(asked['key'], 'example-client|' + asked['time'])",
    ),
    "nicepay-python 1.1.1": PYTHON.format(
        imports="from python_nicepay.util.utilSignature import Signature as S\nimport base64",
        call="S.getSignature('tok', S.sha256EncodeHex(json.dumps(json.loads(body), separators=(',', ':'))), url, "
        "asked['time'], 'secret-1', method)",
        token="S.signSHA256RSA('example-client|' + asked['time'], base64.b64encode(asked['key'].encode()).decode())",
    ),
    "midtrans-node 1.4.3": NODE.replace("IMPORTS", "const S = require('midtrans-client/lib/snapBi/snapBi.js');")
    .replace(
        "CALL",
        "S.getSymmetricSignatureHmacSh512('tok', JSON.parse(body), method, url, 'secret-1', asked.time)",
    )
    .replace("TOKEN", "S.getAsymmetricSignatureSha256WithRsa('example-client', asked.time, asked.key)"),
    "doku-node 1.0.52": NODE.replace("IMPORTS", "const T = require('doku-nodejs-library/_services/tokenService.js');")
    .replace("CALL", "T.generateSymmetricSignature(method, url, 'tok', JSON.parse(body), asked.time, 'secret-1')")
    .replace("TOKEN", "''"),
}

SLASH = "the slashes are written without their escapes"
ESCAPED = "the character is escaped, so other octets are hashed than a UTF-8 body has"
NUMBERS = "1.0 becomes 1 and the integer is rounded to a binary float"
MOVED = "members whose names are numbers are moved to the front"
ABSENT = "it takes no absent body"

DISAGREE: Mapping[str, Mapping[str, str]] = {
    "doku-python 1.1.72": {"s4": ESCAPED, "s5": SLASH, "s7": ABSENT, "s8": ABSENT},
    "nicepay-python 1.1.1": {"s4": ESCAPED, "s5": SLASH, "s7": ABSENT, "s8": ABSENT},
    "midtrans-node 1.4.3": {"s5": SLASH, "s6": NUMBERS, "s7": ABSENT, "s8": ABSENT, "s9": MOVED},
    "doku-node 1.0.52": {"s5": SLASH, "s6": NUMBERS, "s7": ABSENT, "s8": ABSENT, "s9": MOVED},
}


def signed_by(name: str) -> dict[str, str]:
    """Case -> the generator's signature."""
    if not (FOLDER / "done").exists():
        pytest.skip("the signers are not installed (.ci/install installs them)")
    node = shutil.which("node")
    if "node" in name and node is None:
        pytest.skip("node is not installed")
    cases = {
        case: (method, f"{path}?{query}" if query else path, body)
        for case, (method, path, query, body) in FAMILY.items()
    }
    key = private_key()
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat  # noqa: PLC0415

    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    asked = json.dumps({"cases": cases, "time": "2026-11-23T10:00:00+07:00", "key": pem})
    command = [str(node), "-e"] if "node" in name else [sys.executable, "-W", "ignore", "-c"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(FOLDER / "python")}
    done = subprocess.run(
        [*command, PROGRAMS[name]],
        input=asked,
        capture_output=True,
        text=True,
        check=False,
        cwd=FOLDER,
        env=environment,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    made: dict[str, str] = json.loads(done.stdout.rpartition("@@")[2])
    return made


@pytest.mark.software
@pytest.mark.parametrize("name", PROGRAMS)
def test_signatures_agree_or_differ_for_the_known_reason(name: str) -> None:
    made = signed_by(name)
    agreeing = {case for case in FAMILY if made[case] == AGREED[case]}
    assert agreeing == set(FAMILY) - set(DISAGREE[name]), made
    assert len(agreeing) >= 4
    text = signature.token_string("example-client", "2026-11-23T10:00:00+07:00")
    if made["token"]:
        assert made["token"] == signature.encode(signature.rsa_sha256(private_key(), text), "base64")
