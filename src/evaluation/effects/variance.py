"""Cluster-robust variances from sums of squares of influences.

Two-way by set and unit (Cameron, Gelbach & Miller 2011): V = V_set + V_unit - V_cell, each part with the factor G / (G - 1)
of its own number of clusters. A cell is a person in a set: a membership, or several where a person stands in a set (a stratum) with several rows.
Where V is not above zero, the larger of V_set and V_unit.
No (n - 1) / (n - k) factor is applied: R's ``sandwich::vcovCL(type = "HC1")`` has it in addition, with k = 2.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from evaluation.errors import EffectError, Problem

ROUNDING = 1e-10
"""Of the largest outcome: errors and effects below it are rounding of an outcome that does not vary."""
Cluster = Literal["set+unit", "set", "unit", "none"]
CLUSTERS: tuple[str, ...] = get_args(Cluster)


def check_cluster(cluster: str) -> None:
    """Refuse names of clusterings that do not exist."""
    if cluster not in CLUSTERS:
        raise EffectError(
            Problem("cluster", f"{cluster!r}", ", ".join(CLUSTERS), "the sets and the persons both matter: set+unit")
        )


def factor(n: np.ndarray | float) -> np.ndarray:
    """G / (G - 1), NaN for fewer than two clusters."""
    n = np.asarray(n, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(n > 1, n / (n - 1), np.nan)


def clustered(
    by_set: np.ndarray,
    by_unit: np.ndarray,
    by_row: np.ndarray,
    n_sets: np.ndarray,
    n_units: np.ndarray,
    n_rows: np.ndarray,
    cluster: str,
) -> np.ndarray:
    """Variance from raw sums of squares and numbers of clusters; all arrays of one shape. ``by_row`` is by cell for "set+unit", by row for "none"."""
    v_set, v_unit, v_row = by_set * factor(n_sets), by_unit * factor(n_units), by_row * factor(n_rows)
    if cluster == "set":
        return v_set
    if cluster == "unit":
        return v_unit
    if cluster == "none":
        return v_row
    both = v_set + v_unit - v_row
    return np.where(both > 0, both, np.maximum(v_set, v_unit))


def combined(by_set: np.ndarray, by_unit: np.ndarray, by_row: np.ndarray, cluster: str) -> np.ndarray:
    """The covariance of a clustering from its three parts, (k, k) each."""
    joint = {"set": by_set, "unit": by_unit, "none": by_row}.get(cluster, by_set + by_unit - by_row)
    bad = ~(np.diag(joint) > 0)
    if cluster == "set+unit" and bad.any():
        larger = np.where(np.diag(by_set) >= np.diag(by_unit), True, False)[:, None]
        single = np.where(larger & larger.T, by_set, by_unit)
        joint = np.where(bad[:, None] | bad[None, :], single, joint)
    return joint


def cells_of(sets: np.ndarray, units: np.ndarray) -> np.ndarray:
    """int64 (m,): codes of the units in their sets, the intersections of two clusterings; each row its own where no unit stands twice in a set."""
    rows = np.arange(sets.size)
    n_units = int(units.max(initial=-1)) + 1
    found, code = np.unique(sets * np.int64(n_units) + units, return_inverse=True)
    return rows if found.size == rows.size else code.astype(np.int64)


def fewest_clusters(n_sets: np.ndarray, n_units: np.ndarray, n_rows: np.ndarray, cluster: str) -> np.ndarray:
    """The smaller number of clusters that a clustering rests on."""
    return {"set": n_sets, "unit": n_units, "none": n_rows}.get(cluster, np.minimum(n_sets, n_units))
