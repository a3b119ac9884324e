"""One stacked influence function for weighting, regression adjustment, and both together.

For one arm (treated or controls), with target rows T (all rows for the ATE, one group for the ATT and ATC), arm rows A, weights w and an outcome model
m fitted on A with weights v:

    µ = mean of m over T + Σ_A w (Y - m) / W          W = Σ_A w (Hájek), or the number of target rows

    IF_r = 1_T (m_r - m̄) / N_T + 1_A w_r (Y_r - m_r - r̄) / W + [g' A⁻¹] v_r (Y_r - m_r) z_r + c' H⁻¹ U_r

where r̄ is the weighted mean residual, g = ∂µ/∂β, c = ∂µ/∂(score) and U, H belong to the score (:mod:`evaluation.effects.weighting.score`).
IPW has m = 0 and no target, regression adjustment w = 0, IPW-RA v = w (its weighted residuals sum to 0), AIPW v = 1 or weights of its own.
This is the sandwich of the stacked estimating equations (Newey & McFadden 1994; Lunceford & Davidian 2004; Wooldridge 2007).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.effects.regression import kernels
from evaluation.effects.regression.fit import OutcomeLink, fit_outcomes
from evaluation.effects.weighting.score import ScoreRows


@dataclass(frozen=True)
class Plan:
    """What is computed on all outcomes alike.

    Attributes
    ----------
    treated, within
        bool (n,).
    target
        bool (n,): rows whose covariates the mean is taken over; None without an outcome model.
    weight, weight_slope
        float64 (n,): weights and their derivatives; None for regression adjustment.
    score
        None for regression adjustment.
    columns
        float64 (p, n) of the outcome model; None for weighting alone.
    augment
        Whether weighted residuals are added (AIPW).
    fit_weight, fit_slope
        float64 (n,): weights of the outcome model's fit (IPW-RA: those of the means) and their derivatives; None for equal weights.
    hajek
        Whether weights are scaled to sum to one.
    predictions
        For cross-fitted models: float64 (2, k, n), controls' and treated's model of each row; no influence of their estimation is added.
    """

    treated: np.ndarray
    within: np.ndarray
    target: np.ndarray | None
    weight: np.ndarray | None
    weight_slope: np.ndarray | None
    score: ScoreRows | None
    columns: np.ndarray | None
    link: OutcomeLink = "linear"
    augment: bool = False
    fit_weight: np.ndarray | None = None
    fit_slope: np.ndarray | None = None
    hajek: bool = True
    predictions: np.ndarray | None = None


@dataclass(frozen=True)
class Means:
    """Means of treated and controls of k outcomes, with the influence of each row on them.

    ``psi`` is float64 (2, k, n), controls first; ``mean`` (2, k), NaN where not observed; ``failed`` bool (k,): an outcome model without a
    maximum; ``short_rank`` whether some arm does not determine its model.
    """

    mean: np.ndarray
    psi: np.ndarray
    failed: np.ndarray
    short_rank: bool


def stacked_means(plan: Plan, outcomes: np.ndarray) -> Means:
    """Both means of each outcome; outcomes are (k, n), NaN where not observed."""
    k, n = outcomes.shape
    mean, psi = np.full((2, k), np.nan), np.zeros((2, k, n))
    failed, short = np.zeros(k, bool), False
    if plan.columns is None and plan.predictions is None:
        return _weighted(plan, outcomes)
    for chosen in _same_rows(outcomes):
        seen = np.isfinite(outcomes[chosen[0]]) & plan.within
        if not (seen & plan.treated).any() or not (seen & ~plan.treated).any():
            continue
        for arm in (0, 1):
            part = np.array(outcomes[chosen])
            predicted = None if plan.predictions is None else plan.predictions[arm, chosen]
            found = _arm(plan, part, seen, seen & (plan.treated == bool(arm)), predicted)
            mean[arm, chosen], psi[arm, chosen] = found.mean, found.psi
            failed[chosen] |= found.failed
            short = short or found.short_rank
    mean[:, failed] = np.nan
    return Means(mean, psi, failed, short)


def _weighted(plan: Plan, outcomes: np.ndarray) -> Means:
    """Weighting alone: no fit depends on the rows observed, so all outcomes go together."""
    k, n = outcomes.shape
    assert plan.weight is not None
    slope = np.zeros(n) if plan.weight_slope is None else plan.weight_slope
    mean, psi, through = np.empty((2, k)), np.empty((2, k, n)), np.empty((k, n))
    for arm in (0, 1):
        rows = plan.within & (plan.treated == bool(arm))
        mean[arm] = kernels.hajek(outcomes, rows, plan.weight, slope, psi[arm], through)
        if plan.score is not None and plan.score.columns is not None and slope[rows].any():
            along = plan.score.along(kernels.cross(plan.score.columns, through))
            kernels.add_products(psi[arm], along, plan.score.residual)
    gone = ~np.isfinite(mean).all(axis=0)
    mean[:, gone], psi[:, gone] = np.nan, 0.0
    return Means(mean, psi, np.zeros(k, bool), False)


def _same_rows(outcomes: np.ndarray) -> list[np.ndarray]:
    """Outcomes that are observed in the same rows, which share one fit."""
    groups: dict[bytes, list[int]] = {}
    for i, row in enumerate(outcomes):
        groups.setdefault(np.packbits(np.isfinite(row)).tobytes(), []).append(i)
    return [np.array(members) for members in groups.values()]


@dataclass(frozen=True)
class _Arm:
    mean: np.ndarray
    psi: np.ndarray
    failed: np.ndarray
    short_rank: bool


def _arm(plan: Plan, y: np.ndarray, seen: np.ndarray, arm: np.ndarray, predicted: np.ndarray | None) -> _Arm:
    k, n = y.shape
    y[:, ~arm] = 0.0
    linear = plan.link == "linear" and predicted is None
    # deviations from the arm's first value: exactly zero where an arm does not vary
    base = y[:, np.flatnonzero(arm)[0]].copy() if linear else np.zeros(k)
    y[:, arm] -= base[:, None]
    w = np.where(arm, plan.weight, 0.0) if plan.weight is not None else arm.astype(np.float64)
    psi = np.zeros((k, n))
    failed, short = np.zeros(k, bool), False
    assert plan.target is not None
    target = seen & plan.target
    n_target = float(target.sum())
    v = np.where(arm, 1.0 if plan.fit_weight is None else plan.fit_weight, 0.0)
    fit = None
    if predicted is None and _is_plain_mean(plan, target, arm):
        m = np.zeros((k, n))
    elif predicted is None:
        assert plan.columns is not None
        fit = fit_outcomes(plan.columns, y, v, plan.link)
        m, failed, short = fit.mean, ~fit.converged, not fit.full_rank
    else:
        m = predicted
    residual = np.where(arm, y - m, 0.0)
    modelled = kernels.row_sums(np.where(target, m, 0.0)) / n_target
    psi = np.where(target, (m - modelled[:, None]) / n_target, 0.0)
    mean = base + modelled
    directs: list[
        tuple[np.ndarray, np.ndarray | None]
    ] = []  # derivatives of the mean by each row's weight, and those weights' slopes
    total = 1.0
    if plan.augment:
        total = float(kernels.row_sums(w[None, :])[0]) if plan.hajek else n_target
        rest = kernels.row_sums(w * residual) / total
        mean = mean + rest
        if plan.hajek:
            direct = np.where(arm, (residual - rest[:, None]) / total, 0.0)
            psi += w * direct
        else:
            direct = residual / total
            psi += w * direct - np.where(target, rest[:, None] / total, 0.0)
        directs.append((direct, plan.weight_slope))
    if fit is not None:
        assert plan.columns is not None
        g = np.where(target, fit.slope, 0.0) / n_target
        if plan.augment:
            g = g - w * fit.slope / total
        along = kernels.combine(plan.columns, fit.solve(_wide(kernels.cross(plan.columns, g), k)))
        psi += v * residual * along
        directs.append((residual * along, plan.fit_slope))
    psi += _through_score(plan, arm, directs)
    return _Arm(mean, psi, failed, short)


def _is_plain_mean(plan: Plan, target: np.ndarray, arm: np.ndarray) -> bool:
    """Whether the arm is itself the population, with equal weights: whatever its model says, the weighted residuals take it back."""
    if not (plan.augment and plan.hajek and plan.weight is not None and np.array_equal(target, arm)):
        return False
    fixed = plan.weight_slope is None or not plan.weight_slope[arm].any()
    return fixed and bool(np.ptp(plan.weight[arm]) == 0)


def _through_score(
    plan: Plan, arm: np.ndarray, directs: Sequence[tuple[np.ndarray, np.ndarray | None]]
) -> np.ndarray | float:
    """Influence of having estimated the score, by the derivatives (k, n) of the mean by rows' weights and the slopes (n,) of these."""
    if plan.score is None or plan.score.columns is None:
        return 0.0
    parts = [direct * np.where(arm, slope, 0.0) for direct, slope in directs if slope is not None and slope[arm].any()]
    if not parts:
        return 0.0
    return plan.score.influence(kernels.cross(plan.score.columns, sum(parts[1:], parts[0])))


def _wide(gradient: np.ndarray, k: int) -> np.ndarray:
    return gradient if len(gradient) == k else np.repeat(gradient, k, axis=0)
