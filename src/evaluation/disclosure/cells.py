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
Solved = dict[Hashable, tuple[frozenset[Key], frozenset[Key]]]
"""What :meth:`CellSystem.close` made of systems that were closed before, hidden and primary cells, by what was in them."""
_NEARLY, _EXACT = 1e-6, 1e-9  # rounding of the programming: of a width, of a value
_REMEMBERED = 400  # tables


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
    _open: list[dict[Key, float]] | None = None  # of each line what is hidden; kept up to date once it is asked for
    _tables: list[dict[Key, float]] = field(
        default_factory=list
    )  # differences from the counts that agree with all that is shown

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
        self._open = None

    def add_line(self, keys: Iterable[Key], minus: Sequence[Key] = ()) -> None:
        """A sum that a reader knows: of ``keys``, less ``minus``."""
        line = dict.fromkeys(keys, 1.0) | dict.fromkeys(minus, -1.0)
        for key in line:
            self._through.setdefault(key, []).append(len(self.lines))
        self.lines.append(line)
        self._open, self._tables = None, []

    def close(self, span: float, *, solved: Solved | None = None) -> set[Key]:
        """Hide further cells until the interval of each primary cell spans ``span``; return all hidden cells.

        Hiding one more cell only widens intervals, so a primary cell once safe stays so. Cells hidden on the way to one that turn out not to be
        needed for it are shown again, dearest first; those before it were safe without them. Rules that work in turns until they agree meet the same
        system again and again: ``solved`` remembers what came of each.
        """
        if solved is None:
            return self._close(span)
        parts = (
            (*self.counts.items(),),
            (*self.upper.items(),),
            (*self.cost.items(),),
            (*((*line.items(),) for line in self.lines),),
        )
        known = (parts, frozenset(self.hidden), frozenset(self.primary), span)
        if known not in solved:
            solved[known] = frozenset(self._close(span)), frozenset(self.primary)
        self.hidden, self.primary = set(solved[known][0]), set(solved[known][1])
        self._open, self._tables = None, []
        return set(self.hidden)

    def _close(self, span: float) -> set[Key]:
        for key in sorted(self.primary, key=repr):
            fresh: list[Key] = []
            while not self._safe(key, span):
                candidates = self._shown_beside(key)
                if not candidates:
                    self.primary.discard(key)  # everything that bears on it is hidden already: no more can be done
                    break
                fresh.append(min(candidates, key=lambda name: (self.cost[name], repr(name))))
                self._hide(fresh[-1])
            for name in sorted(fresh[:-1], key=lambda name: (-self.cost[name], repr(name))):
                before = self._tables
                self._show(name)
                if not self._safe(key, span):
                    self._hide(name)
                    self._tables = before
        return set(self.hidden)

    def span(self, key: Key) -> float:
        """Width of the interval of values that a hidden cell may have, given what is shown."""
        low, high = self.interval(key)
        return high - low

    def interval(self, key: Key) -> tuple[float, float]:
        """Least and greatest value of a hidden cell that agree with every line and every shown cell."""
        problem = self._problem(key)
        return (0.0, self.upper[key]) if problem is None else (problem.extreme(1.0)[0], problem.extreme(-1.0)[0])

    def _safe(self, key: Key, span: float) -> bool:
        """Whether the values that a hidden cell may have are far enough apart.

        A table found for another cell may tell it: every table that agrees with all that is shown is a witness. Else the greatest value is found, and
        where that is not far enough above the count, the least.
        """
        told = [table.get(key, 0.0) for table in self._tables]
        if max(told, default=0.0) - min(told, default=0.0) >= span or max(map(abs, told), default=0.0) >= span:
            return True
        problem = self._problem(key)
        if problem is None:
            return self.upper[key] >= span - _NEARLY
        high, above = problem.extreme(-1.0)
        self._remember(above)
        if high - self.counts[key] >= span:
            return True
        low, below = problem.extreme(1.0)
        self._remember(below)
        return high - low >= span - _NEARLY

    def _remember(self, table: dict[Key, float]) -> None:
        """Keep how a table differs from the counts, while it agrees with what is shown."""
        apart = {name: value - self.counts[name] for name, value in table.items()}
        apart = {name: value for name, value in apart.items() if abs(value) > _EXACT}
        self._tables = [*self._tables[-_REMEMBERED:], apart]

    def _problem(self, key: Key) -> _Problem | None:
        """The hidden cells that bear on one and the lines that hold them; None where it is in no line."""
        unknown, through = self._connected(key)
        if not through:
            return None
        place = {name: i for i, name in enumerate(unknown)}
        lines = self._opened()
        at: tuple[list[int], list[int], list[float]] = ([], [], [])
        totals = []
        for row, number in enumerate(through):
            line = lines[number]
            at[0].extend([row] * len(line))
            at[1].extend([place[name] for name in line])
            at[2].extend(line.values())
            totals.append(sum([weight * self.counts[name] for name, weight in line.items()]))
        rows = csr_array((at[2], (at[0], at[1])), shape=(len(through), len(unknown)))
        bounds = np.array([(0.0, self.upper[name]) for name in unknown])
        return _Problem(unknown, place[key], rows, np.array(totals), bounds)

    def _connected(self, key: Key) -> tuple[list[Key], list[int]]:
        """Hidden cells that share a line with ``key``, directly or through other hidden cells, and the lines that hold them."""
        found, queue, through = {key: None}, [key], dict[int, None]()
        lines = self._opened()
        while queue:
            for number in self._through.get(queue.pop(), ()):
                if number in through:
                    continue
                through[number] = None
                fresh = [name for name in lines[number] if name not in found]
                found.update(dict.fromkeys(fresh))
                queue += fresh
        return list(found), sorted(through)

    def _opened(self) -> list[dict[Key, float]]:
        if self._open is None:
            self._open = [{name: w for name, w in line.items() if name in self.hidden} for line in self.lines]
        return self._open

    def _hide(self, key: Key) -> None:
        lines = self._opened()
        self.hidden.add(key)
        for number in self._through.get(key, ()):
            lines[number][key] = self.lines[number][key]

    def _show(self, key: Key) -> None:
        lines = self._opened()
        self.hidden.discard(key)
        for number in self._through.get(key, ()):
            lines[number].pop(key, None)
        self._tables = [table for table in self._tables if key not in table]

    def _shown_beside(self, key: Key) -> list[Key]:
        """Shown cells in a line with ``key``; where there are none, in a line with a cell connected to it."""
        for unknown in ([key], self._connected(key)[0]):
            beside = [name for u in unknown for number in self._through.get(u, ()) for name in self.lines[number]]
            if shown := [name for name in beside if name not in self.hidden]:
                return shown
        return []


@dataclass(frozen=True)
class _Problem:
    """Hidden cells, the lines between them (rows, sums), and what each may be at most."""

    unknown: list[Key]
    place: int
    rows: csr_array
    totals: np.ndarray
    bounds: np.ndarray

    def extreme(self, sign: float) -> tuple[float, dict[Key, float]]:
        """The least (1) or greatest (-1) value of the cell in ``place``, and a table that has it."""
        goal = np.zeros(len(self.unknown))
        goal[self.place] = sign
        result = linprog(goal, A_eq=self.rows, b_eq=self.totals, bounds=self.bounds, method="highs")
        if result.status != 0:
            raise ArithmeticError(f"the lines of a table do not agree with one another: {result.message}")
        return sign * float(result.fun), dict(zip(self.unknown, result.x.tolist(), strict=True))
