"""The person bootstrap of weighting estimators, with the score estimated again in each draw by one Newton step.

From the full-data fit γ a draw with weights b moves to γ + H_b⁻¹ U_b, H_b = Σ b p(1 - p) x x', U_b = Σ b (d - p) x: to first
order the fit of the weighted data, at a fraction of its price. Persons are drawn, with all their rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

import numpy as np
import pandas as pd

from evaluation.effects.bootstrap import kernels
from evaluation.effects.bootstrap.draws import Scheme, chance, check_draws
from evaluation.effects.bootstrap.person import BootstrapEstimates, summarise
from evaluation.effects.intervals import critical_value
from evaluation.effects.neighbours.checks import warn_of_few
from evaluation.effects.sample import Sample, outcomes_of
from evaluation.effects.weighted import _table
from evaluation.errors import EffectError, Problem

Estimand = Literal["att", "ate", "ato"]
_NAMES = {"att": "ipw", "ate": "ipw", "ato": "overlap"}
_CHUNK, _WEIGHTING = 64, 3


def bootstrap_weighting(
    x: np.ndarray,
    treated: np.ndarray,
    probability: np.ndarray,
    outcomes: np.ndarray | pd.DataFrame | Mapping[str, np.ndarray],
    *,
    unit: np.ndarray | pd.Series | None = None,
    estimand: Estimand = "att",
    draws: int = 1000,
    seed: int = 1,
    scheme: Scheme = "exponential",
    level: float = 0.95,
    rate: bool | None = None,
) -> BootstrapEstimates:
    """Inverse-probability (or overlap) weighted differences with bootstrap standard errors.

    Parameters
    ----------
    x
        float64 (n, k): columns of the logistic score, the intercept among them, linearly independent.
    treated
        bool or 0/1 (n,).
    probability
        float64 (n,): the fitted score or hazard, from maximum likelihood on these rows.
    outcomes
        One value per row and outcome, NaN where not observed.
    unit
        Person of each row; each row is its own by default.
    estimand
        "att" (weights 1 and p/(1-p)), "ate" (1/p and 1/(1-p)), "ato" (1-p and p); Hájek means.
    draws, seed, scheme, level, rate
        As in :func:`evaluation.effects.bootstrap.person.person_bootstrap`.

    Raises
    ------
    EffectError
        Shapes or values that make no sense, or a score that is not a fit: its score equations do not hold.
    """
    check_draws(draws, seed, scheme)
    z = critical_value(level)
    x = np.ascontiguousarray(x, dtype=np.float64)
    d = np.asarray(treated).astype(np.float64)
    p = np.asarray(probability, dtype=np.float64)
    _check(x, d, p, estimand)
    if unit is not None and (missing := int(pd.isna(np.asarray(unit)).sum())):
        raise EffectError(Problem("unit", f"{missing} missing values", "the person of every row"))
    units = np.arange(d.size) if unit is None else pd.factorize(np.asarray(unit))[0].astype(np.int64)
    n_units = int(units.max()) + 1
    warn_of_few(n_units, "persons to draw from")
    labels, values = outcomes_of(outcomes, d.size)
    weight = {
        "att": np.where(d == 1, 1.0, p / (1 - p)),
        "ate": np.where(d == 1, 1 / p, 1 / (1 - p)),
        "ato": np.where(d == 1, 1 - p, p),
    }[estimand]
    sample = Sample(np.arange(d.size), units, d == 1, weight, has_sets=False)
    table = _table(sample, labels, values, level, "unit", rate, _NAMES[estimand])
    centre = table["control_mean"].fillna(0.0).to_numpy(np.float64)
    observed = np.isfinite(values)
    y = np.nan_to_num(values) - centre[:, None]
    generator = np.random.Generator(np.random.Philox(key=[seed, _WEIGHTING]))
    means = np.empty((draws, 2, len(labels)))
    code = get_args(Estimand).index(estimand)
    for lo in range(0, draws, _CHUNK):
        of_units = chance(generator, min(_CHUNK, draws - lo), n_units, scheme)
        kernels.draw_weighting(of_units, units, x, d, p, y, observed, code, means[lo : lo + len(of_units)])
    return summarise(table, means + centre, level, z, "unit")


def _check(x: np.ndarray, d: np.ndarray, p: np.ndarray, estimand: str) -> None:
    problems = []
    if estimand not in get_args(Estimand):
        problems.append(Problem("estimand", repr(estimand), ", ".join(get_args(Estimand))))
    if x.ndim != 2 or d.shape != (len(x),) or p.shape != (len(x),):
        problems.append(
            Problem("x, treated, probability", f"shapes {x.shape}, {d.shape}, {p.shape}", "(n, k), (n,), (n,)")
        )
    elif not np.isfinite(x).all() or not np.isin(d, [0, 1]).all() or not 0 < d.mean() < 1:
        problems.append(Problem("x, treated", "missing values, or other than both 0 and 1", "numbers; 0 and 1"))
    elif not np.all((p > 0) & (p < 1)):
        problems.append(Problem("probability", "not all between 0 and 1", "a score strictly between them"))
    else:
        # the score equations, in standard errors of their sums
        gradient = np.einsum("i,ij->j", d - p, x)
        size = np.sqrt(np.einsum("i,ij->j", p * (1 - p), x * x))
        if np.any(np.abs(gradient) > 1e-3 * np.maximum(size, 1e-300)):
            problems.append(
                Problem(
                    "probability",
                    "not the maximum-likelihood fit on these columns: one Newton step would move it",
                    "the fit of a logistic regression of the treatment on x",
                    "fit it without penalty, on the same rows",
                )
            )
    if problems:
        raise EffectError(problems)
