"""What a matching method gets, and what it gives back: arrays only, one position per row of the frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Task:
    """A matching problem in arrays; n rows.

    Attributes
    ----------
    treated
        bool (n,).
    value
        float64 (n,): the one-dimensional distance axis (logit or probability of the score).
    stratum
        int32 (n,): code of the exact stratum; -1 for rows that may not be matched.
    tie
        uint64 (n,): seeded hash of the id; the lower wins a tie.
    lot
        uint64 (n,): a second hash, which draws the random order.
    caliper
        Largest distance allowed, inclusive; ``inf`` for none.
    gap_value, gap_limit
        float64 (c, n) and (c,): covariates with a caliper each, and the largest differences allowed, inclusive.
    ratio, capacity, order
        Controls per treated unit; sets per control (0: without limit); order of the treated units.
    """

    treated: np.ndarray
    value: np.ndarray
    stratum: np.ndarray
    tie: np.ndarray
    lot: np.ndarray
    caliper: float
    gap_value: np.ndarray
    gap_limit: np.ndarray
    ratio: int
    capacity: int
    order: str


@dataclass(frozen=True)
class Pairs:
    """Matched pairs by row position: int64 (p,), int64 (p,), float64 (p,), and why treated rows stayed unmatched.

    ``reachable`` holds, for each treated row in row order, whether any control lies in its stratum within all calipers,
    used up or not; bool (n_treated,).
    """

    treated: np.ndarray
    control: np.ndarray
    distance: np.ndarray
    reachable: np.ndarray
