"""Difference in differences on the matched panel: the change of the treated less the change of their controls."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.effects.cautions import warn_of_few
from evaluation.effects.intervals import critical_value
from evaluation.effects.panel.clusters import result_rows
from evaluation.effects.panel.event_study import (
    YEARS,
    EventStudy,
    PreTrend,
    combination,
    event_study,
    fewest_in,
    positions,
)
from evaluation.effects.result import Estimate
from evaluation.effects.sample import HasMembers
from evaluation.effects.variance import Cluster
from evaluation.effects.weighted import TOO_FEW
from evaluation.errors import EffectError, FewClustersWarning, Problem

ESTIMATOR = "did"


@dataclass(frozen=True)
class DidEstimate(Estimate):
    """An :class:`Estimate` that also holds the test of equal trends and the effects by year behind it."""

    pretrend: PreTrend | None = None
    event_study: EventStudy | None = None
    pre: tuple[int, ...] = ()
    post: tuple[int, ...] = ()


def did(
    matched: HasMembers | pd.DataFrame,
    outcomes: np.ndarray | pd.DataFrame,
    *,
    years: Sequence[int] = YEARS,
    pre: Sequence[int] | None = None,
    post: Sequence[int] | None = None,
    level: float = 0.95,
    cluster: Cluster = "set+unit",
    rate: bool | None = None,
    alpha: float = 0.05,
) -> DidEstimate:
    """Mean effect of the years after less mean effect of the years before, from the event study.

    Parameters
    ----------
    matched, outcomes, years, level, cluster, rate, alpha
        As in :func:`evaluation.effects.panel.event_study.event_study`.
    pre, post
        Event years before and after; by default all below 0 and all above 0. Year 0, in which treatment begins, is neither
        unless named.

    Returns
    -------
    DidEstimate
        ``treated_mean`` is the mean over ``post``; ``control_mean`` is it less the estimate. Where every membership is observed in
        every year, the estimate is the coefficient of treated × post in the two-way regression on these years.

    Raises
    ------
    EffectError
        Years that are not observed in both groups, or stand on both sides.

    Notes
    -----
    Where the score that made the sets holds the outcome of the years before, the sets balance them: the difference before varies less than an error
    by clusters says, and intervals are too wide, by 5 to 13 per cent in the proofs of coverage. The difference in levels has no such fault.
    """
    every = [int(year) for year in years]
    pre = [year for year in every if year < 0] if pre is None else list(pre)
    post = [year for year in every if year > 0] if post is None else list(post)
    if both := sorted(set(pre) & set(post)):
        raise EffectError(Problem("pre, post", f"{both} stand in both", "each year on one side"))
    if not pre:
        raise EffectError(Problem("pre", "no years", f"some of {every}", "add years before time zero"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FewClustersWarning)  # of its years: those named here are judged together
        study = event_study(
            matched, outcomes, years=every, base=max(pre), level=level, cluster=cluster, rate=rate, alpha=alpha
        )
    made = did_of(study, pre=pre, post=post)
    used = positions(study.panel, [*pre, *post], "pre, post")
    warn_of_few(np.array([min(fewest_in(study.panel, int(at), cluster) for at in used)]))
    return made


def did_of(study: EventStudy, *, pre: Sequence[int], post: Sequence[int]) -> DidEstimate:
    """The difference in differences of an event study; see :func:`did`."""
    panel, model = study.panel, study.model
    before, after = positions(panel, pre, "pre"), positions(panel, post, "post")
    few = (study.table["status"] == TOO_FEW).to_numpy()[np.concatenate([before, after])]
    if few.any():
        years = panel.years[np.concatenate([before, after])][few].tolist()
        raise EffectError(
            Problem(
                "pre, post",
                f"{years}: observed for one cluster or one person of a group, here or in the base year: no standard error",
                "years observed for more",
                "leave these years out",
            )
        )
    contrast = np.isin(panel.free, after) / after.size - np.isin(panel.free, before) / before.size
    treated, control, difference, counts = combination(panel, model, contrast, after, study.cluster)
    table = result_rows(
        labels=["outcome"],
        estimator=ESTIMATOR,
        z=critical_value(study.level),
        treated=(np.array([treated[0]]), np.array([treated[1]])),
        control=(np.array([control[0]]), np.array([control[1]])),
        difference=(np.array([difference[0]]), np.array([difference[1]])),
        rate=study.table["rate"].to_numpy()[:1],
        counts={name: np.array([value]) for name, value in counts.items()},
        status=np.array(["estimated"]),
    )
    one = Estimate.of(table, level=study.level, cluster=study.cluster)
    return DidEstimate(
        **vars(one),
        pretrend=study.pretrend,
        event_study=study,
        pre=tuple(panel.years[before].tolist()),
        post=tuple(panel.years[after].tolist()),
    )
