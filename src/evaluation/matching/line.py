"""Points of a matching task on a line, stretch by stretch, and pairs from the cheapest flow among them.

What optimal pair and optimal full matching share. Ties: points with the same value stand in the order of their hash, treated
first, and of two equally good units the one with the lower hash is used; the order of the rows changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.matching import kernels, line_flow_kernels, line_region_kernels
from evaluation.matching.task import Task

_HIGH_BIT = np.uint64(1) << np.uint64(63)
# A little more than a caliper: a first, coarse cut only, so that rounding can't lose a pair at the limit
_MARGIN = 1.000001


@dataclass(frozen=True)
class Line:
    """Points sorted by stretch (exact stratum), position, group (treated first) and hash.

    Attributes
    ----------
    point
        Whom each place on the line belongs to: rows of the frame, or places of the line it was taken from; int64 (n,).
    start
        First place of each stretch, int64 (k + 1,).
    position, treated, tie
        float64, bool, uint64 (n,).
    caliper
        Largest distance of a pair, inclusive.
    """

    point: np.ndarray
    start: np.ndarray
    position: np.ndarray
    treated: np.ndarray
    tie: np.ndarray
    caliper: float

    @property
    def size(self) -> int:
        return self.position.size

    def only(self, keep: np.ndarray) -> Line:
        """The points where ``keep`` holds; their ``point`` is the place on this line."""
        place = np.flatnonzero(keep)
        before = np.zeros(keep.size + 1, np.int64)
        np.cumsum(keep, out=before[1:])
        return Line(place, before[self.start], self.position[place], self.treated[place], self.tie[place], self.caliper)

    def exchanged(self) -> Line:
        """The same points with the groups' roles exchanged."""
        return Line(self.point, self.start, self.position, ~self.treated, self.tie, self.caliper)

    def reach(self, *, treated: bool) -> tuple[Line, Line, np.ndarray, np.ndarray]:
        """One group, the other, and the window of each point of the first on the second: first, one past last."""
        own, other = self.only(self.treated == treated), self.only(self.treated != treated)
        first, last = line_region_kernels.windows(own.start, own.position, other.start, other.position, self.caliper)
        return own, other, first, last

    def excess(self, *, treated: bool, need: int, room: int) -> tuple[np.ndarray, np.ndarray]:
        """Points of one group in excess of the other, and the points of the other that they use up; bool (n,) each.

        See :func:`evaluation.matching.line_region_kernels.excess`.
        """
        own, other, first, last = self.reach(treated=treated)
        short, wanted = line_region_kernels.excess(own.start, first, last, other.size, need, room)
        out = np.zeros((2, self.size), bool)
        out[0, own.point[short]] = True
        out[1, other.point[wanted]] = True
        return out[0], out[1]


def line_of(task: Task) -> Line:
    """The line of a task: the rows that may be matched, without strata that lack a group."""
    strata = task.stratum
    n_strata = int(strata.max(initial=-1)) + 1
    usable = strata >= 0
    both = np.ones(n_strata + 1, bool)
    both[n_strata] = False  # rows with stratum -1 read this last place
    for group in (task.treated, ~task.treated):
        both[:-1] &= np.bincount(strata[usable & group], minlength=n_strata) > 0
    usable = both[strata]
    if np.isfinite(task.caliper) and usable.any():
        near = task.value[usable & task.treated]
        width = task.caliper * _MARGIN
        usable &= (task.value >= near.min() - width) & (task.value <= near.max() + width)
    rows = np.flatnonzero(usable)
    rows = rows[np.argsort(task.value[rows])]
    rows, start = kernels.group_by_stratum(rows, strata, n_strata)
    # treated first among equal values: their hashes keep the highest bit clear
    key = np.where(task.treated, np.uint64(0), _HIGH_BIT) | (task.tie >> np.uint64(1))
    run, unsorted = kernels.prepare(strata[rows], task.value[rows], (rows, key))
    if unsorted:
        kernels.sort_runs(rows, run, key)
    return Line(rows, start, task.value[rows], task.treated[rows], task.tie[rows], task.caliper)


def reachable(task: Task, line: Line) -> np.ndarray:
    """Which of the rows that seek (``task.focal``) have a partner within the caliper, in row order; bool (n_focal,)."""
    own, _, first, last = line.reach(treated=task.estimand != "atc")
    reached = np.zeros(task.treated.size, bool)
    reached[line.point[own.point[first < last]]] = True
    return reached[task.focal]


@dataclass(frozen=True)
class Units:
    """Units that each point of a line gives or takes; arrays of shape (n,).

    ``fixed`` are compulsory. Doing without one ``first`` unit costs ``value``, doing without the ``extra`` ones nothing; see
    :mod:`evaluation.matching.line_flow_kernels`.
    """

    fixed: np.ndarray
    first: np.ndarray
    value: np.ndarray
    extra: np.ndarray

    @classmethod
    def of(
        cls,
        line: Line,
        *,
        treated: tuple[int, int, int],
        control: tuple[int, int, int],
        value: np.ndarray | float = 0.0,
    ) -> Units:
        """The same fixed, first and extra units for all points of a group; ``value`` holds for the first units."""
        fixed, first, extra = (
            np.where(line.treated, np.int32(t), np.int32(c)) for t, c in zip(treated, control, strict=True)
        )
        return cls(fixed, first, value if isinstance(value, np.ndarray) else np.full(line.size, value), extra)

    def known(self, line: Line) -> bool | None:
        """Which group's units leave no choice: True the treated's, False the controls', None neither's."""
        free = (self.first > 0) | (self.extra > 0)
        for group in (True, False):
            if not np.any(free & (line.treated == group)):
                return group
        return None


class Flow:
    """The flow of least cost between the groups of a line, all of whose pairs are within the caliper.

    A finite caliper asks for units that are known in one group: they turn it into bounds of the state, see
    :func:`evaluation.matching.line_region_kernels.state_bounds`.
    """

    def __init__(self, line: Line, units: Units) -> None:
        self._line, self._units, self._ranks = line, units, ranks(line)
        known = units.known(line)
        if known is None and np.isfinite(line.caliper):
            raise AssertionError("A caliper needs units that are known in one group")
        if known is None:
            most = np.full(line.size, np.iinfo(np.int64).max // 4)
            self._lower, self._upper = -most, most
        else:
            self._lower, self._upper = line_region_kernels.state_bounds(
                line.start, line.position, line.treated, units.fixed, known, line.caliper
            )

    def solve(self, value: np.ndarray | None = None, wanted: np.ndarray | None = None) -> np.ndarray:
        """Units of each point, int64 (n,).

        Parameters
        ----------
        value
            Value of the first units, float64 (n,); by default that of the units given.
        wanted
            The stretches to solve, bool (k,); all by default.
        """
        line, units = self._line, self._units
        out, failed = line_flow_kernels.cheapest_flow(
            line.start,
            np.ones(line.start.size - 1, bool) if wanted is None else wanted,
            line.position,
            line.treated,
            units.fixed,
            units.value if value is None else value,
            units.first,
            units.extra,
            self._lower,
            self._upper,
            self._ranks,
        )
        if failed >= 0:
            raise AssertionError("The points of a stretch cannot meet their compulsory units")
        return out


def ranks(line: Line) -> np.ndarray:
    """Order of equal steps, uint64 (2n,): of two equal units the one with the lower hash is used, first ones before extra."""
    lower_is_used = np.where(line.treated, line.tie, ~line.tie) >> np.uint64(1)
    out = np.empty(2 * line.size, np.uint64)
    out[0::2] = np.where(line.treated, lower_is_used, lower_is_used | _HIGH_BIT)
    out[1::2] = np.where(line.treated, lower_is_used | _HIGH_BIT, lower_is_used)
    return out


def pairs_in_order(line: Line, units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pair units in sorted order; places on the line of the treated and of the controls, int64 each."""
    return line_region_kernels.pair_in_order(line.start, line.treated, units)
