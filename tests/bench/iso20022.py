"""`python -m tests.bench.iso20022`: pacs.008 a second on one core, read, held against the schema and every rule.

Distinct messages are made first; each turn judges all of them in one thread. Printed: messages a second of CPU time, as
minimum / median / maximum of the turns, the parts of it, and beside them lxml alone (parse and validate), which is the
floor. The messages are of one shape, as a sender's are. "mixed shapes" are messages of many banks where each of the
elements of OPTIONAL is there or not by chance, so that hardly two have the same ones; "no shape known" are the first
messages again where all that is kept of whole messages is forgotten before each. What was made before the first turn
is put out of the garbage collector's sight, as a server would do it.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Sequence

from conformance.core.profile import load_profile
from conformance.payments.iso20022 import places, shapes
from conformance.payments.iso20022.facts import Facts
from conformance.payments.iso20022.rules import RULES
from conformance.payments.iso20022.samples import FIXED, PACS_008, Agreement, fill
from conformance.payments.iso20022.schemas import load
from conformance.payments.iso20022.validate import terms_of, validate
from conformance.payments.iso20022.xml import parse, read_message

GOAL = 3_000
OPTIONAL = (
    "      <CtrlSum>{amount}</CtrlSum>\n",
    "      <PmtTpInf><InstrPrty>{priority}</InstrPrty></PmtTpInf>\n",
    "        <InstrId>{message_id}-I</InstrId>\n",
    "        <TxId>{message_id}-T</TxId>\n",
    "<LEI>{lei}</LEI>",
    "<PstlAdr><TwnNm>{town}</TwnNm><Ctry>{debtor_country}</Ctry></PstlAdr>",
    "<PstlAdr><TwnNm>{town}</TwnNm><Ctry>{creditor_country}</Ctry></PstlAdr>",
    "      <IntrmyAgt2Acct><Id><Othr><Id>{intermediary_account_2}</Id></Othr></Id></IntrmyAgt2Acct>\n",
    "      <Purp><Cd>OTHR</Cd></Purp>\n",
    "      <RmtInf><Ustrd>Conformance test, no payment</Ustrd></RmtInf>\n",
    "      <UltmtDbtr><Nm>Example Office</Nm></UltmtDbtr>\n",
    "      <UltmtCdtr><Nm>Example Branch</Nm><CtryOfRes>{creditor_country}</CtryOfRes></UltmtCdtr>\n",
)
"""Elements of ALL that may be left out."""

ALL = PACS_008.replace("      <Dbtr>\n", OPTIONAL[10] + "      <Dbtr>\n").replace(
    OPTIONAL[8], OPTIONAL[11] + OPTIONAL[8]
)
BANKS = [f"{first}{second}TS" for first in "ABCDEFGH" for second in "ABCDE"]


def messages(count: int) -> list[bytes]:
    """That many payments, each with identifiers and an amount of its own."""
    made = []
    for number in range(count):
        own = {"message_id": f"BENCH-{number}", "uetr": str(uuid.UUID(int=number, version=4))}
        agreement = Agreement(amount=f"{number % 900 + 100}.00", received=f"{number % 900 + 99}.00")
        made.append(fill(PACS_008, agreement, {**FIXED, **own}))
    return made


def mixture(count: int) -> list[bytes]:
    """That many payments between BANKS, each of OPTIONAL by chance, the same ones each time."""
    made, chance = [], random.Random(1)
    for number in range(count):
        template = ALL
        for element in OPTIONAL:
            template = template.replace(element, "") if chance.random() < 0.5 else template
        own = {"message_id": f"BENCH-{number}", "uetr": str(uuid.UUID(int=number, version=4))}
        agreement = Agreement(
            amount=f"{number % 900 + 100}.00",
            received=f"{number % 900 + 99}.00",
            debtor_agent=f"{chance.choice(BANKS)}XAX0",
            creditor_agent=f"{chance.choice(BANKS)}XBX0",
        )
        made.append(fill(template, agreement, {**FIXED, **own}))
    return made


def rate(work: Callable[[], object], count: int, turns: int) -> str:
    """Messages a second over some turns, and an end of the line."""
    rates = []
    for _ in range(turns):
        started = time.process_time()
        work()
        rates.append(count / (time.process_time() - started))
    return f"{min(rates):8,.0f} / {statistics.median(rates):8,.0f} / {max(rates):8,.0f} a second"


def floor(given: Sequence[bytes]) -> None:
    """Parsing and validating alone."""
    schema = load("pacs.008.001.13")
    for octets in given:
        assert schema.validate(parse(octets))


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=5_000)
    options.add_argument("--turns", type=int, default=5)
    chosen = options.parse_args()
    given = messages(chosen.count)
    terms = terms_of(load_profile("asean").requirements)
    assert all(validate(octets, "XA", terms).accepted for octets in given[:100])
    read = [read_message("m", octets) for octets in given]
    mixed = mixture(chosen.count)
    assert all(validate(octets, "XA", terms).accepted for octets in mixed[:100])
    gc.freeze()

    def whole(some: Sequence[bytes]) -> None:
        for octets in some:
            validate(octets, "XA", terms)

    def strange() -> None:
        for octets in given:
            shapes.forget()
            places.forget()
            validate(octets, "XA", terms)

    def rules() -> None:
        for message in read:
            facts = Facts(message, "XA")
            for rule in RULES:
                if facts.kind in rule.messages:
                    for _ in rule.check(facts, terms[rule.requirement]):
                        raise AssertionError(rule.name)

    parts: dict[str, Callable[[], object]] = {
        "schema and rules": lambda: whole(given),
        "mixed shapes": lambda: whole(mixed),
        "no shape known": strange,
        "read and schema": lambda: [read_message("m", octets) for octets in given],
        "rules": rules,
        "lxml alone": lambda: floor(given),
    }
    sys.stdout.write(f"{chosen.count} pacs.008 of {len(given[0])} octets, {len(RULES)} rules, goal {GOAL:,} a second\n")
    for name, work in parts.items():
        sys.stdout.write(f"{name:18} {rate(work, chosen.count, chosen.turns)}\n")


if __name__ == "__main__":
    main()
