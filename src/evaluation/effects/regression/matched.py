"""What a regression on a matched sample reads: memberships, their covariates, and the weights of the rows observed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.effects import kernels as set_kernels
from evaluation.effects.sample import HasMembers, Sample, sample_of
from evaluation.effects.weighting.score import standardised
from evaluation.errors import EffectError, Problem
from evaluation.matching.columns import FIT_VALUES, MEND_VALUES, unfit_values
from evaluation.matching.design_matrix import CovariateDesign
from evaluation.matching.logit import independent_columns
from evaluation.matching.result import Matched


@dataclass(frozen=True)
class Regressors:
    """Memberships with their covariates.

    Attributes
    ----------
    sample
        Memberships in arrays, m rows.
    x
        float64 (p, m): covariates, centred, scaled and independent; no intercept, no treatment.
    z
        float64 (q, m): columns of the regression without the intercept: treatment, covariates, and their products if asked for.
    interactions
        Whether the products are there.
    estimand
        "att", "atc" or "ate": whose covariates the effect is averaged over.
    """

    sample: Sample
    x: np.ndarray
    z: np.ndarray
    interactions: bool
    estimand: str

    @property
    def target(self) -> np.ndarray:
        """Rows that the effect is averaged over, bool (m,)."""
        treated = self.sample.treated
        return {"att": treated, "atc": ~treated}.get(self.estimand, np.ones(treated.size, bool))

    def at(self, coefficients: np.ndarray, treatment: float) -> tuple[np.ndarray, np.ndarray]:
        """Intercept (k,) and slopes (k, p) of the covariates when everybody has this treatment; coefficients (k, q + 1)."""
        p = len(self.x)
        intercept = coefficients[:, 0] + treatment * coefficients[:, 1]
        slopes = coefficients[:, 2 : 2 + p].copy()
        if self.interactions:
            slopes += treatment * coefficients[:, 2 + p :]
        return intercept, slopes

    def gradient(self, sums: np.ndarray, treatment: float) -> np.ndarray:
        """From sums of (1, x) over rows, (k, p + 1), to sums of the regression's columns at this treatment, (k, q + 1)."""
        parts = [sums[:, :1], treatment * sums[:, :1], sums[:, 1:]]
        return np.hstack([*parts, treatment * sums[:, 1:]] if self.interactions else parts)


def regressors_of(
    matched: HasMembers | pd.DataFrame, covariates: Sequence[str] | None, *, interactions: bool
) -> Regressors:
    """Read a matched or weighted sample, or its memberships with the covariates as further columns.

    Raises
    ------
    EffectError
        Covariates that do not exist, hold missing, infinite or overflow-large values, or stay unnamed where the sample has none of its own.
    """
    sample = sample_of(matched)
    if covariates is None:
        covariates = getattr(matched, "covariates", None)
        if covariates is None:
            raise EffectError(Problem("covariates", "none given", "columns to adjust for; () for none", "name them"))
    names = list(dict.fromkeys(covariates))
    if isinstance(matched, pd.DataFrame):
        frame, position = matched, None
    else:
        filled = getattr(matched, "filled", None)
        frame, position = matched.frame if filled is None else filled, matched.members["position"].to_numpy()
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise EffectError(Problem("covariates", f"no such columns: {', '.join(absent)}", "columns of the frame"))
    rows = frame[names] if position is None else frame[names].take(position)
    unfit = [
        Problem(f'covariates["{name}"]', what, FIT_VALUES, MEND_VALUES)
        for name in names
        if (what := unfit_values(rows[name]))
    ]
    if unfit:
        raise EffectError(unfit)
    m = sample.weight.size
    x = np.empty((0, m))
    if names:
        x = standardised(CovariateDesign.of(rows, names).matrix(rows))
        x = np.ascontiguousarray(x[independent_columns(x)]) if len(x) else x
    treated = sample.treated.astype(np.float64)
    z = np.vstack([treated[None, :], x, x * treated] if interactions else [treated[None, :], x])
    estimand = str(matched.spec.estimand) if isinstance(matched, Matched) else "att"
    if estimand == "ato":
        raise EffectError(
            Problem(
                "estimand",
                "overlap weights: the population is defined by the weights",
                "att, atc or ate",
                "take overlap(), or match for the ATT",
            )
        )
    return Regressors(sample, x, z, interactions, estimand)


def observed_weights(sample: Sample, y: np.ndarray) -> np.ndarray:
    """Weight of each membership for an outcome (m,): 0 where not observed or where the set lost a side, float64 (m,).

    In a set the observed controls weigh together what its observed treated do, as in the weighted difference.
    """
    w, psi_t, psi_c = np.empty(y.size), np.empty(y.size), np.empty(y.size)
    set_kernels.weights_and_influence(
        np.array(y),
        sample.sets,
        sample.units,
        sample.treated,
        sample.weight,
        sample.n_sets,
        sample.has_sets,
        w,
        psi_t,
        psi_c,
    )
    return w
