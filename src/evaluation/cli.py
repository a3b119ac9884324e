"""The command line: ``evaluation COMMAND``. Each command is one line over the rooms; heavy libraries load when needed."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer

from evaluation.errors import DeliveryError, EvaluationError
from evaluation.progress import terminal_progress

app = typer.Typer(
    name="evaluation",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # a traceback must never print a person's data
    rich_markup_mode="markdown",
    help="""Evaluate a labour market programme from registers: registers in, report out.

A first run, on synthetic registers whose true effects are known:

    evaluation synthesize --scenario default --persons 20000 --seed 1 --out run/delivery

    evaluation validate study/visstid_2009_2011.toml --registers run/delivery/registers

    evaluation run study/visstid_2009_2011.toml --registers run/delivery/registers --work run/work --release reports/mine

With real registers, only the folder after `--registers` differs. Person-level data stays in the folder after `--work`; everything in the
folder after `--release` is aggregated and has passed disclosure control.
""",
)

StudyPath = Annotated[Path, typer.Argument(help="The study file (TOML).", metavar="STUDY")]
RegistersPath = Annotated[
    Path, typer.Option("--registers", help="The delivery: a folder of parquet or CSV files, or a DuckDB file.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]


@app.command()
def validate(
    study: StudyPath,
    registers: RegistersPath,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Where the ledger is written, as CSV; by default flaw_ledger.csv, here.", metavar="FILE"
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Check a delivery against the register contracts; print and write the flaw ledger.

    A delivery that can be used ends with code 0, however many flaws it has: each rule says what is done with its rows. A delivery broken
    beyond repair (a missing column, the wrong year, no rows) ends with code 2 and one list of all that is wrong. A file that is no ledger is
    never overwritten; where nothing can be written here, the ledger is printed only, unless --out asks for a file.
    """
    from evaluation.registers.ledger_file import refusal, write_ledger
    from evaluation.study import Study

    target = out if out is not None else Path("flaw_ledger.csv")
    unfit = refusal(target)
    if unfit is not None and out is not None:
        raise DeliveryError(unfit)  # before minutes of work

    with terminal_progress(quiet=quiet) as progress:
        ledger = Study.open(study, registers=registers).ledger(progress=progress)
    typer.echo(str(ledger))
    if unfit is not None:
        typer.echo(f"The ledger is not written to a file: {unfit}")
        return
    typer.echo(f"The ledger is written to {write_ledger(ledger, target)}")


@app.command()
def run(
    study: StudyPath,
    registers: RegistersPath,
    work: Annotated[
        Path, typer.Option("--work", help="The protected folder for person-level data; kept, so that a run resumes.")
    ],
    release: Annotated[Path, typer.Option("--release", help="The folder for what may leave.")],
    until: Annotated[
        str, typer.Option("--until", help="Stop after this stage: cohort, design, effects, robustness or release.")
    ] = "release",
    quiet: Quiet = False,
) -> None:
    """Run a study: registers, cohort, design (frozen, blind), outcomes, effects, release, report.

    A second run resumes: a stage is done again only when its part of the study file, the registers or the code has changed. To work in the
    blind first, stop with `--until design`, look at the balance, and run again.
    """
    from evaluation.study import Study

    with terminal_progress(quiet=quiet) as progress:
        summary = Study.open(study, registers=registers, work=work).run(release=release, until=until, progress=progress)
    typer.echo(str(summary))


@app.command()
def report(
    release: Annotated[Path, typer.Argument(help="A release folder.", metavar="OUT")],
    quiet: Quiet = False,
) -> None:
    """Typeset the report anew, HTML and PDF in Swedish and English, from a release folder alone."""
    from evaluation.disclosure import verify as verify_release
    from evaluation.disclosure import write_manifest
    from evaluation.errors import ReleaseError
    from evaluation.report import render

    # writing the manifest anew would otherwise sign whatever somebody did to the figures that were released
    altered = [
        p
        for p in verify_release(release)
        if p.where.startswith("tables/") or p.where in ("release.json", "manifest.json")
    ]
    if altered:
        raise ReleaseError(altered)
    with terminal_progress(quiet=quiet) as progress:
        progress("report", 0, 1)
        written = render(release)
        write_manifest(release)
        progress("report", 1, 1)
    for path in written:
        if path.suffix in {".html", ".pdf"}:
            typer.echo(f"  {path}")


@app.command()
def verify(release: Annotated[Path, typer.Argument(help="A release folder.", metavar="OUT")]) -> None:
    """Recompute every checksum of a release and say what differs; code 1 where anything does."""
    from evaluation.disclosure import verify as verify_release

    problems = verify_release(release)
    if problems:
        typer.echo("The release differs from its manifest:")
        for problem in problems:
            typer.echo(f"  {problem}")
        raise typer.Exit(1)
    typer.echo("The release is as it was written: every file has the checksum of the manifest.")


@app.command()
def notebooks(
    study: StudyPath,
    registers: RegistersPath,
    work: Annotated[
        Path, typer.Option("--work", help="The protected folder of a run: what it assembled is used again.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Where the executed notebooks go; by default WORK/notebooks. With real registers: inside --work only.",
        ),
    ] = None,
    source: Annotated[Path, typer.Option("--source", help="Folder of the py:percent sources.")] = Path("notebooks"),
    quiet: Quiet = False,
) -> None:
    """Execute the notebooks on a delivery and write them as .ipynb and readable HTML.

    Notebooks show tables that no disclosure control has seen. Unless the registers bear the mark of invented ones (SYNTHETIC), they are
    written inside the folder after `--work` and nowhere else, and each says in its first line that it is not for release.
    """
    from evaluation.notebooks import execute_all

    with terminal_progress(quiet=quiet) as progress:
        written = execute_all(source=source, study=study, registers=registers, work=work, out=out, progress=progress)
    for path in written:
        typer.echo(f"  {path}")


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="A new or an empty folder.", metavar="DIR")],
    title: Annotated[str | None, typer.Option("--title", help="The question as a title, in --language.")] = None,
    first: Annotated[str, typer.Option("--first", help="First month of the window, YYYY-MM.")] = "2010-01",
    last: Annotated[str, typer.Option("--last", help="Last month of the window, YYYY-MM.")] = "2012-12",
    language: Annotated[str, typer.Option("--language", help="Of the title and the README: en or sv.")] = "en",
) -> None:
    """Start another study: another programme, other years, own registers.

    Writes a study file with what to change first marked in it, the protocol in both languages, the definitions, the notebooks, and a README with the
    three commands that run it.
    """
    from evaluation.template import start_study

    typer.echo(str(start_study(folder, title=title, first=first, last=last, language=language)))


def _add_plugins() -> None:
    # A generator of synthetic registers adds its command from outside: the toolkit itself never imports one.
    for plugin in sorted(entry_points(group="evaluation.commands"), key=lambda p: p.name):
        app.command(name=plugin.name)(plugin.load())


def main() -> None:
    """Run the command line; a mendable error ends with its message and code 2, without a traceback."""
    _add_plugins()
    try:
        app()
    except EvaluationError as error:
        typer.secho(str(error), err=True, fg=typer.colors.RED if sys.stderr.isatty() else None)
        sys.exit(error.exit_code)
