"""The fewest things to hide so that of every pair that tells, one is hidden: a vertex cover of least cost."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)
_STEPS = 20_000  # of the search in one group of pairs that hang together; beyond, the best found by then


def least_cover(pairs: Collection[tuple[Name, Name]], cost: Callable[[Name], float]) -> set[Name]:
    """Names to hide. The same for the same pairs, whatever their order."""
    found: set[Name] = set()
    for group in _apart(sorted(pairs, key=repr)):
        prices = {name: cost(name) for pair in group for name in pair}
        found |= _Search(group, prices).best
    return found


def _apart(pairs: list[tuple[Name, Name]]) -> list[list[tuple[Name, Name]]]:
    """Groups of pairs without a name in common."""
    groups: list[tuple[set[Name], list[tuple[Name, Name]]]] = []
    for pair in pairs:
        names, members = set(pair), [pair]
        others = []
        for group in groups:
            if group[0] & names:
                names |= group[0]
                members = group[1] + members
            else:
                others.append(group)
        groups = [*others, (names, members)]
    return [members for _, members in groups]


class _Search:
    """Branch and bound: of the first pair left open either name is hidden."""

    def __init__(self, pairs: list[tuple[Name, Name]], cost: dict[Name, float]) -> None:
        self.cost, self.steps = cost, 0
        self.best: set[Name] = self._greedy(pairs)
        self.least = self._sum(self.best)
        self._go(pairs, set(), 0.0)

    def _sum(self, names: Collection[Name]) -> float:
        return sum(self.cost[name] for name in sorted(names, key=repr))

    def _greedy(self, pairs: list[tuple[Name, Name]]) -> set[Name]:
        chosen: set[Name] = set()
        while left := [pair for pair in pairs if not chosen & set(pair)]:
            times: dict[Name, int] = {}
            for pair in left:
                for name in pair:
                    times[name] = times.get(name, 0) + 1
            chosen.add(min(times, key=lambda name: (self.cost[name] / times[name], repr(name))))
        return chosen

    def _go(self, pairs: list[tuple[Name, Name]], chosen: set[Name], spent: float) -> None:
        self.steps += 1
        if spent >= self.least - 1e-9 or self.steps > _STEPS:
            return
        if not pairs:
            self.best, self.least = set(chosen), spent
            return
        first = pairs[0][0]
        beside = {name for pair in pairs if first in pair for name in pair} - {first}
        # hide the first, or keep it and hide all that stand in a pair with it
        self._go([p for p in pairs if first not in p], chosen | {first}, spent + self.cost[first])
        rest = [p for p in pairs if not beside & set(p)]
        self._go(rest, chosen | beside, spent + self._sum(beside))
