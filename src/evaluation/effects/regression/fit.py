"""Outcome models: weighted least squares and weighted logistic regression of many outcomes on the same columns.

A fit gives predictions for every row, and what the sandwich needs: the inverse A⁻¹ of A = Σ v m' z z', where v are the weights and m'
the derivative of the mean (1 for the identity). Columns are as in :mod:`evaluation.effects.regression.kernels`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

from evaluation.effects.regression import kernels
from evaluation.matching.threads import one_thread

OutcomeLink = Literal["linear", "logit"]
_RANK = 1e-9
_STEP, _MAX_ITERATIONS, _MAX_HALVINGS = 1e-9, 60, 30


@dataclass(frozen=True)
class OutcomeFit:
    """Outcome models of k outcomes on the same rows.

    Attributes
    ----------
    mean, slope
        float64 (k, n): prediction of every row, and its derivative by the linear predictor.
    inverse
        float64 (p + 1, p + 1) for least squares (one for all outcomes), (k, p + 1, p + 1) for the logit.
    coefficients
        float64 (k, p + 1), on the columns given.
    full_rank
        Whether the rows determine every coefficient; if not, the shortest solution is taken.
    converged
        bool (k,): False where a logistic likelihood has no maximum.
    """

    mean: np.ndarray
    slope: np.ndarray
    inverse: np.ndarray
    coefficients: np.ndarray
    full_rank: bool
    converged: np.ndarray

    def solve(self, gradient: np.ndarray) -> np.ndarray:
        """A⁻¹ g of each outcome, float64 (k, p + 1)."""
        if self.inverse.ndim == 2:
            return np.einsum("kp,pq->kq", gradient, self.inverse)
        return np.einsum("kij,kj->ki", self.inverse, gradient)


Inverses = dict[bytes, tuple[np.ndarray, bool]]


def fit_outcomes(
    x: np.ndarray, y: np.ndarray, v: np.ndarray, link: OutcomeLink, *, inverses: Inverses | None = None
) -> OutcomeFit:
    """Fit k outcomes by weights ``v``; rows of weight 0 are only predicted.

    Parameters
    ----------
    x
        float64 (p, n).
    y
        float64 (k, n), finite where ``v`` is above 0.
    v
        float64 (n,), not below 0.
    inverses
        Kept between calls with the same ``x``: linear fits with the same weights share one factorisation.
    """
    with one_thread():  # LAPACK's last bits depend on its threads
        return _fit(x, y, v, link, {} if inverses is None else inverses)


def _fit(x: np.ndarray, y: np.ndarray, v: np.ndarray, link: OutcomeLink, inverses: Inverses) -> OutcomeFit:
    rows = np.flatnonzero(v > 0)
    inside = x if 2 * rows.size > v.size else np.ascontiguousarray(x[:, rows])
    y_in, v_in = (y, v) if inside is x else (np.ascontiguousarray(y[:, rows]), v[rows])
    if link != "linear":
        return _logit(x, inside, y_in, v_in)
    key = v.tobytes()
    if key not in inverses:
        inverses[key] = inverse_of(kernels.gram(inside, v_in))
    return _linear(x, inside, y_in, v_in, inverses[key])


def inverse_of(gram: np.ndarray) -> tuple[np.ndarray, bool]:
    """Inverse of a symmetric positive matrix after scaling to a unit diagonal, or its pseudo-inverse; and whether it has full rank."""
    scale = np.sqrt(np.where(np.diag(gram) > 0, np.diag(gram), 1.0))
    scaled = gram / np.outer(scale, scale)
    values, vectors = np.linalg.eigh(scaled)
    kept = values > _RANK * max(values[-1], 0.0)
    if kept.all():
        return cho_solve(cho_factor(scaled), np.eye(len(gram))) / np.outer(scale, scale), True
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    return inverse / np.outer(scale, scale), False


def _linear(
    x: np.ndarray, inside: np.ndarray, y: np.ndarray, v: np.ndarray, inverted: tuple[np.ndarray, bool]
) -> OutcomeFit:
    inverse, full = inverted
    coefficients = np.einsum("kp,pq->kq", kernels.cross(inside, _weighted(y, v)), inverse)
    # one step of refinement: the normal equations lose digits where outcomes are far from zero
    residual = y - kernels.combine(inside, coefficients)
    coefficients += np.einsum("kp,pq->kq", kernels.cross(inside, _weighted(residual, v)), inverse)
    mean = kernels.combine(x, coefficients)
    return OutcomeFit(mean, np.ones((1, 1)), inverse, coefficients, full, np.ones(len(y), bool))


def _logit(x: np.ndarray, inside: np.ndarray, y: np.ndarray, v: np.ndarray) -> OutcomeFit:
    k, p = len(y), len(x) + 1
    coefficients, inverse = np.zeros((k, p)), np.zeros((k, p, p))
    mean, slope = np.empty((k, x.shape[1])), np.zeros((k, x.shape[1]))
    converged, full = np.ones(k, bool), True
    on = v > 0
    for c in range(k):
        values = y[c][on]
        if values.size and np.all(values == values[0]) and values[0] in (0.0, 1.0):
            mean[c] = values[0]  # nobody (or everybody): the prediction is that, for all
            continue
        coefficients[c], inverse[c], converged[c], ranked = _newton(inside, y[c], v)
        full = full and ranked
        mean[c] = expit(kernels.combine(x, coefficients[c : c + 1])[0])
        slope[c] = mean[c] * (1 - mean[c])
    return OutcomeFit(mean, slope, inverse, coefficients, full, converged)


def _newton(x: np.ndarray, y: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray, bool, bool]:
    share = float(np.sum(v * np.where(v > 0, y, 0.0)) / np.sum(v))
    beta = np.zeros(len(x) + 1)
    beta[0] = np.log(share / (1 - share))
    loss, m = _loss(x, y, v, beta)
    for _ in range(_MAX_ITERATIONS):
        inverse, full = inverse_of(kernels.gram(x, v * m * (1 - m)))
        step = np.einsum("pq,q->p", inverse, kernels.cross(x, _weighted((y - m)[None, :], v))[0])
        for _ in range(_MAX_HALVINGS):
            new, m_new = _loss(x, y, v, beta + step)
            if new <= loss + 1e-10 * abs(loss):
                break
            step = step / 2
        beta, loss, m = beta + step, new, m_new
        if np.max(np.abs(step)) < _STEP:
            return beta, inverse_of(kernels.gram(x, v * m * (1 - m)))[0], True, full
    return beta, np.full((beta.size, beta.size), np.nan), False, True


def _loss(x: np.ndarray, y: np.ndarray, v: np.ndarray, beta: np.ndarray) -> tuple[float, np.ndarray]:
    eta = kernels.combine(x, beta[None, :])[0]
    loss = np.where(v > 0, v * (np.logaddexp(0.0, eta) - y * eta), 0.0)
    return float(kernels.row_sums(loss[None, :])[0]), expit(eta)


def _weighted(y: np.ndarray, v: np.ndarray) -> np.ndarray:
    """v y, 0 where v is 0 even if y is not a number there."""
    return np.where(v > 0, y * v, 0.0)
