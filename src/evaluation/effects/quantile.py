"""Quantile effects on the treated: differences of weighted quantiles between treated and matched controls.

The q-quantile is the smallest value at which the share of weight reaches q. Standard errors and intervals come from the person
bootstrap (:mod:`evaluation.effects.bootstrap.person`), intervals between quantiles of the draws: the alternative, a linear
expansion, needs the density at the quantile, which earnings with many zeros do not have. Where a quantile lies inside a mass
of equal values it does not move between draws, and its error is rightly 0. A difference of quantiles speaks of the two
distributions, not of any person's gain. Persons in several sets have a weight that multiplies the set's (Owen & Eckles 2012),
which counts what the two share twice more than needed: by 2 / k of a person's part where it serves in k sets, so that errors are too large, by some
percent where few persons recur and by a third or more where each serves in three sets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evaluation.effects.bootstrap import kernels
from evaluation.effects.bootstrap.draws import Resample, Scheme, check_draws, mark_empty_draws, plan_of
from evaluation.effects.intervals import critical_value
from evaluation.effects.result import COLUMNS, forest, without_numbers
from evaluation.effects.sample import HasMembers, outcomes_of
from evaluation.effects.values import numbers
from evaluation.effects.weighted import estimate_many
from evaluation.errors import EffectError, Problem

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ESTIMATOR = "quantile"
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


@dataclass(frozen=True)
class QuantileEffects:
    """Quantile effects of k outcomes at p quantiles.

    Attributes
    ----------
    table
        A row for each outcome and quantile: ``quantile``, then :data:`evaluation.effects.result.COLUMNS`, where
        ``treated_mean`` and ``control_mean`` hold the two quantiles.
    draws
        float64 (draws, k, p): the difference in each draw.
    """

    table: pd.DataFrame
    draws: np.ndarray
    level: float
    resample: str

    def plot(self, ax: Axes | None = None) -> Axes:
        """Differences with their intervals, one line per outcome and quantile."""
        named = [f"{o}, quantile {q:g}" for o, q in zip(self.table["outcome"], self.table["quantile"], strict=True)]
        return forest(self.table.assign(outcome=named), ax)

    def __str__(self) -> str:
        shown = self.table[["outcome", "quantile", "estimate", "std_error", "ci_low", "ci_high", "status"]]
        return (
            f"{len(shown)} quantile effects, {len(self.draws)} draws of {self.resample}, {100 * self.level:g} % intervals\n"
            f"{shown.to_string(index=False, float_format='%.4g')}"
        )

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format=lambda x: f"{x:.4g}")


def quantile_effects(
    matched: HasMembers | pd.DataFrame,
    outcomes: np.ndarray | pd.DataFrame | Mapping[str, np.ndarray],
    *,
    quantiles: Sequence[float] = QUANTILES,
    draws: int = 1000,
    seed: int = 1,
    resample: Resample | None = None,
    scheme: Scheme = "exponential",
    risk_sets: bool = False,
    level: float = 0.95,
) -> QuantileEffects:
    """Differences of quantiles between treated and matched controls.

    Parameters
    ----------
    matched, outcomes, level
        As in :func:`evaluation.effects.estimate_many`; memberships weigh as they do there.
    quantiles
        Shares strictly between 0 and 1.
    draws, seed, resample, scheme, risk_sets
        As in :func:`evaluation.effects.bootstrap.person.person_bootstrap`.

    Raises
    ------
    EffectError
        As there, and quantiles that are no shares.
    """
    check_draws(draws, seed, scheme)
    critical_value(level)
    found, problems = numbers(list(quantiles), "quantiles", "ascending shares between 0 and 1")
    if found is None:
        raise EffectError(problems)
    probs = np.asarray(found, dtype=np.float64)
    if probs.ndim != 1 or not probs.size or not np.all((probs > 0) & (probs < 1)) or np.any(np.diff(probs) <= 0):
        raise EffectError(Problem("quantiles", f"{list(quantiles)}", "ascending shares between 0 and 1", "0.5, 0.9"))
    plan = plan_of(matched, resample, risk_sets)
    labels, values = outcomes_of(outcomes, plan.sample.weight.size)
    with np.errstate(over="ignore"):  # limits of means, which are not used
        means = estimate_many(matched, outcomes, level=level, cluster="unit", rate=False)
    w = plan.weights(values)
    mine = np.ascontiguousarray(np.nan_to_num(values[:, plan.order]))
    split = plan.n_treated
    orders = np.concatenate(
        [
            np.argsort(mine[:, :split], axis=1, kind="stable"),
            np.argsort(mine[:, split:], axis=1, kind="stable") + split,
        ],
        axis=1,
    ).astype(np.int64)
    once = np.ones(w.shape[1])
    points = np.empty((2, len(labels), probs.size))
    for c in range(len(labels)):
        kernels.quantiles(once, w[c], orders[c, :split], mine[c], probs, points[0, c])
        kernels.quantiles(once, w[c], orders[c, split:], mine[c], probs, points[1, c])
    drawn = np.empty((draws, 2, len(labels), probs.size))
    for chunk, of_sets, of_units in plan.draw(draws, seed, scheme):
        kernels.draw_quantiles(
            of_sets, of_units, plan.sets, plan.units, plan.recurs, orders, split, w, mine, probs, drawn[chunk]
        )
    return QuantileEffects(_rows(means, points, drawn, probs, level), drawn[:, 0] - drawn[:, 1], level, plan.resample)


def _rows(means: pd.DataFrame, points: np.ndarray, drawn: np.ndarray, probs: np.ndarray, level: float) -> pd.DataFrame:
    """The table: the rows of the means, once for each quantile, with the quantiles in their place."""
    means = mark_empty_draws(means, np.isfinite(drawn).all(axis=(0, 1, 3)))
    tail = 50 * (1 - level)
    parts = {"treated": drawn[:, 0], "control": drawn[:, 1], "": drawn[:, 0] - drawn[:, 1]}
    table = means.loc[means.index.repeat(probs.size)].reset_index(drop=True)
    table.insert(0, "quantile", np.tile(probs, len(means)))
    table["estimator"] = ESTIMATOR
    for name, values in parts.items():
        limits = np.percentile(values, [tail, 100 - tail], axis=0).reshape(2, -1)
        names = (f"{name}_std_error", f"{name}_low", f"{name}_high") if name else ("std_error", "ci_low", "ci_high")
        for column, found in zip(names, (np.std(values, axis=0, ddof=1).reshape(-1), *limits), strict=True):
            table[column] = found
    table["treated_mean"], table["control_mean"] = points[0].reshape(-1), points[1].reshape(-1)
    table["estimate"] = (points[0] - points[1]).reshape(-1)
    return without_numbers(table, (table["status"] != "estimated").to_numpy())[["quantile", *COLUMNS]]
