"""Point estimates and variances of matching estimators, from neighbour sets (Abadie & Imbens 2006, 2011).

With K_i = Σ 1/|J_j| over the sets that unit i stands in, K'_i = Σ 1/|J_j|², F_i = 1 for the n_F units that the effect speaks
of, and τ_i the difference of observed and imputed (bias-adjusted) outcomes, for the population effect

    V = 1/n_F² Σ_F (τ_i - τ)² + 1/n_F² Σ_i σ²_i (K_i² + 2 F_i K_i - K'_i)

and given the covariates (the sample effect) V_c = 1/n_F² Σ_i σ²_i (F_i + K_i)². σ²_i is the variance of the outcome, divided
by n - 1, among the unit and its J nearest others of its own group, ties included; with J = 1 and no ties that is the papers'
(Y_i - Y_j)²/2. Under homoscedasticity σ² is half the mean of (own - neighbour's ∓ τ)² over all pairs.

Bias adjustment: in each group the outcome is regressed on the columns by least squares weighted by K among the units used,
and the imputed outcome of i gains b'(x_i - mean x of its set). No factor for small samples is applied.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.effects.neighbours.checks import warn_of_unmatched
from evaluation.effects.neighbours.sets import Group, Sets, find_sets
from evaluation.errors import EffectError, Problem


@dataclass(frozen=True)
class Moments:
    """Estimates of k outcomes. All arrays (k,) but the counts; ``groups`` and ``kept`` as (controls, treated)."""

    effect: np.ndarray
    unadjusted: np.ndarray
    variance: np.ndarray
    conditional: np.ndarray
    means: tuple[np.ndarray, np.ndarray]
    mean_variances: tuple[np.ndarray, np.ndarray]
    kept: tuple[np.ndarray, np.ndarray]
    uses: tuple[np.ndarray, np.ndarray]
    focal: tuple[np.ndarray, np.ndarray]


def estimate(
    groups: tuple[Group, Group],
    y: np.ndarray,
    bias: np.ndarray | None,
    *,
    estimand: str,
    neighbours: int,
    se_neighbours: int,
    tolerance: float,
    variance: str,
    found: dict[int, Sets] | None = None,
) -> Moments:
    """Matching estimates.

    Parameters
    ----------
    groups
        Controls and treated; conditional variances are taken among their neighbours.
    y, bias
        Outcomes (n, k) and columns of the bias adjustment (n, b), by row of the frame.
    found
        Ready sets by asking group, of the same rows as ``groups``; found here by default, with a warning of units without
        neighbours.
    """
    asking = (1,) if estimand == "att" else (0, 1)
    ready = found is not None
    if found is None:
        found = {g: find_sets(groups[g], groups[1 - g], neighbours, tolerance) for g in asking}
    kept = tuple(
        found[g].size[found[g].askers.point_of] > 0 if g in found else np.zeros(groups[g].rows.size, bool)
        for g in (0, 1)
    )
    n_focal = int(sum(k.sum() for k in kept))
    if not ready:
        asked = sum(groups[g].rows.size for g in asking)
        warn_of_unmatched(asked - n_focal, asked, neighbours)
    blank = tuple(np.zeros(group.rows.size) for group in groups)
    uses, squares = [*blank], [b.copy() for b in blank]
    for g in asking:
        uses[1 - g], squares[1 - g] = found[g].uses(kept[g].astype(np.float64))
    own = [y[group.rows] for group in groups]
    plain = {g: found[g].means(y) for g in asking}
    shift = {g: np.zeros_like(plain[g]) for g in asking}
    # what pairs are compared in: outcomes, less the part that the donors' regression explains
    cleaned = {g: y for g in asking}
    if bias is not None:
        for g in asking:
            slope = _slopes(y[groups[1 - g].rows], bias[groups[1 - g].rows], uses[1 - g])
            gap = bias[groups[g].rows] - found[g].means(bias)
            shift[g] = np.einsum("ib,bk->ik", gap, slope)
            cleaned[g] = y - np.einsum("ib,bk->ik", bias, slope)
    sign = {0: -1.0, 1: 1.0}
    differences = {g: (sign[g] * (own[g] - plain[g] - shift[g]))[kept[g]] for g in asking}
    effect = np.asarray(sum(d.sum(axis=0) for d in differences.values())) / n_focal
    rough = (
        np.asarray(sum((sign[g] * (own[g] - plain[g]))[kept[g]].sum(axis=0) for g in asking)) / n_focal
        if bias is not None
        else effect
    )
    focal = tuple(k.astype(np.float64) for k in kept)
    needed = [(u > 0) | (f > 0 if estimand == "ate" else False) for u, f in zip(uses, focal, strict=True)]
    if variance == "homoscedastic":
        sigma = _common(found, kept, cleaned, effect, groups)
    else:
        sigma = [_local(groups[g], y, needed[g], se_neighbours, tolerance) for g in (0, 1)]
    spread = np.asarray(sum(((d - effect) ** 2).sum(axis=0) for d in differences.values()))
    extra = [u * u + 2 * f * u - s for u, s, f in zip(uses, squares, focal, strict=True)]
    parts = [np.einsum("i,ik->k", e[w], v[w]) for e, v, w in zip(extra, sigma, needed, strict=True)]
    given = [
        np.einsum("i,ik->k", ((f + u) ** 2)[w], v[w]) for u, f, v, w in zip(uses, focal, sigma, needed, strict=True)
    ]
    if estimand == "att" and variance != "homoscedastic":
        # the treated use no sets of their own: their variance given the covariates needs its own neighbours
        mine = _local(groups[1], y, kept[1], se_neighbours, tolerance)
        given[1] = mine[kept[1]].sum(axis=0)
    elif estimand == "att":
        given[1] = sigma[1][kept[1]].sum(axis=0)
    imputed = {g: plain[g] + shift[g] for g in asking}
    means, mean_variances = _means(own, imputed, kept, extra, sigma, needed, n_focal)
    return Moments(
        effect=effect,
        unadjusted=rough,
        variance=(spread + parts[0] + parts[1]) / n_focal**2,
        conditional=(given[0] + given[1]) / n_focal**2,
        means=means,
        mean_variances=mean_variances,
        kept=(kept[0], kept[1]),
        uses=(uses[0], uses[1]),
        focal=(focal[0], focal[1]),
    )


def _means(
    own: list[np.ndarray],
    imputed: dict[int, np.ndarray],
    kept: tuple[np.ndarray, ...],
    extra: list[np.ndarray],
    sigma: list[np.ndarray],
    needed: list[np.ndarray],
    n_focal: int,
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Means of the potential outcomes (0, 1) and their variances, by the same formula with one outcome held at zero."""
    means, variances = [], []
    for arm in (0, 1):
        values = [own[arm][kept[arm]]] if kept[arm].any() else []
        other = 1 - arm
        if other in imputed:
            values.append(imputed[other][kept[other]])
        every = np.concatenate(values)
        mean = every.mean(axis=0)
        spread = ((every - mean) ** 2).sum(axis=0)
        w = needed[arm]
        means.append(mean)
        variances.append((spread + np.einsum("i,ik->k", extra[arm][w], sigma[arm][w])) / n_focal**2)
    return (means[0], means[1]), (variances[0], variances[1])


def _local(group: Group, y: np.ndarray, needed: np.ndarray, se_neighbours: int, tolerance: float) -> np.ndarray:
    """σ² of each unit of a group, float64 (g, k); NaN where it is not needed."""
    if not needed.any():
        return np.full((group.rows.size, y.shape[1]), np.nan)
    sets = find_sets(group, group, se_neighbours + 1, tolerance, needed)
    out = sets.variances(y)
    alone = needed & np.isnan(out[:, 0])
    if alone.any():
        # a cell with too few of its own group: the mean of the others
        rest = needed & ~alone
        if not rest.any():
            raise EffectError(
                Problem(
                    "se_neighbours",
                    f"no exact cell holds {se_neighbours + 1} units of one group: their variance cannot be estimated",
                    "cells with more units",
                    'fewer or coarser exact columns, or variance="homoscedastic"',
                )
            )
        out[alone] = out[rest].mean(axis=0)
    return out


def _common(
    found: dict[int, Sets],
    kept: tuple[np.ndarray, ...],
    cleaned: dict[int, np.ndarray],
    effect: np.ndarray,
    groups: tuple[Group, Group],
) -> list[np.ndarray]:
    """One σ² for all units, spread over the rows of each group, float64 (g, k)."""
    total = np.zeros(effect.size)
    for g, sets in found.items():
        for c in range(effect.size):
            total[c] += sets.pair_squares(cleaned[g][:, c], effect[c] if g else -effect[c])[kept[g]].sum()
    sigma = total / sum(k.sum() for k in kept) / 2
    return [np.broadcast_to(sigma, (group.rows.size, effect.size)) for group in groups]


def _slopes(y: np.ndarray, x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Slopes of weighted least squares with an intercept, float64 (b, k)."""
    used = weight > 0
    w, x, y = weight[used], x[used], y[used]
    total = w.sum()
    x = x - np.einsum("i,ij->j", w, x) / total
    y = y - np.einsum("i,ik->k", w, y) / total
    scale = np.sqrt(np.einsum("i,ij,ij->j", w, x, x) / total)
    scale[scale == 0] = 1.0
    x = x / scale
    gram = np.einsum("i,ij,im->jm", w, x, x)
    right = np.einsum("i,ij,ik->jk", w, x, y)
    # columns that do not vary, or repeat others, get no slope of their own
    slope: np.ndarray = np.linalg.lstsq(gram, right, rcond=1e-12)[0]
    return slope / scale[:, None]
