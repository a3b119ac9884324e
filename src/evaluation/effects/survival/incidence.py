"""Time to an event with competing events: cumulative incidence of treated and controls, and their difference.

Aalen-Johansen curves weighted by the matched memberships (Kaplan-Meier where there is one cause). Standard errors come from the
influences of :mod:`evaluation.effects.survival.curves`, two-way clustered by set and unit; weights count as given. Without
censoring every number is that of :func:`evaluation.effects.estimate_many` on the indicators "event by month t".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evaluation.effects.cautions import warn_of_few
from evaluation.effects.intervals import critical_value
from evaluation.effects.panel.clusters import covariance_of, refuse_one_cluster, result_rows
from evaluation.effects.result import Estimate, forest
from evaluation.effects.sample import HasMembers
from evaluation.effects.survival.data import EVENT_FREE, Spells, spells_of
from evaluation.effects.survival.groups import GROUPS, errors_of, group_of
from evaluation.effects.values import numbers
from evaluation.effects.variance import Cluster, check_cluster
from evaluation.errors import EffectError, Problem

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ESTIMATOR = "survival"


@dataclass(frozen=True)
class CumulativeIncidence:
    """Curves of both groups, and their differences at chosen times.

    Attributes
    ----------
    curves
        One row per group, cause and time: time, group, cause, at_risk and event (different units at risk just before, and with
        their event at this time), weight_at_risk, incidence, std_error, ci_low, ci_high. Cause "event_free" is survival: its
        ``event`` counts events of all causes. NaN beyond the follow-up of the group.
    table
        Differences of ``cause`` at the times ``at``: columns :data:`evaluation.effects.result.COLUMNS` and ``time``.
    restricted
        Mean time since the event of ``cause`` within ``horizon`` (restricted mean time lost: the area under the incidence), and
        the mean time free of any event: the same columns and ``time``.
    covariance
        float64, of the rows of ``table`` (NaN where not observed).
    """

    curves: pd.DataFrame
    table: pd.DataFrame
    restricted: pd.DataFrame
    covariance: np.ndarray
    cause: str
    horizon: float
    level: float
    cluster: str

    def at(self, time: float) -> Estimate:
        """The difference at one of the chosen times."""
        row = self.table[self.table["time"] == time]
        if row.empty or row["status"].iloc[0] != "estimated":
            raise EffectError(
                Problem("time", f"{time!r}", f"one of {self._estimated()}", "name it in at=, within the follow-up")
            )
        return Estimate.of(row, level=self.level, cluster=self.cluster)

    def _estimated(self) -> list[float]:
        return [float(t) for t in self.table.loc[self.table["status"] == "estimated", "time"]]

    def plot(self, ax: Axes | None = None, *, cause: str | None = None) -> Axes:
        """Curves of both groups with pointwise intervals; by default of the cause that was asked for."""
        if ax is None:
            import matplotlib.pyplot as plt

            ax = plt.subplots(figsize=(7, 4), layout="constrained")[1]
        name = self.cause if cause is None else cause
        start = 1.0 if name == EVENT_FREE else 0.0
        for group, color, line in zip(GROUPS, ("#0072B2", "#D55E00"), ("-", "--"), strict=True):
            c = self.curves[(self.curves["group"] == group) & (self.curves["cause"] == name)]
            t = np.r_[0.0, c["time"]]
            ax.step(t, np.r_[start, c["incidence"]], where="post", color=color, linestyle=line, label=group)
            ax.fill_between(
                t,
                np.r_[start, c["ci_low"]],
                np.r_[start, c["ci_high"]],
                step="post",
                color=color,
                alpha=0.15,
                linewidth=0,
            )
        ax.set_xlabel("time since time zero")
        ax.set_ylabel(f"share, {name}")
        ax.legend(frameon=False)
        return ax

    def forest(self, ax: Axes | None = None) -> Axes:
        """Differences at the chosen times."""
        return forest(self.table, ax)

    def __str__(self) -> str:
        shown = self.table[
            ["time", "treated_mean", "control_mean", "estimate", "std_error", "ci_low", "ci_high", "status"]
        ]
        return (
            f"cumulative incidence of {self.cause}, clusters: {self.cluster}\n"
            f"{shown.to_string(index=False, float_format='%.4g')}"
        )

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format=lambda x: f"{x:.4g}")


def cumulative_incidence(
    matched: HasMembers | pd.DataFrame,
    time: np.ndarray | pd.Series | Sequence[float],
    event: np.ndarray | pd.Series | Sequence[int],
    *,
    causes: Mapping[int, str] | None = None,
    cause: int = 1,
    at: Sequence[float] = (12, 24, 36, 48),
    horizon: float | None = None,
    level: float = 0.95,
    cluster: Cluster = "set+unit",
) -> CumulativeIncidence:
    """Cumulative incidence of an event with competing events (Aalen & Johansen 1978), weighted.

    Parameters
    ----------
    matched
        A matched sample, or its memberships: a frame with set, unit, treated, weight.
    time, event
        Aligned to the memberships: months from time zero to the event or to the end of follow-up, and what happened then: 0
        censored, 1, 2, ... causes. NaN in both where a membership is not followed at all: the set's weights are then shared
        anew, as for any missing outcome.
    causes
        Names of the codes, as {1: "established", 2: "died", 3: "emigrated"}.
    cause
        The code whose differences are wanted.
    at, horizon
        Times of the differences, and the end of the restricted means (by default the last time of ``at``).
    level, cluster
        As in :func:`evaluation.effects.estimate_att`.

    Notes
    -----
    Censoring has to be independent of what would have come. Members of a set share a clock, so the end of the registers
    censors both sides of a set alike.
    """
    check_cluster(cluster)
    z = critical_value(level)
    spells = spells_of(matched, time, event, causes, cluster)
    times, problems = numbers(list(at), "at", "times of 0 or more, at least one")
    if times is None:
        raise EffectError(problems)
    wanted = np.unique(np.asarray(times, dtype=np.float64))
    end = float(wanted.max(initial=0.0) if horizon is None else horizon)
    if wanted.size == 0 or wanted[0] < 0 or not np.all(np.isfinite(wanted)):
        problems.append(Problem("at", f"{list(at)}", "times of 0 or more, at least one"))
    if not 1 <= cause <= spells.n_causes:
        problems.append(Problem("cause", f"{cause!r}", f"a code from 1 to {spells.n_causes}"))
    if not (np.isfinite(end) and end > 0):
        problems.append(Problem("horizon", f"{end:g}", "a time above 0"))
    if problems:
        raise EffectError(problems)
    warn_of_few(np.minimum(refuse_one_cluster(spells.codes, cluster), spells.fewest))
    groups = [group_of(spells, treated, at=wanted, end=end, z=z, cluster=cluster) for treated in (True, False)]
    name = spells.names[cause - 1]
    by_time = [(group.value[:, cause], group.influence[:, cause]) for group in groups]
    areas = [(group.area[[cause, 0]], group.area_influence[[cause, 0]]) for group in groups]
    table, covariance = _differences(spells, by_time, [f"{name} by {t:g}" for t in wanted], z, cluster, rate=True)
    restricted, _ = _differences(spells, areas, [f"time since {name}", "time event-free"], z, cluster, rate=False)
    return CumulativeIncidence(
        curves=pd.concat([group.table for group in groups], ignore_index=True),
        table=table.assign(time=wanted),
        restricted=restricted.assign(time=end),
        covariance=covariance,
        cause=name,
        horizon=end,
        level=level,
        cluster=cluster,
    )


def kaplan_meier(
    matched: HasMembers | pd.DataFrame,
    time: np.ndarray | pd.Series | Sequence[float],
    event: np.ndarray | pd.Series | Sequence[int],
    *,
    at: Sequence[float] = (12, 24, 36, 48),
    horizon: float | None = None,
    level: float = 0.95,
    cluster: Cluster = "set+unit",
) -> CumulativeIncidence:
    """Weighted Kaplan-Meier curves: one cause, ``event`` is 1 or 0 (censored).

    Survival is the rows with cause "event_free"; differences are of 1 - survival. With death or emigration among the censored,
    1 - survival is above the share that has the event: use :func:`cumulative_incidence`.
    """
    return cumulative_incidence(
        matched, time, event, causes={1: "event"}, at=at, horizon=horizon, level=level, cluster=cluster
    )


def _differences(
    spells: Spells,
    sides: list[tuple[np.ndarray, np.ndarray]],
    labels: list[str],
    z: float,
    cluster: str,
    *,
    rate: bool,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Treated less controls, (value (k,), influence (k, n)) each: rows of the table, and their covariance."""
    (treated, psi_t), (control, psi_c) = sides
    observed = np.isfinite(treated) & np.isfinite(control)
    k = observed.size
    errors = np.full((2, k), np.nan)
    covariance = np.full((k, k), np.nan)
    if observed.any():
        covariance[np.ix_(observed, observed)] = covariance_of(psi_t[observed] - psi_c[observed], spells.codes, cluster)
        errors[0, observed] = errors_of(psi_t[observed], spells.codes, cluster)
        errors[1, observed] = errors_of(psi_c[observed], spells.codes, cluster)
    table = result_rows(
        labels=labels,
        estimator=ESTIMATOR,
        z=z,
        treated=(treated, errors[0]),
        control=(control, errors[1]),
        difference=(treated - control, np.sqrt(np.diag(covariance))),
        rate=np.full(k, rate),
        counts={name: np.full(k, number) for name, number in spells.counts.items()},
        status=np.where(observed, "estimated", "not_observed"),
    )
    return table, covariance
