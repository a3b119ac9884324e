"""What an estimator needs of a score: the probability of each row, its slope, and the influence of having estimated it.

With a score e(x) = F(b'z) fitted by maximum likelihood, row r adds U_r = s_r z_r to the score equations and s'_r z_r z_r' to the information H,
so that b's influence is H⁻¹ U_r. For the logit s = d - e and s' = e (1 - e); for the probit s = λ = (2d - 1) φ(η) / Φ((2d - 1) η) and s' = λ (λ + η)
(the observed information). Rows of one person (the person-months of a hazard) add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import log_ndtr, ndtri
from scipy.stats import norm

from evaluation.effects.regression import kernels
from evaluation.errors import EffectError, Problem
from evaluation.matching.columns import FIT_VALUES, unfit_numbers
from evaluation.matching.logit import independent_columns
from evaluation.matching.threads import one_thread

Link = Literal["logit", "probit"]


@dataclass(frozen=True)
class GivenScore:
    """A score fitted elsewhere by maximum likelihood on exactly the rows given.

    Attributes
    ----------
    columns
        float64 (n, p): the model's columns without its intercept (the model must have one).
    probability
        float64 (n,): fitted probabilities.
    link
        "logit" or "probit".
    """

    columns: np.ndarray
    probability: np.ndarray
    link: Link = "logit"


@dataclass(frozen=True)
class ScoreRows:
    """A score on the rows of an analysis.

    Attributes
    ----------
    probability, slope
        float64 (n,): e, and e's derivative by the linear predictor (0 where the score was not estimated).
    residual
        float64 (n,): s of each row; 0 in rows the score was not fitted on.
    columns
        float64 (p, n), or None where the score was not estimated by a parametric model.
    inverse
        float64 (p + 1, p + 1): inverse information.
    """

    probability: np.ndarray
    slope: np.ndarray
    residual: np.ndarray
    columns: np.ndarray | None
    inverse: np.ndarray | None

    def along(self, gradient: np.ndarray) -> np.ndarray:
        """gradient' H⁻¹ z of each row, float64 (k, n), for a gradient (k, p + 1); times ``residual`` it is the influence."""
        assert self.columns is not None
        assert self.inverse is not None
        return kernels.combine(self.columns, np.einsum("kp,pq->kq", gradient, self.inverse))

    def influence(self, gradient: np.ndarray) -> np.ndarray:
        """Influence (k, n) through the score's coefficients of quantities with this gradient (k, p + 1)."""
        return self.along(gradient) * self.residual


def known_score(probability: np.ndarray) -> ScoreRows:
    """A score that counts as known: no influence of its estimation. Values are not checked (:func:`refuse_no_probabilities`)."""
    zero = np.zeros(probability.size)
    return ScoreRows(probability, zero, zero, None, None)


def refuse_no_probabilities(probability: np.ndarray, used: np.ndarray, name: str, *, closed: bool) -> None:
    """Refuse a known score that is missing, or no probability that a weight can be made of, in rows that count.

    Parameters
    ----------
    probability, used
        float64 and bool (n,); rows that are not used may hold anything.
    name
        The column it came from.
    closed
        Whether 0 and 1 may stand: overlap weights are finite there, all others are not, or leave nobody to weigh.

    Raises
    ------
    EffectError
        Missing values, values outside [0, 1] and values of 0 or 1, by count.
    """
    e = probability[used]
    # one pass for a score in order: NaN makes the comparison false
    if e.size == 0 or (e.min() > 0 and e.max() < 1):
        return
    where, between = f'score="{name}"', "probabilities between 0 and 1"
    problems = []
    if n := int(np.isnan(e).sum()):
        problems.append(Problem(where, f"{n} missing values", between, "score these rows, or drop them"))
    if n := int(np.sum((e < 0) | (e > 1))):
        problems.append(
            Problem(where, f"{n} values below 0 or above 1", between, "give probabilities, not logits or percentages")
        )
    if not closed and (n := int(np.sum((e == 0) | (e == 1)))):
        problems.append(
            Problem(
                where,
                f"{n} rows have a score of exactly 0 or 1: who cannot be in both groups has no counterpart (no overlap)",
                f"{between}, neither 0 nor 1",
                'drop these rows, coarsen the covariates that decide treatment, or take estimand="ato"',
            )
        )
    if problems:
        raise EffectError(problems)


def fitted_score(
    columns: np.ndarray, probability: np.ndarray, treated: np.ndarray, fitted: np.ndarray, link: Link = "logit"
) -> ScoreRows:
    """A maximum-likelihood score with the influence of its estimation.

    Parameters
    ----------
    columns
        float64 (p, n), independent of each other and of the intercept.
    probability
        float64 (n,); anything in rows that were not fitted.
    treated, fitted
        bool (n,): the outcome of the score, and the rows it was fitted on.

    Raises
    ------
    EffectError
        Probabilities outside (0, 1), or that do not solve the score equations of these columns.
    """
    e = np.where(fitted, probability, 0.5)
    if not np.all((e > 0) & (e < 1)):
        n = int(np.sum(~((e > 0) & (e < 1))))
        raise EffectError(
            Problem(
                "score", f"{n} probabilities are not between 0 and 1", "above 0 and below 1", "drop or model these rows"
            )
        )
    if link == "logit":
        slope = e * (1 - e)
        residual, information = treated - e, slope
    else:
        eta = ndtri(e)
        sign = np.where(treated, 1.0, -1.0)
        slope = norm.pdf(eta)
        residual = sign * np.exp(norm.logpdf(eta) - log_ndtr(sign * eta))
        information = residual * (residual + eta)
    residual, information = np.where(fitted, residual, 0.0), np.where(fitted, information, 0.0)
    hessian = kernels.gram(columns, information)
    scale = np.sqrt(np.diag(hessian))
    with one_thread():  # LAPACK's last bits depend on its threads
        inverse = np.linalg.inv(hessian / np.outer(scale, scale)) / np.outer(scale, scale)
    equations = kernels.cross(columns, residual[None, :])[0]
    newton = float(np.max(np.abs(np.einsum("pq,q->p", inverse, equations)) * scale)) / np.sqrt(
        max(int(fitted.sum()), 1)
    )
    if not newton < _SOLVED:
        raise EffectError(
            Problem(
                "score",
                "the probabilities do not solve the score equations of the columns given",
                f"a maximum-likelihood {link} of treatment on these columns, fitted on these rows",
                "give the model's own columns and rows, or a column of ready probabilities as a known score",
            )
        )
    return ScoreRows(e, slope, residual, columns, inverse)


# A Newton step from the probabilities given may move coefficients by this share of their standard errors over sqrt(n)
_SOLVED = 1e-3


def given_score(score: GivenScore, treated: np.ndarray, order: np.ndarray) -> ScoreRows:
    """A score fitted elsewhere, with its rows taken in ``order``; ``treated`` is in that order already."""
    columns = np.asarray(score.columns, dtype=np.float64)
    probability = np.asarray(score.probability, dtype=np.float64)
    n = treated.size
    if columns.ndim != 2 or columns.shape[0] != n or probability.shape != (n,):
        raise EffectError(
            Problem("score", f"columns {columns.shape}, probability {probability.shape}", f"({n}, p) and ({n},)")
        )
    if what := unfit_numbers(columns):
        raise EffectError(Problem("score", f"{what} in its columns", FIT_VALUES))
    if score.link not in ("logit", "probit"):
        raise EffectError(Problem("score.link", f"{score.link!r}", '"logit" or "probit"'))
    x = np.ascontiguousarray(columns[order].T)
    x = standardised(x)
    x = np.ascontiguousarray(x[independent_columns(x)])
    return fitted_score(x, probability[order], treated, np.ones(n, bool), score.link)


def standardised(x: np.ndarray) -> np.ndarray:
    """Centred and scaled columns (p, n); a constant column becomes 0."""
    out = np.empty_like(x)
    for j, column in enumerate(x):
        centre = column.mean()
        out[j] = column - centre
        spread = np.sqrt(np.mean(out[j] ** 2))
        if spread <= 1e-12 * max(abs(centre), 1e-300):
            out[j] = 0.0
        else:
            out[j] /= spread
    return out
