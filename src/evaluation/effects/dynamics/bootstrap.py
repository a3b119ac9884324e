"""A person bootstrap of the dynamic estimators, to check their standard errors by another way.

Every draw gives each unit a weight (how often it is drawn with replacement). The hazard is estimated anew by one Newton step from the fit on the data as
they are, β* = β + (Σ ξ h (1 - h) x x')⁻¹ Σ ξ U, and the weights follow. Of the matched form it shows the part of the variance that units share, as
``cluster="unit"`` does; what members of a set share beyond that needs the two-way standard error.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from evaluation.effects.dynamics import checks, kernels
from evaluation.effects.dynamics.hazard import HazardPanel, inverse_information
from evaluation.effects.dynamics.sample import DynamicSample, check_reach, dynamic_sample, outcomes_in, weights_at
from evaluation.effects.weighting.ipw import check_truncate
from evaluation.errors import EffectError, Problem


@dataclass(frozen=True)
class DynamicBootstrap:
    """Draws of the estimate, float64 (draws,), and their standard deviation."""

    draws: np.ndarray
    std_error: float


def newton_step(panel: HazardPanel, unit_weight: np.ndarray) -> np.ndarray:
    """Hazards after one Newton step from the full fit with units weighted by ``unit_weight`` (n,); float64 (r,)."""
    weight = unit_weight[panel.unit] * panel.hazard * (1 - panel.hazard)
    bread = inverse_information(kernels.information(weight, panel.x))
    step = np.einsum("pq,q->p", bread, np.einsum("np,n->p", panel.scores, unit_weight))
    decided = (panel.hazard <= 0) | (panel.hazard >= 1)
    eta = logit(np.where(decided, 0.5, panel.hazard)) + np.einsum("rp,p->r", panel.x, step)
    return np.where(decided, panel.hazard, expit(eta))


def dynamic_bootstrap(
    members: pd.DataFrame,
    outcome: np.ndarray | pd.Series,
    until: np.ndarray | pd.Series,
    *,
    panel: HazardPanel,
    entry: HazardPanel | None = None,
    pooled: bool = False,
    truncate: float | None = None,
    draws: int = 200,
    seed: int = 1,
) -> DynamicBootstrap:
    """Bootstrap of :func:`evaluation.effects.dynamics.estimators.dynamic` (``pooled``) or ``dynamic_matched`` by unit.

    Parameters
    ----------
    members, outcome, until, panel, entry, truncate
        As in those functions.
    draws, seed
        Number of draws (multinomial, from a Philox stream), two at least, and its seed.

    Raises
    ------
    EffectError
        As those functions, and fewer than two draws.
    """
    check_truncate(truncate)
    if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < 2:
        raise EffectError(Problem("draws", repr(draws), "a whole number from 2", "200: one draw has no spread"))
    sample = dynamic_sample(members, panel, pooled=pooled, entry=entry)
    _, values = outcomes_in(sample, {"outcome": outcome})
    month, problems = checks.months(until, "until")
    if month.shape != sample.unit.shape:
        problems = [Problem("until", f"shape {month.shape}", f"({sample.unit.size},)", "align it to members")]
    checks.raise_all(problems)
    check_reach(sample, values, month[:, None], np.zeros(1, np.int64))
    y = values[0]
    seen = np.isfinite(y)
    if not (seen & sample.treated).any() or not (seen & ~sample.treated).any():
        raise EffectError(Problem("outcome", "not observed in one of the groups", "values in both groups"))
    generator = np.random.Generator(np.random.Philox(key=seed))
    estimates = np.empty(draws)
    for draw in range(draws):
        times = generator.multinomial(panel.n_units, np.full(panel.n_units, 1 / panel.n_units)).astype(np.float64)
        odds = None if sample.entry is None else newton_step(sample.entry, times)
        drawn = _with_hazard(sample, newton_step(panel, times), odds)
        w = weights_at(drawn, month, truncate).w * times[sample.unit]
        treated, control = kernels.means_and_influence(y, w, sample.treated, np.empty(y.size))
        estimates[draw] = treated - control
    if empty := int(np.sum(~np.isfinite(estimates))):
        raise EffectError(
            Problem(
                "outcome",
                f"{empty} of {draws} draws leave a group without weight: it is observed for few persons",
                "outcomes observed for more",
                "join groups, or take the standard error of the estimate itself",
            )
        )
    return DynamicBootstrap(estimates, float(np.std(estimates, ddof=1)))


def _with_hazard(sample: DynamicSample, hazard: np.ndarray, entry: np.ndarray | None) -> DynamicSample:
    panel = replace(sample.panel, hazard=hazard, inverse=None)
    weight = sample.weight
    if sample.pooled:
        at = (hazard if entry is None else entry)[sample.low]
        weight = np.where(sample.treated, sample.weight, at / np.where(at < 1, 1 - at, np.inf))
    return replace(sample, panel=panel, weight=weight)
