"""From a frame or a matched sample to the arrays of an estimator: groups, persons, outcomes, score.

Rows stand in the order of the hash of their id, as in the score of the matching room, so that no sum depends on the order of the frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import expit

from evaluation.effects.sample import check_order, outcomes_of
from evaluation.effects.weighting.score import (
    GivenScore,
    ScoreRows,
    fitted_score,
    given_score,
    known_score,
    refuse_no_probabilities,
    standardised,
)
from evaluation.errors import EffectError, MatchingError, Problem
from evaluation.matching.columns import FIT_VALUES, MEND_VALUES, as_numbers, unfit_values
from evaluation.matching.design_matrix import CovariateDesign, Design, FormulaDesign
from evaluation.matching.logit import independent_columns, linear_predictor
from evaluation.matching.result import Matched
from evaluation.matching.score import ScoreModel, fit_score
from evaluation.matching.ties import id_hash

Outcomes = str | Sequence[str] | np.ndarray | pd.Series | pd.DataFrame | Mapping[str, np.ndarray]
Score = ScoreModel | GivenScore | str
Aligned = Literal["frame", "members"]
_ORDER_SEED = 0


@dataclass(frozen=True)
class Source:
    """The frame behind an analysis and the roles of its rows, in the order of the frame.

    Attributes
    ----------
    frame
        With covariates complete.
    treated
        bool (n,).
    units
        int64 (n,): dense codes of the person.
    ids
        Series (n,), for the order of sums and for folds.
    within
        bool (n,): rows within the common support asked for.
    order
        int64 (n,): the order of sums.
    matched
        The matched sample it came from, if any.
    """

    frame: pd.DataFrame
    treated: np.ndarray
    units: np.ndarray
    unit_ids: pd.Series
    ids: pd.Series
    within: np.ndarray
    order: np.ndarray
    treatment: str
    matched: Matched | None = None

    @property
    def n(self) -> int:
        return len(self.frame)


def source_of(
    data: pd.DataFrame | Matched, *, treatment: str | None, unit: str | None, id: str | None, needed: Sequence[str] = ()
) -> Source:
    """Read a frame with a treatment column, or a matched sample (whose own roles are used).

    Raises
    ------
    EffectError
        Missing columns or values, a treatment that is not 0/1, one group only.
    """
    if isinstance(data, Matched):
        spec = data.spec
        clash = [
            name
            for name, given, own in (
                ("treatment", treatment, spec.treatment),
                ("unit", unit, spec.unit),
                ("id", id, spec.id),
            )
            if given is not None and given != own
        ]
        if clash:
            raise EffectError(
                Problem(", ".join(clash), "differs from the matched sample's own", "leave it out for a matched sample")
            )
        frame = data.frame if data.filled is None else data.filled
        within = data.task.stratum >= 0
        treated, ids, unit_ids, name = data.task.treated, data.ids, data.units_of, spec.treatment
        _refuse_absent(frame, needed)
    else:
        if not isinstance(data, pd.DataFrame):
            raise EffectError(Problem("data", f"a {type(data).__name__}", "a pandas DataFrame or a matched sample"))
        if treatment is None:
            raise EffectError(Problem("treatment", "not given", "the column of the treatment (0/1)"))
        frame, name = data, treatment
        _refuse_absent(frame, [treatment, *(c for c in (unit, id) if c is not None), *needed])
        _check_treatment(frame[treatment], treatment)
        treated = as_numbers(frame[treatment]) == 1
        ids = (frame.index.to_series() if id is None else frame[id]).reset_index(drop=True)
        unit_ids = pd.Series(np.arange(len(frame))) if unit is None else frame[unit].reset_index(drop=True)
        if n := int(unit_ids.isna().sum()):
            raise EffectError(Problem(f'unit="{unit}"', f"{n} missing values", "the person of every row"))
        within = np.ones(len(frame), bool)
        if unit is None and ids.is_unique:
            unit_ids = ids  # so that folds do not depend on the order of the frame
    order = np.argsort(id_hash(ids, seed=_ORDER_SEED), kind="stable")
    # units are numbered in the order of sums, so that sums over units do not depend on the order of the frame either
    units = np.empty(len(frame), np.int64)
    units[order] = pd.factorize(unit_ids.take(order))[0]
    return Source(
        frame, treated, units, unit_ids, ids, within, order, name, data if isinstance(data, Matched) else None
    )


def _design_of(source: Source, covariates: Sequence[str] | None, formula: str | None) -> Design:
    try:
        if formula is not None:
            return FormulaDesign.of(source.frame, formula, source.treatment)
        return CovariateDesign.of(source.frame, list(covariates or ()))
    except MatchingError as error:
        raise EffectError(error.problems) from error


def _refuse_absent(frame: pd.DataFrame, needed: Sequence[str]) -> None:
    absent = [str(name) for name in dict.fromkeys(needed) if name not in frame.columns]
    if absent:
        raise EffectError(
            Problem("frame", f"no such columns: {', '.join(absent)}", "columns of the frame", "check the spelling")
        )
    if any(frame[name].isna().any() for name in dict.fromkeys(needed)):
        # infinite values elsewhere are told of in the same breath; without missing ones the design finds them
        unfit = {name: unfit_values(frame[name]) for name in dict.fromkeys(needed)}
        raise EffectError([Problem(f'"{name}"', what, FIT_VALUES, MEND_VALUES) for name, what in unfit.items() if what])


def _check_treatment(column: pd.Series, name: str) -> None:
    values = as_numbers(column) if pd.api.types.is_numeric_dtype(column.dtype) else np.full(len(column), np.nan)
    if not np.all((values == 0) | (values == 1)):
        raise EffectError(
            Problem(f'treatment="{name}"', "values that are not 0 or 1", "0 and 1, without missing", "recode it")
        )
    if values.sum() in (0, values.size):
        raise EffectError(
            Problem(f'treatment="{name}"', f"{int(values.sum())} treated of {values.size} rows", "both groups")
        )


def read_outcomes(source: Source, outcomes: Outcomes, aligned: Aligned) -> tuple[list[object], np.ndarray]:
    """Labels, and values float64 (k, n) in the order of sums; NaN where not observed.

    ``aligned="members"`` (weighted samples only): arrays stand in the order of ``matched.members``.
    """
    frame = source.frame if source.matched is None else source.matched.frame
    if isinstance(outcomes, str):
        outcomes = [outcomes]
    if isinstance(outcomes, Sequence):
        absent = [str(name) for name in outcomes if name not in frame.columns]
        if absent:
            named = ", ".join(absent[:3]) + (f" and {len(absent) - 3} more" if len(absent) > 3 else "")
            raise EffectError(
                Problem(
                    "outcome",
                    f"no columns {named}",
                    "columns of the frame, or an array",
                    "give values as a numpy array",
                )
            )
        text = [name for name in outcomes if not pd.api.types.is_numeric_dtype(frame[name].dtype)]
        if text:
            raise EffectError(Problem("outcome", f"not numbers: {', '.join(text)}", "numbers, or 0/1"))
        labels, values = outcomes_of({str(name): as_numbers(pd.Series(frame[name])) for name in outcomes}, source.n)
        return labels, values[:, source.order]
    if aligned == "frame":
        check_order(outcomes, frame.index, "outcome")
    if isinstance(outcomes, pd.Series):
        outcomes = {str(outcomes.name or "outcome"): outcomes.to_numpy(np.float64, na_value=np.nan)}
    elif isinstance(outcomes, np.ndarray) and outcomes.ndim == 1:
        outcomes = {"outcome": outcomes}
    if aligned not in ("frame", "members"):
        raise EffectError(Problem("aligned", f"{aligned!r}", '"frame" or "members"'))
    if aligned == "frame":
        labels, values = outcomes_of(outcomes, source.n)
        return labels, values[:, source.order]
    if source.matched is None or source.matched.weighting is None:
        raise EffectError(
            Problem("aligned", '"members" without a weighted sample', '"frame"', "give one value per row of the frame")
        )
    position = source.matched.memberships.position
    labels, members = outcomes_of(outcomes, position.size)
    values = np.full((len(labels), source.n), np.nan)
    values[:, position] = members
    return labels, values[:, source.order]


def read_score(
    source: Source, score: Score | None, covariates: Sequence[str] | None, formula: str | None, estimand: str
) -> tuple[ScoreRows, np.ndarray]:
    """The score on the rows in the order of sums, and the rows within common support, bool (n,) in that order.

    A logistic score is fitted here unless one is given, or the matched sample holds one. A column of known probabilities must
    have a weight for the estimand in every row within common support.
    """
    order = source.order
    treated, within = source.treated[order], source.within[order]
    if covariates is not None or formula is not None:
        if score is not None:
            raise EffectError(Problem("score", "given beside covariates or a formula", "one of them", "leave one out"))
        design = _design_of(source, covariates, formula)
        score, _ = fit_score(source.frame, design, source.treated, source.ids)
    if score is None and source.matched is not None:
        matched = source.matched
        if isinstance(matched.score_model, ScoreModel):
            score = matched.score_model
        elif matched.score_model is None and matched.spec.score is not None:
            score = matched.spec.score
    if isinstance(score, str):
        if score not in source.frame.columns:
            _refuse_absent(source.frame, [score])
        column = source.frame[score]
        if not pd.api.types.is_numeric_dtype(column.dtype):
            raise EffectError(
                Problem(f'score="{score}"', f"holds {column.dtype}", "probabilities", "name a column of numbers")
            )
        probability = as_numbers(column)[order]
        refuse_no_probabilities(probability, within, score, closed=estimand == "ato")
        return known_score(probability), within
    if isinstance(score, GivenScore):
        return given_score(score, treated, order), within
    if isinstance(score, ScoreModel):
        fitted = _fitted_rows(score, source)[order]
        columns = score.design.matrix(source.frame, order)
        if not score.kept.all():
            columns = columns[score.kept]
        for column, centre, scale in zip(columns, score.centre, score.scale, strict=True):
            column -= centre
            column /= scale
        probability = expit(linear_predictor(columns, score.standardised))
        return fitted_score(columns, probability, treated, fitted), within & fitted
    raise EffectError(
        Problem(
            "score",
            "none that this estimator can use",
            "covariates=, formula=, or score=: a fitted logistic score, a GivenScore, or a column of known probabilities",
            "for a score from a flexible learner take aipw, whose standard error allows for it",
        )
    )


def _fitted_rows(score: ScoreModel, source: Source) -> np.ndarray:
    """Rows the score was fitted on: all but those at a value that separates treated from controls."""
    outside = np.zeros(source.n, bool)
    if score.separated:
        for cell in score.design.cells(source.frame):
            if cell.name in score.separated:
                outside |= cell.rows
    fitted = ~outside
    if int(fitted.sum()) != score.n_rows or int((fitted & source.treated).sum()) != score.n_treated:
        raise EffectError(
            Problem(
                "score",
                f"fitted on {score.n_rows} rows with {score.n_treated} treated, "
                f"not on these {int(fitted.sum())} with {int((fitted & source.treated).sum())}",
                "the rows it was fitted on",
                "give the same frame, or covariates= to fit it here; a score of other rows goes in as a column of known values",
            )
        )
    return fitted


def outcome_columns(source: Source, covariates: Sequence[str] | None, formula: str | None) -> np.ndarray:
    """Columns of an outcome model in the order of sums, float64 (p, n): centred, scaled, independent; no intercept."""
    if formula is None:
        _refuse_absent(source.frame, list(covariates or ()))
    design = _design_of(source, covariates, formula)
    x = standardised(design.matrix(source.frame, source.order))
    if len(x) == 0:
        return x
    return np.ascontiguousarray(x[independent_columns(x)])
