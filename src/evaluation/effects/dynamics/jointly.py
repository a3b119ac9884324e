"""Several dynamic estimates at once, with simultaneous bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from evaluation.effects.bands import DRAWS, JointEstimate, sup_t_bands
from evaluation.effects.dynamics import kernels
from evaluation.effects.dynamics.hazard import HazardPanel
from evaluation.effects.dynamics.sample import dynamic_sample, outcomes_in, weights_at
from evaluation.effects.dynamics.table import influences, table_of
from evaluation.effects.variance import combined, factor
from evaluation.errors import EffectError, Problem


def dynamic_jointly(
    members: pd.DataFrame,
    outcomes: np.ndarray | pd.DataFrame | Mapping[str, np.ndarray],
    until: np.ndarray,
    horizon: Sequence[int] | np.ndarray,
    *,
    panel: HazardPanel,
    entry: HazardPanel | None = None,
    pooled: bool = False,
    level: float = 0.95,
    truncate: float | None = None,
    rate: bool | None = None,
    seed: int = 1,
    draws: int = DRAWS,
) -> JointEstimate:
    """Estimates of :func:`evaluation.effects.dynamics.estimators.dynamic_many` with their joint covariance and sup-t bands.

    The covariance is built as the standard errors are: by unit (pooled), or set + unit - cell (matched), with the estimation of the hazard.
    """
    sample = dynamic_sample(members, panel, pooled=pooled, entry=entry)
    labels, values = outcomes_in(sample, outcomes)
    table = table_of(
        sample, labels, values, until, horizon, level=level, cluster="set+unit", truncate=truncate, rate=rate
    ).table
    error = table["std_error"].to_numpy(dtype=np.float64)
    if not len(table) or (table["status"] != "estimated").any() or not (error > 0).all():
        raise EffectError(
            Problem("outcomes", "some are not observed or do not vary", "observed outcomes", "leave them out")
        )
    until, where = np.asarray(until, dtype=np.int64), np.asarray(horizon, dtype=np.int64)
    psi, part = np.zeros(values.shape), np.zeros((len(values), panel.n_units))
    for g in np.unique(where):
        columns = np.flatnonzero(where == g)
        at = weights_at(sample, until[:, g], truncate)
        ((_, psi[columns], direction),) = influences(sample, [(at, values[columns])])
        part[columns] = kernels.estimated_parts(sample.scores, direction)
    joint = _products(psi, sample.unit, panel.n_units, part)
    if not pooled:
        by_set = _products(psi, sample.sets, sample.n_sets)
        joint = combined(by_set, joint, _products(psi, sample.cells, int(sample.cells.max()) + 1), "set+unit")
    scale = np.sqrt(np.diag(joint))
    eigenvalues, vectors = np.linalg.eigh(joint / np.outer(scale, scale))
    correlation = np.einsum("ik,k,jk->ij", vectors, eigenvalues.clip(min=0), vectors)
    unit = np.sqrt(np.diag(correlation))
    covariance = correlation / np.outer(unit, unit) * np.outer(error, error)
    return sup_t_bands(table, covariance, level=level, seed=seed, draws=draws)


def _products(psi: np.ndarray, codes: np.ndarray, n: int, part: np.ndarray | float = 0.0) -> np.ndarray:
    """Cross products of cluster sums, with the factor G / (G - 1) of the clusters that have any influence."""
    sums = np.array([np.bincount(codes, weights=row, minlength=n) for row in psi]) + part
    clusters = (sums != 0).sum(axis=1)
    sums *= np.sqrt(factor(clusters))[:, None]
    return np.einsum("ig,jg->ij", sums, sums)
