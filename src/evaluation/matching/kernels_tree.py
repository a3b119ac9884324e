"""Compiled search in several dimensions: a tree of boxes per exact stratum, from which used-up controls drop out.

Controls are laid out so that each node owns a stretch of them; it knows its tight box, the range of the score in it and
how many of its controls are left. A search visits boxes nearest first and skips those that are empty, outside the caliper,
or further away than what it has; candidates are compared by squared distance, then tie hash. Bounds are computed by the
same sums in the same order as distances, so rounding never hides a candidate.

All kernels live in this one file: a compiled cache only notices changes in its own file.
"""

from __future__ import annotations

import heapq

import numba
import numpy as np

_compiled = numba.njit(cache=True, nogil=True)

LEAF = 24


@_compiled
def _select(order, x, axis, lo, hi, middle):
    """Reorder ``order[lo:hi]`` so that the value at ``middle`` is in its sorted place (quickselect)."""
    hi -= 1
    while lo < hi:
        pivot = x[order[(lo + hi) // 2], axis]
        i, j = lo, hi
        while i <= j:
            while x[order[i], axis] < pivot:
                i += 1
            while x[order[j], axis] > pivot:
                j -= 1
            if i <= j:
                order[i], order[j] = order[j], order[i]
                i += 1
                j -= 1
        if middle <= j:
            hi = j
        elif middle >= i:
            lo = i
        else:
            return


@_compiled
def _split(order, x, axis, cut, lo, hi):
    """Move rows with a value at most ``cut`` to the front of ``order[lo:hi]``; where the rest begins."""
    i, j = lo, hi - 1
    while i <= j:
        if x[order[i], axis] <= cut:
            i += 1
        else:
            order[i], order[j] = order[j], order[i]
            j -= 1
    return i


@_compiled
def build(x, value, order, start):
    """Trees over ``order`` (grouped by stratum, bounds ``start``); ``order`` is rearranged in place.

    ``x`` is float64 (m, d) and ``value`` (m,), both indexed by ``order``. Returns lo, hi, left child (-1: leaf; the right
    child follows it), parent, box (n_nodes, 2, d), range (n_nodes, 2), the root of each stratum (-1: empty), and the leaf of
    each position.
    """
    m, d, n_strata = order.size, x.shape[1], start.size - 1
    size = 2 * (m // (LEAF // 2) + n_strata + 1)
    lo, hi = np.zeros(size, np.int64), np.zeros(size, np.int64)
    child, parent = np.full(size, -1, np.int64), np.full(size, -1, np.int64)
    box, span = np.empty((size, 2, d)), np.empty((size, 2))
    root = np.full(n_strata, -1, np.int64)
    leaf_of = np.zeros(m, np.int64)
    n = 0
    for s in range(n_strata):
        if start[s + 1] == start[s]:
            continue
        root[s] = n
        lo[n], hi[n] = start[s], start[s + 1]
        node = n
        n += 1
        while node < n:
            a, b = lo[node], hi[node]
            for j in range(d):
                box[node, 0, j], box[node, 1, j] = np.inf, -np.inf
            span[node, 0], span[node, 1] = np.inf, -np.inf
            for i in range(a, b):
                r = order[i]
                for j in range(d):
                    v = x[r, j]
                    if v < box[node, 0, j]:
                        box[node, 0, j] = v
                    if v > box[node, 1, j]:
                        box[node, 1, j] = v
                span[node, 0], span[node, 1] = min(span[node, 0], value[r]), max(span[node, 1], value[r])
            axis, wide = 0, -1.0
            for j in range(d):
                if box[node, 1, j] - box[node, 0, j] > wide:
                    axis, wide = j, box[node, 1, j] - box[node, 0, j]
            if b - a <= LEAF or wide <= 0:
                for i in range(a, b):
                    leaf_of[i] = node
            else:
                # the middle of the box tells binaries apart; a lopsided cut gives way to the median
                at = _split(order, x, axis, (box[node, 0, axis] + box[node, 1, axis]) / 2, a, b)
                least = max((b - a) // 64, LEAF // 2)
                if at - a < least or b - at < least:
                    at = (a + b) // 2
                    _select(order, x, axis, a, b, at)
                child[node] = n
                lo[n], hi[n], parent[n] = a, at, node
                lo[n + 1], hi[n + 1], parent[n + 1] = at, b, node
                n += 2
            node += 1
    return lo[:n], hi[:n], child[:n], parent[:n], box[:n], span[:n], root, leaf_of


@_compiled
def _bound(x, t, box, node, limit):
    """Least squared distance from ``t`` to a box; ``inf`` as soon as it exceeds the limit."""
    total = 0.0
    for j in range(x.shape[1]):
        v = x[t, j]
        gap = max(box[node, 0, j] - v, v - box[node, 1, j])
        if gap > 0:
            total += gap * gap
            if total > limit:
                return np.inf
    return total


@_compiled
def _squared(x, t, c_x, i, limit):
    total = 0.0
    for j in range(x.shape[1]):
        gap = x[t, j] - c_x[i, j]
        total += gap * gap
        if total > limit:
            return np.inf
    return total


@_compiled
def _near(gap, limit):
    return gap <= limit if limit >= 0 else gap > -limit


@_compiled
def _fits(gap_t, gap_c, limit, t, c):
    for j in range(limit.size):  # noqa: SIM110 - a plain loop compiles to the faster code
        if not _near(abs(gap_t[j, t] - gap_c[j, c]), limit[j]):
            return False
    return True


@_compiled
def _nearest(t, seekers, points, tree, left, gone, rules, out, have, stack, bounds):
    """Nearest control left for ``t`` that is not in its set yet: position and squared distance; (-1, inf) when none."""
    x, value, stratum, gap_t = seekers
    c_x, c_value, c_tie, gap_c = points
    lo, hi, child, _, box, span, root, _ = tree
    caliper, limit = rules
    best, pick = np.inf, -1
    top = root[stratum[t]]
    if top < 0:
        return pick, best
    n = 1
    stack[0], bounds[0] = top, 0.0
    v = value[t]
    while n > 0:
        n -= 1
        node = stack[n]
        if bounds[n] > best or left[node] == 0:
            continue
        if caliper >= 0 and (span[node, 0] - v > caliper or v - span[node, 1] > caliper):
            continue
        if child[node] >= 0:
            a, b = child[node], child[node] + 1
            near, far = _bound(x, t, box, a, best), _bound(x, t, box, b, best)
            if near > far:
                a, b, near, far = b, a, far, near
            if far <= best and far < np.inf:
                stack[n], bounds[n] = b, far
                n += 1
            if near <= best and near < np.inf:
                stack[n], bounds[n] = a, near
                n += 1
            continue
        for i in range(lo[node], hi[node]):
            if gone[i] or not _near(abs(v - c_value[i]), caliper):
                continue
            distance = _squared(x, t, c_x, i, best)
            if distance > best or (distance == best and (pick >= 0 and c_tie[i] > c_tie[pick])) or distance == np.inf:
                continue
            taken = False
            for k in range(have):
                if out[t, k] == i:
                    taken = True
                    break
            if not taken and _fits(gap_t, gap_c, limit, t, i):
                best, pick = distance, i
    return pick, best


@_compiled
def _take_out(tree, left, gone, i):
    gone[i] = True
    node = tree[7][i]
    while node >= 0:
        left[node] -= 1
        node = tree[3][node]


@_compiled
def _fresh(tree, m):
    left = tree[1] - tree[0]
    # deepest trees are lopsided by 1 in 64 at every level: 2048 entries are far beyond them
    return left, np.zeros(m, np.bool_), np.zeros(m, np.int32), np.empty(4096, np.int64), np.empty(4096)


@_compiled
def match_with_reuse(seekers, points, tree, rules, ratio):
    """The ``ratio`` nearest controls of each treated unit, reuse without limit; positions int32 (n_t, ratio), -1 for none."""
    n = seekers[1].size
    out = np.full((n, ratio), -1, np.int32)
    left, gone, _, stack, bounds = _fresh(tree, points[1].size)
    for t in range(n):
        for k in range(ratio):
            pick, _ = _nearest(t, seekers, points, tree, left, gone, rules, out, k, stack, bounds)
            if pick < 0:
                break
            out[t, k] = pick
    return out


@_compiled
def match_in_order(order, seekers, points, tree, rules, ratio, capacity, far_first):
    """Rounds through the treated units in ``order``, as on the line; see ``kernels.match_in_order``."""
    n = seekers[1].size
    out = np.full((n, ratio), -1, np.int32)
    left, gone, used, stack, bounds = _fresh(tree, points[1].size)
    farness = np.empty(n)
    turn = order
    for k in range(ratio):
        if far_first:
            for t in range(n):
                farness[t] = -1.0
                if k == 0 or out[t, k - 1] >= 0:
                    pick, distance = _nearest(t, seekers, points, tree, left, gone, rules, out, k, stack, bounds)
                    if pick >= 0:
                        farness[t] = distance
            turn = order[np.argsort(-farness[order], kind="mergesort")]
        for i in range(n):
            t = turn[i]
            if (k > 0 and out[t, k - 1] < 0) or (far_first and farness[t] < 0):
                continue
            pick, _ = _nearest(t, seekers, points, tree, left, gone, rules, out, k, stack, bounds)
            out[t, k] = pick
            if pick >= 0:
                used[pick] += 1
                if used[pick] == capacity:
                    _take_out(tree, left, gone, pick)
    return out


@_compiled
def match_closest(seekers, points, tree, rules, ratio, capacity, t_tie):
    """Rounds in which the closest pair of all that are possible is made first; see ``kernels.match_closest``."""
    n = seekers[1].size
    out = np.full((n, ratio), -1, np.int32)
    left, gone, used, stack, bounds = _fresh(tree, points[1].size)
    for k in range(ratio):
        heap = [(0.0, np.uint64(0), 0, 0) for _ in range(0)]
        for t in range(n):
            if k > 0 and out[t, k - 1] < 0:
                continue
            pick, distance = _nearest(t, seekers, points, tree, left, gone, rules, out, k, stack, bounds)
            if pick >= 0:
                heap.append((distance, t_tie[t], t, pick))
        heapq.heapify(heap)
        while len(heap) > 0:
            _, hash_, t, pick = heapq.heappop(heap)
            if used[pick] < capacity:
                out[t, k] = pick
                used[pick] += 1
                if used[pick] == capacity:
                    _take_out(tree, left, gone, pick)
                continue
            pick, distance = _nearest(t, seekers, points, tree, left, gone, rules, out, k, stack, bounds)
            if pick >= 0:
                heapq.heappush(heap, (distance, hash_, t, pick))
    return out
