"""Regression on the matched sample, and the effect by g-computation.

Weighted least squares (or a weighted logistic regression, for rates) of the outcome on treatment, covariates and their products; the effect is the
mean, over the treated, of the difference between what the model predicts with and without treatment. With least squares and no products it is the
coefficient of treatment.

Influence of a membership (delta method and sandwich in one): τ (d - effect) / Στ + g' A⁻¹ w (y - m) z, where d is the predicted difference, τ the weight
in the population of the effect, g the gradient of the mean difference and A = Σ w m' z z'. ``target="sample"`` leaves the first part out: it takes the covariates
as fixed, as R's ``avg_comparisons`` does. Clusters as in :mod:`evaluation.effects.variance`: two-way by set and person, each part with G / (G - 1);
``small_sample="hc1"`` multiplies by (n - 1) / (n - k) besides, as R's ``sandwich::vcovCL`` does; "none" takes no factor.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy.special import expit

from evaluation.effects.cautions import warn_of_few
from evaluation.effects.intervals import critical_value, is_rate, limits_of_table, warn_of_impossible
from evaluation.effects.regression import kernels
from evaluation.effects.regression.adjustment import check_link, check_values
from evaluation.effects.regression.fit import Inverses, OutcomeLink, fit_outcomes
from evaluation.effects.regression.matched import Regressors, observed_weights, regressors_of
from evaluation.effects.result import COLUMNS, Estimate, without_numbers
from evaluation.effects.sample import HasMembers, index_of, outcome_of, outcomes_of
from evaluation.effects.variance import ROUNDING, Cluster, check_cluster, clustered, factor, fewest_clusters
from evaluation.effects.weighted import TOO_FEW, refuse_too_few
from evaluation.errors import EffectError, OverlapWarning, Problem, SeparationWarning

ESTIMATOR = "matched_regression"
LOGIT = 'Take outcome_model="logit", whose predictions are rates.'
Target = Literal["population", "sample"]
SmallSample = Literal["clusters", "hc1", "none"]


def matched_regression(
    matched: HasMembers | pd.DataFrame,
    outcome: str | np.ndarray | pd.Series | Sequence[float],
    *,
    covariates: Sequence[str] | None = None,
    outcome_model: OutcomeLink = "linear",
    interactions: bool = True,
    target: Target = "population",
    cluster: Cluster = "set+unit",
    small_sample: SmallSample = "clusters",
    level: float = 0.95,
    rate: bool | None = None,
) -> Estimate:
    """Effect on one outcome by regression on a matched or weighted sample.

    Parameters
    ----------
    matched
        A matched sample, or its memberships: a frame with set, unit, treated, weight and the covariates.
    outcome
        A column, or values aligned to the memberships; NaN where not observed. Sets that lose a side are dropped, and the controls that remain share
        the weight of their treated, as in :func:`evaluation.effects.estimate_att`.
    covariates
        Columns to adjust for; by default all of the matched sample's score, terms of time among them (a study takes the covariates of its file only).
    outcome_model
        "linear", or "logit" for outcomes between 0 and 1.
    interactions
        Whether effects may differ by covariate.
    target, small_sample
        See the module.
    cluster, level, rate
        As in :func:`evaluation.effects.estimate_att`.

    Raises
    ------
    EffectError
        Unknown columns, missing or infinite covariates, an outcome observed in no complete set or for one cluster or one person of a group, a logistic
        model without a maximum.

    Warns
    -----
    ImpossibleRateWarning
        A linear model that puts the mean of a rate outside 0 to 1; limits are cut to what is possible, the estimate is not.
    OverlapWarning, SeparationWarning, FewClustersWarning
    """
    y = outcome_of(matched, outcome)
    label = outcome if isinstance(outcome, str) else "outcome"
    table = matched_regression_many(
        matched,
        {label: y},
        covariates=covariates,
        outcome_model=outcome_model,
        interactions=interactions,
        target=target,
        cluster=cluster,
        small_sample=small_sample,
        level=level,
        rate=rate,
    )
    refuse_too_few(table)
    status = table["status"].iloc[0]
    if status == "not_observed":
        raise EffectError(
            Problem(
                "outcome",
                "no set holds both a treated unit and a control with an observed outcome",
                "an outcome observed for members of the same sets",
                "take a shorter horizon, or check how the outcome was read",
            )
        )
    if status == "not_estimated":
        raise EffectError(
            Problem(
                "outcome_model",
                "the covariates separate outcomes of 0 from outcomes of 1",
                "a likelihood with a maximum",
                'take outcome_model="linear", interactions=False, or coarser covariates',
            )
        )
    return Estimate.of(table, level=level, cluster=cluster)


def matched_regression_many(
    matched: HasMembers | pd.DataFrame,
    outcomes: np.ndarray | pd.DataFrame | Mapping[str, np.ndarray],
    *,
    covariates: Sequence[str] | None = None,
    outcome_model: OutcomeLink = "linear",
    interactions: bool = True,
    target: Target = "population",
    cluster: Cluster = "set+unit",
    small_sample: SmallSample = "clusters",
    level: float = 0.95,
    rate: bool | None = None,
) -> pd.DataFrame:
    """:func:`matched_regression` for many outcomes aligned to the memberships; one row each, columns of the effect table."""
    _check(outcome_model, target, small_sample, cluster)
    z = critical_value(level)
    regressors = regressors_of(matched, covariates, interactions=interactions)
    labels, y = outcomes_of(outcomes, regressors.sample.weight.size, index_of(matched))
    check_values(labels, y, outcome_model)
    rates = is_rate(y) if rate is None else np.full(len(y), rate)
    inverses: Inverses = {}
    rows = [_one(regressors, values, outcome_model, target, small_sample, cluster, inverses) for values in y]
    if not rows:
        return pd.DataFrame(columns=list(COLUMNS))
    out = pd.DataFrame(rows)
    _say(out, labels, cluster)
    treated, control = (out[name].to_numpy(np.float64) for name in ("treated_mean", "control_mean"))
    warn_of_impossible(labels, rates, treated, control, LOGIT, stacklevel=2)
    limits = limits_of_table(out, rates, z, modelled=True)
    table = out.assign(outcome=pd.Series(list(labels)), estimator=ESTIMATOR, rate=rates, **limits)[list(COLUMNS)]
    return without_numbers(table, (table["status"] == TOO_FEW).to_numpy())


def _check(outcome_model: str, target: str, small_sample: str, cluster: str) -> None:
    check_link(outcome_model)
    check_cluster(cluster)
    problems = [
        Problem(name, f"{given!r}", ", ".join(allowed))
        for name, given, allowed in (
            ("target", target, get_args(Target)),
            ("small_sample", small_sample, get_args(SmallSample)),
        )
        if given not in allowed
    ]
    if problems:
        raise EffectError(problems)


def _one(
    r: Regressors, y: np.ndarray, link: OutcomeLink, target: str, small_sample: str, cluster: str, inverses: Inverses
) -> dict[str, object]:
    """One row of the table, without its intervals; ``short_rank`` and ``fewest`` are for warnings."""
    sample = r.sample
    w = observed_weights(sample, y)
    used = w > 0
    treated = used & sample.treated
    if not treated.any() or not (used & ~sample.treated).any():
        return _empty("not_observed")
    fit = fit_outcomes(r.z, np.where(used, y, 0.0)[None, :], w, link, inverses=inverses)
    if not fit.converged.all():
        return _empty("not_estimated")
    tau = np.where(r.target, w, 0.0)
    tau = tau / tau.sum()
    residual = w * np.where(used, y - fit.mean[0], 0.0)
    psi, means = [], []
    for arm in (1.0, 0.0):
        intercept, slopes = r.at(fit.coefficients, arm)
        eta = kernels.combine(r.x, np.hstack([intercept[:, None], slopes]))[0]
        m, slope = (eta, np.ones_like(eta)) if link == "linear" else (expit(eta), expit(eta) * expit(-eta))
        gradient = r.gradient(kernels.cross(r.x, (tau * slope)[None, :]), arm)
        mean = float(np.sum(tau * m))
        through_fit = residual * kernels.combine(r.z, fit.solve(gradient))[0]
        psi.append((tau * (m - mean), through_fit))
        means.append(mean)
    (cov_t, fit_t), (cov_c, fit_c) = psi
    effect = fit_t - fit_c + (cov_t - cov_c if target == "population" else 0.0)
    lines = np.array([effect, cov_t + fit_t, cov_c + fit_c])
    third = sample.third(cluster)
    sizes = tuple(np.array(float(np.unique(codes[used]).size)) for codes in (sample.sets, sample.units, third))
    variance = _variance(lines, r, third, sizes, small_sample, cluster, int(used.sum()), len(r.z) + 1)
    weights = np.array([np.where(treated, w, 0.0), np.where(used & ~sample.treated, w, 0.0)])
    by_unit = kernels.group_sums(weights, sample.units, sample.n_units)
    ess = kernels.row_sums(by_unit) ** 2 / kernels.squared_sums(by_unit)
    # an outcome that does not vary leaves rounding, which a test would divide by its like
    noise = ROUNDING * float(np.max(np.abs(y[used])))
    error = np.where(np.sqrt(variance) <= noise, 0.0, np.sqrt(variance))
    fewest = float(
        np.minimum(fewest_clusters(sizes[0], sizes[1], sizes[2], cluster), np.count_nonzero(by_unit, axis=1).min())
    )
    return {
        "estimate": means[0] - means[1],
        "std_error": error[0],
        "treated_mean": means[0],
        "treated_std_error": error[1],
        "control_mean": means[1],
        "control_std_error": error[2],
        "n_treated": int(treated.sum()),
        "n_controls": int(np.count_nonzero(by_unit[1])),
        "ess_treated": ess[0],
        "ess_controls": ess[1],
        "n_sets": int(sizes[0]),
        "n_units": int(sizes[1]),
        "status": "estimated" if fewest > 1 and np.isfinite(error).all() else TOO_FEW,
        "short_rank": not fit.full_rank,
        "fewest": fewest if fewest > 1 else np.inf,
    }


def _variance(
    lines: np.ndarray,
    r: Regressors,
    third: np.ndarray,
    sizes: tuple[np.ndarray, ...],
    small_sample: str,
    cluster: str,
    n: int,
    k: int,
) -> np.ndarray:
    sample = r.sample
    squares = [
        kernels.squared_sums(kernels.group_sums(lines, sample.sets, sample.n_sets)),
        kernels.squared_sums(kernels.group_sums(lines, sample.units, sample.n_units)),
        kernels.squared_sums(kernels.group_sums(lines, third, int(third.max()) + 1)),
    ]
    if small_sample == "none":
        squares = [s / factor(size) for s, size in zip(squares, sizes, strict=True)]
    variance = clustered(squares[0], squares[1], squares[2], sizes[0], sizes[1], sizes[2], cluster)
    return variance * ((n - 1) / (n - k) if n > k else np.nan) if small_sample == "hc1" else variance


def _empty(status: str) -> dict[str, object]:
    numbers = ("estimate", "std_error", "treated_mean", "treated_std_error", "control_mean", "control_std_error")
    counts = ("n_treated", "n_controls", "n_sets", "n_units")
    return {
        **dict.fromkeys(numbers, np.nan),
        **dict.fromkeys(counts, 0),
        "ess_treated": 0.0,
        "ess_controls": 0.0,
        "status": status,
        "short_rank": False,
        "fewest": np.inf,
    }


def _say(table: pd.DataFrame, labels: Sequence[object], cluster: str) -> None:
    lost = [str(label) for label, s in zip(labels, table["status"], strict=True) if s == "not_estimated"]
    if lost:
        warnings.warn(
            f"The covariates separate outcomes of 0 from outcomes of 1 in {', '.join(lost)}: not estimated. Take "
            'outcome_model="linear", interactions=False, or coarser covariates.',
            SeparationWarning,
            stacklevel=3,
        )
    if table["short_rank"].any():
        warnings.warn(
            "Some covariates do not vary, or repeat others, in one of the groups: the model is carried over to people it has not "
            "seen. Take interactions=False, merge rare levels, or use fewer covariates.",
            OverlapWarning,
            stacklevel=3,
        )
    warn_of_few(
        table["fewest"].to_numpy(np.float64),
        of=f"clusters ({cluster})",
        advice="Use few_clusters(), which corrects for it, or join groups.",
        stacklevel=4,
    )
