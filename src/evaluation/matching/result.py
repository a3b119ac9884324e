"""What every matching method gives: units, sets, weights, and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evaluation.errors import MatchingError, Problem
from evaluation.matching.balance import Balance, compute_balance
from evaluation.matching.balance_stats import Groups, effective_size
from evaluation.matching.invariants import check
from evaluation.matching.overlap import Overlap, compute_overlap
from evaluation.matching.report import flow_table, summary
from evaluation.matching.score import ScoreModel
from evaluation.matching.spec import MatchSpec
from evaluation.matching.task import Pairs, Task

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, repr=False, eq=False)
class Matched:
    """A matched sample.

    Attributes
    ----------
    spec
        The options, as given.
    frame
        The data that were matched (the caller's; never changed).
    ids, units_of
        Series of the id and of the cluster (``unit``) of each row.
    task
        The arrays that were matched: groups, axis, strata, ties, calipers.
    score
        Probability of treatment, float64 (n,); NaN where a value of a covariate separates the row.
    pair_rows
        Matched pairs by row position, sorted by set, distance and tie.
    pair_set
        Set number of each pair, int64; sets are numbered from 0 in the order of the treated units' ids.
    covariates
        Columns that the balance table compares unless told otherwise.
    """

    spec: MatchSpec
    frame: pd.DataFrame
    ids: pd.Series
    units_of: pd.Series
    task: Task
    score: np.ndarray
    score_model: ScoreModel | None
    pair_rows: Pairs
    pair_set: np.ndarray
    covariates: tuple[str, ...]

    @property
    def n_sets(self) -> int:
        """Number of matched sets, one per matched treated row."""
        return int(self.pair_set[-1]) + 1 if self.pair_set.size else 0

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """One row per pair: set, treated (id), control (id), distance on the matching axis; sorted by set, distance."""
        rows = self.pair_rows
        return pd.DataFrame(
            {
                "set": self.pair_set,
                "treated": self.ids.take(rows.treated).to_numpy(),
                "control": self.ids.take(rows.control).to_numpy(),
                "distance": rows.distance,
            }
        )

    @cached_property
    def members(self) -> pd.DataFrame:
        """One row per membership in a set: set, id, unit, treated (0/1), weight, position.

        The treated row of a set weighs 1, each of its k controls 1/k. A control in several sets has several rows.
        ``position`` is the row of ``frame``. Treated first within a set, then controls by distance.
        """
        position, sets, treated, weight = self._memberships
        return pd.DataFrame(
            {
                "set": sets,
                "id": self.ids.take(position).to_numpy(),
                "unit": self.units_of.take(position).to_numpy(),
                "treated": treated,
                "weight": weight,
                "position": position,
            }
        )

    @cached_property
    def _memberships(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        n_pairs, n_sets = self.pair_set.size, self.n_sets
        size = np.bincount(self.pair_set, minlength=n_sets)
        first = np.cumsum(size) - size
        slot_treated = first + np.arange(n_sets)
        slot_control = np.arange(n_pairs) + self.pair_set + 1
        total = n_pairs + n_sets
        position, sets = np.empty(total, np.int64), np.empty(total, np.int64)
        position[slot_treated], position[slot_control] = self.pair_rows.treated[first], self.pair_rows.control
        sets[slot_treated], sets[slot_control] = np.arange(n_sets), self.pair_set
        treated, weight = np.zeros(total, np.int8), np.ones(total)
        treated[slot_treated] = 1
        weight[slot_control] = 1.0 / size[self.pair_set]
        return position, sets, treated, weight

    @cached_property
    def weights(self) -> np.ndarray:
        """Weight of each row of the frame, float64 (n,): the sum over its memberships, 0 when unmatched.

        Both groups' weights sum to the number of sets.
        """
        position, _, _, weight = self._memberships
        return np.bincount(position, weights=weight, minlength=len(self.frame))

    @cached_property
    def units(self) -> pd.DataFrame:
        """One row per row of the frame, in its order: id, treated (0/1), score, weight, set, matched.

        ``set`` is missing for the unmatched, and for controls in several sets (see ``members``).
        """
        position, sets, _, _ = self._memberships
        n = len(self.frame)
        own = np.zeros(n, np.int64)
        own[position] = sets
        memberships = np.bincount(position, minlength=n)
        return pd.DataFrame(
            {
                "id": self.ids.to_numpy(),
                "treated": self.task.treated.view(np.int8),
                "score": self.score,
                "weight": self.weights,
                "set": pd.arrays.IntegerArray(own, memberships != 1),
                "matched": memberships > 0,
            }
        )

    @cached_property
    def counts(self) -> pd.DataFrame:
        """Rows by group: all, eligible (in a stratum with both groups and with a score), matched, unmatched, and the
        effective size of the matched; columns treated, control."""
        groups = self._groups
        strata = self.task.stratum
        usable = strata >= 0
        n_strata = int(strata.max(initial=-1)) + 1
        present = [
            np.bincount(strata[usable & g], minlength=n_strata) > 0 for g in (self.task.treated, ~self.task.treated)
        ]
        eligible = np.append(present[0] & present[1], False)[strata]
        table = {
            "treated": [groups.treated, eligible[groups.treated], groups.treated_after, groups.treated_weight],
            "control": [groups.control, eligible[groups.control], groups.control_after, groups.control_weight],
        }
        out = {
            name: [r.size, int(e.sum()), m.size, r.size - m.size, effective_size(w)]
            for name, (r, e, m, w) in table.items()
        }
        return pd.DataFrame(out, index=["all", "eligible", "matched", "unmatched", "effective"])

    @cached_property
    def ess(self) -> dict[str, float]:
        """Effective sample size (Σw)²/Σw² of treated and control; rows of one unit (cluster) count together."""
        position, _, treated, weight = self._memberships
        codes, _ = pd.factorize(self.units_of.take(position).to_numpy())
        return {
            name: effective_size(np.bincount(codes[treated == role], weights=weight[treated == role]))
            for name, role in (("treated", 1), ("control", 0))
        }

    def flow(self) -> pd.DataFrame:
        """What became of the treated rows: step, n_in, n_removed, n_out."""
        return flow_table(self)

    @cached_property
    def _groups(self) -> Groups:
        treated = self.task.treated
        position, _, _, _ = self._memberships
        matched = np.zeros(len(treated), bool)
        matched[position] = True
        after_t, after_c = np.flatnonzero(matched & treated), np.flatnonzero(matched & ~treated)
        return Groups(
            np.flatnonzero(treated),
            np.flatnonzero(~treated),
            after_t,
            self.weights[after_t],
            after_c,
            self.weights[after_c],
        )

    def balance(
        self,
        covariates: Sequence[str] | None = None,
        *,
        subgroup: str | None = None,
        squares: bool = False,
        interactions: bool = False,
        labels: dict[str, str] | None = None,
    ) -> Balance:
        """Balance before and after matching.

        Parameters
        ----------
        covariates
            Columns to compare; by default those of the score.
        subgroup
            A column: the table is made for each of its values among the treated. After matching a set belongs to the
            subgroup of its treated unit; before matching the controls with the same value are compared, or all of them
            where the column is missing for every control (a trait of the treatment itself).
        squares, interactions
            Also compare squares of numbers and products of pairs.
        labels
            Texts for names of covariates in plots.
        """
        names = self.covariates if covariates is None else tuple(covariates)
        groups = {"all": self._groups} if subgroup is None else self._subgroups(subgroup)
        return compute_balance(
            self.frame,
            names,
            groups,
            score=self.task.value,
            squares=squares,
            interactions=interactions,
            labels=labels,
        )

    def _subgroups(self, column: str) -> dict[str, Groups]:
        if column not in self.frame.columns:
            raise MatchingError(Problem("subgroup", f'no column "{column}" in the frame', "a column of the frame"))
        values = self.frame[column]
        position, sets, role, weight = self._memberships
        every = self._groups
        of_treated = values.iloc[every.treated]
        set_value = values.iloc[position[role == 1]].to_numpy()
        control_values = values.iloc[every.control]
        out = {}
        for level in sorted(of_treated.dropna().unique(), key=lambda v: (str(type(v)), v)):
            inside = (set_value == level)[sets]
            control = every.control
            if control_values.notna().any():
                control = control[(control_values == level).to_numpy(dtype=bool, na_value=False)]
            summed = np.bincount(
                position[inside & (role == 0)], weights=weight[inside & (role == 0)], minlength=len(values)
            )
            after_c, after_t = np.flatnonzero(summed), position[inside & (role == 1)]
            out[f"{column}={level}"] = Groups(
                every.treated[(of_treated == level).to_numpy(dtype=bool, na_value=False)],
                control,
                after_t,
                np.ones(after_t.size),
                after_c,
                summed[after_c],
            )
        return out

    def overlap(self, bins: int = 30) -> Overlap:
        """Distribution of the score in the groups, on the axis of the matching."""
        return compute_overlap(self.task.value, self._groups, axis=self.spec.distance, bins=bins)

    def check(self) -> None:
        """Check every invariant of a matched sample; raises AssertionError with what fails."""
        check(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Love plot of the default covariates."""
        return self.balance().plot(ax)

    def __str__(self) -> str:
        return summary(self)

    def __repr__(self) -> str:
        return f"<Matched: {self.n_sets} sets, {self.pair_set.size} pairs>"

    def _repr_html_(self) -> str:
        return f"<pre>{escape(summary(self))}</pre>{self.counts.to_html(float_format=lambda x: f'{x:.1f}')}"
