"""The `conformance` command: parses, calls `conformance.commands`, and turns outcomes into exit codes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from conformance import __version__
from conformance.core import garbage
from conformance.exits import FAIL_ON, MEANING, Exit

F = TypeVar("F", bound="Callable[..., Any]")

EPILOG = "\b\nExit codes:\n" + "\n".join(f"  {code.value}  {meaning}" for code, meaning in MEANING.items())

profile_option = click.option(
    "--profile",
    default="asean",
    show_default=True,
    metavar="NAME",
    help="asean, asean-high, asean-survey, or the file or folder of a profile",
)
target_option = click.option(
    "--target",
    "targets",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="manifest of an operator's services, or a folder of manifests; repeatable",
)
only_option = click.option(
    "--only", multiple=True, metavar="ID", help="requirement id or pattern (TLS-CIP-*); repeatable"
)
area_option = click.option("--area", default="", metavar="NAME", help="one area alone, such as tls")
format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="for people, or for machines",
)


def out_option(told: str) -> Callable[[F], F]:
    """The option --out, with what is written there."""
    return click.option("--out", type=click.Path(path_type=Path), default=None, metavar="PATH", help=told)


def exits(function: F) -> F:
    """Turn what a command returns or raises into a documented exit code; a traceback is never shown."""

    @wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> NoReturn:
        try:
            code = function(*args, **kwargs)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:
            sys.stderr.close()
            sys.exit(Exit.OK)
        except KeyboardInterrupt:
            click.echo("conformance: stopped", err=True)
            sys.exit(Exit.UNDETERMINED)
        except Exception as error:
            code, told = trouble(error)
            for line in told:
                click.echo(f"conformance: {line}", err=True)
            if code == Exit.INTERNAL and sys.flags.dev_mode:
                raise
        sys.exit(Exit.OK if code is None else code)

    return wrapped  # type: ignore[return-value]


def trouble(error: Exception) -> tuple[Exit, list[str]]:
    """The exit code of an error, and what to say of it. What it imports costs nothing where nothing is wrong."""
    from conformance.core.errors import ConfigError  # noqa: PLC0415
    from conformance.core.judging import JudgeError  # noqa: PLC0415
    from conformance.core.results import ResultsError  # noqa: PLC0415
    from conformance.core.store import StoreError  # noqa: PLC0415
    from conformance.report.display import display  # noqa: PLC0415

    match error:
        case ConfigError():
            return Exit.USAGE, [display(str(each), 2000) for each in (error, *error.others)]
        case ResultsError() | StoreError():
            return Exit.USAGE, [display(str(error), 2000)]
        case JudgeError():
            return Exit.INTERNAL, [f"a defect of the suite: {display(str(error), 2000)}"]
        case OSError():  # a full disk, a folder that was taken away: nothing that a traceback explains
            return Exit.USAGE, [display(f"{error.filename or 'a file'}: {error.strerror or error}", 500)]
    return Exit.INTERNAL, [
        f"internal error: {type(error).__name__}: {display(str(error), 500)}",
        "please report it with the output of: python -X dev -m conformance ...",
    ]


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="conformance")
def main() -> None:
    r"""Check national digital services against a shared profile, and print a pass/fail matrix per country.

    \b
    conformance run                       check the built-in sandbox
    conformance init tls-endpoint         write a manifest for your own service
    conformance plan --target FILE        say what a run would do, and what it cannot test yet
    conformance run --target FILE         check it
    conformance explain TLS-VER-03        say all about one requirement
    """
    garbage.of_a_command()


@main.command()
@profile_option
@target_option
@only_option
@area_option
@out_option("folder for the run [default: reports/runs/TIME]")
@click.option("--waivers", type=click.Path(path_type=Path), default=None, metavar="FILE", help="file of waivers")
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice(FAIL_ON),
    help="a verdict that makes the exit code other than 0; repeatable [default: fail, error and not-tested, of a MUST]",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    default=None,
    metavar="DIR",
    help="an earlier run; exit 7 if any verdict differs from it, for better or worse, else 0",
)
@click.option(
    "--front",
    type=click.Choice(["auto", "pytest", "loop"]),
    default="auto",
    show_default=True,
    help="an item of pytest for each cell, or a plain loop; the results are the same bytes",
)
@click.option("--enumerate", "enumerate_", is_flag=True, help="name every offender, however many connections it takes")
@click.option("--no-report", is_flag=True, help="write results and evidence, no HTML, CSV or JUnit")
@click.option("--quiet", is_flag=True, help="no progress, and only the summary")
@format_option
@exits
def run(**options: Any) -> int:
    """Check the services that manifests name; without --target, the built-in sandbox.

    Writes results.ndjson, evidence.zip, matrix.html, matrix.json, matrix.csv and junit.xml under --out. Nothing
    leaves this machine that a manifest does not authorise. On the sandbox, the exit code is 0 if every verdict is the
    one that its services must come to, else 7.
    """
    from conformance.commands.main_job import run_command  # noqa: PLC0415

    return run_command(**options)


@main.command("list")
@profile_option
@area_option
@format_option
@exits
def list_(profile: str, area: str, form: str) -> None:
    """List the requirements of a profile: id, level and title; as JSON all that the profile says."""
    from conformance.commands.show import list_requirements  # noqa: PLC0415

    list_requirements(profile, area, form)


@main.command()
@click.argument("requirement_id", metavar="ID")
@profile_option
@format_option
@exits
def explain(requirement_id: str, profile: str, form: str) -> None:
    """Explain one requirement: statement, clauses, why, how to fix, what the suite does to see it."""
    from conformance.commands.show import explain_requirement  # noqa: PLC0415

    explain_requirement(requirement_id, profile, form)


@main.command()
@profile_option
@target_option
@only_option
@area_option
@format_option
@exits
def plan(profile: str, targets: tuple[Path, ...], only: tuple[str, ...], area: str, form: str) -> None:
    """Say what a run would do, and what it cannot test yet and why. Sends nothing."""
    from conformance.commands.plan import show_plan  # noqa: PLC0415

    show_plan(profile, targets, only, area, form)


@main.command()
@click.argument("role", default="")
@click.option(
    "--country", default="XA", show_default=True, metavar="CODE", help="BN KH ID LA MY MM PH SG TH TL VN, or XA to XZ"
)
@out_option("file to write, or an existing folder for it [default: COUNTRY-ROLE.toml here]")
@format_option
@exits
def init(role: str, country: str, out: Path | None, form: str) -> None:
    """Write a commented manifest for a service of this ROLE (without ROLE: list the roles)."""
    from conformance.commands.init import init_manifest  # noqa: PLC0415

    init_manifest(role, country, out, form)


@main.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--profile", default="", metavar="NAME", help="judge by another profile than the run's, and list what changes"
)
@only_option
@out_option("folder for the replayed run [default: nothing is written]")
@format_option
@exits
def replay(directory: Path, profile: str, only: tuple[str, ...], out: Path | None, form: str) -> int:
    """Judge the stored evidence of a run again, offline, and name every cell that changes.

    The exit code is that of the run, or 7 if a cell changes though the profile is the run's own.
    """
    from conformance.commands.stored import replay_run  # noqa: PLC0415

    return replay_run(directory, profile, only, out, form)


@main.command()
@click.argument("directory", type=click.Path(path_type=Path))
@format_option
@exits
def report(directory: Path, form: str) -> int:
    """Print the report of a run, and write its matrix and JUnit files anew."""
    from conformance.commands.stored import report_run  # noqa: PLC0415

    return report_run(directory, form)


@main.command()
@click.argument("directories", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("reports/matrix"),
    show_default=True,
    metavar="PATH",
    help="folder to write to",
)
@click.option(
    "--as-of", default="", metavar="DATE", help="day in UTC at which results count as old [default: the newest run's]"
)
@format_option
@exits
def matrix(directories: tuple[Path, ...], out: Path, as_of: str, form: str) -> None:
    """Merge runs of one profile into a matrix: requirements by country."""
    from conformance.commands.stored import merge_runs  # noqa: PLC0415

    merge_runs(directories, out, as_of, form)


@main.command()
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@format_option
@exits
def diff(before: Path, after: Path, form: str) -> int:
    """Name every cell whose verdict differs between two runs; exit 7 if there are any."""
    from conformance.commands.stored import diff_runs  # noqa: PLC0415

    return diff_runs(before, after, form)


@main.command()
@click.option("--fault", "faults", multiple=True, metavar="NAME", help="serve one endpoint with this fault; repeatable")
@click.option("--list", "list_faults", is_flag=True, help="list the faults and what each turns red")
@click.option("--prove", is_flag=True, help="serve each fault in turn and say whether just what it must turns red")
@out_option("folder for the manifests and what they name [default: a new one under /tmp]")
@format_option
@exits
def sandbox(faults: tuple[str, ...], list_faults: bool, prove: bool, out: Path | None, form: str) -> int:  # noqa: FBT001
    """Serve the sandbox on loopback until stopped, and write the manifests to check it with."""
    from conformance.commands.serve import print_faults, print_proofs, serve_sandbox  # noqa: PLC0415

    if list_faults:
        return print_faults(form)
    return print_proofs(faults, form) if prove else serve_sandbox(faults, out=out, form=form)


@main.group()
def qr() -> None:
    """Look at merchant-presented QR codes."""


@qr.command("explain")
@click.argument("payload", default="")
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    default=None,
    help="file with the payload, or an image of the code (.png, .jpg, .svg: needs the extra qr-image)",
)
@format_option
@exits
def qr_explain(payload: str, file: Path | None, form: str) -> int:
    """Print the tag tree of PAYLOAD (- for standard input) and what is wrong with it, at which tag and offset.

    Exits 1 where a MUST is broken that the document of the code's scheme does not allow.
    """
    from conformance.commands.qr import explain_payload  # noqa: PLC0415

    return explain_payload(payload, file, form)


if __name__ == "__main__":
    main()
