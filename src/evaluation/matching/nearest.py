"""Nearest-neighbour matching, within exact strata: on a line, in several dimensions, or by a given matrix.

Greedy, in rounds as MatchIt does it: with ``ratio`` k every treated unit gets one control in each of k rounds, and a unit
that finds none in a round has no further ones. Orders of a round:

- ``largest``, ``smallest``: by the score; ``data``: by row; ``random``: by a seeded hash of the id;
- ``closest``: the closest pair of all that are possible comes first, again and again;
- ``farthest``: by the distance to the nearest control left at the start of the round, descending (as MatchIt).

Ties: the lower hash of the id, see :mod:`evaluation.matching.ties`. Rows may come in any order (but for ``data``). For the
ATC the roles are exchanged: controls seek treated.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np

from evaluation.matching.search_line import LineSearch
from evaluation.matching.search_matrix import MatrixSearch
from evaluation.matching.search_risk import match_by_intervals
from evaluation.matching.search_tree import TreeSearch
from evaluation.matching.task import Pairs, Task


class Search(Protocol):
    """Finds the nearest controls left; positions among ``controls``."""

    rows: np.ndarray  # rows of the treated that seek, in row order
    controls: np.ndarray  # rows of the controls they may find

    def in_order(self, order: np.ndarray, far_first: bool) -> np.ndarray: ...

    def closest(self) -> np.ndarray: ...

    def with_reuse(self, ratio: int, only: np.ndarray | None = None) -> np.ndarray: ...


def match_nearest(task: Task) -> Pairs:
    """Match each treated unit to its nearest controls; see the module's text for the rules."""
    if task.estimand == "atc":
        matrix = None if task.matrix is None else np.ascontiguousarray(task.matrix.T)
        found = match_nearest(replace(task, treated=~task.treated, matrix=matrix, estimand="att"))
        return Pairs(found.control, found.treated, found.distance, found.reachable)
    if task.intervals is not None:
        return match_by_intervals(task)
    if task.cap:
        return _match_by_period(task)
    all_treated = np.flatnonzero(task.treated)
    usable = task.stratum[all_treated] >= 0
    rows = all_treated[usable]
    search: Search
    if task.matrix is not None:
        search = MatrixSearch(task, rows)
    elif task.coordinates is not None:
        search = TreeSearch(task, rows)
    else:
        search = LineSearch(task, rows)
    found = _match(task, search)

    slot = found >= 0
    who, _ = np.nonzero(slot)
    treated, control = rows[who], search.controls[found[slot]]
    reachable = np.zeros(all_treated.size, bool)
    reached = slot[:, 0].copy()
    lonely = ~reached
    if lonely.any():
        reached[lonely] = search.with_reuse(1, lonely)[:, 0] >= 0
    reachable[usable] = reached
    return Pairs(treated, control, task.distances(treated, control), reachable)


def _match_by_period(task: Task) -> Pairs:
    """Periods in the order of time, leaving out persons who have reached the cap on their uses."""
    uses = np.zeros(int(task.person.max(initial=-1)) + 1, np.int64)
    order = np.argsort(task.period, kind="stable")
    reachable = np.zeros(task.treated.size, bool)
    parts = []
    for rows in np.split(order, np.flatnonzero(np.diff(task.period[order])) + 1):
        if not (task.treated[rows] & (task.stratum[rows] >= 0)).any():
            continue
        spent = ~task.treated[rows] & (uses[task.person[rows]] >= task.cap)
        codes = np.unique(task.stratum[rows], return_inverse=True)
        stratum = np.where(spent | (task.stratum[rows] < 0), -1, codes[1]).astype(np.int32)
        part = replace(
            task,
            treated=task.treated[rows],
            value=task.value[rows],
            stratum=stratum,
            tie=task.tie[rows],
            lot=task.lot[rows],
            gap_value=np.ascontiguousarray(task.gap_value[:, rows]),
            want=None if task.want is None else task.want[rows],
            coordinates=None if task.coordinates is None else task.coordinates[rows],
            cap=0,
        )
        found = match_nearest(part)
        reachable[rows[part.treated]] = found.reachable
        uses += np.bincount(task.person[rows[found.control]], minlength=uses.size)
        parts.append((rows[found.treated], rows[found.control], found.distance))
    treated, control, distance = (np.concatenate(p) for p in zip(*parts, strict=True))
    return Pairs(treated, control, distance, reachable[task.treated])


def _match(task: Task, search: Search) -> np.ndarray:
    if task.capacity == 0:
        return search.with_reuse(task.ratio)
    if task.order == "closest":
        return search.closest()
    return search.in_order(_order(task, search.rows), task.order == "farthest")


def _order(task: Task, rows: np.ndarray) -> np.ndarray:
    """Order of the treated units in a round, int64 positions among the seekers."""
    tie, value = task.tie[rows], task.value[rows]
    if task.order == "data":
        return np.arange(rows.size)
    if task.order == "random":
        return np.lexsort((tie, task.lot[rows]))
    if task.order == "farthest":
        return np.argsort(tie, kind="stable")
    return np.lexsort((tie, value if task.order == "smallest" else -value))
