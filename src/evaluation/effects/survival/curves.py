"""Weighted Aalen-Johansen curves of one group, with the influence of every row on every point.

At each time u of the grid, with Y(u) the weight at risk (rows with time >= u) and d_k(u) the weight of events of cause k:

    λ_k = d_k / Y,  λ = Σ_k λ_k,  F_k(u) = F_k(u-) + S(u-) λ_k,  S(u) = S(u-) (1 - λ)

S is the Kaplan-Meier curve of no event of any cause; S + Σ F_k = 1. Censoring at u comes after the events of u. The influences
are the derivatives along each row's weight w (the infinitesimal jackknife): with dΛ_k = w (1{event k at u} - 1{at risk} λ_k) / Y,

    dF_k += dS λ_k + S dΛ_k,  dS = dS (1 - λ) - S Σ_k dΛ_k

With one cause and equal weights their sum of squares is Greenwood's formula (Andersen, Borgan, Gill & Keiding 1993, IV.4).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Point:
    """The curves at one time.

    Attributes
    ----------
    time
        Months since time zero.
    incidence
        float64 (causes + 1,): survival S, then F of causes 1, 2, ...; NaN once nobody is followed and S > 0.
    influence
        float64 (causes + 1, n).
    at_risk, event
        Rows at risk just before, bool (n,), and the cause of the rows that have their event at this time (0 none), int64 (n,).
    """

    time: float
    incidence: np.ndarray
    influence: np.ndarray
    at_risk: np.ndarray
    event: np.ndarray


def curves(time: np.ndarray, event: np.ndarray, weight: np.ndarray, grid: np.ndarray, n_causes: int) -> Iterator[Point]:
    """The points of one group, in the order of the grid.

    Parameters
    ----------
    time, event, weight
        float64, int64, float64 (n,): time of the event or of censoring, cause (0 censored, 1 .. causes), weight (0 does not
        belong to the group).
    grid
        Increasing times; must hold every time at which a row of the group has an event.
    """
    value = np.zeros(n_causes + 1)
    value[0] = 1.0
    influence = np.zeros((n_causes + 1, time.size))
    member = weight > 0
    for u in grid:
        at_risk = member & (time >= u)
        now = np.where(at_risk & (time == u), event, 0)
        y = float(np.sum(weight[at_risk]))
        if y > 0:
            before, d_before = value[0], influence[0].copy()
            total, d_total = 0.0, np.zeros(time.size)
            for k in range(1, n_causes + 1):
                hits = now == k
                d = float(np.sum(weight[hits]))
                if d == 0:
                    continue
                hazard = d / y
                d_hazard = weight * (hits - at_risk * hazard) / y
                value[k] += before * hazard
                influence[k] += d_before * hazard + before * d_hazard
                total += hazard
                d_total += d_hazard
            # all of those at risk have an event: exactly nobody is left
            nobody_left = np.array_equal(now > 0, at_risk)
            value[0] = 0.0 if nobody_left else before * (1 - total)
            influence[0] = 0.0 if nobody_left else d_before * (1 - total) - before * d_total
            if nobody_left and n_causes == 1:
                value[1], influence[1] = 1.0, 0.0  # everybody has had the event: no rounding is left of it either
        elif value[0] > 0:
            value = np.full_like(value, np.nan)
            influence = np.full_like(influence, np.nan)
        yield Point(float(u), value.copy(), influence.copy(), at_risk, now)
