"""Logistic regression by Newton's method, with the same bits whatever the number of threads.

Sums are formed in blocks of a fixed number of rows by a compiled kernel on one thread, in a fixed order; no BLAS product,
whose result may depend on the threads, touches the data. The k x k systems are small and solved by Cholesky.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from scipy.linalg import cho_factor, cho_solve

from evaluation.matching.threads import one_thread

_BLOCK = 512  # rows; a block of some twenty columns stays in the fast cache
_MAX_ITERATIONS = 40
_MAX_HALVINGS = 20
# Newton steps shrink quadratically: one below this, in units of the standardised columns, leaves its square, and the last one the square of that
_STEP = 1e-4
# A first fit, loosely, on all of the rarer outcome and this many times as many rows of the other, if that is a fraction of the data
_OTHERS, _SMALL, _ROUGH_STEP = 8, 0.4, 1e-2
# Of large data no more than this many rows of the rarer outcome per coefficient are needed for that
_EVENTS = 40
# A step must gain this share of what the slope promises
_GAIN = 0.25
# A column is taken as a combination of earlier ones when less than this share of its variation is its own
_ALIAS = 1e-9
# Log-likelihood, gradient and information
_Sums = tuple[float, np.ndarray, np.ndarray]


@numba.njit(cache=True, nogil=True)
def _predict(x, beta, lo, eta):
    """eta[r] = beta[0] + sum_j beta[j+1] x[j, lo+r]; strict arithmetic, so equal rows get equal bits wherever they stand."""
    eta[:] = beta[0]
    for j in range(x.shape[0]):
        b = beta[j + 1]
        row = x[j, lo : lo + eta.size]
        for r in range(eta.size):
            eta[r] += b * row[r]


@numba.njit(cache=True, nogil=True)
def linear_predictor(x, beta):
    """beta[0] + sum_j beta[j+1] x[j] of columns (k, n), float64 (n,)."""
    n = x.shape[1]
    eta = np.empty(n)
    for lo in range(0, n, 1024):
        _predict(x, beta, lo, eta[lo : min(lo + 1024, n)])
    return eta


# Sums of products may be reordered by the compiler (not at run time), which lets it use wide registers. The kernels read
# contiguous slices: indexing with an offset would be checked for wrap-around and stay narrow.
@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _dot(a, b):
    total = 0.0
    for r in range(a.size):
        total += a[r] * b[r]
    return total


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _dot2x4(a, b, c, d, e, f):
    s0 = s1 = s2 = s3 = t0 = t1 = t2 = t3 = 0.0
    for r in range(a.size):
        v, w = a[r], b[r]
        s0 += v * c[r]
        s1 += v * d[r]
        s2 += v * e[r]
        s3 += v * f[r]
        t0 += w * c[r]
        t1 += w * d[r]
        t2 += w * e[r]
        t3 += w * f[r]
    return s0, s1, s2, s3, t0, t1, t2, t3


@numba.njit(cache=True, nogil=True)
def _add_gram(x, lo, weight, residual, scaled, gram, gradient):
    """Add sum w x x' (lower triangle) and sum r x of the rows from ``lo``, the intercept first; ``scaled`` is room for two rows."""
    k, hi = x.shape[0], lo + weight.size
    one, two = scaled[0, : weight.size], scaled[1, : weight.size]
    gram[0, 0] += weight.sum()
    gradient[0] += residual.sum()
    for j in range(0, k, 2):
        pair = min(2, k - j)
        for p in range(pair):
            row, out = x[j + p, lo:hi], one if p == 0 else two
            for r in range(weight.size):
                out[r] = weight[r] * row[r]
            gram[j + p + 1, 0] += out.sum()
            gradient[j + p + 1] += _dot(residual, row)
        i = 0
        # two rows by four at a time: what is read once is used more often
        while pair == 2 and i + 3 <= j:
            sums = _dot2x4(one, two, x[i, lo:hi], x[i + 1, lo:hi], x[i + 2, lo:hi], x[i + 3, lo:hi])
            gram[j + 1, i + 1] += sums[0]
            gram[j + 1, i + 2] += sums[1]
            gram[j + 1, i + 3] += sums[2]
            gram[j + 1, i + 4] += sums[3]
            gram[j + 2, i + 1] += sums[4]
            gram[j + 2, i + 2] += sums[5]
            gram[j + 2, i + 3] += sums[6]
            gram[j + 2, i + 4] += sums[7]
            i += 4
        for c in range(i, j + 1):
            gram[j + 1, c + 1] += _dot(one, x[c, lo:hi])
        if pair == 2:
            for c in range(i, j + 2):
                gram[j + 2, c + 1] += _dot(two, x[c, lo:hi])


@numba.njit(cache=True, nogil=True)
def _plain_gram(x, block):
    """sum x x' with an intercept, float64 (k+1, k+1), lower triangle."""
    k, n = x.shape
    gram, gradient = np.zeros((k + 1, k + 1)), np.zeros(k + 1)
    ones, scaled = np.ones(block), np.empty((2, block))
    for lo in range(0, n, block):
        size = min(block, n - lo)
        _add_gram(x, lo, ones[:size], ones[:size], scaled, gram, gradient)
    return gram


@numba.njit(cache=True, nogil=True)
def _evaluate(x, y, beta, block):
    """Log-likelihood, gradient (k+1,) and information matrix (k+1, k+1; lower triangle) at beta; y is (n,)."""
    k, n = x.shape[0], y.size
    gram, gradient = np.zeros((k + 1, k + 1)), np.zeros(k + 1)
    eta, weight, residual, scaled = np.empty(block), np.empty(block), np.empty(block), np.empty((2, block))
    likelihood = 0.0
    for lo in range(0, n, block):
        size = min(block, n - lo)
        _predict(x, beta, lo, eta[:size])
        for r in range(size):
            # exp(-|eta|) never overflows
            e = np.exp(-abs(eta[r]))
            small = e / (1.0 + e)
            p = 1.0 - small if eta[r] > 0 else small
            weight[r] = small / (1.0 + e)
            residual[r] = y[lo + r] - p
            likelihood += (y[lo + r] - 1.0) * eta[r] if eta[r] > 0 else y[lo + r] * eta[r]
            likelihood -= np.log1p(e)
        _add_gram(x, lo, weight[:size], residual[:size], scaled, gram, gradient)
    return likelihood, gradient, gram


@dataclass(frozen=True)
class LogitFit:
    """A fit: coefficients of the intercept and of each kept column, on the scale of the columns given.

    ``covariance`` is the inverse information; ``converged`` is False where the likelihood has no maximum.
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    iterations: int
    converged: bool


def independent_columns(x: np.ndarray) -> np.ndarray:
    """Which columns are not combinations of earlier ones (or constant), bool (k,); x standardised, shape (k, n)."""
    k = x.shape[0]
    gram = _plain_gram(x, _BLOCK)
    gram = gram + np.tril(gram, -1).T
    kept = [0]
    factor = np.zeros((k + 1, k + 1))
    factor[0, 0] = np.sqrt(gram[0, 0])
    for j in range(1, k + 1):
        row = np.zeros(len(kept))
        for a, column in enumerate(kept):
            row[a] = (gram[j, column] - factor[a, :a] @ row[:a]) / factor[a, a]
        own = gram[j, j] - row @ row
        if gram[j, j] > 0 and own > _ALIAS * gram[j, j]:
            a = len(kept)
            factor[a, :a], factor[a, a] = row, np.sqrt(own)
            kept.append(j)
    independent = np.zeros(k, bool)
    independent[np.array(kept[1:], dtype=np.int64) - 1] = True
    return independent


def fit_logit(x: np.ndarray, y: np.ndarray) -> LogitFit:
    """Maximum likelihood by Newton's method with step halving.

    A first fit on a part of the rows, all or many of the rarer outcome and some of the other, saves half of the passes over all of them. The
    maximum is the same: the last steps are Newton's on all rows.

    Parameters
    ----------
    x
        float64 (k, n), C-contiguous: standardised columns without an intercept.
    y
        float64 (n,) of 0 and 1.
    """
    share = float(y.mean())
    null = np.zeros(x.shape[0] + 1)
    null[0] = np.log(share / (1 - share))
    with one_thread():  # LAPACK's last bits depend on its threads where there are many columns
        first = _first_fit(x, y, null)
        if first is not None and (fit := _newton(x, y, *first, _STEP)).converged:
            return fit
        return _newton(x, y, null, _evaluate(x, y, null, _BLOCK), _STEP)


def _first_fit(x: np.ndarray, y: np.ndarray, null: np.ndarray) -> tuple[np.ndarray, _Sums] | None:
    """Where to begin, the fit of a part of the rows, and the sums of all rows there; None where that is no nearer the maximum than ``null``."""
    part = _part(y, null.size)
    if not part.size:
        return None
    taken = y[part]
    some = np.ascontiguousarray(x[:, part])
    first = _newton(some, taken, null, _evaluate(some, taken, null, _BLOCK), _ROUGH_STEP)
    if not first.converged:
        return None
    start = first.coefficients
    # drawing by outcome moves the intercept by the log of the ratio of the shares drawn, and nothing else (Prentice and Pyke 1979)
    drawn, share = float(taken.mean()), float(y.mean())
    start[0] += null[0] - np.log(drawn / (1 - drawn))
    at = _evaluate(x, y, start, _BLOCK)
    # a level of few rows may be separated in the part alone, and its fit then lies far out
    return (start, at) if at[0] >= y.size * (share * np.log(share) + (1 - share) * np.log1p(-share)) else None


def _part(y: np.ndarray, coefficients: int) -> np.ndarray:
    """Rows for a first fit, spread evenly over those of each outcome; none where the data are small or the rarer outcome is common."""
    ones, zeros = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    rare, common = (ones, zeros) if ones.size <= zeros.size else (zeros, ones)
    rare = rare[:: max(1, rare.size // (_EVENTS * coefficients))]
    common = common[:: max(1, common.size // max(_OTHERS * rare.size, 1))]
    if rare.size < coefficients or rare.size + common.size > _SMALL * y.size:
        return np.empty(0, np.int64)
    return np.sort(np.concatenate([rare, common]))


def _newton(x: np.ndarray, y: np.ndarray, beta: np.ndarray, at: _Sums, tolerance: float) -> LogitFit:
    """Newton's method from ``beta``, where the sums are ``at``."""
    likelihood, gradient, gram = at
    converged, iteration = False, 0
    factor = None
    while iteration < _MAX_ITERATIONS and not converged:
        iteration += 1
        try:
            factor = cho_factor(gram, lower=True)
        except np.linalg.LinAlgError:
            break
        step = cho_solve(factor, gradient)
        gain, length = float(step @ gradient), 1.0
        for _ in range(_MAX_HALVINGS):
            new = _evaluate(x, y, beta + length * step, _BLOCK)
            # Armijo's rule; the last term is rounding
            if new[0] >= likelihood + _GAIN * length * gain - 1e-10 * abs(likelihood):
                break
            length /= 2
        else:
            break
        beta = beta + length * step
        likelihood, gradient, gram = new
        converged = length == 1.0 and bool(np.max(np.abs(step)) < tolerance)
    if converged:
        # the matrix is needed for the covariance, and so this step is free
        factor = cho_factor(gram, lower=True)
        beta = beta + cho_solve(factor, gradient)
    covariance = np.full((beta.size, beta.size), np.nan) if factor is None else cho_solve(factor, np.eye(beta.size))
    return LogitFit(beta, covariance, float(likelihood), iteration, converged)
