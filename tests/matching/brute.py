"""Nearest-neighbour matching written as plainly as its rules read: every candidate, every time."""

import numpy as np

from evaluation.matching.task import Task


def brute_pairs(task: Task) -> set[tuple[int, int]]:
    """Pairs of row positions by the rules of evaluation.matching.nearest."""
    treated = [t for t in np.flatnonzero(task.treated) if task.stratum[t] >= 0]
    used = dict.fromkeys(range(len(task.treated)), 0)
    sets: dict[int, list[int]] = {t: [] for t in treated}

    def allowed(t, c):
        return (
            not task.treated[c]
            and task.stratum[c] == task.stratum[t]
            and (task.capacity == 0 or used[c] < task.capacity)
            and c not in sets[t]
            and np.isfinite(distance(t, c))
            and within(gap_on_axis(t, c), task.caliper)
            and all(within(abs(g[t] - g[c]), limit) for g, limit in zip(task.gap_value, task.gap_limit, strict=True))
        )

    def within(gap, limit):
        return gap <= limit if limit >= 0 else gap > -limit

    def distance(t, c):
        return float(task.distances(np.array([t]), np.array([c]))[0])

    def gap_on_axis(t, c):
        return abs(task.value[t] - task.value[c]) if task.matrix is None else distance(t, c)

    def best(t):
        found = [(distance(t, c), int(task.tie[c]), c) for c in used if allowed(t, c)]
        return min(found) if found else None

    def want(t):
        return task.ratio if task.want is None else task.want[t]

    def take(t, c):
        sets[t].append(c)
        used[c] += 1

    tie = {t: int(task.tie[t]) for t in treated}
    for k in range(task.ratio):
        seeking = [t for t in treated if len(sets[t]) == k < want(t)]
        if task.order == "closest":
            while seeking:
                offers = [(found[0], tie[t], t, found[2]) for t in seeking if (found := best(t))]
                if not offers:
                    break
                _, _, t, c = min(offers)
                take(t, c)
                seeking.remove(t)
            continue
        if task.order == "farthest":
            start = {t: found[0] for t in seeking if (found := best(t))}
            seeking = sorted(start, key=lambda t: (-start[t], tie[t]))
        else:
            keys = {
                "largest": lambda t: (-task.value[t], tie[t]),
                "smallest": lambda t: (task.value[t], tie[t]),
                "random": lambda t: (int(task.lot[t]), tie[t]),
                "data": lambda t: t,
            }
            seeking.sort(key=keys[task.order])
        for t in seeking:
            if found := best(t):
                take(t, found[2])
    return {(int(t), int(c)) for t, controls in sets.items() for c in controls}
