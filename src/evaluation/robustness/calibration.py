"""Empirical calibration by negative controls (Schuemie et al. 2014): what the design finds where nothing is to be found.

Estimates of outcomes that treatment cannot affect are normal with mean μ, the systematic error, and variance σ² + se². Both are
fitted by maximum likelihood, and a new estimate is judged against N(μ, σ² + se²) instead of N(0, se²). The calibrated interval takes the systematic
error to be the same whatever the true effect is.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from evaluation.effects.intervals import critical_value
from evaluation.effects.result import forest
from evaluation.errors import EffectError, Problem, StatisticalWarning

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEWEST, FEW = 3, 10


@dataclass(frozen=True)
class Calibration:
    """The empirical null distribution.

    Attributes
    ----------
    mean, sd
        μ and σ of the systematic error.
    table
        The negative controls: outcome, estimate, std_error, p, calibrated_p, ci_low, ci_high (calibrated limits).
    """

    mean: float
    sd: float
    table: pd.DataFrame
    level: float

    @property
    def n(self) -> int:
        """Number of negative controls."""
        return len(self.table)

    def p_value(self, estimate: float | np.ndarray, std_error: float | np.ndarray) -> np.ndarray:
        """Two-sided p values of no effect, calibrated."""
        return 2 * norm.sf(np.abs(np.asarray(estimate) - self.mean) / self._error(std_error))

    def interval(
        self, estimate: float | np.ndarray, std_error: float | np.ndarray, *, level: float | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Calibrated limits."""
        half = critical_value(self.level if level is None else level) * self._error(std_error)
        centre = np.asarray(estimate) - self.mean
        return centre - half, centre + half

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table with estimate and std_error, with calibrated_estimate, calibrated_p, calibrated_low and calibrated_high added."""
        estimate, error = table["estimate"].to_numpy(np.float64), table["std_error"].to_numpy(np.float64)
        low, high = self.interval(estimate, error)
        return table.assign(
            calibrated_estimate=estimate - self.mean,
            calibrated_p=self.p_value(estimate, error),
            calibrated_low=low,
            calibrated_high=high,
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """The negative controls with their calibrated intervals: about 95 % of them should hold 0."""
        shown = self.table.assign(estimate=self.table["estimate"] - self.mean)
        ax = forest(shown, ax)
        ax.set_xlabel("difference where none is to be found, systematic error removed")
        return ax

    def _error(self, std_error: float | np.ndarray) -> np.ndarray:
        return np.hypot(self.sd, np.asarray(std_error, dtype=np.float64))

    def __str__(self) -> str:
        found = int(np.sum(self.table["p"] < 1 - self.level))
        left = int(np.sum(self.table["calibrated_p"] < 1 - self.level))
        return (
            f"Systematic error by {self.n} negative controls: mean {self.mean:.4g}, standard deviation {self.sd:.4g}\n"
            f"p below {1 - self.level:.2g}: {found} of {self.n} before, {left} after calibration"
        )

    def _repr_html_(self) -> str:
        return f"<pre>{self}</pre>{self.table.to_html(index=False, float_format=lambda x: f'{x:.4g}')}"


def empirical_calibration(
    estimates: Sequence[float] | np.ndarray | pd.DataFrame,
    std_errors: Sequence[float] | np.ndarray | None = None,
    *,
    labels: Sequence[object] | None = None,
    level: float = 0.95,
) -> Calibration:
    """Fit the empirical null distribution.

    Parameters
    ----------
    estimates, std_errors
        (k,) each, of negative controls; differences, or logarithms of ratios. Or one table with estimate, std_error (and outcome).
    labels
        Names of the negative controls.
    level
        Of intervals.

    Raises
    ------
    EffectError
        Fewer than three negative controls, values that are not finite, standard errors that are not above 0.

    Warns
    -----
    StatisticalWarning
        Fewer than ten: their spread is then hardly known.
    """
    if isinstance(estimates, pd.DataFrame):
        labels = list(estimates["outcome"]) if labels is None and "outcome" in estimates else labels
        std_errors = estimates["std_error"].to_numpy(dtype=np.float64)
        estimates = estimates["estimate"].to_numpy(dtype=np.float64)
    y = np.asarray(estimates, dtype=np.float64)
    s = np.asarray(() if std_errors is None else std_errors, dtype=np.float64)
    critical_value(level)
    problems = []
    if y.ndim != 1 or y.shape != s.shape:
        problems.append(Problem("negative controls", f"shapes {y.shape} and {s.shape}", "one standard error each"))
    elif y.size < FEWEST or not np.all(np.isfinite(y)) or not np.all(np.isfinite(s) & (s > 0)):
        problems.append(
            Problem("negative controls", f"{int(np.sum(np.isfinite(y) & (s > 0)))} usable of {y.size}", f"at least {FEWEST}, all with a standard error above 0", "leave the others out")
        )  # fmt: skip
    elif labels is not None and len(labels) != y.size:
        problems.append(Problem("labels", f"{len(labels)} for {y.size}", "one each"))
    if problems:
        raise EffectError(problems)
    if y.size < FEW:
        warnings.warn(
            f"{y.size} negative controls tell little of the spread of the systematic error; take {FEW} or more",
            StatisticalWarning,
            stacklevel=2,
        )
    mean, sd = fit_null(y, s)
    names = list(range(1, y.size + 1)) if labels is None else list(labels)
    made = Calibration(mean, sd, pd.DataFrame(), level)
    low, high = made.interval(y, s)
    table = pd.DataFrame(
        {
            "outcome": names,
            "estimate": y,
            "std_error": s,
            "p": 2 * norm.sf(np.abs(y) / s),
            "calibrated_p": made.p_value(y, s),
            "ci_low": low,
            "ci_high": high,
        }
    )
    return Calibration(mean, sd, table, level)


def fit_null(y: np.ndarray, s: np.ndarray) -> tuple[float, float]:
    """Maximum likelihood of y ~ N(μ, σ² + s²): μ is the weighted mean for a given σ, so that σ alone is searched."""

    def mean_at(variance: float) -> float:
        w = 1 / (variance + s**2)
        return float(np.sum(w * y) / np.sum(w))

    def loss(variance: float) -> float:
        total = variance + s**2
        return float(np.sum(np.log(total) + (y - mean_at(variance)) ** 2 / total))

    spread = float(np.sum((y - y.mean()) ** 2)) + float(np.max(s**2))
    # several maxima can occur where standard errors differ much: the best of a grid is refined
    grid = np.concatenate([[0.0], spread * np.geomspace(1e-6, 1.0, 61)])
    best = int(np.argmin([loss(v) for v in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-10 * spread})
    variance = float(found.x) if loss(float(found.x)) < loss(float(grid[best])) else float(grid[best])
    return mean_at(variance), float(np.sqrt(variance))
