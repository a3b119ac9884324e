"""The estimated score of Abadie and Imbens (2016), and what its estimation takes off or adds to the variance.

With Z the columns of the model (intercept first), F its distribution, f the density at Z'γ and V the inverse information,

- ATE: V_adj = V_ATE - c' V c, c = 1/n Σ f (cov(Z, Y(1) | F) / F + cov(Z, Y(0) | F) / (1 - F));
- ATT: V_adj = V_ATT - c' V c + d' V d, c = 1/n₁ Σ f (Z (m₁ - m₀ - τ) + cov(Z, Y(1) | F) + F / (1 - F) cov(Z, Y(0) | F)),
  d = 1/n₁ Σ f Z (e - τ), the derivative of the ATT, where e is the effect at the unit's covariates: the difference of the
  two groups' regressions of Y on Z, or (2D - 1)(Y - Y_x) with Y_x the mean of the nearest neighbours of the other group by
  covariates.

Covariances and the means m are local: over the h = J + 1 nearest units by the score, a unit counting itself in its own group
for the covariance and not for the mean. Sums run over all units. The paper leaves open over which units the local estimates
run and by which metric Y_x is found; these choices reproduce Stata's printed errors. Of the metric there is one printed error
(an ATT) to tell: plain distance meets all its digits, Mahalanobis does not. For the ATE the correction never adds; for the ATT
it may do either.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numba
import numpy as np
import pandas as pd
from scipy.linalg import cho_factor, cho_solve

from evaluation.effects.neighbours.sets import Group, find_sets, group_of
from evaluation.errors import EffectError, MatchingError, Problem
from evaluation.matching.coordinates import coordinates
from evaluation.matching.design_matrix import CovariateDesign
from evaluation.matching.score import fit_score

Link = Literal["logit", "probit"]
Derivative = Literal["regression", "mahalanobis", "euclidean"]
_compiled = numba.njit(cache=True, nogil=True)
_MAX_STEPS, _STEP = 50, 1e-9


@dataclass(frozen=True)
class FittedScore:
    """A fitted score; n rows, k terms.

    Attributes
    ----------
    z
        float64 (n, k): columns of the model, the intercept first.
    index, probability, density
        float64 (n,): z'γ, F and f; NaN in rows that a value of a covariate separates.
    covariance
        float64 (k, k): the inverse of the observed information.
    """

    z: np.ndarray
    index: np.ndarray
    probability: np.ndarray
    density: np.ndarray
    covariance: np.ndarray


def fit(frame: pd.DataFrame, covariates: Sequence[str], treated: np.ndarray, link: Link) -> FittedScore:
    """Maximum-likelihood score on main effects of the covariates."""
    design = CovariateDesign.of(frame, covariates)
    try:
        model, linear = fit_score(frame, design, treated, pd.Series(np.arange(len(frame))))
    except MatchingError as error:
        raise EffectError(error.problems) from error
    raw = design.matrix(frame)[model.kept]
    z = np.vstack([np.ones(len(frame)), raw]).T
    if link == "logit":
        with np.errstate(over="ignore"):
            p = 1 / (1 + np.exp(-linear))
        return FittedScore(z, linear, p, p * (1 - p), model.covariance)
    inside = np.isfinite(linear)
    x = np.vstack([np.ones(len(frame)), (raw - model.centre[:, None]) / model.scale[:, None]]).T
    gamma, information = _probit(np.ascontiguousarray(x[inside]), treated[inside])
    index = np.full(len(frame), np.nan)
    index[inside] = np.einsum("ij,j->i", x[inside], gamma)
    to_data = np.eye(gamma.size)
    to_data[1:, 1:] /= model.scale[:, None]
    to_data[0, 1:] = -model.centre / model.scale
    covariance = to_data @ np.linalg.inv(information) @ to_data.T
    p = np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in index])
    return FittedScore(z, index, p, np.exp(-(index**2) / 2) / math.sqrt(2 * math.pi), covariance)


@_compiled
def _probit_sums(x, treated, gamma):
    """Log-likelihood, gradient and observed information of a probit."""
    n, k = x.shape
    total, gradient, information = 0.0, np.zeros(k), np.zeros((k, k))
    for i in range(n):
        eta = 0.0
        for j in range(k):
            eta += x[i, j] * gamma[j]
        sign = 1.0 if treated[i] else -1.0
        tail = max(0.5 * math.erfc(-sign * eta / math.sqrt(2.0)), 1e-300)
        total += math.log(tail)
        ratio = sign * math.exp(-eta * eta / 2.0) / math.sqrt(2.0 * math.pi) / tail
        weight = ratio * (ratio + eta)
        for j in range(k):
            gradient[j] += ratio * x[i, j]
            for m in range(j + 1):
                information[j, m] += weight * x[i, j] * x[i, m]
    for j in range(k):
        for m in range(j):
            information[m, j] = information[j, m]
    return total, gradient, information


def _probit(x: np.ndarray, treated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    gamma = np.zeros(x.shape[1])
    likelihood, gradient, information = _probit_sums(x, treated, gamma)
    for _ in range(_MAX_STEPS):
        step = cho_solve(cho_factor(information, lower=True), gradient)
        new = _probit_sums(x, treated, gamma + step)
        while new[0] < likelihood - 1e-10 * abs(likelihood):
            step = step / 2
            new = _probit_sums(x, treated, gamma + step)
        gamma = gamma + step
        likelihood, gradient, information = new
        if np.max(np.abs(step)) < _STEP:
            return gamma, information
    raise EffectError(
        Problem("link", "the probit did not converge", "covariates that do not separate the groups", "link='logit'")
    )


@dataclass(frozen=True)
class Local:
    """What the correction needs to know of the matching: groups by score and by covariates, and the sizes of sets."""

    groups: tuple[Group, Group]  # controls, treated
    by_covariates: tuple[Group, Group] | None  # None: the derivative comes from regressions
    neighbours: int
    se_neighbours: int
    tolerance: float


def covariate_groups(
    frame: pd.DataFrame,
    covariates: Sequence[str],
    metric: str,
    fitted: FittedScore,
    rows: tuple[np.ndarray, np.ndarray],
    stratum: np.ndarray,
    n_strata: int,
) -> tuple[Group, Group]:
    """Groups by covariates, for the derivative of the ATT; ``metric`` "mahalanobis" or "euclidean" (of the model's columns)."""
    n = len(frame)
    if metric == "euclidean":
        x = np.ascontiguousarray(fitted.z[:, 1:])
    else:
        used = np.zeros(n, bool)
        used[np.concatenate(rows)] = True
        x = coordinates(frame, tuple(covariates), metric, np.zeros(n, bool), used, np.arange(n, dtype=np.uint64))
    return group_of(rows[0], x, stratum, n_strata), group_of(rows[1], x, stratum, n_strata)


def correction(local: Local, fitted: FittedScore, y: np.ndarray, effect: np.ndarray, estimand: str) -> np.ndarray:
    """What is to be added to the variance of each outcome, float64 (k,).

    Parameters
    ----------
    y
        float64 (n, k): outcomes by row of the frame; rows outside the groups are not read.
    effect
        float64 (k,): the estimates.
    """
    h, tolerance = local.se_neighbours + 1, local.tolerance
    found = {
        (asks, gives): find_sets(local.groups[asks], local.groups[gives], h, tolerance)
        for asks in (0, 1)
        for gives in (0, 1)
    }
    n_1 = local.groups[1].rows.size
    n = n_1 + local.groups[0].rows.size
    out = np.empty(y.shape[1])
    v = fitted.covariance
    for c in range(y.shape[1]):
        values = np.column_stack([fitted.z, y[:, c]])
        against = values.shape[1] - 1
        total, slope = np.zeros(against), np.zeros(against)
        lines = [_line(fitted.z[group.rows], y[group.rows, c]) for group in local.groups]
        for asks, group in enumerate(local.groups):
            rows = group.rows
            p, f, z = fitted.probability[rows], fitted.density[rows], fitted.z[rows]
            cov = [found[asks, gives].covariances(values, against)[:, :against] for gives in (0, 1)]
            if estimand == "ate":
                total += _sum(f[:, None] * (cov[1] / p[:, None] + cov[0] / (1 - p)[:, None]))
                continue
            means = [found[asks, gives].means(y[:, [c]])[:, 0] for gives in (0, 1)]
            others = find_sets(group, group, h + 1, tolerance)
            own = others.means(y[:, [c]])[:, 0]
            size = others.size[group.point_of]
            with np.errstate(invalid="ignore", divide="ignore"):
                means[asks] = (own * size - y[rows, c]) / (size - 1)
            gap = means[1] - means[0] - effect[c]
            total += _sum(f[:, None] * (z * gap[:, None] + cov[1] + (p / (1 - p))[:, None] * cov[0]))
            slope += _sum(z * (f * (_twins(local, asks, y[:, c], z, lines) - effect[c]))[:, None])
        total /= n if estimand == "ate" else n_1
        slope /= n_1
        out[c] = slope @ v @ slope - total @ v @ total
    return out


def _twins(local: Local, asks: int, y: np.ndarray, z: np.ndarray, lines: list[np.ndarray]) -> np.ndarray:
    """The effect at each unit's covariates, float64 (asking units,)."""
    if local.by_covariates is None:
        return np.asarray(np.einsum("ij,j->i", z, lines[1] - lines[0]))
    mine, others = local.by_covariates[asks], local.by_covariates[1 - asks]
    nearest = find_sets(mine, others, local.neighbours, local.tolerance)
    return np.asarray((2 * asks - 1) * (y[mine.rows] - nearest.means(y[:, None])[:, 0]))


def _line(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Least squares of y on z, intercept first, float64 (k,); a column that repeats others shares their slope."""
    scale = np.sqrt(np.einsum("ij,ij->j", z, z) / len(z))
    scale[scale == 0] = 1.0
    x = z / scale
    slope: np.ndarray = np.linalg.lstsq(np.einsum("ij,im->jm", x, x), np.einsum("ij,i->j", x, y), rcond=1e-12)[0]
    return slope / scale


def _sum(values: np.ndarray) -> np.ndarray:
    """Sums of the columns over rows whose sets exist; cells too small for a local estimate add nothing."""
    whole = np.isfinite(values).all(axis=1)
    if not whole.all():
        warnings.warn(
            f"{int((~whole).sum())} units are alone in their exact cell: they add nothing to the correction of the variance "
            "for the estimated score.",
            stacklevel=2,
        )
    return np.sum(values[whole], axis=0)
