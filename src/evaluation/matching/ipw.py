"""Inverse probability weights, with Hájek's scaling (the weights of a group sum to a fixed total).

With the score e: ATT 1 for treated, e / (1 - e) for controls; ATC (1 - e) / e for treated, 1 for controls; ATE 1 / e and
1 / (1 - e). ``truncate`` sets weights above that quantile to the quantile, over the rows whose weights are not fixed at 1.
``stabilise`` (ATE) lets each group's weights sum to the group's own number instead of to all rows; a difference of weighted
means is the same, only the scale differs.

Reference: Lunceford & Davidian (2004), Statistics in Medicine 23.
"""

from __future__ import annotations

import numpy as np

from evaluation.matching.task import Sample, Weighting
from evaluation.matching.weights import hajek


def weigh_by_inverse_probability(sample: Sample) -> Weighting:
    """Weights of the rows within common support."""
    spec, treated, e = sample.spec, sample.treated, sample.score
    used = sample.stratum >= 0
    weight = np.zeros(treated.size)
    p, t = e[used], treated[used]
    if spec.estimand == "att":
        weight[used] = np.where(t, 1.0, p / (1 - p))
        free, total = used & ~treated, float(t.sum())
    elif spec.estimand == "atc":
        weight[used] = np.where(t, (1 - p) / p, 1.0)
        free, total = used & treated, float((~t).sum())
    else:
        weight[used] = 1 / np.where(t, p, 1 - p)
        free, total = used, float(t.size)
    note = "inverse probability weights"
    if spec.truncate is not None:
        top = float(np.quantile(weight[free], spec.truncate, method="closest_observation"))
        cut = free & (weight > top)
        weight[cut] = top
        note += f", {int(cut.sum())} set to the {spec.truncate:g} quantile"
    return Weighting(hajek(weight, treated, sample.tie, total, separate=spec.stabilise), None, note)
