"""Distances in several covariates, as plain Euclidean distance in transformed coordinates.

With S a covariance of the columns, coordinates X S^(-1/2) (the symmetric root, so that each coordinate stays close to its
covariate, which keeps the search tree's boxes tight):

- ``mahalanobis``: S pooled within the groups (Rubin 1980; MatchIt, optmatch);
- ``robust_mahalanobis``: columns replaced by their ranks, S of the ranks with every variance set to that of untied ranks
  (Rosenbaum 2010, ch. 8), so that rare binaries do not dominate;
- ``euclidean``: the columns as they are; ``scaled_euclidean``: over the SD pooled within the groups.

A category has a dummy for each level, over sqrt(2), so that two levels are as far apart as the values of a binary. Where S
is singular its generalised inverse is used. S is taken over the rows that may be matched, summed in the order of the hash.
"""

from __future__ import annotations

import numba
import numpy as np
import pandas as pd
from scipy.stats import rankdata

from evaluation.errors import MatchingError, Problem
from evaluation.matching.columns import as_numbers, kind_of, levels_of

_compiled = numba.njit(cache=True, nogil=True)
_RANK = 1e-9  # eigenvalues below this share of the largest count as zero


def coordinates(
    frame: pd.DataFrame,
    covariates: tuple[str, ...],
    distance: str,
    treated: np.ndarray,
    used: np.ndarray,
    tie: np.ndarray,
) -> np.ndarray:
    """Coordinates in which the distance is Euclidean, float64 (n, d).

    Parameters
    ----------
    treated, used
        bool (n,): groups, and the rows over which covariances and ranks are taken.
    tie
        uint64 (n,): hash of the ids, the order of the sums.

    Raises
    ------
    MatchingError
        No covariate varies.
    """
    x = _columns(frame, covariates, reference=distance == "mahalanobis")
    order = np.argsort(tie)
    order = order[used[order]]
    varies = np.array([row[order].max() > row[order].min() for row in x])
    if not varies.any():
        raise MatchingError(Problem("match_on", "no covariate of the distance varies", "covariates that vary"))
    x = x[varies]
    if distance == "euclidean":
        return np.ascontiguousarray(x.T)
    if distance == "robust_mahalanobis":
        x = _ranks(x, used)
        s = _pooled(x, order, np.zeros(treated.size, bool))
        untied = np.std(np.arange(order.size), ddof=1)
        scale = untied / np.sqrt(np.diag(s))
        return _times(x, _root(s * np.outer(scale, scale)))
    s = _pooled(x, order, treated)
    sd = np.sqrt(np.diag(s))
    # a column that only varies between the groups tells nothing within them: it keeps its own unit
    sd = np.where(sd > 0, sd, 1.0)
    x /= sd[:, None]
    if distance == "scaled_euclidean":
        return np.ascontiguousarray(x.T)
    return _times(x, _root(s / np.outer(sd, sd)))


def _columns(frame: pd.DataFrame, covariates: tuple[str, ...], *, reference: bool) -> np.ndarray:
    """Columns, float64 (k, n): dummies for all levels over sqrt(2), or without the first level where that is the same."""
    rows = []
    for name in covariates:
        if kind_of(frame[name]) == "category":
            levels, codes = levels_of(frame[name])
            rows += [(codes == i) / np.sqrt(2) for i in range(1 if reference else 0, len(levels))]
        else:
            rows.append(as_numbers(frame[name]).copy())
    return np.array(rows)


def _ranks(x: np.ndarray, used: np.ndarray) -> np.ndarray:
    out = np.zeros_like(x)
    for j, row in enumerate(x):
        out[j, used] = rankdata(row[used])
    return out


@_compiled
def _pooled_sums(x, order, treated, mean):
    """Σ (x - group mean)(x - group mean)', float64 (k, k); ``mean`` is (2, k)."""
    k = x.shape[0]
    out = np.zeros((k, k))
    d = np.empty(k)
    for i in order:
        g = 1 if treated[i] else 0
        for j in range(k):
            d[j] = x[j, i] - mean[g, j]
        for j in range(k):
            for m in range(j + 1):
                out[j, m] += d[j] * d[m]
    for j in range(k):
        for m in range(j):
            out[m, j] = out[j, m]
    return out


def _pooled(x: np.ndarray, order: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Covariance within groups; over all rows where ``treated`` is False everywhere."""
    mean = np.zeros((2, len(x)))
    n_groups = 0
    for g in (0, 1):
        rows = order[treated[order] == bool(g)]
        if rows.size:
            mean[g] = [row[rows].mean() for row in x]
            n_groups += 1
    return _pooled_sums(x, order, treated, mean) / (order.size - n_groups)


def _root(s: np.ndarray) -> np.ndarray:
    """Symmetric root of the (generalised) inverse, float64 (k, k)."""
    values, vectors = np.linalg.eigh(s)
    keep = values > _RANK * values.max()
    return (vectors[:, keep] / np.sqrt(values[keep])) @ vectors[:, keep].T


@_compiled
def _times_rows(x, a):
    n, k, d = x.shape[1], x.shape[0], a.shape[1]
    out = np.zeros((n, d))
    for i in range(n):
        for j in range(k):
            v = x[j, i]
            for m in range(d):
                out[i, m] += v * a[j, m]
    return out


def _times(x: np.ndarray, a: np.ndarray) -> np.ndarray:
    """x' a in a fixed order of operations, so that equal rows get equal bits wherever they stand."""
    return _times_rows(np.ascontiguousarray(x), np.ascontiguousarray(a))
