"""Compiled bookkeeping on the line: who can reach whom, who is in excess where, and pairs from units.

Everything is linear in the points. Points are sorted by stretch (exact stratum) and position; ``start`` holds the first
point of each stretch. A caliper is inclusive, and compares the same floating-point difference as the result's checker.

All kernels live in this one file: a compiled cache only notices changes in its own file.
"""

from __future__ import annotations

import numba
import numpy as np

_compiled = numba.njit(cache=True, nogil=True)


@_compiled
def windows(a_start, a, b_start, b, caliper):
    """First and one past the last point of ``b`` within the caliper of each point of ``a``, int64 each."""
    first, last = np.empty(a.size, np.int64), np.empty(a.size, np.int64)
    for k in range(a_start.size - 1):
        lo, hi, end = b_start[k], b_start[k], b_start[k + 1]
        for i in range(a_start[k], a_start[k + 1]):
            while lo < end and a[i] - b[lo] > caliper:
                lo += 1
            hi = max(hi, lo)
            while hi < end and b[hi] - a[i] <= caliper:
                hi += 1
            first[i], last[i] = lo, hi
    return first, last


@_compiled
def excess(a_start, first, last, n_b, need, room):
    """Points of ``a`` that compete for too few units of ``b``, and the points of ``b`` they compete for; bool each.

    Each point of ``a`` needs ``need`` units, each of ``b`` has ``room``, and windows first..last-1 say who may supply whom.
    The points of ``a`` found are those from which an alternating path leads to a point that some largest assignment leaves
    short (the horizontal part of Dulmage & Mendelsohn 1958): every largest assignment uses all room of their neighbours,
    for them alone, and satisfies everybody else in full.

    Windows of equal width move only forward along the line, so serving points in order from the earliest room left is a
    largest assignment (Glover 1967), and the points reached from a short one form a contiguous block around it.
    """
    n_a = first.size
    first_user, last_user = np.full(n_b, -1, np.int64), np.full(n_b, -1, np.int64)
    short = np.zeros(n_a, np.bool_)
    b, left_here = 0, room
    for i in range(n_a):
        missing = need
        while missing > 0:
            if b < first[i]:
                b, left_here = first[i], room
            if b >= last[i]:
                break
            if left_here == 0:
                b, left_here = b + 1, room
                continue
            given = min(missing, left_here)
            missing -= given
            left_here -= given
            if first_user[b] < 0:
                first_user[b] = i
            last_user[b] = i
        short[i] = missing > 0

    reach = n_a
    for i in range(n_a - 1, -1, -1):
        if i >= reach:
            short[i] = True
        if short[i] and first[i] < last[i]:
            reach = min(reach, first_user[first[i]])
    reach = -1
    wanted = np.zeros(n_b + 1, np.int64)
    for i in range(n_a):
        if i <= reach:
            short[i] = True
        if short[i] and first[i] < last[i]:
            reach = max(reach, last_user[last[i] - 1])
            wanted[first[i]] += 1
            wanted[last[i]] -= 1
    return short, np.cumsum(wanted)[:n_b] > 0


@_compiled
def state_bounds(start, position, treated, units, from_treated, caliper):
    """Bounds of the state after each point that keep every pair of a flow within the caliper; int64 (n,) each.

    One group's ``units`` are known. Units are paired in sorted order, so all pairs are within the caliper exactly when
    every known unit has been met once the line is more than a caliper past it, and no unit of the other group stands at a
    point before which it can't be met within a caliper: the state may not exceed the known units of the caliper behind,
    nor fall below (minus) the known units of the caliper ahead.
    """
    n = position.size
    behind, ahead = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for k in range(start.size - 1):
        a, b = start[k], start[k + 1]
        lo, hi = a, a
        waiting, coming = np.int64(0), np.int64(0)
        for i in range(a, b):
            if treated[i] == from_treated:
                waiting += units[i]
                if hi > i:
                    coming -= units[i]
            hi = max(hi, i + 1)
            while hi < b and position[hi] - position[i] <= caliper:
                if treated[hi] == from_treated:
                    coming += units[hi]
                hi += 1
            if i + 1 < b:
                while lo <= i and position[i + 1] - position[lo] > caliper:
                    if treated[lo] == from_treated:
                        waiting -= units[lo]
                    lo += 1
            behind[i], ahead[i] = waiting, coming
    if from_treated:
        return -ahead, behind
    return -behind, ahead


@_compiled
def pair_in_order(start, treated, units):
    """Pairs that match the units of both groups in sorted order: points of the treated and of the controls, int64 each."""
    n_units = np.int64(0)
    for i in range(units.size):
        if treated[i]:
            n_units += units[i]
    out_t, out_c = np.empty(n_units, np.int64), np.empty(n_units, np.int64)
    filled = 0
    for k in range(start.size - 1):
        b = start[k + 1]
        t = c = start[k]
        left_t = left_c = np.int64(0)
        while True:
            while left_t == 0 and t < b:
                if treated[t]:
                    left_t = units[t]
                t += 1
            while left_c == 0 and c < b:
                if not treated[c]:
                    left_c = units[c]
                c += 1
            if left_t == 0 or left_c == 0:
                break
            # t and c already stand one past the points that still have units
            out_t[filled], out_c[filled] = t - 1, c - 1
            filled += 1
            met = min(left_t, left_c)
            left_t -= met
            left_c -= met
    return out_t[:filled], out_c[:filled]
