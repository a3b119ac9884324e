"""Matching in risk sets given by intervals: all months in one pass, each treated unit among those at risk in its month.

Within a month a unit is used at most once (unless with replacement); across months reuse is free. A cap across months is
filled in chronological order: any other order would condition on the future.
"""

from __future__ import annotations

import numpy as np

from evaluation.matching import kernels, kernels_risk
from evaluation.matching.task import Intervals, Pairs, Task


def match_by_intervals(task: Task) -> Pairs:
    """Pairs of treated rows and rows at risk in their month; a control may be a row that is treated later."""
    intervals = task.intervals
    assert intervals is not None
    treated = np.flatnonzero(task.treated)
    usable = task.stratum[treated] >= 0
    rows = treated[usable]
    rows = rows[np.lexsort((*_turn(task, rows), intervals.start[rows]))]
    line_rows, start, line = _line(task)
    seekers = _seekers(task, rows, line[0], start)
    months = intervals.start[rows]
    bounds = np.append(np.flatnonzero(np.diff(months, prepend=-1)), months.size)
    caliper = task.caliper if task.caliper >= 0 else np.inf
    found = kernels_risk.match_months(
        bounds,
        seekers,
        line,
        caliper,
        task.gap_limit,
        task.ratio,
        task.capacity,
        task.cap,
        task.order == "closest",
        task.tie[rows],
    )
    who, slot = np.nonzero(found >= 0)
    control = line_rows[found[who, slot]]
    reached = found[:, 0] >= 0
    lonely = np.flatnonzero(~reached)
    reached[lonely] = kernels_risk.reaches(seekers, line, caliper, task.gap_limit, lonely)
    reachable = np.zeros(task.treated.size, bool)
    reachable[rows] = reached
    return Pairs(rows[who], control, task.distances(rows[who], control), reachable[treated])


def _turn(task: Task, rows: np.ndarray) -> tuple[np.ndarray, ...]:
    """Sort keys of the order within a month, the last being the first to count."""
    tie, value = task.tie[rows], task.value[rows]
    keys = {"largest": (tie, -value), "smallest": (tie, value), "random": (tie, task.lot[rows]), "data": (rows,)}
    return keys.get(task.order, (tie,))


def _line(task: Task) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, ...]]:
    """All rows in order of stratum, value and tie: rows, bounds of the strata, and their arrays."""
    rows = np.flatnonzero(task.stratum >= 0)
    rows = rows[np.argsort(task.value[rows])]
    rows, start = kernels.group_by_stratum(rows, task.stratum, int(task.stratum.max(initial=-1)) + 1)
    score = task.value[rows]
    run, unsorted = kernels.prepare(task.stratum[rows], score, (rows, task.tie))
    if unsorted:
        kernels.sort_runs(rows, run, task.tie)
    first, stop = task.intervals.first[rows], control_until(task.intervals)[rows]
    gaps = np.ascontiguousarray(task.gap_value[:, rows])
    return rows, start, (score, task.tie[rows], run, first, stop, gaps)


def control_until(intervals: Intervals) -> np.ndarray:
    """Last month in which each row is a control, int32 (n,): before its own start, and while at risk."""
    return np.minimum(intervals.last, intervals.start - 1)


def _seekers(task: Task, rows: np.ndarray, score: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, ...]:
    value, stratum = task.value[rows], task.stratum[rows]
    lo, hi = start[stratum], start[stratum + 1]
    before, at = kernels.insertion(value, lo, hi, score, -task.caliper if task.caliper < 0 else -1.0)
    earliest, latest = entry_window(task.intervals, rows)
    month = task.intervals.start[rows]
    return value, month, earliest, latest, lo, hi, before, at, np.ascontiguousarray(task.gap_value[:, rows])


def entry_window(intervals: Intervals, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First months at risk that a control of each row may have: at risk by the month, in the same class of elapsed months."""
    month, edges = intervals.start[rows], intervals.edges
    far = np.iinfo(np.int32).min // 2
    if edges.size == 0:
        return np.full(rows.size, far, np.int32), month.astype(np.int32)
    k = np.searchsorted(edges, month - intervals.first[rows], side="right") - 1
    ends = np.append(edges[1:], np.int32(-far))
    return np.maximum(month - ends[k] + 1, far).astype(np.int32), (month - edges[k]).astype(np.int32)


def sd_within_risk_sets(
    task_stratum: np.ndarray, value: np.ndarray, treated: np.ndarray, intervals: Intervals
) -> float:
    """SD of the axis within stratum, class and month, pooled over the groups (``sd_strata``); NaN where there is none.

    The groups are the treated in the month of their start, and every person-month at risk, as if each were a row.
    """
    used = np.flatnonzero(task_stratum >= 0)
    used = used[np.lexsort((intervals.first[used], intervals.last[used], value[used]))]
    rows = used[treated[used]]
    if rows.size == 0:
        return float("nan")
    centre = float(np.mean(value[rows]))
    x = value - centre
    edges = intervals.edges if intervals.edges.size else np.zeros(1, np.int32)
    month = intervals.start[rows]
    origin, n_months = int(month.min()), int(month.max() - month.min()) + 1
    n_strata = int(task_stratum.max()) + 1
    until = control_until(intervals)
    n, total, squares = kernels_risk.at_risk_sums(
        task_stratum[used], x[used], intervals.first[used], until[used], edges, n_strata, origin, n_months
    )
    k = np.searchsorted(edges, month - intervals.first[rows], side="right") - 1
    cell = (task_stratum[rows].astype(np.int64) * edges.size + k) * n_months + (month - origin)
    size = n_strata * edges.size * n_months
    n_t = np.bincount(cell, minlength=size)
    mean_t = np.bincount(cell, weights=x[rows], minlength=size) / np.maximum(n_t, 1)
    both = (n_t > 0) & (n.ravel() > 0.5)
    inside = both[cell]
    variances = []
    free_t = int(np.sum(n_t[both] - 1))
    if free_t > 0:
        variances.append(float(np.sum(np.sort((x[rows] - mean_t[cell])[inside] ** 2))) / free_t)
    n_c = n.ravel()[both]
    free_c = float(np.sum(n_c - 1))
    if free_c > 0:
        within = squares.ravel()[both] - total.ravel()[both] ** 2 / n_c
        variances.append(max(float(np.sum(within)), 0.0) / free_c)
    return float(np.sqrt(np.mean(variances))) if variances else float("nan")
