"""Nearest-neighbour matching on a line, within exact strata, in near linear time.

Greedy, in rounds as MatchIt does it: with ``ratio`` k every treated unit gets one control in each of k rounds, and a unit
that finds none in a round has no further ones. Orders of a round:

- ``largest``, ``smallest``: by the score; ``data``: by row; ``random``: by a seeded hash of the id;
- ``closest``: the closest pair of all that are possible comes first, again and again;
- ``farthest``: by the distance to the nearest control left at the start of the round, descending (as MatchIt).

Ties: the lower hash of the id, see :mod:`evaluation.matching.ties`. Rows may come in any order (but for ``data``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.matching import kernels
from evaluation.matching.task import Pairs, Task


@dataclass(frozen=True)
class _Line:
    """Controls sorted by stratum, value and tie hash, and where each treated unit stands among them."""

    controls: np.ndarray  # rows of the frame, int64 (m,)
    score: np.ndarray
    tie: np.ndarray
    run: np.ndarray
    gap: np.ndarray  # covariates with a caliper, float64 (c, m)

    def unused(self) -> tuple[np.ndarray, np.ndarray]:
        """Fresh union-find arrays, int32 (m + 1,) each."""
        positions = np.arange(self.score.size + 1, dtype=np.int32)
        return positions, positions.copy()


@dataclass(frozen=True)
class _Seekers:
    """Treated units: rows, value, their stratum's stretch of the line and their place in it."""

    rows: np.ndarray
    value: np.ndarray
    lo: np.ndarray
    hi: np.ndarray
    at: np.ndarray
    gap: np.ndarray

    def only(self, keep: np.ndarray) -> _Seekers:
        return _Seekers(
            self.rows[keep],
            self.value[keep],
            self.lo[keep],
            self.hi[keep],
            self.at[keep],
            np.ascontiguousarray(self.gap[:, keep]),
        )


def match_nearest(task: Task) -> Pairs:
    """Match each treated unit to its nearest controls; see the module's text for the rules."""
    all_treated = np.flatnonzero(task.treated)
    rows = all_treated[task.stratum[all_treated] >= 0]
    line, start = _line(task, rows)
    seekers = _seekers(task, rows, line, start)
    found = _match(task, line, seekers)

    slot = found >= 0
    who, _ = np.nonzero(slot)
    treated, control = rows[who], line.controls[found[slot]]
    distance = np.abs(task.value[treated] - task.value[control])

    reachable = np.zeros(all_treated.size, bool)
    matched = slot[:, 0]
    lonely = seekers.only(~matched)
    reached = matched.copy()
    reached[~matched] = _with_reuse(task, line, lonely, 1)[:, 0] >= 0
    reachable[task.stratum[all_treated] >= 0] = reached
    return Pairs(treated, control, distance, reachable)


def _line(task: Task, rows: np.ndarray) -> tuple[_Line, np.ndarray]:
    n_strata = int(task.stratum.max(initial=-1)) + 1
    wanted = np.zeros(n_strata + 1, bool)
    wanted[task.stratum[rows]] = True
    wanted[n_strata] = False  # rows with stratum -1 read this last place
    usable = wanted[task.stratum] if n_strata > 1 else task.stratum >= 0
    usable &= ~task.treated
    if np.isfinite(task.caliper) and rows.size:
        # nobody outside the treated units' range and one caliper can be reached
        near = task.value[rows]
        usable &= (task.value >= near.min() - task.caliper * 1.000001) & (
            task.value <= near.max() + task.caliper * 1.000001
        )
    controls = np.flatnonzero(usable)
    controls = controls[np.argsort(task.value[controls])]
    if n_strata > 1:
        controls, start = kernels.group_by_stratum(controls, task.stratum, n_strata)
    else:
        start = np.array([0, controls.size])
    score, tie = task.value[controls], task.tie[controls]
    run, unsorted = kernels.prepare(task.stratum[controls], score, tie)
    if unsorted:
        kernels.sort_runs(controls, run, task.tie)
        tie = task.tie[controls]
    return _Line(controls, score, tie, run, np.ascontiguousarray(task.gap_value[:, controls])), start


def _seekers(task: Task, rows: np.ndarray, line: _Line, start: np.ndarray) -> _Seekers:
    value, stratum = task.value[rows], task.stratum[rows]
    lo, hi = start[stratum], start[stratum + 1]
    at = kernels.insertion(value, lo, hi, line.score)
    return _Seekers(rows, value, lo, hi, at, np.ascontiguousarray(task.gap_value[:, rows]))


def _match(task: Task, line: _Line, seekers: _Seekers) -> np.ndarray:
    if task.capacity == 0:
        return _with_reuse(task, line, seekers, task.ratio)
    left, right = line.unused()
    places = (seekers.value, seekers.lo, seekers.hi, seekers.at, line.score, line.tie, line.run, left, right)
    rules = (task.caliper, seekers.gap, line.gap, task.gap_limit, task.ratio, task.capacity)
    if task.order == "closest":
        return kernels.match_closest(*places, *rules, task.tie[seekers.rows])
    return kernels.match_in_order(_order(task, seekers), *places, *rules, task.order == "farthest")


def _with_reuse(task: Task, line: _Line, seekers: _Seekers, ratio: int) -> np.ndarray:
    left, right = line.unused()
    return kernels.match_with_reuse(
        seekers.value,
        seekers.lo,
        seekers.hi,
        seekers.at,
        line.score,
        line.tie,
        line.run,
        left,
        right,
        task.caliper,
        seekers.gap,
        line.gap,
        task.gap_limit,
        ratio,
    )


def _order(task: Task, seekers: _Seekers) -> np.ndarray:
    """Order of the treated units in a round, int64 positions among the seekers."""
    tie = task.tie[seekers.rows]
    if task.order == "data":
        return np.arange(seekers.rows.size)
    if task.order == "random":
        return np.lexsort((tie, task.lot[seekers.rows]))
    if task.order == "farthest":
        return np.argsort(tie, kind="stable")
    return np.lexsort((tie, seekers.value if task.order == "smallest" else -seekers.value))
