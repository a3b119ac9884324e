"""Event studies and differences in differences of several outcomes, in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluation.effects.panel.did import did
from evaluation.effects.panel.event_study import event_study
from evaluation.effects.sample import HasMembers


def event_study_many(
    matched: HasMembers | pd.DataFrame, outcomes: Mapping[str, np.ndarray | pd.DataFrame], **options: Any
) -> pd.DataFrame:
    """:func:`evaluation.effects.panel.event_study.event_study` of each outcome: its rows, with the outcome's name and ``pretrend_p``."""
    tables = []
    for name, values in outcomes.items():
        study = event_study(matched, values, **options)
        p = np.nan if study.pretrend is None else study.pretrend.p
        tables.append(study.table.assign(outcome=name, pretrend_p=p))
    return pd.concat(tables, ignore_index=True)


def did_many(
    matched: HasMembers | pd.DataFrame,
    outcomes: Mapping[str, np.ndarray | pd.DataFrame],
    *,
    years: Sequence[int] = range(-3, 5),
    **options: Any,
) -> pd.DataFrame:
    """:func:`evaluation.effects.panel.did.did` of each outcome: one row each, with ``pretrend_p``."""
    tables = []
    for name, values in outcomes.items():
        estimate = did(matched, values, years=years, **options)
        p = np.nan if estimate.pretrend is None else estimate.pretrend.p
        tables.append(estimate.table.assign(outcome=name, pretrend_p=p))
    return pd.concat(tables, ignore_index=True)
