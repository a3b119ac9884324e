"""Compiled arithmetic of weighted means: one pass per outcome over the memberships.

All kernels live in this one file: a compiled cache only notices changes in its own file.
"""

from __future__ import annotations

import numba
import numpy as np

_compiled = numba.njit(cache=True, nogil=True)

# Columns of ``moments``' result
TREATED_MEAN, CONTROL_MEAN, N_TREATED, N_CONTROL_UNITS, ESS_TREATED, ESS_CONTROL, N_ROWS, N_SETS, N_UNITS = range(9)
# then for each contrast (difference, treated mean, control mean): raw sums of squares by set, unit and cell
SQUARES = 9
N_TREATED_UNITS = 18
N_STATISTICS = 19


@_compiled
def weights_and_influence(y, sets, units, treated, weight, n_sets, has_sets, w, psi_t, psi_c):
    """Weights of the rows observed, and influence of each row on both Hájek means; arrays (m,) are filled in place.

    Rows with NaN weigh 0. In a set, the observed controls weigh together what its observed treated do; a set that misses
    one side weighs 0. Returns the two means (NaN when a side has no weight).
    """
    m = y.size
    side_t, side_c = np.zeros(n_sets), np.zeros(n_sets)
    if has_sets:
        for i in range(m):
            if not np.isnan(y[i]):
                if treated[i]:
                    side_t[sets[i]] += weight[i]
                else:
                    side_c[sets[i]] += weight[i]
    # sums of deviations from a side's first value: exactly zero where a side does not vary
    total_t, total_c, sum_t, sum_c, base_t, base_c = 0.0, 0.0, 0.0, 0.0, np.nan, np.nan
    for i in range(m):
        w[i] = 0.0
        if np.isnan(y[i]):
            continue
        s = sets[i]
        if not has_sets:
            w[i] = weight[i]
        elif side_t[s] > 0 and side_c[s] > 0:
            w[i] = weight[i] if treated[i] else weight[i] * (side_t[s] / side_c[s])
        if w[i] <= 0:
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
    for i in range(m):
        psi_t[i], psi_c[i] = 0.0, 0.0
        if w[i] > 0:
            if treated[i]:
                psi_t[i] = w[i] * (y[i] - mean_t) / total_t
            else:
                psi_c[i] = w[i] * (y[i] - mean_c) / total_c
    return mean_t, mean_c


@_compiled
def _sum_of_squares(values):
    total = 0.0
    for v in values:
        total += v * v
    return total


@_compiled
def _effective(weights):
    total, squares, n = 0.0, 0.0, 0
    for v in weights:
        if v > 0:
            total += v
            squares += v * v
            n += 1
    return (total * total / squares if squares > 0 else 0.0), n


@_compiled
def moments(outcomes, sets, units, treated, weight, n_sets, n_units, has_sets, cells):
    """Means, counts and cluster sums of squares of each outcome, float64 (k, N_STATISTICS); outcomes are (k, m).

    ``cells`` (m,) codes what two-way clustering takes off once: the persons in their sets, each row its own where nobody stands twice in one.
    """
    k, m = outcomes.shape
    out = np.full((k, 19), np.nan)
    n_cells = 0
    for i in range(m):
        n_cells = max(n_cells, cells[i] + 1)
    apart = n_cells == m
    cell_t, cell_c, seen_cell = np.zeros(n_cells), np.zeros(n_cells), np.zeros(n_cells, np.bool_)
    w, psi_t, psi_c = np.empty(m), np.empty(m), np.empty(m)
    for column in range(k):
        row = out[column]
        row[0], row[1] = weights_and_influence(
            outcomes[column], sets, units, treated, weight, n_sets, has_sets, w, psi_t, psi_c
        )
        set_t, set_c = np.zeros(n_sets), np.zeros(n_sets)
        unit_t, unit_c = np.zeros(n_units), np.zeros(n_units)
        weight_t, weight_c = np.zeros(n_units), np.zeros(n_units)
        seen_set, seen_unit = np.zeros(n_sets, np.bool_), np.zeros(n_units, np.bool_)
        n_treated, n_rows = 0, 0
        squares_t, squares_c = 0.0, 0.0
        if not apart:
            cell_t[:], cell_c[:], seen_cell[:] = 0.0, 0.0, False
        for i in range(m):
            if w[i] <= 0:
                continue
            n_rows += 1
            if not apart:
                seen_cell[cells[i]] = True
                cell_t[cells[i]] += psi_t[i]
                cell_c[cells[i]] += psi_c[i]
            s, u = sets[i], units[i]
            seen_set[s], seen_unit[u] = True, True
            if treated[i]:
                n_treated += 1
                weight_t[u] += w[i]
                set_t[s] += psi_t[i]
                unit_t[u] += psi_t[i]
                squares_t += psi_t[i] ** 2
            else:
                weight_c[u] += w[i]
                set_c[s] += psi_c[i]
                unit_c[u] += psi_c[i]
                squares_c += psi_c[i] ** 2
        row[2] = n_treated
        row[4], row[18] = _effective(weight_t)
        row[5], row[3] = _effective(weight_c)
        squares = squares_t + squares_c
        if not apart:
            n_rows = seen_cell.sum()
            squares_t, squares_c = _sum_of_squares(cell_t), _sum_of_squares(cell_c)
            squares = _sum_of_squares(cell_t - cell_c)
        row[6], row[7], row[8] = n_rows, seen_set.sum(), seen_unit.sum()
        row[9], row[10], row[11] = _sum_of_squares(set_t - set_c), _sum_of_squares(unit_t - unit_c), squares
        row[12], row[13], row[14] = _sum_of_squares(set_t), _sum_of_squares(unit_t), squares_t
        row[15], row[16], row[17] = _sum_of_squares(set_c), _sum_of_squares(unit_c), squares_c
    return out


@_compiled
def influence(outcomes, sets, units, treated, weight, n_sets, has_sets):
    """Influence of each membership on each difference of means, float64 (k, m), and the rows used, bool (k, m)."""
    k, m = outcomes.shape
    psi = np.empty((k, m))
    used = np.empty((k, m), np.bool_)
    w, psi_t, psi_c = np.empty(m), np.empty(m), np.empty(m)
    for column in range(k):
        weights_and_influence(outcomes[column], sets, units, treated, weight, n_sets, has_sets, w, psi_t, psi_c)
        for i in range(m):
            psi[column, i] = psi_t[i] - psi_c[i]
            used[column, i] = w[i] > 0
    return psi, used
