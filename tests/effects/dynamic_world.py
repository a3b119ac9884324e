"""A small world in discrete time whose effects are known: units enrol, may start treatment each month, may leave and come back.

A trait x moves from month to month and drives the start, the leaving and the outcome. The outcome of month T is success with probability 0.1 + 0.6 x_T
without treatment; a treated unit that would fail succeeds with probability 0.5, from the month after its start. So the effect against never is 0.5 (1 - mean
of Y0), and against not yet it is less, since controls are treated later.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

MONTHS, WINDOW, HORIZON = 24, (4, 13), 8
LIFT = 0.5


@dataclass(frozen=True)
class World:
    """``rows``: unit, month, starts, x, elapsed, true hazard, one row per unit-month at risk. ``start`` (n,): month, 999 for none.
    ``never``, ``seen``: outcomes by unit and month without any treatment, and as it happened."""

    rows: pd.DataFrame
    start: np.ndarray
    never: np.ndarray
    seen: np.ndarray


def simulate(n: int = 4_000, seed: int = 1) -> World:
    draw = np.random.Generator(np.random.Philox(key=seed))
    x = np.zeros((n, MONTHS), np.int64)
    x[:, 0] = draw.random(n) < 0.5
    for k in range(1, MONTHS):
        flip = draw.random(n) < 0.06
        x[:, k] = np.where(flip, 1 - x[:, k - 1], x[:, k - 1])
    enrolment = draw.integers(0, 12, n)
    enrolled = np.zeros(n, bool)
    since = np.zeros(n, np.int64)
    start = np.full(n, 999)
    rows = []
    for k in range(MONTHS):
        arrives = enrolment == k
        back = ~enrolled & (k > enrolment) & (start > k) & (draw.random(n) < 0.06)
        since[arrives | back] = k
        enrolled |= arrives | back
        at_risk = enrolled & (start == 999)
        elapsed = k - since
        h = 1 / (1 + np.exp(-(-3.9 + 1.9 * x[:, k] + 0.5 * (elapsed >= 3) + 0.03 * k)))
        begins = at_risk & (draw.random(n) < h)
        unit = np.flatnonzero(at_risk)
        rows.append(
            pd.DataFrame(
                {"unit": unit, "month": k, "starts": begins[unit].astype(int), "x": x[unit, k], "elapsed": (elapsed[unit] >= 3).astype(int), "hazard": h[unit]}
            )
        )  # fmt: skip
        start[begins] = k
        enrolled &= ~begins & ~(draw.random(n) < np.where(x[:, k] == 1, 0.12, 0.05))
    never = (draw.random((n, MONTHS)) < 0.1 + 0.6 * x).astype(float)
    lifted = (draw.random((n, MONTHS)) < LIFT) & (np.arange(MONTHS)[None, :] > start[:, None])
    return World(pd.concat(rows, ignore_index=True), start, never, np.maximum(never, lifted))


def truth(world: World, treated: pd.DataFrame, horizon: int = HORIZON) -> float:
    """Effect against never among the treated rows, as its expectation given their outcomes without treatment."""
    return float(LIFT * (1 - world.never[treated["unit"], treated["month"] + horizon]).mean())


def matched_sets(world: World, members: pd.DataFrame, ratio: int = 3, seed: int = 1) -> pd.DataFrame:
    """Sets of one treated and ``ratio`` controls at risk in the same month with the same x and class of elapsed time."""
    draw = np.random.Generator(np.random.Philox(key=[seed, 7]))
    full = members.merge(world.rows[["unit", "month", "x", "elapsed"]], on=["unit", "month"])
    pools = {
        key: group["unit"].to_numpy() for key, group in full[full["treated"] == 0].groupby(["month", "x", "elapsed"])
    }
    parts, number = [], 0
    for row in full[full["treated"] == 1].itertuples(index=False):
        pool = pools.get((row.month, row.x, row.elapsed), np.empty(0))
        if pool.size < ratio:
            continue
        chosen = draw.choice(pool, ratio, replace=False)
        parts += [(number, row.unit, 1, 1.0, row.month)]
        parts += [(number, c, 0, 1 / ratio, row.month) for c in chosen]
        number += 1
    sets = pd.DataFrame(parts, columns=["set", "unit", "treated", "weight", "month"])
    own = world.start[sets["unit"]].astype(float)
    return sets.assign(own_start=np.where((own == 999) | (sets["treated"] == 1), np.nan, own))


def by_hand(
    world: World,
    members: pd.DataFrame,
    hazard: dict[tuple[int, int], float],
    *,
    base: np.ndarray,
    horizon: int = HORIZON,
    from_s: bool = False,
    frozen: bool = True,
) -> np.ndarray:
    """Weights of the controls written as the formula reads, one by one; ``from_s`` and not ``frozen`` are the wrong variants."""
    weight = np.zeros(len(members))
    for i, row in enumerate(members.itertuples(index=False)):
        if row.treated:
            weight[i] = 1.0
            continue
        if world.start[row.unit] <= row.month + horizon:
            continue
        product, last = base[i], hazard[row.unit, row.month]
        for k in range(row.month + (0 if from_s else 1), row.month + horizon + 1):
            here = hazard.get((row.unit, k))
            if here is not None:
                last = here
            if here is not None or not frozen:
                product /= 1 - last
        weight[i] = product
    return weight
