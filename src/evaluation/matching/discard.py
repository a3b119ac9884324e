"""Common support: rows whose score has no counterpart in the other group are left out before anything is matched.

- ``minmax``: outside the range that both groups share, [largest of the minima, smallest of the maxima];
  ``minmax_treated`` and ``minmax_control`` leave out rows of that group only, those outside the other group's range;
- ``crump``: scores outside [a, 1 - a], with the a that minimises the variance of the effect on those kept (Crump, Hotz,
  Imbens & Mitnik 2009, Biometrika 96): the smallest a with 1/(a(1-a)) <= 2 · mean of 1/(e(1-e)) over those kept;
- a probability a: scores outside [a, 1 - a].

The score is not fitted again.
"""

from __future__ import annotations

import numpy as np


def outside_support(score: np.ndarray, treated: np.ndarray, usable: np.ndarray, rule: str | float) -> np.ndarray:
    """Rows to leave out, bool (n,); score is a probability, and rows not ``usable`` neither count nor are marked."""
    if not isinstance(rule, str) or rule == "crump":
        edge = crump_edge(score[usable]) if rule == "crump" else float(rule)
        return usable & ((score < edge) | (score > 1 - edge))
    t, c = score[usable & treated], score[usable & ~treated]
    if t.size == 0 or c.size == 0:
        return np.zeros(score.size, bool)
    beyond_c = (score < c.min()) | (score > c.max())
    beyond_t = (score < t.min()) | (score > t.max())
    if rule == "minmax_treated":
        return usable & treated & beyond_c
    if rule == "minmax_control":
        return usable & ~treated & beyond_t
    return usable & np.where(treated, beyond_c, beyond_t)


def crump_edge(score: np.ndarray) -> float:
    """The optimal edge of Crump et al.; 0 when all rows are worth keeping."""
    cost = np.sort(1 / np.maximum(score * (1 - score), 1e-300))
    mean = np.cumsum(cost) / np.arange(1, cost.size + 1)
    if cost[-1] <= 2 * mean[-1]:
        return 0.0
    # the largest g with g <= 2 · mean of the costs up to g: between two costs the mean does not move, so g = 2 · mean there
    # or the next cost, whichever is lower
    bound = 2 * mean
    good = np.flatnonzero(bound >= cost)
    i = int(good[-1])
    g = min(bound[i], cost[i + 1]) if i + 1 < cost.size else bound[i]
    return float(0.5 - np.sqrt(max(0.25 - 1 / g, 0.0)))
