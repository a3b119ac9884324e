"""Complementary suppression in tables with margins: a hidden cell must not be computed from what is shown.

A system holds cells (counts) and lines (sums of cells that are publicly known). A hidden cell is protected when the values it may take,
given every line and every shown cell, span at least the minimum count: then its count can be pinned neither below the minimum
nor to a single value. The span is found by linear programming; cells are hidden one by one, cheapest first, until every primary cell is protected.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

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
    _through: dict[Key, list[int]] = field(default_factory=dict)

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
        line = dict.fromkeys(keys, 1.0) | dict.fromkeys(minus, -1.0)
        for key in line:
            self._through.setdefault(key, []).append(len(self.lines))
        self.lines.append(line)

    def close(self, span: float) -> set[Key]:
        """Hide further cells until the interval of each primary cell spans ``span``; return all hidden cells.

        Hiding one more cell only widens intervals, so a primary cell once safe stays so. Cells hidden on the way to one that turn out not to be
        needed for it are shown again, dearest first; those before it were safe without them.
        """
        for key in sorted(self.primary, key=repr):
            fresh: list[Key] = []
            while not self._safe(key, span):
                candidates = self._shown_beside(key)
                if not candidates:
                    self.primary.discard(key)  # everything that bears on it is hidden already: no more can be done
                    break
                fresh.append(min(candidates, key=lambda name: (self.cost[name], repr(name))))
                self.hidden.add(fresh[-1])
            for name in sorted(fresh[:-1], key=lambda name: (-self.cost[name], repr(name))):
                self.hidden.discard(name)
                if not self._safe(key, span):
                    self.hidden.add(name)
        return set(self.hidden)

    def span(self, key: Key) -> float:
        """Width of the interval of values that a hidden cell may have, given what is shown."""
        low, high = self.interval(key)
        return high - low

    def _safe(self, key: Key, span: float) -> bool:
        """Whether the interval is wide enough; where it reaches far enough above the count, its lower end need not be found."""
        high = self._end(key, -1.0)
        return high - self.counts[key] >= span or high - self._end(key, 1.0) >= span - 1e-6

    def interval(self, key: Key) -> tuple[float, float]:
        """Least and greatest value of a hidden cell that agree with every line and every shown cell."""
        return self._end(key, 1.0), self._end(key, -1.0)

    def _end(self, key: Key, sign: float) -> float:
        """The least (1) or greatest (-1) value of a hidden cell."""
        unknown, through = self._connected(key)
        if not through:
            return 0.0 if sign > 0 else self.upper[key]
        place = {name: i for i, name in enumerate(unknown)}
        at: tuple[list[int], list[int], list[float]] = ([], [], [])
        totals = []
        for row, number in enumerate(through):
            line = self.lines[number]
            parts = [name for name in line if name in place]
            at[0].extend([row] * len(parts))
            at[1].extend(place[name] for name in parts)
            at[2].extend(line[name] for name in parts)
            totals.append(sum(line[name] * self.counts[name] for name in parts))
        rows = csr_array((at[2], (at[0], at[1])), shape=(len(through), len(unknown)))
        bounds = [(0.0, self.upper[name]) for name in unknown]
        return sign * _extreme(place[key], rows, totals, bounds, sign)

    def _connected(self, key: Key) -> tuple[list[Key], list[int]]:
        """Hidden cells that share a line with ``key``, directly or through other hidden cells, and the lines that hold them."""
        found, queue, through = {key: None}, [key], dict[int, None]()
        while queue:
            for number in self._through.get(queue.pop(), ()):
                if number in through:
                    continue
                through[number] = None
                fresh = [name for name in self.lines[number] if name in self.hidden and name not in found]
                found.update(dict.fromkeys(fresh))
                queue += fresh
        return list(found), sorted(through)

    def _shown_beside(self, key: Key) -> list[Key]:
        """Shown cells in a line with ``key``; where there are none, in a line with a cell connected to it."""
        for unknown in ([key], self._connected(key)[0]):
            beside = [name for u in unknown for number in self._through.get(u, ()) for name in self.lines[number]]
            if shown := [name for name in beside if name not in self.hidden]:
                return shown
        return []


def _extreme(place: int, rows: csr_array, totals: list[float], bounds: list[tuple[float, float]], sign: float) -> float:
    goal = np.zeros(len(bounds))
    goal[place] = sign
    result = linprog(goal, A_eq=rows, b_eq=np.array(totals), bounds=bounds, method="highs")
    if result.status != 0:
        raise ArithmeticError(f"the lines of a table do not agree with one another: {result.message}")
    return float(result.fun)
