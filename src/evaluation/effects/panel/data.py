"""The matched panel: memberships by event years, long, with what a two-way regression needs of it.

A control serves in several sets with several clocks, so the entity of the panel is the membership (a person in a set). A year
of a set counts when a treated and a control of the set are observed in it: otherwise its year effect would rest on one side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.effects.sample import HasMembers, Sample, check_order, index_of, outcomes_of, sample_of
from evaluation.effects.values import OUTCOME, numbers
from evaluation.errors import EffectError, Problem


@dataclass(frozen=True)
class Panel:
    """Observed membership-years, r rows, ordered by membership and year.

    Attributes
    ----------
    y
        float64 (r,).
    member, year
        int64 (r,): number of the membership, position of the year in ``years``.
    sample
        The memberships.
    years, base
        Event years (T,), and the one that the others are compared with.
    seen
        bool (T,): years observed in both groups.
    """

    y: np.ndarray
    member: np.ndarray
    year: np.ndarray
    sample: Sample
    years: np.ndarray
    base: int
    seen: np.ndarray

    @property
    def treated(self) -> np.ndarray:
        return self.sample.treated[self.member]

    @property
    def weight(self) -> np.ndarray:
        return self.sample.weight[self.member]

    @property
    def sets(self) -> np.ndarray:
        return self.sample.sets[self.member]

    @property
    def units(self) -> np.ndarray:
        return self.sample.units[self.member]

    def third(self, cluster: str) -> np.ndarray:
        """What two-way clustering takes off once, the persons in their sets; memberships for other clusterings."""
        return self.sample.third(cluster)[self.member]

    @property
    def free(self) -> np.ndarray:
        """Positions of the years with an effect to estimate: seen, and not the base."""
        return np.flatnonzero(self.seen & (self.years != self.base))


def panel_of(
    matched: HasMembers | pd.DataFrame, outcomes: np.ndarray | pd.DataFrame, years: Sequence[int], base: int
) -> Panel:
    """The panel of a matched sample.

    Parameters
    ----------
    matched
        A matched sample, or its memberships: a frame with set, unit, treated, weight.
    outcomes
        float (members, years), aligned to the memberships, NaN where not observed; or a frame with the years as columns.

    Raises
    ------
    EffectError
        A wrong shape, years that do not increase, a base that is not among them or not observed.
    """
    sample = sample_of(matched)
    wanted = _years(years, base)
    values = _values(outcomes, wanted, sample.weight.size, index_of(matched))
    used = ~np.isnan(values)
    if sample.has_sets:
        for at in range(wanted.size):
            sides = [
                np.bincount(sample.sets, weights=used[:, at] & (sample.treated == side), minlength=sample.n_sets) > 0
                for side in (True, False)
            ]
            used[:, at] &= (sides[0] & sides[1])[sample.sets]
    seen = used[sample.treated].any(axis=0) & used[~sample.treated].any(axis=0)
    used &= seen
    if not seen[wanted == base][0]:
        raise EffectError(
            Problem("base", f"no set is observed in event year {base}", "an observed year", "take another base year")
        )
    if seen.sum() < 2:
        raise EffectError(
            Problem("outcomes", f"only event year {base} is observed", "two years or more", "widen the years")
        )
    member, year = np.nonzero(used)
    return Panel(values[used], member, year, sample, wanted, base, seen)


def _years(years: Sequence[int], base: int) -> np.ndarray:
    wanted = np.asarray(list(years))
    if wanted.size < 2 or wanted.dtype.kind not in "iu" or np.any(np.diff(wanted) <= 0):
        raise EffectError(Problem("years", f"{list(years)}", "whole numbers, increasing, two or more", "range(-3, 5)"))
    if base not in wanted:
        raise EffectError(Problem("base", f"{base!r}", f"one of the years {wanted.tolist()}"))
    return wanted.astype(np.int64)


def _values(outcomes: np.ndarray | pd.DataFrame, years: np.ndarray, n: int, index: pd.Index | None) -> np.ndarray:
    if isinstance(outcomes, pd.DataFrame):
        absent = [int(year) for year in years if year not in outcomes.columns]
        if absent:
            raise EffectError(Problem("outcomes", f"no columns {absent}", "one column per event year"))
        check_order(outcomes, index, "outcomes")
        return outcomes_of(outcomes[years.tolist()], n)[1].T
    found, problems = numbers(outcomes, "outcomes", OUTCOME)
    if found is None:
        raise EffectError(problems)
    values = np.array(found, dtype=np.float64)
    if values.shape != (n, years.size):
        raise EffectError(
            Problem(
                "outcomes",
                f"shape {values.shape}",
                f"(memberships, years) = ({n}, {years.size})",
                "align the rows to .members and the columns to the years",
            )
        )
    if n_infinite := int(np.isinf(values).sum()):
        raise EffectError(Problem("outcomes", f"{n_infinite} infinite values", "numbers; NaN where not observed"))
    return values
