"""The estimators of a study, by name: each turns memberships on a clock and their outcomes into the one table of estimates.

To add one, write a function from :class:`evaluation.study.effects_task.Task` to the table of :data:`evaluation.effects.result.COLUMNS`, put it into
:data:`ESTIMATORS`, and its name, estimands and clocks into ``estimands.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from evaluation.effects import JointEstimate, estimate_jointly, estimate_many
from evaluation.study.effects_task import Task
from evaluation.study.estimators_matched import did_by_year, regression_on_sets
from evaluation.study.estimators_never import dynamic, dynamic_joint, everybody_for_never
from evaluation.study.estimators_weighted import doubly_robust, everybody_at_risk, weighted


@dataclass(frozen=True)
class Entry:
    """An estimator.

    Attributes
    ----------
    many
        Its table.
    jointly
        The same estimates with their joint distribution, for simultaneous bands; the main estimator of an estimand has it.
    everybody
        Where it weighs everybody at risk instead of the matched sets: the task of that, with the same participants.
    """

    many: Callable[[Task], pd.DataFrame]
    jointly: Callable[[Task], JointEstimate] | None = None
    everybody: Callable[[Task], Task] | None = None


def _matched_difference(task: Task) -> pd.DataFrame:
    return estimate_many(task.sample, task.values, level=task.level)


def _matched_jointly(task: Task) -> JointEstimate:
    return estimate_jointly(task.sample, task.values, level=task.level)


ESTIMATORS: dict[str, Entry] = {
    "matched_difference": Entry(_matched_difference, _matched_jointly),
    "matched_regression": Entry(regression_on_sets),
    "did": Entry(did_by_year),
    "ipw": Entry(weighted, everybody=everybody_at_risk),
    "aipw": Entry(doubly_robust, everybody=everybody_at_risk),
    "dynamic_matched": Entry(dynamic, dynamic_joint),
    "dynamic": Entry(dynamic, dynamic_joint, everybody_for_never),
}
