"""Compiled bootstrap: statistics of one sample under many sets of weights. Nothing is copied but the weights.

All kernels live in this one file: a compiled cache only notices changes in its own file. Sums may be reordered by the
compiler, never at run time, so the same bits come with any number of threads.
"""

from __future__ import annotations

import numba
import numpy as np

_compiled = numba.njit(cache=True, nogil=True)
_fast = numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})


@_fast
def _two_sums(b, w, wy):
    total, weighted = 0.0, 0.0
    for i in range(b.size):
        total += b[i] * w[i]
        weighted += b[i] * wy[i]
    return total, weighted


@_compiled
def row_weights(set_draw, unit_draw, sets, units, recurs, product, out):
    """Weights of the rows in one draw: the set's a, or where the unit stands in several sets and has b, a + b - 1 or a b."""
    for i in range(out.size):
        a = set_draw[sets[i]]
        if recurs[units[i]]:
            b = unit_draw[units[i]]
            a = a * b if product else a + b - 1.0
        out[i] = a


@_compiled
def draw_means(set_draws, unit_draws, sets, units, recurs, n_treated, w, wy, means):
    """Means of treated (rows before ``n_treated``) and controls in each draw; fills ``means`` (draws, 2, k).

    ``w`` and ``wy`` are (k, m): weights, and weights times outcomes, 0 where not observed.
    """
    b = np.empty(sets.size)
    for d in range(set_draws.shape[0]):
        row_weights(set_draws[d], unit_draws[d], sets, units, recurs, False, b)
        for c in range(w.shape[0]):
            total, weighted = _two_sums(b[:n_treated], w[c, :n_treated], wy[c, :n_treated])
            means[d, 0, c] = weighted / total if total > 0 else np.nan
            total, weighted = _two_sums(b[n_treated:], w[c, n_treated:], wy[c, n_treated:])
            means[d, 1, c] = weighted / total if total > 0 else np.nan


@_compiled
def quantiles(b, w, order, values, probs, out):
    """Weighted quantiles: the smallest value at which the share of weight reaches the probability; fills ``out`` (p,).

    ``order`` sorts ``values``; ``probs`` ascend. A share counts as reached within 1e-12, so that rounding skips no value.
    """
    total = 0.0
    for i in order:
        total += b[i] * w[i]
    if total <= 0:
        out[:] = np.nan
        return
    share, at = 0.0, 0
    for i in order:
        v = b[i] * w[i]
        if v <= 0:
            continue
        share += v
        while at < probs.size and share >= probs[at] * total - 1e-12 * total:
            out[at] = values[i]
            at += 1
        if at == probs.size:
            return


@_compiled
def draw_quantiles(set_draws, unit_draws, sets, units, recurs, orders, split, w, values, probs, out):
    """Quantiles of treated and controls in each draw; fills ``out`` (draws, 2, k, p).

    ``orders`` (k, m) holds the treated rows by value, then from ``split`` the controls; unobserved rows weigh nothing.
    A quantile needs weights that are not negative: where a unit has a weight of its own the two are multiplied.
    """
    b = np.empty(sets.size)
    for d in range(set_draws.shape[0]):
        row_weights(set_draws[d], unit_draws[d], sets, units, recurs, True, b)
        for c in range(w.shape[0]):
            quantiles(b, w[c], orders[c, :split], values[c], probs, out[d, 0, c])
            quantiles(b, w[c], orders[c, split:], values[c], probs, out[d, 1, c])


@_fast
def _add_products(x, weight, row, out):
    for m in range(row + 1):
        out[m] += weight * x[m]


@_compiled
def draw_weighting(unit_draws, units, x, treated, probability, y, observed, estimand, means):
    """Means of treated and controls by inverse weights in each draw, the score moved by one Newton step.

    ``x`` is (n, k) with the intercept, ``y`` and ``observed`` (q, n); ``estimand`` 0 ATT, 1 ATE, 2 overlap. Fills ``means``
    (draws, 2, q).
    """
    n, k = x.shape
    odds = probability / (1 - probability)
    slope = probability * (1 - probability)
    gap = treated - probability
    for d in range(unit_draws.shape[0]):
        information, gradient = np.zeros((k, k)), np.zeros(k)
        for i in range(n):
            b = unit_draws[d, units[i]]
            if b == 0.0:
                continue
            s, g = b * slope[i], b * gap[i]
            for j in range(k):
                gradient[j] += g * x[i, j]
                _add_products(x[i], s * x[i, j], j, information[j])
        for j in range(k):
            for m in range(j):
                information[m, j] = information[j, m]
        step = np.linalg.solve(information, gradient)
        totals, sums = np.zeros((2, y.shape[0])), np.zeros((2, y.shape[0]))
        for i in range(n):
            b = unit_draws[d, units[i]]
            if b == 0.0:
                continue
            move = 0.0
            for j in range(k):
                move += step[j] * x[i, j]
            moved = odds[i] * np.exp(move)
            if estimand == 0:
                v = b if treated[i] else b * moved
            elif estimand == 1:
                v = b * (1 + 1 / moved) if treated[i] else b * (1 + moved)
            else:
                v = b / (1 + moved) if treated[i] else b * moved / (1 + moved)
            arm = 0 if treated[i] else 1
            for c in range(y.shape[0]):
                if observed[c, i]:
                    totals[arm, c] += v
                    sums[arm, c] += v * y[c, i]
        for arm in range(2):
            for c in range(y.shape[0]):
                means[d, arm, c] = sums[arm, c] / totals[arm, c] if totals[arm, c] > 0 else np.nan
