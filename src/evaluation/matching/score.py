"""The score: the probability of treatment given the covariates, by logistic regression.

Rows enter the sums in the order of the hash of their id, so the fit does not depend on the order of the frame either.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from evaluation.errors import MatchingError, Problem, SeparationWarning, StatisticalWarning
from evaluation.matching.design_matrix import Cell, Design
from evaluation.matching.logit import fit_logit, independent_columns, linear_predictor
from evaluation.matching.ties import id_hash

# Beyond this, a fitted probability is 0 or 1 to ten units in the last place (R warns at the same point)
_CERTAIN = -np.log(10 * np.finfo(float).eps)
_NAMED = 3
_ORDER_SEED = 0


@dataclass(frozen=True)
class ScoreModel:
    """A fitted logistic regression of treatment on covariates.

    Attributes
    ----------
    names
        Terms of the model, the intercept first; a category's level stands in brackets.
    coefficients, covariance
        On the scale of the data, float64 (k,) and (k, k); the covariance is the inverse information.
    aliased
        Terms left out because they are constant or combinations of earlier ones.
    separated
        Values at which every row is treated, or none: such rows are outside common support and have no score.
    """

    design: Design
    names: tuple[str, ...]
    coefficients: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    n_rows: int
    n_treated: int
    iterations: int
    aliased: tuple[str, ...]
    separated: tuple[str, ...]
    kept: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    standardised: np.ndarray

    @property
    def std_errors(self) -> np.ndarray:
        """Model-based standard errors, float64 (k,)."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def table(self) -> pd.DataFrame:
        """One row per term: term, coefficient, std_error, odds_ratio."""
        return pd.DataFrame(
            {
                "term": self.names,
                "coefficient": self.coefficients,
                "std_error": self.std_errors,
                "odds_ratio": np.exp(self.coefficients),
            }
        )

    def linear(self, frame: pd.DataFrame, order: np.ndarray | None = None) -> np.ndarray:
        """The logit of the score of each row of a frame with the same columns, float64 (n,)."""
        return linear_predictor(self._columns(frame, order), self.standardised)

    def probability(self, frame: pd.DataFrame) -> np.ndarray:
        """The score of each row of a frame with the same columns, float64 (n,)."""
        return expit(self.linear(frame))

    def _columns(self, frame: pd.DataFrame, order: np.ndarray | None) -> np.ndarray:
        x = self.design.matrix(frame, order)[self.kept]
        x -= self.centre[:, None]
        x /= self.scale[:, None]
        return x

    def __str__(self) -> str:
        lines = [
            f"Logistic score, {len(self.names)} terms, {self.n_rows} rows, {self.n_treated} treated, "
            f"{self.iterations} iterations, log-likelihood {self.log_likelihood:.3f}"
        ]
        if self.aliased:
            lines.append(f"left out (constant, or combinations of others): {', '.join(self.aliased)}")
        if self.separated:
            lines.append(f"outside common support: {', '.join(self.separated)}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format=lambda x: f"{x:.4g}")


def fit_score(
    frame: pd.DataFrame, design: Design, treated: np.ndarray, ids: pd.Series
) -> tuple[ScoreModel, np.ndarray]:
    """Fit the score and give the logit of each row.

    Parameters
    ----------
    frame, design
        Rows without missing covariates, and how they become columns.
    treated
        bool (n,).
    ids
        Series (n,): the hash of the id orders the sums, by a seed of its own, so that the seed of the ties changes nothing.

    Returns
    -------
    ScoreModel, float64 (n,)
        The logit is NaN in rows that a value separates; they are outside common support.

    Raises
    ------
    MatchingError
        Complete separation: the likelihood has no maximum.
    """
    inside, separated = _common_support(design.cells(frame), treated)
    order = np.flatnonzero(inside)
    order = order[np.argsort(id_hash(ids, seed=_ORDER_SEED)[order])]
    x = design.matrix(frame, order)
    labels = list(design.labels)
    centre, scale = _standardise(x)
    kept = independent_columns(x)
    aliased = tuple(label for label, keep in zip(labels, kept, strict=True) if not keep)
    if aliased:
        _report_aliased(x, labels, kept, bool(separated))
        x = np.ascontiguousarray(x[kept])
    y = treated[order].astype(np.float64)
    fit = fit_logit(x, y)
    names = [label for label, keep in zip(labels, kept, strict=True) if keep]
    logit = linear_predictor(x, fit.coefficients)
    _report_separation(fit.converged, names, fit.coefficients[1:], logit)

    # back to the scale of the data: b_j = beta_j / s_j, intercept less sum of b_j m_j
    to_data = np.eye(len(names) + 1)
    to_data[1:, 1:] /= scale[kept][:, None]
    to_data[0, 1:] = -centre[kept] / scale[kept]
    model = ScoreModel(
        design=design,
        names=("intercept", *names),
        coefficients=to_data @ fit.coefficients,
        covariance=to_data @ fit.covariance @ to_data.T,
        log_likelihood=fit.log_likelihood,
        n_rows=int(order.size),
        n_treated=int(y.sum()),
        iterations=fit.iterations,
        aliased=aliased,
        separated=separated,
        kept=kept,
        centre=centre[kept],
        scale=scale[kept],
        standardised=fit.coefficients,
    )
    out = np.full(len(frame), np.nan)
    out[order] = logit
    return model, out


def _standardise(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centre and scale the columns in place; a constant column becomes 0."""
    centre, scale = np.empty(len(x)), np.empty(len(x))
    for j, column in enumerate(x):
        centre[j] = column.mean()
        column -= centre[j]
        spread = np.sqrt(np.mean(column**2))
        if spread <= 1e-12 * max(abs(centre[j]), 1e-300):
            column[:] = 0.0
            spread = 1.0
        scale[j] = spread
        column /= spread
    return centre, scale


def _common_support(cells: list[Cell], treated: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Rows that no single value separates; found again until none is, since leaving rows out may separate others."""
    inside = np.ones(len(treated), bool)
    separated: list[str] = []
    moved = True
    while moved:
        moved = False
        for cell in cells:
            rows = cell.rows & inside
            n, n_treated = int(rows.sum()), int((rows & treated).sum())
            if n and n_treated in (0, n):
                inside &= ~rows
                separated.append(cell.name)
                moved = True
    n_in = int((inside & treated).sum())
    if n_in == 0 or n_in == int(inside.sum()):
        raise MatchingError(
            Problem(
                "score",
                f"complete separation: {', '.join(separated[:_NAMED])} decide treatment in every row",
                "covariates at whose values both treated and controls occur",
                "take these covariates out, or match exactly on coarser versions",
            )
        )
    if separated:
        outside = ~inside
        warnings.warn(
            f"Only one group occurs at {', '.join(separated)}: {int((outside & treated).sum())} treated and "
            f"{int((outside & ~treated).sum())} controls are outside common support; they are left out of the score and "
            "never matched. Merge rare levels to keep them.",
            SeparationWarning,
            stacklevel=5,
        )
    return inside, tuple(separated)


def _report_aliased(x: np.ndarray, labels: list[str], kept: np.ndarray, separated: bool) -> None:
    # terms that are constant because separated rows were taken out have been named already
    told = [
        label
        for label, keep, column in zip(labels, kept, x, strict=True)
        if not keep and (column.any() or not separated)
    ]
    if told:
        warnings.warn(
            f"Left out of the score, being constant or combinations of other terms: {', '.join(told)}",
            StatisticalWarning,
            stacklevel=5,
        )


def _report_separation(converged: bool, names: list[str], slopes: np.ndarray, logit: np.ndarray) -> None:
    steepest = [names[j] for j in np.argsort(-np.abs(slopes), kind="stable")[:_NAMED]]
    if not converged:
        raise MatchingError(
            Problem(
                "score",
                f"the covariates separate treated from controls; steepest: {', '.join(steepest)}",
                "a likelihood with a maximum",
                "take out or coarsen the covariates named, or give a ready score= of your own",
            )
        )
    certain = int(np.sum(np.abs(logit) > _CERTAIN))
    if certain:
        warnings.warn(
            f"{certain} fitted probabilities are 0 or 1 to machine precision; steepest terms: {', '.join(steepest)}",
            SeparationWarning,
            stacklevel=5,
        )
