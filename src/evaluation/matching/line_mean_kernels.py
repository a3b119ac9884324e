"""Compiled steps of full matching with a set number of controls: counting them, and meeting the number exactly.

All kernels live in this one file: a compiled cache only notices changes in its own file.
"""

from __future__ import annotations

import numba
import numpy as np

_compiled = numba.njit(cache=True, nogil=True)


@_compiled
def controls_used(start, treated, units, near, price):
    """Controls of each stretch that take units, or whose nearest treated point is closer than its price; int64 (k,)."""
    out = np.zeros(start.size - 1, np.int64)
    for k in range(out.size):
        for i in range(start[k], start[k + 1]):
            if not treated[i] and (units[i] > 0 or near[i] < price[k]):
                out[k] += 1
    return out


@_compiled
def step_across(a, b, treated, units, target, leaf, target_leaf, rank, missing):
    """Move ``units`` towards ``target`` until ``missing`` more controls are used. Both cost the same at one price.

    Their difference falls apart into exchanges of one unit between two points, each of which costs nothing and uses one
    control more, one less, or neither; so the number wanted is met on the way. Returns what is still missing.
    """
    n_free = 0
    free = np.empty(b - a, np.int64)
    for i in range(a, b):
        if target_leaf[i] and not leaf[i]:
            if units[i] > 0:
                leaf[i] = True
            else:
                free[n_free] = i
                n_free += 1
    order = np.argsort(~rank[2 * free[:n_free]])
    for j in range(min(n_free, missing)):
        leaf[free[order[j]]] = True
        missing -= 1
    if missing == 0:
        return missing
    waiting = np.empty(b - a, np.int64)  # points with differences not yet made up for, all of the same sign
    left = np.zeros(b - a, np.int64)
    n_waiting, sign = 0, 0
    for i in range(a, b):
        change = target[i] - units[i]
        step = 1 if change > 0 else -1
        effect = step if treated[i] else -step
        for _ in range(abs(change)):
            if n_waiting == 0 or effect == sign:
                sign = effect
                waiting[n_waiting] = i
                left[n_waiting] = step
                n_waiting += 1
                continue
            n_waiting -= 1
            for who, by in ((i, step), (waiting[n_waiting], left[n_waiting])):
                was = units[who] > 0 or leaf[who]
                units[who] += by
                if not treated[who]:
                    missing -= int(units[who] > 0 or leaf[who]) - int(was)
            if missing == 0:
                return missing
    return missing
