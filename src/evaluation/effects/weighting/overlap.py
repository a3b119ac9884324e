"""Overlap weights: the effect on those who could have been in either group (the ATO), with the score's estimation in the error.

Weights 1 - e for treated and e for controls; everything else as in :mod:`evaluation.effects.weighting.ipw`.
Source: Li, Morgan & Zaslavsky (2018), JASA 113.
"""

from __future__ import annotations

import pandas as pd

from evaluation.effects.weighting.ipw import ipw_effects
from evaluation.effects.weighting.rows import Outcomes
from evaluation.effects.weighting.table import AdjustedEffects, AdjustedEstimate
from evaluation.matching.result import Matched

ESTIMATOR = "overlap"


def overlap(data: pd.DataFrame | Matched, outcome: Outcomes, **options: object) -> AdjustedEstimate:
    """Effect by overlap weights; the options are those of :func:`evaluation.effects.weighting.ipw.ipw`, without ``estimand``."""
    return overlap_effects(data, outcome, **options).one()


def overlap_many(data: pd.DataFrame | Matched, outcomes: Outcomes, **options: object) -> pd.DataFrame:
    """:func:`overlap` for many outcomes at once; the table of :func:`evaluation.effects.weighting.ipw.ipw_many`."""
    return overlap_effects(data, outcomes, **options).table


def overlap_effects(data: pd.DataFrame | Matched, outcomes: Outcomes, **options: object) -> AdjustedEffects:
    """:func:`overlap` of many outcomes with their joint influence."""
    return ipw_effects(data, outcomes, estimand="ato", estimator=ESTIMATOR, **options)  # type: ignore[arg-type]
