"""Matching with replacement on all neighbours, with the standard errors of Abadie and Imbens.

The estimators of Abadie & Imbens (2006) and, bias-adjusted, (2011), for the ATT or the ATE, with the correction of (2016) where
the score was estimated. Formulas and conventions: :mod:`evaluation.effects.neighbours.variance` and
:mod:`evaluation.effects.neighbours.score`. Units must be independent: where persons recur, match first and use
:func:`evaluation.effects.estimate_att` with clusters.

>>> abadie_imbens(frame, "re78", treatment="treat", covariates=["age", "educ"])  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from evaluation.effects.intervals import is_rate
from evaluation.effects.neighbours import checks
from evaluation.effects.neighbours import score as scores
from evaluation.effects.neighbours.result import (
    TOLERANCE,
    MatchingEstimate,
    Metric,
    Options,
    as_estimate,
    nothing,
    rows_of,
)
from evaluation.effects.neighbours.sets import group_of
from evaluation.effects.neighbours.variance import estimate
from evaluation.effects.result import COLUMNS
from evaluation.effects.sample import outcomes_of
from evaluation.errors import EffectError, MatchingError, Problem
from evaluation.matching.coordinates import coordinates
from evaluation.matching.design_matrix import CovariateDesign
from evaluation.matching.strata import stratum_codes

_COORDINATES = {"mahalanobis": "mahalanobis", "ivariance": "scaled_euclidean", "euclidean": "euclidean"}


def abadie_imbens(
    frame: pd.DataFrame,
    outcome: str | np.ndarray | pd.Series,
    *,
    treatment: str,
    covariates: Sequence[str] = (),
    score: str | None = None,
    neighbours: int = 1,
    exact: Sequence[str] = (),
    metric: Metric = "mahalanobis",
    bias_adjust: Sequence[str] = (),
    estimand: Literal["att", "ate"] = "att",
    se_neighbours: int = 2,
    variance: Literal["robust", "homoscedastic"] = "robust",
    estimated_score: bool = True,
    link: scores.Link = "logit",
    scale: Literal["probability", "linear"] = "probability",
    derivative: scores.Derivative = "regression",
    tolerance: float = TOLERANCE,
    level: float = 0.95,
    rate: bool | None = None,
) -> MatchingEstimate:
    """Effect by matching each unit to its nearest neighbours in the other group, with replacement.

    Parameters
    ----------
    frame
        One row per unit; units are independent.
    outcome
        A column of the frame, or values aligned to its rows; NaN where not observed, and such rows are left out.
    treatment
        Column of 0 and 1.
    covariates
        Columns of the distance, or of the score where ``metric="score"``. Categories become dummies.
    score
        A column to match on instead, taken as known.
    neighbours
        M: the nearest M of the other group and all that are as near as the M-th.
    exact
        Columns on which matches agree exactly.
    metric
        ``mahalanobis`` (inverse covariance of all units), ``ivariance`` (inverse variances), ``euclidean`` or ``score``
        (of a model fitted here, on ``scale``).
    bias_adjust
        Columns of the regressions of the bias adjustment; none for the simple estimator.
    estimand
        ``att`` or ``ate``.
    se_neighbours
        J: nearest others of a unit's own group for its conditional variance. Stata counts the unit itself in ``teffects
        psmatch``, whose default nn(2) is J = 1, but not in ``nnmatch``, whose nn(2) is J = 2.
    variance
        ``robust``, or ``homoscedastic`` with one conditional variance (the default of R's Matching; Stata's vce(iid)).
    estimated_score
        Whether to correct for the estimation of a score fitted here (Abadie & Imbens 2016).
    link, scale
        Model of the score, and whether probabilities or linear predictors are matched.
    derivative
        What the derivative of the ATT by the score's coefficients is taken from, in its correction; the paper leaves it
        open. ``regression`` of the outcome on the score's columns in each group; or nearest neighbours by covariates,
        ``mahalanobis`` or ``euclidean`` (which reproduces Stata's printed error, and depends on units of measurement),
        slow in large data.
    tolerance
        What a distance (in the metric's unit) may exceed the M-th by and still be tied; 0 for equal floating-point numbers.
    level, rate
        As in :func:`evaluation.effects.estimate_att`.

    Raises
    ------
    EffectError
        Options or columns that make no sense, no overlap, an outcome seen for nobody in a group.

    Notes
    -----
    Warnings: OverlapWarning where units have no neighbours in their exact cell, DominantWeightWarning,
    FewClustersWarning. No small-sample factor is applied to the variance.
    """
    options = Options(
        treatment=treatment,
        covariates=covariates,
        score=score,
        neighbours=neighbours,
        exact=exact,
        metric=metric,
        bias_adjust=bias_adjust,
        estimand=estimand,
        se_neighbours=se_neighbours,
        variance=variance,
        estimated_score=estimated_score,
        link=link,
        scale=scale,
        derivative=derivative,
        tolerance=tolerance,
        level=level,
        rate=rate,
    )
    label = outcome if isinstance(outcome, str) else "outcome"
    return as_estimate(_table(frame, {label: checks.outcome_values(frame, outcome)}, options)[1], options)


def abadie_imbens_many(
    frame: pd.DataFrame,
    outcomes: np.ndarray | pd.DataFrame | Mapping[str, np.ndarray],
    options: Options,
) -> pd.DataFrame:
    """:func:`abadie_imbens` for many outcomes at once; neighbours are found once for all outcomes seen for the same rows.

    Returns
    -------
    DataFrame
        One row per outcome, columns :data:`evaluation.effects.result.COLUMNS`; ``status`` as in ``estimate_many``.
    """
    return _table(frame, outcomes, options)[0]


def _table(
    frame: pd.DataFrame, outcomes: np.ndarray | pd.DataFrame | Mapping[str, np.ndarray], options: Options
) -> tuple[pd.DataFrame, pd.DataFrame]:
    labels, values = outcomes_of(outcomes, len(frame))
    if not labels:
        raise EffectError(Problem("outcomes", "none given", "at least one outcome"))
    treated = checks.check_columns(
        frame,
        options.treatment,
        {
            "covariates": options.covariates,
            "score": () if options.score is None else (options.score,),
            "exact": options.exact,
            "bias_adjust": options.bias_adjust,
        },
    )
    fitted = scores.fit(frame, options.covariates, treated, options.link) if options.fits else None
    inside = np.ones(len(frame), bool) if fitted is None else np.isfinite(fitted.index)
    seen = np.isfinite(values) & inside
    patterns: dict[bytes, list[int]] = {}
    for i, row in enumerate(seen):
        patterns.setdefault(row.tobytes(), []).append(i)
    rows: list[dict[str, object]] = [{} for _ in labels]
    for here in patterns.values():
        pattern = seen[here[0]]
        both = (pattern & treated).sum() >= 1 and (pattern & ~treated).sum() >= 1
        found = (
            _of_pattern(frame, [labels[at] for at in here], values[here], treated, pattern, fitted, options)
            if both
            else [nothing() for _ in here]
        )
        for at, one in zip(here, found, strict=True):
            rows[at] = {"outcome": labels[at], "estimator": options.estimator, **one}
    table = pd.DataFrame(rows)
    return table[list(COLUMNS)], table


def _of_pattern(
    frame: pd.DataFrame,
    labels: Sequence[object],
    values: np.ndarray,
    treated: np.ndarray,
    used: np.ndarray,
    fitted: scores.FittedScore | None,
    options: Options,
) -> list[dict[str, object]]:
    """Rows of the table for outcomes (k, n) that are seen for the same rows."""
    stratum = stratum_codes(frame, tuple(options.exact)).astype(np.int64)
    n_strata = int(stratum.max()) + 1
    members = (np.flatnonzero(used & ~treated), np.flatnonzero(used & treated))
    x = _axis(frame, used, fitted, options)
    groups = (group_of(members[0], x, stratum, n_strata), group_of(members[1], x, stratum, n_strata))
    y = np.ascontiguousarray(values.T)
    # centred, so that rounding does not depend on the level of the outcome
    level = y[used].mean(axis=0)
    y = np.where(used[:, None], y - level, 0.0)
    bias = None
    if options.bias_adjust:
        bias = np.ascontiguousarray(CovariateDesign.of(frame, options.bias_adjust).matrix(frame).T)
    found = estimate(
        groups,
        y,
        bias,
        estimand=options.estimand,
        neighbours=options.neighbours,
        se_neighbours=options.se_neighbours,
        tolerance=options.tolerance,
        variance=options.variance,
    )
    checks.warn_of_few(int(sum(k.sum() for k in found.kept)))
    total = [f + u for f, u in zip(found.focal, found.uses, strict=True)]
    checks.warn_of_dominance(total[0], "controls")
    checks.warn_of_dominance(total[1], "treated")
    added = np.zeros(len(values))
    if fitted is not None and options.estimated_score:
        twins = None
        if options.estimand == "att" and options.derivative != "regression":
            twins = scores.covariate_groups(
                frame, options.covariates, options.derivative, fitted, members, stratum, n_strata
            )
        local = scores.Local(groups, twins, options.neighbours, options.se_neighbours, options.tolerance)
        added = scores.correction(local, fitted, y, found.effect, options.estimand)
    rates = is_rate(values[:, used]) if options.rate is None else np.full(len(values), options.rate)
    return rows_of(found, added, level, rates, options, labels)


def _axis(frame: pd.DataFrame, used: np.ndarray, fitted: scores.FittedScore | None, options: Options) -> np.ndarray:
    """Coordinates whose Euclidean distance is the metric, float64 (n, d)."""
    if options.score is not None:
        return frame[options.score].to_numpy(np.float64)[:, None]
    if fitted is not None:
        return (fitted.index if options.scale == "linear" else fitted.probability)[:, None]
    n = len(frame)
    order, one_group = np.arange(n, dtype=np.uint64), np.zeros(n, bool)
    try:
        return coordinates(frame, tuple(options.covariates), _COORDINATES[options.metric], one_group, used, order)
    except MatchingError as error:
        raise EffectError(error.problems) from error
