"""Balance of one variable between two groups, before and after matching.

Definitions (MatchIt's, to 1e-8):

- standardised mean difference: (mean treated - mean control) / SD before matching, of all treated for the ATT, of all
  controls for the ATC, and pooled over both groups, sqrt((s_t² + s_c²) / 2), otherwise and where the former do not vary;
  for a binary variable the SD is sqrt(p (1 - p));
- variance ratio: treated / control, for numbers only; a weighted variance is
  Σ w (x - mean)² · Σw / ((Σw)² - Σw²), which is the usual n - 1 version when all weights are equal;
- eCDF difference: |F_t - F_c|, its mean over the values that occur before matching, and its maximum
  (Kolmogorov-Smirnov).

No significance tests: balance is a property of the sample, and a p value falls with its size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np


@dataclass(frozen=True)
class Groups:
    """Rows of the frame that are compared: before with equal weights, after with weights.

    Rows are int64, weights float64; ``treated_after`` rows weigh ``treated_weight``, likewise the controls.
    """

    treated: np.ndarray
    control: np.ndarray
    treated_after: np.ndarray
    treated_weight: np.ndarray
    control_after: np.ndarray
    control_weight: np.ndarray


def effective_size(weights: np.ndarray) -> float:
    """(Σw)² / Σw², Kish's effective sample size; 0 without weight."""
    total = float(np.sum(weights))
    return total**2 / float(np.sum(weights**2)) if total > 0 else 0.0


def number_balance(x: np.ndarray, groups: Groups, standard: str = "treated") -> dict[str, float]:
    """All statistics of a variable with many values; x is float64 (n,). ``standard`` names the group whose SD divides."""
    xt, xc = x[groups.treated], x[groups.control]
    at, ac = x[groups.treated_after], x[groups.control_after]
    wt, wc = groups.treated_weight, groups.control_weight
    variance_t, variance_c = _variance(xt), _variance(xc)
    ecdf_before, ks_before, ecdf_after, ks_after = _ecdf_gaps(x, groups)
    means = (float(np.mean(xt)), float(np.mean(xc)), _mean(at, wt), _mean(ac, wc))
    return _row(
        means,
        variance_t,
        variance_c,
        (_ratio(variance_t, variance_c), _ratio(_weighted_variance(at, wt), _weighted_variance(ac, wc))),
        (ecdf_before, ecdf_after),
        (ks_before, ks_after),
        standard,
    )


def share_balance(
    before: tuple[float, float], after: tuple[float, float], standard: str = "treated"
) -> dict[str, float]:
    """All statistics of a 0/1 variable from its shares (treated, control), before and after."""
    gaps = (abs(before[0] - before[1]), abs(after[0] - after[1]))
    variances = [p * (1 - p) for p in before]
    return _row((*before, *after), variances[0], variances[1], (np.nan, np.nan), gaps, gaps, standard)


def _row(
    means: tuple[float, float, float, float],
    variance_t: float,
    variance_c: float,
    ratios: tuple[float, float],
    ecdf: tuple[float, float],
    ks: tuple[float, float],
    standard: str,
) -> dict[str, float]:
    treated, control, treated_after, control_after = means
    variance = {"treated": variance_t, "control": variance_c}.get(standard, 0.0)
    sd = np.sqrt(variance) if variance > 0 else np.sqrt((variance_t + variance_c) / 2)
    before, after = treated - control, treated_after - control_after
    return {
        "treated_mean": treated,
        "treated_sd": float(np.sqrt(variance_t)),
        "control_mean_before": control,
        "treated_mean_after": treated_after,
        "control_mean_after": control_after,
        "difference_before": before,
        "difference_after": after,
        "smd_before": _standardised(before, sd),
        "smd_after": _standardised(after, sd),
        "variance_ratio_before": ratios[0],
        "variance_ratio_after": ratios[1],
        "ecdf_before": ecdf[0],
        "ecdf_after": ecdf[1],
        "ks_before": ks[0],
        "ks_after": ks[1],
    }


def _standardised(difference: float, sd: float) -> float:
    if sd > 0:
        return float(difference / sd)
    return 0.0 if difference == 0 else float("nan")


def _ratio(a: float, b: float) -> float:
    return a / b if b > 0 else float("nan")


def _mean(x: np.ndarray, w: np.ndarray) -> float:
    return float(np.sum(w * x) / np.sum(w)) if x.size else float("nan")


def _variance(x: np.ndarray) -> float:
    return float(np.var(x, ddof=1)) if x.size > 1 else 0.0


def _weighted_variance(x: np.ndarray, w: np.ndarray) -> float:
    total, squares = float(np.sum(w)), float(np.sum(w**2))
    free = total**2 - squares
    if x.size < 2 or free <= 0:
        return float("nan")
    return float(np.sum(w * (x - _mean(x, w)) ** 2)) * total / free


def _ecdf_gaps(x: np.ndarray, groups: Groups) -> tuple[float, float, float, float]:
    """Mean and maximum of |F_t - F_c| before, and after."""
    at, ac = x[groups.treated_after], x[groups.control_after]
    matched = np.concatenate([at, ac])
    step = np.concatenate(
        [groups.treated_weight / np.sum(groups.treated_weight), -groups.control_weight / np.sum(groups.control_weight)]
    )
    order = np.argsort(matched, kind="stable")
    gaps = _walk(np.sort(x[groups.treated]), np.sort(x[groups.control]), matched[order], step[order])
    return gaps if at.size and ac.size else (gaps[0], gaps[1], float("nan"), float("nan"))


@numba.njit(cache=True, nogil=True)
def _walk(a, b, matched, step):
    """Walk once over all values that occur in the sorted arrays; ``step`` is the signed share of each matched row."""
    i, j, p, n_values = 0, 0, 0, 0
    n, m, q = a.size, b.size, matched.size
    total, peak, total_after, peak_after, height = 0.0, 0.0, 0.0, 0.0, 0.0
    while i < n or j < m or p < q:
        value = np.inf
        if i < n:
            value = a[i]
        if j < m and b[j] < value:
            value = b[j]
        if p < q and matched[p] < value:
            value = matched[p]
        while i < n and a[i] == value:
            i += 1
        while j < m and b[j] == value:
            j += 1
        while p < q and matched[p] == value:
            height += step[p]
            p += 1
        gap = abs(i / n - j / m)
        total += gap
        peak = max(peak, gap)
        total_after += abs(height)
        peak_after = max(peak_after, abs(height))
        n_values += 1
    return total / n_values, peak, total_after / n_values, peak_after
