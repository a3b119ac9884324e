"""Overlap weights: 1 - e for treated, e for controls. They speak of those who could have been in either group (the ATO).

With a logistic score fitted on the same rows by maximum likelihood, the weighted means of its covariates agree exactly.
The total is the sum of 1 - e over the treated.

Reference: Li, Morgan & Zaslavsky (2018), JASA 113.
"""

from __future__ import annotations

import numpy as np

from evaluation.matching.task import Sample, Weighting
from evaluation.matching.weights import hajek


def weigh_overlap(sample: Sample) -> Weighting:
    """Weights of the rows within common support."""
    used = sample.stratum >= 0
    treated, e = sample.treated, sample.score
    weight = np.zeros(treated.size)
    weight[used] = np.where(treated[used], 1 - e[used], e[used])
    total = float(np.sum(np.sort(weight[treated])))
    return Weighting(hajek(weight, treated, sample.tie, total), None, "overlap weights")
