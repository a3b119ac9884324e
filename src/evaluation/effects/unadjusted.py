"""The raw difference between treated and untreated: what is seen before any adjustment."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from evaluation.effects.result import Estimate
from evaluation.effects.sample import Sample, outcomes_of
from evaluation.effects.values import numbers
from evaluation.effects.weighted import _table, refuse_too_few
from evaluation.errors import EffectError, Problem

ESTIMATOR = "unadjusted"


def unadjusted(
    frame: pd.DataFrame,
    outcome: str | np.ndarray | pd.Series,
    *,
    treatment: str,
    unit: str | None = None,
    level: float = 0.95,
    rate: bool | None = None,
) -> Estimate:
    """Raw difference of means, with standard errors clustered by unit.

    Parameters
    ----------
    frame
        One row per unit, or several (person-months); all rows with an observed outcome count alike.
    outcome
        A column of the frame, or values aligned to its rows; NaN where not observed.
    treatment, unit
        Columns of the treatment (0/1) and of the cluster; by default each row is its own.
    level, rate
        As in :func:`evaluation.effects.estimate_att`.
    """
    if isinstance(outcome, str) and outcome not in frame.columns:
        raise EffectError(Problem("outcome", f'no column "{outcome}"', "a column of the frame, or an array"))
    outcomes: Mapping[str, object] = {outcome: frame[outcome]} if isinstance(outcome, str) else {"outcome": outcome}
    table = unadjusted_many(frame, outcomes, treatment=treatment, unit=unit, level=level, rate=rate)
    refuse_too_few(table)
    if table["status"].iloc[0] != "estimated":
        raise EffectError(Problem("outcome", "not observed in one of the groups", "values in both groups"))
    return Estimate.of(table, level=level, cluster="unit")


def unadjusted_many(
    frame: pd.DataFrame,
    outcomes: np.ndarray | pd.DataFrame | Mapping[str, object],
    *,
    treatment: str,
    unit: str | None = None,
    level: float = 0.95,
    rate: bool | None = None,
) -> pd.DataFrame:
    """:func:`unadjusted` for many outcomes at once; returns the table of :func:`evaluation.effects.estimate_many`.

    Raises
    ------
    EffectError
        Columns that do not exist, a treatment that is not 0 and 1 throughout, rows without a unit, outcomes that are no numbers.
    """
    absent = [name for name in (treatment, unit) if name is not None and name not in frame.columns]
    if absent:
        raise EffectError(Problem("frame", f"no such columns: {', '.join(absent)}", "columns of the frame"))
    found, problems = numbers(frame[treatment], f'treatment="{treatment}"', "0 and 1")
    if found is not None and (n := int(np.sum((found != 0) & (found != 1)))):
        problems.append(Problem(f'treatment="{treatment}"', f"{n} values are not 0 or 1", "0 and 1, without missing"))
    if unit is not None and (n := int(frame[unit].isna().sum())):
        problems.append(Problem(f'unit="{unit}"', f"{n} missing values", "the person of every row"))
    if found is None or problems:
        raise EffectError(problems)
    treated = found == 1
    if not treated.any() or treated.all():
        raise EffectError(Problem("treatment", f"{int(treated.sum())} treated of {len(frame)} rows", "both groups"))
    n = len(frame)
    units = np.arange(n) if unit is None else pd.factorize(frame[unit])[0].astype(np.int64)
    labels, values = outcomes_of(outcomes, n, frame.index)
    sample = Sample(np.zeros(n, np.int64), units, treated, np.ones(n), has_sets=False)
    return _table(sample, labels, values, level, "unit", rate, ESTIMATOR)
