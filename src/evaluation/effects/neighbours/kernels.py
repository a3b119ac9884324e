"""Compiled search for neighbour sets: all units at most as far as the m-th nearest, ties included.

Units of a group with the same coordinates in the same stratum are one *point*; a set is a list of points, so heavy ties cost
no memory. Sets are found once for each point that asks. On a line the points are sorted and two pointers move outwards; in
several dimensions the tree of :mod:`evaluation.matching.kernels_tree` is searched.

All kernels live in this one file: a compiled cache only notices changes in its own file.
"""

from __future__ import annotations

import numba
import numpy as np

_compiled = numba.njit(cache=True, nogil=True)

_STACK = 4096  # far beyond the depth of a tree whose splits are lopsided by 1 in 64 at most


@_compiled
def hash_rows(x, stratum):
    """A 64-bit hash of each row of ``x`` (n, d; as uint64 bits) and its stratum; equal rows have equal hashes."""
    n, d = x.shape
    out = np.empty(n, np.uint64)
    for i in range(n):
        h = np.uint64(stratum[i]) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x632BE59BD9B4E019)
        for j in range(d):
            h ^= x[i, j]
            h ^= h >> np.uint64(32)
            h *= np.uint64(0xBF58476D1CE4E5B9)
            h ^= h >> np.uint64(29)
            h *= np.uint64(0x94D049BB133111EB)
            h ^= h >> np.uint64(32)
        out[i] = h
    return out


@_compiled
def first_of_runs(x, stratum, order):
    """Whether each row in ``order`` differs from the one before it, bool (n,)."""
    n, d = order.size, x.shape[1]
    out = np.ones(n, np.bool_)
    for k in range(1, n):
        a, b = order[k], order[k - 1]
        if stratum[a] != stratum[b]:
            continue
        same = True
        for j in range(d):
            if x[a, j] != x[b, j]:
                same = False
                break
        out[k] = not same
    return out


@_compiled
def _grown(values, size):
    out = np.empty(max(size, 2 * values.size), values.dtype)
    out[: values.size] = values
    return out


@_compiled
def line_sets(value, stratum, points, point_stratum_start, count, m, tolerance):
    """Sets on a line, of points sorted by stratum and value.

    Parameters
    ----------
    value, stratum
        float64 (q,), int64 (q,): the points that ask.
    points, point_stratum_start, count
        float64 (u,), int64 (strata + 1,), int64 (u,): sorted values, bounds of the strata, units per point.
    m, tolerance
        Neighbours wanted, and what a distance may exceed the m-th by.

    Returns
    -------
    start int64 (q + 1,), index int64; an empty set where the stratum holds fewer than m units.
    """
    q = value.size
    start = np.zeros(q + 1, np.int64)
    first = np.zeros(q, np.int64)
    for i in range(q):
        lo, hi = point_stratum_start[stratum[i]], point_stratum_start[stratum[i] + 1]
        v = value[i]
        at = lo + np.searchsorted(points[lo:hi], v)
        left, right, have, limit = at - 1, at, 0, -1.0
        while have < m and (left >= lo or right < hi):
            below = v - points[left] if left >= lo else np.inf
            above = points[right] - v if right < hi else np.inf
            if below < above:
                have += count[left]
                limit = below
                left -= 1
            else:
                have += count[right]
                limit = above
                right += 1
        if have >= m:
            limit += tolerance
            while left >= lo and v - points[left] <= limit:
                left -= 1
            while right < hi and points[right] - v <= limit:
                right += 1
            first[i] = left + 1
            start[i + 1] = right - left - 1
    start = np.cumsum(start)
    index = np.empty(start[q], np.int64)
    for i in range(q):
        for k in range(start[i + 1] - start[i]):
            index[start[i] + k] = first[i] + k
    return start, index


@_compiled
def _bound(v, box, node, limit):
    """Least squared distance from ``v`` to a box; ``inf`` as soon as it exceeds the limit."""
    total = 0.0
    for j in range(v.size):
        gap = max(box[node, 0, j] - v[j], v[j] - box[node, 1, j])
        if gap > 0:
            total += gap * gap
            if total > limit:
                return np.inf
    return total


@_compiled
def _squared(v, x, k, limit):
    """Squared distance to row k; ``inf`` when it exceeds the limit, which is looked at after every four coordinates."""
    total, j = 0.0, 0
    while j + 3 < v.size:
        a, b, c, d = v[j] - x[k, j], v[j + 1] - x[k, j + 1], v[j + 2] - x[k, j + 2], v[j + 3] - x[k, j + 3]
        total += a * a + b * b + c * c + d * d
        if total > limit:
            return np.inf
        j += 4
    while j < v.size:
        a = v[j] - x[k, j]
        total += a * a
        j += 1
    return total if total <= limit else np.inf


@_compiled
def tree_sets(value, stratum, x, count, lo, hi, child, box, root, m, tolerance):
    """As :func:`line_sets`, in several dimensions: ``value`` (q, d); points ``x`` (u, d) in the order of a tree's leaves.

    Every point that was within the limit when it was met is kept aside; at the end those within the last limit remain.
    """
    q = stratum.size
    start = np.zeros(q + 1, np.int64)
    index = np.empty(max(2 * q * m, 64), np.int64)
    stack, bounds = np.empty(_STACK, np.int64), np.empty(_STACK)
    met, gap = np.empty(1024, np.int64), np.empty(1024)
    nearest = np.empty(m)
    for i in range(q):
        start[i + 1] = start[i]
        if root[stratum[i]] < 0:
            continue
        v = value[i]
        nearest[:] = np.inf
        limit = np.inf
        n, n_met = 1, 0
        stack[0], bounds[0] = root[stratum[i]], 0.0
        while n > 0:
            n -= 1
            node = stack[n]
            if bounds[n] > limit:
                continue
            if child[node] >= 0:
                a, b = child[node], child[node] + 1
                near, far = _bound(v, box, a, limit), _bound(v, box, b, limit)
                if near > far:
                    a, b, near, far = b, a, far, near
                if far < np.inf:
                    stack[n], bounds[n] = b, far
                    n += 1
                if near < np.inf:
                    stack[n], bounds[n] = a, near
                    n += 1
                continue
            for k in range(lo[node], hi[node]):
                distance = _squared(v, x, k, limit)
                if distance == np.inf:
                    continue
                if n_met == met.size:
                    kept = 0
                    for w in range(n_met):
                        if gap[w] <= limit:
                            met[kept], gap[kept] = met[w], gap[w]
                            kept += 1
                    n_met = kept
                    if 2 * kept > met.size:
                        met, gap = _grown(met, kept + 1), _grown(gap, kept + 1)
                met[n_met], gap[n_met] = k, distance
                n_met += 1
                copies = count[k]
                while copies > 0 and distance < nearest[m - 1]:
                    at = m - 1
                    while at > 0 and nearest[at - 1] > distance:
                        nearest[at] = nearest[at - 1]
                        at -= 1
                    nearest[at] = distance
                    copies -= 1
                if nearest[m - 1] < np.inf:
                    # rounding of the root must not lose the m-th neighbour itself
                    limit = max(nearest[m - 1], (np.sqrt(nearest[m - 1]) + tolerance) ** 2)
        if nearest[m - 1] == np.inf:
            continue
        size = start[i]
        for w in range(n_met):
            if gap[w] <= limit:
                if size == index.size:
                    index = _grown(index, size + 1)
                index[size] = met[w]
                size += 1
        start[i + 1] = size
    return start, index[: start[q]].copy()
