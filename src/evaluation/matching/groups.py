"""Rows and weights of the groups that are compared, before and after, as a whole and within subgroups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evaluation.errors import MatchingError, Problem
from evaluation.matching.balance_stats import Groups, effective_size
from evaluation.matching.memberships import by_row
from evaluation.matching.search_risk import control_until

if TYPE_CHECKING:
    from evaluation.matching.result import Matched


def groups_of(matched: Matched) -> Groups:
    """All treated and all controls before; those used, with their weights, after.

    In risk sets by intervals the controls before are all rows that are at risk, and not begun, in any month.
    """
    task, n = matched.task, len(matched.frame)
    control = ~task.treated
    if task.intervals is not None:
        control = control_until(task.intervals) >= task.intervals.first
    as_treated, as_control = (by_row(matched.memberships, n, role) for role in (1, 0))
    after_t, after_c = np.flatnonzero(as_treated), np.flatnonzero(as_control)
    return Groups(
        np.flatnonzero(task.treated),
        np.flatnonzero(control),
        after_t,
        as_treated[after_t],
        after_c,
        as_control[after_c],
    )


def count_table(matched: Matched, groups: Groups) -> pd.DataFrame:
    """Rows by group and what became of them; see :attr:`evaluation.matching.result.Matched.counts`."""
    strata = matched.task.stratum
    n = len(strata)
    usable = strata >= 0
    n_strata = int(strata.max(initial=-1)) + 1
    present = []
    for rows in (groups.treated, groups.control):
        here = np.zeros(n, bool)
        here[rows] = True
        present.append(np.bincount(strata[usable & here], minlength=n_strata) > 0)
    eligible = np.append(present[0] & present[1], False)[strata]
    gone = np.zeros(n, bool) if matched.discarded is None else matched.discarded
    out = {}
    for name, rows, used, weight in (
        ("treated", groups.treated, groups.treated_after, groups.treated_weight),
        ("control", groups.control, groups.control_after, groups.control_weight),
    ):
        n_gone = int(gone[rows].sum())
        unmatched = rows.size - used.size - n_gone
        out[name] = [rows.size, int(eligible[rows].sum()), used.size, unmatched, n_gone, effective_size(weight)]
    return pd.DataFrame(out, index=["all", "eligible", "matched", "unmatched", "discarded", "effective"])


def subgroups_of(matched: Matched, column: str) -> dict[str, Groups]:
    """Groups by the values of a column among the treated.

    After matching a set belongs to the subgroup of its treated unit, as long as it has only one; where sets hold several
    treated, or there are none, each unit belongs to its own value.
    """
    if not isinstance(column, str):
        raise MatchingError(
            Problem(
                "subgroup", f"a {type(column).__name__}", "the name of a column", "add it to the frame before matching"
            )
        )
    if column not in matched.frame.columns:
        raise MatchingError(Problem("subgroup", f'no column "{column}" in the frame', "a column of the frame"))
    values = matched.frame[column]
    m, every = matched.memberships, groups_of(matched)
    of_treated = values.iloc[every.treated]
    led = matched.weighting is None and matched.pair_rows.sets is None and matched.spec.estimand == "att"
    own = values.iloc[m.position].to_numpy()
    value_of = values.iloc[m.position[m.treated == 1]].to_numpy()[m.sets] if led else own
    control_values = values.iloc[every.control]
    treatment_only = not control_values.notna().any()
    if treatment_only and not led:
        raise MatchingError(
            Problem(
                "subgroup",
                f'"{column}" is missing for all controls, and these sets have no single treated unit to follow',
                "a column that controls have too",
                'use method="nearest", or a column known for both groups',
            )
        )
    out = {}
    for level in sorted(of_treated.dropna().unique(), key=lambda v: (str(type(v)), v)):
        inside = pd.Series(value_of).eq(level).to_numpy(dtype=bool, na_value=False)
        control = every.control
        if not treatment_only:
            control = control[(control_values == level).to_numpy(dtype=bool, na_value=False)]
        weights = []
        for role in (1, 0):
            here = inside & (m.treated == role)
            weights.append(np.bincount(m.position[here], weights=m.weight[here], minlength=len(values)))
        after_t, after_c = np.flatnonzero(weights[0]), np.flatnonzero(weights[1])
        out[f"{column}={level}"] = Groups(
            every.treated[(of_treated == level).to_numpy(dtype=bool, na_value=False)],
            control,
            after_t,
            weights[0][after_t],
            after_c,
            weights[1][after_c],
        )
    return out
