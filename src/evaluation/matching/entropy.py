"""Entropy balancing: the weights nearest to equal ones for which the covariates' means agree exactly.

Weights w_i ∝ exp(b'x_i) minimise the Kullback-Leibler divergence from equal weights subject to Σ w x = target; b minimises
the dual log Σ exp(b'(x_i - target)), found by Newton's method with step halving on standardised columns. Targets are the
treated's means (ATT), the controls' (ATC), or everyone's, for both groups (ATE). ``moments=2`` also balances squares of
numbers, hence variances. ``tolerance`` allows each mean to differ by that many standard deviations, through a penalty
tolerance · |b|, found by the same dual in two parts. Within exact strata each stratum is balanced by itself.

Reference: Hainmueller (2012), Political Analysis 20.
"""

from __future__ import annotations

import numba
import numpy as np

from evaluation.errors import MatchingError, Problem
from evaluation.matching.columns import kind_of
from evaluation.matching.design_matrix import CovariateDesign, FormulaDesign
from evaluation.matching.logit import independent_columns
from evaluation.matching.task import Sample, Weighting
from evaluation.matching.weights import hajek

_ITERATIONS = 200
_CONVERGED = 1e-10  # largest imbalance left, in standard deviations
_ROUNDING = 1e-9  # a covariate that is constant within an exact stratum is off by less
_NAMED = 3


def weigh_by_entropy(sample: Sample) -> Weighting:
    """Balance the group (or groups) that the estimand does not speak of.

    Raises
    ------
    MatchingError
        No weights exist with these means; the covariates that are furthest off are named.
    """
    spec, treated = sample.spec, sample.treated
    order = np.argsort(sample.tie)
    order = order[sample.stratum[order] >= 0]
    labels, x = _moments(sample, order)
    t, k = treated[order], sample.stratum[order]
    weight = np.zeros(treated.size)
    used = np.zeros(order.size, bool)
    steps = 0
    for code in np.unique(k):
        inside = k == code
        if not (inside & t).any() or not (inside & ~t).any():
            continue
        used |= inside
        focal = {"att": inside & t, "atc": inside & ~t, "ate": inside}[spec.estimand]
        target, n = x[:, focal].mean(axis=1), float(focal.sum())
        for group in (inside & t, inside & ~t):
            if spec.estimand in ("att", "atc") and np.array_equal(group, focal):
                weight[order[group]] = 1.0
                continue
            w, taken = _balance(x[:, group], target, labels, spec.tolerance)
            weight[order[group]] = w * n
            steps = max(steps, taken)
    if not used.any():
        raise MatchingError(Problem("exact", "no stratum holds both groups", "", "use fewer or coarser exact columns"))
    total = {"att": (used & t).sum(), "atc": (used & ~t).sum(), "ate": used.sum()}[spec.estimand]
    weight = hajek(weight, treated, sample.tie, float(total))
    note = f"{len(labels)} moments balanced in {steps} Newton steps"
    return Weighting(weight, None, note)


def _moments(sample: Sample, order: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Standardised columns to balance, float64 (k, n), without those that others imply."""
    frame, spec = sample.frame, sample.spec
    if spec.formula is not None:
        design: CovariateDesign | FormulaDesign = FormulaDesign.of(frame, spec.formula, spec.treatment)
        numbers = [label for label in design.labels if label in frame.columns and kind_of(frame[label]) == "number"]
    else:
        design = CovariateDesign.of(frame, spec.covariates)
        numbers = [e.name for e in design.encoders if e.kind == "number"]
    labels, x = list(design.labels), design.matrix(frame, order)
    if spec.moments == 2:
        square = [labels.index(name) for name in numbers]
        centred = x[square] - x[square].mean(axis=1, keepdims=True)
        x = np.vstack([x, centred**2])
        labels += [f"{name}²" for name in numbers]
    x -= x.mean(axis=1, keepdims=True)
    spread = np.sqrt((x**2).mean(axis=1, keepdims=True))
    x = np.where(spread > 0, x / np.where(spread > 0, spread, 1), 0.0)
    kept = independent_columns(np.ascontiguousarray(x))
    return [label for label, keep in zip(labels, kept, strict=True) if keep], np.ascontiguousarray(x[kept])


def _balance(x: np.ndarray, target: np.ndarray, labels: list[str], tolerance: float) -> tuple[np.ndarray, int]:
    """Weights (n,) that sum to 1 with means at the target, and the number of steps."""
    low, high = x.min(axis=1) - target, x.max(axis=1) - target
    outside = [labels[j] for j in np.flatnonzero((low > tolerance + _ROUNDING) | (high < -tolerance - _ROUNDING))]
    if outside:
        _refuse(f"the target lies outside the values that occur: {', '.join(outside[:_NAMED])}")
    z = np.ascontiguousarray(x - target[:, None])
    b, steps = _newton(z) if tolerance == 0 else _soft(z, tolerance)
    w = _tilted(z, b)
    off = np.abs(_first(z, w))
    if not np.all(np.isfinite(w)) or off.max(initial=0.0) > tolerance + 1e-6:
        worst = [labels[j] for j in np.argsort(-off, kind="stable")[:_NAMED]]
        _refuse(f"no weights give these means; furthest off: {', '.join(worst)}")
    return w, steps


# Sums in a fixed order on one thread, as in the score: a BLAS product's bits may depend on the threads.
_sums = numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})


@_sums
def _linear(z, b):
    """b'z, float64 (n,)."""
    out = np.zeros(z.shape[1])
    for j in range(z.shape[0]):
        row = z[j]
        for i in range(out.size):
            out[i] += b[j] * row[i]
    return out


@_sums
def _first(z, w):
    """Σ w z, float64 (k,)."""
    out = np.empty(z.shape[0])
    for j in range(z.shape[0]):
        row, total = z[j], 0.0
        for i in range(row.size):
            total += w[i] * row[i]
        out[j] = total
    return out


@_sums
def _second(z, w):
    """Σ w z z', float64 (k, k)."""
    k, n = z.shape
    out = np.zeros((k, k))
    scaled = np.empty(512)
    for lo in range(0, n, 512):
        size = min(512, n - lo)
        for j in range(k):
            row = z[j, lo : lo + size]
            for r in range(size):
                scaled[r] = w[lo + r] * row[r]
            for i in range(j + 1):
                other, total = z[i, lo : lo + size], 0.0
                for r in range(size):
                    total += scaled[r] * other[r]
                out[j, i] += total
    for j in range(k):
        for i in range(j):
            out[i, j] = out[j, i]
    return out


def _tilted(z: np.ndarray, b: np.ndarray) -> np.ndarray:
    eta = _linear(z, b)
    w = np.exp(eta - eta.max())
    return w / w.sum()


def _dual(z: np.ndarray, b: np.ndarray) -> float:
    eta = _linear(z, b)
    top = float(eta.max())
    return top + float(np.log(np.exp(eta - top).sum()))


def _newton(z: np.ndarray) -> tuple[np.ndarray, int]:
    """Minimise log Σ exp(b'z) over b (k,)."""
    b = np.zeros(len(z))
    value = _dual(z, b)
    for step in range(1, _ITERATIONS + 1):
        w = _tilted(z, b)
        gradient = _first(z, w)
        if np.abs(gradient).max(initial=0.0) < _CONVERGED:
            return b, step - 1
        hessian = _second(z, w) - np.outer(gradient, gradient)
        # a ridge of rounding size keeps the step finite where the last weights pile up on a few rows
        hessian[np.diag_indices_from(hessian)] += 1e-12
        direction = np.linalg.solve(hessian, gradient)
        size, slope = 1.0, float(gradient @ direction)
        while size > 1e-10:
            new = _dual(z, b - size * direction)
            if new <= value - 1e-4 * size * slope + 1e-15 * abs(value):
                break
            size /= 2
        b, value = b - size * direction, new
        if value < -50:  # the dual falls without end: no weights exist
            break
    return b, step


def _soft(z: np.ndarray, tolerance: float) -> tuple[np.ndarray, int]:
    """Minimise log Σ exp(b'z) + tolerance Σ|b_j| by coordinate-wise active sets of Newton steps."""
    b = np.zeros(len(z))
    steps = 0
    for _ in range(_ITERATIONS):
        gradient = _first(z, _tilted(z, b))
        active = (b != 0) | (np.abs(gradient) > tolerance + _CONVERGED)
        sign = np.where(b != 0, np.sign(b), -np.sign(gradient))
        residual = np.where(active, gradient + tolerance * sign, 0.0)
        if np.abs(residual).max(initial=0.0) < _CONVERGED:
            break
        w = _tilted(z, b)
        za = np.ascontiguousarray(z[active])
        g = _first(za, w)
        hessian = _second(za, w) - np.outer(g, g)
        hessian[np.diag_indices_from(hessian)] += 1e-12
        direction = np.zeros(len(z))
        direction[active] = np.linalg.solve(hessian, residual[active])
        value, size = _dual(z, b) + tolerance * np.abs(b).sum(), 1.0
        while size > 1e-10:
            new = b - size * direction
            new[active & (new * sign < 0)] = 0.0  # a coefficient that would change its sign stops at zero
            if _dual(z, new) + tolerance * np.abs(new).sum() < value:
                break
            size /= 2
        else:
            break
        b = new
        steps += 1
    return b, steps


def _refuse(given: str) -> None:
    raise MatchingError(
        Problem(
            "covariates",
            f"entropy balancing is not feasible: {given}",
            "targets inside the values of the group that is weighted",
            'give a tolerance=, use fewer moments or covariates, or method="nearest" with a caliper',
        )
    )
