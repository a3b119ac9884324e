"""Sums that do not depend on the order of their terms, without sorting them.

Each term is cut at two binary places fixed by the largest one and by their number, and the pieces are added as whole numbers: 64-bit
additions are exact, so any order gives the same bits. What is cut away is below 2^-80 of the largest term.
"""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def _pieces(values, used, centre, squared, scale, step):
    """Sums of the upper and lower pieces of the terms used, as whole numbers."""
    upper, lower = np.int64(0), np.int64(0)
    for i in range(values.size):
        if used[i]:
            x = (values[i] - centre) * scale
            if squared:
                x *= x
            x *= step
            high = np.rint(x)
            upper += np.int64(high)
            lower += np.int64(np.rint((x - high) * step))
    return upper, lower


@numba.njit(cache=True, nogil=True)
def _largest(values, used, centre):
    """Number of terms used and the largest distance from ``centre``; infinite where a term is not a number."""
    n, largest = 0, 0.0
    for i in range(values.size):
        if used[i]:
            n += 1
            x = abs(values[i] - centre)
            if not x < np.inf:
                largest = np.inf
            elif x > largest:
                largest = x
    return n, largest


def _total(values: np.ndarray, used: np.ndarray, centre: float, squared: bool) -> tuple[int, float]:
    n, largest = _largest(values, used, centre)
    if not np.isfinite(largest):
        return n, float("nan")
    if n == 0 or largest == 0:
        return n, 0.0
    step = float(np.ldexp(1.0, 61 - int(n).bit_length()))  # a piece has so many bits that n of them fit in 64
    exponent = max(int(np.frexp(largest)[1]), -1000)
    scale = float(np.ldexp(1.0, -exponent))  # a power of two, after which no term is above 1
    upper, lower = _pieces(values, used, centre, squared, scale, step)
    total = (upper + lower / step) / step
    return n, float(np.ldexp(total, 2 * exponent if squared else exponent))


def mean_of(values: np.ndarray, used: np.ndarray) -> float:
    """Mean of the values used (bool, both (n,)), the same bits in any order; NaN for none, or where one is not finite."""
    n, total = _total(values, used, 0.0, False)
    return total / n if n else float("nan")


def variance_of(values: np.ndarray, used: np.ndarray) -> float:
    """Variance of the values used, dividing by n - 1, the same bits in any order; NaN for fewer than two."""
    n, total = _total(values, used, mean_of(values, used), True)
    return total / (n - 1) if n > 1 else float("nan")
