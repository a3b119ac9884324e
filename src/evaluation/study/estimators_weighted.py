"""Estimators that weigh everybody at risk by the score instead of matching: months of starting, on the start clock.

Every person-month of the window is a row; its clock is the month itself. The score is the design's, and its estimation is part of the error.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from evaluation.effects import aipw_many, ipw_many
from evaluation.outcomes import outcome_columns
from evaluation.study.effects_task import Task


def everybody_at_risk(task: Task) -> Task:
    """The task with all person-months of the window instead of the matched sets."""
    table = task.design.cohort.table
    sample = pd.DataFrame(
        {
            "unit": table["person"].to_numpy(),
            "treated": table["treated"].to_numpy(),
            "weight": 1.0,
            "t0": table["month"].to_numpy(),
            "id": table["row"].to_numpy(),
        }
    )
    labels, values = outcome_columns(
        task.panel, sample["unit"].to_numpy(), sample["t0"].to_numpy(), task.design.spec.outcomes
    )
    return replace(task, sample=sample, labels=labels, values=values)


def weighted(task: Task) -> pd.DataFrame:
    """Inverse probability weights for the effect on those treated."""
    return ipw_many(task.design.matched, task.values, level=task.level)


def doubly_robust(task: Task) -> pd.DataFrame:
    """The same, augmented by linear models of the outcome in the covariates of the score."""
    return aipw_many(task.design.matched, task.values, level=task.level)
