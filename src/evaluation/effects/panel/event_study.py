"""Event study on the matched panel: effects by year before and after time zero, and a test of parallel trends before it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import chi2

from evaluation.effects.bands import JointEstimate, sup_t_bands
from evaluation.effects.cautions import warn_of_few
from evaluation.effects.intervals import critical_value
from evaluation.effects.panel.clusters import covariance_of, distinct, refuse_one_cluster, result_rows, wald
from evaluation.effects.panel.data import Panel, panel_of
from evaluation.effects.panel.model import Fit, fit
from evaluation.effects.result import without_numbers
from evaluation.effects.sample import HasMembers
from evaluation.effects.variance import Cluster, check_cluster, fewest_clusters
from evaluation.effects.weighted import TOO_FEW
from evaluation.errors import EffectError, PreTrendWarning, Problem

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ESTIMATOR = "event_study"
YEARS = range(-3, 5)


@dataclass(frozen=True)
class PreTrend:
    """Joint Wald test that all effects before the base year are 0 (chi-square)."""

    statistic: float
    freedom: int
    p: float
    years: tuple[int, ...]


@dataclass(frozen=True)
class EventStudy:
    """Effects by event year.

    Attributes
    ----------
    table
        One row per event year: columns :data:`evaluation.effects.result.COLUMNS` and ``event_year``. The base year's effect is
        0 with status "base"; a year that is not observed in both groups has status "not_observed". ``control_mean`` is the
        mean of the treated less the effect: the level had the treated moved as their controls did.
    pretrend
        Joint test of the years before the base; None where there are none.
    covariance
        float64 (years, years), of all effects; 0 for the base year, NaN where not observed.
    """

    table: pd.DataFrame
    pretrend: PreTrend | None
    covariance: np.ndarray
    years: tuple[int, ...]
    base: int
    level: float
    cluster: str
    panel: Panel = field(repr=False, compare=False)
    model: Fit = field(repr=False, compare=False)

    def bands(self, *, seed: int = 1) -> JointEstimate:
        """Simultaneous (sup-t) bands over all estimated years but the base, where the outcome varies."""
        rows = ((self.table["status"] == "estimated") & (self.table["std_error"] > 0)).to_numpy()
        if not rows.any():
            raise EffectError(Problem("outcomes", "no variation in any year", "an outcome that varies"))
        return sup_t_bands(
            self.table[rows].reset_index(drop=True), self.covariance[np.ix_(rows, rows)], level=self.level, seed=seed
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Effects and intervals by event year."""
        if ax is None:
            import matplotlib.pyplot as plt

            ax = plt.subplots(figsize=(7, 4), layout="constrained")[1]
        shown = self.table[self.table["status"] != "not_observed"]
        ax.axhline(0, color="0.4", linewidth=1)
        ax.axvline(self.base + 0.5, color="0.4", linewidth=1, linestyle=":")
        ax.vlines(shown["event_year"], shown["ci_low"], shown["ci_high"], color="#2166ac")
        ax.plot(shown["event_year"], shown["estimate"], "o-", color="#2166ac")
        ax.set_xticks(list(self.years))
        ax.set_xlabel("years from time zero")
        ax.set_ylabel(f"difference from year {self.base}, treated less controls")
        return ax

    def __str__(self) -> str:
        shown = self.table[["event_year", "estimate", "std_error", "ci_low", "ci_high", "n_treated", "status"]]
        t = self.pretrend
        test = "no years before the base" if t is None else f"chi2({t.freedom}) = {t.statistic:.3f}, p = {t.p:.3g}"
        return (
            f"event study, base year {self.base}, clusters: {self.cluster}\n"
            f"{shown.to_string(index=False, float_format='%.4g')}\nequal trends before: {test}"
        )

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format=lambda x: f"{x:.4g}")


def event_study(
    matched: HasMembers | pd.DataFrame,
    outcomes: np.ndarray | pd.DataFrame,
    *,
    years: Sequence[int] = YEARS,
    base: int = -1,
    level: float = 0.95,
    cluster: Cluster = "set+unit",
    rate: bool | None = None,
    alpha: float = 0.05,
) -> EventStudy:
    """Effects by event year, with membership and event-year effects (:mod:`evaluation.effects.panel.model`).

    Parameters
    ----------
    matched
        A matched sample, or its memberships: a frame with set, unit, treated, weight. Weights are constant over the years.
    outcomes
        float (members, years), aligned to the memberships, NaN where not observed; or a frame with the years as columns.
    years, base
        Event years of the columns, and the year that the others are compared with.
    level, cluster, rate
        As in :func:`evaluation.effects.estimate_att`; for a rate, effects are clipped to [-1, 1]. "none" takes each membership
        with all its years as a cluster.
    alpha
        The test of equal trends before warns below this p value.

    Warns
    -----
    PreTrendWarning
        Treated and controls moved apart before the base year.

    Notes
    -----
    Treatment starts in year 0 for every set and its controls share its clock, so no already treated unit is used as a control
    and the two-way regression has no negative weights from staggered starts.
    """
    check_cluster(cluster)
    z = critical_value(level)
    panel = panel_of(matched, outcomes, years, base)
    is_rate = bool(np.all((panel.y == 0) | (panel.y == 1))) if rate is None else rate
    refuse_one_cluster((panel.sets, panel.units, panel.third(cluster)), cluster)
    model = fit(panel, cluster)
    table, covariance = _table(panel, model, z, cluster, is_rate)
    pretrend = _pretrend(panel, model, table)
    if pretrend is not None and pretrend.p < alpha:
        warnings.warn(
            f"Treated and controls moved apart before year {base} (joint test of years "
            f"{', '.join(map(str, pretrend.years))}: p = {pretrend.p:.3g}). Do not read later differences as effects: match on "
            "the outcome's earlier values, or report the difference in levels beside this one.",
            PreTrendWarning,
            stacklevel=2,
        )
    return EventStudy(table, pretrend, covariance, tuple(panel.years.tolist()), base, level, cluster, panel, model)


def _pretrend(panel: Panel, model: Fit, table: pd.DataFrame) -> PreTrend | None:
    before = (panel.years[panel.free] < panel.base) & (table["status"] == "estimated").to_numpy()[panel.free]
    before &= np.diag(model.covariance) > 0
    if not before.any():
        return None
    statistic, freedom = wald(model.effect[before], model.covariance[np.ix_(before, before)])
    years = tuple(panel.years[panel.free][before].tolist())
    return PreTrend(statistic, freedom, float(chi2.sf(statistic, freedom)), years)


def combination(
    panel: Panel, model: Fit, contrast: np.ndarray, level_years: np.ndarray, cluster: str
) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float], dict[str, float]]:
    """(value, standard error) of the treated level, of the comparison level and of a contrast of effects, and counts.

    ``contrast`` is (K,) over ``panel.free``; ``level_years`` are the positions of the years that the levels are means of.
    """
    inside = np.isin(panel.year, level_years)
    codes = (panel.sets, panel.units, panel.third(cluster))
    psi_t, mean_t = np.zeros(panel.y.size), 0.0
    for at in level_years:
        rows = panel.treated & (panel.year == at)
        w, y = panel.weight[rows], panel.y[rows]
        # deviations from one value: exactly that value where the outcome does not vary
        mean = float(y[0] + np.sum(w * (y - y[0])) / np.sum(w))
        mean_t += mean / level_years.size
        psi_t[rows] = w * (y - mean) / np.sum(w) / level_years.size
    effect = float(np.sum(contrast * model.effect))
    variance = float(np.einsum("i,ij,j->", contrast, model.covariance, contrast))
    psi_effect = np.einsum("k,kr->r", contrast, model.influence)
    errors = np.sqrt(np.diag(covariance_of(np.stack([psi_t, psi_t - psi_effect, psi_effect]), codes, cluster)))
    # two-way clustering may leave a combination without variance: then the larger one-way variance
    error = variance**0.5 if variance > 0 else float(errors[2])
    control = inside & ~panel.treated
    counts: dict[str, float] = {
        "n_treated": distinct(panel.member[inside & panel.treated]),
        "n_controls": distinct(panel.units[control]),
        "ess_treated": _effective(panel, inside & panel.treated),
        "ess_controls": _effective(panel, control),
        "n_sets": distinct(panel.sets[inside]),
        "n_units": distinct(panel.units[inside]),
    }
    return (mean_t, float(errors[0])), (mean_t - effect, float(errors[1])), (effect, error), counts


def _effective(panel: Panel, rows: np.ndarray) -> float:
    """(Σw)²/Σw² over units."""
    w = np.bincount(panel.units[rows], weights=panel.weight[rows])
    return float(w.sum() ** 2 / np.sum(w**2))


def _table(panel: Panel, model: Fit, z: float, cluster: str, rate: bool) -> tuple[pd.DataFrame, np.ndarray]:
    n_years, k = panel.years.size, panel.free.size
    covariance = np.full((n_years, n_years), np.nan)
    seen = np.flatnonzero(panel.seen)
    covariance[np.ix_(seen, seen)] = 0.0
    covariance[np.ix_(panel.free, panel.free)] = model.covariance
    sides = np.full((3, 2, n_years), np.nan)
    names = ("n_treated", "n_controls", "ess_treated", "ess_controls", "n_sets", "n_units")
    counts = {name: np.zeros(n_years, np.int64 if name.startswith("n_") else np.float64) for name in names}
    for at in seen:
        contrast = np.zeros(k)
        contrast[panel.free == at] = 1.0
        *pairs, counted = combination(panel, model, contrast, np.array([at]), cluster)
        sides[:, :, at] = pairs
        for name in names:
            counts[name][at] = counted[name]
    fewest = np.array([fewest_in(panel, at, cluster) if panel.seen[at] else np.nan for at in range(n_years)])
    told = panel.seen & (fewest > 1)
    warn_of_few(fewest[told & (panel.years != panel.base)])
    status = np.select([told, panel.seen], ["estimated", TOO_FEW], default="not_observed").astype(object)
    status[panel.years == panel.base] = "base"
    table = result_rows(
        labels=panel.years.tolist(),
        estimator=ESTIMATOR,
        z=z,
        treated=(sides[0, 0], sides[0, 1]),
        control=(sides[1, 0], sides[1, 1]),
        difference=(sides[2, 0], sides[2, 1]),
        rate=np.full(n_years, rate),
        counts=counts,
        status=status,
    )
    # the base year is 0 by definition, not by estimate
    table.loc[status == "base", ["ci_low", "ci_high"]] = 0.0
    few = status == TOO_FEW
    covariance[few, :], covariance[:, few] = np.nan, np.nan
    return without_numbers(table, few).assign(event_year=panel.years), covariance


def fewest_in(panel: Panel, at: int, cluster: str) -> float:
    """The fewest of the clusters, of the treated persons and of the controls, of those seen in a year (by position) and in the base."""
    n = panel.sample.weight.size
    in_base, in_year = np.zeros(n, bool), np.zeros(n, bool)
    in_base[panel.member[panel.years[panel.year] == panel.base]] = True
    in_year[panel.member[panel.year == at]] = True
    here = (in_base & in_year)[panel.member]
    sizes = [np.array(distinct(codes[here]), np.float64) for codes in (panel.sets, panel.units, panel.third(cluster))]
    persons = [distinct(panel.units[here & side]) for side in (panel.treated, ~panel.treated)]
    return float(min(fewest_clusters(sizes[0], sizes[1], sizes[2], cluster), *persons))


def positions(panel: Panel, years: Sequence[int], name: str) -> np.ndarray:
    """Positions of named event years in the panel; refuses years that are absent or not observed."""
    wanted = np.asarray(list(years))
    known = panel.years[panel.seen]
    absent = [year for year in wanted.tolist() if year not in known]
    if absent or wanted.size == 0:
        raise EffectError(
            Problem(
                name,
                f"{absent or 'no years'}: not observed in both groups" if absent else "no years",
                f"some of {known.tolist()}",
                "leave these years out",
            )
        )
    return np.searchsorted(panel.years, np.unique(wanted))
