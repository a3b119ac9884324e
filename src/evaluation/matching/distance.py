"""The axis on which units are matched, and the width of a caliper on it.

A caliper of c in standard deviations allows a distance of at most c times (inclusive)

- ``sd_pooled``: sqrt((s_t² + s_c²) / 2), s the standard deviation within a group (Rosenbaum & Rubin 1985);
- ``sd_all``: the standard deviation over all units, treated and controls together (MatchIt's convention);
- ``sd_strata``: as ``sd_pooled``, but with s_g² = Σ_k Σ_{i in g,k} (x_i - mean_gk)² / Σ_k (n_gk - 1) within the exact
  strata k that hold both groups; a group that is alone in every stratum has no s_g and is left out of the mean. Without
  strata it equals ``sd_pooled``. For risk sets: calendar and class terms inflate the other two;
  with intervals the groups are the treated in the month of their start, and every person-month at risk;
- ``raw``: 1, that is the unit of the axis itself (logits, probabilities, or the covariate's own unit).

All variances divide by n - 1. The order of the rows changes no bit of a width: sums are exact, or run over sorted values.
"""

from __future__ import annotations

import numpy as np
from scipy.special import logit

from evaluation.errors import MatchingError, Problem
from evaluation.matching.sums import variances_by


def axis_from_score(score: np.ndarray, distance: str, *, where: str) -> np.ndarray:
    """A ready probability on the axis of the distance, float64 (n,).

    Raises
    ------
    MatchingError
        Values outside [0, 1], or exactly 0 or 1 where the logit is asked for.
    """
    if score.size and score.min() > 0 and score.max() < 1:
        return score if distance == "probability" else logit(score)
    outside = int(np.sum((score < 0) | (score > 1)))
    if outside:
        raise MatchingError(
            Problem(where, f"{outside} values outside 0 to 1", "probabilities", "give the probability, not its logit")
        )
    if distance == "probability":
        return score
    edge = int(np.sum((score == 0) | (score == 1)))
    if edge:
        raise MatchingError(
            Problem(
                where,
                f"{edge} probabilities are exactly 0 or 1, where the logit is infinite",
                "probabilities strictly between 0 and 1",
                'drop these rows, or use distance="probability"',
            )
        )
    return logit(score)


def caliper_width(
    caliper: float | None,
    unit: str,
    values: np.ndarray,
    treated: np.ndarray,
    stratum: np.ndarray,
    *,
    where: str,
    sd: float | None = None,
) -> float:
    """The largest distance a caliper allows; ``inf`` for None, and negative for a negative caliper.

    Parameters
    ----------
    values, treated, stratum
        The axis (float64), the groups (bool) and the exact strata (int32, -1: not to be used); shape (n,) each.
    where
        The option, for the error that a standard deviation of zero raises.
    sd
        The standard deviation where it is known already (risk sets by intervals).
    """
    if caliper is None:
        return float("inf")
    if unit == "raw":
        return float(caliper)
    sd = _sd(unit, values, treated, stratum) if sd is None else sd
    if not np.isfinite(sd) or sd <= 0:
        raise MatchingError(
            Problem(
                where,
                f"a caliper in {unit} has no width: the values do not vary within the groups",
                "values that vary",
                'use caliper_unit="raw", or exact= on this column',
            )
        )
    return float(caliper * sd)


def _sd(unit: str, values: np.ndarray, treated: np.ndarray, stratum: np.ndarray) -> float:
    used = stratum >= 0
    if unit == "sd_strata":
        return _sd_strata(values, treated, stratum)
    if unit == "sd_all":
        return float(np.sqrt(variances_by(values, np.where(used, np.int8(0), np.int8(-1)), 1)[0]))
    return float(np.sqrt(variances_by(values, np.where(used, treated.view(np.int8), np.int8(-1)), 2).sum() / 2))


def _sd_strata(values: np.ndarray, treated: np.ndarray, stratum: np.ndarray) -> float:
    n_strata = int(stratum.max(initial=-1)) + 1
    used = stratum >= 0
    both = np.ones(n_strata, bool)
    for group in (treated, ~treated):
        both &= np.bincount(stratum[used & group], minlength=n_strata) > 0
    variances = []
    for group in (treated, ~treated):
        inside = used & group
        inside[used] &= both[stratum[used]]
        x, k = values[inside], stratum[inside]
        order = np.argsort(x)
        x, k = x[order], k[order]  # equal values in one stratum are alike, so their order does not matter
        n = np.bincount(k, minlength=n_strata)
        mean = np.bincount(k, weights=x, minlength=n_strata) / np.maximum(n, 1)
        freedom = int(np.sum(np.maximum(n - 1, 0)))
        if freedom:
            variances.append(float(np.sum(np.sort((x - mean[k]) ** 2))) / freedom)
    return float(np.sqrt(np.mean(variances))) if variances else float("nan")
