"""What every matching method gives: units, sets, weights, and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evaluation.matching.balance import Balance, compute_balance
from evaluation.matching.balance_stats import Groups, effective_size
from evaluation.matching.groups import count_table, groups_of, subgroups_of
from evaluation.matching.invariants import check
from evaluation.matching.learners import LearnedScore
from evaluation.matching.memberships import Memberships, by_row, of_linked_sets, of_pairs, of_rows
from evaluation.matching.overlap import Overlap, compute_overlap
from evaluation.matching.prognosis import prognostic_balance
from evaluation.matching.report import flow_table, summary
from evaluation.matching.score import ScoreModel
from evaluation.matching.spec import MatchSpec
from evaluation.matching.target import Target, compare_with_target
from evaluation.matching.task import Pairs, Task, Weighting
from evaluation.matching.ties_spread import TieSpread, tie_spread

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
    weighting
        For methods without pairs: their weights, sets and a note; else None.
    filled
        The frame with missing covariates handled by the rule asked for; the frame itself where there was no rule.
    discarded
        bool (n,): rows outside the common support asked for by ``discard``.
    """

    spec: MatchSpec
    frame: pd.DataFrame
    ids: pd.Series
    units_of: pd.Series
    task: Task
    score: np.ndarray
    score_model: ScoreModel | LearnedScore | None
    pair_rows: Pairs
    pair_set: np.ndarray
    covariates: tuple[str, ...]
    weighting: Weighting | None = None
    filled: pd.DataFrame | None = None
    discarded: np.ndarray | None = None

    @property
    def n_sets(self) -> int:
        """Number of matched sets, subclasses or cells; 0 where the method has none."""
        if self.weighting is not None:
            return 0 if self.weighting.sets is None else int(self.weighting.sets.max(initial=-1)) + 1
        return int(self.pair_set[-1]) + 1 if self.pair_set.size else 0

    @property
    def focal_matched(self) -> int:
        """Number of rows used of those the effect speaks of: treated (controls for the ATC)."""
        role = 0 if self.spec.estimand == "atc" else 1
        members = self.memberships
        return int(np.unique(members.position[members.treated == role]).size)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """One row per pair: set, treated (id), control (id), distance; sorted by set, distance.

        Empty for weighting methods. In full matching the pairs are the links that hold a set together.
        """
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
    def memberships(self) -> Memberships:
        """Memberships as arrays; see ``members``."""
        if self.weighting is not None:
            return of_rows(self.weighting, self.task.treated, self.task.tie)
        if self.pair_rows.sets is not None:
            estimand = str(self.spec.estimand)
            return of_linked_sets(self.pair_rows, self.pair_set, self.task.treated, self.task.tie, estimand)
        return of_pairs(self.pair_rows, self.pair_set, atc=self.spec.estimand == "atc")

    @cached_property
    def members(self) -> pd.DataFrame:
        """One row per membership in a set: set, id, unit, treated (0/1), weight, position.

        The treated row of a set weighs 1, each of its k controls 1/k. A control in several sets has several rows.
        ``position`` is the row of ``frame``. Treated first within a set, then controls by distance. Weighting methods have
        one row per row used, and ``set`` is missing where they have no sets (entropy balancing, overlap weights, IPW).
        """
        m = self.memberships
        sets = m.sets if m.sets.size == 0 or m.sets[0] >= 0 else pd.arrays.IntegerArray(m.sets, m.sets < 0)
        return pd.DataFrame(
            {
                "set": sets,
                "id": self.ids.take(m.position).to_numpy(),
                "unit": self.units_of.take(m.position).to_numpy(),
                "treated": m.treated,
                "weight": m.weight,
                "position": m.position,
            }
        )

    @cached_property
    def weights(self) -> np.ndarray:
        """Weight of each row of the frame in its own role, float64 (n,): the sum over its memberships, 0 when unmatched.

        Both groups' weights sum to the same total (:mod:`evaluation.matching.weights`).
        """
        n = len(self.frame)
        if self.task.intervals is None:
            return np.bincount(self.memberships.position, weights=self.memberships.weight, minlength=n)
        return np.where(self.task.treated, by_row(self.memberships, n, 1), by_row(self.memberships, n, 0))

    @cached_property
    def units(self) -> pd.DataFrame:
        """One row per row of the frame: id, treated (0/1), score, weight, set, matched.

        ``set`` is missing for the unmatched, for rows in several sets (see ``members``), and where there are no sets. In
        risk sets by intervals ``control_weight`` holds what treated rows weigh as controls of earlier months.
        """
        m = self.memberships
        n = len(self.frame)
        own = np.zeros(n, np.int64)
        own[m.position] = m.sets
        count = np.bincount(m.position, minlength=n)
        columns = {
            "id": self.ids.to_numpy(),
            "treated": self.task.treated.view(np.int8),
            "score": self.score,
            "weight": self.weights,
            "set": pd.arrays.IntegerArray(own, (count != 1) | (own < 0)),
            "matched": count > 0,
        }
        if self.task.intervals is not None:
            columns["control_weight"] = by_row(m, n, 0)
        return pd.DataFrame(columns)

    @cached_property
    def counts(self) -> pd.DataFrame:
        """Rows by group: all, eligible (in a stratum with both groups and with a score), matched, unmatched, discarded, and
        the effective size of the matched; columns treated, control."""
        return count_table(self, self._groups)

    @cached_property
    def ess(self) -> dict[str, float]:
        """Effective sample size (Σw)²/Σw² of treated and control; rows of one unit (cluster) count together."""
        m = self.memberships
        codes = m.position
        if self.spec.unit is not None:
            codes, _ = pd.factorize(self.units_of.take(m.position).to_numpy())
        return {
            name: effective_size(np.bincount(codes[m.treated == role], weights=m.weight[m.treated == role]))
            for name, role in (("treated", 1), ("control", 0))
        }

    def flow(self) -> pd.DataFrame:
        """What became of the rows the effect speaks of, by reason: step, n_in, n_removed, n_out."""
        return flow_table(self)

    @cached_property
    def _groups(self) -> Groups:
        return groups_of(self)

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
        return compute_balance(
            self.frame if self.filled is None else self.filled,
            names,
            {"all": self._groups} if subgroup is None else subgroups_of(self, subgroup),
            score=self.task.value if np.isfinite(self.task.value).any() else None,
            squares=squares,
            interactions=interactions,
            labels=labels,
            standard={"att": "treated", "atc": "control"}.get(str(self.spec.estimand), "pooled"),
        )

    def target(self, covariates: Sequence[str] | None = None) -> Target:
        """Those the effect was to speak of against those it speaks of: who was dropped, and does it matter?

        Compares all treated (for the ATC all controls, for the ATE and ATO all rows) with those used, as weighted.
        """
        return compare_with_target(self, self.covariates if covariates is None else tuple(covariates))

    def prognosis(self, outcome: str | np.ndarray, covariates: Sequence[str] | None = None) -> Balance:
        """Balance of the prognostic score: the outcome predicted by a model fitted on controls only.

        No treated outcome is read. ``outcome`` is a column, or one value per row; see :mod:`evaluation.matching.prognosis`.
        """
        return prognostic_balance(self, outcome, self.covariates if covariates is None else tuple(covariates))

    def tie_spread(self, outcome: str | np.ndarray, draws: int = 50) -> TieSpread:
        """How much the weighted difference in an outcome moves when ties (and a random order) are drawn anew.

        Parameters
        ----------
        outcome
            A column of the frame, or one value per row; NaN where not observed.
        draws
            Further seeds to try. The score, the caliper and the strata stay as they are.
        """
        return tie_spread(self, outcome, draws)

    def plot_distribution(self, covariate: str, ax: Axes | None = None, *, kind: str = "ecdf") -> Axes:
        """Distribution of one covariate in the groups, before and after: weighted ``ecdf``, or mirrored ``histogram``."""
        from evaluation.matching.plots_distribution import distribution_plot

        frame = self.frame if self.filled is None else self.filled
        return distribution_plot(frame, covariate, self._groups, kind, ax)

    def overlap(self, bins: int = 30) -> Overlap:
        """Distribution of the score in the groups, on the axis of the matching."""
        axis = "probability" if self.spec.distance == "probability" else "logit"
        return compute_overlap(self.task.value, self._groups, axis=axis, bins=bins)

    def check(self) -> None:
        """Check every invariant of a matched sample; raises AssertionError with what fails."""
        check(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Love plot of the default covariates."""
        return self.balance().plot(ax)

    def __str__(self) -> str:
        return summary(self)

    def __repr__(self) -> str:
        return f"<Matched by {self.spec.method}: {self.n_sets} sets, {self.pair_set.size} pairs>"

    def _repr_html_(self) -> str:
        return f"<pre>{escape(summary(self))}</pre>{self.counts.to_html(float_format=lambda x: f'{x:.1f}')}"
