"""Compiled parts of full matching on a line: neighbours, the optimal cover of runs, leaves, stars.

Points are sorted by stretch (exact stratum), position, group and hash; ``start`` holds the first point of each stretch. A
*run* is a maximal sequence of points of one group.

All kernels live in this one file: a compiled cache only notices changes in its own file.
"""

from __future__ import annotations

import numba
import numpy as np

_compiled = numba.njit(cache=True, nogil=True)


@_compiled
def neighbours(start, treated):
    """The last point of the other group before each point, and the first one after it, int64 (n,) each; -1 for none."""
    n = treated.size
    before, after = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    for k in range(start.size - 1):
        a, b = start[k], start[k + 1]
        for i in range(a + 1, b):
            before[i] = i - 1 if treated[i] != treated[i - 1] else before[i - 1]
        for i in range(b - 2, a - 1, -1):
            after[i] = i + 1 if treated[i] != treated[i + 1] else after[i + 1]
    return before, after


@_compiled
def nearest_distance(position, before, after):
    """Distance to the nearest point of the other group, float64 (n,); ``inf`` where there is none."""
    out = np.full(position.size, np.inf)
    for i in range(position.size):
        if before[i] >= 0:
            out[i] = position[i] - position[before[i]]
        if after[i] >= 0:
            out[i] = min(out[i], position[after[i]] - position[i])
    return out


@_compiled
def _depth(position, near, border, most, caliper):
    """How many points on either side of a border between runs may be paired with gain and within the caliper."""
    depth = 0
    while depth < most:
        i, j = border - 1 - depth, border + depth
        if near[i] + near[j] - (position[j] - position[i]) < 0:
            break
        depth += 1
    if depth == 0 or position[border + depth - 1] - position[border - depth] <= caliper:
        return depth
    low, high = 0, depth  # pairs in sorted order have the smallest largest distance
    while low < high:
        middle = (low + high + 1) // 2
        fits = True
        for i in range(middle):
            if position[border + i] - position[border - middle + i] > caliper:
                fits = False
                break
        if fits:
            low = middle
        else:
            high = middle - 1
    return low


@_compiled
def pair_runs(start, position, treated, near, caliper):
    """Partner of each point in the backbone of the cheapest cover, int64 (n,); -1 for points that become leaves.

    Full matching without limits on the sets is the cheapest cover of all points by pairs (many-to-many matching). A cover
    in which each point pays for its nearest partner (``near``) is improved by pairs that serve both of their points at
    once: a pair (i, j) saves near_i + near_j - distance. On a line only neighbours of adjacent runs save anything, the
    savings at a border fall with the depth, and the depths on both sides of a run may not exceed its length (after
    Colannino et al. 2007): so one pass over the borders with the best total for each depth, O(n) in all.

    Every point must have a partner within the caliper. Among equal savings the larger number of pairs is taken.
    """
    n = position.size
    mate = np.full(n, -1, np.int64)
    border = np.empty(n + 1, np.int64)  # first point of the run right of each border
    offset = np.empty(n + 2, np.int64)  # of each border's first place below
    saved = np.empty(2 * n + 1, np.float64)  # best savings with at most this depth at the border
    pairs = np.empty(2 * n + 1, np.int32)
    chosen = np.empty(2 * n + 1, np.int32)  # the depth that has them
    for k in range(start.size - 1):
        a, b = start[k], start[k + 1]
        n_borders = 0
        for i in range(a + 1, b):
            if treated[i] != treated[i - 1]:
                border[n_borders] = i
                n_borders += 1
        if n_borders == 0:
            continue
        border[n_borders] = b
        offset[0] = 0
        for j in range(n_borders):
            here = border[j]
            length = here - (border[j - 1] if j > 0 else a)
            depth = _depth(position, near, here, min(length, border[j + 1] - here), caliper)
            at = offset[j]
            offset[j + 1] = at + depth + 1
            gain = 0.0
            for s in range(depth + 1):
                if s > 0:
                    gain += near[here - s] + near[here + s - 1] - (position[here + s - 1] - position[here - s])
                total, number = gain, s
                if j > 0:
                    previous = offset[j - 1] + min(length - s, at - offset[j - 1] - 1)
                    total += saved[previous]
                    number += pairs[previous]
                saved[at + s], pairs[at + s], chosen[at + s] = total, number, s
            # only differences count, and small numbers keep their last digits
            base = saved[at]
            for s in range(depth + 1):
                saved[at + s] -= base
                if s > 0:
                    last = at + s - 1
                    if saved[last] > saved[at + s] or (saved[last] == saved[at + s] and pairs[last] > pairs[at + s]):
                        saved[at + s], pairs[at + s], chosen[at + s] = saved[last], pairs[last], chosen[last]
        free = n
        for j in range(n_borders - 1, -1, -1):
            at = offset[j]
            s = chosen[at + min(free, offset[j + 1] - at - 1)]
            here = border[j]
            for i in range(s):
                mate[here - s + i], mate[here + i] = here + i, here - s + i
            free = here - (border[j - 1] if j > 0 else a) - s
    return mate


@_compiled
def attach_leaves(start, position, treated, tie, before, after, leaf, host):
    """The point of the other group that each leaf joins, int64 (n,): a nearest one; -1 for points that are no leaves.

    Of two sides equally near, the one whose point has the lower hash. Several hosts at the same position take the leaves
    in turn; at a position with no ``host`` the cost is 0 either way, and all of its points count.
    """
    n = position.size
    out = np.full(n, -1, np.int64)
    block = np.empty(n, np.int64)  # first point of the same stretch, position and group
    following = np.full(n, -1, np.int64)  # the next host of the block, in a circle
    current = np.full(n, -1, np.int64)
    for k in range(start.size - 1):
        a = start[k]
        while a < start[k + 1]:
            b = a + 1
            while b < start[k + 1] and position[b] == position[a] and treated[b] == treated[a]:
                b += 1
            any_host = False
            for i in range(a, b):
                block[i] = a
                any_host = any_host or host[i]
            first, last = -1, -1
            for i in range(a, b):
                if host[i] or not any_host:
                    if first < 0:
                        first = i
                    else:
                        following[last] = i
                    last = i
            following[last] = first
            current[a] = first
            a = b
    for i in range(n):
        if not leaf[i]:
            continue
        left, right = before[i], after[i]
        goes_left = left >= 0
        if left >= 0 and right >= 0:
            below, above = position[i] - position[left], position[right] - position[i]
            goes_left = below < above or (below == above and tie[left] < tie[right])
        at = block[left if goes_left else right]
        out[i] = current[at]
        current[at] = following[current[at]]
    return out


@_compiled
def keep_stars(a, b, degree):
    """Which pairs (a, b) to keep so that every set is a star, bool (p,): a pair both of whose points have others goes.

    In a cheapest cover such a pair has distance 0, so that nothing but ties is decided here. ``degree`` is int64 (n,), the
    pairs of each point, and is changed.
    """
    keep = np.ones(a.size, np.bool_)
    for i in range(a.size):
        if degree[a[i]] > 1 and degree[b[i]] > 1:
            keep[i] = False
            degree[a[i]] -= 1
            degree[b[i]] -= 1
    return keep
