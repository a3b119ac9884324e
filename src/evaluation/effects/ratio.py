"""Risk ratios beside risk differences, for rates.

The ratio is of the two weighted means of :mod:`evaluation.effects.weighted`. Its interval is formed on the log scale (delta
method): the influence of a row on log(p1 / p0) is ψ1 / p1 - ψ0 / p0, two-way clustered as the difference's is. On that scale the
limits are positive, and those of p0 / p1 are the inverse ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from evaluation.effects import kernels
from evaluation.effects.intervals import critical_value
from evaluation.effects.sample import HasMembers, outcome_of, outcomes_of, sample_of
from evaluation.effects.variance import Cluster, clustered
from evaluation.effects.weighted import estimate_many, refuse_too_few
from evaluation.errors import EffectError, Problem

RATIO_COLUMNS = ("risk_ratio", "log_ratio_std_error", "ratio_low", "ratio_high", "ratio_status")


def risk_ratio(
    matched: HasMembers | pd.DataFrame,
    outcome: str | np.ndarray | pd.Series | Sequence[float],
    *,
    level: float = 0.95,
    cluster: Cluster = "set+unit",
) -> pd.Series:
    """Ratio and difference of the rates of one outcome: one row of :func:`risk_ratio_many`.

    Raises
    ------
    EffectError
        Values outside [0, 1], or an outcome that is observed in no complete set, or for one cluster or one person of a group only.
    """
    label = outcome if isinstance(outcome, str) else "outcome"
    row = risk_ratio_many(matched, {label: outcome_of(matched, outcome)}, level=level, cluster=cluster).iloc[0]
    refuse_too_few(row.to_frame().T)
    if row["status"] != "estimated":
        raise EffectError(
            Problem(
                "outcome",
                "no set holds both a treated unit and a control with an observed outcome",
                "an observed outcome",
            )
        )
    return row


def risk_ratio_many(
    matched: HasMembers | pd.DataFrame,
    outcomes: np.ndarray | pd.DataFrame | Mapping[str, np.ndarray],
    *,
    level: float = 0.95,
    cluster: Cluster = "set+unit",
) -> pd.DataFrame:
    """Ratios and differences of the rates of many outcomes.

    Parameters
    ----------
    matched, outcomes, level, cluster
        As in :func:`evaluation.effects.estimate_many`; outcomes lie in [0, 1].

    Returns
    -------
    DataFrame
        The rows of :func:`evaluation.effects.estimate_many` with :data:`RATIO_COLUMNS`: the ratio, the standard error of its
        logarithm, its limits, and "estimated", "zero_rate" (a rate of 0: no ratio, or one without an interval) or
        the row's own status where it has no estimate. Where no rate varies (both 1), the limits combine those of the two rates on the log scale (Zou & Donner
        2008).
    """
    sample = sample_of(matched)
    labels, values = outcomes_of(outcomes, sample.weight.size)
    outside = np.nansum((values < 0) | (values > 1), axis=1)
    if outside.any():
        named = ", ".join(str(label) for label, n in zip(labels, outside, strict=True) if n)
        raise EffectError(
            Problem("outcomes", f"values outside [0, 1] in {named}", "rates, or 0/1", "take estimate_many for amounts")
        )
    table = estimate_many(matched, outcomes, level=level, cluster=cluster, rate=True)
    z = critical_value(level)
    m = kernels.moments(
        values,
        sample.sets,
        sample.units,
        sample.treated,
        sample.weight,
        sample.n_sets,
        sample.n_units,
        sample.has_sets,
        sample.third(cluster),
    )
    p1, p0 = m[:, kernels.TREATED_MEAN], m[:, kernels.CONTROL_MEAN]
    squares = m[:, kernels.SQUARES : kernels.SQUARES + 9].reshape(-1, 3, 3)
    sizes = (m[:, kernels.N_SETS], m[:, kernels.N_UNITS], m[:, kernels.N_ROWS])
    with np.errstate(divide="ignore", invalid="ignore"):
        # |a - b|² is known with |a|² and |b|²: so is |a / p1 - b / p0|²
        cross = (squares[:, 1] + squares[:, 2] - squares[:, 0]) / 2
        parts = squares[:, 1] / p1[:, None] ** 2 + squares[:, 2] / p0[:, None] ** 2 - 2 * cross / (p1 * p0)[:, None]
        by_set, by_unit, by_row = np.maximum(parts, 0.0).T
        variance = clustered(by_set, by_unit, by_row, *sizes, cluster)
        ratio, log_ratio = p1 / p0, np.log(p1) - np.log(p0)
        error = np.sqrt(variance)
        below, above = z * error, z * error
        flat = (squares[:, 1] == 0).all(axis=1) & (squares[:, 2] == 0).all(axis=1)
        t_low, t_high = np.log(p1 / table["treated_low"]), np.log(table["treated_high"] / p1)
        c_low, c_high = np.log(p0 / table["control_low"]), np.log(table["control_high"] / p0)
        below = np.where(flat, np.hypot(t_low, c_high), below)
        above = np.where(flat, np.hypot(t_high, c_low), above)
    seen = (table["status"] == "estimated").to_numpy()
    positive = seen & (p1 > 0) & (p0 > 0)
    return table.assign(
        risk_ratio=np.where(seen & (p0 > 0), ratio, np.nan),
        log_ratio_std_error=np.where(positive, error, np.nan),
        ratio_low=np.where(positive, np.exp(log_ratio - below), np.nan),
        ratio_high=np.where(positive, np.exp(log_ratio + above), np.nan),
        ratio_status=np.where(~seen, table["status"], np.where(positive, "estimated", "zero_rate")),
    )
