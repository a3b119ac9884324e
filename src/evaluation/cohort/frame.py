"""The compact columns of one batch of person-months, and the table they become."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluation.cohort.catalogue import Covariate
from evaluation.cohort.covariates.finish import finish
from evaluation.cohort.spec import CohortSpec

Columns = dict[str, np.ndarray]

FIXED = (
    "person", "month", "treated", "elapsed", "elapsed_class", "episode", "enrolment", "quarter", "year",
    "planned_exit", "actual_exit", "workplace_type", "planned_length",
)  # fmt: skip


def batch_columns(
    raw: pd.DataFrame, covariates: tuple[Covariate, ...], factors: Mapping[int, float], spec: CohortSpec
) -> Columns:
    """Compact columns of a batch; categories as codes, months of the employment as float32 with NaN for none."""
    month = raw["month"].to_numpy(dtype=np.int32)
    enrolment = raw["enrolment"].to_numpy(dtype=np.int32)
    elapsed = month - enrolment
    planned = raw["planned_exit"].to_numpy(dtype=np.float32, na_value=np.nan)
    kinds = {kind: code for code, kind in enumerate(spec.workplaces)}
    columns: Columns = {
        "person": raw["person"].to_numpy(dtype=np.int64),
        "month": month,
        "treated": raw["treated"].to_numpy(dtype=np.int8),
        "elapsed": elapsed.astype(np.int16),
        "elapsed_class": (np.searchsorted(spec.elapsed_classes, elapsed, side="right") - 1).astype(np.int8),
        "episode": raw["episode"].to_numpy(dtype=np.int16),
        "enrolment": enrolment,
        "quarter": month // 3,
        "year": (month // 12).astype(np.int16),
        "planned_exit": planned,
        "actual_exit": raw["actual_exit"].to_numpy(dtype=np.float32, na_value=np.nan),
        "workplace_type": raw["kind"].map(kinds).fillna(-1).to_numpy(dtype=np.int8),
        "planned_length": planned - month.astype(np.float32) + 1,
    }
    return columns | finish(raw, covariates, factors)


def table_of(
    column: Callable[[str], np.ndarray], covariates: tuple[Covariate, ...], workplaces: Sequence[str]
) -> pd.DataFrame:
    """The table of a cohort, sorted by month and person.

    Parameters
    ----------
    column
        Gives one stored column by name, batches one after another: so only one column at a time is held twice.
    covariates, workplaces
        What the codes of categories mean.
    """
    order = np.lexsort((column("person"), column("month")))
    data: dict[str, Any] = {"row": np.arange(len(order), dtype=np.int64)}
    for name in FIXED:
        data[name] = column(name)[order]
    data["workplace_type"] = pd.Categorical.from_codes(data["workplace_type"], categories=list(workplaces))
    for covariate in covariates:
        values = column(covariate.name)[order]
        data[covariate.name] = _levels(values, covariate.levels) if covariate.levels else values
    return pd.DataFrame(data, copy=False)


def _levels(codes: np.ndarray, levels: Sequence[Any]) -> pd.Categorical:
    """Categories in the order of the catalogue; levels that nobody has are dropped (a dummy of zeros helps no model)."""
    return pd.Categorical.from_codes(codes, categories=list(levels)).remove_unused_categories()
