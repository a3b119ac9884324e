"""Compiled sums over rows for models of scores and outcomes, with the same bits whatever the number of threads.

Columns are stored one per line, shape (p, n), with an intercept that is never stored: coefficient 0 belongs to it. Sums are formed
in blocks of rows in a fixed order on one thread; no BLAS product touches the rows. All kernels live in this one file: a
compiled cache only notices changes in its own file.
"""

from __future__ import annotations

import numba
import numpy as np

_BLOCK = 512  # rows; a block of all columns stays in the fast cache
_compiled = numba.njit(cache=True, nogil=True)
# the compiler (not the run) may reorder these sums, which lets it use wide registers
_reordered = numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})


@_reordered
def _dot(a, b):
    total = 0.0
    for r in range(a.size):
        total += a[r] * b[r]
    return total


@_reordered
def _dot4(a, b, c, d, e):
    s0 = s1 = s2 = s3 = 0.0
    for r in range(a.size):
        v = a[r]
        s0 += v * b[r]
        s1 += v * c[r]
        s2 += v * d[r]
        s3 += v * e[r]
    return s0, s1, s2, s3


@_reordered
def _sum(a):
    total = 0.0
    for r in range(a.size):
        total += a[r]
    return total


@_compiled
def gram(x, w):
    """Sum of w z z' over the rows, z = (1, x), float64 (p + 1, p + 1); x is (p, n), w (n,)."""
    p, n = x.shape
    out = np.zeros((p + 1, p + 1))
    scaled = np.empty(_BLOCK)
    for lo in range(0, n, _BLOCK):
        hi = min(lo + _BLOCK, n)
        block = w[lo:hi]
        out[0, 0] += _sum(block)
        for j in range(p):
            row = x[j, lo:hi]
            part = scaled[: hi - lo]
            for r in range(hi - lo):
                part[r] = block[r] * row[r]
            out[j + 1, 0] += _sum(part)
            i = 0
            while i + 3 <= j:
                sums = _dot4(part, x[i, lo:hi], x[i + 1, lo:hi], x[i + 2, lo:hi], x[i + 3, lo:hi])
                out[j + 1, i + 1] += sums[0]
                out[j + 1, i + 2] += sums[1]
                out[j + 1, i + 3] += sums[2]
                out[j + 1, i + 4] += sums[3]
                i += 4
            while i <= j:
                out[j + 1, i + 1] += _dot(part, x[i, lo:hi])
                i += 1
    for j in range(p + 1):
        for i in range(j):
            out[i, j] = out[j, i]
    return out


@_compiled
def cross(x, g):
    """Sums of g z over the rows, z = (1, x), float64 (k, p + 1); x is (p, n), g (k, n)."""
    p, n = x.shape
    k = g.shape[0]
    out = np.zeros((k, p + 1))
    for lo in range(0, n, _BLOCK):
        hi = min(lo + _BLOCK, n)
        for c in range(k):
            part = g[c, lo:hi]
            out[c, 0] += _sum(part)
            j = 0
            while j + 4 <= p:
                sums = _dot4(part, x[j, lo:hi], x[j + 1, lo:hi], x[j + 2, lo:hi], x[j + 3, lo:hi])
                out[c, j + 1] += sums[0]
                out[c, j + 2] += sums[1]
                out[c, j + 3] += sums[2]
                out[c, j + 4] += sums[3]
                j += 4
            while j < p:
                out[c, j + 1] += _dot(part, x[j, lo:hi])
                j += 1
    return out


@_compiled
def _add(out, x0, x1, x2, x3, b0, b1, b2, b3):
    for r in range(out.size):
        out[r] += b0 * x0[r] + b1 * x1[r] + b2 * x2[r] + b3 * x3[r]


@_compiled
def combine(x, b):
    """b'z of each row, z = (1, x), float64 (k, n); x is (p, n), b (k, p + 1)."""
    p, n = x.shape
    k = b.shape[0]
    out = np.empty((k, n))
    for lo in range(0, n, _BLOCK):
        hi = min(lo + _BLOCK, n)
        for c in range(k):
            part = out[c, lo:hi]
            part[:] = b[c, 0]
            j = 0
            while j + 4 <= p:
                _add(
                    part,
                    x[j, lo:hi],
                    x[j + 1, lo:hi],
                    x[j + 2, lo:hi],
                    x[j + 3, lo:hi],
                    b[c, j + 1],
                    b[c, j + 2],
                    b[c, j + 3],
                    b[c, j + 4],
                )
                j += 4
            while j < p:
                row = x[j, lo:hi]
                for r in range(hi - lo):
                    part[r] += b[c, j + 1] * row[r]
                j += 1
    return out


@_compiled
def group_sums(values, codes, n_groups):
    """Sums of each line of values (k, n) by group, float64 (k, n_groups)."""
    k, n = values.shape
    out = np.zeros((k, n_groups))
    for c in range(k):
        for r in range(n):
            out[c, codes[r]] += values[c, r]
    return out


@_compiled
def row_sums(values):
    """Sum of each line of values (k, n), float64 (k,)."""
    out = np.empty(values.shape[0])
    for c in range(values.shape[0]):
        out[c] = _sum(values[c])
    return out


@_compiled
def squared_sums(values):
    """Sum of squares of each line of values (k, n), float64 (k,)."""
    out = np.empty(values.shape[0])
    for c in range(values.shape[0]):
        out[c] = _dot(values[c], values[c])
    return out


@_compiled
def hajek(y, rows, w, slope, psi, through):
    """Weighted mean of each outcome over ``rows``, float64 (k,); NaN where none is observed.

    Fills the influence of each row ``psi`` (k, n), and ``through`` (k, n): the mean's derivative by the linear predictor behind the weight, whose
    derivative is ``slope`` (n,). Rows with NaN count for nothing. Sums are of deviations from the first value: exactly zero where
    nothing varies.
    """
    k, n = y.shape
    out = np.empty(k)
    for c in range(k):
        base, total, weighted = np.nan, 0.0, 0.0
        for r in range(n):
            if rows[r] and not np.isnan(y[c, r]):
                if total == 0.0:
                    base = y[c, r]
                total += w[r]
                weighted += w[r] * (y[c, r] - base)
        out[c] = base + weighted / total if total > 0 else np.nan
        for r in range(n):
            if rows[r] and not np.isnan(y[c, r]) and total > 0:
                direct = (y[c, r] - out[c]) / total
                psi[c, r] = w[r] * direct
                through[c, r] = slope[r] * direct
            else:
                psi[c, r] = 0.0
                through[c, r] = 0.0
    return out


@_compiled
def add_products(out, values, factor):
    """Add values (k, n) times factor (n,) to out (k, n), in place."""
    for c in range(out.shape[0]):
        for r in range(out.shape[1]):
            out[c, r] += values[c, r] * factor[r]


@_compiled
def counts(y, treated, within, units, weight, n_units):
    """Treated rows, control units, effective sizes of treated and control, rows, units and treated units of each outcome, float64 (k, 7)."""
    k, n = y.shape
    out = np.zeros((k, 7))
    for c in range(k):
        totals = np.zeros((2, n_units))
        seen = np.zeros(n_units, np.bool_)
        for r in range(n):
            if within[r] and not np.isnan(y[c, r]):
                out[c, 4] += 1
                seen[units[r]] = True
                if treated[r]:
                    out[c, 0] += 1
                    totals[1, units[r]] += weight[r]
                else:
                    totals[0, units[r]] += weight[r]
        for arm in range(2):
            total, squares = 0.0, 0.0
            for u in range(n_units):
                v = totals[arm, u]
                total += v
                squares += v * v
                if v > 0:
                    out[c, 1 if arm == 0 else 6] += 1
            out[c, 3 - arm] = total * total / squares if squares > 0 else 0.0
        out[c, 5] = seen.sum()
    return out
