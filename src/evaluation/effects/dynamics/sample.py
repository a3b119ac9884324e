"""What the dynamic estimators read: memberships placed in the panel of the hazard, and their weights at a horizon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from evaluation.effects.dynamics import checks, kernels
from evaluation.effects.dynamics.hazard import HazardPanel
from evaluation.effects.sample import outcomes_of
from evaluation.effects.values import numbers
from evaluation.effects.variance import cells_of
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
    def cells(self) -> np.ndarray:
        """What two-way clustering takes off once (:func:`evaluation.effects.variance.cells_of`)."""
        return np.arange(self.unit.size) if self.pooled else cells_of(self.sets, self.unit)

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
        Missing columns or values, months that are none, weights that are not positive, memberships that stand twice, units or months that the panel does
        not hold, or only one group.
    """
    needed = ("unit", "treated", "month") if pooled else ("set", "unit", "treated", "weight", "month")
    absent = [name for name in needed if name not in members.columns]
    if absent:
        raise EffectError(Problem("members", f"no columns {', '.join(absent)}", ", ".join((*needed, "own_start"))))
    empty = [name for name in needed if members[name].isna().any()]
    if empty:
        raise EffectError(Problem("members", f"missing values in {', '.join(empty)}", "none", "drop these rows"))
    month, problems = checks.months(members["month"], 'members["month"]')
    treated, more = checks.flags(members["treated"], 'members["treated"]')
    problems += more
    if "own_start" in members.columns:
        own, more = checks.months(members["own_start"], 'members["own_start"]', none=True)
        problems += more
    if pooled and entry is not None and not _same_rows(panel, entry):
        problems.append(
            Problem("entry", "has other rows than panel", "entry_panel(panel, ...)", "make it from this panel")
        )
    share, more = (None, []) if pooled else _positive(members["weight"])
    problems += more
    try:
        unit = panel.places(members["unit"])
    except EffectError as error:
        problems += error.problems
    checks.raise_all(problems)
    if not treated.any() or treated.all():
        raise EffectError(Problem("members", f"{int(treated.sum())} treated of {len(treated)} rows", "both groups"))
    low = kernels.last_rows(panel.month, panel.first, unit, month)
    if "own_start" not in members.columns:
        own = panel.first_start(unit, month)
    if share is None:
        here = (low >= 0) & (panel.month[low] == month)
        if wrong := int((~here).sum()):
            problems.append(Problem("members", f"{wrong} unit-months are not at risk", "rows of panel.at_risk()"))
        hazard = (panel if entry is None else entry).hazard[low]
        inside = (
            1.0 if entry is None else (hazard < 1).astype(np.float64)
        )  # treated at a value where nobody is left to compare with
        weight = np.where(treated, inside, hazard / np.where(hazard < 1, 1 - hazard, np.inf))
        sets = np.arange(len(members), dtype=np.int64)
        # of those at risk a row of the panel is a unit and a month
        twice = len(members) - int(np.count_nonzero(np.bincount(low[here], minlength=1))) - wrong
        what = "a unit and month"
    else:
        weight = share
        sets = pd.factorize(members["set"])[0].astype(np.int64)
        # in a stratum a unit may stand with several months
        member = (sets * panel.n_units + unit) * 2 + treated
        twice = int(pd.DataFrame({"member": member, "month": month}).duplicated().sum())
        what = "a set, unit, group and month"
    if twice:
        problems.append(Problem("members", f"{twice} rows repeat {what}", "each membership once", "drop_duplicates()"))
    early = int(((own <= month) & ~treated).sum())
    if early:
        problems.append(
            Problem("members", f"{early} controls start in or before the month they are controls in", "starts after it",
                    "own_start is the first start after the month, NaN where there is none")
        )  # fmt: skip
    checks.raise_all(problems)
    return DynamicSample(panel, sets, unit, month, treated, weight, own, low, pooled, entry if pooled else None)


def _same_rows(panel: HazardPanel, entry: HazardPanel) -> bool:
    return panel.unit is entry.unit or (
        np.array_equal(panel.ids, entry.ids)
        and np.array_equal(panel.unit, entry.unit)
        and np.array_equal(panel.month, entry.month)
    )


def _positive(column: pd.Series) -> tuple[np.ndarray, list[Problem]]:
    """Weights, a fresh float64 array."""
    found, problems = numbers(column, 'members["weight"]', "positive weights")
    weight = np.ones(len(column)) if found is None else np.array(found, dtype=np.float64)
    if n := int(np.sum(~(weight > 0) | ~np.isfinite(weight))):
        problems.append(
            Problem('members["weight"]', f"{n} weights are not above zero", "positive weights", "drop these rows")
        )
    return weight, problems


def outcomes_in(
    sample: DynamicSample, outcomes: np.ndarray | pd.DataFrame | Mapping[str, Any]
) -> tuple[list[object], np.ndarray]:
    """Labels and values (k, m) of outcomes; of a set that has lost its treated or all of its controls to missing values nothing is observed.

    The matched difference leaves such sets out as well. What a control weighs is not changed by others of its set that are missing: the formula's share is
    that among the controls of the set.
    """
    labels, values = outcomes_of(outcomes, sample.unit.size)
    if not sample.pooled:
        kernels.leave_out_incomplete(values, sample.sets, sample.treated, sample.n_sets)
    return labels, values


def check_reach(sample: DynamicSample, values: np.ndarray, until: np.ndarray, horizon: np.ndarray) -> None:
    """Refuse outcomes of months after those that the panel of the hazard holds for.

    Nobody who starts then would be known to: "never" would quietly become "not by the last month of the panel". Asked of controls that are observed and have
    not started by the month; a horizon before s asks nothing of anybody. ``values`` (k, m), ``until`` (m, g), ``horizon`` (k,).

    Raises
    ------
    EffectError
        With the number of rows and the last month allowed.
    """
    last = sample.panel.until
    if last is None or not until.size or int(until.max()) <= last:
        return
    horizons, n, furthest = 0, 0, last
    for g in np.flatnonzero(until.max(axis=0) > last):
        end = until[:, g]
        seen = np.isfinite(values[horizon == g]).any(axis=0)
        unknown = seen & ~sample.treated & (end > last) & (end > sample.month) & (sample.own_start > end)
        if unknown.any():
            horizons, n, furthest = horizons + 1, n + int(unknown.sum()), max(furthest, int(end[unknown].max()))
    if n:
        raise EffectError(
            Problem(
                "until",
                f"{n} outcomes of controls at {horizons} horizons refer to months after the panel of the hazard (up to month {furthest})",
                f"months up to {last}",
                "fit the hazard on every unit-month at risk up to the last outcome, or, where nobody is at risk after its last row, say so with until=",
            )
        )


def weights_at(sample: DynamicSample, until: np.ndarray, truncate: float | None) -> Weights:
    """Weights of outcomes that refer to month ``until`` (m,): w = weight 1{S > T} prod over k = s+1..T of (1 - h_k)^-R_k.

    A horizon before s asks nothing of anybody. Whether the panel reaches ``until`` is for :func:`check_reach` to say, which knows what is observed.
    ``truncate`` sets controls' weights above that quantile to it; they then no longer follow the hazard.
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
