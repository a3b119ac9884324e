"""Several estimates at once: joint covariance, simultaneous (sup-t) bands, joint tests.

The covariance of the estimates comes from their influences, two-way clustered by set and unit as each standard error is
(:mod:`evaluation.effects.variance`). The band of level 1 - α is estimate ± c · standard error, where c is the 1 - α quantile of
max |Z_k| for Z normal with the estimates' correlation (Montiel Olea & Plagborg-Møller 2019), from seeded draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import chi2

from evaluation.effects import kernels
from evaluation.effects.intervals import critical_value, difference_interval
from evaluation.effects.result import forest
from evaluation.effects.sample import HasMembers, Sample, outcomes_of, sample_of
from evaluation.effects.variance import Cluster, combined, factor
from evaluation.effects.weighted import estimate_many
from evaluation.errors import EffectError, Problem

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DRAWS, LEAST_DRAWS = 100_000, 1_000
_RANK = 1e-10


@dataclass(frozen=True)
class JointTest:
    """Whether a vector of values lies inside what the estimates allow.

    ``sup_t`` is the largest |estimate - value| / standard error, ``inside`` whether it is within the band; ``wald`` is the
    quadratic form with ``freedom`` degrees of freedom. p values are for the hypothesis that the values are the truth.
    """

    sup_t: float
    sup_t_p: float
    wald: float
    wald_p: float
    freedom: int
    inside: bool


@dataclass(frozen=True)
class JointEstimate:
    """Estimates with their joint distribution.

    Attributes
    ----------
    table
        The rows of :func:`evaluation.effects.estimate_many`, with ``ci_kind`` "pointwise"; then the same rows with
        the limits of the band and ``ci_kind`` "simultaneous".
    estimate, std_error
        float64 (k,).
    covariance
        float64 (k, k); its diagonal is the square of ``std_error``.
    critical
        Critical value c of the band.
    maxima
        The draws of max |Z|, sorted; float64.
    """

    table: pd.DataFrame
    estimate: np.ndarray
    std_error: np.ndarray
    covariance: np.ndarray
    critical: float
    maxima: np.ndarray
    level: float

    def test(self, values: Sequence[float] | np.ndarray) -> JointTest:
        """Test that ``values`` (k,) are the true effects."""
        truth = np.asarray(values, dtype=np.float64)
        if truth.shape != self.estimate.shape or not np.all(np.isfinite(truth)):
            raise EffectError(Problem("values", f"shape {truth.shape}", f"{self.estimate.size} finite numbers"))
        off = self.estimate - truth
        sup_t = float(np.max(np.abs(off) / self.std_error))
        beyond = self.maxima.size - int(np.searchsorted(self.maxima, sup_t))
        eigenvalues, vectors = np.linalg.eigh(self.covariance / np.outer(self.std_error, self.std_error))
        kept = eigenvalues > _RANK
        turned = vectors.T @ (off / self.std_error)
        wald = float(np.sum(turned[kept] ** 2 / eigenvalues[kept]))
        freedom = int(kept.sum())
        return JointTest(
            sup_t, beyond / self.maxima.size, wald, float(chi2.sf(wald, freedom)), freedom, sup_t <= self.critical
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Estimates with the simultaneous band."""
        return forest(self.table[self.table["ci_kind"] == "simultaneous"], ax)

    def __str__(self) -> str:
        shown = self.table[self.table["ci_kind"] == "simultaneous"][
            ["outcome", "estimate", "std_error", "ci_low", "ci_high"]
        ]
        return (
            f"{self.estimate.size} estimates, simultaneous {100 * self.level:g} % band, critical value {self.critical:.3f}\n"
            f"{shown.to_string(index=False, float_format='%.4g')}"
        )

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format=lambda x: f"{x:.4g}")


def estimate_jointly(
    matched: HasMembers | pd.DataFrame,
    outcomes: np.ndarray | pd.DataFrame | Mapping[str, np.ndarray],
    *,
    level: float = 0.95,
    cluster: Cluster = "set+unit",
    rate: bool | None = None,
    seed: int = 1,
    draws: int = DRAWS,
) -> JointEstimate:
    """Estimates of several outcomes on one matched sample, with simultaneous bands.

    Parameters
    ----------
    matched, outcomes, level, cluster, rate
        As in :func:`evaluation.effects.estimate_many`; every outcome must be observed.
    seed, draws
        Seed and number of the normal draws behind the critical value.
    """
    sample = sample_of(matched)
    table = estimate_many(matched, outcomes, level=level, cluster=cluster, rate=rate)
    labels, values = outcomes_of(outcomes, sample.weight.size)
    missing = [str(label) for label, status in zip(labels, table["status"], strict=True) if status != "estimated"]
    if missing or not labels:
        raise EffectError(
            Problem(
                "outcomes", f"not observed: {', '.join(missing) or 'none given'}", "observed outcomes", "leave them out"
            )
        )
    error = table["std_error"].to_numpy()
    flat = [str(label) for label, e in zip(labels, error, strict=True) if not e > 0]
    if flat:
        raise EffectError(
            Problem("outcomes", f"no variation in {', '.join(flat)}", "outcomes that vary in a group", "leave them out")
        )
    covariance = _covariance(sample, values, error, cluster)
    return sup_t_bands(table, covariance, level=level, seed=seed, draws=draws)


def sup_t_bands(
    table: pd.DataFrame, covariance: np.ndarray, *, level: float = 0.95, seed: int = 1, draws: int = DRAWS
) -> JointEstimate:
    """Simultaneous bands of estimates whose covariance is known.

    Parameters
    ----------
    table
        Columns estimate, ci_low, ci_high, rate (and any others, which are kept); k rows with pointwise limits.
    covariance
        float64 (k, k), positive semi-definite with a positive diagonal.

    Raises
    ------
    EffectError
        A covariance of another shape, or an estimate without a variance above 0; too few draws.
    """
    k = len(table)
    without = int(np.sum(~(np.diag(covariance) > 0))) if covariance.shape == (k, k) else 0
    if not k or covariance.shape != (k, k) or without or not np.all(np.isfinite(covariance)):
        raise EffectError(
            Problem(
                "covariance",
                f"shape {covariance.shape}, {without} estimates without a variance" if k else "no estimates",
                f"({k}, {k}), finite, with variances above 0",
                "leave out what is not estimated or does not vary",
            )
        )
    if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < LEAST_DRAWS:
        raise EffectError(Problem("draws", repr(draws), f"a whole number from {LEAST_DRAWS:,}", f"{DRAWS:,}"))
    estimate = table["estimate"].to_numpy(np.float64)
    error = np.sqrt(np.diag(covariance))
    maxima = _maxima(covariance / np.outer(error, error), seed, draws)
    # never narrower than the pointwise interval, which is the band of one estimate
    critical = max(float(maxima[min(int(np.ceil(level * draws)), draws) - 1]), critical_value(level))
    low, high = difference_interval(estimate, error, table["rate"].to_numpy(bool), critical)
    both = pd.concat(
        [table.assign(ci_kind="pointwise"), table.assign(ci_low=low, ci_high=high, ci_kind="simultaneous")],
        ignore_index=True,
    )
    return JointEstimate(both, estimate, error, covariance, critical, maxima, level)


def _covariance(sample: Sample, outcomes: np.ndarray, error: np.ndarray, cluster: str) -> np.ndarray:
    """Joint covariance with the given standard errors on its diagonal; negative directions are set to zero."""
    psi, used = kernels.influence(
        outcomes, sample.sets, sample.units, sample.treated, sample.weight, sample.n_sets, sample.has_sets
    )
    by_set = _products(psi, used, sample.sets)
    by_unit = _products(psi, used, sample.units)
    by_row = _products(psi, used, sample.third(cluster))
    joint = combined(by_set, by_unit, by_row, cluster)
    scale = np.sqrt(np.diag(joint))
    eigenvalues, vectors = np.linalg.eigh(joint / np.outer(scale, scale))
    correlation = np.einsum("ik,k,jk->ij", vectors, eigenvalues.clip(min=0), vectors)
    unit = np.sqrt(np.diag(correlation))
    correlation = correlation / np.outer(unit, unit)
    return correlation * np.outer(error, error)


def _products(psi: np.ndarray, used: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Cross products of cluster sums of influences, each estimate with its own factor sqrt(G / (G - 1))."""
    n = int(codes.max()) + 1
    sums = np.array([np.bincount(codes, weights=row, minlength=n) for row in psi])
    clusters = np.array([np.count_nonzero(np.bincount(codes[row], minlength=n)) for row in used])
    sums *= np.sqrt(factor(clusters))[:, None]
    # einsum adds in one fixed order; a BLAS product may not
    return np.einsum("ig,jg->ij", sums, sums)


def _maxima(correlation: np.ndarray, seed: int, draws: int) -> np.ndarray:
    eigenvalues, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(eigenvalues.clip(min=0))
    generator = np.random.Generator(np.random.Philox(key=seed))
    normal = generator.standard_normal((draws, correlation.shape[0]))
    return np.sort(np.max(np.abs(np.einsum("dk,ik->di", normal, root)), axis=1))
