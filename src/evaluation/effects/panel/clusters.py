"""Covariances of estimates from the influences of their rows, and the rows of the table of results.

Two-way by set and unit as in :mod:`evaluation.effects.variance`: V = V_set + V_unit - V_cell, each with G / (G - 1) of its own
number of clusters.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evaluation.effects.intervals import limit_columns
from evaluation.effects.result import COLUMNS
from evaluation.effects.variance import ROUNDING, combined, factor, fewest_clusters
from evaluation.errors import EffectError, Problem

Codes = tuple[np.ndarray, np.ndarray, np.ndarray]
_NOTHING = 1e-14  # of the largest variance
_FAR = 1e-6  # of the largest value in standard errors: no rounding of 0


def covariance_of(psi: np.ndarray, codes: Codes, cluster: str) -> np.ndarray:
    """Joint covariance of k estimates.

    Parameters
    ----------
    psi
        float64 (k, n): influence of each row on each estimate.
    codes
        int64 (n,) each: set and unit of each row, and what two-way clustering takes off once (persons in sets; memberships for "none"), numbered
        from 0 with few gaps.
    cluster
        "set+unit", "set", "unit" or "none" (each membership its own).

    Returns
    -------
    float64 (k, k). Where two-way clustering leaves an estimate without variance, the larger one-way variance stands on its
    diagonal, and its covariances are those of that clustering.
    """
    parts = [_products(psi, code) for code in codes]
    return combined(parts[0], parts[1], parts[2], cluster)


def distinct(codes: np.ndarray) -> int:
    """How many different codes there are."""
    return int(np.count_nonzero(np.bincount(codes)))


def wald(values: np.ndarray, covariance: np.ndarray) -> tuple[float, int]:
    """Quadratic form of values in the inverse of their covariance, and its degrees of freedom (directions with variance).

    A value, or combination of values, without variance is 0, or refutes that all are: the form is then infinite.
    """
    variance = np.diag(covariance)
    least = _NOTHING * variance.max(initial=0.0)
    # of a variance below 0, as two-way clustering may leave, nothing is known
    fixed, varies = np.abs(variance) <= least, variance > least
    if np.any(np.abs(values[fixed]) > ROUNDING * np.abs(values).max(initial=0.0)):
        return np.inf, int(values.size)  # a value that cannot vary and is not 0
    values, covariance = values[varies], covariance[np.ix_(varies, varies)]
    scale = np.sqrt(variance[varies])
    eigenvalues, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    kept = eigenvalues > 1e-10
    turned = np.einsum("ij,i->j", vectors, values / scale)
    still = np.abs(eigenvalues) <= 1e-10
    if np.any(np.abs(turned[still]) > _FAR * np.abs(values / scale).max(initial=0.0)):
        return np.inf, int(values.size)  # so for combinations of them
    return float(np.sum(turned[kept] ** 2 / eigenvalues[kept])), int(kept.sum())


def refuse_one_cluster(codes: Codes, cluster: str) -> np.ndarray:
    """The smaller number of clusters that a clustering rests on, float64 (1,).

    Raises
    ------
    EffectError
        One cluster: there is no standard error.
    """
    sizes = [np.array([distinct(code)]) for code in codes]
    fewest = fewest_clusters(sizes[0], sizes[1], sizes[2], cluster)
    if fewest[0] < 2:
        raise EffectError(
            Problem("matched", f"{int(fewest[0])} cluster", "two clusters at least", "match more, or join groups")
        )
    return fewest


def result_rows(
    *,
    labels: Sequence[object],
    estimator: str,
    z: float,
    treated: tuple[np.ndarray, np.ndarray],
    control: tuple[np.ndarray, np.ndarray],
    difference: tuple[np.ndarray, np.ndarray],
    rate: np.ndarray,
    counts: dict[str, np.ndarray],
    status: np.ndarray,
) -> pd.DataFrame:
    """Table with columns :data:`evaluation.effects.result.COLUMNS`; each pair is (value, standard error), arrays (k,)."""
    columns = {
        "outcome": list(labels),
        "estimator": estimator,
        "estimate": difference[0],
        "std_error": difference[1],
        **limit_columns(
            difference=difference,
            treated=(*treated, counts["ess_treated"]),
            control=(*control, counts["ess_controls"]),
            rate=rate,
            z=z,
            modelled=True,
        ),
        "treated_mean": treated[0],
        "treated_std_error": treated[1],
        "control_mean": control[0],
        "control_std_error": control[1],
        **counts,
        "rate": rate,
        "status": status,
    }
    return pd.DataFrame(columns)[list(COLUMNS)]


def _products(psi: np.ndarray, codes: np.ndarray) -> np.ndarray:
    sums = np.array([np.bincount(codes, weights=row) for row in psi])
    # einsum adds in one fixed order; a BLAS product may not
    return np.einsum("ig,jg->ij", sums, sums) * factor(distinct(codes))
