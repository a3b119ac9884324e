"""Tables of dynamic estimates: from weights at each horizon to means, standard errors and diagnostics."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from evaluation.effects.cautions import DOMINANT_SHARE, dominant, warn_of_few
from evaluation.effects.dynamics import checks, kernels
from evaluation.effects.dynamics.sample import DynamicSample, Weights, check_reach, weights_at
from evaluation.effects.dynamics.slopes import slopes
from evaluation.effects.intervals import critical_value, is_rate, limit_columns
from evaluation.effects.result import COLUMNS, EffectTable, without_numbers
from evaluation.effects.variance import check_cluster, clustered, fewest_clusters
from evaluation.effects.weighted import TOO_FEW
from evaluation.effects.weighting.ipw import check_truncate
from evaluation.errors import DominantWeightWarning, Problem, StatisticalWarning

POOLED, MATCHED = "dynamic", "dynamic_matched"
TOTAL = (0.97, 1.03)  # of the weights per treated: what is expected of a right hazard
_AT_ONCE = 32  # outcomes


class WeightTotalWarning(StatisticalWarning):
    """Weights that do not add up to the number of treated: the hazard or the panel of months at risk is wrong."""


@dataclass(frozen=True)
class DynamicTable(EffectTable):
    """An :class:`EffectTable` with one row of ``diagnostics`` per horizon: horizon, weight_total, largest_weight, n_truncated."""

    diagnostics: pd.DataFrame = field(default_factory=pd.DataFrame)


def table_of(
    sample: DynamicSample,
    labels: Sequence[object],
    values: np.ndarray,
    until: np.ndarray,
    horizon: Sequence[int] | np.ndarray,
    *,
    level: float,
    cluster: str,
    truncate: float | None,
    rate: bool | None,
) -> DynamicTable:
    """Table of estimates of a sample; ``values`` are (k, m), of complete sets (:func:`evaluation.effects.dynamics.sample.outcomes_in`)."""
    check_cluster(cluster)
    check_truncate(truncate)
    until, horizon = _horizons(sample, values, until, horizon)
    check_reach(sample, values, until, horizon)
    place, local = np.unique(sample.unit, return_inverse=True)
    k = len(values)
    means, counts = np.full((k, 2), np.nan), np.zeros((k, 16))
    diagnostics, dominated = [], []
    most = _most_rows(local, place.size, sample.treated)
    for horizons in _batches(horizon, until.shape[1]):
        weights = [weights_at(sample, until[:, g], truncate) for g, _ in horizons]
        parts = [(at, values[columns]) for at, (_, columns) in zip(weights, horizons, strict=True)]
        for (g, columns), at, (mean, psi, direction) in zip(horizons, weights, influences(sample, parts), strict=True):
            means[columns] = mean
            estimated = np.einsum("kp,kp->k", np.einsum("kp,pq->kq", direction, sample.meat), direction)
            for c, own, along in zip(columns, psi, direction, strict=True):
                counts[c] = kernels.sizes_and_squares(
                    values[c],
                    at.w,
                    sample.sets,
                    local,
                    place,
                    sample.treated,
                    own,
                    sample.scores,
                    along,
                    sample.n_sets,
                    sample.cells,
                    int(sample.cells.max(initial=-1)) + 1,
                )
            counts[columns, 8] += estimated
            counts[columns, 13] += estimated
            seen = np.isfinite(values[columns]).any(axis=0)
            diagnostics.append(_diagnose(g, sample, at, seen))
            dominated += _dominance(at.w * seen, local, place.size, sample.treated, most)
    found = pd.DataFrame(diagnostics, columns=["horizon", "weight_total", "largest_weight", "n_truncated"])
    if truncate is None:
        _warn(found)
    _warn_of_dominance(dominated, len(found))
    table = _finish(sample, labels, values, means, counts, level, cluster, rate)
    return DynamicTable(table, level, found)


def _batches(horizon: np.ndarray, n: int) -> list[list[tuple[int, np.ndarray]]]:
    """Horizons with the places of their outcomes, some at a time: enough to read the panel seldom, few enough to hold."""
    batches: list[list[tuple[int, np.ndarray]]] = []
    held = _AT_ONCE
    for g in range(n):
        columns = np.flatnonzero(horizon == g)
        if held + columns.size > _AT_ONCE:
            batches.append([])
            held = 0
        batches[-1].append((g, columns))
        held += columns.size
    return batches


def influences(
    sample: DynamicSample, parts: Sequence[tuple[Weights, np.ndarray]]
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For each horizon's weights and outcomes (k, m): means (k, 2), influence of each row on each difference (k, m), and H⁻¹ G (k, p), whose product with
    U_i is what estimating the hazard adds.

    With an entry panel G has two parts: the product over later months moves with the one hazard, the odds at s with the other.
    """
    bounds = np.cumsum([0, *(len(values) for _, values in parts)])
    means, psi = np.empty((bounds[-1], 2)), np.empty((bounds[-1], sample.unit.size))
    for (weights, values), (lo, hi) in zip(parts, itertools.pairwise(bounds), strict=True):
        for c in range(lo, hi):
            means[c] = kernels.means_and_influence(values[c - lo], weights.w, sample.treated, psi[c])
    # psi of controls is -w (Y - µ0) / W already, so the slopes are G
    here = [(psi[lo:hi], weights) for (weights, _), (lo, hi) in zip(parts, itertools.pairwise(bounds), strict=True)]
    direction = np.hstack(
        [np.einsum("kp,pq->kq", np.nan_to_num(slope), panel.bread) for panel, slope in slopes(sample, here)]
    )
    return [(means[lo:hi], psi[lo:hi], direction[lo:hi]) for lo, hi in itertools.pairwise(bounds)]


def _horizons(
    sample: DynamicSample, values: np.ndarray, until: np.ndarray, horizon: Sequence[int] | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    until, problems = checks.months(until, "until")
    horizon, more = checks.months(horizon, "horizon")
    checks.raise_all([*problems, *more])
    if until.ndim != 2 or until.shape[0] != sample.unit.size:
        problems.append(
            Problem("until", f"shape {until.shape}", f"({sample.unit.size}, horizons)", "align it to members")
        )
    elif horizon.shape != (len(values),) or (horizon.size and not 0 <= horizon.min() <= horizon.max() < until.shape[1]):
        problems.append(
            Problem("horizon", f"shape {horizon.shape}", f"{len(values)} places among the {until.shape[1]} horizons")
        )
    checks.raise_all(problems)
    return until, horizon


def _diagnose(g: int, sample: DynamicSample, weights: Weights, seen: np.ndarray) -> tuple[int, float, float, int]:
    """Total of the controls' weights per treated, where any outcome of the horizon is observed (``seen``)."""
    control = ~sample.treated & seen & (weights.w > 0)
    treated = float(weights.w[sample.treated & seen].sum())
    total = float(weights.w[control].sum()) / treated if treated else np.nan
    largest = float(weights.w[control].max(initial=0.0))
    return g, total, largest, weights.n_truncated


def _most_rows(local: np.ndarray, n: int, treated: np.ndarray) -> list[int]:
    """Most memberships that a unit has among the treated, and among the controls."""
    return [int(np.bincount(local[group], minlength=n).max(initial=0)) for group in (treated, ~treated)]


def _dominance(
    w: np.ndarray, local: np.ndarray, n: int, treated: np.ndarray, most: Sequence[int]
) -> list[tuple[float, int, str]]:
    """Share of the unit that dominates a group's weight at a horizon, if one does, with the number of units and the group's name."""
    found = []
    for group, rows, name in ((treated, most[0], "treated"), (~treated, most[1], "controls")):
        weight = w[group]
        total = float(weight.sum())
        # units are only added up where the largest weight leaves room for one that dominates
        if rows * float(weight.max(initial=0.0)) <= DOMINANT_SHARE * total:
            continue
        by_unit = np.bincount(local[group], weights=weight, minlength=n)
        if one := dominant(by_unit):
            found.append((*one, name))
    return found


def _warn_of_dominance(dominated: Sequence[tuple[float, int, str]], horizons: int) -> None:
    if dominated:
        share, units, name = max(dominated)
        warnings.warn(
            f"At {len(dominated)} of {horizons} horizons one unit dominates a group (at most: {100 * share:.0f} % of the weight of {units} {name}): "
            "it alone decides the estimate. Coarsen the covariates of the hazard that set it apart, or set a quantile in truncate=.",
            DominantWeightWarning,
            stacklevel=4,
        )


def _warn(diagnostics: pd.DataFrame) -> None:
    total = diagnostics["weight_total"]
    off = diagnostics[(total < TOTAL[0]) | (total > TOTAL[1])]
    if len(off):
        worst = float(off["weight_total"].iloc[int(np.argmax(np.abs(off["weight_total"].to_numpy() - 1)))])
        warnings.warn(
            f"At {len(off)} of {len(diagnostics)} horizons the weights of the controls do not add up to the number of treated (furthest: {worst:.3f} "
            f"per treated; expected {TOTAL[0]}-{TOTAL[1]}). Check that the hazard was fitted on every month at risk up to the outcome, and with calendar time.",
            WeightTotalWarning,
            stacklevel=4,
        )


def _finish(
    sample: DynamicSample,
    labels: Sequence[object],
    values: np.ndarray,
    means: np.ndarray,
    counts: np.ndarray,
    level: float,
    cluster: str,
    rate: bool | None,
) -> pd.DataFrame:
    z = critical_value(level)
    cluster = "unit" if sample.pooled else cluster
    n_rows, n_sets = counts[:, 4], counts[:, 5]
    # every unit of the panel has an influence: it took part in fitting the hazard
    n_units = np.full(len(values), float(sample.panel.n_units))
    variances = [
        clustered(counts[:, s], counts[:, u], counts[:, r], n_sets, n_units, n_rows, cluster)
        for s, u, r in ((7, 8, 9), (11, 10, 11), (12, 13, 14))
    ]
    errors = [np.sqrt(v) for v in variances]
    treated, control = means[:, 0], means[:, 1]
    rates = is_rate(values) if rate is None else np.full(len(values), rate)
    estimate = treated - control
    limits = limit_columns(
        difference=(estimate, errors[0]),
        treated=(treated, errors[1], counts[:, 2]),
        control=(control, errors[2], counts[:, 3]),
        rate=rates,
        z=z,
    )
    observed = np.isfinite(estimate)
    # what is rare decides: clusters that the estimate rests on (not all units of the panel), or persons of one group
    fewest = np.minimum.reduce([fewest_clusters(n_sets, counts[:, 6], n_rows, cluster), counts[:, 15], counts[:, 1]])
    told = observed & (fewest > 1)
    warn_of_few(fewest[told])
    columns = {
        "outcome": list(labels),
        "estimator": POOLED if sample.pooled else MATCHED,
        "estimate": estimate,
        "std_error": errors[0],
        **limits,
        "treated_mean": treated,
        "treated_std_error": errors[1],
        "control_mean": control,
        "control_std_error": errors[2],
        "n_treated": counts[:, 0].astype(np.int64),
        "n_controls": counts[:, 1].astype(np.int64),
        "ess_treated": counts[:, 2],
        "ess_controls": counts[:, 3],
        "n_sets": np.where(sample.pooled, 0, n_sets).astype(np.int64),
        "n_units": counts[:, 6].astype(np.int64),
        "rate": rates,
        "status": np.where(told, "estimated", np.where(observed, TOO_FEW, "not_observed")),
    }
    table = pd.DataFrame(columns)[list(COLUMNS)]
    return without_numbers(table, ~told)
