"""The command ``evaluation synthesize``, plugged into the toolkit's command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def synthesize(
    out: Annotated[Path, typer.Option("--out", help="Folder to write registers/ and truth/ into.")],
    scenario: Annotated[
        str, typer.Option("--scenario", help="Name of a scenario in synthetic_registers/scenarios.")
    ] = "default",
    persons: Annotated[int, typer.Option("--persons", min=100, help="Size of the population.")] = 20_000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same scenario, size and seed: same bytes.")] = 1,
    format: Annotated[str, typer.Option("--format", help="parquet, or csv (cp1252, semicolons).")] = "parquet",
) -> None:
    """Simulate SCB-like registers whose true effects are known.

    Scenarios: default, null_effect, strong_selection, hidden_confounder, heterogeneous, early_leaving, intense, no_flaws. The truth is
    written beside the registers (truth/effects.csv, truth/flaws.csv). A table SYNTHETIC among the registers marks them: keep it with them.
    """
    from evaluation.progress import terminal_progress
    from synthetic_registers.parameters import ScenarioError
    from synthetic_registers.synthesize import synthesize as run

    try:
        with terminal_progress() as progress:
            summary = run(scenario=scenario, persons=persons, seed=seed, out=out, fmt=format, progress=progress)
    except (ScenarioError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    typer.echo(str(summary))
