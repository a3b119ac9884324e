"""Subgroups of the primary outcome as families: p values adjusted for their number (Holm), and a joint test that the effects are equal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from evaluation.effects.families import equal_effects, with_holm
from evaluation.errors import EffectError
from evaluation.study.effects_rows import FAMILY_COLUMNS
from evaluation.study.effects_task import Task
from evaluation.study.estimators import ESTIMATORS


def subgroup_families(
    task: Task, masks: dict[str, np.ndarray], *, estimand: str, estimator: str, clock: str
) -> pd.DataFrame:
    """One row per subgroup of each trait, columns :data:`evaluation.study.effects_rows.FAMILY_COLUMNS`.

    Parameters
    ----------
    task
        All memberships on the primary clock, with the one column of the primary outcome.
    masks
        Sets of each subgroup, ``{"sex=women": sets, ...}``.
    """
    found = []
    families: dict[str, list[str]] = {}
    for name in masks:
        if "=" in name:
            families.setdefault(name.split("=")[0], []).append(name)
    value = task.values[:, 0]
    jointly = ESTIMATORS[estimator].jointly
    if jointly is None:
        return pd.DataFrame(columns=list(FAMILY_COLUMNS))
    for family, names in families.items():
        inside = [task.sample["set"].isin(masks[name]).to_numpy() for name in names]
        columns = [np.where(rows, value, np.nan) for rows in inside]
        kept = [i for i, column in enumerate(columns) if _varies(column, task.sample["treated"].to_numpy() == 1)]
        if not kept:
            continue
        labels = task.labels.iloc[[0] * len(kept)].reset_index(drop=True)
        split = replace(task, labels=labels, values=np.column_stack([columns[i] for i in kept]), whole=False)
        try:
            joint = jointly(split)
        except EffectError:  # a subgroup without variation has no standard error, and the family no joint distribution
            continue
        point = joint.table[joint.table["ci_kind"] == "pointwise"].reset_index(drop=True)
        adjusted = with_holm(point)
        equality = equal_effects(joint.estimate, joint.covariance) if len(kept) > 1 else None
        found.append(
            adjusted[["estimate", "std_error", "p", "p_holm"]].assign(
                family=family,
                subgroup=[names[i] for i in kept],
                estimand=estimand,
                estimator=estimator,
                clock=clock,
                equal_statistic=equality.statistic if equality else np.nan,
                equal_freedom=equality.freedom if equality else 0,
                equal_p=equality.p if equality else np.nan,
            )
        )
    return (
        pd.concat(found, ignore_index=True)[list(FAMILY_COLUMNS)]
        if found
        else pd.DataFrame(columns=list(FAMILY_COLUMNS))
    )


def _varies(values: np.ndarray, treated: np.ndarray) -> bool:
    seen = np.isfinite(values)
    groups = [values[seen & treated], values[seen & ~treated]]
    return all(g.size > 1 for g in groups) and any(np.ptp(g) > 0 for g in groups)
