"""Regression adjustment, alone (RA) and with inverse probability weights (IPW-RA), with stacked standard errors.

RA: one outcome model per group, predicted for everybody in the estimand's population; the effect is the mean difference. IPW-RA fits
these models with the weights of :mod:`evaluation.effects.weighting.weights` and is right when either the score or the outcome model is
(Wooldridge 2007, Journal of Econometrics 141). The standard error is the sandwich of all estimating equations together, by person, with
the factor G / (G - 1) (``small_sample="none"``: without, as Stata's ``teffects``).

A row whose outcome is not observed leaves the analysis of that outcome, its covariates too; it stays in the score.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import get_args

import numpy as np
import pandas as pd

from evaluation.effects.regression.fit import OutcomeLink
from evaluation.effects.weighting.ipw import check_estimand, check_truncate
from evaluation.effects.weighting.rows import (
    Aligned,
    Outcomes,
    Score,
    Source,
    outcome_columns,
    read_outcomes,
    read_score,
    source_of,
)
from evaluation.effects.weighting.stack import Means, Plan, stacked_means
from evaluation.effects.weighting.table import AdjustedEffects, AdjustedEstimate, SmallSample, adjusted_table
from evaluation.effects.weighting.weights import Estimand, warn_of_weights, weights_of
from evaluation.errors import EffectError, OverlapWarning, Problem, SeparationWarning
from evaluation.matching.result import Matched

ESTIMATOR, ESTIMATOR_WEIGHTED = "regression", "ipw_ra"
ESTIMANDS = ("att", "atc", "ate")
LINKS: tuple[str, ...] = get_args(OutcomeLink)


def regression_adjustment(data: pd.DataFrame | Matched, outcome: Outcomes, **options: object) -> AdjustedEstimate:
    """Effect by regression adjustment; the options are those of :func:`regression_adjustment_effects`."""
    return regression_adjustment_effects(data, outcome, **options).one()  # type: ignore[arg-type]


def regression_adjustment_many(data: pd.DataFrame | Matched, outcomes: Outcomes, **options: object) -> pd.DataFrame:
    """:func:`regression_adjustment` for many outcomes at once; the table of :func:`evaluation.effects.weighting.ipw.ipw_many`."""
    return regression_adjustment_effects(data, outcomes, **options).table  # type: ignore[arg-type]


def regression_adjustment_effects(
    data: pd.DataFrame | Matched,
    outcomes: Outcomes,
    *,
    treatment: str | None = None,
    covariates: Sequence[str] | None = None,
    formula: str | None = None,
    outcome_model: OutcomeLink = "linear",
    estimand: Estimand = "att",
    unit: str | None = None,
    id: str | None = None,
    small_sample: SmallSample = "clusters",
    level: float = 0.95,
    rate: bool | None = None,
    aligned: Aligned = "frame",
) -> AdjustedEffects:
    """Regression adjustment of many outcomes, with their joint influence.

    Parameters
    ----------
    covariates, formula
        Of the outcome model; for a matched sample its covariates by default.
    outcome_model
        "linear", or "logit" for outcomes between 0 and 1.
    estimand
        "att", "atc" or "ate".
    data, treatment, unit, id, small_sample, level, rate, aligned
        As in :func:`evaluation.effects.weighting.ipw.ipw`. A matched sample gives its roles and common support; its weights are not used
        (for them, see :func:`evaluation.effects.regression.g_computation.matched_regression`).

    Warns
    -----
    ImpossibleRateWarning
        A linear model that puts the mean of a rate outside 0 to 1; limits are cut to what is possible, the estimate is not.
    OverlapWarning, SeparationWarning, FewClustersWarning
    """
    check_estimand(estimand, ESTIMANDS)
    check_link(outcome_model)
    source = source_of(data, treatment=treatment, unit=unit, id=id)
    labels, y = read_outcomes(source, outcomes, aligned)
    check_values(labels, y, outcome_model)
    x = outcome_columns(source, *default_covariates(source, covariates, formula))
    treated, within = source.treated[source.order], source.within[source.order]
    plan = Plan(treated, within, target_of(treated, estimand), None, None, None, x, outcome_model)
    means = stacked_means(plan, y)
    say_model_problems(means, labels)
    return adjusted_table(
        means,
        labels,
        y,
        estimator=ESTIMATOR,
        estimand=estimand,
        treated=treated,
        units=source.units[source.order],
        weight=within.astype(np.float64),
        within=within,
        small_sample=small_sample,
        level=level,
        rate=rate,
    )


def ipw_ra(data: pd.DataFrame | Matched, outcome: Outcomes, **options: object) -> AdjustedEstimate:
    """Effect by weighted regression adjustment; the options are those of :func:`ipw_ra_effects`."""
    return ipw_ra_effects(data, outcome, **options).one()  # type: ignore[arg-type]


def ipw_ra_many(data: pd.DataFrame | Matched, outcomes: Outcomes, **options: object) -> pd.DataFrame:
    """:func:`ipw_ra` for many outcomes at once; the table of :func:`evaluation.effects.weighting.ipw.ipw_many`."""
    return ipw_ra_effects(data, outcomes, **options).table  # type: ignore[arg-type]


def ipw_ra_effects(
    data: pd.DataFrame | Matched,
    outcomes: Outcomes,
    *,
    treatment: str | None = None,
    covariates: Sequence[str] | None = None,
    formula: str | None = None,
    score: Score | None = None,
    outcome_covariates: Sequence[str] | None = None,
    outcome_formula: str | None = None,
    outcome_model: OutcomeLink = "linear",
    estimand: Estimand = "att",
    unit: str | None = None,
    id: str | None = None,
    truncate: float | None = None,
    small_sample: SmallSample = "clusters",
    level: float = 0.95,
    rate: bool | None = None,
    aligned: Aligned = "frame",
) -> AdjustedEffects:
    """Weighted regression adjustment of many outcomes, with their joint influence.

    Parameters
    ----------
    covariates, formula, score, truncate
        The score, as in :func:`evaluation.effects.weighting.ipw.ipw`.
    outcome_covariates, outcome_formula
        Of the outcome model; by default those of the score.
    outcome_model, estimand
        As in :func:`regression_adjustment_effects`.
    data, treatment, unit, id, small_sample, level, rate, aligned
        As in :func:`evaluation.effects.weighting.ipw.ipw`.
    """
    check_estimand(estimand, ESTIMANDS)
    check_link(outcome_model)
    check_truncate(truncate)
    source = source_of(data, treatment=treatment, unit=unit, id=id, needed=list(covariates or ()))
    labels, y = read_outcomes(source, outcomes, aligned)
    check_values(labels, y, outcome_model)
    score_rows, within = read_score(source, score, covariates, formula, estimand)
    if outcome_covariates is None and outcome_formula is None:
        outcome_covariates, outcome_formula = covariates, formula
    x = outcome_columns(source, *default_covariates(source, outcome_covariates, outcome_formula))
    treated, units = source.treated[source.order], source.units[source.order]
    weight, slope = weights_of(score_rows, treated, within, estimand, truncate)
    warn_of_weights(weight, score_rows, treated, within, units, estimand)
    plan = Plan(
        treated,
        within,
        target_of(treated, estimand),
        weight,
        slope,
        score_rows,
        x,
        outcome_model,
        fit_weight=weight,
        fit_slope=slope,
    )
    means = stacked_means(plan, y)
    say_model_problems(means, labels)
    return adjusted_table(
        means,
        labels,
        y,
        estimator=ESTIMATOR_WEIGHTED,
        estimand=estimand,
        treated=treated,
        units=units,
        weight=weight,
        within=within,
        small_sample=small_sample,
        level=level,
        rate=rate,
    )


def target_of(treated: np.ndarray, estimand: str) -> np.ndarray:
    """Rows whose covariates the means are taken over, bool (n,)."""
    return {"att": treated, "atc": ~treated}.get(estimand, np.ones(treated.size, bool))


def default_covariates(
    source: Source, covariates: Sequence[str] | None, formula: str | None
) -> tuple[Sequence[str] | None, str | None]:
    """The outcome model's covariates, or the matched sample's where none are given."""
    if covariates is not None and formula is not None:
        raise EffectError(Problem("covariates", "given beside a formula", "one of them", "leave one out"))
    if covariates is None and formula is None:
        if source.matched is None:
            raise EffectError(
                Problem("covariates", "none given", "columns of the outcome model", "covariates= (outcome_covariates=)")
            )
        return source.matched.covariates, None
    return covariates, formula


def check_link(link: str) -> None:
    """Refuse outcome models that do not exist."""
    if link not in LINKS:
        raise EffectError(Problem("outcome_model", f"{link!r}", ", ".join(LINKS)))


def check_values(labels: Sequence[object], outcomes: np.ndarray, link: str) -> None:
    """Refuse a logistic model of outcomes outside [0, 1]."""
    if link != "logit":
        return
    wrong = [
        str(label)
        for label, y in zip(labels, outcomes, strict=True)
        if np.any((y[np.isfinite(y)] < 0) | (y[np.isfinite(y)] > 1))
    ]
    if wrong:
        raise EffectError(
            Problem(
                "outcome_model", f"logit, but values outside 0 to 1 in {', '.join(wrong)}", "rates", 'take "linear"'
            )
        )


def say_model_problems(means: Means, labels: Sequence[object]) -> None:
    """Warn of outcome models without a maximum, and of coefficients that a group's rows do not determine."""
    if means.failed.any():
        named = ", ".join(str(label) for label, bad in zip(labels, means.failed, strict=True) if bad)
        warnings.warn(
            f"The covariates separate outcomes of 0 from outcomes of 1 in {named}: not estimated. Take "
            'outcome_model="linear", or coarser covariates.',
            SeparationWarning,
            stacklevel=4,
        )
    if means.short_rank:
        warnings.warn(
            "Some covariates do not vary, or repeat others, in one of the groups: its outcome model is carried over to people "
            "it has not seen. Merge rare levels, or use fewer covariates.",
            OverlapWarning,
            stacklevel=4,
        )
