"""How many payloads a second are parsed and judged on one core: `python -m tests.bench.qr [COUNT]`.

Distinct sound codes of every scheme, made from a fixed seed; each side reads the same ones, in this process or in one
child, one after the other. Ours parses the tree and judges every rule (core, dialect, readiness abroad, CRC included),
and says whether the code is sound; the libraries do what they offer: parse and, where they have it, validate.

Ours remembers what codes have in common, so it is measured three times: on codes of one merchant a scheme; on codes
that are each another merchant's (account, name, city and timestamps), others in each round, so that none comes twice;
and on such codes with one defect each.

The codes are cut into batches; of each batch the best of all rounds counts, so that what else the machine does between
is not charged to either side.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import repeat
from random import Random

from conformance.payments.qr.build import Field, changed, payload
from conformance.payments.qr.check import check, sound
from conformance.payments.qr.parse import read
from conformance.payments.qr.recognise import registry
from conformance.payments.qr.schemes import shipped_schemes
from conformance.payments.qr.vectors_bases import BASES
from tests.payments.qr.software.libraries import INSTALLED

NAMES = [name for name in BASES if name not in ("mmqr", "sandbox-xb")]
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


MERCHANTS: Mapping[str, dict[str, str]] = {
    "emvco": {"02": "99990000{:08}"},
    "sandbox-xa": {"26.02": "SHOP{:08}"},
    "sandbox-xc": {"30.01": "shop{}@test", "99.00": "18934{:08}", "99.01": "18935{:08}"},
    "paynow": {"26.02": "TEST{:08}"},
    "duitnow": {"26.02": "TESTQR{}"},
    "promptpay": {"29.01": "0066000{:06}"},
    "qris": {"26.01": "9360999900{:08}", "26.02": "{:09}", "51.02": "ID10200{:08}"},
    "qrph": {"28.03": "TESTMERCH{}"},
    "vietqr": {"38.01.01": "0000{}"},
    "khqr": {"29.00": "shop{}@test", "99.00": "18934{:08}", "99.01": "18935{:08}"},
    "laoqr": {"38.03": "TESTRECEIVER{}"},
}
"""Scheme -> what its merchants have of their own, made up and of its form: the path, and the text with a number."""

NAMED = {"59": "EXAMPLE SHOP {:08}", "60": "TOWN {:08}"}

DEFECTS: tuple[Callable[[tuple[Field, ...]], str], ...] = (
    lambda fields: payload(changed(fields, ("54", "0.00"))),
    lambda fields: payload(changed(fields, ("53", "THB"))),
    lambda fields: payload(changed(fields, ("58", "RP"))),
    lambda fields: payload(changed(fields, ("01", "13"))),
    lambda fields: payload(changed(fields, ("62", (("05", "INVOICE-OF-MORE-THAN-25-CHARACTERS"),)))),
    lambda fields: payload(changed(fields, ("59", "EXAMPLE SHOP OF A LONG NAME"))),
    lambda fields: payload((*fields, ("54", "1.00"))),
    lambda fields: payload((*fields, ("70", "X"))),
    lambda fields: payload(fields[1:]),
    lambda fields: payload(fields)[:-4] + "ZZZZ",
    lambda fields: payload(fields) + "0",
    lambda fields: payload(fields)[:-12],
)
"""One defect each, from amount to syntax."""


def codes(count: int) -> Iterator[str]:
    """Distinct sound codes in ASCII, of every scheme in turn."""
    return map(payload, _fields(range(count)))


def _fields(numbers: range) -> Iterator[tuple[Field, ...]]:
    dice = Random(7)
    for number in numbers:
        label: Field = ("62", (("05", f"INV-{number:08}"), ("07", f"T{dice.randrange(10**6):06}")))
        yield changed(BASES[_scheme(number)].dynamic, ("54", str(dice.randrange(1000, 10**6))), label)


def _scheme(number: int) -> str:
    return NAMES[number % len(NAMES)]


def strangers(count: int, round_: int = 0) -> Iterator[tuple[Field, ...]]:
    """The fields of such codes, every merchant another, and others in another round."""
    numbers = range(count * round_, count * (round_ + 1))
    for number, fields in zip(numbers, _fields(numbers), strict=True):
        made = fields
        for path, text in (MERCHANTS[_scheme(number)] | NAMED).items():
            made = _placed(made, path.split("."), text.format(number))
        yield made


def _placed(fields: tuple[Field, ...], path: list[str], text: str) -> tuple[Field, ...]:
    """Fields with another value at one place, where there is one."""
    name, *rest = path
    return tuple(
        (each, value if each != name else _placed(value, rest, text) if rest and isinstance(value, tuple) else text)
        for each, value in fields
    )


def defective(count: int, round_: int = 0) -> Iterator[str]:
    """Such codes, with one defect each."""
    for number, fields in enumerate(strangers(count, round_)):
        yield DEFECTS[number % len(DEFECTS)](fields)


def per_second(side: Callable[[str], object], rounds: Iterable[list[str]]) -> float:
    """Calls a second, the best round of each batch taken."""
    best: dict[int, float] = {}
    count = 0
    for made in rounds:
        count = len(made)
        for at in range(0, count, BATCH):
            batch = made[at : at + BATCH]
            begun = time.process_time()
            for code in batch:
                side(code)
            best[at] = min(best.get(at, float("inf")), time.process_time() - begun)
    return count / sum(best.values())


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


def expect(made: list[str], count: int, judge: Callable[[str], bool], *, sound: bool) -> None:
    """Leave where the codes are not what they are said to be."""
    others = [code for code in made if judge(code) is not sound]
    if others or len(set(made)) != count:
        raise SystemExit(f"{len(others)} of {len(set(made))} codes are not {sound=}, such as {others[:1]}")


def main() -> None:
    """Print payloads a second, ours first."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    made = list(codes(count))
    known = registry(shipped_schemes())

    def judge(code: str) -> bool:
        return sound(check(code, known, sandbox=True))

    expect(made, count, judge, sound=True)
    expect(list(map(payload, strangers(count))), count, judge, sound=True)
    expect(list(defective(count)), count, judge, sound=False)
    rounds = range(1, ROUNDS + 1)
    sides = {
        "ours: parse and judge": per_second(judge, repeat(made, ROUNDS)),
        "- every merchant another": per_second(judge, (list(map(payload, strangers(count, each))) for each in rounds)),
        "- one defect each": per_second(judge, (list(defective(count, each)) for each in rounds)),
        "ours: parse": per_second(read, repeat(made, ROUNDS)),
    }
    if library := python_library():
        sides["cemacqr (PyPI): parse and validate"] = per_second(library, repeat(made[: count // 5], ROUNDS))
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
