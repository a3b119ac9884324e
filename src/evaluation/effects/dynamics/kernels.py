"""Compiled arithmetic of the dynamic estimators.

All kernels live in this one file: a compiled cache only notices changes in its own file. Position -1 means "no row": arrays indexed
with it end in a row of zeros.
"""

from __future__ import annotations

import numba
import numpy as np

_compiled = numba.njit(cache=True, nogil=True)


@_compiled
def last_rows(month, first, unit, at):
    """Row of the last month at risk of each unit that is not after ``at``, -1 where there is none; int64 (m,).

    ``month`` (r,) rises within a unit; the rows of unit u are ``first[u]`` to ``first[u + 1] - 1``.
    """
    out = np.empty(unit.size, np.int64)
    for i in range(unit.size):
        low, high = first[unit[i]], first[unit[i] + 1]
        start = low
        while low < high:
            middle = (low + high) // 2
            if month[middle] <= at[i]:
                low = middle + 1
            else:
                high = middle
        out[i] = low - 1 if low > start else -1
    return out


@_compiled
def log_remaining(hazard, first):
    """Sum of -log(1 - h) over a unit's rows up to each row, float64 (r + 1,); the last entry is 0. Rows with h = 1 add nothing."""
    out = np.zeros(hazard.size + 1)
    for u in range(first.size - 1):
        total = 0.0
        for r in range(first[u], first[u + 1]):
            if hazard[r] < 1.0:
                total -= np.log1p(-hazard[r])
            out[r] = total
    return out


@_compiled
def unit_scores(residual, x, first):
    """Sum of (D - h) x over the rows of each unit, float64 (n, p)."""
    p = x.shape[1]
    out = np.zeros((first.size - 1, p))
    for u in range(first.size - 1):
        for r in range(first[u], first[u + 1]):
            here, row, v = x[r], out[u], residual[r]
            for j in range(p):
                row[j] += v * here[j]
    return out


@_compiled
def information(weight, x):
    """Sum of weight x x', float64 (p, p)."""
    rows, p = x.shape
    out = np.zeros((p, p))
    for r in range(rows):
        if weight[r] == 0.0:
            continue
        here = x[r]
        for i in range(p):
            scaled = weight[r] * here[i]
            if scaled != 0.0:
                row = out[i]
                for j in range(i + 1):
                    row[j] += scaled * here[j]
    for i in range(p):
        for j in range(i):
            out[j, i] = out[i, j]
    return out


@_compiled
def means_and_influence(y, w, treated, psi):
    """Weighted means of treated and controls, and each row's influence on their difference (filled into ``psi``); y may hold NaN."""
    total_t, total_c, sum_t, sum_c, base_t, base_c = 0.0, 0.0, 0.0, 0.0, np.nan, np.nan
    for i in range(y.size):
        if w[i] <= 0 or np.isnan(y[i]):
            continue
        if treated[i]:
            base_t = y[i] if total_t == 0 else base_t
            total_t += w[i]
            sum_t += w[i] * (y[i] - base_t)
        else:
            base_c = y[i] if total_c == 0 else base_c
            total_c += w[i]
            sum_c += w[i] * (y[i] - base_c)
    mean_t = base_t + sum_t / total_t if total_t > 0 else np.nan
    mean_c = base_c + sum_c / total_c if total_c > 0 else np.nan
    for i in range(y.size):
        psi[i] = 0.0
        if w[i] > 0 and not np.isnan(y[i]):
            psi[i] = w[i] * (y[i] - mean_t) / total_t if treated[i] else -w[i] * (y[i] - mean_c) / total_c
    return mean_t, mean_c


@_compiled
def leave_out_incomplete(values, sets, treated, n_sets):
    """Set outcomes (k, m) of a set to NaN, in place, where no treated or no control of it is observed."""
    k, m = values.shape
    for c in range(k):
        y = values[c]
        complete = True
        for i in range(m):
            if np.isnan(y[i]):
                complete = False
                break
        if complete:
            continue
        seen_t, seen_c = np.zeros(n_sets, np.bool_), np.zeros(n_sets, np.bool_)
        for i in range(m):
            if not np.isnan(y[i]):
                if treated[i]:
                    seen_t[sets[i]] = True
                else:
                    seen_c[sets[i]] = True
        for i in range(m):
            if not (seen_t[sets[i]] and seen_c[sets[i]]):
                y[i] = np.nan


@_compiled
def weighted_terms(hazard, x, first):
    """Sum of h x over a unit's rows up to each row, float64 (r + 1, p); the last row is 0. Rows with h = 1 add nothing."""
    rows, p = x.shape
    out = np.zeros((rows + 1, p))
    for u in range(first.size - 1):
        total = np.zeros(p)
        for r in range(first[u], first[u + 1]):
            h = hazard[r] if hazard[r] < 1.0 else 0.0
            here, row = x[r], out[r]
            for j in range(p):
                total[j] += h * here[j]
                row[j] = total[j]
    return out


@_compiled
def _add(weight, i, x, out):
    """Add weight[c, i] times x (p,) to each row c of out (k, p)."""
    for c in range(out.shape[0]):
        v = weight[c, i]
        if v != 0.0:
            row = out[c]
            for j in range(x.size):
                row[j] += v * x[j]


@_compiled
def passed(psi, moves, low, high, terms):
    """Sum over controls of psi times the sum over k = s+1..T of R h x, float64 (k, p).

    ``psi`` is (k, m), ``moves`` says which rows' weights follow the hazard, ``low`` and ``high`` are rows of ``terms`` (:func:`weighted_terms`) at s and T.
    """
    k, m = psi.shape
    p = terms.shape[1]
    out = np.zeros((k, p))
    difference = np.empty(p)
    for i in range(m):
        if not moves[i] or high[i] == low[i]:
            continue
        # rows as slices: an index with an offset is checked for wrap-around, which keeps the loops narrow
        until, since = terms[high[i]], terms[low[i]]
        for j in range(p):
            difference[j] = until[j] - since[j]
        _add(psi, i, difference, out)
    return out


@_compiled
def carried(psi, moves, low, high, first, hazard, out):
    """What each row carries of the sum over controls of psi times the sum over k = s+1..T of R h x, filled into ``out`` (k, r) of zeros.

    Many controls pass the same row: what they carry is added up first, so that :func:`weighted_sums` reads each x once. ``psi`` is (k, m), ``moves``
    says which rows' weights follow the hazard, ``low`` and ``high`` are rows at s and T, ``first`` the first row of each unit. Rows with h = 1 carry
    nothing.
    """
    k, m = psi.shape
    for i in range(m):
        if moves[i] and high[i] != low[i]:
            for c in range(k):
                out[c, high[i]] += psi[c, i]
                if low[i] >= 0:
                    out[c, low[i]] -= psi[c, i]
    for c in range(k):
        row = out[c]
        for u in range(first.size - 1):
            total = 0.0
            for r in range(first[u + 1] - 1, first[u] - 1, -1):
                total += row[r]
                row[r] = total * hazard[r] if hazard[r] < 1.0 else 0.0


@_compiled
def carried_at(psi, moves, low, out):
    """Add to ``out`` (k, r) what the rows at s carry by their odds h / (1 - h), whose derivative is x times the odds: psi."""
    k, m = psi.shape
    for i in range(m):
        if moves[i]:
            for c in range(k):
                out[c, low[i]] += psi[c, i]


@_compiled
def weighted_sums(weight, x):
    """Sum over rows of weight x, float64 (k, p), for weights (k, r) and x (r, p)."""
    k, rows = weight.shape
    p = x.shape[1]
    out = np.zeros((k, p))
    for r in range(rows):
        _add(weight, r, x[r], out)
    return out


@_compiled
def estimated_parts(scores, direction):
    """scores (n, p) times direction (k, p) transposed, float64 (k, n), in one fixed order."""
    n, p = scores.shape
    out = np.zeros((direction.shape[0], n))
    for u in range(n):
        for c in range(direction.shape[0]):
            total = 0.0
            for j in range(p):
                total += scores[u, j] * direction[c, j]
            out[c, u] = total
    return out


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _dot(a, b):
    total = 0.0
    for j in range(a.size):
        total += a[j] * b[j]
    return total


@_compiled
def sizes_and_squares(y, w, sets, local, place, treated, psi, scores, direction, n_sets, cells, n_cells):
    """Counts, effective numbers and sums of squares by cluster of one outcome, float64 (16,).

    n_treated, control units, ess treated, ess controls, cells, sets, units; then for the difference the squares by set, unit and cell, for the treated
    mean by unit and cell, for the control mean by set, unit and cell; last the treated units. ``cells`` (m,) codes the units in their sets, each row its own
    where ``n_cells`` is m. ``local`` numbers the units of the sample, ``place`` (n,) is each one's row of
    ``scores``. Estimating the hazard adds ``scores @ direction`` to each unit's influence; here only the products of that with the units' own influence are
    counted, since the square of the rest is the same for every sample.
    """
    n = place.size
    by_set, set_c = np.zeros(n_sets), np.zeros(n_sets)
    unit_t, unit_c = np.zeros(n), np.zeros(n)
    weight_t, weight_c = np.zeros(n), np.zeros(n)
    seen_set, seen_unit = np.zeros(n_sets, np.bool_), np.zeros(n, np.bool_)
    out = np.zeros(16)
    apart = n_cells == y.size
    size = 0 if apart else n_cells
    cell_t, cell_c, seen_cell = np.zeros(size), np.zeros(size), np.zeros(size, np.bool_)
    for i in range(y.size):
        if w[i] <= 0 or np.isnan(y[i]):
            continue
        s, u = sets[i], local[i]
        seen_set[s], seen_unit[u] = True, True
        by_set[s] += psi[i]
        out[4] += 1
        if not apart:
            seen_cell[cells[i]] = True
            if treated[i]:
                cell_t[cells[i]] += psi[i]
            else:
                cell_c[cells[i]] += psi[i]
        if treated[i]:
            out[0] += 1
            weight_t[u] += w[i]
            unit_t[u] += psi[i]
            out[11] += psi[i] ** 2
        else:
            weight_c[u] += w[i]
            set_c[s] += psi[i]
            unit_c[u] += psi[i]
            out[14] += psi[i] ** 2
    out[9] = out[11] + out[14]
    if not apart:
        out[4], out[9], out[11], out[14] = seen_cell.sum(), 0.0, 0.0, 0.0
        for j in range(n_cells):
            out[9] += (cell_t[j] + cell_c[j]) ** 2
            out[11] += cell_t[j] ** 2
            out[14] += cell_c[j] ** 2
    for u in range(n):
        if not seen_unit[u]:
            continue
        estimated = _dot(scores[place[u]], direction)
        out[8] += (unit_t[u] + unit_c[u]) * (unit_t[u] + unit_c[u] + 2 * estimated)
        out[10] += unit_t[u] ** 2
        out[13] += unit_c[u] * (unit_c[u] + 2 * estimated)
        if weight_c[u] > 0:
            out[1] += 1
        if weight_t[u] > 0:
            out[15] += 1
    for s in range(n_sets):
        out[7] += by_set[s] ** 2
        out[12] += set_c[s] ** 2
    for side, weight in ((2, weight_t), (3, weight_c)):
        total, squares = 0.0, 0.0
        for u in range(n):
            total += weight[u]
            squares += weight[u] ** 2
        out[side] = total * total / squares if squares > 0 else 0.0
    out[5], out[6] = seen_set.sum(), seen_unit.sum()
    return out
