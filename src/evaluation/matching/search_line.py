"""The search on a line: the distance is that of the score, and controls lie sorted by it."""

from __future__ import annotations

import numba
import numpy as np

from evaluation.matching import kernels
from evaluation.matching.task import Task

_MARGIN = 1.000001  # beyond rounding


@numba.njit(cache=True, nogil=True)
def _candidates(value, treated, stratum, wanted, low, high):
    """Rows of controls in the strata wanted with a value from low to high, and their values; int64 and float64 (m,)."""
    rows, values = np.empty(value.size, np.int64), np.empty(value.size)
    m = 0
    for i in range(value.size):
        if not treated[i] and stratum[i] >= 0 and wanted[stratum[i]] and low <= value[i] <= high:
            rows[m], values[m] = i, value[i]
            m += 1
    return rows[:m], values[:m]


class LineSearch:
    """Controls sorted by stratum, value and tie hash, and where each treated unit stands among them."""

    def __init__(self, task: Task, rows: np.ndarray) -> None:
        self.task, self.rows = task, rows
        self.controls, start = self._lay_out()
        stratum = task.stratum[rows]
        self.value = task.value[rows]
        self.lo, self.hi = start[stratum], start[stratum + 1]
        # a negative caliper keeps those within it out of sight; then there is no outer limit
        apart = -task.caliper if task.caliper < 0 else -1.0
        self.before, self.at = kernels.insertion(self.value, self.lo, self.hi, self.score, apart)
        self.caliper = task.caliper if task.caliper >= 0 else np.inf
        self.gap_t = np.ascontiguousarray(task.gap_value[:, rows])
        self.gap_c = np.ascontiguousarray(task.gap_value[:, self.controls])
        self.want = np.full(rows.size, task.ratio, np.int64) if task.want is None else task.want[rows]

    def _lay_out(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the controls in order, and the bounds of the strata; sets score, tie and run beside."""
        task, rows = self.task, self.rows
        n_strata = int(task.stratum.max(initial=-1)) + 1
        wanted = np.zeros(n_strata, bool)
        wanted[task.stratum[rows]] = True
        low, high = -np.inf, np.inf
        if 0 <= task.caliper < np.inf and rows.size:
            # nobody outside the treated units' range and one caliper can be reached
            near = task.value[rows]
            low, high = near.min() - task.caliper * _MARGIN, near.max() + task.caliper * _MARGIN
        controls, score = _candidates(task.value, task.treated, task.stratum, wanted, low, high)
        order = np.argsort(score)
        controls = controls[order]
        if n_strata > 1:
            controls, start = kernels.group_by_stratum(controls, task.stratum, n_strata)
            self.score, stratum = task.value[controls], task.stratum[controls]
        else:
            start = np.array([0, controls.size])
            self.score, stratum = score[order], np.zeros(controls.size, np.int32)
        # few candidates are ever tied, so the hashes stay where they are instead of being sorted along
        self.tie = (controls, task.tie)
        self.run, unsorted = kernels.prepare(stratum, self.score, self.tie)
        if unsorted:
            kernels.sort_runs(controls, self.run, task.tie)
        return controls, start

    def _unused(self) -> tuple[np.ndarray, np.ndarray]:
        """Fresh union-find arrays, int32 (m + 1,) each."""
        positions = np.arange(self.score.size + 1, dtype=np.int32)
        return positions, positions.copy()

    def _arguments(self) -> tuple[object, ...]:
        task = self.task
        return (
            *(self.value, self.lo, self.hi, self.before, self.at, self.score, self.tie, self.run, *self._unused()),
            *(self.caliper, self.gap_t, self.gap_c, task.gap_limit, task.ratio, self.want),
        )

    def in_order(self, order: np.ndarray, far_first: bool) -> np.ndarray:
        """Rounds in a given order; positions int32 (n_t, ratio), -1 for none."""
        return kernels.match_in_order(order, *self._arguments(), self.task.capacity, far_first)

    def closest(self) -> np.ndarray:
        """Rounds with the closest pair first."""
        return kernels.match_closest(*self._arguments(), self.task.capacity, self.task.tie[self.rows])

    def with_reuse(self, ratio: int, only: np.ndarray | None = None) -> np.ndarray:
        """Nearest controls with reuse without limit, of all treated units or of some (bool)."""
        k = slice(None) if only is None else only
        want = self.want if only is None else np.full(int(only.sum()), ratio, np.int64)
        return kernels.match_with_reuse(
            *(self.value[k], self.lo[k], self.hi[k], self.before[k], self.at[k]),
            *(self.score, self.tie, self.run, *self._unused(), self.caliper),
            *(np.ascontiguousarray(self.gap_t[:, k]), self.gap_c, self.task.gap_limit, ratio, want),
        )
