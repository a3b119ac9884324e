"""Means and variances by group that do not depend on the order of the values, without sorting them.

Each term is cut at two binary places fixed by the largest one and by their number, and the pieces are added as whole numbers: 64-bit
additions are exact, so any order gives the same bits. What is cut away is below 2^-70 of the largest term.
"""

from __future__ import annotations

import numba
import numpy as np

_compiled = numba.njit(cache=True, nogil=True)


@_compiled
def _extent(values, group, centre):
    """Number of values in each group, and their largest distance from its centre; infinite where one is not a number."""
    n, largest = np.zeros(centre.size, np.int64), np.zeros(centre.size)
    for i in range(values.size):
        g = group[i]
        if g >= 0:
            n[g] += 1
            x = abs(values[i] - centre[g])
            if not x <= largest[g]:
                largest[g] = x if x < np.inf else np.inf
    return n, largest


@_compiled
def _pieces(values, group, centre, scale, step, squared):
    """Sums by group of the upper and lower pieces of the scaled distances from the centre (or their squares), as whole numbers."""
    upper, lower = np.zeros(centre.size, np.int64), np.zeros(centre.size, np.int64)
    for i in range(values.size):
        g = group[i]
        if g >= 0:
            x = (values[i] - centre[g]) * scale[g]
            if squared:
                x *= x
            x *= step[g]
            high = np.rint(x)
            upper[g] += np.int64(high)
            lower[g] += np.int64(np.rint((x - high) * step[g]))
    return upper, lower


def _totals(values: np.ndarray, group: np.ndarray, centre: np.ndarray, squared: bool) -> tuple[np.ndarray, np.ndarray]:
    """Numbers and sums by group."""
    n, largest = _extent(values, group, centre)
    good = np.isfinite(largest)
    # a piece has so many bits that n of them fit in 64; the scale is a power of two, after which no term is above 1
    step = np.ldexp(1.0, 61 - np.frexp(n.astype(np.float64))[1])
    exponent = np.maximum(np.frexp(np.where(good, largest, 1.0))[1], -1000)
    scale = np.where(good, np.ldexp(1.0, -exponent), 0.0)
    used = group if good.all() else np.where(good[np.maximum(group, 0)], group, -1)
    upper, lower = _pieces(values, used, centre, scale, step, squared)
    total = np.ldexp((upper + lower / step) / step, 2 * exponent if squared else exponent)
    return n, np.where(good, total, np.nan)


def means_by(values: np.ndarray, group: np.ndarray, n_groups: int) -> np.ndarray:
    """Mean of each group, float64 (n_groups,), the same bits in any order.

    ``group`` holds a code from 0, or -1 for what is not used; int (n,), as ``values``. NaN for an empty group, or where one of its values is
    not finite.
    """
    n, total = _totals(values, group, np.zeros(n_groups), False)
    with np.errstate(invalid="ignore"):
        return total / n


def variances_by(values: np.ndarray, group: np.ndarray, n_groups: int) -> np.ndarray:
    """Variance of each group, dividing by n - 1; see :func:`means_by`. NaN for fewer than two values."""
    centre = means_by(values, group, n_groups)
    n, total = _totals(values, group, centre, True)
    return np.where(n > 1, total, np.nan) / np.maximum(n - 1, 1)
