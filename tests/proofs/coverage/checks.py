"""What the proofs demand of a run, computed: demand, limit, figure found, met or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from synthetic_registers.direct_outcomes import PLACEBO, PLACEBO_OUTSIDE, PLACEBOS
from tests.proofs.coverage.estimators import ESTIMATORS, LATE, Estimator

FEW = 150  # replications below which no demand is judged
ENOUGH = 450  # below which those are not that the limits of bias, coverage and standard errors were set for
MANY = 1_500  # replications from which the narrow limits of coverage hold
CELL, CELL_MANY, MEAN = (91.6, 97.8), (93.0, 97.0), (94.0, 96.0)
RATIO = (0.92, 1.08)
LARGEST_BIAS_ACTUAL = 0.005
TOTAL = (0.97, 1.03)
HIDDEN = "hidden_confounder"
_SOUND_CLOCKS = ("start", "exit_planned")


@dataclass(frozen=True)
class Check:
    """One demand.

    Attributes
    ----------
    demand, limit, found
        What is asked, within which limits, and what was found where it is furthest from them.
    cells
        How many cells were judged.
    met
        None where there is nothing to judge yet.
    """

    demand: str
    limit: str
    found: str
    cells: int
    met: bool | None


def check_all(table: pd.DataFrame, estimators: Sequence[Estimator] = ESTIMATORS) -> list[Check]:
    """Every demand on a summary table (see :func:`tests.proofs.coverage.summary.summarise`)."""
    table = table[table["replications"] >= FEW]
    flagged = [e.name for e in estimators if e.flagged]
    # placebos are balanced by the score that is estimated from them or from what goes with them: their intervals are too wide
    sound = table[~table["estimator"].isin(flagged) & table["scenario"].ne(HIDDEN) & ~table["outcome"].isin(PLACEBOS)]
    enough = sound[sound["replications"] >= ENOUGH]
    checks: list[Check] = []
    for estimator in estimators:
        if not estimator.flagged:
            checks += _of_estimator(enough[enough["estimator"] == estimator.name], estimator)
    checks += _joint(enough)
    total = sound[sound["weight_sum"].notna()]
    checks.append(_within("Σw / n of never", total, "weight_sum", TOTAL, "{:.3f}"))
    checks += _flagged(table)
    return checks


def _of_estimator(cells: pd.DataFrame, estimator: Estimator) -> list[Check]:
    """Bias, coverage and standard errors of one estimator, on the start and planned clocks and on the actual clock."""
    checks = []
    parts = [("", cells["clock"].isin(_SOUND_CLOCKS), estimator.largest_bias)]
    if "exit_actual" in estimator.clocks:
        parts.append((", actual clock", cells["clock"].eq("exit_actual"), LARGEST_BIAS_ACTUAL))
    for suffix, inside, largest in parts:
        here, name = cells[inside], f"{estimator.name}{suffix}"
        many = here["replications"] >= MANY
        points = here[here["unit"] == "points"]
        checks.append(_below(f"{name}: bias", points, 100 * largest))
        if estimator.sample is not None:
            kept = points.assign(bias=points["bias_matched"], bias_mc_error=points["bias_matched_mc_error"])
            checks.append(_below(f"{name}: bias for the participants it speaks of", kept, 100 * largest))
        checks.append(
            _within(f"{name}: coverage per cell, 500 or 1,000 replications", here[~many], "coverage", CELL, "{:.1f} %")
        )
        checks.append(
            _within(f"{name}: coverage per cell, 2,000 replications", here[many], "coverage", CELL_MANY, "{:.1f} %")
        )
        checks.append(_mean(f"{name}: coverage, mean over cells", here))
        checks.append(_within(f"{name}: mean SE / empirical SD", here, "se_ratio", RATIO, "{:.3f}"))
    return checks


def _joint(sound: pd.DataFrame) -> list[Check]:
    """Coverage and standard errors by estimator, clock and scenario, each a mean over cells: where one is off it does not vanish in the mean of all."""
    keys = ["scenario", "estimator", "clock"]
    means = sound.groupby(keys, sort=False)[["coverage", "se_ratio"]].mean().reset_index()
    every = "every estimator, clock and scenario"
    return [
        _within(f"{every}: coverage, mean over cells", means, "coverage", MEAN, "{:.1f} %"),
        _within(f"{every}: mean SE / empirical SD, mean over cells", means, "se_ratio", RATIO, "{:.3f}"),
    ]


def _mean(demand: str, cells: pd.DataFrame) -> Check:
    values = cells["coverage"].dropna()
    limit = _span(MEAN, "{:.1f} %")
    if values.empty:
        return Check(demand, limit, "not run", 0, None)
    mean = float(values.mean())
    return Check(demand, limit, f"{mean:.1f} %", len(values), MEAN[0] <= mean <= MEAN[1])


def _flagged(table: pd.DataFrame) -> list[Check]:
    employed = table[table["definition"].eq("E4_employed") & table["outcome"].eq("established")]
    own = employed[employed["estimator"].eq("own_exit") & employed["scenario"].eq("default")]
    six = own[own["horizon_unit"].eq("month") & own["horizon"].eq(6)]
    first = employed[
        employed["estimator"].eq("never_in_follow_up")
        & employed["scenario"].eq("intense")
        & employed["horizon_unit"].eq("year")
        & employed["horizon"].eq(1)
    ]
    hidden = table[
        table["scenario"].eq(HIDDEN) & table["estimator"].eq("matched_difference 1:5") & table["clock"].eq("start")
    ]
    years = hidden[
        hidden["definition"].eq("E4_employed") & hidden["outcome"].eq("established") & hidden["horizon_unit"].eq("year")
    ]
    placebo, outside = hidden[hidden["outcome"] == PLACEBO], hidden[hidden["outcome"] == PLACEBO_OUTSIDE]
    late = table[table["scenario"].eq(HIDDEN) & table["estimator"].eq(LATE[0].name) & table["outcome"].eq(PLACEBO)]
    return [
        _worst("own_exit in default, month 6: bias", six, "bias", lambda v: v <= -10, "≤ -10 points", np.argmax),
        _worst("own_exit in default, every horizon: bias", own, "bias", lambda v: v < 0, "< 0", np.argmax),
        _worst("never_in_follow_up in intense, year 1: bias", first, "bias", lambda v: v <= -3, "≤ -3 points", np.argmax),
        _worst("hidden_confounder, years 1-4 (E4): bias", years, "bias", lambda v: v > 3, "> 3 points", np.argmin),
        _worst("hidden_confounder, placebo 30-36 months before, no covariate of work in those months: estimate", late, "mean_estimate", lambda v: v > 1, "> 1 point", np.argmin),
        _worst("hidden_confounder, placebo 30-36 months before, inside the study's covariates: estimate, where nothing shows", placebo, "mean_estimate", lambda v: abs(v) < 1, "within 1 point", lambda v: np.argmax(np.abs(v))),
        _worst("hidden_confounder, placebo before every covariate: estimate", outside, "mean_estimate", lambda v: v > 1, "> 1 point", np.argmin),
    ]  # fmt: skip


def _worst(
    demand: str,
    cells: pd.DataFrame,
    column: str,
    holds: Callable[[float], bool],
    limit: str,
    pick: Callable[[np.ndarray], np.intp],
) -> Check:
    values = cells[column].dropna()
    if values.empty:
        return Check(demand, limit, "not run", 0, None)
    worst = values.iloc[int(pick(values.to_numpy()))]
    return Check(demand, limit, f"{worst:+.2f}", len(values), bool(holds(float(worst))))


def _below(demand: str, cells: pd.DataFrame, limit: float) -> Check:
    """The absolute bias at most ``limit`` points in every cell."""
    cells = cells[cells["bias"].notna()]
    shown = f"≤ {limit:.1f} points"
    if cells.empty:
        return Check(demand, shown, "not run", 0, None)
    over = int((cells["bias"].abs() > limit).sum())
    worst = cells.loc[cells["bias"].abs().idxmax()]
    found = f"largest {worst['bias']:+.2f} (Monte Carlo error {worst['bias_mc_error']:.2f}; {_where(worst)})"
    # with hundreds of cells, some cross a limit by chance alone: how many do so by more than that is said beside the strict count
    surely = int((cells["bias"].abs() - 2 * cells["bias_mc_error"] > limit).sum())
    found = _counted(found, over, len(cells)) + (f", {surely} by more than two Monte Carlo errors" if over else "")
    return Check(demand, shown, found, len(cells), over == 0)


def _within(demand: str, cells: pd.DataFrame, column: str, limits: tuple[float, float], form: str) -> Check:
    """A column within limits in every cell."""
    cells = cells[cells[column].notna()]
    if cells.empty:
        return Check(demand, _span(limits, form), "not run", 0, None)
    values = cells[column]
    over = int(((values < limits[0]) | (values > limits[1])).sum())
    distance = np.maximum(limits[0] - values, values - limits[1])
    found = f"{form.format(values.min())} to {form.format(values.max())}"
    if over:
        found += f"; furthest off {form.format(values.loc[distance.idxmax()])} ({_where(cells.loc[distance.idxmax()])})"
    return Check(demand, _span(limits, form), _counted(found, over, len(cells)), len(cells), over == 0)


def _counted(found: str, over: int, cells: int) -> str:
    return found + (f"; {over} of {cells} cells outside" if over else "")


def _span(limits: tuple[float, float], form: str) -> str:
    return f"{form.format(limits[0])} to {form.format(limits[1])}"


def _where(row: pd.Series) -> str:
    names = ("scenario", "estimator", "clock", "outcome", "definition")
    words = [str(row[name]) for name in names if name in row and str(row[name])]
    if "horizon" in row:
        words.append(f"{row['horizon_unit']} {int(row['horizon'])}")
    return ", ".join(words)
