"""Cluster-robust standard errors where clusters are few: CR1, and CR2 with Satterthwaite's degrees of freedom.

For a weighted least squares fit b = M X'W y, M = (X'WX)⁻¹, and a contrast c'b:

    V = Σ_g (a_g' e_g)²      a_g = A_g W_g X_g M c

CR1: A_g = sqrt(G / (G - 1)), degrees of freedom G - 1. CR2 (Bell & McCaffrey 2002; Pustejovsky & Tipton 2018, the working covariance being the identity): A_g is the
symmetric inverse root of B_g = [(I - H)(I - H)']_gg, H = X M X'W, which makes V unbiased when the errors are alike and independent;
degrees of freedom (Σ_g p_g'p_g)² / Σ_gh (p_g'p_h)², p_g = (I - H)_g' a_g. Directions in which B_g is 0 (a cluster that decides a coefficient
alone) are left out. CR1S multiplies CR1 by (n - 1) / (n - k), as Stata's ``regress`` and R's ``vcovCL(type = "HC1")`` do.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy.stats import t as student

from evaluation.effects.intervals import critical_value, is_rate
from evaluation.effects.regression import kernels
from evaluation.effects.regression.g_computation import ESTIMATOR as REGRESSION
from evaluation.effects.regression.matched import observed_weights, regressors_of
from evaluation.effects.result import Estimate
from evaluation.effects.sample import HasMembers, outcome_of
from evaluation.effects.variance import ROUNDING, clustered
from evaluation.effects.weighted import ESTIMATOR as DIFFERENCE
from evaluation.effects.weighted import estimate_many, refuse_too_few
from evaluation.errors import EffectError, FewClustersWarning, Problem
from evaluation.matching.threads import one_thread

Kind = Literal["CR1", "CR1S", "CR2"]
OneWay = Literal["set", "unit", "set+unit"]
KINDS: tuple[str, ...] = get_args(Kind)
_NULL = 1e-10
_FEW_FREEDOM = 4.0


@dataclass(frozen=True)
class Contrast:
    """A contrast of weighted least squares coefficients with its cluster-robust error and degrees of freedom."""

    estimate: float
    std_error: float
    freedom: float
    n_clusters: int


@dataclass(frozen=True)
class FewClustersEstimate(Estimate):
    """An estimate whose interval is of Student's t with ``freedom`` degrees of freedom; ``kind`` is CR1, CR1S or CR2."""

    kind: str = "CR2"
    freedom: float = np.nan
    p_value: float = np.nan

    def __str__(self) -> str:
        return f"{super().__str__()}\n{self.kind}, {self.freedom:.1f} degrees of freedom, p = {self.p_value:.4f}"


def few_clusters(
    matched: HasMembers | pd.DataFrame,
    outcome: str | np.ndarray | pd.Series | Sequence[float],
    *,
    covariates: Sequence[str] = (),
    interactions: bool = False,
    cluster: OneWay = "set",
    kind: Kind = "CR2",
    level: float = 0.95,
    rate: bool | None = None,
) -> FewClustersEstimate:
    """Weighted difference, or regression on the matched sample, with errors for few clusters.

    Parameters
    ----------
    covariates, interactions
        None: the difference of weighted means. Else a linear regression (:mod:`evaluation.effects.regression.g_computation`, covariates taken as fixed).
    cluster
        "set" or "unit" (person); "set+unit" with CR1 and CR1S only, where degrees of freedom are those of the fewer clusters.
    kind
        "CR2", "CR1" or "CR1S".
    matched, outcome, level, rate
        As in :func:`evaluation.effects.estimate_att`.

    Raises
    ------
    EffectError
        CR2 with two clusterings, fewer than two clusters or persons of a group, an outcome observed in no complete set.
    """
    if kind not in KINDS or cluster not in get_args(OneWay) or (kind == "CR2" and cluster == "set+unit"):
        raise EffectError(
            Problem(
                "kind, cluster",
                f"{kind!r}, {cluster!r}",
                'CR2, CR1 or CR1S by "set" or "unit"; CR1 or CR1S by "set+unit"',
                "take the clustering with fewer clusters for CR2",
            )
        )
    critical_value(level)
    regressors = regressors_of(matched, covariates, interactions=interactions)
    sample, y = regressors.sample, outcome_of(matched, outcome)
    w = observed_weights(sample, y)
    used = np.flatnonzero(w > 0)
    if not sample.treated[used].any() or sample.treated[used].all():
        raise EffectError(
            Problem("outcome", "observed in no complete set", "values in both groups", "take a shorter horizon")
        )
    tau = np.where(regressors.target, w, 0.0)[used]
    sums = kernels.cross(np.ascontiguousarray(regressors.x[:, used]), (tau / tau.sum())[None, :])
    c = (regressors.gradient(sums, 1.0) - regressors.gradient(sums, 0.0))[0]
    x = np.ascontiguousarray(regressors.z[:, used].T)
    x = np.column_stack([np.ones(used.size), x])
    groups = [sample.sets[used], sample.units[used], sample.cells[used]]
    # less its first value, which no difference of means depends on: an outcome that does not vary is then 0 throughout
    level_of, largest = y[used][0], float(np.max(np.abs(y[used])))
    shifted = y[used] - level_of
    with one_thread():  # products of the rows by BLAS: the same bits whatever the number of threads
        if cluster == "set+unit":
            found = _two_way(shifted, x, w[used], groups, c, kind)
        else:
            found = wls_contrast(shifted, x, w[used], groups[0 if cluster == "set" else 1], c, kind=kind)
    found = _without_rounding(found, ROUNDING * largest)
    _warn(found, kind)
    return _estimate(matched, y, outcome, found, regressors.x.size > 0, cluster, kind, level, rate)


def wls_contrast(
    y: np.ndarray, x: np.ndarray, weights: np.ndarray, clusters: np.ndarray, contrast: np.ndarray, *, kind: Kind = "CR2"
) -> Contrast:
    """Contrast c'b of a weighted least squares fit, its cluster-robust error and degrees of freedom.

    Parameters
    ----------
    y, x, weights, clusters
        (n,), (n, k) with the intercept, (n,) above 0, (n,).
    contrast
        (k,).

    Raises
    ------
    EffectError
        Fewer than two clusters, or columns that are combinations of each other.
    """
    codes = pd.factorize(clusters)[0]
    n_clusters = int(codes.max(initial=-1)) + 1
    if n_clusters < 2:
        raise EffectError(
            Problem(
                "cluster",
                f"{n_clusters} clusters",
                "at least 2",
                "cluster by something that varies, or report no error",
            )
        )
    order = np.argsort(codes, kind="stable")
    codes = codes[order]
    y, x, weights = (np.asarray(v, dtype=np.float64)[order] for v in (y, x, weights))
    m, e, b = _fit(y, x, weights)
    bounds = np.searchsorted(codes, np.arange(n_clusters + 1))
    k = x.shape[1]
    q = np.einsum("ni,n,nj->ij", x, weights**2, x)
    along = x @ (m @ contrast)
    raw = weights * along
    estimate = float(contrast @ b)
    if kind != "CR2":
        sums = np.add.reduceat(raw * e, bounds[:-1])
        scale = n_clusters / (n_clusters - 1) * ((len(y) - 1) / (len(y) - k) if kind == "CR1S" else 1.0)
        return Contrast(estimate, float(np.sqrt(scale * np.sum(sums**2))), float(n_clusters - 1), n_clusters)
    # I - H has (g, h) blocks; B_g = I + F K F' with F = [X, W X], K = [[M Q M, -M], [-M, 0]]
    corner = np.block([[m @ q @ m, -m], [-m, np.zeros((k, k))]])
    sides, squares, total = np.empty((n_clusters, 2 * k)), np.empty(n_clusters), 0.0
    for g in range(n_clusters):
        rows = slice(bounds[g], bounds[g + 1])
        f = np.hstack([x[rows], x[rows] * weights[rows, None]])
        a = _inverse_root(f, corner) @ raw[rows] if len(f) <= 2 * k else _inverse_root_wide(f, corner, raw[rows])
        total += float(a @ e[rows]) ** 2
        squares[g] = a @ a
        sides[g] = f.T @ a
    # p_g'p_h = 1(g = h) a'a + sides_g K sides_h'
    low_rank = np.einsum("gi,ij,gj->g", sides, corner, sides)
    inner = corner @ (sides.T @ sides)
    frobenius = np.sum(squares**2) + 2 * np.sum(squares * low_rank) + np.sum(inner * inner.T)
    trace = np.sum(squares + low_rank)
    return Contrast(estimate, float(np.sqrt(total)), float(trace**2 / frobenius), n_clusters)


def _fit(y: np.ndarray, x: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(X'WX)⁻¹, residuals and coefficients, by a QR of the weighted columns."""
    root = np.sqrt(weights)
    q, r = np.linalg.qr(x * root[:, None])
    diagonal = np.abs(np.diag(r))
    if diagonal.min() <= 1e-9 * diagonal.max():
        raise EffectError(
            Problem(
                "covariates",
                "some are constant or combinations of others (with treatment, or its products) in the rows observed",
                "columns that vary on their own",
                "take interactions=False, merge rare levels, or use fewer covariates",
            )
        )
    inverse = np.linalg.inv(r)
    b = inverse @ (q.T @ (root * y))
    return inverse @ inverse.T, y - x @ b, b


def _root(matrix: np.ndarray) -> np.ndarray:
    """Symmetric inverse square root; directions with nothing in them stay out."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.where(values > _NULL, 1 / np.sqrt(values), 0.0)
    return (vectors * scaled) @ vectors.T


def _inverse_root(f: np.ndarray, corner: np.ndarray) -> np.ndarray:
    return _root(np.eye(len(f)) + f @ corner @ f.T)


def _inverse_root_wide(f: np.ndarray, corner: np.ndarray, raw: np.ndarray) -> np.ndarray:
    """A_g times a vector where the cluster has more rows than the model has columns: the root is the identity outside them."""
    q, r = np.linalg.qr(f)
    inside = _root(np.eye(len(r)) + r @ corner @ r.T)
    return raw + q @ (inside @ (q.T @ raw) - q.T @ raw)


def _two_way(
    y: np.ndarray, x: np.ndarray, weights: np.ndarray, groups: Sequence[np.ndarray], contrast: np.ndarray, kind: str
) -> Contrast:
    m, e, b = _fit(y, x, weights)
    psi = weights * (x @ (m @ contrast)) * e
    sums = [np.bincount(pd.factorize(g)[0], weights=psi) for g in groups]
    n = [np.array(float(s.size)) for s in sums]
    squares = [np.array(np.sum(s**2)) for s in sums]
    variance = float(clustered(squares[0], squares[1], squares[2], n[0], n[1], n[2], "set+unit"))
    if kind == "CR1S":
        variance *= (len(y) - 1) / (len(y) - x.shape[1])
    fewest = int(min(n[0], n[1]))
    return Contrast(float(contrast @ b), float(np.sqrt(variance)), float(fewest - 1), fewest)


def _without_rounding(found: Contrast, noise: float) -> Contrast:
    """0 for what is rounding only: of an outcome that the model explains whole, an error would be divided by its like."""
    return replace(
        found,
        estimate=0.0 if abs(found.estimate) <= noise else found.estimate,
        std_error=0.0 if found.std_error <= noise else found.std_error,
    )


def _warn(found: Contrast, kind: str) -> None:
    if found.freedom < _FEW_FREEDOM:
        warnings.warn(
            f"{found.n_clusters} clusters give {found.freedom:.1f} degrees of freedom: the interval is a rough guess even with {kind}. "
            "Join groups, or say that the data do not tell.",
            FewClustersWarning,
            stacklevel=4,
        )
    elif kind != "CR2" and found.n_clusters < 30:
        warnings.warn(
            f'{found.n_clusters} clusters are few for {kind}: its errors tend to be too small. Take kind="CR2".',
            FewClustersWarning,
            stacklevel=4,
        )


def _estimate(
    matched: HasMembers | pd.DataFrame,
    y: np.ndarray,
    outcome: object,
    found: Contrast,
    regression: bool,
    cluster: str,
    kind: str,
    level: float,
    rate: bool | None,
) -> FewClustersEstimate:
    """The row of the plain weighted difference, with this estimate, error and interval in it."""
    label = outcome if isinstance(outcome, str) else "outcome"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FewClustersWarning)
        table = estimate_many(matched, {label: y}, level=level, cluster=cluster, rate=rate)  # type: ignore[arg-type]
    refuse_too_few(table, mend="match more, or join groups")
    width = float(student.ppf(0.5 + level / 2, found.freedom)) * found.std_error
    low, high = found.estimate - width, found.estimate + width
    if bool(is_rate(y[None, :])[0]) if rate is None else rate:
        low, high = np.clip([low, high], -1.0, 1.0)
        if found.std_error == 0:
            # an outcome that the model explains whole is no better known than the plain difference: its limits, about this estimate
            shift = found.estimate - float(table["estimate"].iloc[0])
            plain = table[["ci_low", "ci_high"]].to_numpy(np.float64)[0]
            low, high = np.clip(plain + shift, -1.0, 1.0)
    treated = float(table["treated_mean"].iloc[0])
    table = table.assign(
        estimator=REGRESSION if regression else DIFFERENCE,
        estimate=found.estimate,
        std_error=found.std_error,
        ci_low=low,
        ci_high=high,
        control_mean=treated - found.estimate,
    )
    if regression:
        # the adjusted level of the comparison group has no error of its own here
        table = table.assign(control_std_error=np.nan, control_low=np.nan, control_high=np.nan)
    p = 2 * float(student.sf(abs(found.estimate) / found.std_error, found.freedom)) if found.std_error > 0 else np.nan
    estimate = FewClustersEstimate.of(table, level=level, cluster=cluster)
    assert isinstance(estimate, FewClustersEstimate)
    return replace(estimate, kind=kind, freedom=found.freedom, p_value=p)
