"""Balance of the prognostic score: what the outcome would be without treatment, predicted from the covariates.

The outcome model is fitted on controls before matching, so no treated outcome is read; its prediction for every row is then
compared as one more covariate. An outcome that is 0 or 1 gets a logistic regression, others least squares.

Reference: Stuart, Lee & Leacy (2013), Journal of Clinical Epidemiology 66; Hansen (2008), Biometrika 95.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from evaluation.errors import MatchingError, Problem
from evaluation.matching.balance import Balance, compute_balance
from evaluation.matching.columns import as_numbers
from evaluation.matching.design_matrix import CovariateDesign
from evaluation.matching.groups import groups_of
from evaluation.matching.logit import fit_logit, independent_columns, linear_predictor
from evaluation.matching.ties import id_hash

if TYPE_CHECKING:
    from evaluation.matching.result import Matched

_SEED = 0


def prognostic_balance(matched: Matched, outcome: str | np.ndarray, covariates: tuple[str, ...]) -> Balance:
    """See :meth:`evaluation.matching.result.Matched.prognosis`.

    Raises
    ------
    MatchingError
        No covariates, an outcome that is not there, or one that the covariates separate among controls.
    """
    frame = matched.frame if matched.filled is None else matched.filled
    if not covariates:
        raise MatchingError(Problem("covariates", "none to predict the outcome from", "columns of the frame"))
    groups = groups_of(matched)
    y = _of_controls(matched, outcome, groups.control)
    design = CovariateDesign.of(frame, covariates)
    rows = groups.control[np.isfinite(y)]
    y = y[np.isfinite(y)]
    order = np.argsort(id_hash(matched.ids, seed=_SEED)[rows])
    rows, y = rows[order], y[order]
    if y.size == 0:
        raise MatchingError(Problem("outcome", "missing for all controls", "an outcome observed for controls"))
    x = design.matrix(frame)
    centre = x[:, rows].mean(axis=1, keepdims=True)
    spread = x[:, rows].std(axis=1, keepdims=True)
    x = (x - centre) / np.where(spread > 0, spread, 1.0)
    x[spread[:, 0] == 0] = 0.0
    inside = np.ascontiguousarray(x[:, rows])
    kept = independent_columns(inside)
    inside, x = np.ascontiguousarray(inside[kept]), np.ascontiguousarray(x[kept])
    if np.all((y == 0) | (y == 1)) and 0 < y.mean() < 1:
        fit = fit_logit(inside, y)
        if not fit.converged:
            raise MatchingError(
                Problem(
                    "outcome",
                    "the covariates decide it among controls",
                    "an outcome that varies",
                    "use fewer covariates",
                )
            )
        predicted = expit(linear_predictor(x, fit.coefficients))
    else:
        design_matrix = np.vstack([np.ones(y.size), inside]).T
        predicted = linear_predictor(x, np.linalg.lstsq(design_matrix, y, rcond=None)[0])
    name = f"prognosis of {outcome}" if isinstance(outcome, str) else "prognosis"
    standard = {"att": "treated", "atc": "control"}.get(str(matched.spec.estimand), "pooled")
    return compute_balance(frame.assign(**{name: predicted}), [name], {"all": groups}, standard=standard)


def _of_controls(matched: Matched, outcome: str | np.ndarray, control: np.ndarray) -> np.ndarray:
    """Outcome of the controls only, float64 (n_controls,)."""
    if isinstance(outcome, str):
        if outcome not in matched.frame.columns:
            raise MatchingError(Problem("outcome", f'no column "{outcome}"', "a column of the frame, or an array"))
        return as_numbers(matched.frame[outcome].take(control))
    values = np.asarray(outcome, dtype=np.float64)
    if values.shape != (len(matched.frame),):
        raise MatchingError(Problem("outcome", f"shape {values.shape}", f"one value per row: ({len(matched.frame)},)"))
    return values[control]
