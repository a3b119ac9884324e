"""The verb: match a data frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluation.matching.engine import match_spec
from evaluation.matching.options import (
    CaliperUnit,
    Discard,
    Distance,
    Estimand,
    Method,
    Missing,
    Order,
    ScoreModelName,
)
from evaluation.matching.result import Matched
from evaluation.matching.spec import DEFAULT_FOLDS, DEFAULT_SUBCLASSES, MatchSpec, RiskSets, names


def match(
    frame: pd.DataFrame,
    *,
    treatment: str,
    covariates: Sequence[str] | None = None,
    formula: str | None = None,
    score: str | None = None,
    score_model: ScoreModelName | Any = "logit",
    folds: int = DEFAULT_FOLDS,
    cross_fit: bool | None = None,
    missing: Missing = "refuse",
    id: str | None = None,
    unit: str | None = None,
    method: Method = "nearest",
    distance: Distance | np.ndarray | pd.DataFrame = "logit",
    match_on: Sequence[str] | None = None,
    caliper: float | None = None,
    caliper_unit: CaliperUnit | None = None,
    covariate_calipers: Mapping[str, float] | None = None,
    exact: str | Sequence[str] = (),
    antiexact: str | Sequence[str] = (),
    discard: Discard | float | None = None,
    risk_set: str | RiskSets | None = None,
    ratio: float = 1,
    min_controls: float | None = None,
    max_controls: int | None = None,
    mean_controls: float | None = None,
    replace: bool = False,
    max_reuse: int | None = None,
    order: Order | None = None,
    subclasses: int = DEFAULT_SUBCLASSES,
    min_per_subclass: int = 1,
    cutpoints: Mapping[str, object] | None = None,
    moments: int = 1,
    tolerance: float = 0.0,
    truncate: float | None = None,
    stabilise: bool = False,
    estimand: Estimand | None = None,
    seed: int = 1,
) -> Matched:
    """Match treated units with controls, or weight them; options that the method does not read are refused.

    Parameters
    ----------
    frame
        One row per unit (or per unit and period, see ``unit``). It is not changed.
    treatment
        Column of 0/1 or booleans, without missing values.
    covariates, formula, score
        Where the score comes from: a list of columns (main effects; categories become dummies, the first level being the
        reference), a formula for the right-hand side, or a column with a ready probability. ``covariates`` beside a formula
        or score are compared in the balance table only. For CEM and entropy balancing they are what is balanced.
    score_model, folds, cross_fit
        How the score is fitted: "logit", "lasso" (penalty by cross-validation), "boosting" (boosted trees) or a scikit-learn
        classifier; the last two cross-fitted in ``folds`` unless ``cross_fit`` is False. Folds follow the hash of the id.
    missing
        What is done about missing covariates: "refuse", "indicator" or "category" (:mod:`evaluation.matching.missing`).
    id
        Column that identifies rows; by default the frame's index. Ties are broken by its seeded hash.
    unit
        Column of the cluster, for frames with several rows per unit (person-months). A unit may stand once in an exact
        stratum or risk set, so that it is never matched with itself or twice with the same set.
        By default each row is its own.
    method
        "nearest", "optimal", "full"; "subclass", "cem", "entropy", "overlap", "ipw" (each in a file of its own).
    distance
        "logit" of the score, its "probability", or a distance in several covariates: "mahalanobis", "robust_mahalanobis",
        "euclidean", "scaled_euclidean" (:mod:`evaluation.matching.coordinates`); or a matrix, treated by controls, in the
        order of the frame or with ids as labels.
    match_on
        Covariates of a distance in several; by default ``covariates``. The score then serves calipers, order and discard.
    caliper, caliper_unit, covariate_calipers
        Largest differences allowed (inclusive), of the score's axis and of numeric columns, in one unit for all: standard
        deviations by a named convention (:mod:`evaluation.matching.distance`), or raw. Below zero: units must be further
        apart than that.
    exact, antiexact
        Columns that must agree, or must differ.
    discard
        Common support before matching: "minmax", "minmax_treated", "minmax_control", "crump", or a probability a that keeps
        scores from a to 1 - a (:mod:`evaluation.matching.discard`).
    risk_set
        Matching within dated pools: the column of the period, in a frame with one row per unit and period at risk (with
        ``unit``), or :class:`RiskSets` for one row per unit. Reuse is free across periods. ``max_reuse`` then caps it across
        periods, in the order of time, and is flagged.
    ratio, min_controls, max_controls
        Controls per treated unit, given in rounds; a unit may end with fewer. With ``max_controls`` the ratio is a mean:
        units whose score lies furthest towards the treated get ``min_controls`` (1), the others more (Ming & Rosenbaum 2000).
        In full matching they limit the sets; ``min_controls=1/3`` lets up to three treated share a control.
    mean_controls
        Controls used per treated in full matching; by default as many as can be (:mod:`evaluation.matching.full`).
    replace, max_reuse
        Whether a control may join several sets, and how many at most.
    order
        Which treated unit chooses first within a round (:mod:`evaluation.matching.nearest`); by default "largest".
    subclasses, min_per_subclass, cutpoints, moments, tolerance, truncate, stabilise
        Belong to subclassification, CEM, entropy balancing and IPW; see there.
    estimand
        "att", "atc", "ate", or "ato" (overlap weights); by default the first that the method can.
    seed
        Seed of ties and of ``order="random"``.

    Returns
    -------
    Matched

    Raises
    ------
    MatchingError
        With everything that is wrong in the options or the frame; or when nobody can be matched.

    Examples
    --------
    >>> matched = match(frame, treatment="treat", covariates=["age", "educ"], id="id", caliper=0.2)  # doctest: +SKIP
    """
    spec = MatchSpec(
        treatment=treatment,
        covariates=names(covariates),
        formula=formula,
        score=score,
        score_model=score_model,
        folds=folds,
        cross_fit=cross_fit,
        missing=missing,
        id=id,
        unit=unit,
        method=method,
        distance=distance,
        match_on=names(match_on),
        caliper=caliper,
        caliper_unit=caliper_unit,
        covariate_calipers=covariate_calipers or {},
        exact=names(exact),
        antiexact=names(antiexact),
        discard=discard,
        risk_set=risk_set,
        ratio=ratio,
        min_controls=min_controls,
        max_controls=max_controls,
        mean_controls=mean_controls,
        replace=replace,
        max_reuse=max_reuse,
        order=order,
        subclasses=subclasses,
        min_per_subclass=min_per_subclass,
        cutpoints=cutpoints or {},
        moments=moments,
        tolerance=tolerance,
        truncate=truncate,
        stabilise=stabilise,
        estimand=estimand,
        seed=seed,
    )
    return match_spec(frame, spec)
