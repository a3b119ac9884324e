"""Weighted least squares of an outcome on treatment and covariates of a matched sample, and what each covariate adds to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.effects.regression.fit import fit_outcomes
from evaluation.effects.regression.matched import observed_weights
from evaluation.effects.sample import HasMembers, Sample, sample_of
from evaluation.effects.variance import clustered
from evaluation.errors import EffectError, Problem
from evaluation.matching.design_matrix import CovariateDesign
from evaluation.matching.logit import independent_columns
from evaluation.robustness.partial_r2 import Regression


@dataclass(frozen=True)
class Columns:
    """Covariates as columns.

    Attributes
    ----------
    x
        float64 (p, m): centred, scaled, independent.
    owner
        The covariate that each column comes from.
    """

    x: np.ndarray
    owner: tuple[str, ...]

    def without(self, names: Sequence[str]) -> np.ndarray:
        """All columns but those of some covariates, (p', m)."""
        return np.ascontiguousarray(self.x[[owner not in names for owner in self.owner]])


@dataclass(frozen=True)
class WeightedFit:
    """The regression on the rows with an observed outcome (w > 0).

    ``treatment_left`` and ``residual`` are the residuals of treatment given the covariates and of the outcome given both, float64
    (n,); ``regression`` has the classical standard error, ``robust_error`` the clustered one.
    """

    columns: Columns
    treated: np.ndarray
    y: np.ndarray
    w: np.ndarray
    treatment_left: np.ndarray
    residual: np.ndarray
    regression: Regression
    robust_error: float

    def benchmark(self, names: Sequence[str]) -> tuple[float, float]:
        """Partial R² of a group of covariates with treatment, and with the outcome, given all else."""
        others = self.columns.without(names)
        if len(others) == len(self.columns.x):
            return 0.0, 0.0
        treatment_without, _ = _residual(others, self.treated, self.w)
        outcome_without, _ = _residual(np.vstack([self.treated[None, :], others]), self.y, self.w)
        return (
            _partial(_squares(self.treatment_left, self.w), _squares(treatment_without, self.w)),
            _partial(_squares(self.residual, self.w), _squares(outcome_without, self.w)),
        )


def covariate_columns(matched: HasMembers | pd.DataFrame, covariates: Sequence[str]) -> Columns:
    """Covariates of the memberships; binaries and numbers as they are, categories as dummies.

    Raises
    ------
    EffectError
        Columns that do not exist or miss values.
    """
    if isinstance(matched, pd.DataFrame):
        frame, position = matched, np.arange(len(matched))
    else:
        filled = getattr(matched, "filled", None)
        frame = matched.frame if filled is None else filled
        position = matched.members["position"].to_numpy()
    problems = [
        Problem("covariates", f'no column "{name}"', "columns of the frame") for name in covariates if name not in frame
    ]
    if problems:
        raise EffectError(problems)
    rows = frame[list(covariates)].take(position)
    problems = [
        Problem(f'covariates["{name}"]', f"{n} missing values", "none", "fill them by a stated rule")
        for name in covariates
        if (n := int(rows[name].isna().sum()))
    ]
    if problems:
        raise EffectError(problems)
    parts, owner = [np.empty((0, len(rows)))], []
    for name in covariates:
        part = CovariateDesign.of(rows, [name]).matrix(rows)
        parts.append(part)
        owner += [name] * len(part)
    x = np.vstack(parts)
    return Columns(x, tuple(owner))


def weighted_fit(
    matched: HasMembers | pd.DataFrame, y: np.ndarray, covariates: Sequence[str], cluster: str
) -> WeightedFit:
    """Fit by the weights of the matched sample.

    Raises
    ------
    EffectError
        Treatment that the covariates determine, too few rows, or an outcome they explain fully.
    """
    sample = sample_of(matched)
    columns = covariate_columns(matched, covariates)
    w = observed_weights(sample, y)
    rows = np.flatnonzero(w > 0)
    if rows.size == 0:
        raise EffectError(Problem("outcome", "observed in no complete set", "an outcome observed in some sets"))
    w, y, treated = w[rows], y[rows], sample.treated[rows].astype(np.float64)
    columns = _independent(Columns(columns.x[:, rows], columns.owner))
    dof = rows.size - len(columns.x) - 2
    left, _ = _residual(columns.x, treated, w)
    residual, coefficients = _residual(np.vstack([treated[None, :], columns.x]), y, w)
    spread, rest = _squares(left, w), _squares(residual, w)
    tiny = 1e-10
    if dof < 2 or spread <= tiny * float(np.sum(w)) or rest <= tiny * _squares(y - np.average(y, weights=w), w):
        raise EffectError(
            Problem(
                "covariates", f"{len(columns.x)} columns for {rows.size} rows leave nothing of treatment or outcome to explain",
                "fewer covariates than rows", "name fewer covariates",
            )
        )  # fmt: skip
    # the scale of the weights does not matter: it cancels
    classical = float(np.sqrt(rest / dof / spread))
    robust = _clustered_error(w * left * residual / spread, sample, rows, cluster)
    regression = Regression(float(coefficients[1]), classical, float(dof), robust / classical)
    return WeightedFit(columns, treated, y, w, left, residual, regression, robust)


def _independent(columns: Columns) -> Columns:
    if not len(columns.x):
        return columns
    centred = columns.x - columns.x.mean(axis=1, keepdims=True)
    scale = np.sqrt(np.mean(centred**2, axis=1))
    varies = scale > 1e-12 * (1 + np.max(np.abs(columns.x), axis=1))
    x = centred[varies] / scale[varies][:, None]
    owner = [name for name, kept in zip(columns.owner, varies, strict=True) if kept]
    if not len(x):
        return Columns(np.empty((0, columns.x.shape[1])), ())
    places = np.flatnonzero(independent_columns(np.ascontiguousarray(x)))
    return Columns(np.ascontiguousarray(x[places]), tuple(owner[i] for i in places))


def _residual(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Residuals of a weighted regression with an intercept, and its coefficients, the intercept first."""
    fit = fit_outcomes(np.ascontiguousarray(x), np.array(y[None, :]), np.array(w), "linear")
    return y - fit.mean[0], fit.coefficients[0]


def _squares(values: np.ndarray, w: np.ndarray) -> float:
    return float(np.sum(w * values**2))


def _partial(with_it: float, without: float) -> float:
    return float(min(max(1 - with_it / without, 0.0), 1.0)) if without > 0 else 0.0


def _clustered_error(psi: np.ndarray, sample: Sample, rows: np.ndarray, cluster: str) -> float:
    groups = (sample.sets[rows], sample.units[rows], sample.third(cluster)[rows])
    by_set, by_unit, by_row = (np.array([np.sum(np.bincount(codes, weights=psi) ** 2)]) for codes in groups)
    n_sets, n_units, n_rows = (np.array([np.unique(codes).size]) for codes in groups)
    return float(np.sqrt(clustered(by_set, by_unit, by_row, n_sets, n_units, n_rows, cluster)[0]))
