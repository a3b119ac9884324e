"""From a frame and a specification to a matched sample, step by step."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from scipy.special import expit

from evaluation.errors import FlaggedMethodWarning, MatchingError, OverlapWarning, Problem
from evaluation.matching.build import build_task
from evaluation.matching.columns import as_numbers
from evaluation.matching.design_matrix import CovariateDesign, Design, FormulaDesign
from evaluation.matching.discard import outside_support
from evaluation.matching.distance import axis_from_score
from evaluation.matching.frame_checks import (
    check_frame,
    model_columns,
    read_treatment,
    refuse_broken_risk_sets,
    refuse_repeated_units,
)
from evaluation.matching.learners import LearnedScore, learn_score
from evaluation.matching.methods import METHOD, WEIGHTING
from evaluation.matching.missing import complete
from evaluation.matching.report import reasons_unmatched
from evaluation.matching.result import Matched
from evaluation.matching.score import ScoreModel, fit_score
from evaluation.matching.spec import MatchSpec, names
from evaluation.matching.strata import stratum_codes
from evaluation.matching.task import Pairs, Sample, Weighting
from evaluation.matching.ties import id_hash

# Above this share of treated without a match, the estimate speaks of other people than the treated: say so
_MANY_UNMATCHED = 0.10

_SET_BITS = 16  # of a sorting key, for the number of the set
_SETS_IN_KEY = 1 << _SET_BITS


def match_spec(frame: pd.DataFrame, spec: MatchSpec) -> Matched:
    """Match by a ready specification; see :func:`evaluation.matching.match`."""
    check_frame(frame, spec)
    _flag(spec)
    by_month = names(spec.risk_set) if isinstance(spec.risk_set, str) else ()
    stratum = stratum_codes(frame, (*by_month, *spec.exact))
    treated = read_treatment(frame[spec.treatment])
    refuse_repeated_units(frame, spec, stratum)
    refuse_broken_risk_sets(frame, spec, treated)
    ids = frame[spec.id] if spec.id is not None else frame.index.to_series()
    ids = ids.reset_index(drop=True)
    tie = id_hash(ids, seed=spec.seed)
    covariates = spec.covariates or model_columns(frame, spec)
    filled = frame
    if spec.missing != "refuse":
        filled, covariates = complete(frame, tuple(dict.fromkeys((*covariates, *spec.match_on))), spec.missing)
    probability, value, model = _score(filled, spec, covariates, treated, ids)
    if model is not None and model.separated:
        stratum = np.where(np.isfinite(value), stratum, np.int32(-1))
    discarded = np.zeros(len(frame), bool)
    if spec.discard is not None:
        discarded = outside_support(probability, treated, (stratum >= 0) & np.isfinite(probability), spec.discard)
        stratum = np.where(discarded, np.int32(-1), stratum)
    task = build_task(filled, spec, treated, value, stratum, tie, ids)
    weighting: Weighting | None = None
    if spec.method in METHOD:
        pairs, pair_set = number_sets(METHOD[spec.method](task), ids, tie, atc=spec.estimand == "atc")
    else:
        sample = Sample(filled, spec, treated, probability, value, stratum, tie)
        if spec.method == "cem" and filled is not frame:
            sample = Sample(filled, _with_covariates(spec, covariates), treated, probability, value, stratum, tie)
        weighting = _numbered(WEIGHTING[spec.method](sample), spec, stratum, ids, tie)
        pairs, pair_set = _no_pairs(task), np.empty(0, np.int64)
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
        covariates=covariates,
        weighting=weighting,
        filled=filled,
        discarded=discarded,
    )
    _report_unmatched(matched)
    matched.check()
    return matched


def _with_covariates(spec: MatchSpec, covariates: tuple[str, ...]) -> MatchSpec:
    return MatchSpec(**(spec.to_dict() | {"covariates": covariates}))


def _flag(spec: MatchSpec) -> None:
    if spec.risk_set is not None and spec.max_reuse is not None:
        warnings.warn(
            f"max_reuse={spec.max_reuse} across risk sets depletes the pool: later treated are compared with those whom "
            "earlier ones left over. It is filled in the order of time; without it, reuse across months is free.",
            FlaggedMethodWarning,
            stacklevel=4,
        )


def _score(
    frame: pd.DataFrame, spec: MatchSpec, covariates: tuple[str, ...], treated: np.ndarray, ids: pd.Series
) -> tuple[np.ndarray, np.ndarray, ScoreModel | LearnedScore | None]:
    """Probability, axis and model of each row; NaN where nothing asked for has a score."""
    if not spec.needs_score:
        return np.full(len(frame), np.nan), np.full(len(frame), np.nan), None
    axis = "probability" if spec.distance == "probability" else "logit"
    if spec.score is not None:
        probability = as_numbers(frame[spec.score])
        return probability, axis_from_score(probability, axis, where=f'score="{spec.score}"'), None
    design: Design
    if spec.formula is not None:
        design = FormulaDesign.of(frame, spec.formula, spec.treatment)
    else:
        design = CovariateDesign.of(frame, covariates)
    model: ScoreModel | LearnedScore
    if isinstance(spec.score_model, str) and spec.score_model == "logit":
        model, linear = fit_score(frame, design, treated, ids)
    else:
        units = ids if spec.unit is None else frame[spec.unit].reset_index(drop=True)
        model, linear = learn_score(frame, design, treated, ids, units, spec.score_model, spec.folds, spec.cross_fit)
    probability = expit(linear)
    return probability, linear if axis == "logit" else probability, model


def number_sets(pairs: Pairs, ids: pd.Series, tie: np.ndarray, *, atc: bool = False) -> tuple[Pairs, np.ndarray]:
    """Pairs sorted by set, distance and tie, and the number of each pair's set.

    Sets are numbered from 0 by the id of the unit that leads them (by hash if ids do not compare): the treated one, for
    the ATC the control, and where the method names sets the first treated of each.
    """
    lead = pairs.control if atc else pairs.treated
    follow = pairs.treated if atc else pairs.control
    leaders = np.unique(lead)
    keys = ids.take(leaders)
    try:
        place = np.argsort(keys.to_numpy(), kind="stable")
    except TypeError:
        place = np.argsort(tie[leaders], kind="stable")
    rank = np.empty(leaders.size, np.int64)
    rank[place] = np.arange(leaders.size)
    pair_set = rank[np.searchsorted(leaders, lead)]
    if pairs.sets is not None:
        # the set's number is the rank of its first leader among those of all sets
        _, code = np.unique(pairs.sets, return_inverse=True)
        first = np.full(int(code.max(initial=-1)) + 1, np.iinfo(np.int64).max)
        np.minimum.at(first, code, pair_set)
        number = np.empty(first.size, np.int64)
        number[np.argsort(first)] = np.arange(first.size)
        order = np.lexsort((tie[follow], pairs.distance, pair_set, number[code]))
        pair_set = number[code]
    else:
        order = _by_set_and_distance(pair_set, pairs.distance, tie, follow)
    sets = None if pairs.sets is None else pair_set[order]
    return (
        Pairs(pairs.treated[order], pairs.control[order], pairs.distance[order], pairs.reachable, sets),
        pair_set[order],
    )


def _by_set_and_distance(pair_set: np.ndarray, distance: np.ndarray, tie: np.ndarray, follow: np.ndarray) -> np.ndarray:
    """Order of pairs by set, distance and tie.

    The bits of a float above zero rise with it, so set and distance fit into one integer, which sorts many times faster than three keys.
    The distance loses its last bits there; where two keys come out equal, the full keys decide.
    """
    if distance.size and pair_set.max() < _SETS_IN_KEY and distance.min() >= 0:
        bits = (distance + 0.0).view(np.uint64) >> np.uint64(_SET_BITS)  # + 0.0: minus zero has other bits than zero
        key = (pair_set.astype(np.uint64) << np.uint64(64 - _SET_BITS)) | bits
        order = np.argsort(key)
        ordered = key[order]
        if np.all(ordered[1:] != ordered[:-1]):
            return order
    return np.lexsort((tie[follow], distance, pair_set))


def _numbered(weighting: Weighting, spec: MatchSpec, stratum: np.ndarray, ids: pd.Series, tie: np.ndarray) -> Weighting:
    """Sets numbered by the lowest id in them; subclasses by the lowest id of their exact stratum, then by the score."""
    if weighting.sets is None:
        return weighting
    used = np.flatnonzero(weighting.sets >= 0)
    try:
        place = np.argsort(ids.take(used).to_numpy(), kind="stable")
    except TypeError:
        place = np.argsort(tie[used], kind="stable")
    rank = np.empty(used.size, np.int64)
    rank[place] = np.arange(used.size)
    sets = weighting.sets[used]
    n_sets = int(sets.max()) + 1
    group = stratum[used] if spec.method == "subclass" else sets
    lowest = np.full(int(group.max()) + 1, used.size)
    np.minimum.at(lowest, group, rank)
    key = np.zeros(n_sets, np.int64)
    key[sets] = lowest[group]
    number = np.empty(n_sets, np.int64)
    number[np.lexsort((np.arange(n_sets), key))] = np.arange(n_sets)
    out = weighting.sets.copy()
    out[used] = number[sets]
    table = weighting.table
    if table is not None and "set" in table:
        table = table.assign(set=number[table["set"].to_numpy()]).sort_values("set", ignore_index=True)
    return Weighting(weighting.weight, out, weighting.note, table)


def _no_pairs(task: object) -> Pairs:
    rows = np.empty(0, np.int64)
    return Pairs(rows, rows.copy(), np.empty(0), np.empty(0, bool))


def _report_unmatched(matched: Matched) -> None:
    focal = matched.task.focal
    n_focal = int(focal.sum())
    left = n_focal - int(matched.focal_matched)
    who = "controls" if matched.spec.estimand == "atc" else "treated"
    reasons = reasons_unmatched(matched) if left > _MANY_UNMATCHED * n_focal else ""
    if left == n_focal:
        raise MatchingError(
            Problem(
                "overlap",
                f"none of the {n_focal} {who} could be matched: {reasons}",
                "treated and controls that share strata and lie within the calipers",
                "widen the caliper, or match exactly on fewer or coarser columns",
            )
        )
    if left > _MANY_UNMATCHED * n_focal:
        warnings.warn(
            f"{left} of {n_focal} {who} are unmatched ({reasons}): the effect speaks of the matched only. "
            "Compare them with all treated in the balance table, or loosen the caliper or the strata.",
            OverlapWarning,
            stacklevel=5,
        )
