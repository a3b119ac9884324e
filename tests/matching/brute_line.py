"""Optimal pair and full matching by general solvers that know nothing of a line: assignment and integer programming."""

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp
from scipy.sparse import lil_matrix

from evaluation.matching.limits import Limits
from evaluation.matching.task import Task
from evaluation.matching.ties import mix

NO_LIMIT = 10**4


def line_task(seed, n, *, grid, n_strata, caliper, share=0.4, ratio=1, limits=None, estimand="att"):
    """A random problem; with a ``grid`` values are exact multiples of 1/8 and full of ties, without it continuous."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    tie = mix(draw.integers(0, 2**63, n, dtype=np.uint64), np.uint64(0))
    return Task(
        treated=draw.random(n) < share,
        value=draw.integers(0, grid, n) / 8.0 if grid else draw.standard_normal(n),
        stratum=draw.integers(-1 if n_strata > 1 else 0, n_strata, n).astype(np.int32),
        tie=tie,
        lot=tie,
        caliper=caliper,
        gap_value=np.empty((0, n)),
        gap_limit=np.empty(0),
        ratio=ratio,
        capacity=1,
        order="",
        estimand=estimand,
        limits=limits,
    )


def groups(task: Task):
    """Rows of the treated and of the controls, and their distances, stratum by stratum."""
    for s in range(int(task.stratum.max(initial=-1)) + 1):
        t, c = (np.flatnonzero(g & (task.stratum == s)) for g in (task.treated, ~task.treated))
        if t.size and c.size:
            yield s, t, c, np.abs(task.value[t][:, None] - task.value[c][None])


def best_pairs(task: Task) -> tuple[list[int], float]:
    """How many treated get at least 1, 2, ... controls, and the least sum of distances, by assignment.

    Every treated unit stands in the assignment once per control that it wants; a first control is rewarded so much more
    than a second one, and that so much more than any distance, that the rule of the method follows.
    """
    levels, total = np.zeros(task.ratio, int), 0.0
    reward = 1000.0 * 200.0 ** np.arange(task.ratio - 1, -1, -1)
    for _, t, _, distance in groups(task):
        allowed = distance <= task.caliper
        cost = np.concatenate([np.where(allowed, distance - r, 0.0) for r in reward])
        for i, j in zip(*linear_sum_assignment(cost), strict=True):
            if allowed[i % t.size, j]:
                levels[i // t.size] += 1
                total += distance[i % t.size, j]
    return levels.tolist(), total


def best_sets(task: Task, limits: Limits, controls: dict[int, int] | None = None) -> tuple[int, int, float]:
    """Treated matched, controls matched and the least sum of distances within limits, by integer programming.

    ``controls`` fixes how many controls each stratum uses; without it as many as possible are.
    """
    n_treated, n_controls, total = 0, 0, 0.0
    for s, t, c, distance in groups(task):
        i, j = np.nonzero(distance <= task.caliper)
        if not i.size:
            continue
        n_pairs, n = i.size, i.size + t.size + c.size
        rows = lil_matrix((2 * (t.size + c.size) + 1, n))
        low, high = np.full(rows.shape[0], -np.inf), np.full(rows.shape[0], np.inf)
        sides = [(i, t.size, limits.least, limits.most, 0), (j, c.size, 1, limits.shared, t.size)]
        at = 0
        for ends, size, least, most, shift in sides:
            for k in range(size):
                rows[at, np.flatnonzero(ends == k)] = 1
                rows[at + 1, np.flatnonzero(ends == k)] = 1
                rows[at, n_pairs + shift + k], low[at] = -least, 0
                rows[at + 1, n_pairs + shift + k], high[at + 1] = -(most or NO_LIMIT), 0
                at += 2
        rows[at, n_pairs + t.size :] = 1
        if controls is not None:
            low[at] = high[at] = controls[s]
        reward = np.full(n - n_pairs, -1e4)
        reward[t.size :] = 0.0 if controls is not None else -100.0
        found = milp(
            np.concatenate([distance[i, j], reward]),
            constraints=LinearConstraint(rows.tocsr(), low, high),
            integrality=np.ones(n),
            bounds=Bounds(0, 1),
            options={"mip_rel_gap": 0},
        )
        assert found.status == 0, found.message
        x = np.round(found.x)
        n_treated += int(x[n_pairs : n_pairs + t.size].sum())
        n_controls += int(x[n_pairs + t.size :].sum())
        total += float((x[:n_pairs] * distance[i, j]).sum())
    return n_treated, n_controls, total
