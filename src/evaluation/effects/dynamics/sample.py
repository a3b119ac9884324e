"""What the dynamic estimators read: memberships placed in the panel of the hazard, and their weights at a horizon."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from evaluation.effects.dynamics import kernels
from evaluation.effects.dynamics.hazard import NO_START, HazardPanel
from evaluation.errors import EffectError, Problem


@dataclass(frozen=True, eq=False)
class DynamicSample:
    """Memberships as arrays (m,).

    Attributes
    ----------
    sets, unit, month
        int64: set (each row its own where there are none), place of the unit in the panel, month s of time zero of the matching.
    treated
        bool.
    weight
        float64: 1 for treated; for controls the share in the set, or the odds of starting.
    own_start
        int64: month in which a control starts itself, after s; ``NO_START`` where it never does.
    low
        int64: the unit's row at s, from which the product runs.
    pooled
        Whether controls weigh by the odds of starting at s.
    entry
        For the pooled form: the panel whose hazard gives those odds, where it is another one (:mod:`evaluation.effects.dynamics.entry`); else None.
    """

    panel: HazardPanel
    sets: np.ndarray
    unit: np.ndarray
    month: np.ndarray
    treated: np.ndarray
    weight: np.ndarray
    own_start: np.ndarray
    low: np.ndarray
    pooled: bool
    entry: HazardPanel | None = None

    @property
    def n_sets(self) -> int:
        """Number of sets."""
        return int(self.sets.max(initial=-1)) + 1

    @cached_property
    def scores(self) -> np.ndarray:
        """What each unit adds to the estimating equations of every hazard in use, float64 (n, p), or (n, 2 p) with an entry panel."""
        return self.panel.scores if self.entry is None else np.hstack([self.panel.scores, self.entry.scores])

    @cached_property
    def terms(self) -> tuple[np.ndarray, np.ndarray]:
        """Sums of h x of the units of the sample up to each of their rows, float64 (r + 1, p), the last row 0; and what to take off a row of the panel to
        get the row here, int64 (m,).
        """
        units, local = np.unique(self.unit, return_inverse=True)
        first = np.concatenate([[0], np.cumsum(np.diff(self.panel.first)[units])])
        shift = self.panel.first[units] - first[:-1]
        rows = np.arange(first[-1]) + np.repeat(shift, np.diff(first))
        return kernels.weighted_terms(self.panel.hazard[rows], self.panel.x[rows], first), shift[local]

    @cached_property
    def meat(self) -> np.ndarray:
        """Sum of the products of :attr:`scores` over units."""
        return self.panel.meat if self.entry is None else kernels.information(np.ones(self.panel.n_units), self.scores)


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights at one horizon: ``w`` (m,), ``high`` the unit's row at T, ``moves`` which rows' weights follow the hazard, ``n_truncated``."""

    w: np.ndarray
    high: np.ndarray
    moves: np.ndarray
    n_truncated: int


def dynamic_sample(
    members: pd.DataFrame, panel: HazardPanel, *, pooled: bool, entry: HazardPanel | None = None
) -> DynamicSample:
    """Memberships of matched sets (set, unit, treated, weight, month, own_start), or all unit-months at risk (``panel.at_risk()``).

    Without a column ``own_start`` the first start after ``month`` that the panel knows of is taken. ``entry`` gives the odds of the pooled form where
    the members are not all who start in their months.

    Raises
    ------
    EffectError
        Missing columns or values, units or months that the panel does not hold, or only one group.
    """
    needed = ("unit", "treated", "month") if pooled else ("set", "unit", "treated", "weight", "month")
    absent = [name for name in needed if name not in members.columns]
    if absent:
        raise EffectError(Problem("members", f"no columns {', '.join(absent)}", ", ".join((*needed, "own_start"))))
    empty = [name for name in needed if members[name].isna().any()]
    if empty:
        raise EffectError(Problem("members", f"missing values in {', '.join(empty)}", "none", "drop these rows"))
    unit = panel.places(members["unit"].to_numpy())
    month = members["month"].to_numpy(dtype=np.int64)
    treated = members["treated"].to_numpy() == 1
    if not treated.any() or treated.all():
        raise EffectError(Problem("members", f"{int(treated.sum())} treated of {len(treated)} rows", "both groups"))
    low = kernels.last_rows(panel.month, panel.first, unit, month)
    if "own_start" in members.columns:
        given = members["own_start"].to_numpy(dtype=np.float64, na_value=np.nan)
        own = np.where(np.isnan(given), NO_START, np.nan_to_num(given).astype(np.int64))
    else:
        own = panel.first_start(unit, month)
    if pooled:
        here = (low >= 0) & (panel.month[low] == month)
        if wrong := int((~here).sum()):
            raise EffectError(Problem("members", f"{wrong} unit-months are not at risk", "rows of panel.at_risk()"))
        hazard = (panel if entry is None else entry).hazard[low]
        inside = (
            1.0 if entry is None else (hazard < 1).astype(np.float64)
        )  # treated at a value where nobody is left to compare with
        weight = np.where(treated, inside, hazard / np.where(hazard < 1, 1 - hazard, np.inf))
        sets = np.arange(len(members), dtype=np.int64)
    else:
        weight = np.array(members["weight"].to_numpy(dtype=np.float64))
        sets = pd.factorize(members["set"])[0].astype(np.int64)
    early = int(((own <= month) & ~treated).sum())
    if early:
        raise EffectError(
            Problem("members", f"{early} controls start in or before the month they are controls in", "starts after it",
                    "own_start is the first start after the month, NaN where there is none")
        )  # fmt: skip
    return DynamicSample(panel, sets, unit, month, treated, weight, own, low, pooled, entry if pooled else None)


def weights_at(sample: DynamicSample, until: np.ndarray, truncate: float | None) -> Weights:
    """Weights of outcomes that refer to month ``until`` (m,): w = weight 1{S > T} prod over k = s+1..T of (1 - h_k)^-R_k.

    A horizon before s asks nothing of anybody. ``truncate`` sets controls' weights above that quantile to it; they then no longer follow the hazard.
    """
    panel = sample.panel
    end = np.maximum(until, sample.month)
    high = kernels.last_rows(panel.month, panel.first, sample.unit, end)
    product = np.exp(panel.log_remaining[high] - panel.log_remaining[sample.low])
    w = np.where(sample.treated, sample.weight, np.where(sample.own_start > end, sample.weight * product, 0.0))
    moves = ~sample.treated & (w > 0)
    if truncate is None:
        return Weights(w, high, moves, 0)
    top = float(np.quantile(w[moves], truncate, method="closest_observation")) if moves.any() else np.inf
    cut = moves & (w > top)
    return Weights(np.where(cut, top, w), high, moves & ~cut, int(cut.sum()))
