"""Does the short indicator foretell the long one? Of those self-sufficient in a month, and of the others, how many were established years later.

Each group is described by itself. Who is self-sufficient after some months is itself an outcome, so nothing here is an effect of anything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.effects.intervals import critical_value, difference_interval, mean_interval
from evaluation.effects.variance import cells_of, clustered
from evaluation.study.effects_clocks import complete_sets, share_followed
from evaluation.study.effects_rows import MIN_OBSERVED
from evaluation.study.effects_task import Task
from evaluation.study.estimators_never import comparison_weights

INDICATOR, DEFINITION = "self_sufficient", "SF1"
MONTHS = (6, 12, 18)  # as far as the City's own statistics go
GROUPS = (("participants", 1), ("comparison", 0))
LEVELS = ("yes", "no")
KEY = (
    "clock", "indicator", "indicator_definition", "month", "outcome", "definition", "year", "group", "level",
)  # fmt: skip
NUMBERS = ("n", "share_of_group", "share", "ci_low", "ci_high")
AUDIT = ("audit_with", "audit_without")
COLUMNS = (*KEY, *NUMBERS, "status", *AUDIT)

Floats = npt.NDArray[np.float64]


def no_short_long() -> pd.DataFrame:
    """The table without rows: what a study has that asks for no short indicator."""
    return pd.DataFrame(columns=list(COLUMNS))


def short_long(task: Task) -> pd.DataFrame:
    """Share established in the year of the primary result, by group and by the short indicator.

    Parameters
    ----------
    task
        All memberships on the primary clock, with every outcome, of the study's estimand.

    Returns
    -------
    DataFrame
        Columns :data:`COLUMNS`; three rows for each month and group. ``yes`` and ``no``: those with and without the indicator in the month;
        ``n`` of them (memberships of participants, comparison persons each once), their weighted share of the group, and the weighted share of
        them with the long outcome, with its interval. ``difference``: the share of ``yes`` less that of ``no``. ``audit_with`` and
        ``audit_without`` count the persons with and without the long outcome, for disclosure control alone.
    """
    spec = task.design.spec
    primary = spec.primary
    long = _column(task, primary.outcome, primary.definition, primary.year, "year")
    rows: list[tuple] = []
    for month in MONTHS:
        short = _column(task, INDICATOR, DEFINITION, month, "month")
        if (
            short is None or long is None or month > 12 * (primary.year - 1)
        ):  # a month foretells a year that begins after it
            continue
        seen = _followed(task, [short, long])
        for group, flag in GROUPS:
            key = (
                primary.clock, INDICATOR, DEFINITION, month, primary.outcome, primary.definition, primary.year, group,
            )  # fmt: skip
            rows += [(*key, *row) for row in _rows(task, short, long, flag, seen)]
    return pd.DataFrame(rows, columns=list(COLUMNS)) if rows else no_short_long()


def _column(task: Task, outcome: str, definition: str, horizon: int, unit: str) -> int | None:
    labels = task.labels
    hit = (labels["outcome"] == outcome) & (labels["definition"] == definition) & (labels["horizon"] == horizon)
    found = np.flatnonzero((hit & (labels["horizon_unit"] == unit)).to_numpy())
    return int(found[0]) if len(found) else None


def _followed(task: Task, columns: list[int]) -> bool:
    """Whether enough participants are followed as far as both horizons, by the rule of the effects."""
    everybody = int((task.design.members["treated"] == 1).sum())
    followed = share_followed(task.sample, task.labels.iloc[columns], task.panel, everybody)
    return bool((followed >= MIN_OBSERVED).all())


@dataclass(frozen=True)
class _Level:
    """Those with (or without) the indicator: share with the long outcome, and each membership's influence on it."""

    n: int
    weight: float
    share: float
    error: float
    low: float
    high: float
    influence: Floats
    n_with: int
    n_without: int


def _rows(task: Task, short: int, long: int, flag: int, followed: bool) -> list[tuple]:
    if not followed:
        return [(level, *[np.nan] * len(NUMBERS), "not_observed", 0, 0) for level in (*LEVELS, "difference")]
    sample, indicator, outcome = _observed(task, short, long, flag)
    z = critical_value(task.level)
    yes, no = (_level(sample, indicator == value, outcome, z, flag) for value in (1.0, 0.0))
    total = yes.weight + no.weight
    rows: list[tuple] = []
    for name, level in zip(LEVELS, (yes, no), strict=True):
        status = "released" if np.isfinite(level.share) and np.isfinite(level.error) else "not_estimated"
        numbers = (float(level.n), level.weight / total if total else np.nan, level.share, level.low, level.high)
        shown = numbers if status == "released" else [np.nan] * len(NUMBERS)
        rows.append((name, *shown, status, level.n_with, level.n_without))
    difference = yes.share - no.share
    error = _error(sample, yes.influence - no.influence)
    if not np.isfinite([difference, error, yes.error, no.error]).all():
        return [*rows, ("difference", *[np.nan] * len(NUMBERS), "not_estimated", 0, 0)]
    low, high = difference_interval(
        np.array([difference]), np.array([error]), np.array([True]), z,
        tuple(np.array([x]) for x in (yes.share, yes.low, yes.high)),  # type: ignore[arg-type]
        tuple(np.array([x]) for x in (no.share, no.low, no.high)),  # type: ignore[arg-type]
    )  # fmt: skip
    return [*rows, ("difference", np.nan, np.nan, difference, float(low[0]), float(high[0]), "released", 0, 0)]


def _observed(task: Task, short: int, long: int, flag: int) -> tuple[pd.DataFrame, Floats, Floats]:
    """Memberships of one group with both outcomes observed, weighted as for the effects, and the two outcomes."""
    spec, sample = task.design.spec, task.sample
    seen = np.isfinite(task.values[:, [short, long]]).all(axis=1)
    if spec.effects.estimand == "never":
        until = (sample["t0"].to_numpy(dtype=np.int64) // 12 + spec.primary.year) * 12 + 11
        weight = comparison_weights(task, until)
        kept = sample.assign(weight=weight, _row=np.arange(len(sample))).loc[seen & (weight > 0)]
    else:
        kept = complete_sets(sample.assign(_row=np.arange(len(sample))).loc[seen])
    kept = kept[kept["treated"] == flag]
    values = task.values[kept["_row"].to_numpy()]
    return kept, values[:, short], values[:, long]


def _level(sample: pd.DataFrame, inside: npt.NDArray[np.bool_], outcome: Floats, z: float, flag: int) -> _Level:
    weight = np.where(inside, sample["weight"].to_numpy(dtype=float), 0.0)
    unit = sample["unit"].to_numpy()
    persons = [int(np.unique(unit[inside & (outcome == value)]).size) for value in (1.0, 0.0)]
    n = int(inside.sum()) if flag else int(np.unique(unit[inside]).size)
    total = float(weight.sum())
    if not total:
        return _Level(n, 0.0, np.nan, np.nan, np.nan, np.nan, np.zeros(len(weight)), *persons)
    share = float((weight * outcome).sum() / total)
    influence = weight * (outcome - share) / total
    error = _error(sample, influence)
    effective = total**2 / float((weight**2).sum())
    low, high = mean_interval(np.array([share]), np.array([error]), np.array([effective]), np.array([True]), z)
    return _Level(n, total, share, error, float(low[0]), float(high[0]), influence, *persons)


def _error(sample: pd.DataFrame, influence: Floats) -> float:
    """Standard error clustered two-way, by matched set and by person; NaN where the variance cannot be had of so few clusters.

    The weights are taken as known. For the estimand ``never`` they are estimated, and the error does not tell how surely.
    """
    used = influence != 0
    if not used.any():
        return 0.0
    sets, units = (np.unique(sample[name].to_numpy()[used], return_inverse=True)[1] for name in ("set", "unit"))
    parts = [_squares(codes, influence[used]) for codes in (sets, units, cells_of(sets, units))]
    (by_set, n_sets), (by_unit, n_units), (by_cell, n_cells) = parts
    variance = clustered(by_set, by_unit, by_cell, n_sets, n_units, n_cells, "set+unit")
    return float(np.sqrt(variance)) if np.isfinite(variance) else float("nan")


def _squares(codes: npt.NDArray, influence: Floats) -> tuple[Floats, Floats]:
    """Sum of squares of the influence by cluster, and how many clusters there are."""
    _, place = np.unique(codes, return_inverse=True)
    return np.array(float((np.bincount(place, weights=influence) ** 2).sum())), np.array(float(place.max() + 1))
