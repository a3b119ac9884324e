"""Tables of a sensitivity analysis in partial R²: confounders as strong as observed covariates, and the grid of the contour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from evaluation.errors import EffectError, Problem
from evaluation.robustness.partial_r2 import Regression, bounds_from_benchmark


def adjusted_interval(
    regression: Regression, r2_treatment: float, r2_outcome: float, level: float, null: float
) -> tuple[float, float, float]:
    """Estimate and limits once a confounder of this strength is adjusted for."""
    value = float(regression.adjusted(r2_treatment, r2_outcome, null=null))
    half = regression.critical(level) * float(regression.adjusted_error(r2_treatment, r2_outcome))
    return value, value - half, value + half


def benchmark_bounds(
    regression: Regression,
    observed: Mapping[str, tuple[float, float]],
    multiples: Sequence[float],
    level: float,
    null: float,
) -> pd.DataFrame:
    """A row without a confounder, then one per benchmark and multiple; ``observed`` holds the benchmarks' own partial R²."""
    own = regression.inflation * regression.std_error
    half = own * float(np.abs(_plain_critical(regression, level)))
    rows: list[tuple[object, ...]] = [
        ("none", 0.0, 0.0, 0.0, regression.estimate, own, (regression.estimate - null) / own, regression.estimate - half, regression.estimate + half)
    ]  # fmt: skip
    for name, pair in observed.items():
        for multiple in multiples:
            d, y = bounds_from_benchmark(*pair, float(multiple))
            value, low, high = adjusted_interval(regression, d, y, level, null)
            error = float(regression.adjusted_error(d, y))
            t = (value - null) / error if error > 0 else np.nan
            rows.append((name, float(multiple), d, y, value, error, t, low, high))
    columns = ["benchmark", "multiple", "r2_treatment", "r2_outcome", "estimate", "std_error", "t", "ci_low", "ci_high"]
    return pd.DataFrame(rows, columns=columns)


def _plain_critical(regression: Regression, level: float) -> float:
    return Regression(0.0, 1.0, regression.dof + 1).critical(level)


def extent_of(table: pd.DataFrame, value: float) -> tuple[float, float]:
    """Room for the benchmarks and for the point of equal strengths."""
    reach = [1.25 * max(value, float(np.nanmax(table[name]))) for name in ("r2_treatment", "r2_outcome")]
    return min(max(reach[0], 0.02), 0.95), min(max(reach[1], 0.02), 0.95)


def contour_table(
    regression: Regression, largest: tuple[float, float], grid: int, level: float, null: float
) -> pd.DataFrame:
    """Adjusted estimates, and limits nearest ``null``, from no confounder to the largest strengths."""
    if grid < 2 or not all(0 < top < 1 for top in largest):
        raise EffectError(Problem("grid, largest", f"{grid}, {largest}", "at least 2 points; limits between 0 and 1"))
    d, y = np.meshgrid(np.linspace(0, largest[0], grid), np.linspace(0, largest[1], grid), indexing="ij")
    value = regression.adjusted(d, y, null=null)
    side = 1.0 if regression.estimate >= null else -1.0
    limit = value - side * regression.critical(level) * regression.adjusted_error(d, y)
    return pd.DataFrame(
        {"r2_treatment": d.ravel(), "r2_outcome": y.ravel(), "estimate": value.ravel(), "limit": limit.ravel()}
    )
