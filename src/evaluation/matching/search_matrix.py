"""The search in a given matrix of distances, for data small enough to hold one: plain, round by round."""

from __future__ import annotations

import numba
import numpy as np

from evaluation.matching.task import Task

_compiled = numba.njit(cache=True, nogil=True)


@_compiled
def _best(distance, allowed, tie, open_, t):
    pick, best = -1, np.inf
    for c in range(distance.shape[1]):
        d = distance[t, c]
        if open_[c] and allowed[t, c] and (d < best or (d == best and pick >= 0 and tie[c] < tie[pick])):
            pick, best = c, d
    return pick, best


@_compiled
def _rounds(order, distance, allowed, tie, t_tie, ratio, capacity, mode):
    """Modes: 0 in the given order, 1 farthest first, 2 the closest pair first; ``capacity`` 0 is without limit."""
    n, m = distance.shape
    out = np.full((n, ratio), -1, np.int32)
    used, open_ = np.zeros(m, np.int64), np.ones(m, np.bool_)
    for k in range(ratio):
        turn = order
        waiting = np.empty(n, np.bool_)
        for t in range(n):
            waiting[t] = k == 0 or out[t, k - 1] >= 0
        if mode == 1:
            far = np.full(n, -1.0)
            for t in range(n):
                if waiting[t]:
                    pick, best = _best(distance, allowed, tie, open_, t)
                    if pick >= 0:
                        far[t] = best
            turn = order[np.argsort(-far[order], kind="mergesort")]
        picks, gaps = np.full(n, -1, np.int64), np.full(n, np.inf)
        if mode == 2:
            for t in range(n):
                if waiting[t]:
                    picks[t], gaps[t] = _best(distance, allowed, tie, open_, t)
        for i in range(n):
            t = turn[i]
            if mode == 2:
                t = -1
                for u in range(n):
                    if picks[u] >= 0 and (t < 0 or gaps[u] < gaps[t] or (gaps[u] == gaps[t] and t_tie[u] < t_tie[t])):
                        t = u
                if t < 0:
                    break
                pick = picks[t]
                picks[t], gaps[t], waiting[t] = -1, np.inf, False
            elif waiting[t]:
                pick, _ = _best(distance, allowed, tie, open_, t)
            else:
                continue
            if pick < 0:
                continue
            out[t, k] = pick
            allowed[t, pick] = False
            used[pick] += 1
            if used[pick] == capacity:
                open_[pick] = False
                for u in range(n):
                    if mode == 2 and picks[u] == pick:
                        picks[u], gaps[u] = _best(distance, allowed, tie, open_, u)
    return out


class MatrixSearch:
    """A dense matrix and the pairs that strata, calipers and infinite distances leave possible."""

    def __init__(self, task: Task, rows: np.ndarray) -> None:
        self.task, self.rows = task, rows
        self.controls = np.flatnonzero(~task.treated & (task.stratum >= 0))
        place_t = np.cumsum(task.treated)[rows] - 1
        place_c = np.cumsum(~task.treated)[self.controls] - 1
        self.distance = np.ascontiguousarray(task.matrix[np.ix_(place_t, place_c)])
        allowed = task.stratum[rows][:, None] == task.stratum[self.controls][None, :]
        allowed &= np.isfinite(self.distance) & (self.distance <= task.caliper)
        for value, limit in zip(task.gap_value, task.gap_limit, strict=True):
            gap = np.abs(value[rows][:, None] - value[self.controls][None, :])
            allowed &= gap <= limit if limit >= 0 else gap > -limit
        self.allowed = allowed

    def _run(self, order: np.ndarray, ratio: int, capacity: int, mode: int, k: slice | np.ndarray) -> np.ndarray:
        tie = self.task.tie
        return _rounds(
            order,
            np.ascontiguousarray(self.distance[k]),
            np.ascontiguousarray(self.allowed[k]).copy(),
            tie[self.controls],
            tie[self.rows[k]],
            ratio,
            capacity,
            mode,
        )

    def in_order(self, order: np.ndarray, far_first: bool) -> np.ndarray:
        """Rounds in a given order; positions int32 (n_t, ratio), -1 for none."""
        return self._run(order, self.task.ratio, self.task.capacity, int(far_first), slice(None))

    def closest(self) -> np.ndarray:
        """Rounds with the closest pair first."""
        return self._run(np.arange(self.rows.size), self.task.ratio, self.task.capacity, 2, slice(None))

    def with_reuse(self, ratio: int, only: np.ndarray | None = None) -> np.ndarray:
        """Nearest controls with reuse without limit, of all treated units or of some (bool)."""
        k = slice(None) if only is None else only
        n = self.rows[k].size
        return self._run(np.arange(n), ratio, 0, 0, k)
