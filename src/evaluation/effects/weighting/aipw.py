"""Augmented inverse probability weighting (AIPW, the doubly robust learner's average), for the ATT, ATC and ATE.

The mean of an arm is the average prediction of its outcome model over the estimand's population plus the weighted mean of the model's residuals
(Robins, Rotnitzky & Zhao 1994). Right when either the score or the outcome model is.

- Parametric: a logistic score and linear or logistic outcome models, fitted once; the standard error is the sandwich of all
  estimating equations together (:mod:`evaluation.effects.weighting.stack`). With ``normalise=False`` and ``small_sample="none"`` it is Stata's
  ``teffects aipw``, where residuals are divided by the number of rows; the default divides by the sum of weights (Hájek).
- Flexible: "boosting" or any scikit-learn estimator, cross-fitted in folds of persons (Chernozhukov et al. 2018); the influence function has no
  term for these models, whose errors enter as a product only.

By person with the factor G / (G - 1). A row whose outcome is not observed leaves the analysis of that outcome; it stays in the score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, cast, get_args

import numpy as np
import pandas as pd

from evaluation.effects.regression.adjustment import (
    ESTIMANDS,
    check_values,
    default_covariates,
    say_model_problems,
    target_of,
)
from evaluation.effects.regression.fit import OutcomeLink
from evaluation.effects.weighting.ipw import check_estimand, check_truncate
from evaluation.effects.weighting.learners import (
    check_seed,
    folds_of,
    learned_outcomes,
    learned_score,
)
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
from evaluation.effects.weighting.score import ScoreRows, known_score
from evaluation.effects.weighting.stack import Plan, stacked_means
from evaluation.effects.weighting.table import AdjustedEffects, AdjustedEstimate, SmallSample, adjusted_table
from evaluation.effects.weighting.weights import Estimand, warn_of_weights, weights_of, wnls_weights
from evaluation.errors import EffectError, Problem
from evaluation.matching.learner import refuse_no_learners
from evaluation.matching.learners import LearnedScore
from evaluation.matching.result import Matched
from evaluation.matching.score import ScoreModel

ESTIMATOR = "aipw"
PARAMETRIC = ("linear", "logit")
DEFAULT_FOLDS = 5
OutcomeWeights = Literal["none", "wnls"]


def aipw(data: pd.DataFrame | Matched, outcome: Outcomes, **options: Any) -> AdjustedEstimate:
    """Doubly robust effect on one outcome; the options are those of :func:`aipw_effects`."""
    return aipw_effects(data, outcome, **options).one()


def aipw_many(data: pd.DataFrame | Matched, outcomes: Outcomes, **options: Any) -> pd.DataFrame:
    """:func:`aipw` for many outcomes at once; the table of :func:`evaluation.effects.weighting.ipw.ipw_many`."""
    return aipw_effects(data, outcomes, **options).table


def aipw_effects(
    data: pd.DataFrame | Matched,
    outcomes: Outcomes,
    *,
    treatment: str | None = None,
    covariates: Sequence[str] | None = None,
    formula: str | None = None,
    score: Score | None = None,
    score_model: str | Any = "logit",
    outcome_covariates: Sequence[str] | None = None,
    outcome_formula: str | None = None,
    outcome_model: str | Any = "linear",
    outcome_weights: OutcomeWeights = "none",
    folds: int = DEFAULT_FOLDS,
    seed: int = 1,
    normalise: bool = True,
    estimand: Estimand = "att",
    unit: str | None = None,
    id: str | None = None,
    truncate: float | None = None,
    small_sample: SmallSample = "clusters",
    level: float = 0.95,
    rate: bool | None = None,
    aligned: Aligned = "frame",
) -> AdjustedEffects:
    """Doubly robust effects on many outcomes, with their joint influence.

    Parameters
    ----------
    covariates, formula, score, truncate
        The score, as in :func:`evaluation.effects.weighting.ipw.ipw`. A matched sample's own score may come from a learner.
    score_model
        "logit", or "boosting" or a scikit-learn classifier, which are cross-fitted on ``covariates``.
    outcome_covariates, outcome_formula
        Of the outcome model; by default those of the score.
    outcome_model
        "linear" or "logit" (0 to 1), fitted once; "boosting" or a scikit-learn regressor (for 0/1 outcomes also a classifier),
        cross-fitted by outcome and group.
    outcome_weights
        "none", or "wnls" (ATE, outcome model fitted once): fit it with weights (1 - e) / e² for treated and e / (1 - e)² for controls, which
        lessen the variance where it is wrong (Cao, Tsiatis & Davidian 2009; Stata's ``wnls``).
    folds, seed
        Folds of persons, and the seed that deals them out, and that learners get whose ``random_state`` is not set. Where the matched
        sample's score was cross-fitted, its folds are used.
    normalise
        Whether weighted residuals are divided by the sum of weights (Hájek), or by the number of rows of the population.
    estimand
        "att", "atc" or "ate".
    data, treatment, unit, id, small_sample, level, rate, aligned
        As in :func:`evaluation.effects.weighting.ipw.ipw`.

    Raises
    ------
    EffectError
        As :func:`evaluation.effects.weighting.ipw.ipw`, and learners that are none, that fail, or whose predictions are not one finite
        number for each row: the learner, the outcome, the group and the fold are named.

    Warns
    -----
    ImpossibleRateWarning
        Outcome models that put the mean of a rate outside 0 to 1; limits are cut to what is possible, the estimate is not.
    SeparationWarning, OverlapWarning, DominantWeightWarning, FewClustersWarning
    """
    check_estimand(estimand, ESTIMANDS)
    check_truncate(truncate)
    check_seed(seed)
    refuse_no_learners({"score_model": score_model, "outcome_model": outcome_model}, EffectError)
    flexible = not isinstance(outcome_model, str) or outcome_model not in PARAMETRIC
    if isinstance(outcome_model, str) and outcome_model not in (*PARAMETRIC, "boosting"):
        raise EffectError(Problem("outcome_model", f"{outcome_model!r}", "linear, logit, boosting, or an estimator"))
    if outcome_weights not in get_args(OutcomeWeights) or (
        outcome_weights == "wnls" and (flexible or estimand != "ate")
    ):
        raise EffectError(
            Problem(
                "outcome_weights",
                f"{outcome_weights!r} for the {estimand}",
                '"none"; "wnls" for the ATE with a linear or logit model',
            )
        )
    source = source_of(data, treatment=treatment, unit=unit, id=id, needed=list(covariates or ()))
    labels, y = read_outcomes(source, outcomes, aligned)
    check_values(labels, y, "" if flexible else outcome_model)
    score_rows, within, fold = _score(source, score, score_model, covariates, formula, folds, seed, estimand)
    same = outcome_covariates is None and outcome_formula is None
    if same:
        outcome_covariates, outcome_formula = covariates, formula
    fitted_here = covariates is not None or formula is not None
    its_own = source.matched is not None and isinstance(source.matched.score_model, ScoreModel)
    if same and not flexible and score is None and score_rows.columns is not None and (fitted_here or its_own):
        x = score_rows.columns  # the score's own covariates, centred, scaled and independent already
    else:
        x = outcome_columns(source, *default_covariates(source, outcome_covariates, outcome_formula))
    treated, units = source.treated[source.order], source.units[source.order]
    weight, slope = weights_of(score_rows, treated, within, estimand, truncate)
    warn_of_weights(weight, score_rows, treated, within, units, estimand)
    target = target_of(treated, estimand)
    plan = Plan(treated, within, target, weight, slope, score_rows, None, augment=True, hajek=normalise)
    if flexible:
        # the arm that is itself the population needs no model: its mean is its plain mean, whatever the prediction
        arms = {"att": (0,), "atc": (1,)}.get(estimand, (0, 1))
        fold = folds_of(source.unit_ids, folds, seed)[source.order] if fold is None else fold
        plan = replace(
            plan, predictions=learned_outcomes(outcome_model, x, y, treated, within, fold, arms, labels, seed)
        )
    else:
        plan = replace(plan, columns=x, link=cast(OutcomeLink, outcome_model))
        if outcome_weights == "wnls":
            fit_weight, fit_slope = wnls_weights(score_rows, treated, within)
            plan = replace(plan, fit_weight=fit_weight, fit_slope=fit_slope)
    means = stacked_means(plan, y)
    say_model_problems(means, labels)
    return adjusted_table(
        means,
        labels,
        y,
        estimator=ESTIMATOR,
        estimand=estimand,
        treated=treated,
        units=units,
        weight=weight,
        within=within,
        small_sample=small_sample,
        level=level,
        rate=rate,
    )


def _score(
    source: Source,
    score: Score | None,
    score_model: Any,
    covariates: Sequence[str] | None,
    formula: str | None,
    folds: int,
    seed: int,
    estimand: str,
) -> tuple[ScoreRows, np.ndarray, np.ndarray | None]:
    """The score, the rows within common support, and the folds where it was cross-fitted; all in the order of sums."""
    order, matched = source.order, source.matched
    within = source.within[order]
    if not (isinstance(score_model, str) and score_model == "logit"):
        if isinstance(score_model, str) and score_model != "boosting":
            raise EffectError(Problem("score_model", f"{score_model!r}", "logit, boosting, or a classifier"))
        if score is not None:
            raise EffectError(Problem("score_model", "given beside score", "one of them", "leave one out"))
        fold = folds_of(source.unit_ids, folds, seed)[order]
        x = outcome_columns(source, *default_covariates(source, covariates, formula))
        return known_score(learned_score(score_model, x, source.treated[order], fold, seed)), within, fold
    own = matched is not None and score is None and covariates is None and formula is None
    if own and matched is not None and isinstance(matched.score_model, LearnedScore):
        learned = matched.score_model
        usable = np.isfinite(matched.score[order])
        return (
            known_score(matched.score[order]),
            within & usable,
            learned.folds[order] if learned.cross_fitted else None,
        )
    return *read_score(source, score, covariates, formula, estimand), None
