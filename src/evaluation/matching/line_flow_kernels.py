"""Compiled search for the cheapest flow between two groups on a line: the core of optimal pair and full matching.

Points are sorted. A treated point sends ``s`` units, a control takes ``u`` units, and a unit that crosses a gap pays its
width: with x = units sent less units taken so far, the cost is Σ |x| · gap, which equals the sum of distances when units
are matched in sorted order (on a line no other order is cheaper; Aggarwal, Bar-Noy, Khuller, Kravets & Schieber 1992).

f(x), the least cost of all that lies behind when the state is x, is convex on the integers, so it is kept as its sorted
differences f(x+1) - f(x), here called *steps*:

- a compulsory unit of a treated point moves f to the right by one, of a control to the left;
- an optional unit inserts one step (the infimal convolution of convex functions merges their steps): of value v for a
  control for which doing without the unit costs v. A control's step that ends right of x = 0 means that its unit is used,
  a treated point's step left of it;
- a gap g adds g to every step at x >= 0 and takes g from every step at x < 0, which keeps the order of the steps: a step
  keeps its place between its neighbours for good, so the final place of a step, left or right of x = 0, tells whether its
  unit is used. There is no need to trace back;
- a bound on x cuts steps off at an end.

Two double-ended heaps hold the steps left and right of zero. A step of value v at position p is stored as v + p on the left
and v - p on the right, which the gaps do not change. O((n + steps) log n) time, O(n + steps) memory.

All kernels live in this one file: a compiled cache only notices changes in its own file.
"""

from __future__ import annotations

import numba
import numpy as np

_compiled = numba.njit(cache=True, nogil=True)


@_compiled
def _less(key, step, i, j, rank):
    if key[i] != key[j]:
        return key[i] < key[j]
    return rank[step[i]] < rank[step[j]]


@_compiled
def _swap(key, step, count, i, j):
    key[i], key[j] = key[j], key[i]
    step[i], step[j] = step[j], step[i]
    count[i], count[j] = count[j], count[i]


@_compiled
def _rise_low(key, step, count, i, rank):
    while i > 1:
        parent = 2 * ((i // 2 - 1) // 2)
        if not _less(key, step, i, parent, rank):
            break
        _swap(key, step, count, i, parent)
        i = parent


@_compiled
def _rise_high(key, step, count, i, rank):
    while i > 1:
        parent = 2 * ((i // 2 - 1) // 2) + 1
        if not _less(key, step, parent, i, rank):
            break
        _swap(key, step, count, i, parent)
        i = parent


@_compiled
def _push(key, step, count, size, new_key, new_step, new_count, rank):
    """Add to an interval heap (van Leeuwen & Wood 1993): places 2i and 2i + 1 are the low and high end of node i."""
    i = size
    key[i], step[i], count[i] = new_key, new_step, new_count
    if i % 2 == 1:
        if _less(key, step, i, i - 1, rank):
            _swap(key, step, count, i, i - 1)
            _rise_low(key, step, count, i - 1, rank)
        else:
            _rise_high(key, step, count, i, rank)
    elif i > 0:
        parent = 2 * ((i // 2 - 1) // 2)
        if _less(key, step, i, parent, rank):
            _rise_low(key, step, count, i, rank)
        elif _less(key, step, parent + 1, i, rank):
            _rise_high(key, step, count, i, rank)
    return size + 1


@_compiled
def _drop_low(key, step, count, size, rank):
    """Remove the lowest entry, at place 0."""
    size -= 1
    _swap(key, step, count, 0, size)
    i = 0
    while True:
        if i + 1 < size and _less(key, step, i + 1, i, rank):
            _swap(key, step, count, i, i + 1)
        child = 2 * i + 2
        if child >= size:
            return size
        if child + 2 < size and _less(key, step, child + 2, child, rank):
            child += 2
        if not _less(key, step, child, i, rank):
            return size
        _swap(key, step, count, i, child)
        i = child


@_compiled
def _drop_high(key, step, count, size, rank):
    """Remove the highest entry, at place 1, or 0 when it is alone."""
    size -= 1
    if size <= 1:
        return size
    _swap(key, step, count, 1, size)
    i = 1
    while True:
        if _less(key, step, i, i - 1, rank):
            _swap(key, step, count, i, i - 1)
        child = 2 * i + 1
        if child - 1 >= size:
            return size
        last = child >= size  # the last node may hold a single entry
        if last:
            child -= 1
        elif child + 1 < size:
            other = child + 2 if child + 2 < size else child + 1
            if _less(key, step, child, other, rank):
                child = other
                last = other % 2 == 0
        if not _less(key, step, i, child, rank):
            return size
        _swap(key, step, count, i, child)
        if last:
            return size
        i = child


@_compiled
def _segment(a, b, position, treated, fixed, first_value, first, extra, lower, upper, rank, left, right, out):
    """Cheapest flow of the points a..b-1; writes the units of each to ``out``. Returns whether there is one."""
    l_key, l_step, l_count = left
    r_key, r_step, r_count = right
    l_size, r_size = 0, 0
    l_units, r_units = np.int64(0), np.int64(0)
    low, high = np.int64(0), np.int64(0)  # the states that can be reached
    middle = position[(a + b) // 2]  # small numbers keep their last digits
    for i in range(a, b):
        here = position[i] - middle
        out[i] = fixed[i]
        units = np.int64(first[i]) + extra[i]
        if treated[i]:
            low += fixed[i]
            high += fixed[i] + units
        else:
            low -= fixed[i] + units
            high -= fixed[i]
        for kind in range(2):
            amount = np.int64(first[i]) if kind == 0 else np.int64(extra[i])
            if amount > 0:
                value = first_value[i] if kind == 0 else 0.0
                # the new step goes where its value belongs; which side is only provisional until they are balanced
                goes_left = l_size > 0
                if goes_left:
                    top = 1 if l_size > 1 else 0
                    held = l_key[top] - here
                    goes_left = value < held or (value == held and rank[2 * i + kind] < rank[l_step[top]])
                if goes_left:
                    l_size = _push(l_key, l_step, l_count, l_size, value + here, 2 * i + kind, amount, rank)
                    l_units += amount
                else:
                    r_size = _push(r_key, r_step, r_count, r_size, value - here, 2 * i + kind, amount, rank)
                    r_units += amount
        wanted = min(max(-low, 0), high - low)
        while l_units < wanted:
            moved = min(np.int64(r_count[0]), wanted - l_units)
            l_size = _push(l_key, l_step, l_count, l_size, r_key[0] + 2 * here, r_step[0], moved, rank)
            r_count[0] -= moved
            if r_count[0] == 0:
                r_size = _drop_low(r_key, r_step, r_count, r_size, rank)
            l_units += moved
            r_units -= moved
        while l_units > wanted:
            top = 1 if l_size > 1 else 0
            moved = min(np.int64(l_count[top]), l_units - wanted)
            r_size = _push(r_key, r_step, r_count, r_size, l_key[top] - 2 * here, l_step[top], moved, rank)
            l_count[top] -= moved
            if l_count[top] == 0:
                l_size = _drop_high(l_key, l_step, l_count, l_size, rank)
            l_units -= moved
            r_units += moved
        floor, ceiling = lower[i], upper[i]
        if i == b - 1:
            floor, ceiling = 0, 0
        if low > ceiling or high < floor:
            return False
        while low < floor:
            owner = l_step[0] // 2
            cut = min(np.int64(l_count[0]), floor - low)
            if treated[owner]:
                out[owner] += cut
            l_count[0] -= cut
            if l_count[0] == 0:
                l_size = _drop_low(l_key, l_step, l_count, l_size, rank)
            l_units -= cut
            low += cut
        while high > ceiling:
            top = 1 if r_size > 1 else 0
            owner = r_step[top] // 2
            cut = min(np.int64(r_count[top]), high - ceiling)
            if not treated[owner]:
                out[owner] += cut
            r_count[top] -= cut
            if r_count[top] == 0:
                r_size = _drop_high(r_key, r_step, r_count, r_size, rank)
            r_units -= cut
            high -= cut
    return True


@_compiled
def _heap(size):
    return np.empty(size, np.float64), np.empty(size, np.int32), np.empty(size, np.int32)


@_compiled
def cheapest_flow(start, wanted, position, treated, fixed, first_value, first, extra, lower, upper, rank):
    """Units of each point in the cheapest flow, stretch by stretch.

    Parameters
    ----------
    start
        int64 (k + 1,): the points of stretch j are start[j]..start[j+1]-1; stretches do not exchange units.
    wanted
        bool (k,): the stretches to solve; the points of others get no units.
    position, treated
        float64 (n,), ascending within a stretch; bool (n,).
    fixed, first, extra
        int32 (n,): compulsory units; optional units (0 or 1) with a step of ``first_value``; optional units with step 0.
    first_value
        float64 (n,): what it costs a control to do without its first unit, 0 or more (else f were not convex); 0 for
        treated points.
    lower, upper
        int64 (n,): bounds of the state after each point, lower <= 0 <= upper.
    rank
        uint64 (2n,): order of equal steps (first, extra of each point), low ones left.

    Returns
    -------
    int64 (n,) units, and the first stretch that has no flow (-1: all have one).
    """
    n = position.size
    out = np.zeros(n, np.int64)
    size = n + 2
    for i in range(n):
        size += (first[i] > 0) + (extra[i] > 0)
    left, right = _heap(size), _heap(size)
    for j in range(start.size - 1):
        a, b = start[j], start[j + 1]
        if (
            b > a
            and wanted[j]
            and not _segment(
                a, b, position, treated, fixed, first_value, first, extra, lower, upper, rank, left, right, out
            )
        ):
            return out, j
    return out, -1
