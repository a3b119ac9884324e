"""Difference in weighted means on a matched sample (Hájek means), with clustered standard errors.

The population ATT is the target. A membership counts when its outcome is observed; a set that has lost its treated unit or
all of its controls is dropped, and the controls that remain in a set share the weight of its treated unit. Influence of a
membership: w (y - mean) / Σw, positive for treated, negative for controls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from evaluation.effects import kernels
from evaluation.effects.cautions import warn_of_dominance, warn_of_few
from evaluation.effects.intervals import critical_value, is_rate, limit_columns
from evaluation.effects.result import COLUMNS, EffectTable, Estimate, without_numbers
from evaluation.effects.sample import HasMembers, Sample, index_of, outcome_of, outcomes_of, sample_of
from evaluation.effects.variance import Cluster, check_cluster, clustered, fewest_clusters
from evaluation.errors import EffectError, Problem

ESTIMATOR = "matched_difference"
TOO_FEW = "too_few_clusters"


def estimate_att(
    matched: HasMembers | pd.DataFrame,
    outcome: str | np.ndarray | pd.Series | Sequence[float],
    *,
    level: float = 0.95,
    cluster: Cluster = "set+unit",
    rate: bool | None = None,
) -> Estimate:
    """Effect on the treated as a difference of weighted means.

    Parameters
    ----------
    matched
        A matched sample, or its memberships: a frame with set, unit, treated, weight.
    outcome
        A column of the frame that was matched, or values aligned to ``matched.members``; NaN where not observed.
    level
        Confidence level of the interval.
    cluster
        Clusters of the standard error (:mod:`evaluation.effects.variance`): sets and units, one of them, or none.
    rate
        Whether the outcome is a rate, whose intervals keep inside [0, 1]; by default when it holds only 0 and 1.

    Raises
    ------
    EffectError
        An outcome that is observed in no complete set, or in so few that there is no standard error; a wrong length, an unknown column.
    """
    values = outcome_of(matched, outcome)
    label = outcome if isinstance(outcome, str) else "outcome"
    table = _table(sample_of(matched), [label], np.array(values[None, :]), level, cluster, rate, ESTIMATOR)
    refuse_too_few(table)
    if table["status"].iloc[0] != "estimated":
        raise EffectError(
            Problem(
                "outcome",
                "no set holds both a treated unit and a control with an observed outcome",
                "an outcome observed for members of the same sets",
                "take a shorter horizon, or check how the outcome was read",
            )
        )
    return Estimate.of(table, level=level, cluster=cluster)


def estimate_many(
    matched: HasMembers | pd.DataFrame,
    outcomes: np.ndarray | pd.DataFrame | Mapping[str, np.ndarray],
    *,
    level: float = 0.95,
    cluster: Cluster = "set+unit",
    rate: bool | None = None,
) -> pd.DataFrame:
    """:func:`estimate_att` for many outcomes at once, with the same numbers.

    Parameters
    ----------
    outcomes
        float (members, outcomes), aligned to ``matched.members``; or a frame, or a mapping of arrays.

    Returns
    -------
    DataFrame
        One row per outcome, columns :data:`evaluation.effects.result.COLUMNS`. ``status`` is "estimated", or
        "not_observed" where no set holds both sides, or "too_few_clusters" where one cluster, or one person of a group, gives no
        standard error; its numbers are then missing.
    """
    sample = sample_of(matched)
    labels, values = outcomes_of(outcomes, sample.weight.size, index_of(matched))
    return _table(sample, labels, values, level, cluster, rate, ESTIMATOR)


def effect_table(
    matched: HasMembers | pd.DataFrame,
    outcomes: np.ndarray | pd.DataFrame | Mapping[str, np.ndarray],
    *,
    level: float = 0.95,
    cluster: Cluster = "set+unit",
    rate: bool | None = None,
) -> EffectTable:
    """:func:`estimate_many` as a result with a plot and a printed form."""
    return EffectTable(estimate_many(matched, outcomes, level=level, cluster=cluster, rate=rate), level)


def _table(
    sample: Sample,
    labels: Sequence[object],
    outcomes: np.ndarray,
    level: float,
    cluster: str,
    rate: bool | None,
    estimator: str,
) -> pd.DataFrame:
    """Table of estimates; outcomes are (k, m)."""
    check_cluster(cluster)
    z = critical_value(level)
    m = kernels.moments(
        outcomes,
        sample.sets,
        sample.units,
        sample.treated,
        sample.weight,
        sample.n_sets,
        sample.n_units,
        sample.has_sets,
        sample.third(cluster),
    )
    sizes = (m[:, kernels.N_SETS], m[:, kernels.N_UNITS], m[:, kernels.N_ROWS])
    errors = [
        np.sqrt(clustered(*m[:, kernels.SQUARES + 3 * i : kernels.SQUARES + 3 * i + 3].T, *sizes, cluster))
        for i in range(3)
    ]
    treated, control = m[:, kernels.TREATED_MEAN], m[:, kernels.CONTROL_MEAN]
    rates = is_rate(outcomes) if rate is None else np.full(len(outcomes), rate)
    estimate = treated - control
    limits = limit_columns(
        difference=(estimate, errors[0]),
        treated=(treated, errors[1], m[:, kernels.ESS_TREATED]),
        control=(control, errors[2], m[:, kernels.ESS_CONTROL]),
        rate=rates,
        z=z,
    )
    observed = np.isfinite(estimate)
    fewest = np.minimum.reduce(
        [fewest_clusters(*sizes, cluster), m[:, kernels.N_TREATED_UNITS], m[:, kernels.N_CONTROL_UNITS]]
    )
    told = observed & (fewest > 1)
    warn_of_few(fewest[told])
    warn_of_dominance(sample.weight, sample.units, sample.treated)
    columns = {
        "outcome": labels,
        "estimator": estimator,
        "estimate": estimate,
        "std_error": errors[0],
        **limits,
        "treated_mean": treated,
        "treated_std_error": errors[1],
        "control_mean": control,
        "control_std_error": errors[2],
        "n_treated": m[:, kernels.N_TREATED].astype(np.int64),
        "n_controls": m[:, kernels.N_CONTROL_UNITS].astype(np.int64),
        "ess_treated": m[:, kernels.ESS_TREATED],
        "ess_controls": m[:, kernels.ESS_CONTROL],
        "n_sets": sizes[0].astype(np.int64),
        "n_units": sizes[1].astype(np.int64),
        "rate": rates,
        "status": np.where(told, "estimated", np.where(observed, TOO_FEW, "not_observed")),
    }
    table = pd.DataFrame(columns)[list(COLUMNS)]
    return without_numbers(table, ~told)


def refuse_too_few(
    table: pd.DataFrame, *, mend: str = "match more, join groups, or take few_clusters where there are a few"
) -> None:
    """Refuse a table of one row whose estimate rests on one cluster.

    Raises
    ------
    EffectError
        With what to do.
    """
    row = table.iloc[0]
    if row["status"] == TOO_FEW:
        raise EffectError(
            Problem(
                "matched",
                f"{row['n_sets']} sets, {row['n_treated']} treated rows and {row['n_controls']} controls with an observed outcome, of one cluster or one person in "
                "a group: no standard error",
                "two clusters at least, and two persons of each group",
                mend,
            )
        )
