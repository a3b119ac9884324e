"""Compiled search in dated risk sets: one array of all units, one pass over the months.

Units lie sorted by stratum, score and tie hash, as on the plain line. A search walks outwards and passes over those who are
not at risk in the month. Who is used up in a month is taken out by union-find arrays, which are put back for the next month
(but for those at the cap across months).

All kernels live in this one file: a compiled cache only notices changes in its own file.
"""

from __future__ import annotations

import heapq

import numba
import numpy as np

_compiled = numba.njit(cache=True, nogil=True)


@_compiled
def _find_right(right, i):
    while right[i] != i:
        right[i] = right[right[i]]
        i = right[i]
    return i


@_compiled
def _find_left(left, i):
    i += 1
    while left[i] != i:
        left[i] = left[left[i]]
        i = left[i]
    return i - 1


@_compiled
def _fits(gap_t, gap_c, limit, t, c):
    for j in range(limit.size):
        gap = abs(gap_t[j, t] - gap_c[j, c])
        if gap > limit[j] >= 0 or (limit[j] < 0 and gap <= -limit[j]):
            return False
    return True


@_compiled
def _nearest(t, seekers, line, left, right, caliper, limit, out, have):
    """Nearest unit at risk in the month of ``t`` by (distance, tie); (-1, inf) when none is within the caliper."""
    value, month, earliest, latest, lo, hi, before, at, gap_t = seekers
    score, tie, run, first, stop, gap_c = line
    v, s = value[t], month[t]
    last = _find_left(left, before[t] - 1)
    cursor = _find_right(right, run[last]) if last >= lo[t] else -1
    ahead = _find_right(right, at[t])
    while True:
        has_left, has_right = last >= lo[t], ahead < hi[t]
        if not has_left and not has_right:
            return -1, np.inf
        below = v - score[last] if has_left else np.inf
        above = score[ahead] - v if has_right else np.inf
        if has_left and (below < above or (below == above and tie[cursor] < tie[ahead])):
            pick, distance = cursor, below
            cursor = _find_right(right, cursor + 1)
            if cursor > last:
                last = _find_left(left, run[last] - 1)
                cursor = _find_right(right, run[last]) if last >= lo[t] else -1
        else:
            pick, distance = ahead, above
            ahead = _find_right(right, ahead + 1)
        if distance > caliper:
            return -1, np.inf
        if first[pick] < earliest[t] or first[pick] > latest[t] or stop[pick] < s:
            continue
        taken = False
        for k in range(have):
            if out[t, k] == pick:
                taken = True
                break
        if not taken and _fits(gap_t, gap_c, limit, t, pick):
            return pick, distance


@_compiled
def _use(pick, capacity, cap, used, total, left, right, touched, n_touched):
    """Count a use; take the unit out for the month, or for good at the cap. The number of those to put back."""
    total[pick] += 1
    if capacity > 0:
        used[pick] += 1
    if (capacity > 0 and used[pick] == capacity) or total[pick] == cap:
        right[pick] = pick + 1
        left[pick + 1] = pick
        touched[n_touched] = pick
        n_touched += 1
    return n_touched


@_compiled
def match_months(bounds, seekers, line, caliper, limit, ratio, capacity, cap, closest, t_tie):
    """Match month by month; positions int32 (n_t, ratio), -1 for none.

    Seekers are sorted by month and order; ``bounds`` are the first seekers of the months. ``capacity`` limits uses within a
    month (0: none), ``cap`` across them (0: none), in chronological order.
    """
    n, m = seekers[0].size, line[0].size
    out = np.full((n, ratio), -1, np.int32)
    left, right = np.arange(m + 1).astype(np.int32), np.arange(m + 1).astype(np.int32)
    used, total = np.zeros(m, np.int32), np.zeros(m, np.int32)
    touched = np.empty(n * ratio + 1, np.int64)
    for g in range(bounds.size - 1):
        n_touched = 0
        for k in range(ratio):
            if closest:
                heap = [(0.0, np.uint64(0), 0, 0) for _ in range(0)]
                for t in range(bounds[g], bounds[g + 1]):
                    if k == 0 or out[t, k - 1] >= 0:
                        pick, distance = _nearest(t, seekers, line, left, right, caliper, limit, out, k)
                        if pick >= 0:
                            heap.append((distance, t_tie[t], t, pick))
                heapq.heapify(heap)
                while len(heap) > 0:
                    _, hash_, t, pick = heapq.heappop(heap)
                    if right[pick] == pick:
                        out[t, k] = pick
                        n_touched = _use(pick, capacity, cap, used, total, left, right, touched, n_touched)
                        continue
                    pick, distance = _nearest(t, seekers, line, left, right, caliper, limit, out, k)
                    if pick >= 0:
                        heapq.heappush(heap, (distance, hash_, t, pick))
                continue
            for t in range(bounds[g], bounds[g + 1]):
                if k > 0 and out[t, k - 1] < 0:
                    continue
                pick, _ = _nearest(t, seekers, line, left, right, caliper, limit, out, k)
                out[t, k] = pick
                if pick >= 0:
                    n_touched = _use(pick, capacity, cap, used, total, left, right, touched, n_touched)
        for i in range(n_touched):
            c = touched[i]
            used[c] = 0
            if cap == 0 or total[c] < cap:
                right[c] = c
                left[c + 1] = c + 1
    return out


@_compiled
def reaches(seekers, line, caliper, limit, who):
    """Whether any unit at risk lies within the calipers of each seeker in ``who``, used up or not; bool (n,)."""
    m = line[0].size
    left, right = np.arange(m + 1).astype(np.int32), np.arange(m + 1).astype(np.int32)
    out = np.empty((seekers[0].size, 1), np.int32)
    found = np.zeros(who.size, np.bool_)
    for i in range(who.size):
        found[i] = _nearest(who[i], seekers, line, left, right, caliper, limit, out, 0)[0] >= 0
    return found


@_compiled
def at_risk_sums(stratum, value, first, stop, edges, n_strata, origin, n_months):
    """Person-months as controls by cell (stratum, class of elapsed months, month): count, sum and sum of squares of value.

    float64 (n_strata, n_classes, n_months) each, found from the months in which a unit enters and leaves a cell. ``edges``
    are the lower ends of the classes. Rows come sorted, so the sums depend on no order of the frame.
    """
    k = edges.size
    n = np.zeros((n_strata, k, n_months + 1))
    total, squares = np.zeros_like(n), np.zeros_like(n)
    for i in range(value.size):
        s, x = stratum[i], value[i]
        for c in range(k):
            a = first[i] + edges[c]
            b = stop[i] if c + 1 == k else min(stop[i], first[i] + edges[c + 1] - 1)
            a, b = max(a - origin, 0), min(b - origin, n_months - 1)
            if a <= b:
                n[s, c, a] += 1
                n[s, c, b + 1] -= 1
                total[s, c, a] += x
                total[s, c, b + 1] -= x
                squares[s, c, a] += x * x
                squares[s, c, b + 1] -= x * x
    for s in range(n_strata):
        for c in range(k):
            for j in range(1, n_months):
                n[s, c, j] += n[s, c, j - 1]
                total[s, c, j] += total[s, c, j - 1]
                squares[s, c, j] += squares[s, c, j - 1]
    return n[:, :, :n_months], total[:, :, :n_months], squares[:, :, :n_months]
