"""Weights that turn a score into an estimand, with their derivatives.

| estimand | treated | controls |
| --- | --- | --- |
| att | 1 | e / (1 - e) |
| atc | (1 - e) / e | 1 |
| ate | 1 / e | 1 / (1 - e) |
| ato | 1 - e | e |

Sources: Lunceford & Davidian (2004), Statistics in Medicine 23; Li, Morgan & Zaslavsky (2018), JASA 113.
"""

from __future__ import annotations

import warnings
from typing import Literal, get_args

import numpy as np

from evaluation.effects.cautions import DOMINANT_TIMES, dominance
from evaluation.effects.regression import kernels
from evaluation.effects.weighting.score import ScoreRows
from evaluation.errors import DominantWeightWarning, EffectError, OverlapWarning, Problem

Estimand = Literal["att", "atc", "ate", "ato"]
ESTIMANDS: tuple[str, ...] = get_args(Estimand)
_MANY_OUTSIDE = 0.05


def weights_of(
    score: ScoreRows, treated: np.ndarray, used: np.ndarray, estimand: str, truncate: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Weight of each row and its derivative by the linear predictor, float64 (n,) each; 0 in rows not used.

    ``truncate`` sets weights above that quantile of the weights that are not fixed at 1 to the quantile, taken as known.

    Raises
    ------
    EffectError
        Scores of 0 or 1 in rows whose weight would be infinite, or that leave a group no weight at all.
    """
    e = np.where(used, score.probability, 0.5)
    with np.errstate(divide="ignore", invalid="ignore"):
        if estimand == "att":
            w, d = np.where(treated, 1.0, e / (1 - e)), np.where(treated, 0.0, 1 / (1 - e) ** 2)
        elif estimand == "atc":
            w, d = np.where(treated, (1 - e) / e, 1.0), np.where(treated, -1 / e**2, 0.0)
        elif estimand == "ate":
            w, d = np.where(treated, 1 / e, 1 / (1 - e)), np.where(treated, -1 / e**2, 1 / (1 - e) ** 2)
        else:
            w, d = np.where(treated, 1 - e, e), np.where(treated, -1.0, 1.0)
    w = np.where(used, w, 0.0)
    if n := int(np.sum(~np.isfinite(w))):
        raise EffectError(
            Problem(
                "score",
                f"{n} rows have a score of exactly 0 or 1: their weight would be infinite (no overlap)",
                "treated and controls at every score",
                'drop these rows, coarsen the covariates that decide treatment, or take estimand="ato"',
            )
        )
    for name, group in (("treated", used & treated), ("controls", used & ~treated)):
        if group.any() and not w[group].any():
            raise EffectError(
                Problem(
                    "score",
                    f"no weight is left in any of {int(group.sum())} {name}: it tells the groups apart completely (no overlap)",
                    "treated and controls at the same scores",
                    "give the chance of treatment, not treatment itself, or coarsen what decides it",
                )
            )
    d = np.where(used, d * score.slope, 0.0)
    if truncate is not None:
        free = used & {"att": ~treated, "atc": treated}.get(estimand, np.ones(treated.size, bool))
        if not free.any():
            return w, d
        top = float(np.quantile(w[free], truncate, method="closest_observation"))
        cut = free & (w > top)
        w, d = np.where(cut, top, w), np.where(cut, 0.0, d)
    return w, d


def wnls_weights(score: ScoreRows, treated: np.ndarray, used: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights of AIPW's outcome model that lessen its variance for the ATE (Cao, Tsiatis & Davidian 2009), and their slopes."""
    e = np.where(used, score.probability, 0.5)
    w = np.where(treated, (1 - e) / e**2, e / (1 - e) ** 2)
    d = np.where(treated, -(2 - e) / e**3, (1 + e) / (1 - e) ** 3)
    return np.where(used, w, 0.0), np.where(used, d * score.slope, 0.0)


def warn_of_weights(
    w: np.ndarray, score: ScoreRows, treated: np.ndarray, used: np.ndarray, units: np.ndarray, estimand: str
) -> None:
    """Say when one unit, or a handful, carries a group's weight, or when rows the effect speaks of lie beyond the other group's scores."""
    said, few = [], []
    for name, group in (("treated", used & treated), ("controls", used & ~treated)):
        if not group.any():
            continue
        total = kernels.group_sums((w * group)[None, :], units, int(units.max()) + 1)[0]
        n = int(np.count_nonzero(total))
        if n <= DOMINANT_TIMES:
            # no unit of so few can have five times its equal share, yet each decides much
            few.append(f"{n} {'unit' if n == 1 else 'units'} among the {name}")
        else:
            said += dominance(total, name)
    if said:
        warnings.warn(
            f"{'; '.join(said)}: it alone decides the estimate. Coarsen what sets it apart, trim the score (discard=), set a "
            'quantile in truncate=, or take estimand="ato", which weighs such units down.',
            DominantWeightWarning,
            stacklevel=4,
        )
    if few:
        warnings.warn(
            f"The weight of a group rests on {' and '.join(few)}: each alone decides the estimate, and its standard error is far too "
            "small. Join groups, or take the estimate for what it is: an account of those few.",
            DominantWeightWarning,
            stacklevel=4,
        )
    e = score.probability
    t, c = used & treated, used & ~treated
    if not t.any() or not c.any():
        return
    beyond = []
    if estimand in ("att", "ate") and (n := int(np.sum(e[t] > e[c].max()))) > _MANY_OUTSIDE * t.sum():
        beyond.append(f"{n} of {int(t.sum())} treated have a score above every control's")
    if estimand in ("atc", "ate") and (n := int(np.sum(e[c] < e[t].min()))) > _MANY_OUTSIDE * c.sum():
        beyond.append(f"{n} of {int(c.sum())} controls have a score below every treated's")
    if beyond:
        warnings.warn(
            f"{'; '.join(beyond)}: no weight makes up for them. Trim the score (discard=) and say whom the effect speaks of, or "
            "coarsen the covariates.",
            OverlapWarning,
            stacklevel=4,
        )
