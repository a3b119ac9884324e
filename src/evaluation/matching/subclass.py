"""Subclassification: classes of the score, between which the groups are weighted alike.

Classes are cut at equal quantiles of the score among those the estimand speaks of (as MatchIt): the treated (ATT), the
controls (ATC) or everyone (ATE); a value on a cut belongs to the class above it. A class that lacks one group takes the
nearest members of a neighbouring class (``min_per_subclass``), as MatchIt's ``min.n``.

References: Rosenbaum & Rubin (1984), JASA 79; Ho, Imai, King & Stuart (2011), MatchIt.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.errors import MatchingError, Problem
from evaluation.matching.task import Sample, Weighting
from evaluation.matching.weights import both_groups, set_weights


def weigh_subclasses(sample: Sample) -> Weighting:
    """Subclasses within each exact stratum, numbered by stratum and rising score, and the weights they imply."""
    spec, treated, value = sample.spec, sample.treated, sample.value
    sets = np.full(treated.size, -1, np.int64)
    short = 0
    for code in range(int(sample.stratum.max(initial=-1)) + 1):
        rows = np.flatnonzero(sample.stratum == code)
        rows = rows[np.lexsort((sample.tie[rows], value[rows]))]
        counts = np.array([np.sum(treated[rows]), np.sum(~treated[rows])])
        if counts.min() == 0:
            continue
        fewest = max(spec.min_per_subclass, 1)
        k = int(min(spec.subclasses, counts.min() // fewest))
        if k == 0:
            continue
        short += k < spec.subclasses
        of = {"att": treated[rows], "atc": ~treated[rows], "ate": np.ones(rows.size, bool)}[spec.estimand]
        cuts = np.quantile(value[rows][of], np.linspace(0, 1, k + 1))
        classes = np.clip(np.searchsorted(cuts, value[rows], side="right") - 1, 0, k - 1)
        if spec.min_per_subclass:
            for group in (treated[rows], ~treated[rows]):
                classes[group] = fill(classes[group], k, spec.min_per_subclass)
        sets[rows] = classes + int(sets.max()) + 1
    sets = both_groups(sets, treated)
    if not np.any(sets >= 0):
        raise MatchingError(
            Problem(
                "subclasses",
                "no stratum holds both groups",
                "strata with treated and controls",
                "use fewer exact columns, or fewer subclasses",
            )
        )
    note = f"{int(sets.max()) + 1} subclasses by quantiles of the {spec.distance}"
    if short:
        note += f"; fewer than {spec.subclasses} in {short} strata with too few rows"
    return Weighting(set_weights(sets, treated, spec.estimand), sets, note, _table(sample, sets))


def fill(classes: np.ndarray, k: int, fewest: int) -> np.ndarray:
    """Move units of one group between neighbouring classes until each of ``k`` holds ``fewest``; int64 (m,).

    ``classes`` is sorted by score and stays so: a short class takes from the side on which more units can be spared (nearer
    classes counting more), and always the unit next to it. The group must have k · fewest members.
    """
    count = np.bincount(classes, minlength=k)
    while count.min() < fewest:
        short = int(np.flatnonzero(count < fewest)[0])
        spare = np.maximum(count - fewest, 0)
        apart = np.arange(k) - short
        pull = np.sum(spare[apart != 0] / apart[apart != 0])
        left = short == k - 1 or (short > 0 and pull <= 0)
        if left and not count[:short].sum():
            left = False
        if not left and not count[short + 1 :].sum():
            left = True
        side = np.flatnonzero(count[:short])[-1] if left else short + 1 + np.flatnonzero(count[short + 1 :])[0]
        count[side] -= 1
        count[short] += 1
    return np.repeat(np.arange(k), count)


def _table(sample: Sample, sets: np.ndarray) -> pd.DataFrame:
    """One row per subclass: lowest and highest score on the axis, treated, controls."""
    used = sets >= 0
    frame = pd.DataFrame({"set": sets[used], "value": sample.value[used], "treated": sample.treated[used]})
    groups = frame.groupby("set", sort=True)
    return pd.DataFrame(
        {
            "low": groups["value"].min(),
            "high": groups["value"].max(),
            "treated": groups["treated"].sum().astype(int),
            "control": groups["treated"].agg(lambda t: int((~t).sum())),
        }
    ).reset_index()
