"""Inverse probability weighting, with the estimation of the score in the standard error.

Hájek means weighted as in :mod:`evaluation.effects.weighting.weights`. The standard error comes from the stacked influence function of the means and of the
score's maximum-likelihood estimate (:mod:`evaluation.effects.weighting.stack`), summed by person: V = Σ IF² · G / (G - 1) with G persons
(``small_sample="none"``: without the factor, as Stata's ``teffects``). The score may be a discrete-time hazard on person-months: the rows of a
person then add up. Leaving its estimation out makes intervals too wide.

A row whose outcome is not observed leaves the means of that outcome; it stays in the score.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from evaluation.effects.weighting.rows import Aligned, Outcomes, Score, read_outcomes, read_score, source_of
from evaluation.effects.weighting.stack import Plan, stacked_means
from evaluation.effects.weighting.table import AdjustedEffects, AdjustedEstimate, SmallSample, adjusted_table
from evaluation.effects.weighting.weights import ESTIMANDS, Estimand, warn_of_weights, weights_of
from evaluation.errors import EffectError, Problem
from evaluation.matching.result import Matched

ESTIMATOR = "ipw"


def ipw(
    data: pd.DataFrame | Matched,
    outcome: Outcomes,
    *,
    treatment: str | None = None,
    covariates: Sequence[str] | None = None,
    formula: str | None = None,
    score: Score | None = None,
    estimand: Estimand = "att",
    unit: str | None = None,
    id: str | None = None,
    truncate: float | None = None,
    small_sample: SmallSample = "clusters",
    level: float = 0.95,
    rate: bool | None = None,
    aligned: Aligned = "frame",
) -> AdjustedEstimate:
    """Effect on one outcome by inverse probability weighting.

    Parameters
    ----------
    data
        One row per unit, or several (person-months, see ``unit``); or a matched sample, whose treatment, person, id and common support are
        taken, and its score unless another is given.
    outcome
        A column, or values aligned to the rows; NaN where not observed.
    treatment, unit, id
        Columns of the treatment (0/1), the person (cluster; by default each row is its own) and the id that orders sums.
    covariates, formula, score
        The score: fitted here by logistic regression on a list of columns or a formula; or given, as a fitted ``ScoreModel``, a
        :class:`evaluation.effects.weighting.score.GivenScore` (columns, probabilities, link), or a column of probabilities that count as known.
    estimand
        "att", "atc", "ate" or "ato".
    truncate
        Set weights above this quantile to it. For robustness only: it moves the estimand.
    small_sample
        "clusters" for G / (G - 1), "none" to compare with Stata.
    level, rate
        As in :func:`evaluation.effects.estimate_att`.
    aligned
        What arrays of outcomes are aligned to: rows of the frame, or ``members`` of a weighted sample.

    Raises
    ------
    EffectError
        Everything that stands in the way: columns, values, known scores that are missing or not between 0 and 1, outcomes observed in one group only.
    MatchingError
        A score that cannot be fitted (complete separation).

    Warns
    -----
    SeparationWarning, OverlapWarning, DominantWeightWarning, FewClustersWarning
    """
    return ipw_effects(
        data,
        outcome,
        treatment=treatment,
        covariates=covariates,
        formula=formula,
        score=score,
        estimand=estimand,
        unit=unit,
        id=id,
        truncate=truncate,
        small_sample=small_sample,
        level=level,
        rate=rate,
        aligned=aligned,
    ).one()


def ipw_many(data: pd.DataFrame | Matched, outcomes: Outcomes, **options: object) -> pd.DataFrame:
    """:func:`ipw` for many outcomes at once: columns, or arrays; returns a table of one row each.

    The columns are :data:`evaluation.effects.result.COLUMNS`; ``status`` is "estimated" or "not_observed".
    """
    return ipw_effects(data, outcomes, **options).table  # type: ignore[arg-type]


def ipw_effects(
    data: pd.DataFrame | Matched,
    outcomes: Outcomes,
    *,
    treatment: str | None = None,
    covariates: Sequence[str] | None = None,
    formula: str | None = None,
    score: Score | None = None,
    estimand: Estimand = "att",
    unit: str | None = None,
    id: str | None = None,
    truncate: float | None = None,
    small_sample: SmallSample = "clusters",
    level: float = 0.95,
    rate: bool | None = None,
    aligned: Aligned = "frame",
    estimator: str = ESTIMATOR,
) -> AdjustedEffects:
    """:func:`ipw` of many outcomes with their joint influence, for covariances and simultaneous bands."""
    check_estimand(estimand, ESTIMANDS)
    check_truncate(truncate)
    source = source_of(data, treatment=treatment, unit=unit, id=id, needed=list(covariates or ()))
    labels, y = read_outcomes(source, outcomes, aligned)
    score_rows, within = read_score(source, score, covariates, formula, estimand)
    treated, units = source.treated[source.order], source.units[source.order]
    weight, slope = weights_of(score_rows, treated, within, estimand, truncate)
    warn_of_weights(weight, score_rows, treated, within, units, estimand)
    plan = Plan(treated, within, None, weight, slope, score_rows, None)
    return adjusted_table(
        stacked_means(plan, y),
        labels,
        y,
        estimator=estimator,
        estimand=estimand,
        treated=treated,
        units=units,
        weight=weight,
        within=within,
        small_sample=small_sample,
        level=level,
        rate=rate,
    )


def check_estimand(estimand: str, allowed: Sequence[str]) -> None:
    """Refuse estimands that the estimator does not have."""
    if estimand not in allowed:
        raise EffectError(Problem("estimand", f"{estimand!r}", ", ".join(allowed)))


def check_truncate(truncate: float | None) -> None:
    """Refuse a quantile that is not a share."""
    if truncate is not None and not 0.5 <= truncate < 1:
        raise EffectError(
            Problem("truncate", f"{truncate!r}", "a quantile from 0.5 to below 1", "0.99, or leave it out")
        )
