"""What every estimator says of a sample that carries little: few clusters, or one person who carries much of a group's weight."""

from __future__ import annotations

import warnings

import numpy as np

from evaluation.errors import DominantWeightWarning, FewClustersWarning

FEW_CLUSTERS = 30
DOMINANT_SHARE, DOMINANT_TIMES = 0.1, 5.0
"""One person dominates a group with more than this share of its weight, if that is so many times a fair share."""


def warn_of_few(clusters: np.ndarray) -> None:
    """Estimates (k,) that rest on few clusters, or on few persons of one group."""
    few = clusters[clusters < FEW_CLUSTERS]
    if few.size:
        warnings.warn(
            f"{few.size} of {clusters.size} estimates rest on fewer than {FEW_CLUSTERS} clusters (the fewest: "
            f"{int(few.min())}, of both groups or of one): their standard errors are too small. Read them as rough, or join groups.",
            FewClustersWarning,
            stacklevel=5,
        )


def warn_of_dominance(weight: np.ndarray, units: np.ndarray, treated: np.ndarray) -> None:
    """Memberships (m,) in which one unit dominates a group, by its code and weight."""
    said = []
    for name, group in (("treated", treated), ("controls", ~treated)):
        total = np.bincount(units[group], weights=weight[group])
        n = int(np.count_nonzero(total))
        share = float(total.max(initial=0.0) / total.sum()) if n else 0.0
        if n > 1 and share > DOMINANT_SHARE and share * n > DOMINANT_TIMES:
            said.append(f"one unit carries {100 * share:.0f} % of the weight of the {n} {name}")
    if said:
        warnings.warn(
            f"{'; '.join(said)}: it alone decides the estimate. Match without replacement, or cap how often a unit is used (max_reuse=); "
            "of weights, coarsen what sets the unit apart or trim the score.",
            DominantWeightWarning,
            stacklevel=5,
        )
