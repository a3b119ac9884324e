"""Other estimators on the matched sets: regression with the covariates, and differences in differences."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from evaluation.effects import event_study, matched_regression_many
from evaluation.effects.result import COLUMNS
from evaluation.errors import EffectError, PreTrendWarning
from evaluation.outcomes import Panel
from evaluation.study.effects_rows import NO_PAST, not_estimated
from evaluation.study.effects_task import Task

BEFORE = (-3, -2, -1, 0)  # calendar years around the start that are looked at beside the outcomes' own; -1 is the base
WITH_A_PAST = ("established", "earnings")  # outcomes that mean the same before time zero as after


def regression_on_sets(task: Task) -> pd.DataFrame:
    """Weighted least squares on the matched sets, with the covariates of the score and their products with treatment."""
    covariates = list(task.design.spec.score.covariates)
    table = task.design.cohort.table.set_index("row")
    traits = table.loc[task.sample["id"].to_numpy(), covariates].reset_index(drop=True)
    members = pd.concat([task.sample.reset_index(drop=True), traits], axis=1)
    return matched_regression_many(members, task.values, covariates=covariates, level=task.level)


def did_by_year(task: Task) -> pd.DataFrame:
    """Change since the year before time zero, participants less their sets: outcomes by year; the others have no past."""
    rows = _empty(task.labels)
    for (outcome, definition), part in task.labels.groupby(["outcome", "definition"], sort=False):
        yearly = part[part["horizon_unit"] == "year"]
        if outcome not in WITH_A_PAST or yearly.empty:
            continue
        years = [*BEFORE, *(int(k) for k in yearly["horizon"])]
        values = history(task.panel, task.sample, outcome, definition, years)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", PreTrendWarning)  # the test stands in the notebook, beside its years
                found = event_study(task.sample, values, years=years, base=-1, level=task.level).table
        except EffectError:  # a year that the registers do not cover, or that does not vary
            empty = not_estimated(task.sample, values[:, len(BEFORE) :])
            for column in empty.columns:
                rows.loc[yearly.index, column] = empty[column].to_numpy()
            continue
        found = found.set_index("event_year").loc[yearly["horizon"].to_numpy(), list(COLUMNS)]
        for column in COLUMNS:
            rows.loc[yearly.index, column] = found[column].to_numpy()
    return rows


def history(panel: Panel, sample: pd.DataFrame, outcome: str, definition: str, years: list[int]) -> np.ndarray:
    """An outcome in several calendar years around that of time zero, float64 (m, len(years))."""
    person, t0 = sample["unit"].to_numpy(), sample["t0"].to_numpy()
    return np.column_stack([panel.at_years(outcome, person, t0, year, definition) for year in years])


def _empty(labels: pd.DataFrame) -> pd.DataFrame:
    rows = pd.DataFrame(np.nan, index=labels.index, columns=list(COLUMNS), dtype=object)
    counts = ["n_treated", "n_controls", "n_sets", "n_units"]
    return rows.assign(estimator="did", status=NO_PAST, **dict.fromkeys(counts, 0))
