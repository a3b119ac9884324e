"""The curves of one group as a table, and what differences between groups need of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.effects.intervals import mean_interval
from evaluation.effects.panel.clusters import Codes, covariance_of, distinct
from evaluation.effects.survival.curves import Point, curves
from evaluation.effects.survival.data import EVENT_FREE, Spells

GROUPS = ("treated", "controls")


@dataclass(frozen=True)
class Group:
    """One group; the first of the c + 1 curves is survival.

    Attributes
    ----------
    table
        Rows as in :class:`evaluation.effects.survival.incidence.CumulativeIncidence`.
    value, influence
        float64 (times, c + 1) and (times, c + 1, n), at the chosen times.
    area, area_influence
        float64 (c + 1,) and (c + 1, n): integral of each curve from 0 to the end; NaN where the group is not followed to it.
    """

    table: pd.DataFrame
    value: np.ndarray
    influence: np.ndarray
    area: np.ndarray
    area_influence: np.ndarray


def group_of(spells: Spells, treated: bool, *, at: np.ndarray, end: float, z: float, cluster: str) -> Group:
    """Curves of the treated or of the controls, at every time of an event in either group and at the times asked for."""
    weight = np.where(spells.treated == treated, spells.weight, 0.0)
    # within a group weights count relative to each other; whole numbers where they are equal
    weight = weight / weight.max()
    grid = np.unique(np.r_[spells.time[spells.event > 0], at, end])
    shape = (spells.n_causes + 1, weight.size)
    area, area_influence = np.zeros(shape[0]), np.zeros(shape)
    last, value, influence = 0.0, np.r_[1.0, np.zeros(spells.n_causes)], np.zeros(shape)
    rows, values, influences = [], [], []
    for point in curves(spells.time, spells.event, weight, grid, spells.n_causes):
        if point.time <= end:
            area = area + value * (point.time - last)
            area_influence = area_influence + influence * (point.time - last)
            last, value, influence = point.time, point.incidence, point.influence
        if np.any(at == point.time):
            values.append(point.incidence)
            influences.append(point.influence)
        rows.append(_rows(spells, point, weight, cluster))
    if np.isnan(value).any():
        # followed for less than to the end: the area is not known, whatever the curve was before
        area, area_influence = np.full_like(area, np.nan), np.full_like(area_influence, np.nan)
    table = pd.concat(rows, ignore_index=True)
    ess = np.full(len(table), spells.counts["ess_treated" if treated else "ess_controls"])
    every = np.ones(len(table), dtype=bool)
    low, high = mean_interval(table["incidence"].to_numpy(), table["std_error"].to_numpy(), ess, every, z)
    code = table["cause"].to_numpy()
    table = table.assign(
        ci_low=low,
        ci_high=high,
        group=GROUPS[0] if treated else GROUPS[1],
        cause=np.array((EVENT_FREE, *spells.names))[code],
    )
    columns = [
        "time",
        "group",
        "cause",
        "at_risk",
        "event",
        "weight_at_risk",
        "incidence",
        "std_error",
        "ci_low",
        "ci_high",
    ]
    order = np.lexsort((table["time"].to_numpy(), code))
    return Group(
        table.iloc[order][columns].reset_index(drop=True),
        np.array(values),
        np.array(influences),
        area,
        area_influence,
    )


def errors_of(influence: np.ndarray, codes: Codes, cluster: str) -> np.ndarray:
    """Standard errors of estimates from their influences (k, n)."""
    return np.sqrt(np.diag(covariance_of(influence, codes, cluster)))


def _rows(spells: Spells, point: Point, weight: np.ndarray, cluster: str) -> pd.DataFrame:
    units = spells.codes[1]
    happened = [point.event > 0, *(point.event == k for k in range(1, spells.n_causes + 1))]
    return pd.DataFrame(
        {
            "time": point.time,
            "cause": np.arange(spells.n_causes + 1),
            "at_risk": distinct(units[point.at_risk]),
            "event": [distinct(units[rows]) for rows in happened],
            "weight_at_risk": float(np.sum(weight[point.at_risk]) / np.sum(weight)),
            "incidence": point.incidence,
            "std_error": errors_of(point.influence, spells.codes, cluster),
        }
    )
