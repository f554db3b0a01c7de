"""How many payloads a second are parsed and judged on one core: `python -m tests.bench.qr [COUNT]`.

Distinct sound codes of every scheme, made from a fixed seed; each side reads the same ones, in this process or in one
child, one after the other. Ours parses the tree and judges every rule (core, dialect, readiness abroad, CRC included);
the libraries do what they offer: parse and, where they have it, validate.

The codes are cut into batches; of each batch the best of all rounds counts, so that what else the machine does between
is not charged to either side.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from random import Random

from conformance.payments.qr.build import Field, changed, payload
from conformance.payments.qr.check import check, sound
from conformance.payments.qr.parse import read
from conformance.payments.qr.recognise import registry
from conformance.payments.qr.schemes import shipped_schemes
from conformance.payments.qr.vectors_bases import BASES
from tests.payments.qr.software.libraries import INSTALLED

ROUNDS = 25
BATCH = 250
NODE = """
const codes = JSON.parse(require("fs").readFileSync(0, "utf8"));
const promptparse = require("promptparse"), sdk = require("emvco-qr-sdk");
const sides = {
  "promptparse (npm): parse": (code) => promptparse.parse(code, true, true),
  "emvco-qr-sdk (npm): parse": (code) => sdk.parseQR(code, { parseMode: sdk.QRParseMode.TLV }),
};
const found = {};
for (const [name, side] of Object.entries(sides)) {
  const best = [];
  for (let round = 0; round < 25; round++) {
    for (let at = 0, batch = 0; at < codes.length; at += 250, batch++) {
      const part = codes.slice(at, at + 250), begun = process.cpuUsage();
      for (const code of part) side(code);
      const spent = process.cpuUsage(begun), used = (spent.user + spent.system) / 1e6;
      best[batch] = Math.min(best[batch] ?? Infinity, used);
    }
  }
  found[name] = codes.length / best.reduce((sum, each) => sum + each, 0);
}
console.log(JSON.stringify(found));
"""


def codes(count: int) -> Iterator[str]:
    """Distinct sound codes in ASCII, of every scheme in turn."""
    dice = Random(7)
    names = [name for name in BASES if name not in ("mmqr", "sandbox-xb")]
    for number in range(count):
        name = names[number % len(names)]
        label: Field = ("62", (("05", f"INV-{number:08}"), ("07", f"T{dice.randrange(10**6):06}")))
        yield payload(changed(BASES[name].dynamic, ("54", str(dice.randrange(1000, 10**6))), label))


def per_second(side: Callable[[str], object], made: list[str]) -> float:
    """Calls a second, the best round of each batch taken."""
    batches = [made[at : at + BATCH] for at in range(0, len(made), BATCH)]
    best = [float("inf")] * len(batches)
    for _ in range(ROUNDS):
        for number, batch in enumerate(batches):
            begun = time.process_time()
            for code in batch:
                side(code)
            best[number] = min(best[number], time.process_time() - begun)
    return len(made) / sum(best)


def python_library() -> Callable[[str], object] | None:
    """The validating parser from PyPI, where it is installed."""
    folder = INSTALLED / "python"
    if not folder.is_dir():
        return None
    sys.path.insert(0, str(folder))
    import cemacqr  # type: ignore[import-not-found]  # noqa: PLC0415

    def side(code: str) -> object:
        return cemacqr.validate(cemacqr.parse_payload(code)).ok

    return side


def main() -> None:
    """Print payloads a second, ours first."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    made = list(codes(count))
    known = registry(shipped_schemes())
    broken = [code for code in made if not sound(check(code, known, sandbox=True))]
    if broken or len(set(made)) != count:
        raise SystemExit(f"{len(broken)} of the codes are not sound, such as {broken[:1]}")
    sides = {
        "ours: parse and judge": per_second(lambda code: check(code, known, sandbox=True), made),
        "ours: parse": per_second(read, made),
    }
    if library := python_library():
        sides["cemacqr (PyPI): parse and validate"] = per_second(library, made[: count // 5])
    if shutil.which("node") and (INSTALLED / "node_modules").is_dir():
        words = ["/usr/bin/env", f"NODE_PATH={INSTALLED / 'node_modules'}", "node", "-e", NODE]
        done = subprocess.run(words, input=json.dumps(made), capture_output=True, text=True, check=True)
        sides |= json.loads(done.stdout)
    mean = sum(map(len, made)) / count
    sys.stdout.write(f"{count:,} codes of {mean:.0f} characters, best of {ROUNDS} rounds a batch, one core\n")
    for name, rate in sides.items():
        sys.stdout.write(f"{name:<38} {rate:>10,.0f} a second\n")


if __name__ == "__main__":
    main()
