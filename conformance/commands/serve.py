"""`conformance sandbox`: the sandbox's services until stopped, or the list of its faults."""

from __future__ import annotations

import json
import signal
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from conformance.areas import AREAS
from conformance.commands.proof import Proof, prove
from conformance.commands.stopping import terminable
from conformance.core.errors import ConfigError
from conformance.core.profile import load_profile, shipped_profiles
from conformance.exits import Exit
from conformance.sandbox import Sandbox, Spec, fault_area, load_specs, stand_for


def serve_sandbox(faults: tuple[str, ...], *, out: Path | None, form: str) -> int:
    """Serve XA, XB and XC, or with faults one service that has them; write the manifests; wait for Ctrl-C."""
    specs = (faulty(faults),) if faults else load_specs()
    folder = out or Path(tempfile.mkdtemp(prefix="conformance-sandbox-"))
    if out and out.exists() and not out.is_dir():
        raise ConfigError("--out", "", str(out), "a folder")
    with stoppable(), Sandbox(specs, folder, trusted=True) as sandbox:
        manifests = [str(folder / spec.target / "manifest.toml") for spec in specs]
        if form == "json":
            click.echo(json.dumps({"manifests": manifests, "roots": str(sandbox.roots)}))
        else:
            for target in sandbox.targets:
                for service in target.services:
                    place = service.address or service.settings.get("issuer", "") or "files"
                    click.echo(f"{target.country} {target.id}/{service.id} ({service.role}): {place}")
            targets = " ".join(f"--target {manifest}" for manifest in manifests)
            click.echo(f"check it with:  conformance run {targets}\nserving until Ctrl-C")
        signal.pause()
    return Exit.OK


@contextmanager
def stoppable() -> Iterator[None]:
    """End quietly on Ctrl-C and on SIGTERM, so that every server is stopped."""
    try:
        with terminable():
            yield
    except KeyboardInterrupt:
        click.echo("stopped", err=True)


def faulty(faults: tuple[str, ...]) -> Spec:
    """A country with one service that has these faults, of the area and role that they are of.

    Raises:
        ConfigError: no such fault, or faults of services of different roles.
    """
    for fault in faults:
        fault_area(fault)
    return Spec("xz-sandbox", "XZ", "Sandbox: what was asked for", (stand_for("xz-sandbox", "XZ", faults),))


def turns_red() -> dict[str, set[str]]:
    """Fault -> the requirements that name it, over all shipped profiles."""
    found: dict[str, set[str]] = defaultdict(set)
    for name in shipped_profiles():
        for requirement in load_profile(name).requirements.values():
            for fault in requirement.faults:
                found[fault].add(requirement.id)
    return found


def print_faults(form: str) -> int:
    """Every fault of the sandbox: its area, what it does, which requirements it turns red."""
    red = turns_red()
    rows = [
        {"fault": name, "area": area.name, "does": text, "requirements": sorted(red.get(name, ()))}
        for area in AREAS
        for name, text in area.faults().items()
    ]
    if form == "json":
        click.echo(json.dumps(rows, indent=1))
        return Exit.OK
    width = max(len(str(row["fault"])) for row in rows)
    for row in rows:
        click.echo(f"{row['fault']:<{width}}  {', '.join(row['requirements'])}: {row['does']}")
    click.echo(f"\n{len(rows)} faults for {len(set().union(*red.values()))} requirements")
    return Exit.OK


def print_proofs(faults: tuple[str, ...], form: str) -> int:
    """Serve each fault (or those given) and say what it turned red, and whether that is what it must."""
    for fault in faults:
        fault_area(fault)
    proofs = list(prove(faults))
    if form == "json":
        click.echo(json.dumps([described(proof) for proof in proofs], indent=1))
    else:
        width = max(len(proof.fault) for proof in proofs)
        for proof in proofs:
            beside = ", ".join(sorted(proof.red - proof.due))
            told = ", ".join(sorted(proof.red & proof.due)) + (f" (collateral: {beside})" if beside else "")
            click.echo(f"{proof.fault:<{width}}  {'caught' if proof.caught else 'WRONG '}  {proof.trouble or told}")
        caught = sum(proof.caught for proof in proofs)
        requirements = len(frozenset().union(*(proof.due for proof in proofs)))
        click.echo(f"\n{caught} of {len(proofs)} faults caught, for {requirements} requirements")
    return Exit.OK if all(proof.caught for proof in proofs) else Exit.UNVERIFIED


def described(proof: Proof) -> dict[str, object]:
    """A proof as JSON has it."""
    return {
        "fault": proof.fault,
        "profile": proof.profile,
        "caught": proof.caught,
        "due": sorted(proof.due),
        "red": sorted(proof.red),
        "collateral": sorted(proof.collateral),
        "trouble": proof.trouble,
    }
