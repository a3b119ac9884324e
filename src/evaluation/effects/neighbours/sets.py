"""Neighbour sets between and within groups: who is compared with whom, ties included.

For a point x and a group g, the set N_m(x, g) holds every unit of g in the same exact stratum that is at most as far from x
as the m-th nearest (plus a tolerance). A unit counts itself in its own group, at distance zero, so N_{J+1} of its own group
is the unit with its J nearest others.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numba
import numpy as np

from evaluation.effects.neighbours import kernels
from evaluation.effects.neighbours import set_kernels as moments
from evaluation.matching import kernels_tree


@dataclass(frozen=True)
class Sets:
    """Sets of a group's units, as asked for by the points of a group.

    Attributes
    ----------
    start, index
        int64 (q + 1,) and (sum,): points of the donor group in the set of each asking point.
    size
        float64 (q,): units in each set; 0 where the stratum holds too few.
    donors, askers
        The groups.
    """

    start: np.ndarray
    index: np.ndarray
    size: np.ndarray
    donors: Group
    askers: Group

    def means(self, values: np.ndarray) -> np.ndarray:
        """Means of values (n, k) over the set of each asking unit, float64 (asking units, k)."""
        return self._point_means(values)[self.askers.point_of]

    def variances(self, values: np.ndarray) -> np.ndarray:
        """Variances of values (n, k) within the set of each asking unit, float64 (asking units, k)."""
        mean = self._point_means(values)
        mine = self.donors.take(values)
        return moments.set_variances(self.start, self.index, self.donors.unit_start, mine, mean)[self.askers.point_of]

    def covariances(self, values: np.ndarray, against: int) -> np.ndarray:
        """Covariance of one column of values (n, k) with each within the set of each asking unit."""
        mean = self._point_means(values)
        mine = self.donors.take(values)
        found = moments.set_covariances(self.start, self.index, self.donors.unit_start, mine, mean, against)
        return found[self.askers.point_of]

    def uses(self, asking: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """K and K' of each donor, float64 (donors,) each; ``asking`` (asking units,) says whose sets count."""
        weight = np.bincount(self.askers.point_of, weights=asking, minlength=self.askers.n_points)
        k, k2 = moments.uses(self.start, self.index, self.size, weight, self.donors.n_points)
        return k[self.donors.point_of], k2[self.donors.point_of]

    def pair_squares(self, values: np.ndarray, offset: float) -> np.ndarray:
        """Mean over each asking unit's set of (own value - neighbour's - offset)²; values (n,)."""
        mine = self.donors.take(values[:, None])[:, 0]
        own = values[self.askers.rows]
        return moments.pair_squares(
            self.start, self.index, self.donors.unit_start, self.askers.point_of, own, mine, offset
        )

    def _point_means(self, values: np.ndarray) -> np.ndarray:
        return moments.set_means(self.start, self.index, self.donors.unit_start, self.donors.take(values))[1]


@dataclass(frozen=True)
class Group:
    """Units of one group, gathered into points.

    Attributes
    ----------
    rows
        int64 (g,): rows of the frame.
    point_of
        int64 (g,): point of each unit.
    order, unit_start
        int64 (g,), (u + 1,): units (positions in ``rows``) by point, and where each point begins.
    x, stratum
        float64 (u, d), int64 (u,): coordinates and stratum of each point.
    n_strata
        Number of strata of the whole frame.
    """

    rows: np.ndarray
    point_of: np.ndarray
    order: np.ndarray
    unit_start: np.ndarray
    x: np.ndarray
    stratum: np.ndarray
    n_strata: int

    @property
    def n_points(self) -> int:
        return self.stratum.size

    @property
    def count(self) -> np.ndarray:
        return np.diff(self.unit_start)

    def take(self, values: np.ndarray) -> np.ndarray:
        """Values (n, k) of the group's units in the order of their points."""
        return np.ascontiguousarray(values[self.rows[self.order]])

    @cached_property
    def tree(self) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
        """Order of the points by leaf, and the tree over them."""
        order = np.argsort(self.stratum, kind="stable").astype(np.int64)
        start = np.searchsorted(self.stratum[order], np.arange(self.n_strata + 1)).astype(np.int64)
        lo, hi, child, _, box, _, root, _ = kernels_tree.build(self.x, np.zeros(self.n_points), order, start)
        return order, (lo, hi, child, box, root)

    @cached_property
    def line(self) -> tuple[np.ndarray, np.ndarray]:
        """Order of the points by stratum and value, and bounds of the strata."""
        order = np.lexsort((self.x[:, 0], self.stratum)).astype(np.int64)
        return order, np.searchsorted(self.stratum[order], np.arange(self.n_strata + 1)).astype(np.int64)


def group_of(rows: np.ndarray, x: np.ndarray, stratum: np.ndarray, n_strata: int) -> Group:
    """Gather units into points; ``x`` (n, d) and ``stratum`` (n,) are of the whole frame."""
    # + 0.0 turns -0.0 into 0.0, which equals it but has other bits
    mine, where = np.ascontiguousarray(x[rows]) + 0.0, np.ascontiguousarray(stratum[rows])
    order = np.argsort(kernels.hash_rows(mine.view(np.uint64), where), kind="stable").astype(np.int64)
    first = kernels.first_of_runs(mine, where, order)
    starts = np.flatnonzero(first).astype(np.int64)
    point_of = np.empty(rows.size, np.int64)
    point_of[order] = np.cumsum(first) - 1
    at = order[starts]
    return Group(
        rows=rows,
        point_of=point_of,
        order=order,
        unit_start=np.append(starts, rows.size).astype(np.int64),
        x=np.ascontiguousarray(mine[at]),
        stratum=where[at],
        n_strata=n_strata,
    )


def find_sets(askers: Group, donors: Group, m: int, tolerance: float, wanted: np.ndarray | None = None) -> Sets:
    """N_m(x, donors) for each point of ``askers``.

    Parameters
    ----------
    wanted
        bool (asking units,): units whose sets are needed; others get an empty set, which saves time.
    """
    ask = np.arange(askers.n_points)
    if wanted is not None:
        ask = np.unique(askers.point_of[wanted])
    stratum = askers.stratum[ask]
    order, built = donors.line if donors.x.shape[1] == 1 else donors.tree
    count = donors.count[order]
    if donors.x.shape[1] == 1:
        start, index = kernels.line_sets(
            np.ascontiguousarray(askers.x[ask, 0]),
            stratum,
            np.ascontiguousarray(donors.x[order, 0]),
            built,
            count,
            m,
            tolerance,
        )
    else:
        start, index = _in_trees(
            np.ascontiguousarray(askers.x[ask]),
            stratum,
            np.ascontiguousarray(donors.x[order]),
            count,
            built,
            m,
            tolerance,
        )
    sizes = np.zeros(askers.n_points, np.int64)
    sizes[ask] = np.diff(start)
    full = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)  # ``ask`` ascends, so the order of the sets stays
    index = order[index]
    number, _ = moments.set_means(full, index, donors.unit_start, np.empty((donors.rows.size, 0)))
    return Sets(full, index, number, donors, askers)


_PART = 512  # points that ask: a few hundredths of a second in large data


def _in_trees(
    value: np.ndarray,
    stratum: np.ndarray,
    x: np.ndarray,
    count: np.ndarray,
    tree: tuple[np.ndarray, ...],
    m: int,
    tolerance: float,
) -> tuple[np.ndarray, np.ndarray]:
    """:func:`kernels.tree_sets`, a part of the points that ask at a time, as many at once as numba may use threads; one set knows nothing of another."""

    def part(lo: int) -> tuple[np.ndarray, np.ndarray]:
        here = slice(lo, lo + _PART)
        return kernels.tree_sets(value[here], stratum[here], x, count, *tree, m, tolerance)

    parts = range(0, max(stratum.size, 1), _PART)
    with ThreadPoolExecutor(min(numba.config.NUMBA_NUM_THREADS, len(parts))) as pool:
        found = list(pool.map(part, parts))
    sizes = np.concatenate([np.diff(start) for start, _ in found])
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), np.concatenate([index for _, index in found])
