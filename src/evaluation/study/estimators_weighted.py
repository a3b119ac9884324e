"""Estimators that weigh everybody at risk by the score instead of matching: months of starting, on the start clock.

Every person-month of the window is a row; its clock is the month itself. The effect is on the participants that the main design compares
(:mod:`evaluation.study.effects_participants`): other participants' rows are left out, and the design's score is fitted anew on the rows that
are left, so that the weighted controls look like those very participants. Its estimation is part of the error.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from evaluation.effects import aipw_many, ipw_many
from evaluation.errors import EffectError, Problem
from evaluation.matching.design_matrix import CovariateDesign
from evaluation.matching.learners import learn_score
from evaluation.outcomes import outcome_columns
from evaluation.study.effects_participants import are_in, same_participants
from evaluation.study.effects_task import Task

ROLES: dict[str, Any] = {"treatment": "treated", "unit": "person", "id": "row"}
LEARNED = "_learned_score"


def everybody_at_risk(task: Task) -> Task:
    """The task with the person-months of the window instead of the matched sets; of participants those in the sets.

    Rows outside the common support that the matching asked for are left out, as it left them out.
    """
    table, matched = task.design.cohort.table, task.design.matched
    row, treated = table["row"].to_numpy(), table["treated"].to_numpy() == 1
    kept = (matched.task.stratum >= 0) & (~treated | are_in(task.sample, row))
    sample = pd.DataFrame(
        {
            "unit": table["person"].to_numpy()[kept],
            "treated": table["treated"].to_numpy()[kept],
            "weight": 1.0,
            "t0": table["month"].to_numpy()[kept],
            "id": row[kept],
        }
    )
    labels, values = outcome_columns(
        task.panel, sample["unit"].to_numpy(), sample["t0"].to_numpy(), task.design.spec.outcomes
    )
    values = same_participants(task.sample, task.values, row[kept], treated[kept], values)
    return replace(task, sample=sample, labels=labels, values=values)


def weighted(task: Task) -> pd.DataFrame:
    """Inverse probability weights for the effect on those treated.

    Raises
    ------
    EffectError
        Where the study's score comes from a learner, whose estimation its standard error could not allow for.
    """
    score = task.design.spec.score
    if score.model != "logit":
        raise EffectError(
            Problem("effects, estimator ipw", f"a score by {score.model}", 'a logistic one, [score] model = "logit"', "take aipw instead")
        )  # fmt: skip
    return ipw_many(_frame(task), task.values, covariates=_covariates(task), **ROLES, level=task.level)


def doubly_robust(task: Task) -> pd.DataFrame:
    """The same, augmented by linear models of the outcome in the covariates of the score."""
    frame, covariates = _frame(task), _covariates(task)
    if task.design.spec.score.model == "logit":
        return aipw_many(frame, task.values, covariates=covariates, **ROLES, level=task.level)
    frame = frame.assign(**{LEARNED: _learned(task, frame, covariates)})
    return aipw_many(frame, task.values, score=LEARNED, outcome_covariates=covariates, **ROLES, level=task.level)


def _frame(task: Task) -> pd.DataFrame:
    """The rows of the task with the covariates of the score, in their order."""
    matched = task.design.matched
    frame = matched.frame if matched.filled is None else matched.filled
    return frame[np.isin(frame["row"].to_numpy(), task.sample["id"].to_numpy())].reset_index(drop=True)


def _covariates(task: Task) -> list[str]:
    score = task.design.spec.score
    return [*score.covariates, *score.time]


def _learned(task: Task, frame: pd.DataFrame, covariates: list[str]) -> np.ndarray:
    """Probabilities of the study's learner on these rows; they count as known, since the doubly robust error has no term for them."""
    spec = task.design.matched.spec
    design = CovariateDesign.of(frame, covariates)
    treated = frame["treated"].to_numpy() == 1
    model = task.design.spec.score.model
    _, logit = learn_score(frame, design, treated, frame["row"], frame["person"], model, spec.folds, spec.cross_fit)
    return expit(logit)
