"""Compiled arithmetic over neighbour sets: means, variances, uses.

Sets are lists of points, units are in the order of their points (see :mod:`evaluation.effects.neighbours.kernels`). All
kernels live in this one file: a compiled cache only notices changes in its own file.
"""

from __future__ import annotations

import numba
import numpy as np

_compiled = numba.njit(cache=True, nogil=True)


@_compiled
def set_means(start, index, unit_start, values):
    """Number of units in each set, float64 (q,), and means of ``values`` (units, k) over them, float64 (q, k).

    Units are in the order of their points, with bounds ``unit_start``. Empty sets have size 0 and mean NaN.
    """
    q, k = start.size - 1, values.shape[1]
    size, mean = np.zeros(q), np.full((q, k), np.nan)
    total = np.empty(k)
    for i in range(q):
        total[:] = 0.0
        n = 0
        for s in range(start[i], start[i + 1]):
            p = index[s]
            for u in range(unit_start[p], unit_start[p + 1]):
                n += 1
                for c in range(k):
                    total[c] += values[u, c]
        if n > 0:
            size[i] = n
            for c in range(k):
                mean[i, c] = total[c] / n
    return size, mean


@_compiled
def set_covariances(start, index, unit_start, values, mean, against):
    """Covariance (n - 1) of column ``against`` with each column of ``values`` in each set, float64 (q, k); NaN below two."""
    q, k = start.size - 1, values.shape[1]
    out = np.full((q, k), np.nan)
    total = np.empty(k)
    for i in range(q):
        total[:] = 0.0
        n = 0
        for s in range(start[i], start[i + 1]):
            p = index[s]
            for u in range(unit_start[p], unit_start[p + 1]):
                n += 1
                gap = values[u, against] - mean[i, against]
                for c in range(k):
                    total[c] += gap * (values[u, c] - mean[i, c])
        if n > 1:
            for c in range(k):
                out[i, c] = total[c] / (n - 1)
    return out


@_compiled
def set_variances(start, index, unit_start, values, mean):
    """Variance (n - 1) of each column of ``values`` in each set, float64 (q, k); NaN below two units."""
    q, k = start.size - 1, values.shape[1]
    out = np.full((q, k), np.nan)
    total = np.empty(k)
    for i in range(q):
        total[:] = 0.0
        n = 0
        for s in range(start[i], start[i + 1]):
            p = index[s]
            for u in range(unit_start[p], unit_start[p + 1]):
                n += 1
                for c in range(k):
                    total[c] += (values[u, c] - mean[i, c]) ** 2
        if n > 1:
            for c in range(k):
                out[i, c] = total[c] / (n - 1)
    return out


@_compiled
def uses(start, index, size, weight, n_points):
    """K and K' of each point: Σ weight / size and Σ weight / size² over the sets it stands in, float64 (n_points,) each."""
    k, k2 = np.zeros(n_points), np.zeros(n_points)
    for i in range(start.size - 1):
        if weight[i] > 0:
            for s in range(start[i], start[i + 1]):
                k[index[s]] += weight[i] / size[i]
                k2[index[s]] += weight[i] / (size[i] * size[i])
    return k, k2


@_compiled
def pair_squares(start, index, unit_start, point_of_query, units, values, offset):
    """Mean over each unit's set of (own value - neighbour's value - offset)², float64 (units,); NaN where the set is empty.

    ``point_of_query`` names the set of each unit, ``units`` its own value; ``values`` (n,) in the order of the points.
    """
    out = np.full(units.size, np.nan)
    for u in range(units.size):
        i = point_of_query[u]
        total, n = 0.0, 0
        for s in range(start[i], start[i + 1]):
            p = index[s]
            for w in range(unit_start[p], unit_start[p + 1]):
                total += (units[u] - values[w] - offset) ** 2
                n += 1
        if n > 0:
            out[u] = total / n
    return out
