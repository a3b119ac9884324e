"""The estimand ``never``: the matched sets, or everybody at risk, weighted by the hazard of beginning an employment later."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd

from evaluation.effects import JointEstimate
from evaluation.effects.dynamics.estimators import DynamicTable, WeightTotalWarning, dynamic_many
from evaluation.effects.dynamics.jointly import dynamic_jointly
from evaluation.effects.dynamics.sample import dynamic_sample, weights_at
from evaluation.errors import EffectError, Problem
from evaluation.outcomes import outcome_columns
from evaluation.study.effects_clocks import own_starts
from evaluation.study.effects_task import Task


def dynamic(task: Task) -> pd.DataFrame:
    """Estimates for ``never``, and the diagnostic of their weights as ``audit_weight_total``."""
    until, horizon = task.months
    made: DynamicTable
    with warnings.catch_warnings():
        if not task.whole:
            # in a small subgroup the weights add up only roughly, by chance
            warnings.simplefilter("ignore", WeightTotalWarning)
        made = dynamic_many(
            task.sample,
            task.values,
            until,
            horizon,
            panel=task.fitted,
            pooled="set" not in task.sample,
            level=task.level,
        )
    total = made.diagnostics["weight_total"].to_numpy()[horizon]
    return made.table.assign(audit_weight_total=total)


def dynamic_joint(task: Task) -> JointEstimate:
    """The same with their joint distribution."""
    until, horizon = task.months
    return dynamic_jointly(
        task.sample, task.values, until, horizon, panel=task.fitted, pooled="set" not in task.sample, level=task.level
    )


def everybody_for_never(task: Task) -> Task:
    """The task of the pooled estimator: every person-month of the window at risk, its clock the month itself, instead of the matched sets.

    Raises
    ------
    EffectError
        Where outcomes were read for the matched persons only.
    """
    spec = task.design.spec
    rows = task.fitted.at_risk(spec.cohort.first, spec.cohort.last)
    if unread := int((task.panel.grid.rows(rows["unit"].to_numpy()) < 0).sum()):
        raise EffectError(
            Problem(
                "effects, estimator dynamic",
                f"outcomes of {unread} person-months at risk were not read",
                "outcomes of everybody at risk, whom this estimator weighs",
                "read them for persons_to_read(design)",
            )
        )
    # the fitted model knows starts of the panel; employments begun while not enrolled count as well
    named = rows.rename(columns={"unit": "person"}).assign(start=rows["month"])
    sample = rows.assign(t0=rows["month"], own_start=own_starts(task.design.cohort, named), weight=1.0)
    labels, values = outcome_columns(task.panel, sample["unit"].to_numpy(), sample["t0"].to_numpy(), spec.outcomes)
    return replace(task, sample=sample, labels=labels, values=values)


def comparison_weights(task: Task, last_month: np.ndarray) -> np.ndarray:
    """Weights of the memberships for ``never`` in month ``last_month`` (m,); those treated by then weigh 0."""
    sample = dynamic_sample(task.sample, task.fitted, pooled=False)
    return weights_at(sample, last_month, None).w
