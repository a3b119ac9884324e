"""The estimand ``never``: the matched sets, or everybody at risk, weighted by the hazard of beginning an employment later."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from evaluation.effects import JointEstimate
from evaluation.effects.dynamics.entry import entry_panel
from evaluation.effects.dynamics.estimators import DynamicTable, WeightTotalWarning, dynamic_many
from evaluation.effects.dynamics.hazard import HazardPanel
from evaluation.effects.dynamics.jointly import dynamic_jointly
from evaluation.effects.dynamics.kernels import last_rows
from evaluation.effects.dynamics.sample import dynamic_sample, weights_at
from evaluation.errors import EffectError, Problem
from evaluation.outcomes import outcome_columns
from evaluation.study.effects_clocks import own_starts
from evaluation.study.effects_participants import are_in, same_participants
from evaluation.study.effects_task import Task


def dynamic(task: Task) -> pd.DataFrame:
    """Estimates for ``never``, and the diagnostic of their weights as ``audit_weight_total``."""
    asked = _asked(task)
    made: DynamicTable
    with warnings.catch_warnings():
        if not task.whole:
            # in a small subgroup the weights add up only roughly, by chance
            warnings.simplefilter("ignore", WeightTotalWarning)
        made = dynamic_many(**asked)
    total = made.diagnostics["weight_total"].to_numpy()[asked["horizon"]]
    return made.table.assign(audit_weight_total=total)


def dynamic_joint(task: Task) -> JointEstimate:
    """The same with their joint distribution."""
    return dynamic_jointly(**_asked(task))


def _asked(task: Task) -> dict[str, Any]:
    """A task as both of these take it."""
    until, horizon = task.months
    return {
        "members": task.sample, "outcomes": task.values, "until": until, "horizon": horizon, "panel": task.fitted, "entry": task.entry,
        "pooled": "set" not in task.sample, "level": task.level,
    }  # fmt: skip


def everybody_for_never(task: Task) -> Task:
    """The task of the pooled estimator: every person-month of the window at risk, its clock the month itself, instead of the matched sets.

    Of participants it holds those in the sets (:mod:`evaluation.study.effects_participants`). The odds of starting are then fitted without the starts
    of the others, and the hazard of a later start with all of them (:mod:`evaluation.effects.dynamics.entry`).

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
    rows = rows.assign(id=_rows_of(task.design.cohort.table, rows))
    others = ((rows["treated"] == 1) & ~are_in(task.sample, rows["id"].to_numpy())).to_numpy()
    entry = _entry(task, rows[others]) if others.any() else None
    rows = rows[~others].reset_index(drop=True)
    # the fitted model knows starts of the panel; employments begun while not enrolled count as well
    named = rows.rename(columns={"unit": "person"}).assign(start=rows["month"])
    sample = rows.assign(t0=rows["month"], own_start=own_starts(task.design.cohort, named), weight=1.0)
    labels, values = outcome_columns(task.panel, sample["unit"].to_numpy(), sample["t0"].to_numpy(), spec.outcomes)
    treated = (sample["treated"] == 1).to_numpy()
    values = same_participants(task.sample, task.values, sample["id"].to_numpy(), treated, values)
    return replace(task, sample=sample, labels=labels, values=values, entry=entry)


def _rows_of(table: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """Row of the cohort's table of each person and month, int64.

    Raises
    ------
    EffectError
        For a person and month that are not there.
    """
    span = 1 << 20  # months fit below; person and month become one sorted number
    keys = table["person"].to_numpy(dtype=np.int64) * span + table["month"].to_numpy(dtype=np.int64)
    order = np.argsort(keys, kind="stable")
    wanted = rows["unit"].to_numpy(dtype=np.int64) * span + rows["month"].to_numpy(dtype=np.int64)
    at = np.minimum(np.searchsorted(keys[order], wanted), max(len(keys) - 1, 0))
    missing = int((keys[order][at] != wanted).sum()) if len(keys) else len(wanted)
    if missing:
        raise EffectError(
            Problem(
                "effects, estimator dynamic",
                f"{missing} person-months at risk stand in no row of the cohort",
                "the person-months of the window that the cohort holds",
                "estimate with the cohort that the design was made from",
            )
        )
    return table["row"].to_numpy(dtype=np.int64)[order[at]]


def _entry(task: Task, others: pd.DataFrame) -> HazardPanel:
    """The odds of starting in the window without the starts of ``others`` (unit, month)."""
    panel, window = task.fitted, task.design.spec.cohort
    at = last_rows(panel.month, panel.first, panel.places(others["unit"].to_numpy()), others["month"].to_numpy())
    left_out = np.zeros(panel.month.size, dtype=bool)
    left_out[at] = True
    return entry_panel(panel, left_out, window.first, window.last)


def comparison_weights(task: Task, last_month: np.ndarray) -> np.ndarray:
    """Weights of the memberships for ``never`` in month ``last_month`` (m,); those treated by then weigh 0."""
    sample = dynamic_sample(task.sample, task.fitted, pooled=False)
    return weights_at(sample, last_month, None).w
