"""Treatment now against never, when controls may be treated later: dynamic inverse probability weighting.

A control that is treated itself by the month T of the outcome no longer shows what never being treated is like. It is left out, and those like it that
were at risk and did not start weigh more (van den Berg & Vikström 2022). With R = 1 in months at risk, h the hazard of starting, S the own start:

    pooled    w_js(T) = h_s / (1 - h_s) · 1{S_j > T} · Π_{k = s+1..T} (1 - h_k)^(-R_jk)
    matched   w_js(T) = v_js            · 1{S_j > T} · Π_{k = s+1..T} (1 - h_k)^(-R_jk)

The product starts after s (the odds hold month s); in months not at risk the weight is frozen. The controls' mean is Σ w Y / Σ w over all sets and months,
the treated's the plain mean. Σ w / n_treated is 1 when the hazard is right.

Standard errors target the population ATT and know that h is estimated: IF_i = D_i (Y_i - µ1) / n - Σ_s w_is (Y - µ0) / W + G' H⁻¹ U_i with
U_i = Σ_k R_ik (D_ik - h_ik) X_ik, H = Σ h (1 - h) X X', G = -Σ w_js (Y - µ0) / W · [X_js + Σ_{k = s+1..T} R_jk h_jk X_jk], the first X for the pooled form only.
Pooled: V = Σ_i IF_i² · n / (n - 1), n the units of the panel. Matched: two-way, V_set + V_unit - V_cell, each with G / (G - 1), where the unit's part holds the
last term; the larger of V_set and V_unit where that is not above zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.effects.dynamics.hazard import HazardPanel
from evaluation.effects.dynamics.sample import DynamicSample, dynamic_sample, outcomes_in
from evaluation.effects.dynamics.table import TOTAL, DynamicTable, WeightTotalWarning, table_of
from evaluation.effects.result import Estimate
from evaluation.effects.variance import Cluster
from evaluation.effects.weighted import TOO_FEW
from evaluation.errors import EffectError, Problem

__all__ = ["DynamicEstimate", "DynamicTable", "WeightTotalWarning", "dynamic", "dynamic_many", "dynamic_matched"]


@dataclass(frozen=True)
class DynamicEstimate(Estimate):
    """An :class:`Estimate` with its diagnostics.

    Attributes
    ----------
    weight_total
        Σw of the controls per treated, expected within 0.97-1.03.
    largest_weight
        Largest weight of a membership.
    n_truncated
        Memberships whose weight was cut.
    """

    weight_total: float = np.nan
    largest_weight: float = np.nan
    n_truncated: int = 0

    def __str__(self) -> str:
        return f"{Estimate.__str__(self)}\nweights of the controls per treated: {self.weight_total:.3f} (expected {TOTAL[0]}-{TOTAL[1]})"


def dynamic(
    members: pd.DataFrame,
    outcome: np.ndarray | pd.Series,
    until: np.ndarray | pd.Series,
    *,
    panel: HazardPanel,
    entry: HazardPanel | None = None,
    level: float = 0.95,
    truncate: float | None = None,
    rate: bool | None = None,
) -> DynamicEstimate:
    """Treatment now against never, all unit-months at risk weighted by the odds of starting.

    Parameters
    ----------
    members
        Unit-months at risk from which treatment may start: ``panel.at_risk(first, last)``; columns unit, month, treated, own_start.
    outcome
        float (m,), aligned to ``members``; NaN where not observed.
    until
        int (m,): month T that each outcome refers to; the last month of the year for an outcome of a year.
    panel
        The hazard, fitted on every month up to the largest T (``panel.until``).
    entry
        Where treated are left out of ``members``: the odds at s for those who are left (:func:`evaluation.effects.dynamics.entry.entry_panel`).
    level, rate
        As in :func:`evaluation.effects.estimate_att`.
    truncate
        Quantile (from 0.5) that larger weights are set to; None (default) cuts nothing.

    Raises
    ------
    EffectError
        Members as :func:`evaluation.effects.dynamics.sample.dynamic_sample` refuses them, months after those that the panel holds for, or an outcome
        that is not observed in both groups, or by so few that there is no standard error.

    Warns
    -----
    WeightTotalWarning
        Σw / n_treated outside 0.97-1.03.
    FewClustersWarning, DominantWeightWarning
        As in :func:`evaluation.effects.estimate_att`.
    """
    sample = dynamic_sample(members, panel, pooled=True, entry=entry)
    return _one(sample, outcome, until, level=level, cluster="unit", truncate=truncate, rate=rate)


def dynamic_matched(
    members: pd.DataFrame,
    outcome: np.ndarray | pd.Series,
    until: np.ndarray | pd.Series,
    *,
    panel: HazardPanel,
    level: float = 0.95,
    cluster: Cluster = "set+unit",
    truncate: float | None = None,
    rate: bool | None = None,
) -> DynamicEstimate:
    """Treatment now against never on matched risk sets: as :func:`dynamic`, each set's controls sharing the weight of its treated.

    Parameters
    ----------
    members
        Memberships: set, unit, treated, weight (1 for treated, 1 / controls for controls), month (s, of the matching), own_start (first start
        after s, NaN for none; by default what the panel says).
    cluster
        ``set+unit`` is what the sampling asks for; others are for comparison.

    Sets that have lost their treated or all of their controls to missing outcomes are left out.
    """
    sample = dynamic_sample(members, panel, pooled=False)
    return _one(sample, outcome, until, level=level, cluster=cluster, truncate=truncate, rate=rate)


def dynamic_many(
    members: pd.DataFrame,
    outcomes: np.ndarray | pd.DataFrame | Mapping[str, np.ndarray],
    until: np.ndarray,
    horizon: Sequence[int] | np.ndarray,
    *,
    panel: HazardPanel,
    entry: HazardPanel | None = None,
    pooled: bool = False,
    level: float = 0.95,
    cluster: Cluster = "set+unit",
    truncate: float | None = None,
    rate: bool | None = None,
) -> DynamicTable:
    """:func:`dynamic` (``pooled``) or :func:`dynamic_matched` for many outcomes at once.

    Parameters
    ----------
    outcomes
        float (m, k), or a frame or mapping of k columns.
    until
        int (m, g): month T of each of g horizons.
    horizon
        int (k,): which column of ``until`` each outcome belongs to.
    entry
        As in :func:`dynamic`; the matched form has no odds and reads none.

    Returns
    -------
    DynamicTable
        ``table`` has one row per outcome, columns :data:`evaluation.effects.result.COLUMNS` and status as in
        :func:`evaluation.effects.weighted.estimate_many`; ``diagnostics`` one per horizon.
    """
    sample = dynamic_sample(members, panel, pooled=pooled, entry=entry)
    labels, values = outcomes_in(sample, outcomes)
    return table_of(sample, labels, values, until, horizon, level=level, cluster=cluster, truncate=truncate, rate=rate)


def _one(
    sample: DynamicSample,
    outcome: np.ndarray | pd.Series,
    until: np.ndarray | pd.Series,
    *,
    level: float,
    cluster: str,
    truncate: float | None,
    rate: bool | None,
) -> DynamicEstimate:
    _, values = outcomes_in(sample, {"outcome": outcome})
    month = np.asarray(until)
    if month.shape != (sample.unit.size,):
        raise EffectError(
            Problem("until", f"shape {month.shape}", f"one month per membership: ({sample.unit.size},)", "align it to members")
        )  # fmt: skip
    made = table_of(
        sample,
        ["outcome"],
        values,
        month[:, None],
        [0],
        level=level,
        cluster=cluster,
        truncate=truncate,
        rate=rate,
    )
    only = made.table.iloc[0]
    if only["status"] == TOO_FEW:
        sets = "" if sample.pooled else f"{only['n_sets']} sets, "
        raise EffectError(
            Problem(
                "members",
                f"{sets}{only['n_treated']} treated and {only['n_controls']} controls with an observed outcome: no standard error",
                "two clusters at least, and two persons of each group",
                "take a longer window, or join groups",
            )
        )
    if only["status"] != "estimated":
        raise EffectError(Problem("outcome", "not observed in one of the groups", "values in both groups"))
    base = Estimate.of(made.table, level=level, cluster=cluster)
    row = made.diagnostics.iloc[0]
    return DynamicEstimate(
        **{name: getattr(base, name) for name in base.__dataclass_fields__},
        weight_total=float(row["weight_total"]),
        largest_weight=float(row["largest_weight"]),
        n_truncated=int(row["n_truncated"]),
    )
