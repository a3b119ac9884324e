"""The verb: match a data frame."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import expit

from evaluation.errors import MatchingError, OverlapWarning, Problem
from evaluation.matching.columns import as_numbers
from evaluation.matching.design_matrix import CovariateDesign, Design, FormulaDesign
from evaluation.matching.distance import axis_from_score, caliper_width
from evaluation.matching.frame_checks import check_frame, model_columns, read_treatment, refuse_repeated_units
from evaluation.matching.methods import METHOD
from evaluation.matching.options import CaliperUnit, Distance, Estimand, Method, Order
from evaluation.matching.report import reasons_unmatched
from evaluation.matching.result import Matched
from evaluation.matching.score import ScoreModel, fit_score
from evaluation.matching.spec import DEFAULT_SUBCLASSES, MatchSpec, names
from evaluation.matching.strata import stratum_codes
from evaluation.matching.task import Pairs, Task
from evaluation.matching.ties import id_hash

# Above this share of treated without a match, the estimate speaks of other people than the treated: say so
_MANY_UNMATCHED = 0.10


def match(
    frame: pd.DataFrame,
    *,
    treatment: str,
    covariates: Sequence[str] | None = None,
    formula: str | None = None,
    score: str | None = None,
    id: str | None = None,
    unit: str | None = None,
    method: Method = "nearest",
    distance: Distance = "logit",
    match_on: Sequence[str] | None = None,
    caliper: float | None = None,
    caliper_unit: CaliperUnit = "sd_pooled",
    covariate_calipers: Mapping[str, float] | None = None,
    exact: str | Sequence[str] = (),
    ratio: int = 1,
    replace: bool = False,
    max_reuse: int | None = None,
    order: Order = "largest",
    subclasses: int = DEFAULT_SUBCLASSES,
    cutpoints: Mapping[str, object] | None = None,
    estimand: Estimand = "att",
    seed: int = 1,
) -> Matched:
    """Match treated units with controls.

    Parameters
    ----------
    frame
        One row per unit (or per unit and period, see ``unit``). It is not changed.
    treatment
        Column of 0/1 or booleans, without missing values.
    covariates, formula, score
        Where the score comes from: a list of columns (main effects; categories become dummies, the first level being the
        reference), a formula for the right-hand side, or a column with a ready probability. ``covariates`` beside a formula
        or score are compared in the balance table only.
    id
        Column that identifies rows; by default the frame's index. Ties are broken by its seeded hash.
    unit
        Column of the cluster, for frames with several rows per unit (person-months). A unit may stand once in an exact
        stratum, so that it is never matched with itself or twice with the same set: put the period into ``exact``.
        By default each row is its own.
    method, distance
        Nearest neighbour on the logit of the score or on the probability.
    match_on, subclasses, cutpoints
        Belong to other methods and distances; refused here.
    caliper, caliper_unit, covariate_calipers
        Largest differences allowed (inclusive), of the axis and of numeric columns, in one unit for all: standard
        deviations by a named convention (:mod:`evaluation.matching.distance`), or raw.
    exact
        Columns that must agree.
    ratio
        Controls per treated unit, given in rounds; a unit may end with fewer.
    replace, max_reuse
        Whether a control may join several sets, and how many at most.
    order
        Which treated unit chooses first within a round (:mod:`evaluation.matching.nearest`).
    estimand
        The effect on the treated.
    seed
        Seed of ties and of ``order="random"``.

    Returns
    -------
    Matched

    Raises
    ------
    MatchingError
        With everything that is wrong in the options or the frame; or when no treated unit can be matched.

    Examples
    --------
    >>> matched = match(frame, treatment="treat", covariates=["age", "educ"], id="id", caliper=0.2)  # doctest: +SKIP
    """
    spec = MatchSpec(
        treatment=treatment,
        covariates=names(covariates),
        formula=formula,
        score=score,
        id=id,
        unit=unit,
        method=method,
        distance=distance,
        match_on=names(match_on),
        caliper=caliper,
        caliper_unit=caliper_unit,
        covariate_calipers=covariate_calipers or {},
        exact=names(exact),
        ratio=ratio,
        replace=replace,
        max_reuse=max_reuse,
        order=order,
        subclasses=subclasses,
        cutpoints=cutpoints or {},
        estimand=estimand,
        seed=seed,
    )
    return match_spec(frame, spec)


def match_spec(frame: pd.DataFrame, spec: MatchSpec) -> Matched:
    """Match by a ready specification; see :func:`match`."""
    check_frame(frame, spec)
    stratum = stratum_codes(frame, spec.exact)
    refuse_repeated_units(frame, spec, stratum)
    treated = read_treatment(frame[spec.treatment])
    ids = frame[spec.id] if spec.id is not None else frame.index.to_series()
    ids = ids.reset_index(drop=True)
    tie = id_hash(ids, seed=spec.seed)
    probability, value, model = _score(frame, spec, treated, ids)
    stratum = np.where(np.isfinite(value), stratum, np.int32(-1)) if model is not None and model.separated else stratum
    task = _task(frame, spec, treated, value, stratum, tie, ids)
    pairs, pair_set = _numbered(METHOD[spec.method](task), ids, tie)
    matched = Matched(
        spec=spec,
        frame=frame,
        ids=ids,
        units_of=ids if spec.unit is None else frame[spec.unit].reset_index(drop=True),
        task=task,
        score=probability,
        score_model=model,
        pair_rows=pairs,
        pair_set=pair_set,
        covariates=spec.covariates or model_columns(frame, spec),
    )
    _report_unmatched(matched)
    matched.check()
    return matched


def _score(
    frame: pd.DataFrame, spec: MatchSpec, treated: np.ndarray, ids: pd.Series
) -> tuple[np.ndarray, np.ndarray, ScoreModel | None]:
    """Probability, axis and model of each row."""
    if spec.score is not None:
        probability = as_numbers(frame[spec.score])
        return probability, axis_from_score(probability, spec.distance, where=f'score="{spec.score}"'), None
    design: Design
    if spec.formula is not None:
        design = FormulaDesign.of(frame, spec.formula, spec.treatment)
    else:
        design = CovariateDesign.of(frame, spec.covariates)
    model, linear = fit_score(frame, design, treated, ids)
    probability = expit(linear)
    return probability, linear if spec.distance == "logit" else probability, model


def _task(
    frame: pd.DataFrame,
    spec: MatchSpec,
    treated: np.ndarray,
    value: np.ndarray,
    stratum: np.ndarray,
    tie: np.ndarray,
    ids: pd.Series,
) -> Task:
    columns = [as_numbers(frame[name]) for name in spec.covariate_calipers]
    widths = [
        caliper_width(width, spec.caliper_unit, column, treated, stratum, where=f'covariate_calipers["{name}"]')
        for (name, width), column in zip(spec.covariate_calipers.items(), columns, strict=True)
    ]
    return Task(
        treated=treated,
        value=value,
        stratum=stratum,
        tie=tie,
        lot=id_hash(ids, seed=spec.seed, stream=1) if spec.order == "random" else tie,
        caliper=caliper_width(spec.caliper, spec.caliper_unit, value, treated, stratum, where="caliper"),
        gap_value=np.vstack(columns) if columns else np.empty((0, len(frame))),
        gap_limit=np.array(widths, dtype=np.float64),
        ratio=int(spec.ratio),
        capacity=spec.capacity,
        order=spec.order,
    )


def _numbered(pairs: Pairs, ids: pd.Series, tie: np.ndarray) -> tuple[Pairs, np.ndarray]:
    """Pairs sorted by set, distance and tie; sets numbered from 0 by the id of the treated (by hash if ids do not compare)."""
    leaders = np.unique(pairs.treated)
    keys = ids.take(leaders)
    try:
        place = np.argsort(keys.to_numpy(), kind="stable")
    except TypeError:
        place = np.argsort(tie[leaders], kind="stable")
    number = np.empty(leaders.size, np.int64)
    number[place] = np.arange(leaders.size)
    pair_set = number[np.searchsorted(leaders, pairs.treated)]
    order = np.lexsort((tie[pairs.control], pairs.distance, pair_set))
    sorted_pairs = Pairs(pairs.treated[order], pairs.control[order], pairs.distance[order], pairs.reachable)
    return sorted_pairs, pair_set[order]


def _report_unmatched(matched: Matched) -> None:
    n_treated = int(matched.task.treated.sum())
    unmatched = n_treated - matched.n_sets
    reasons = reasons_unmatched(matched) if unmatched else ""
    if matched.n_sets == 0:
        raise MatchingError(
            Problem(
                "overlap",
                f"none of the {n_treated} treated could be matched: {reasons}",
                "treated and controls that share strata and lie within the calipers",
                "widen the caliper, or match exactly on fewer or coarser columns",
            )
        )
    if unmatched > _MANY_UNMATCHED * n_treated:
        warnings.warn(
            f"{unmatched} of {n_treated} treated are unmatched ({reasons}): the effect speaks of the matched only. "
            "Compare them with all treated in the balance table, or loosen the caliper or the strata.",
            OverlapWarning,
            stacklevel=4,
        )
