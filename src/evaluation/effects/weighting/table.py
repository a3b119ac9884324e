"""From means and influences to the table of estimates: errors by person, intervals, counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from evaluation.effects.bands import JointEstimate, sup_t_bands
from evaluation.effects.cautions import warn_of_few
from evaluation.effects.intervals import critical_value, is_rate, limit_columns, warn_of_impossible
from evaluation.effects.regression import kernels
from evaluation.effects.result import COLUMNS, EffectTable, Estimate, without_numbers
from evaluation.effects.variance import factor
from evaluation.effects.weighted import TOO_FEW, refuse_too_few
from evaluation.effects.weighting.stack import Means
from evaluation.errors import EffectError, Problem

SmallSample = Literal["clusters", "none"]
SMALL_SAMPLE: tuple[str, ...] = get_args(SmallSample)
LOGIT = (
    'Take outcome_model="logit", whose predictions are rates; where it is that already, the weighted residuals took aipw beyond: '
    "take ipw_ra or regression_adjustment with it."
)
FEW = "Read them as rough, join groups, or use few_clusters() for sets or persons that are few."


@dataclass(frozen=True)
class AdjustedEstimate(Estimate):
    """An adjusted estimate; ``estimand`` is "att", "atc", "ate" or "ato".

    ``treated_mean`` and ``control_mean`` are the means of the potential outcomes in the estimand's population. For the ATT the first is the plain
    mean of the treated, and the second that mean less the effect.
    """

    estimand: str = "att"

    def __str__(self) -> str:
        return super().__str__().replace("ATT", self.estimand.upper(), 1)


@dataclass(frozen=True)
class AdjustedEffects:
    """Adjusted estimates of k outcomes with the influence of each person.

    Attributes
    ----------
    table
        One row per outcome, columns :data:`evaluation.effects.result.COLUMNS`.
    influence
        float64 (k, G): each person's influence on each estimate, times the small-sample factor's root; its products are the covariance.
    """

    table: pd.DataFrame
    influence: np.ndarray
    level: float
    estimand: str

    @property
    def covariance(self) -> np.ndarray:
        """Joint covariance of the estimates, float64 (k, k)."""
        return np.einsum("ig,jg->ij", self.influence, self.influence)

    def one(self) -> AdjustedEstimate:
        """The only estimate.

        Raises
        ------
        EffectError
            More outcomes than one; one that is not observed in both groups, or for one person of a group only, or whose model has no maximum.
        """
        if len(self.table) != 1:
            raise EffectError(
                Problem(
                    "outcome",
                    f"{len(self.table)} outcomes",
                    "one",
                    "take the estimator of many outcomes (ipw_many, aipw_effects, ...)",
                )
            )
        refuse_too_few(self.table)
        status = self.table["status"].iloc[0]
        if status == "not_observed":
            raise EffectError(
                Problem(
                    "outcome",
                    "not observed in one of the groups within common support",
                    "values in both groups",
                    "take a shorter horizon, or check how the outcome was read",
                )
            )
        if status == "not_estimated":
            raise EffectError(
                Problem(
                    "outcome model",
                    "its covariates separate outcomes of 0 from outcomes of 1",
                    "a likelihood with a maximum",
                    'take outcome_model="linear", or coarser covariates in it',
                )
            )
        estimate = AdjustedEstimate.of(self.table, level=self.level, cluster="unit")
        assert isinstance(estimate, AdjustedEstimate)
        return replace(estimate, estimand=self.estimand)

    def effects(self) -> EffectTable:
        """The table as a result with a plot."""
        return EffectTable(self.table, self.level)

    def jointly(self, *, seed: int = 1) -> JointEstimate:
        """Simultaneous (sup-t) bands and joint tests of the outcomes that are estimated and vary.

        Raises
        ------
        EffectError
            No outcome is estimated and varies.
        """
        rows = ((self.table["status"] == "estimated") & (self.table["std_error"] > 0)).to_numpy()
        if not rows.any():
            raise EffectError(Problem("outcomes", "none is estimated, or none varies", "outcomes that vary"))
        covariance = self.covariance[np.ix_(rows, rows)]
        return sup_t_bands(self.table[rows].reset_index(drop=True), covariance, level=self.level, seed=seed)


def adjusted_table(
    means: Means,
    labels: Sequence[object],
    outcomes: np.ndarray,
    *,
    estimator: str,
    estimand: str,
    treated: np.ndarray,
    units: np.ndarray,
    weight: np.ndarray,
    within: np.ndarray,
    small_sample: str,
    level: float,
    rate: bool | None,
) -> AdjustedEffects:
    """Table of k outcomes; ``weight`` (n,) gives the effective sizes, ``outcomes`` (k, n) says which rows count."""
    if small_sample not in SMALL_SAMPLE:
        raise EffectError(Problem("small_sample", f"{small_sample!r}", ", ".join(SMALL_SAMPLE)))
    z = critical_value(level)
    n_units = int(units.max()) + 1
    by_unit = [kernels.group_sums(part, units, n_units) for part in means.psi]
    sums = np.array([by_unit[1] - by_unit[0], by_unit[1], by_unit[0]])
    counts = kernels.counts(outcomes, treated, within, units, weight, n_units)
    n_clusters = np.maximum(counts[:, _N_UNITS], np.count_nonzero(sums[0], axis=1))
    root = np.sqrt(factor(n_clusters)) if small_sample == "clusters" else np.ones(len(outcomes))
    sums = sums * root[:, None]
    errors = np.sqrt([kernels.squared_sums(part) for part in sums])
    rates = is_rate(outcomes) if rate is None else np.full(len(outcomes), rate)
    control, treated_mean = means.mean
    estimate = treated_mean - control
    warn_of_impossible(labels, rates, treated_mean, control, LOGIT, stacklevel=4)
    limits = limit_columns(
        difference=(estimate, errors[0]),
        treated=(treated_mean, errors[1], counts[:, _ESS_TREATED]),
        control=(control, errors[2], counts[:, _ESS_CONTROLS]),
        rate=rates,
        z=z,
        modelled=True,
    )
    observed = np.isfinite(estimate)
    errors = np.where(observed, errors, np.nan)
    # a normal interval needs many persons of each group, not of both together
    fewest = np.minimum.reduce([n_clusters, counts[:, _TREATED_UNITS], counts[:, _N_CONTROLS]])
    told = observed & (fewest > 1)
    warn_of_few(fewest[told], of="persons or other units", advice=FEW)
    table = pd.DataFrame(
        {
            "outcome": list(labels),
            "estimator": estimator,
            "estimate": estimate,
            "std_error": errors[0],
            **limits,
            "treated_mean": treated_mean,
            "treated_std_error": errors[1],
            "control_mean": control,
            "control_std_error": errors[2],
            "n_treated": counts[:, _N_TREATED].astype(np.int64),
            "n_controls": counts[:, _N_CONTROLS].astype(np.int64),
            "ess_treated": counts[:, _ESS_TREATED],
            "ess_controls": counts[:, _ESS_CONTROLS],
            # no sets: each row is its own, as in other weighted samples
            "n_sets": counts[:, _N_ROWS].astype(np.int64),
            "n_units": counts[:, _N_UNITS].astype(np.int64),
            "rate": rates,
            "status": np.select(
                [told, observed, means.failed], ["estimated", TOO_FEW, "not_estimated"], default="not_observed"
            ),
        }
    )[list(COLUMNS)]
    table = without_numbers(table, (table["status"] == TOO_FEW).to_numpy())
    return AdjustedEffects(table, sums[0], level, estimand)


_N_TREATED, _N_CONTROLS, _ESS_TREATED, _ESS_CONTROLS, _N_ROWS, _N_UNITS, _TREATED_UNITS = range(7)
