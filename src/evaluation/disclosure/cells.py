"""Complementary suppression in tables with margins: a hidden cell must not be computed from what is shown.

A system holds cells (counts) and lines (sums of cells that are publicly known). A hidden cell is protected when the values it may take,
given every line and every shown cell, span at least the minimum count: then its count can be pinned neither below the minimum
nor to a single value. The span is found by linear programming; cells are hidden one by one, cheapest first, until every primary cell is protected.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

Key = Hashable


@dataclass
class CellSystem:
    """Cells joined by lines. Built by ``add_cell`` and ``add_line``, solved by ``close``."""

    counts: dict[Key, float] = field(default_factory=dict)
    upper: dict[Key, float] = field(default_factory=dict)
    cost: dict[Key, float] = field(default_factory=dict)
    hidden: set[Key] = field(default_factory=set)
    primary: set[Key] = field(default_factory=set)
    lines: list[dict[Key, float]] = field(default_factory=list)

    def add_cell(
        self,
        key: Key,
        count: float,
        *,
        upper: float,
        primary: bool = False,
        shown: bool = True,
        cost: float | None = None,
    ) -> None:
        """A cell; ``shown`` is false for one that no table prints but a line implies (the rest of a group)."""
        self.counts[key], self.upper[key] = count, max(upper, count)
        self.cost[key] = count if cost is None else cost
        if primary:
            self.primary.add(key)
        if primary or not shown:
            self.hidden.add(key)

    def add_line(self, keys: Iterable[Key], minus: Sequence[Key] = ()) -> None:
        """A sum that a reader knows: of ``keys``, less ``minus``."""
        self.lines.append(dict.fromkeys(keys, 1.0) | dict.fromkeys(minus, -1.0))

    def close(self, span: float) -> set[Key]:
        """Hide further cells until the interval of each primary cell spans ``span``; return all hidden cells."""
        while True:
            exposed = next((key for key in sorted(self.primary, key=repr) if self.span(key) < span - 1e-6), None)
            if exposed is None:
                return set(self.hidden)
            candidates = self._shown_beside(exposed)
            if not candidates:
                self.primary.discard(exposed)  # everything that bears on it is hidden already: no more can be done
                continue
            self.hidden.add(min(candidates, key=lambda key: (self.cost[key], repr(key))))

    def span(self, key: Key) -> float:
        """Width of the interval of values that a hidden cell may have, given what is shown."""
        low, high = self.interval(key)
        return high - low

    def interval(self, key: Key) -> tuple[float, float]:
        """Least and greatest value of a hidden cell that agree with every line and every shown cell."""
        unknown = self._connected(key)
        place = {name: i for i, name in enumerate(unknown)}
        rows, totals = [], []
        for line in self.lines:
            parts = [name for name in line if name in place]
            if parts:
                row = np.zeros(len(unknown))
                for name in parts:
                    row[place[name]] = line[name]
                rows.append(row)
                totals.append(sum(line[name] * self.counts[name] for name in parts))
        if not rows:
            return 0.0, self.upper[key]
        bounds = [(0.0, self.upper[name]) for name in unknown]
        return _extreme(place[key], rows, totals, bounds, 1.0), -_extreme(place[key], rows, totals, bounds, -1.0)

    def _connected(self, key: Key) -> list[Key]:
        """Hidden cells that share a line with ``key``, directly or through other hidden cells."""
        found, queue = {key}, [key]
        while queue:
            current = queue.pop()
            for line in self.lines:
                if current in line:
                    fresh = [name for name in line if name in self.hidden and name not in found]
                    found.update(fresh)
                    queue += fresh
        return sorted(found, key=repr)

    def _shown_beside(self, key: Key) -> list[Key]:
        """Shown cells in a line with ``key``; where there are none, in a line with a cell connected to it."""
        for unknown in ([key], self._connected(key)):
            beside = [name for line in self.lines if any(u in line for u in unknown) for name in line]
            if shown := [name for name in beside if name not in self.hidden]:
                return shown
        return []


def _extreme(
    place: int, rows: list[npt.NDArray], totals: list[float], bounds: list[tuple[float, float]], sign: float
) -> float:
    goal = np.zeros(len(bounds))
    goal[place] = sign
    result = linprog(goal, A_eq=np.array(rows), b_eq=np.array(totals), bounds=bounds, method="highs")
    if result.status != 0:
        raise ArithmeticError(f"the lines of a table do not agree with one another: {result.message}")
    return float(result.fun)
