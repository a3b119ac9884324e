"""Matched sets as tables of outcomes: one row a set, led by the one unit that differs in treatment from all others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.effects.sample import HasMembers, outcome_of, sample_of
from evaluation.errors import EffectError, Problem


@dataclass(frozen=True)
class SetTable:
    """Sets of one size.

    Attributes
    ----------
    values
        float64 (s, n): outcomes, the leading unit's first.
    led_by_treated
        bool (s,): whether the leading unit is the treated one; else it is the only control of several treated.
    """

    values: np.ndarray
    led_by_treated: np.ndarray

    @property
    def size(self) -> int:
        return int(self.values.shape[1])


def sets_of(matched: HasMembers | pd.DataFrame, outcome: object) -> list[SetTable]:
    """Sets with an observed outcome on both sides, by size; members without an outcome are left out.

    Raises
    ------
    EffectError
        A weighted sample without sets; sets with several on both sides (subclasses, cells); a row of the frame in
        several sets (matching with replacement), which makes the sets dependent; nobody observed.
    """
    sample = sample_of(matched)
    y = outcome_of(matched, outcome)  # type: ignore[arg-type]
    members = matched if isinstance(matched, pd.DataFrame) else matched.members
    problems = []
    if not sample.has_sets:
        problems.append(Problem("matched", "weights without sets", "matched sets", "match by nearest, optimal or full"))
    if "id" in members and (n := int(members["id"].duplicated().sum())):
        problems.append(
            Problem("matched", f"{n} rows stand in several sets", "each row in one set", "match without replacement")
        )
    if problems:
        raise EffectError(problems)
    seen = np.isfinite(y)
    n_sets = sample.n_sets
    treated = np.bincount(sample.sets[seen & sample.treated], minlength=n_sets)
    controls = np.bincount(sample.sets[seen & ~sample.treated], minlength=n_sets)
    if several := int(np.sum((treated > 1) & (controls > 1))):
        raise EffectError(
            Problem(
                "matched", f"{several} sets with several treated and several controls",
                "sets of one treated and some controls, or the reverse", "match by nearest, optimal or full",
            )
        )  # fmt: skip
    whole = (treated > 0) & (controls > 0)
    if not whole.any():
        raise EffectError(Problem("outcome", "observed on both sides of no set", "an outcome observed in some sets"))
    led = treated == 1
    kept = np.flatnonzero(seen & whole[sample.sets])
    sets = sample.sets[kept]
    follows = sample.treated[kept] != led[sets]
    order = np.lexsort((y[kept], follows, sets))
    kept, sets = kept[order], sets[order]
    size = treated + controls
    tables = []
    for n in np.unique(size[whole]):
        of_size = size[sets] == n
        values, leads = y[kept[of_size]].reshape(-1, n), led[sets[of_size][::n]]
        # sums do not depend on how sets were numbered
        order = np.lexsort((*values.T, leads))
        tables.append(SetTable(values[order], leads[order]))
    return tables
