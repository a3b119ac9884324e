"""Two-way fixed effects on the matched panel, estimated by linearmodels.

y_mt = a_m + g_t + Σ_k b_k 1{t = k} treated_m + e_mt, over memberships m and event years t, weighted by the membership's weight;
b of the base year is 0. Person-years of a control stand once for each set that it serves in, with that set's clock.

Standard errors: V_set + V_person - V_cell (:mod:`evaluation.effects.variance`), each with G / (G - 1). linearmodels would also multiply by n / (n - effects),
counting every membership as a parameter, although they are nested in the clusters (8/7 for eight years), and by (n - 1) / n:
both are taken out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from evaluation.effects.panel.clusters import Codes, covariance_of
from evaluation.effects.panel.data import Panel
from evaluation.effects.variance import ROUNDING, combined
from evaluation.errors import EffectError, Problem


@dataclass(frozen=True)
class Fit:
    """Effects by event year.

    Attributes
    ----------
    effect
        float64 (K,): b of the years ``panel.free``.
    covariance
        float64 (K, K). An effect whose standard error is below 1e-10 of the largest outcome has variance 0.
    influence
        float64 (K, r): of each row of the panel on each effect; sums of squares over clusters give the covariance.
    """

    effect: np.ndarray
    covariance: np.ndarray
    influence: np.ndarray


def fit(panel: Panel, cluster: str) -> Fit:
    """Estimate the effects of all event years at once.

    Raises
    ------
    EffectError
        Years whose effect cannot be told from the membership effects.
    """
    from linearmodels.panel import PanelOLS
    from linearmodels.panel.utility import AbsorbingEffectError

    index = pd.MultiIndex.from_arrays([panel.member, panel.year], names=["member", "year"])
    design = pd.DataFrame(
        {f"year {panel.years[at]}": (panel.treated & (panel.year == at)).astype(np.float64) for at in panel.free},
        index=index,
    )
    model = PanelOLS(
        pd.Series(panel.y, index, name="y"),
        design,
        weights=pd.Series(panel.weight, index, name="weight"),
        entity_effects=True,
        time_effects=True,
        check_rank=False,
    )
    codes: Codes = (panel.sets, panel.units, panel.third(cluster))

    def covariance(*columns: np.ndarray) -> np.ndarray:
        clusters = pd.DataFrame({str(i): column for i, column in enumerate(columns)}, index=index)
        try:
            result = model.fit(
                cov_type="clustered",
                clusters=clusters,
                group_debias=True,
                debiased=False,
                auto_df=False,
                count_effects=False,
                low_memory=False,
            )
        except AbsorbingEffectError:
            raise EffectError(
                Problem(
                    "outcomes",
                    "the effect of some event years cannot be told from the membership effects",
                    "memberships observed in several years",
                    "leave out the years that are observed for few",
                )
            ) from None
        params.append(result.params.to_numpy())
        n = panel.y.size
        return result.cov.to_numpy() * (n / (n - 1))

    params: list[np.ndarray] = []
    # one thread: the bits of a sum must not depend on how many cores there are
    with threadpool_limits(1, "blas"):
        if cluster == "set+unit":
            joint = covariance(codes[0], codes[1])
            if np.any(np.diag(joint) <= 0):
                joint = combined(covariance(codes[0]), covariance(codes[1]), covariance(codes[2]), cluster)
        else:
            joint = covariance({"set": codes[0], "unit": codes[1], "none": codes[2]}[cluster])
        effect = params[0]
        influence = _influence(panel, effect)
    # an outcome that does not vary leaves rounding, which a test would divide by its like; seen in the influences, because
    # the differences of a sandwich's large parts are less exact
    noise = ROUNDING * float(np.max(np.abs(panel.y)))
    flat = np.diag(covariance_of(influence, codes, "none")) <= noise**2
    joint = np.where(flat[:, None] | flat[None, :], 0.0, joint)
    return Fit(np.where(np.abs(effect) <= noise, 0.0, effect), joint, np.where(flat[:, None], 0.0, influence))


def _influence(panel: Panel, effect: np.ndarray) -> np.ndarray:
    """Influence of each row on the effects, (K, r): (X'WX)^-1 x w e, with x the treatment columns less all fixed effects.

    Weights are constant within a membership, so its effect goes by plain means; year effects go by regression (Frisch-Waugh).
    """
    seen = np.flatnonzero(panel.seen)
    w = panel.weight
    columns = [panel.y, *(panel.treated & (panel.year == at) for at in panel.free)]
    columns += [panel.year == at for at in seen[1:]]
    demeaned = np.array([_demean(np.asarray(column, dtype=np.float64), panel.member) for column in columns])
    k = panel.free.size
    years = demeaned[1 + k :]
    cross = np.einsum("ir,r,jr->ij", years, w, years)
    on = np.einsum("ir,r,jr->ij", years, w, demeaned[: 1 + k])
    residual = demeaned[: 1 + k] - np.einsum("ij,ir->jr", np.linalg.solve(cross, on), years)
    y, x = residual[0], residual[1:]
    e = y - np.einsum("k,kr->r", effect, x)
    return np.linalg.solve(np.einsum("ir,r,jr->ij", x, w, x), x * (w * e))


def _demean(column: np.ndarray, member: np.ndarray) -> np.ndarray:
    n = np.bincount(member)
    return column - (np.bincount(member, weights=column) / np.maximum(n, 1))[member]
