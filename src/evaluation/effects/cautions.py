"""What every estimator says of a sample that carries little: few clusters, or one person who carries much of a group's weight."""

from __future__ import annotations

import warnings

import numpy as np

from evaluation.errors import DominantWeightWarning, FewClustersWarning

FEW_CLUSTERS = 30
DOMINANT_SHARE, DOMINANT_TIMES = 0.1, 5.0
"""One person dominates a group with more than this share of its weight, if that is so many times a fair share."""


def warn_of_few(
    clusters: np.ndarray,
    *,
    of: str = "clusters",
    advice: str = "Read them as rough, or join groups.",
    stacklevel: int = 5,
) -> None:
    """Estimates (k,) that rest on few clusters, or on few persons of one group; ``of`` says which clusters, ``advice`` what to do."""
    few = clusters[clusters < FEW_CLUSTERS]
    if few.size:
        warnings.warn(
            f"{few.size} of {clusters.size} estimates rest on fewer than {FEW_CLUSTERS} {of} (the fewest: "
            f"{int(few.min())}, of both groups or of one): their standard errors are too small. {advice}",
            FewClustersWarning,
            stacklevel=stacklevel,
        )


def dominant(by_unit: np.ndarray, *, of_few: bool = False) -> tuple[float, int] | None:
    """Share of the unit that dominates its group, and the number of units with a weight; None where no unit does.

    Parameters
    ----------
    by_unit
        Weight of each unit of the group, float64 (units,).
    of_few
        Whether one of so few units that none can have five times a fair share counts too, since each decides much.
    """
    total, units = float(by_unit.sum()), int(np.count_nonzero(by_unit))
    share = float(by_unit.max(initial=0.0)) / total if total > 0 else 0.0
    large = share > DOMINANT_SHARE and share * units > DOMINANT_TIMES and units > 1
    return (share, units) if large or (of_few and 0 < units <= DOMINANT_TIMES) else None


def dominance(by_unit: np.ndarray, group: str, *, of_few: bool = False) -> list[str]:
    """What is said of a group that one unit dominates: nothing, or one phrase."""
    found = dominant(by_unit, of_few=of_few)
    return [f"one unit carries {100 * found[0]:.0f} % of the weight of the {found[1]} {group}"] if found else []


def warn_of_dominance(weight: np.ndarray, units: np.ndarray, treated: np.ndarray) -> None:
    """Memberships (m,) in which one unit dominates a group, by its code and weight."""
    said = [
        phrase
        for name, group in (("treated", treated), ("controls", ~treated))
        for phrase in dominance(np.bincount(units[group], weights=weight[group]), name)
    ]
    if said:
        warnings.warn(
            f"{'; '.join(said)}: it alone decides the estimate. Match without replacement, or cap how often a unit is used (max_reuse=); "
            "of weights, coarsen what sets the unit apart or trim the score.",
            DominantWeightWarning,
            stacklevel=5,
        )
