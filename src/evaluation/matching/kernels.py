"""Compiled search on the line: the nearest control that is left, in near constant time.

The controls of all strata lie in one array, sorted by stratum, value and tie hash. Used-up controls are taken out by two
union-find arrays (``left`` and ``right`` jump over them), so a search costs a few steps whatever was used before. Controls
with the same value in the same stratum form a *run*; candidates are visited by distance, then by tie hash, on both sides.

All kernels live in this one file: a compiled cache only notices changes in its own file.
"""

from __future__ import annotations

import heapq

import numba
import numpy as np

_compiled = numba.njit(cache=True, nogil=True)


@_compiled
def _find_right(right, i):
    """First control left at position >= i; len(right) - 1 when there is none."""
    while right[i] != i:
        right[i] = right[right[i]]
        i = right[i]
    return i


@_compiled
def _find_left(left, i):
    """Last control left at position <= i; -1 when there is none. ``left`` is shifted by one."""
    i += 1
    while left[i] != i:
        left[i] = left[left[i]]
        i = left[i]
    return i - 1


@_compiled
def _take_out(left, right, i):
    right[i] = i + 1
    left[i + 1] = i


@_compiled
def _enter(run, left, right, lo, before, at):
    """Cursors of a search that leaves out positions in [before, at): left run's last member, left cursor, right cursor."""
    last = _find_left(left, before - 1)
    cursor = _find_right(right, run[last]) if last >= lo else -1
    return last, cursor, _find_right(right, at)


@_compiled
def _wins(tie, a, b):
    """Whether the control at position ``a`` has the lower hash; ``tie`` holds the row at each position, and the hash of each row."""
    rows, hashes = tie
    return hashes[rows[a]] < hashes[rows[b]]


@_compiled
def _step(value, lo, hi, score, tie, run, left, right, last, cursor, ahead):
    """The next candidate by (distance, tie); returns pick (-1: none), its distance, and the moved cursors."""
    has_left, has_right = last >= lo, ahead < hi
    if not has_left and not has_right:
        return -1, np.inf, last, cursor, ahead
    below = value - score[last] if has_left else np.inf
    above = score[ahead] - value if has_right else np.inf
    if has_left and (below < above or (below == above and _wins(tie, cursor, ahead))):
        pick = cursor
        cursor = _find_right(right, cursor + 1)
        if cursor > last:
            last = _find_left(left, run[last] - 1)
            cursor = _find_right(right, run[last]) if last >= lo else -1
        return pick, below, last, cursor, ahead
    return ahead, above, last, cursor, _find_right(right, ahead + 1)


@_compiled
def _fits(gap_t, gap_c, limit, t, c):
    """Whether every gap is within its limit, or beyond the size of a negative one."""
    for j in range(limit.size):
        gap = abs(gap_t[j, t] - gap_c[j, c])
        if gap > limit[j] >= 0 or (limit[j] < 0 and gap <= -limit[j]):
            return False
    return True


@_compiled
def _nearest(t, value, lo, hi, before, at, score, tie, run, left, right, caliper, gap_t, gap_c, limit, out, have):
    """Nearest control left for treated ``t`` that is not already in its set; (-1, inf) when none."""
    last, cursor, ahead = _enter(run, left, right, lo[t], before[t], at[t])
    while True:
        pick, distance, last, cursor, ahead = _step(
            value[t], lo[t], hi[t], score, tie, run, left, right, last, cursor, ahead
        )
        if pick < 0 or distance > caliper:
            return -1, np.inf
        taken = False
        for k in range(have):
            if out[t, k] == pick:
                taken = True
                break
        if not taken and _fits(gap_t, gap_c, limit, t, pick):
            return pick, distance


@_compiled
def prepare(stratum, score, tie):
    """Runs of equal value: start of each control's run, int32 (m,), and whether hashes inside runs must be sorted.

    ``tie`` holds the row at each position, and the hash of each row.
    """
    m = score.size
    run = np.empty(m, np.int32)
    unsorted = False
    for i in range(m):
        if i > 0 and stratum[i] == stratum[i - 1] and score[i] == score[i - 1]:
            run[i] = run[i - 1]
            if _wins(tie, i, i - 1):
                unsorted = True
        else:
            run[i] = i
    return run, unsorted


@_compiled
def sort_runs(order, run, tie):
    """Order the controls of each run by tie hash, in place; ``tie`` is indexed by the entries of ``order``."""
    m = order.size
    a = 0
    while a < m:
        b = a + 1
        while b < m and run[b] == run[a]:
            b += 1
        if b - a > 1:
            members = order[a:b].copy()
            order[a:b] = members[np.argsort(tie[members])]
        a = b


@_compiled
def group_by_stratum(order, stratum, n_strata):
    """Stable counting sort of ``order`` by stratum; also the first position of each stratum, int64 (n_strata + 1,)."""
    start = np.zeros(n_strata + 1, np.int64)
    for i in range(order.size):
        start[stratum[order[i]] + 1] += 1
    for s in range(n_strata):
        start[s + 1] += start[s]
    fill = start[:-1].copy()
    out = np.empty_like(order)
    for i in range(order.size):
        s = stratum[order[i]]
        out[fill[s]] = order[i]
        fill[s] += 1
    return out, start


@_compiled
def insertion(value, lo, hi, score, apart):
    """Where each treated unit stands in its stretch [lo, hi): the first position that is not below it.

    With ``apart`` at 0 or more, the stretch of controls within that distance instead: its first position, and the first
    beyond. Two int64 arrays (n_t,), equal without ``apart``.
    """
    before, at = np.empty(value.size, np.int64), np.empty(value.size, np.int64)
    for t in range(value.size):
        a, b = lo[t], hi[t]
        while a < b:
            mid = (a + b) // 2
            if value[t] - score[mid] > max(apart, 0.0):
                a = mid + 1
            else:
                b = mid
        before[t], at[t] = a, a
        if apart >= 0:
            b = hi[t]
            while a < b:
                mid = (a + b) // 2
                if score[mid] - value[t] <= apart:
                    a = mid + 1
                else:
                    b = mid
            at[t] = a
    return before, at


@_compiled
def match_with_reuse(
    value, lo, hi, before, at, score, tie, run, left, right, caliper, gap_t, gap_c, limit, ratio, want
):
    """The ``ratio`` nearest controls of each treated unit, reuse without limit; positions int32 (n_t, ratio), -1 for none."""
    out = np.full((value.size, ratio), -1, np.int32)
    for t in range(value.size):
        last, cursor, ahead = _enter(run, left, right, lo[t], before[t], at[t])
        have = 0
        while have < want[t]:
            pick, distance, last, cursor, ahead = _step(
                value[t], lo[t], hi[t], score, tie, run, left, right, last, cursor, ahead
            )
            if pick < 0 or distance > caliper:
                break
            if _fits(gap_t, gap_c, limit, t, pick):
                out[t, have] = pick
                have += 1
    return out


@_compiled
def match_in_order(
    order,
    value,
    lo,
    hi,
    before,
    at,
    score,
    tie,
    run,
    left,
    right,
    caliper,
    gap_t,
    gap_c,
    limit,
    ratio,
    want,
    capacity,
    far_first,
):
    """Rounds through the treated units: each round gives every unit one more control, in ``order``.

    With ``far_first`` a round's order is found at its start: descending distance to the nearest control left.
    """
    n = value.size
    out = np.full((n, ratio), -1, np.int32)
    once = capacity == 1
    used = np.zeros(0 if once else score.size, np.int32)
    farness = np.empty(n, np.float64)
    turn = order
    for k in range(ratio):
        if far_first:
            for t in range(n):
                farness[t] = -1.0
                if k < want[t] and (k == 0 or out[t, k - 1] >= 0):
                    pick, distance = _nearest(
                        t, value, lo, hi, before, at, score, tie, run, left, right, caliper, gap_t, gap_c, limit, out, k
                    )
                    if pick >= 0:
                        farness[t] = distance
            # ``order`` arrives sorted by tie hash; a stable sort keeps that among equals
            turn = order[np.argsort(-farness[order], kind="mergesort")]
        for i in range(n):
            t = turn[i]
            if k >= want[t] or (k > 0 and out[t, k - 1] < 0) or (far_first and farness[t] < 0):
                continue
            pick, _ = _nearest(
                t, value, lo, hi, before, at, score, tie, run, left, right, caliper, gap_t, gap_c, limit, out, k
            )
            out[t, k] = pick
            if pick < 0:
                continue
            if not once:
                used[pick] += 1
            if once or used[pick] == capacity:
                _take_out(left, right, pick)
    return out


@_compiled
def match_closest(
    value, lo, hi, before, at, score, tie, run, left, right, caliper, gap_t, gap_c, limit, ratio, want, capacity, t_tie
):
    """Rounds in which the closest pair of all that are possible is made first.

    Distances only grow as controls are used up, so a stale entry of the heap is a lower bound: it is renewed when it
    comes up, and the first entry that still holds is the closest pair. Equal distances: lower hash of the treated first.
    """
    n = value.size
    out = np.full((n, ratio), -1, np.int32)
    used = np.zeros(score.size, np.int32)
    for k in range(ratio):
        heap = [(0.0, np.uint64(0), 0, 0) for _ in range(0)]
        for t in range(n):
            if k >= want[t] or (k > 0 and out[t, k - 1] < 0):
                continue
            pick, distance = _nearest(
                t, value, lo, hi, before, at, score, tie, run, left, right, caliper, gap_t, gap_c, limit, out, k
            )
            if pick >= 0:
                heap.append((distance, t_tie[t], t, pick))
        heapq.heapify(heap)
        while len(heap) > 0:
            _, hash_, t, pick = heapq.heappop(heap)
            if used[pick] < capacity:
                out[t, k] = pick
                used[pick] += 1
                if used[pick] == capacity:
                    _take_out(left, right, pick)
                continue
            pick, distance = _nearest(
                t, value, lo, hi, before, at, score, tie, run, left, right, caliper, gap_t, gap_c, limit, out, k
            )
            if pick >= 0:
                heapq.heappush(heap, (distance, hash_, t, pick))
    return out
