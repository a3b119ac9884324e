"""The search in several dimensions, with or without a caliper on the score."""

from __future__ import annotations

import numpy as np

from evaluation.matching import kernels_tree as kernels
from evaluation.matching.task import Task


class TreeSearch:
    """Trees of the controls by stratum; each answers in time that grows slowly with its size."""

    def __init__(self, task: Task, rows: np.ndarray) -> None:
        self.task, self.rows = task, rows
        n_strata = int(task.stratum.max(initial=-1)) + 1
        wanted = np.zeros(n_strata + 1, bool)
        wanted[task.stratum[rows]] = True
        wanted[n_strata] = False
        controls = np.flatnonzero(wanted[task.stratum] & ~task.treated)
        controls = controls[np.argsort(task.stratum[controls], kind="stable")]
        counts = np.bincount(task.stratum[controls], minlength=n_strata)
        start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        value = np.zeros(task.treated.size) if np.isinf(task.caliper) else task.value
        self.tree = kernels.build(task.coordinates, value, controls, start)  # reorders the controls
        self.controls = controls
        self.points = (
            np.ascontiguousarray(task.coordinates[controls]),
            value[controls],
            task.tie[controls],
            np.ascontiguousarray(task.gap_value[:, controls]),
        )
        self.seekers = self._seekers(rows, value)
        self.rules = (float(task.caliper), task.gap_limit)
        self.value = value

    def _seekers(self, rows: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, ...]:
        task = self.task
        return (
            np.ascontiguousarray(task.coordinates[rows]),
            value[rows],
            task.stratum[rows].astype(np.int64),
            np.ascontiguousarray(task.gap_value[:, rows]),
        )

    def in_order(self, order: np.ndarray, far_first: bool) -> np.ndarray:
        """Rounds in a given order; positions int32 (n_t, ratio), -1 for none."""
        task = self.task
        return kernels.match_in_order(
            order, self.seekers, self.points, self.tree, self.rules, task.ratio, task.capacity, far_first
        )

    def closest(self) -> np.ndarray:
        """Rounds with the closest pair first."""
        task = self.task
        return kernels.match_closest(
            self.seekers, self.points, self.tree, self.rules, task.ratio, task.capacity, task.tie[self.rows]
        )

    def with_reuse(self, ratio: int, only: np.ndarray | None = None) -> np.ndarray:
        """Nearest controls with reuse without limit, of all treated units or of some (bool)."""
        seekers = self.seekers if only is None else self._seekers(self.rows[only], self.value)
        return kernels.match_with_reuse(seekers, self.points, self.tree, self.rules, ratio)
